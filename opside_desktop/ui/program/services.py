"""What the pages of the window work with."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import msgspec

from opside_desktop.domain.clock import SYSTEM_CLOCK, Clock
from opside_desktop.program import Program
from opside_desktop.settings.environment import Settings
from opside_desktop.ui.kit.formats import Formats
from opside_desktop.ui.kit.tasks import Report
from opside_desktop.ui.kit.theme import Theme
from opside_desktop.ui.kit.timings import SHIPPED, WindowTimings
from opside_desktop.ui.kit.window_state import WindowState
from opside_desktop.ui.program.database_health import DatabaseHealth
from opside_desktop.ui.program.sync_signals import SyncSignals

if TYPE_CHECKING:
    # These bring SQLAlchemy and httpx with them: the window shows itself before they are loaded.
    from opside_desktop.accounts.connections import Connections
    from opside_desktop.accounts.key_store import KeyStore
    from opside_desktop.store.database import Database
    from opside_desktop.sync.board import SyncBoard
    from opside_desktop.sync.manager import SyncManager


OpenProgram = Callable[[Settings], AbstractAsyncContextManager[Program]]


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """Handed to every page. `report` shows an error to the person, once, in the window."""

    db: "Database"
    manager: "SyncManager"
    connections: "Connections"
    key_store: "KeyStore"
    settings: Settings
    theme: Theme
    formats: Formats
    window_state: WindowState
    board: "SyncBoard"
    sync_signals: SyncSignals
    database_health: DatabaseHealth
    report: Report
    clock: Clock = SYSTEM_CLOCK
    timings: WindowTimings = SHIPPED
    read_only_reason: str = ""
    """Why nothing can be written, in a sentence; empty where everything can."""

    @property
    def read_only(self) -> bool:
        """Whether rows can be read and nothing can be written."""
        return bool(self.read_only_reason)
