"""Writers on a server whose program has fallen silent where the server's own limit does not count.

`idle_in_transaction_session_timeout` counts between statements only. A program that is frozen
within one, as between the answer to what it prepared and the values for it, or in the middle of a
COPY, leaves a session that is `active`, waits for its client, and keeps its locks for good.
"""

import logging
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from opside_desktop.domain.clock import Clock

log = logging.getLogger(__name__)

_COUNTS_COPIES = 14
"""From this version on, a server tells how far a COPY has come."""

_COPIED = "(SELECT bytes_processed FROM pg_stat_progress_copy AS copy WHERE copy.pid = one.pid)"
_NO_COPY = "one.query !~* '^ *COPY'"

# Of sessions whose state our role may not see, these are all null. A lock that readers take is not
# meant; a transaction without a number has changed nothing and locked no row.
_WAITING = """
    SELECT pid, backend_start, state_change, {copied} AS copied FROM pg_stat_activity AS one
    WHERE usename = session_user AND datname = current_database() AND pid <> pg_backend_pid()
    AND wait_event_type = 'Client' AND wait_event = 'ClientRead'
    AND state <> 'disabled' AND backend_xid IS NOT NULL AND {judged}
    AND EXISTS (
        SELECT FROM pg_locks AS held
        WHERE held.pid = one.pid AND held.database = one.datid AND held.granted
        AND held.relation = 'sync_progress'::regclass AND held.mode <> 'AccessShareLock'
    )
"""

_END = """
    SELECT pg_terminate_backend(pid) FROM ({waiting}) AS waiting
    WHERE pid = $1 AND backend_start = $2 AND state_change = $3
    AND copied IS NOT DISTINCT FROM $4::bigint
"""


class Waiting(NamedTuple):
    """A writer that waits for its program. While all of this is the same, nothing has come.

    Attributes:
        pid: of the server's process.
        backend_start: when that began, by the server's clock.
        state_change: when it was last given something to do, by the same; that may have taken long.
        copied: bytes of the COPY under way; None where there is none.
    """

    pid: int
    backend_start: datetime
    state_change: datetime
    copied: int | None


class SilentWriters:
    """Remembers which writers wait for their programs, from one look to the next.

    Only sessions of our own role count that have changed or locked rows of `sync_progress`, as a
    sync does before it stores anything. They are not asked about by `pg_blocking_pids`: that knows
    only whom a session blocks that waits just now, over the one connection there may be, and names
    those who queue in between. One that computes, or waits for a lock or a disk, does not count;
    nor does one from which anything came between two looks.

    Args:
        silence_s: how long one must have been seen so before it counts as silent.
    """

    def __init__(self, silence_s: float, clock: Clock) -> None:
        self._clock = clock
        self._silence_s = silence_s
        self._since: dict[Waiting, float] = {}

    def look(self, connection: sa.Connection) -> list[Waiting]:
        """Look who waits now; give those that have been seen so for too long."""
        found = connection.exec_driver_sql(_waiting(connection))
        now = self._clock.monotonic()
        self._since = {one: self._since.get(one, now) for one in map(Waiting._make, found)}
        return [one for one, since in self._since.items() if now - since > self._silence_s]

    @staticmethod
    def end(silent: Waiting, connection: sa.Connection) -> None:
        """End a session, unless something has come from its program.

        In a transaction of its own: within one, a server shows others' sessions as they were.
        """
        statement = _END.format(waiting=_waiting(connection))
        if connection.exec_driver_sql(statement, tuple(silent)).scalar():
            log.warning(
                "The server's session %d was ended: it held a lock, and nothing came from its "
                "program for too long.",
                silent.pid,
            )


def _waiting(connection: sa.Connection) -> str:
    driver: Any = connection.connection.driver_connection
    if driver.get_server_version().major >= _COUNTS_COPIES:
        return _WAITING.format(copied=_COPIED, judged="true")
    return _WAITING.format(copied="NULL::bigint", judged=_NO_COPY)
