"""Where a table's columns were last time. Losing it harms nobody."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from opside_desktop.store.queries import Sort
from opside_desktop.ui.tables.columns import TableSpec
from opside_desktop.ui.tables.header import MIN_WIDTH, RecordsHeader

SAVE_AFTER_MS = 300
WIDEST = 2000


@dataclass(frozen=True, slots=True)
class Memory:
    """How a table remembers: what was saved, or None, and a way to save a JSON value."""

    load: Callable[[], Any]
    save: Callable[[Any], None]


class ColumnLayout(QObject):
    """Widths, order and hidden columns of a header, remembered shortly after each change."""

    changed = Signal()

    def __init__(
        self, spec: TableSpec, header: RecordsHeader, memory: Memory, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._spec = spec
        self._header = header
        self._memory = memory
        self._sort = tuple(Sort(field, descending) for field, descending in spec.sort)
        self._is_applying = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_AFTER_MS)
        self._timer.timeout.connect(self.save)
        header.sectionResized.connect(self._on_touched)
        header.sectionMoved.connect(self._on_touched)
        self._apply(memory.load())

    @property
    def sort(self) -> tuple[Sort, ...]:
        """The order to begin with."""
        return self._sort

    def set_sort(self, sort: tuple[Sort, ...]) -> None:
        """Remember another order."""
        if sort != self._sort:
            self._sort = sort
            self._on_touched()

    def set_hidden(self, field: str, hidden: bool) -> None:
        """Hide or show a column. What names the row stays."""
        for number, column in enumerate(self._spec.columns):
            if column.field == field and not column.key:
                self._header.setSectionHidden(number, hidden)
                if not hidden and self._header.sectionSize(number) < MIN_WIDTH:
                    self._header.resizeSection(number, column.width)
                self._on_touched()
                self.changed.emit()

    def is_hidden(self, field: str) -> bool:
        """Tell whether a column is hidden."""
        return any(
            self._header.isSectionHidden(number)
            for number, column in enumerate(self._spec.columns)
            if column.field == field
        )

    def reset(self) -> None:
        """Put all columns where they were at first."""
        self._apply(None)
        self._on_touched()
        self.changed.emit()

    def save(self) -> None:
        """Save what has changed."""
        self._timer.stop()
        header = self._header
        order = sorted(range(len(self._spec.columns)), key=header.visualIndex)
        columns = [
            {
                "field": self._spec.columns[number].field,
                "width": self._width(number),
                "hidden": header.isSectionHidden(number),
            }
            for number in order
        ]
        sort = [[key.column, key.descending] for key in self._sort]
        self._memory.save({"columns": columns, "sort": sort})

    def _width(self, number: int) -> int:
        header = self._header
        if header.isSectionHidden(number):
            return self._spec.columns[number].width
        return header.sectionSize(number)

    def _on_touched(self) -> None:
        if not self._is_applying:
            self._timer.start()

    def _apply(self, saved: Any) -> None:
        known = {column.field: number for number, column in enumerate(self._spec.columns)}
        state = saved if isinstance(saved, dict) else {}
        self._is_applying = True
        try:
            for number, column in enumerate(self._spec.columns):
                self._header.resizeSection(number, column.width)
                self._header.setSectionHidden(number, column.hidden)
                self._header.moveSection(self._header.visualIndex(number), number)
            for place, entry in enumerate(_entries(state, known)):
                number = known[entry["field"]]
                column = self._spec.columns[number]
                width = entry.get("width")
                if isinstance(width, int) and MIN_WIDTH <= width <= WIDEST:
                    self._header.resizeSection(number, width)
                self._header.setSectionHidden(
                    number, entry.get("hidden") is True and not column.key
                )
                self._header.moveSection(self._header.visualIndex(number), place)
            self._sort = _sort(state, known) or tuple(
                Sort(field, descending) for field, descending in self._spec.sort
            )
        finally:
            self._is_applying = False


def _entries(state: dict[str, Any], known: dict[str, int]) -> list[dict[str, Any]]:
    entries = state.get("columns")
    if not isinstance(entries, list):
        return []
    return [
        e
        for e in entries
        if isinstance(e, dict) and isinstance(e.get("field"), str) and e["field"] in known
    ]


def _sort(state: dict[str, Any], known: dict[str, int]) -> tuple[Sort, ...]:
    keys = state.get("sort")
    if not isinstance(keys, list):
        return ()
    return tuple(
        Sort(key[0], key[1] is True)
        for key in keys
        if isinstance(key, list) and len(key) == 2 and isinstance(key[0], str) and key[0] in known
    )
