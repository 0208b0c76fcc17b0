"""Which rows are chosen, by id: kept while the rows below change their places."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QObject, Signal

from opside_desktop.store.reading.packed_ids import RowIds

if TYPE_CHECKING:
    from opside_desktop.store.reading.packed_ids import RowId
    from opside_desktop.ui.kit.tasks import TaskOwner
    from opside_desktop.ui.tables.rows.model import RecordsModel

THREAD_FROM = 20_000
"""Rows from which looking for the chosen ones would hold the window up."""

MOST_SPANS = 5_000
"""Separate stretches of chosen rows that are kept; more would make every click slow."""

_Flag = QItemSelectionModel.SelectionFlag


class RowSelection(QObject):
    """The chosen rows of a model, kept by id over refresh, sort and filter.

    While new rows are being read the old choice still counts; a row that the new rows lack is
    dropped from it.
    """

    changed = Signal()
    will_restore = Signal()
    restored = Signal()
    """The chosen rows are back in their new places."""

    def __init__(
        self,
        model: RecordsModel,
        selection: QItemSelectionModel,
        tasks: TaskOwner,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._selection = selection
        self._tasks = tasks
        self._kept: RowIds | None = None
        self._kept_current: RowId | None = None
        self._kept_column = 0
        self._restoring = False
        model.modelAboutToBeReset.connect(self._on_model_about_to_be_reset)
        model.ids_ready.connect(self._on_ids_ready)
        selection.selectionChanged.connect(self._on_selection_changed)

    @property
    def count(self) -> int:
        """How many rows are chosen."""
        if self._kept is not None:
            return len(self._kept)
        return sum(last - first + 1 for first, last in self.spans())

    @property
    def is_everything(self) -> bool:
        """Whether every row of the table is chosen."""
        return self._model.is_count_exact and 0 < self._model.rowCount() == self.count

    def spans(self) -> list[tuple[int, int]]:
        """Give the chosen rows as first and last positions, in the table's order."""
        ranges = self._selection.selection().toList()
        spans = sorted((r.top(), r.bottom()) for r in ranges)
        merged: list[tuple[int, int]] = []
        for first, last in spans:
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
            else:
                merged.append((first, last))
        return merged

    def ids(self) -> RowIds:
        """Give the ids of the chosen rows, in the table's order."""
        if self._kept is not None:
            return self._kept
        every = self._model.ids
        if every is not None:
            return RowIds.join(every[first : last + 1] for first, last in self.spans())
        found = (self._model.row_id(n) for a, b in self.spans() for n in range(a, b + 1))
        return RowIds.of(i for i in found if i is not None)

    def _on_selection_changed(self) -> None:
        if not self._restoring:
            self._kept = None
            self._kept_current = None
        self.changed.emit()

    def _on_model_about_to_be_reset(self) -> None:
        if self._kept is None:
            current = self._selection.currentIndex()
            self._kept_current = self._model.row_id(current.row()) if current.isValid() else None
            self._kept_column = max(current.column(), 0)
            self._kept = self.ids()

    def _on_ids_ready(self) -> None:
        if self._kept is None:
            return
        ids = self._model.ids
        if ids is None or not (self._kept or self._kept_current is not None):
            self._kept = None
            self.changed.emit()
            return
        if len(ids) > THREAD_FROM:
            self._tasks.replace("selection", self._find_and_restore(ids))
        else:
            self._restore(*_find(ids, self._kept, self._kept_current))

    async def _find_and_restore(self, ids: RowIds) -> None:
        kept, current = self._kept or RowIds(), self._kept_current
        spans, current_row = await asyncio.to_thread(_find, ids, kept, current)
        if ids is self._model.ids and self._kept is not None:
            self._restore(spans, current_row)

    def _restore(self, spans: list[tuple[int, int]], current_row: int | None) -> None:
        chosen = QItemSelection()
        last_column = self._model.columnCount() - 1
        for first, last in spans[:MOST_SPANS]:
            chosen.select(self._model.index(first, 0), self._model.index(last, last_column))
        self._restoring = True
        self.will_restore.emit()
        try:
            self._kept = None
            self._kept_current = None
            if current_row is not None:
                current = self._model.index(current_row, self._kept_column)
                self._selection.setCurrentIndex(current, _Flag.NoUpdate)
            self._selection.select(chosen, _Flag.ClearAndSelect)
        finally:
            self._restoring = False
        self.changed.emit()
        self.restored.emit()


def _find(
    ids: RowIds, kept: RowIds, current: RowId | None
) -> tuple[list[tuple[int, int]], int | None]:
    """Find where the kept rows are now, as spans of positions, and where the current row is."""
    try:
        current_row = None if current is None else ids.index(current)
    except ValueError:
        current_row = None
    return ids.find(kept), current_row
