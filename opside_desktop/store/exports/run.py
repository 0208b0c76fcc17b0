"""Running an export: one reading transaction, a thread of its own, progress, and a clean end."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from opside_desktop.domain.clock import SYSTEM_CLOCK, Clock
from opside_desktop.domain.columns import OWNER_COLUMN
from opside_desktop.domain.export_formats import ExportFormat
from opside_desktop.store.database import Database
from opside_desktop.store.exports.csv_and_json_lines import Batch, CsvFile, JsonLinesFile
from opside_desktop.store.exports.plan import Export, Exported, ExportProgress
from opside_desktop.store.exports.replacing_file import explained, replaced
from opside_desktop.store.exports.workbook_process import WorkbookProcess
from opside_desktop.store.offload import Keep, offload, run_stoppable
from opside_desktop.store.reading.filters import condition, ordering, row_id, with_ids
from opside_desktop.store.reading.listing import items_of_orders
from opside_desktop.store.reading.packed_ids import RowId, RowIds
from opside_desktop.store.reading.rows import count_rows
from opside_desktop.store.schema import tables

BATCH = 250
"""Rows that are turned into text at once: few enough for the window's loop never to wait long."""

GENTLE_PAUSE_S = 0.002
"""How long an export beside an open window rests after each batch."""

NOTIFY_EVERY_S = 0.1

T = TypeVar("T")

Listener = Callable[[ExportProgress], None]

_File = CsvFile | JsonLinesFile | WorkbookProcess


async def export_rows(
    db: Database,
    export: Export,
    on_progress: Listener = lambda progress: None,
    clock: Clock = SYSTEM_CLOCK,
) -> Exported:
    """Write the rows of a query to a file, which appears under its name when it is whole.

    All rows are read in one transaction, so they are those of one moment. `on_progress` is called
    on the loop, ten times a second at most. When the awaiting task is cancelled, the export stops
    and leaves nothing behind before the cancellation goes on.

    Raises:
        BadInput: a filter, a sort or a column does not fit the dataset.
        DatabaseFault: the rows cannot be read.
        FileFault: the file cannot be written.
    """
    loop = asyncio.get_running_loop()

    def notify(progress: ExportProgress) -> None:
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(on_progress, progress)

    return await run_stoppable(db, _Work(export, notify, clock).run, "The export was stopped.")


class _Work:
    """What the thread does."""

    def __init__(self, export: Export, notify: Listener, clock: Clock) -> None:
        self._export = export
        self._notify_loop = notify
        self._clock = clock
        self._notified_at = -NOTIFY_EVERY_S

    def run(self, connection: sa.Connection, keep: Keep) -> Exported:
        export = self._export
        reader = _Reader(connection, export)
        self._notify(ExportProgress(0, reader.total))
        done = 0
        with replaced(export.target) as folder:
            path = folder / "new"
            with closing(_file_of(export, path, keep)) as file:
                self._offload(connection, file.open)
                for batch in reader.batches():
                    keep()
                    self._offload(connection, partial(self._write, file, batch))
                    done += len(batch)
                    self._notify(ExportProgress(done, reader.total))
                self._notified_at = -NOTIFY_EVERY_S
                self._notify(ExportProgress(done, max(reader.total, done), is_finishing=True))
                cut = self._offload(connection, file.finish)
            size = path.stat().st_size
            keep()
        return Exported(export.target, done, size, cut)

    def _write(self, file: _File, batch: Batch) -> None:
        file.write(batch)
        if self._export.is_gentle:
            # A window that waits for the interpreter gets it now: no loop runs in this thread.
            time.sleep(GENTLE_PAUSE_S)

    def _offload(self, connection: sa.Connection, work: Callable[[], T]) -> T:
        # Only what is done to the file: a lost connection is a fault of the system, too.
        with explained(self._export.target):
            return offload(connection, work)

    def _notify(self, progress: ExportProgress) -> None:
        now = self._clock.monotonic()
        if now - self._notified_at >= NOTIFY_EVERY_S:
            self._notified_at = now
            self._notify_loop(progress)


def _file_of(export: Export, path: Path, keep: Keep) -> _File:
    match export.form:
        case ExportFormat.CSV:
            return CsvFile(path, export)
        case ExportFormat.JSON:
            return JsonLinesFile(path, export)
        case ExportFormat.XLSX:
            return WorkbookProcess(path, export, keep)


class _Reader:
    """Reads an export's rows in its order, a batch at a time."""

    def __init__(self, connection: sa.Connection, export: Export) -> None:
        self._connection = connection
        self._query = export.query
        self._ids = export.ids
        self._names = {str(user_id): name for user_id, name in export.names.items()}
        self._adds_items = export.adds_items
        self._table = tables.DATASET_TABLES[export.query.dataset]
        self._columns = [self._column(one.name) for one in export.columns]
        self.total = count_rows(connection, export.query) if export.ids is None else len(export.ids)

    def batches(self) -> Iterator[Batch]:
        if not self._query.user_ids:
            return
        for batch in self._by_query() if self._ids is None else self._by_ids(self._ids):
            if self._adds_items:
                # PostgreSQL's driver gives ids as objects of their own.
                orders = [(str(row[-2]), row[-1]) for row in batch]
                lines = items_of_orders(self._connection, orders)
                yield [(*row[:-2], lines[one]) for row, one in zip(batch, orders, strict=True)]
            else:
                yield batch

    def _by_query(self) -> Iterator[Batch]:
        wanted = (
            sa.select(*self._columns, *self._owner())
            .where(condition(self._query))
            .order_by(*ordering(self._query))
            .execution_options(stream_results=True)
        )
        with self._connection.execute(wanted) as result:
            # The driver's own rows: making SQLAlchemy's would take longer than the query. The
            # strategy is another one once the last row was read.
            while batch := result.cursor_strategy.fetchmany(result, result.cursor, BATCH):
                yield batch

    def _by_ids(self, ids: RowIds | Sequence[RowId]) -> Iterator[Batch]:
        table = self._table
        mine = set(self._query.user_ids)
        wanted = sa.select(row_id(table), table.c.user_id, *self._columns, *self._owner())
        for start in range(0, len(ids), BATCH):
            some = ids[start : start + BATCH]
            # Whose rows they are is looked at here: the database would take that for the better
            # way to find them.
            found = {
                row[0]: row[2:]
                for row in self._connection.execute(
                    wanted.where(with_ids(table, some))
                ).cursor.fetchall()
                if str(row[1]) in mine
            }
            if batch := [found[one] for one in some if one in found]:
                yield batch

    def _column(self, name: str) -> sa.ColumnElement[Any]:
        stored = self._table.c[name]
        if name != OWNER_COLUMN or not self._names:
            return stored
        return sa.case(*((stored == one, name) for one, name in self._names.items()), else_="")

    def _owner(self) -> list[sa.ColumnElement[Any]]:
        return [self._table.c.user_id, self._table.c.order_id] if self._adds_items else []
