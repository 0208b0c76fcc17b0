"""Copying users' data from one database to another, of either kind, and proving that it arrived.

Everything is read in one transaction of the source, so it is the state of one moment. A copy that
was stopped leaves a mark in the target, and the next one goes over the same rows again, under the
same keys. What makes an account work, its checkpoints and the account itself, comes last: a
half-finished copy looks like a user who has never synced.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import sqlalchemy as sa

from opside_desktop.domain.errors import BadInput, DatabaseFault, ErrorCode, Refused
from opside_desktop.domain.ids import UserId
from opside_desktop.store.database import Database
from opside_desktop.store.deleting import delete_data, refuse_running, stored_of
from opside_desktop.store.differences import totals
from opside_desktop.store.offload import Keep, offload, run_stoppable
from opside_desktop.store.schema import tables
from opside_desktop.store.schema.tables import key_of
from opside_desktop.store.schema.types import db_now
from opside_desktop.store.writing.bulk import Upsert
from opside_desktop.store.writing.unfit import (
    Unfit,
    find_unreadable,
    unwritable,
    value_error,
)

log = logging.getLogger(__name__)

BATCH: Final = 1000
"""Rows of one transaction in the target."""

_TIMELINE: Final = tables.sync_events
"""The only table whose rows have no key but the number that each database gives them itself."""

_TABLES: Final = (
    tables.amazon_claims,
    tables.financial_events,
    tables.event_sightings,
    tables.event_claims,
    tables.amazon_inventory,
    tables.amazon_orders,
    tables.amazon_order_items,
    tables.row_origins,
    tables.sync_progress,
    _TIMELINE,
    tables.rate_buckets,
    tables.read_spans,
    tables.sync_checkpoints,
    tables.seller_accounts,
)
"""In the order in which they are copied."""

_AFRESH: Final = (
    tables.amazon_order_items,
    _TIMELINE,
    tables.rate_buckets,
    tables.event_claims,
    tables.read_spans,
    tables.sync_checkpoints,
)
"""Tables whose rows may also go: a repeated copy empties them first."""

_MARKS: Final = tables.sync_checkpoints
_MARK_DATASET: Final = "copy"
_UNFINISHED: Final = "unfinished"
_PROBE: Final = "probe"
"""Marks of a copy stand among the checkpoints of a dataset that is none."""


class NotEmpty(Refused, code=ErrorCode.BAD_REQUEST):
    """The target holds data of the user already, and not from an unfinished copy."""

    def __init__(self, shown_address: str, held: dict[str, int]) -> None:
        rows = sum(held.values())
        super().__init__(
            f"The database {shown_address} already holds {rows:,} rows of this user.",
            why="They would be mixed up with the copy.",
            fix="Choose an empty database, or let the copy replace them.",
        )
        self.held = held


@dataclass(frozen=True, slots=True)
class CopyProgress:
    """How far a copy is, in rows of all users. `is_checking`: all is copied and is compared."""

    table: str
    done: int
    total: int
    is_checking: bool = False

    @property
    def percent(self) -> int:
        """0 to 99: a copy is done only when it has been proved."""
        if self.is_checking:
            return 99
        return min(99, self.done * 100 // self.total) if self.total else 0


Listener = Callable[[CopyProgress], None]


async def copy_data(
    source: Database,
    target: Database,
    user_ids: Sequence[UserId],
    progress: Listener = lambda progress: None,
    *,
    replace: bool = False,
) -> dict[str, int]:
    """Copy all that is stored of some users, and compare both databases. Gives the rows by table.

    `progress` is called on the loop. With `replace` what the target holds of these users goes
    first. When the awaiting task is cancelled, or the copy fails, what has arrived stays in the
    target; the next copy goes on from there.

    Raises:
        BadInput: both are the same database.
        NotEmpty: the target holds data of a user that no unfinished copy left there.
        SyncInProgress: a sync of a user runs in one of the databases.
        DatabaseFault: a database cannot be read or written, or the copy differs from the source.
    """
    if user_ids and await _are_one(source, target, user_ids[0]):
        raise BadInput(
            "The data cannot be copied to the database it is in.", fix="Name another database."
        )
    for user_id in user_ids:
        await _refuse_running(source, user_id)
        await _make_room(target, user_id, replace)
    copy = _Copy(target, user_ids, progress)
    await run_stoppable(source, copy.run, "The copy was stopped.")
    copied: dict[str, int] = {}
    progress(CopyProgress("", copy.done, copy.done, is_checking=True))
    for user_id in user_ids:
        for table in _TABLES:
            rows = await _compare(source, target, table, user_id)
            copied[table.name] = copied.get(table.name, 0) + rows

    def unmark(connection: sa.Connection) -> None:
        for user_id in user_ids:
            _unmark(connection, user_id, _UNFINISHED)

    await target.write(unmark)
    return {name: rows for name, rows in copied.items() if rows}


async def _refuse_running(source: Database, user_id: UserId) -> None:
    await source.read(lambda connection: refuse_running(connection, user_id))


async def _are_one(source: Database, target: Database, user_id: UserId) -> bool:
    """Tell whether both are the same database, whatever names lead to it.

    Room would be made in it, and so the only copy would go. A server may have several addresses, so
    it is seen whether what is written into the one can be read from the other.
    """
    if source.shown_address == target.shown_address:
        return True
    if source.file is not None and target.file is not None:
        return source.file.samefile(target.file)
    if source.file is not None or target.file is not None:
        return False
    word = str(uuid4())
    await target.write(lambda connection: _mark(connection, user_id, _PROBE, word))
    try:
        return await source.read(lambda connection: _marks(connection, user_id, _PROBE)) == [word]
    finally:
        await target.write(lambda connection: _unmark(connection, user_id, _PROBE))


async def _make_room(target: Database, user_id: UserId, replace: bool) -> None:
    """See that the target holds nothing of a user but an unfinished copy, and mark it as one."""

    def is_marked(connection: sa.Connection) -> bool:
        return bool(_marks(connection, user_id, _UNFINISHED))

    held = await stored_of(target, user_id)
    if held and not await target.read(is_marked):
        if not replace:
            raise NotEmpty(target.shown_address, held)
        await delete_data(target, user_id)

    def empty(connection: sa.Connection) -> None:
        refuse_running(connection, user_id)
        for table in _AFRESH:
            connection.execute(table.delete().where(table.c.user_id == user_id))
        _mark(connection, user_id, _UNFINISHED)

    await target.write(empty)


def _mark(connection: sa.Connection, user_id: UserId, name: str, word: str = "") -> None:
    _unmark(connection, user_id, name)
    mark = {"user_id": user_id, "dataset": _MARK_DATASET, "window": name, "state": {"word": word}}
    connection.execute(_MARKS.insert().values(**mark, updated_at=db_now()))


def _marks(connection: sa.Connection, user_id: UserId, name: str) -> list[str]:
    """Read the words of a user's marks of one name."""
    states = connection.execute(sa.select(_MARKS.c.state).where(_is_mark(user_id, name))).scalars()
    return [state.get("word", "") for state in states]


def _unmark(connection: sa.Connection, user_id: UserId, name: str) -> None:
    connection.execute(_MARKS.delete().where(_is_mark(user_id, name)))


def _is_mark(user_id: UserId, name: str) -> sa.ColumnElement[bool]:
    marks = _MARKS.c
    return sa.and_(marks.user_id == user_id, marks.dataset == _MARK_DATASET, marks.window == name)


class _Copy:
    """Reads the source in its thread, and hands batches over to the target."""

    _keep: Keep

    def __init__(self, target: Database, user_ids: Sequence[UserId], on_progress: Listener) -> None:
        self._target = target
        self._user_ids = user_ids
        self._on_progress = on_progress
        self._loop = asyncio.get_running_loop()
        self._upserts = {table: Upsert(table) for table in _TABLES if table is not _TIMELINE}
        self.done = 0

    def run(self, connection: sa.Connection, keep: Keep) -> None:
        self._keep = keep
        self._total = 0
        for user_id in self._user_ids:
            refuse_running(connection, user_id)
            for table in _TABLES:
                self._total += connection.execute(
                    sa.select(sa.func.count()).select_from(table).where(_wanted(table, user_id))
                ).scalar_one()
        # Table by table, so that no account looks whole before all data of all has arrived.
        for table in _TABLES:
            for user_id in self._user_ids:
                try:
                    self._copy_table(connection, table, user_id)
                except (ValueError, ArithmeticError) as error:
                    wanted = _wanted(table, user_id)
                    found = find_unreadable(connection, table, wanted, _names(table), keep)
                    raise self._problem(table, error, found) from error

    def _copy_table(self, connection: sa.Connection, table: sa.Table, user_id: UserId) -> None:
        rows = connection.execute(
            sa.select(*_columns(table)).where(_wanted(table, user_id)).order_by(*_order(table)),
            execution_options={"yield_per": BATCH},
        )
        with rows:
            for batch in rows.partitions():
                self._keep()
                self._notify(table)
                self._hand_over(connection, table, user_id, [list(row) for row in batch])
                self.done += len(batch)

    def _hand_over(
        self, source: sa.Connection, table: sa.Table, user_id: UserId, rows: list[list[Any]]
    ) -> None:
        try:
            self._put(source, table, user_id, rows)
        except Exception as error:
            refused = value_error(error)
            if refused is None:
                raise
            if len(rows) == 1:
                found = unwritable(_columns(table), rows[0], _names(table), refused)
                raise self._problem(table, refused, found) from error
            # One of them is at fault: the others arrive, and it is named.
            for row in rows:
                self._keep()
                self._hand_over(source, table, user_id, [row])

    def _put(
        self, source: sa.Connection, table: sa.Table, user_id: UserId, rows: list[list[Any]]
    ) -> None:
        names = [column.name for column in _columns(table)]

        def write(connection: sa.Connection) -> None:
            refuse_running(connection, user_id)
            if table in self._upserts:
                columns = zip(names, zip(*rows, strict=True), strict=True)
                self._upserts[table].run(connection, dict(columns))
            else:
                connection.execute(
                    table.insert(), [dict(zip(names, row, strict=True)) for row in rows]
                )

        writing = asyncio.run_coroutine_threadsafe(self._target.write(write), self._loop)
        offload(source, writing.result)

    def _problem(self, table: sa.Table, error: Exception, found: Unfit | None) -> DatabaseFault:
        log.warning("A row of %s cannot be copied: %s", table.name, error)
        why = "Another program has written a value there that does not belong there."
        return DatabaseFault(
            f"A row of the table {table.name} does not fit into {self._target.shown_address}.",
            why=why if found is None else f"{found.sentence} Another program has written it.",
            fix="Correct or delete that row, then copy again; the log tells more.",
        )

    def _notify(self, table: sa.Table) -> None:
        progress = CopyProgress(table.name, self.done, max(self._total, self.done))
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._on_progress, progress)


def _columns(table: sa.Table) -> list[sa.Column[Any]]:
    # The numbers of a timeline's entries are each database's own.
    return [one for one in table.columns if table is not _TIMELINE or one.name != "id"]


def _names(table: sa.Table) -> tuple[str, ...]:
    """List the columns that name a row of a table to people."""
    return ("user_id", "sync_id", "id") if table is _TIMELINE else key_of(table)


def _order(table: sa.Table) -> list[sa.Column[Any]]:
    return [table.c.id] if table is _TIMELINE else []


def _wanted(table: sa.Table, user_id: UserId) -> sa.ColumnElement[bool]:
    mine = table.c.user_id == user_id
    if table is not _MARKS:
        return mine
    return sa.and_(mine, table.c.dataset != _MARK_DATASET)


async def _compare(source: Database, target: Database, table: sa.Table, user_id: UserId) -> int:
    """See that a table holds the same on both sides. Gives the number of rows that arrived."""
    wanted = totals(_columns(table), _wanted(table, user_id))
    await _refuse_running(source, user_id)
    here, there = await asyncio.gather(source.read(wanted), target.read(wanted))
    # The levels of Amazon's quotas are still saved for a moment after a sync.
    if here != there and table is not tables.rate_buckets:
        different = [name for name in here if here[name] != there[name]]
        raise DatabaseFault(
            f"The copy differs from its source in the table {table.name}.",
            why=f"{different[0].capitalize()}: {here[different[0]]} here, "
            f"{there[different[0]]} there.",
            fix="If something was synced meanwhile, copy again: nothing is doubled.",
        )
    return int(there["number of rows"])
