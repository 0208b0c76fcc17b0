"""The table of the history: its runs as rows, and how they are painted."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    Qt,
)
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.ids import UserId
from opside_desktop.domain.syncs import DatasetStatus, SyncKey, SyncRun
from opside_desktop.ui.kit.formats import Formats
from opside_desktop.ui.kit.labels import literal_tip
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.pills import PillStyle, paint_pill
from opside_desktop.ui.kit.theme import ROW, FontRole, Role, Space, Theme
from opside_desktop.ui.kit.words import (
    dataset_word,
    problem_words,
    result_words,
    run_pill,
    trigger_word,
)

Index = QModelIndex | QPersistentModelIndex

RESULT, ACCOUNT, PROBLEMS = 0, 1, 8
"""The columns that are unlike others."""

FOCUS_PX = 1
_NARROWEST = 60
_NOWHERE = QModelIndex()
_ALIGN_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_ALIGN_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class Column(NamedTuple):
    """What a column shows of a run; `width` is in logical pixels, 0 takes what is left."""

    title: str
    width: int
    write: Callable[[SyncRun], str]
    dataset: Dataset | None = None
    is_figure: bool = False
    is_quiet: bool = False


class RunsModel(QAbstractTableModel):
    """Syncs, newest first; a running one changes in place."""

    def __init__(self, theme: Theme, formats: Formats, parent: QObject) -> None:
        super().__init__(parent)
        self._formats = formats
        self._runs: list[SyncRun] = []
        self._names: dict[UserId, str] = {}
        self._theme = theme
        counts = (
            Column(dataset_word(each), width, partial(self._count, each), each, is_figure=True)
            for each, width in ((Dataset.CLAIMS, 62), (Dataset.INVENTORY, 76), (Dataset.ORDERS, 62))
        )
        self.columns = (
            Column(self.tr("Result"), 180, lambda run: self.pill(run).word),
            Column(self.tr("Account"), 130, self._account),
            Column(self.tr("Started"), 130, lambda run: formats.moment(run.started_at)),
            Column(self.tr("Duration"), 74, self._duration, is_figure=True),
            *counts,
            Column(
                self.tr("Started by"), 124, lambda run: trigger_word(run.trigger), is_quiet=True
            ),
            Column(self.tr("Problems"), 0, lambda run: problem_words(run, formats), is_quiet=True),
        )
        formats.changed.connect(self._repaint)

    def show_runs(self, runs: Sequence[SyncRun], names: dict[UserId, str]) -> None:
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
            self.dataChanged.emit(self.index(row, 0), self.index(row, PROBLEMS))
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
        return 0 if parent.isValid() else len(self.columns)

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        run = self.run_at(index.row())
        if run is None:
            return None
        column = self.columns[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return column.write(run)
            case Qt.ItemDataRole.ToolTipRole if index.column() == PROBLEMS:
                return literal_tip(run.error or column.write(run)) or None
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole if column.dataset:
                words = result_words(run, column.dataset, self._formats)
                return words or self.tr("not asked for")
            case Qt.ItemDataRole.TextAlignmentRole:
                return _ALIGN_RIGHT if column.is_figure else _ALIGN_LEFT
            case Qt.ItemDataRole.FontRole if column.is_figure:
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
            return _ALIGN_RIGHT if self.columns[section].is_figure else _ALIGN_LEFT
        return self.columns[section].title if role == Qt.ItemDataRole.DisplayRole else None

    def pill(self, run: SyncRun) -> PillStyle:
        """Give what the state of a sync looks like now."""
        return run_pill(run, self._formats.now())

    def _account(self, run: SyncRun) -> str:
        return self._names.get(run.user_id, run.external_user_id)

    def _duration(self, run: SyncRun) -> str:
        return self._formats.duration(run.duration_s)

    def _count(self, dataset: Dataset, run: SyncRun) -> str:
        result = run.result(dataset)
        is_known = result.count or run.is_running or result.status is DatasetStatus.SUCCESS
        return self._formats.number(result.count) if is_known else "–"

    def _repaint(self) -> None:
        if self._runs:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._runs) - 1, PROBLEMS))


class SyncsTable(QTableView):
    """Shows a `RunsModel`; one row is chosen, whole."""

    def __init__(self, model: RunsModel, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._columns = model.columns
        self.setObjectName("syncsTable")
        self.setAccessibleName(self.tr("Syncs"))
        self.setModel(model)
        self.setItemDelegate(_RunDelegate(model, theme, self))
        theme.wear(self, FontRole.SMALL)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        header.setSectionResizeMode(PROBLEMS, QHeaderView.ResizeMode.Stretch)
        self._take_sizes()
        theme.changed.connect(self._take_sizes)

    def choose(self, row: int) -> None:
        """Make a row the current and chosen one; Qt's `selectRow` finds none from right to left."""
        how = QItemSelectionModel.SelectionFlag
        self.selectionModel().setCurrentIndex(
            self.model().index(row, 0), how.ClearAndSelect | how.Rows
        )

    def _take_sizes(self) -> None:
        """Make rows and columns as large as their texts need."""
        height = self._theme.px(ROW)
        self.verticalHeader().setMinimumSectionSize(height)
        self.verticalHeader().setDefaultSectionSize(height)
        self.horizontalHeader().setFixedHeight(height)
        self.horizontalHeader().setMinimumSectionSize(self._theme.px(_NARROWEST))
        for number, column in enumerate(self._columns):
            if column.width:
                self.setColumnWidth(number, self._theme.px(column.width))


class _RunDelegate(QStyledItemDelegate):
    """Paints hairlines, the result as a pill, and the focus around a row."""

    def __init__(self, model: RunsModel, theme: Theme, table: QTableView) -> None:
        super().__init__(table)
        self._model = model
        self._theme = theme
        self._table = table

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rect, state = option.rect, option.state
        is_selected = bool(state & QStyle.StateFlag.State_Selected)
        if is_selected:
            painter.fillRect(rect, self._theme.color(Role.SELECTION))
        painter.fillRect(
            QRect(rect.left(), rect.bottom(), rect.width(), 1), self._theme.color(Role.LINE)
        )
        is_result = index.column() == RESULT
        lead = Space.L if is_result else Space.S
        body = QStyle.visualRect(option.direction, rect, rect.adjusted(lead, 0, -Space.S, -1))
        run = self._model.run_at(index.row())
        if run is None:
            return
        if is_result:
            painter.setLayoutDirection(option.direction)
            paint_pill(painter, body.adjusted(-2, 0, 2, 0), self._model.pill(run), self._theme)
        else:
            # Dates and figures read from left to right in every language.
            painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)
            is_quiet = self._model.columns[index.column()].is_quiet and not is_selected
            painter.setPen(self._theme.color(Role.MUTED if is_quiet else Role.TEXT))
            self._paint_text(painter, body, index, option.direction)
        if is_selected and self._table.hasFocus():
            accent = self._theme.color(Role.ACCENT)
            width = rect.width()
            painter.fillRect(QRect(rect.left(), rect.top(), width, FOCUS_PX), accent)
            painter.fillRect(QRect(rect.left(), rect.bottom(), width, FOCUS_PX), accent)

    def _paint_text(
        self, painter: QPainter, rect: QRect, index: Index, direction: Qt.LayoutDirection
    ) -> None:
        painter.setFont(self._model.data(index, Qt.ItemDataRole.FontRole) or self._table.font())
        text = str(self._model.data(index, Qt.ItemDataRole.DisplayRole))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        alignment = Qt.AlignmentFlag(self._model.data(index, Qt.ItemDataRole.TextAlignmentRole))
        seen = QStyle.visualAlignment(direction, alignment) | Qt.AlignmentFlag.AlignAbsolute
        painter.drawText(rect, seen, shown)
