"""The line below a table: what is chosen and what it is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from opside_desktop.domain.errors import OpsideError
from opside_desktop.ui.kit.labels import label
from opside_desktop.ui.kit.layouts import Stretch, row
from opside_desktop.ui.kit.theme import ROW, Space

if TYPE_CHECKING:
    from decimal import Decimal

    from opside_desktop.ui.tables.rows.model import RecordsModel
    from opside_desktop.ui.tables.rows.selection import RowSelection
    from opside_desktop.ui.tables.rows.source import TableContext

MOST_STRETCHES = 20


class Footer(QWidget):
    """Says how many rows are chosen and their sum by currency; else the sum of all shown rows."""

    def __init__(self, context: TableContext, model: RecordsModel, selection: RowSelection) -> None:
        super().__init__()
        self._context = context
        self._model = model
        self._selection = selection
        self._sums: dict[str, Decimal] = {}
        self.setProperty("kind", "bar")
        self._take_height()
        context.theme.changed.connect(self._take_height)
        self.words = label(role="muted", font="small", name="selectionWords")
        self.note = label(role="muted", font="small", name="tableNote")
        row(self.words, Stretch(), self.note, margins=(Space.L, 0, Space.L, 0), parent=self)
        self._note_time = QTimer(self)
        self._note_time.setSingleShot(True)
        self._note_time.setInterval(context.timings.note_ms)
        self._note_time.timeout.connect(self.note.clear)
        selection.changed.connect(self._on_changed)
        model.ids_ready.connect(self._on_changed)
        model.loading_changed.connect(self._on_loading_changed)
        model.count_changed.connect(self._on_count_changed)

    def _take_height(self) -> None:
        self.setFixedHeight(self._context.theme.px(ROW))

    def say(self, note: str) -> None:
        """Show a sentence for a few seconds."""
        self.note.setText(note)
        self._note_time.start()

    def _on_changed(self) -> None:
        self._sums = {}
        self._show()
        if self._context.spec.money_field is not None:
            self._context.tasks.debounce("sums", self._context.timings.sum_after_s, self._read_sums)

    def _on_loading_changed(self, loading: bool) -> None:
        # Rows are on their way whose sum is another: adding up the old ones would delay them.
        if loading:
            self._context.tasks.cancel("sums")

    def _on_count_changed(self) -> None:
        if not self._model.is_count_exact:
            # The first rows of another query: the sum shown so far is not theirs.
            self._sums = {}
            self._show()

    async def _read_sums(self) -> None:
        if not self._model.is_count_exact:
            return
        try:
            self._sums = await self._added_up()
        except OpsideError:
            # The table itself says what is wrong with the database.
            self._sums = {}
        self._show()

    async def _added_up(self) -> dict[str, Decimal]:
        query, chosen, source = self._model.query, self._selection, self._context.source
        if chosen.count == 0 or chosen.is_everything:
            return await source.sums(query, None)
        spans, many = chosen.spans(), self._context.timings.by_position_from
        if chosen.count >= many and 0 < len(spans) <= MOST_STRETCHES:
            return await source.sums_by_position(query, spans)
        return await source.sums(query, chosen.ids())

    def _show(self) -> None:
        amounts = ", ".join(
            self._context.formats.money(amount, currency)
            for currency, amount in sorted(self._sums.items(), key=lambda pair: str(pair[0]))
        )
        count = self._selection.count
        if count:
            number = self._context.formats.number(count)
            if amounts:
                text = self.tr("{count} selected, {sums}").format(count=number, sums=amounts)
            else:
                text = self.tr("{count} selected").format(count=number)
        else:
            pattern = (
                self.tr("Sum with what is hidden: {sums}")
                if self._context.source.row_query(self._model.query).with_hidden
                else self.tr("Sum: {sums}")
            )
            text = pattern.format(sums=amounts) if amounts else ""
        self.words.setText(text)
