"""Where things lie: in a row, in a column, and mirrored for those who read from right to left."""

from typing import NamedTuple, TypeVar

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from opside_desktop.ui.kit.theme import Space

W = TypeVar("W", bound=QWidget)
Margins = tuple[int, int, int, int]
"""Left, top, right, bottom, in logical pixels."""


class Stretch(NamedTuple):
    """Takes its share of the room that is left: a part of a layout, or nothing but room."""

    part: QWidget | QLayout | None = None
    share: int = 1


Part = QWidget | QLayout | Stretch | Space
"""What a layout is made of; a `Space` is a distance."""


def row(
    *parts: Part,
    spacing: int = Space.S,
    margins: Margins = (0, 0, 0, 0),
    parent: QWidget | None = None,
) -> QHBoxLayout:
    """Put parts side by side, as the layout of `parent` or as a part of another layout."""
    made = QHBoxLayout(parent) if parent is not None else QHBoxLayout()
    made.setSpacing(spacing)
    made.setContentsMargins(*margins)
    add(made, *parts)
    return made


def column(
    *parts: Part,
    spacing: int = Space.S,
    margins: Margins = (0, 0, 0, 0),
    parent: QWidget | None = None,
) -> QVBoxLayout:
    """Put parts below each other, as `row` does side by side."""
    made = QVBoxLayout(parent) if parent is not None else QVBoxLayout()
    made.setSpacing(spacing)
    made.setContentsMargins(*margins)
    add(made, *parts)
    return made


def add(layout: QBoxLayout, *parts: Part) -> None:
    """Put parts at the end of a row or a column."""
    for each in parts:
        if isinstance(each, Space):
            layout.addSpacing(each)
            continue
        part, share = each if isinstance(each, Stretch) else (each, 0)
        if isinstance(part, QWidget):
            layout.addWidget(part, share)
        elif part is not None:
            layout.addLayout(part, share)
        else:
            layout.addStretch(share)


def shown(layout: QLayout, kind: type[W]) -> list[W]:
    """Give a layout's widgets of a kind in their order, without those that were taken away."""
    items = [layout.itemAt(number) for number in range(layout.count())]
    widgets = [item.widget() for item in items if item is not None]
    return [each for each in widgets if isinstance(each, kind) and not each.isHidden()]


def take_away(widget: QWidget) -> None:
    """Remove a widget from the window: from sight at once, and for good behind this event."""
    widget.hide()
    widget.deleteLater()


def clear(layout: QLayout) -> None:
    """Take away all that a layout holds."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            take_away(widget)


def mirrored(whole: QRect, part: QRect) -> QRect:
    """Where a part lies in a mirrored whole.

    Qt's own `QStyle.visualRect` would load all the names of its styles, which takes 5 ms.
    """
    left = whole.left() + whole.right() - part.right()
    return QRect(left, part.top(), part.width(), part.height())
