"""The side panel of a table: follows the current row while it is open."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from opside_desktop.domain.errors import OpsideError
from opside_desktop.ui.kit.panels import PanelWidth
from opside_desktop.ui.tables.details.row_details import WIDTH, DetailsPanel, Sheet

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from PySide6.QtWidgets import QSplitter

    from opside_desktop.store.reading.packed_ids import RowId
    from opside_desktop.ui.kit.window_state import Memory
    from opside_desktop.ui.tables.grid.view import RecordsView
    from opside_desktop.ui.tables.rows.model import RecordsModel
    from opside_desktop.ui.tables.rows.source import TableContext


class SidePanel(QObject):
    """Opens and fills the panel. It is made when it is first opened."""

    link_followed = Signal(str, object)
    """page, target."""

    closed = Signal()

    def __init__(
        self,
        context: TableContext,
        view: RecordsView,
        model: RecordsModel,
        splitter: QSplitter,
        read_sheet: Callable[[RowId], Awaitable[Sheet | None]],
        memory: Memory,
    ) -> None:
        super().__init__(splitter)
        self._context = context
        self._view = view
        self._model = model
        self._splitter = splitter
        self._read_sheet = read_sheet
        self._memory = memory
        self._width: PanelWidth | None = None
        view.selectionModel().currentRowChanged.connect(self.follow)

    @property
    def is_open(self) -> bool:
        """Whether the panel is shown."""
        return self._width is not None and self._width.is_open

    @cached_property
    def panel(self) -> DetailsPanel:
        """The panel itself, made when it is first wanted."""
        panel = DetailsPanel(self._context.theme)
        panel.close_asked.connect(self.close)
        panel.link_followed.connect(self.link_followed)
        return panel

    def open(self) -> None:
        """Show the current row's details; the panel follows the row from then on."""
        if self._width is None:
            usual_px = partial(self._context.theme.px, WIDTH)
            self._width = PanelWidth(self._splitter, self.panel, self._memory, usual_px)
        self._width.open()
        self._load(0)

    def widen(self, step: int) -> None:
        """Make the open panel wider for 1, narrower for -1, and remember it."""
        if self._width is not None:
            self._width.widen(step)

    def close(self) -> bool:
        """Close the panel; tells whether it was open."""
        if not self.is_open:
            return False
        self.panel.hide()
        self.closed.emit()
        return True

    def follow(self) -> None:
        """Show the row that is current now, or what has become of it, if the panel is open."""
        if self.is_open:
            self._load(self._context.timings.details_after_s)

    def _load(self, after_s: float) -> None:
        index = self._view.currentIndex()
        row_id = self._model.row_id(index.row()) if index.isValid() else None
        if row_id is None:
            self.panel.show_sheet(None)
        else:
            self._context.tasks.debounce("details", after_s, partial(self._show, row_id))

    async def _show(self, row_id: RowId) -> None:
        try:
            sheet = await self._read_sheet(row_id)
        except OpsideError as error:
            self.panel.say(error.sentence)
            return
        if sheet is None:
            self.panel.say(self.tr("This row is no longer in the database."))
        else:
            self.panel.show_sheet(sheet)
