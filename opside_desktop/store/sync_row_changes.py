"""Changes of syncs: that a row of `sync_progress` has changed, whichever program changed it.

A server tells all programs that listen; a file tells nobody. Whoever needs to know has to look now
and then all the same: a notification only makes it look sooner.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from opside_desktop.domain.ids import SyncId, UserId
from opside_desktop.store.schema.tables import sync_progress

CHANNEL = "opside_sync"
"""The name of a server's notifications; each says no more than the ids of user and sync."""

OnChange = Callable[[UserId, SyncId], None]


class RowChanges:
    """Who wants to know of changes. `is_live`: whether they are notified at present."""

    def __init__(self) -> None:
        self.is_live = False
        self._listeners: list[tuple[asyncio.AbstractEventLoop, OnChange]] = []

    def subscribe(self, on_change: OnChange) -> Callable[[], None]:
        """Have `on_change` called on the running loop at every change. Returns what ends that."""
        listener = (asyncio.get_running_loop(), on_change)
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def notify(self, payload: str) -> None:
        """Pass on what came over the channel, from any thread."""
        user_id, _, sync_id = payload.partition(" ")
        for loop, on_change in tuple(self._listeners):
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(on_change, UserId(user_id), SyncId(sync_id))


def notifying(connection: sa.Connection, change: sa.Insert | sa.Update) -> sa.Executable:
    """Have a change of `sync_progress` notified once committed; costs no further statement."""
    if connection.dialect.name != "postgresql":
        return change
    return change.returning(_NOTIFY)


_NOTIFY: sa.ColumnElement[Any] = sa.func.pg_notify(
    CHANNEL, sa.func.concat_ws(" ", sync_progress.c.user_id, sync_progress.c.sync_id)
)
