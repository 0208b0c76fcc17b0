"""The open program, as commands, window and HTTP API work with it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from opside_desktop.settings.environment import Settings

if TYPE_CHECKING:
    # These bring SQLAlchemy and httpx with them: the window shows itself before they are loaded.
    from opside_desktop.accounts.connections import Connections
    from opside_desktop.accounts.key_store import KeyStore
    from opside_desktop.store.database import Database
    from opside_desktop.sync.board import SyncBoard
    from opside_desktop.sync.manager import SyncManager
    from opside_desktop.sync.preparing import Preparation


@dataclass(frozen=True, slots=True)
class Program:
    """Its parts live until `open_program` is left. `settings` name the database that is open."""

    settings: Settings
    db: "Database"
    key_store: "KeyStore"
    connections: "Connections"
    board: "SyncBoard"
    manager: "SyncManager"
    preparation: "Preparation"
