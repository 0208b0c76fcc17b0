"""Puts chosen rows on the clipboard; many of them are read in the background."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QObject, Signal
from PySide6.QtGui import QGuiApplication

from opside_desktop.domain.errors import OpsideError
from opside_desktop.ui.tables.rows.clipboard import MOST_ROWS, CopyFormat, cell_text, written
from opside_desktop.ui.tables.rows.model import RAW_ROLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opside_desktop.store.reading.packed_ids import RowIds
    from opside_desktop.store.reading.queries import Row
    from opside_desktop.ui.tables.rows.model import RecordsModel
    from opside_desktop.ui.tables.rows.selection import RowSelection
    from opside_desktop.ui.tables.rows.source import TableContext
    from opside_desktop.ui.tables.rows.table_columns import TableColumn

CHUNK = 2000
THREAD_FROM = 2000
"""Rows from which writing the text would hold the window up."""


class Copier(QObject):
    """Copies cells and rows. `said` tells in a sentence what happened."""

    said = Signal(str)
    failed = Signal(object)

    def __init__(
        self, context: TableContext, model: RecordsModel, selection: RowSelection, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._model = model
        self._selection = selection

    def copy_cell(self, index: QModelIndex) -> None:
        """Copy one cell's stored value."""
        has_words = self._model.columns[index.column()].words is not None
        text = str(index.data()) if has_words else cell_text(index.data(RAW_ROLE))
        QGuiApplication.clipboard().setText(text)
        self.said.emit(self.tr("Copied {text}").format(text=text) if text else self.tr("Copied"))

    def copy_rows(self, columns: Sequence[TableColumn], form: CopyFormat) -> None:
        """Copy the chosen rows, with these columns, in the table's order."""
        ids = self._selection.ids()
        if len(ids) > MOST_ROWS:
            most = self._context.formats.number(MOST_ROWS)
            self.said.emit(
                self.tr(
                    "Nothing was copied: at most {count} rows fit. Choose fewer, or filter first."
                ).format(count=most)
            )
        elif ids:
            self._context.tasks.replace("copy", self._copy(ids, columns, form))

    async def _copy(self, ids: RowIds, columns: Sequence[TableColumn], form: CopyFormat) -> None:
        rows: list[Row] = []
        source = self._context.source
        if len(ids) > CHUNK:
            self.said.emit(self.tr("Copying…"))
        try:
            for start in range(0, len(ids), CHUNK):
                chunk = await source.rows(ids[start : start + CHUNK])
                rows += [row for row in chunk if row is not None]
        except OpsideError as error:
            self.said.emit("")
            self.failed.emit(error)
            return
        if len(rows) > THREAD_FROM:
            text = await asyncio.to_thread(written, rows, columns, source.positions, form)
        else:
            text = written(rows, columns, source.positions, form)
        QGuiApplication.clipboard().setText(text)
        count = self._context.formats.number(len(rows))
        self.said.emit(
            self.tr("Copied 1 row")
            if len(rows) == 1
            else self.tr("Copied {count} rows").format(count=count)
        )
