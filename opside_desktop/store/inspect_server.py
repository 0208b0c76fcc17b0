"""Looking at a server's database before it is chosen. Changes nothing there."""

import asyncio
import importlib
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from opside_desktop.domain.address_parsing import parse_address
from opside_desktop.domain.database_address import ServerAddress, refused
from opside_desktop.store.database import ReadOnly
from opside_desktop.store.timings import SHIPPED

if TYPE_CHECKING:
    from opside_desktop.store.postgres.connect_options import Target


class Tables(StrEnum):
    """Which of our tables stand there."""

    NONE = "none"
    GIVEN = "given"
    """Made by hand or by another program of ours, without a version."""

    OLDER = "older"
    PRESENT = "present"


@dataclass(frozen=True, slots=True)
class Inspection:
    """What `inspect_server` found. `warning` is a sentence about a connection that is less sure."""

    shown_address: str
    server_version: str
    tables: Tables
    may_create: bool
    read_only: ReadOnly | None
    is_encrypted: bool
    warning: str


async def inspect_server(
    url: str, *, app_version: str, timeout_s: float = SHIPPED.busy_s
) -> Inspection:
    """Connect to a server once and see what using its database would mean.

    Works off the caller's loop, and stops when the awaiting task is cancelled.

    Raises:
        DatabaseFault: it cannot be reached or used, is not ours, or is newer than this program.
    """
    await asyncio.to_thread(importlib.import_module, "opside_desktop.store.postgres.database")
    from opside_desktop.store.postgres.connect_options import target_of
    from opside_desktop.store.postgres.database import LoopThread, ask_once

    address = parse_address(url)
    if not isinstance(address, ServerAddress):
        raise refused("It names a file and no server.")
    target = await asyncio.to_thread(target_of, address, timeout_s)
    thread = LoopThread("store-look")
    try:
        asked = thread.submit(ask_once(target, partial(_inspect, target, app_version)))
        return await asyncio.wrap_future(asked)
    finally:
        await asyncio.to_thread(thread.stop)


def _inspect(target: "Target", app_version: str, connection: sa.Connection) -> Inspection:
    from opside_desktop.store.postgres.database import rights_and_presence

    rights, is_present = rights_and_presence(target, app_version, connection)
    if is_present:
        standing = Tables.PRESENT
    elif not rights.names:
        standing = Tables.NONE
    else:
        standing = Tables.OLDER if "alembic_version" in rights.names else Tables.GIVEN
    driver: Any = connection.connection.driver_connection
    wire = driver._transport  # noqa: SLF001  # asyncpg shows it nowhere
    return Inspection(
        shown_address=target.shown_address,
        server_version=".".join(str(part) for part in driver.get_server_version()[:2]),
        tables=standing,
        may_create=bool(connection.execute(_MAY_CREATE).scalar()),
        read_only=rights.read_only,
        is_encrypted=wire.get_extra_info("ssl_object") is not None,
        warning=target.warning,
    )


_MAY_CREATE = sa.text("SELECT has_schema_privilege(current_schema(), 'CREATE')")
