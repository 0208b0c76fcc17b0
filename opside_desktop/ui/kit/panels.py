"""A panel beside a table: as wide as a person makes it, by mouse or by keys."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QSplitter, QWidget

from opside_desktop.ui.kit.window_state import Memory

STEP_PX = 40
"""How far one press of a key moves the panel's edge."""

REST_PX = 60
"""So much of what lies beside a panel stays in sight."""

WIDEST_PX = 10_000
"""A remembered width beyond is none."""


class PanelWidth(QObject):
    """Puts a panel at the end of a splitter, and remembers how wide a person makes it.

    `usual_px` gives its width at first.
    """

    def __init__(
        self, splitter: QSplitter, panel: QWidget, memory: Memory, usual_px: Callable[[], int]
    ) -> None:
        super().__init__(panel)
        self._splitter = splitter
        self._panel = panel
        self._memory = memory
        self._usual_px = usual_px
        panel.hide()
        splitter.addWidget(panel)
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 0)
        splitter.splitterMoved.connect(self._on_splitter_moved)

    @property
    def is_open(self) -> bool:
        """Whether the panel is shown."""
        return not self._panel.isHidden()

    def open(self) -> None:
        """Show the panel, as wide as it was last, as far as there is room."""
        if not self.is_open:
            saved = self._memory.load()
            is_width = isinstance(saved, int) and 0 < saved < WIDEST_PX
            self._show(saved if is_width else self._usual_px())

    def widen(self, step: int) -> None:
        """Make the open panel wider for 1, narrower for -1."""
        if self.is_open:
            self._show(self._panel.width() + step * STEP_PX)
            self._memory.save(self._panel.width())

    def _show(self, width: int) -> None:
        self._panel.show()
        room = max(self._splitter.width() - REST_PX, 1)
        width = max(min(width, room), self._panel.minimumWidth())
        self._splitter.setSizes([max(self._splitter.width() - width, 1), width])

    def _on_splitter_moved(self) -> None:
        if self.is_open:
            self._memory.save(self._panel.width())
