"""The runs of the history as a table."""

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.syncs import DatasetStatus, SyncKey, SyncRun
from opside_desktop.ui.kit.formats import Formats
from opside_desktop.ui.kit.labels import literal_tip
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.pills import PillStyle
from opside_desktop.ui.kit.theme import FontRole, Theme
from opside_desktop.ui.kit.words import problem_words, result_words, run_pill, trigger_word

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class RunColumn(IntEnum):
    """What each column shows."""

    RESULT = 0
    ACCOUNT = 1
    STARTED = 2
    DURATION = 3
    CLAIMS = 4
    INVENTORY = 5
    ORDERS = 6
    TRIGGER = 7
    PROBLEMS = 8


_COUNTS = {
    RunColumn.CLAIMS: Dataset.CLAIMS,
    RunColumn.INVENTORY: Dataset.INVENTORY,
    RunColumn.ORDERS: Dataset.ORDERS,
}
_RIGHT = frozenset({RunColumn.DURATION, *_COUNTS})
_ALIGN_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_ALIGN_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class RunsModel(QAbstractTableModel):
    """Syncs, newest first; a running one changes in place."""

    def __init__(self, theme: Theme, formats: Formats, parent: QObject) -> None:
        super().__init__(parent)
        self._formats = formats
        self._runs: list[SyncRun] = []
        self._names: dict[str, str] = {}
        self._theme = theme
        formats.changed.connect(self._repaint)

    def show_runs(self, runs: Sequence[SyncRun], names: dict[str, str]) -> None:
        """Show these runs. `names` are the accounts' by user id."""
        self.beginResetModel()
        self._runs = list(runs)
        self._names = dict(names)
        self.endResetModel()

    def append(self, runs: Sequence[SyncRun]) -> None:
        """Add older runs below."""
        known = {run.key for run in self._runs}
        new = [run for run in runs if run.key not in known]
        if new:
            count = len(self._runs)
            self.beginInsertRows(_NOWHERE, count, count + len(new) - 1)
            self._runs += new
            self.endInsertRows()

    def update_run(self, run: SyncRun) -> None:
        """Take a newer record of a run, which may be a new one."""
        row = self.row_of(run.key)
        if row is not None:
            self._runs[row] = run
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(RunColumn) - 1))
            return
        before = next(
            (number for number, each in enumerate(self._runs) if each.started_at <= run.started_at),
            len(self._runs),
        )
        self.beginInsertRows(_NOWHERE, before, before)
        self._runs.insert(before, run)
        self.endInsertRows()

    def run_at(self, row: int) -> SyncRun | None:
        """Give the run of a row."""
        return self._runs[row] if 0 <= row < len(self._runs) else None

    def row_of(self, key: SyncKey) -> int | None:
        """Find the row of a run."""
        return next((n for n, run in enumerate(self._runs) if run.key == key), None)

    @override
    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._runs)

    @override
    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(RunColumn)

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        run = self.run_at(index.row())
        if run is None:
            return None
        col = RunColumn(index.column())
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(run, col)
            case Qt.ItemDataRole.ToolTipRole if col is RunColumn.PROBLEMS:
                return literal_tip(run.error or self._text(run, col)) or None
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole if col in _COUNTS:
                words = result_words(run, _COUNTS[col], self._formats)
                return words or self.tr("not asked for")
            case Qt.ItemDataRole.TextAlignmentRole:
                return _ALIGN_RIGHT if col in _RIGHT else _ALIGN_LEFT
            case Qt.ItemDataRole.FontRole if col in _RIGHT:
                return self._theme.font(FontRole.FIGURES)
            case _:
                return None

    @override
    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _ALIGN_RIGHT if RunColumn(section) in _RIGHT else _ALIGN_LEFT
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return {
            RunColumn.RESULT: self.tr("Result"),
            RunColumn.ACCOUNT: self.tr("Account"),
            RunColumn.STARTED: self.tr("Started"),
            RunColumn.DURATION: self.tr("Duration"),
            RunColumn.CLAIMS: self.tr("Claims"),
            RunColumn.INVENTORY: self.tr("Inventory"),
            RunColumn.ORDERS: self.tr("Orders"),
            RunColumn.TRIGGER: self.tr("Started by"),
            RunColumn.PROBLEMS: self.tr("Problems"),
        }[RunColumn(section)]

    def pill(self, run: SyncRun) -> PillStyle:
        """Give what the state of a sync looks like now."""
        return run_pill(run, self._formats.now())

    def _text(self, run: SyncRun, col: RunColumn) -> str:
        if col in _COUNTS:
            return self._count(run, _COUNTS[col])
        texts: dict[RunColumn, Callable[[], str]] = {
            RunColumn.RESULT: lambda: self.pill(run).word,
            RunColumn.ACCOUNT: lambda: self._names.get(run.user_id, run.external_user_id),
            RunColumn.STARTED: lambda: self._formats.moment(run.started_at),
            RunColumn.DURATION: lambda: self._formats.duration(run.duration_s),
            RunColumn.TRIGGER: lambda: trigger_word(run.trigger),
            RunColumn.PROBLEMS: lambda: problem_words(run, self._formats),
        }
        return texts[col]()

    def _count(self, run: SyncRun, dataset: Dataset) -> str:
        result = run.result(dataset)
        is_known = result.count or run.is_running or result.status is DatasetStatus.SUCCESS
        return self._formats.number(result.count) if is_known else "–"

    def _repaint(self) -> None:
        if self._runs:
            last = self.index(len(self._runs) - 1, len(RunColumn) - 1)
            self.dataChanged.emit(self.index(0, 0), last)
