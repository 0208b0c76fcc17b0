"""Where a table's columns were last time. Losing it harms nobody."""

from collections.abc import Callable
from typing import Any

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from opside_desktop.store.queries import Sort
from opside_desktop.ui.tables.columns import Kind, TableSpec
from opside_desktop.ui.tables.header import MIN_WIDTH, RecordsHeader

SAVE_AFTER_MS = 300
WIDEST = 2000
NARROW_TEXT = 160
"""A long text gives way down to this width."""


class Memory(msgspec.Struct, frozen=True):
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
        self._widths: dict[str, int] = {}
        self._room = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_AFTER_MS)
        self._timer.timeout.connect(self.save)
        header.sectionResized.connect(self._on_section_resized)
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

    def fill(self, room: int) -> None:
        """Let the columns fill `room` pixels, as far as they can.

        The last one takes what is left. Where there is too little, long texts give way first,
        unless a person has set their width.
        """
        self._room = room
        header = self._header
        shown = [n for n in range(header.count()) if not header.isSectionHidden(n)]
        if not shown:
            return
        widths = {number: self._width(number) for number in shown}
        missing = sum(widths.values()) - room
        for number in shown:
            column = self._spec.columns[number]
            if missing > 0 and column.kind is Kind.TEXT and column.field not in self._widths:
                given = min(missing, widths[number] - min(NARROW_TEXT, widths[number]))
                widths[number] -= given
                missing -= given
        widths[max(shown, key=header.visualIndex)] += max(-missing, 0)
        self._is_applying = True
        try:
            for number, width in widths.items():
                header.resizeSection(number, width)
        finally:
            self._is_applying = False

    def set_hidden(self, field: str, hidden: bool) -> None:
        """Hide or show a column. What names the row stays."""
        for number, column in enumerate(self._spec.columns):
            if column.field == field and not column.key:
                self._header.setSectionHidden(number, hidden)
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
                "width": self._widths.get(self._spec.columns[number].field),
                "hidden": header.isSectionHidden(number),
            }
            for number in order
        ]
        sort = [[key.column, key.descending] for key in self._sort]
        self._memory.save({"columns": columns, "sort": sort})

    def _width(self, number: int) -> int:
        column = self._spec.columns[number]
        return self._widths.get(column.field, column.width)

    def _on_section_resized(self, number: int, _before: int, width: int) -> None:
        if not self._is_applying and width >= MIN_WIDTH:
            self._widths[self._spec.columns[number].field] = width
            self._on_touched()

    def _on_touched(self) -> None:
        if not self._is_applying:
            self._timer.start()
            QTimer.singleShot(0, self, lambda: self.fill(self._room))

    def _apply(self, saved: Any) -> None:
        known = {column.field: number for number, column in enumerate(self._spec.columns)}
        state = saved if isinstance(saved, dict) else {}
        self._is_applying = True
        try:
            self._widths.clear()
            for number, column in enumerate(self._spec.columns):
                self._header.setSectionHidden(number, column.hidden)
                self._header.moveSection(self._header.visualIndex(number), number)
            for place, entry in enumerate(_entries(state, known)):
                number = known[entry["field"]]
                column = self._spec.columns[number]
                width = entry.get("width")
                if isinstance(width, int) and MIN_WIDTH <= width <= WIDEST:
                    self._widths[column.field] = width
                self._header.setSectionHidden(
                    number, entry.get("hidden") is True and not column.key
                )
                self._header.moveSection(self._header.visualIndex(number), place)
            self._sort = _sort(state, known) or tuple(
                Sort(field, descending) for field, descending in self._spec.sort
            )
        finally:
            self._is_applying = False
        self.fill(self._room)


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
