"""Values that a column holds, offered while a person writes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QCompleter

from opside_desktop.ui.kit.theme import Space

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QLineEdit

    from opside_desktop.ui.kit.formats import Formats

MOST = 8
LONGEST = 56
"""Characters of a value that are shown."""


def suggest(field: QLineEdit, found: Sequence[tuple[Any, int]], formats: Formats) -> None:
    """Offer values below a field, the most frequent first."""
    values = [(str(value), count) for value, count in found if value not in (None, "")][:MOST]
    old = field.completer()
    if old is not None:
        if (popup := old.popup()) is not None:
            popup.hide()
        field.setCompleter(None)  # type: ignore[arg-type]  # Qt takes none, and forgets the old one
    if not values:
        return
    width = 0
    # Each is shown with its count, and written alone.
    offers = QStandardItemModel(field)
    for value, count in values:
        shown = value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
        offer = QStandardItem(f"{shown}  ({formats.number(count)})")
        offer.setData(value, Qt.ItemDataRole.UserRole)
        offers.appendRow(offer)
    completer = QCompleter(offers, field)
    completer.setCompletionRole(Qt.ItemDataRole.UserRole)
    completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
    if (offered := completer.popup()) is not None:
        offered.setObjectName("suggestions")
        offered.setAccessibleName(field.accessibleName())
        width = offered.sizeHintForColumn(0) + Space.XL
    field.setCompleter(completer)
    completer.complete(QRect(0, 0, max(field.width(), width), field.height()))
