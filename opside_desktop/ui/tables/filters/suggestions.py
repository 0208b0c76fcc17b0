"""Values that a column holds, offered while a person writes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtWidgets import QCompleter

from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.theme import Space

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QLineEdit

    from opside_desktop.ui.kit.formats import Formats

MOST = 8
LONGEST = 56
"""Characters of a value that are shown."""

_NO_PARENT = QModelIndex()
_ROLES = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole)


class _Values(QAbstractListModel):
    """Shows each value with its count, and writes the value alone."""

    def __init__(
        self, found: Sequence[tuple[str, int]], formats: Formats, field: QLineEdit
    ) -> None:
        super().__init__(field)
        self._found = found
        self._formats = formats

    @override
    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self._found)

    @override
    def data(
        self,
        index: QModelIndex | QPersistentModelIndex,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if not index.isValid() or role not in _ROLES:
            return None
        value, count = self._found[index.row()]
        if role == Qt.ItemDataRole.EditRole:
            return value
        value = value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
        return f"{value}  ({self._formats.number(count)})"


def suggest(field: QLineEdit, found: Sequence[tuple[Any, int]], formats: Formats) -> None:
    """Offer values below a field, the most frequent first."""
    values = [(str(value), count) for value, count in found if value not in (None, "")][:MOST]
    old = field.completer()
    if old is not None:
        if (shown := old.popup()) is not None:
            shown.hide()
        field.setCompleter(None)  # type: ignore[arg-type]  # Qt takes none, and forgets the old one
    if not values:
        return
    width = 0
    completer = QCompleter(_Values(values, formats, field), field)
    completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
    if (offered := completer.popup()) is not None:
        offered.setObjectName("suggestions")
        offered.setAccessibleName(field.accessibleName())
        width = offered.sizeHintForColumn(0) + Space.XL
    field.setCompleter(completer)
    completer.complete(QRect(0, 0, max(field.width(), width), field.height()))
