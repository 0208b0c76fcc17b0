"""A panel beside a table: as wide as a person makes it, by mouse or by keys."""

from PySide6.QtWidgets import QSplitter, QWidget

STEP_PX = 40
"""How far one press of a key moves the panel's edge."""

REST_PX = 60
"""So much of what lies beside a panel stays in sight."""


def open_panel(splitter: QSplitter, panel: QWidget, width: int) -> None:
    """Show the panel at the end of a splitter with this width, as far as there is room."""
    panel.show()
    room = max(splitter.width() - REST_PX, 1)
    width = max(min(width, room), panel.minimumWidth())
    splitter.setSizes([max(splitter.width() - width, 1), width])


def widen_panel(splitter: QSplitter, panel: QWidget, step: int) -> int:
    """Make a panel wider for 1, narrower for -1; gives its width then."""
    open_panel(splitter, panel, panel.width() + step * STEP_PX)
    return panel.width()
