"""The rows of a table by position: a few windows in memory, the rest a query away."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from opside_desktop.domain.claim_types import ClaimStatus
from opside_desktop.domain.columns import HIDDEN_COLUMN
from opside_desktop.domain.errors import OpsideError
from opside_desktop.store.reading.packed_ids import RowIds
from opside_desktop.ui.kit.labels import literal_tip
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.tables.rows.query import TableQuery
from opside_desktop.ui.tables.rows.row_windows import WINDOW, Windows, read_windows
from opside_desktop.ui.tables.rows.table_columns import Kind, TableColumn
from opside_desktop.ui.tables.rows.texts import (
    cell_words,
    header_tip,
    hidden_words,
    moment_tip,
    release_words,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from opside_desktop.store.reading.packed_ids import RowId
    from opside_desktop.store.reading.queries import Row
    from opside_desktop.ui.tables.rows.source import TableContext

_READERS = ("windows", "more windows")
"""Names of the tasks that read: a jump does not wait for the one before it."""

RAW_ROLE = Qt.ItemDataRole.UserRole
"""The value as stored: Decimal, aware datetime, int, str, bool or None."""

PLACEHOLDER = "…"

_ANSWERED = frozenset(
    {
        Qt.ItemDataRole.DisplayRole,
        Qt.ItemDataRole.ToolTipRole,
        Qt.ItemDataRole.TextAlignmentRole,
        Qt.ItemDataRole.AccessibleTextRole,
        RAW_ROLE,
    }
)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
_NO_PARENT = QModelIndex()

Index = QModelIndex | QPersistentModelIndex


class RecordsModel(QAbstractTableModel):
    """The rows of one dataset in the order of one query.

    The first rows come by LIMIT; meanwhile the ids of all rows are read in order, which gives the
    exact count and makes any jump cheap. `data` never queries: a missing row shows a placeholder
    and asks for its window. Every load has a generation, and a window belongs to the list of ids
    it was read by; an answer to an older load or list is dropped.
    """

    loading_changed = Signal(bool)
    """bool: a load began or ended. Old rows stay until the new ones are there."""

    count_changed = Signal()
    load_failed = Signal(object)
    """OpsideError: rows could not be read; those already shown stay."""

    ids_ready = Signal()
    """The ids of all rows are known, so that any row can be looked at and found."""

    def __init__(self, context: TableContext, parent: QObject) -> None:
        super().__init__(parent)
        self.columns = context.spec.columns
        self.query = TableQuery()
        self._source = context.source
        self._hidden_place = context.source.positions.get(
            HIDDEN_COLUMN.get(context.spec.dataset, "")
        )
        self._formats = context.formats
        self._tasks = context.tasks
        self._generation = 0
        self._count = 0
        self._windows = Windows()
        self._visible: tuple[int, int] | None = None
        self._settled = asyncio.Event()
        self.is_loading = False
        """Whether a load runs."""

        self.is_stalled = False
        """Whether rows could not be read since the last load began."""

        self.has_loaded = False
        """Whether any rows, or none, have been read yet."""

        context.formats.changed.connect(self._on_formats_changed)

    # Loading

    def show_query(self, query: TableQuery) -> None:
        """Show the rows of another query, from its first row."""
        self.query = query
        self._begin(partial(self._load, query))

    def refresh(self, *, from_top: bool = False) -> None:
        """Read the same query again; the rows are exchanged in one go, so nothing flickers.

        With `from_top` a view is going to show the first rows, else those it shows now.
        """
        if not self.has_loaded:
            self.show_query(self.query)
            return
        self._begin(partial(self._reload, self.query, from_top))

    async def settled(self) -> None:
        """Wait until no load runs: the newest one has shown its rows, or could not read them."""
        while self.is_loading:
            await self._settled.wait()

    def reread(self) -> None:
        """Read the values of the rows in memory again; no row comes, goes or moves."""
        if self.ids is not None and self._windows.numbers():
            self._tasks.start("reread", self._reread())

    def _begin(self, load: Callable[[int], Coroutine[Any, Any, None]]) -> None:
        self._generation += 1
        self.is_stalled = False
        self._set_loading(True)
        self._tasks.replace("load", self._run(load, self._generation))

    async def _run(self, load: Callable[[int], Coroutine[Any, Any, None]], generation: int) -> None:
        try:
            await load(generation)
        except OpsideError as error:
            self._fail(error, generation)
        finally:
            if generation == self._generation:
                self._set_loading(False)

    async def _load(self, query: TableQuery, generation: int) -> None:
        first = await self._source.first(query, WINDOW)
        if generation != self._generation:
            return
        complete = len(first) < WINDOW
        ids = RowIds.of(row.row_id for row in first) if complete else None
        self._exchange(Windows(ids, {0: first} if first else {}), len(first))
        if ids is None:
            self._grow(await self._source.ids(query), generation)

    async def _reload(self, query: TableQuery, from_top: bool, generation: int) -> None:
        ids = await self._source.ids(query)
        numbers = self._windows_at(0 if from_top else self._moved_top(ids), len(ids))
        read = await read_windows(self._source, ids, numbers)
        if generation == self._generation:
            self._exchange(Windows(ids, read), len(ids))

    async def _reread(self) -> None:
        windows, ids = self._windows, self.ids
        if ids is None:
            return
        try:
            read = await read_windows(self._source, ids, windows.numbers())
        except OpsideError as error:
            self._fail(error, self._generation)
            return
        if windows is self._windows:
            self._put(read)

    def _exchange(self, windows: Windows, count: int) -> None:
        self.beginResetModel()
        self._windows = windows
        self._count = count
        self.has_loaded = True
        self.endResetModel()
        self.count_changed.emit()
        if windows.ids is not None:
            self.ids_ready.emit()

    def _grow(self, ids: RowIds, generation: int) -> None:
        """Give the table its true length once the ids are there."""
        if generation != self._generation:
            return
        if len(ids) < self._count or not self._windows.first_ids_are(ids):
            # Rows came or went between the two queries: what is shown must match the ids.
            self._exchange(Windows(ids), len(ids))
            return
        if len(ids) > self._count:
            self.beginInsertRows(_NO_PARENT, self._count, len(ids) - 1)
            self._windows.ids = ids
            self._count = len(ids)
            self.endInsertRows()
        self._windows.ids = ids
        self.count_changed.emit()
        self.ids_ready.emit()

    def _fail(self, error: OpsideError, generation: int) -> None:
        if generation == self._generation:
            self.is_stalled = True
            self.load_failed.emit(error)

    def _set_loading(self, loading: bool) -> None:
        if loading != self.is_loading:
            self.is_loading = loading
            (self._settled.clear if loading else self._settled.set)()
            self.loading_changed.emit(loading)

    # Windows

    def set_visible(self, first: int, last: int) -> None:
        """Tell which rows a view shows now; only their windows, and neighbours, are read."""
        self._visible = (first, max(first, last))
        self._windows.visible = (first // WINDOW, max(first, last) // WINDOW)

    def _moved_top(self, ids: RowIds) -> int:
        """Where the first visible row is among new ids; its old place if it is gone."""
        top = self._visible[0] if self._visible else 0
        row_id = self.row_id(top) if top < self._count else None
        try:
            return top if row_id is None else ids.index(row_id)
        except ValueError:
            return top

    def _windows_at(self, top: int, count: int) -> list[int]:
        """List the windows a view needs that shows `top` first."""
        if not count:
            return []
        first, last = self._visible or (0, 0)
        newest = (count - 1) // WINDOW
        begin = min(top // WINDOW, newest)
        return list(range(begin, min((top + last - first) // WINDOW, newest) + 1))

    def _want(self, row_number: int) -> None:
        if self.is_stalled or not self._windows.want(row_number):
            return
        for name in _READERS:
            if not self._tasks.is_busy(name):
                self._tasks.start(name, self._read_wanted())
                return

    async def _read_wanted(self) -> None:
        try:
            while numbers := self._windows.take_wanted():
                await self._read(numbers)
        except OpsideError as error:
            self._windows.give_up()
            self._fail(error, self._generation)
            return
        self._tasks.start("neighbours", self._read_neighbours())

    async def _read_neighbours(self) -> None:
        try:
            await self._read(self._windows.neighbours())
        except OpsideError as error:
            self._fail(error, self._generation)

    async def _read(self, numbers: Sequence[int]) -> None:
        windows = self._windows
        if windows.ids is not None and numbers:
            read = await read_windows(self._source, windows.ids, numbers)
            if windows is self._windows:
                self._put(read)

    def _put(self, read: dict[int, Sequence[Row | None]]) -> None:
        last_column = len(self.columns) - 1
        self._windows.put(read)
        for number, rows in read.items():
            first = number * WINDOW
            self.dataChanged.emit(
                self.index(first, 0), self.index(first + len(rows) - 1, last_column)
            )

    # Rows and values

    @property
    def is_count_exact(self) -> bool:
        """Whether `rowCount` is the true count rather than the first window."""
        return self._windows.ids is not None

    @property
    def ids(self) -> RowIds | None:
        """The ids of all rows in order, once read."""
        return self._windows.ids

    def row(self, number: int) -> Row | None:
        """Give a row that is in memory, or None and ask for it."""
        row = self._windows.row(number)
        if row is None:
            self._want(number)
        return row

    def row_id(self, number: int) -> RowId | None:
        """Give the id of a row, read or not."""
        ids = self._windows.ids
        if ids is not None:
            return ids[number] if number < len(ids) else None
        row = self.row(number)
        return None if row is None else row.row_id

    def value(self, row: Row, field: str) -> Any:
        """Give one stored value of a row."""
        return row.values[self._source.positions[field]]

    def text(self, row: Row, column: TableColumn) -> str:
        """Give a cell's words; an unknown value is an empty cell."""
        currency = self.value(row, column.currency_field) if column.kind is Kind.MONEY else None
        return cell_words(column, self.value(row, column.field), currency, self._formats)

    def is_mock(self, row: Row) -> bool:
        """Whether a row is not a real seller's."""
        return bool(row.values[self._source.positions["is_mock"]])

    def hidden_reason(self, row: Row) -> str | None:
        """Why lists leave a row out; None of one that is always shown."""
        place = self._hidden_place
        return None if place is None else row.values[place]

    # Qt

    @override
    def rowCount(self, parent: Index = _NO_PARENT) -> int:
        return 0 if parent.isValid() else self._count

    @override
    def columnCount(self, parent: Index = _NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.columns)

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role not in _ANSWERED or not index.isValid():
            return None
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column.is_right_aligned else _LEFT
        row = self.row(index.row())
        if row is None:
            return None if role == RAW_ROLE else PLACEHOLDER
        if role == RAW_ROLE:
            return row.values[self._source.positions[column.field]]
        text = self.text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole and column.kind is Kind.MOMENT and text:
            return moment_tip(text, self._formats)
        if role == Qt.ItemDataRole.AccessibleTextRole and column.key:
            return self._spoken(text, row)
        return self._tip(text, row, column) if role == Qt.ItemDataRole.ToolTipRole else text

    def _spoken(self, name: str, row: Row) -> str:
        """Name a row for those who hear it, with what its badges say."""
        if self.is_mock(row):
            name = self.tr("{name}, mock data").format(name=name)
        if self.hidden_reason(row):
            name = self.tr("{name}, hidden").format(name=name)
        return name

    def _tip(self, text: str, row: Row, column: TableColumn) -> str:
        reason = self.hidden_reason(row)
        if column.key and reason:
            return literal_tip(f"{text}\n{hidden_words(reason)}")
        if column.kind is Kind.STATUS and self.value(row, column.field) == ClaimStatus.PENDING:
            due = release_words(self.value(row, "matures_at"), self._formats)
            return literal_tip(f"{text}\n{due}")
        return literal_tip(text)

    @override
    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.name
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column.is_right_aligned else _LEFT
        if role == Qt.ItemDataRole.ToolTipRole:
            return header_tip(column, self._formats)
        return None

    def _on_formats_changed(self) -> None:
        if self._count:
            self.dataChanged.emit(
                self.index(0, 0), self.index(self._count - 1, len(self.columns) - 1)
            )
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)
