"""The rows of a table by position: a few windows in memory, the rest a query away."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from opside_desktop.domain.errors import OpsideError
from opside_desktop.ui.override import override
from opside_desktop.ui.tables.columns import Column, Kind, TableSpec
from opside_desktop.ui.tables.query import TableQuery
from opside_desktop.ui.tables.texts import cell_words, header_tip, moment_tip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opside_desktop.store.queries import Row
    from opside_desktop.ui.formats import Formats
    from opside_desktop.ui.tables.source import RowSource
    from opside_desktop.ui.tasks import TaskOwner

WINDOW = 200
"""Rows read at once."""

KEPT_WINDOWS = 20

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
    """The ids of all rows are known: `position_of` and `ids_of` work for every row."""

    def __init__(
        self,
        spec: TableSpec,
        source: RowSource,
        formats: Formats,
        tasks: TaskOwner,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.spec = spec
        self.columns = spec.columns
        self.query = TableQuery()
        self._source = source
        self._formats = formats
        self._tasks = tasks
        self._generation = 0
        self._count = 0
        self._ids: array[int] | None = None
        self._windows: OrderedDict[int, Sequence[Row | None]] = OrderedDict()
        self._wanted: dict[int, None] = {}
        self._visible: tuple[int, int] | None = None
        self._loading = False
        self._has_loaded = False
        self._stalled = False
        formats.changed.connect(self._on_formats_changed)

    # Loading

    def show_query(self, query: TableQuery) -> None:
        """Show the rows of another query, from its first row."""
        self.query = query
        self._begin()
        self._tasks.replace("load", self._load(query, self._generation))

    def refresh(self, *, from_top: bool = False) -> None:
        """Read the same query again; the rows are exchanged in one go, so nothing flickers.

        With `from_top` a view is going to show the first rows, else those it shows now.
        """
        if not self._has_loaded:
            self.show_query(self.query)
            return
        self._begin()
        self._tasks.replace("load", self._reload(self.query, self._generation, from_top))

    def reread(self) -> None:
        """Read the values of the rows in memory again; no row comes, goes or moves."""
        if self._ids is not None and self._windows:
            self._tasks.start("reread", self._reread())

    def _begin(self) -> None:
        self._generation += 1
        self._stalled = False
        self._set_loading(True)

    async def _load(self, query: TableQuery, generation: int) -> None:
        try:
            first = await self._source.first(query, WINDOW)
            if generation != self._generation:
                return
            complete = len(first) < WINDOW
            ids = array("q", (row.row_id for row in first)) if complete else None
            self._exchange(ids, len(first), {0: first} if first else {})
            if ids is None:
                self._grow(await self._source.ids(query), generation)
        except OpsideError as error:
            self._fail(error, generation)
        finally:
            if generation == self._generation:
                self._set_loading(False)

    async def _reload(self, query: TableQuery, generation: int, from_top: bool) -> None:
        try:
            ids = await self._source.ids(query)
            numbers = self._windows_at(0 if from_top else self._moved_top(ids), len(ids))
            windows = await self._read_windows(ids, numbers)
            if generation == self._generation:
                self._exchange(ids, len(ids), windows)
        except OpsideError as error:
            self._fail(error, generation)
        finally:
            if generation == self._generation:
                self._set_loading(False)

    async def _reread(self) -> None:
        ids = self._ids
        if ids is None:
            return
        try:
            windows = await self._read_windows(ids, sorted(self._windows))
        except OpsideError as error:
            self._fail(error, self._generation)
            return
        if ids is self._ids:
            self._put(windows)

    def _exchange(
        self, ids: array[int] | None, count: int, windows: dict[int, Sequence[Row | None]]
    ) -> None:
        self.beginResetModel()
        self._ids = ids
        self._count = count
        self._windows = OrderedDict(windows)
        self._wanted.clear()
        self._has_loaded = True
        self.endResetModel()
        self.count_changed.emit()
        if ids is not None:
            self.ids_ready.emit()

    def _grow(self, ids: array[int], generation: int) -> None:
        """Give the table its true length once the ids are there."""
        if generation != self._generation:
            return
        shown = [row.row_id for row in self._windows.get(0, ()) if row is not None]
        if len(ids) < self._count or ids[: len(shown)].tolist() != shown:
            # Rows came or went between the two queries: what is shown must match the ids.
            self._exchange(ids, len(ids), {})
            return
        if len(ids) > self._count:
            self.beginInsertRows(_NO_PARENT, self._count, len(ids) - 1)
            self._ids = ids
            self._count = len(ids)
            self.endInsertRows()
        self._ids = ids
        self.count_changed.emit()
        self.ids_ready.emit()

    def _fail(self, error: OpsideError, generation: int) -> None:
        if generation == self._generation:
            self._stalled = True
            self.load_failed.emit(error)

    def _set_loading(self, loading: bool) -> None:
        if loading != self._loading:
            self._loading = loading
            self.loading_changed.emit(loading)

    # Windows

    def set_visible(self, first: int, last: int) -> None:
        """Tell which rows a view shows now; only their windows, and neighbours, are read."""
        self._visible = (first, max(first, last))

    def _moved_top(self, ids: array[int]) -> int:
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

    def _visible_windows(self) -> tuple[int, int] | None:
        if self._visible is None:
            return None
        return self._visible[0] // WINDOW, self._visible[1] // WINDOW

    def _want(self, number: int) -> None:
        if self._ids is None or self._stalled or number in self._wanted:
            return
        self._wanted[number] = None
        self._tasks.start("windows", self._read_wanted())

    async def _read_wanted(self) -> None:
        try:
            while self._wanted and self._ids is not None:
                ids, numbers = self._ids, self._choose_wanted()
                windows = await self._read_windows(ids, numbers)
                if ids is not self._ids:
                    continue
                for number in numbers:
                    self._wanted.pop(number, None)
                self._put(windows)
                await self._prefetch(ids)
        except OpsideError as error:
            self._wanted.clear()
            self._fail(error, self._generation)

    def _choose_wanted(self) -> list[int]:
        """Windows on screen now; what was asked for and scrolled past is forgotten."""
        visible = self._visible_windows()
        near = [n for n in self._wanted if visible and visible[0] <= n <= visible[1]]
        chosen = near[-3:] or [next(reversed(self._wanted))]
        self._wanted = dict.fromkeys(chosen)
        return chosen

    async def _prefetch(self, ids: array[int]) -> None:
        visible = self._visible_windows()
        if self._wanted or visible is None:
            return
        newest = (self._count - 1) // WINDOW
        around = (visible[1] + 1, visible[0] - 1)
        missing = [n for n in around if 0 <= n <= newest and n not in self._windows]
        if missing:
            windows = await self._read_windows(ids, missing)
            if ids is self._ids:
                self._put(windows)

    async def _read_windows(
        self, ids: array[int], numbers: Sequence[int]
    ) -> dict[int, Sequence[Row | None]]:
        wanted = array("q")
        ends = []
        for number in numbers:
            wanted.extend(ids[number * WINDOW : (number + 1) * WINDOW])
            ends.append(len(wanted))
        if not wanted:
            return {}
        rows = await self._source.rows(wanted)
        # The last window of all may be shorter, wherever it stands among those asked for.
        begins = [0, *ends]
        return {
            number: rows[begin:end]
            for number, begin, end in zip(numbers, begins, ends, strict=False)
        }

    def _put(self, windows: dict[int, Sequence[Row | None]]) -> None:
        last_column = len(self.columns) - 1
        for number, rows in windows.items():
            self._windows[number] = rows
            self._windows.move_to_end(number)
            first = number * WINDOW
            self.dataChanged.emit(
                self.index(first, 0), self.index(first + len(rows) - 1, last_column)
            )
        while len(self._windows) > KEPT_WINDOWS:
            self._windows.popitem(last=False)

    # Rows and values

    @property
    def is_loading(self) -> bool:
        """Whether a load runs."""
        return self._loading

    @property
    def is_stalled(self) -> bool:
        """Whether rows could not be read since the last load began."""
        return self._stalled

    @property
    def has_loaded(self) -> bool:
        """Whether any rows, or none, have been read yet."""
        return self._has_loaded

    @property
    def is_count_exact(self) -> bool:
        """Whether `rowCount` is the true count rather than the first window."""
        return self._ids is not None

    @property
    def ids(self) -> array[int] | None:
        """The ids of all rows in order, once read. Not to be changed."""
        return self._ids

    def row(self, number: int) -> Row | None:
        """Give a row that is in memory, or None and ask for it."""
        window = number // WINDOW
        rows = self._windows.get(window)
        if rows is None:
            self._want(window)
            return None
        place = number - window * WINDOW
        return rows[place] if place < len(rows) else None

    def row_id(self, number: int) -> int | None:
        """Give the id of a row, read or not."""
        if self._ids is not None:
            return self._ids[number] if number < len(self._ids) else None
        row = self.row(number)
        return None if row is None else row.row_id

    def value(self, row: Row, field: str) -> Any:
        """Give one stored value of a row."""
        return row.values[self._source.places[field]]

    def text(self, row: Row, column: Column) -> str:
        """Give a cell's words; an unknown value is an empty cell."""
        currency = self.value(row, column.currency_field) if column.kind is Kind.MONEY else None
        return cell_words(column, self.value(row, column.field), currency, self._formats)

    def is_mock(self, row: Row) -> bool:
        """Whether a row is not a real seller's."""
        return bool(row.values[self._source.places["is_mock"]])

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
            return row.values[self._source.places[column.field]]
        text = self.text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole and column.kind is Kind.MOMENT and text:
            return moment_tip(text, self._formats)
        if role == Qt.ItemDataRole.AccessibleTextRole and column.key and self.is_mock(row):
            return self.tr("{name}, mock data").format(name=text)
        return text

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
