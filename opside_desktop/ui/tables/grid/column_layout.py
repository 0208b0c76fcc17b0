"""How a table's columns stand: as a value, as JSON, and put into a header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from opside_desktop.ui.tables.grid.header import MIN_WIDTH
from opside_desktop.ui.tables.rows.table_columns import Kind

if TYPE_CHECKING:
    from opside_desktop.ui.kit.theme import Theme
    from opside_desktop.ui.tables.grid.header import RecordsHeader
    from opside_desktop.ui.tables.rows.table_columns import TableColumn, TableSpec

WIDEST = 2000
NARROW_TEXT = 120
"""A long text gives way down to this width."""


class Layout(msgspec.Struct, frozen=True):
    """Columns by field, as they stand; `widths` has those that a person has set.

    `frozen`: how many of the first shown columns stay while the others move sideways.
    """

    order: tuple[str, ...]
    hidden: frozenset[str] = frozenset()
    frozen: int = 0
    is_compact: bool = False
    widths: dict[str, int] = {}

    @property
    def seen(self) -> tuple[object, ...]:
        """What makes two layouts different to a person: everything but widths."""
        return self.order, self.hidden, self.frozen, self.is_compact

    def to_json(self) -> dict[str, Any]:
        """Write it."""
        return {
            "columns": [
                {"field": each, "width": self.widths.get(each), "hidden": each in self.hidden}
                for each in self.order
            ],
            "frozen": self.frozen,
            "compact": self.is_compact,
        }


def read_layout(saved: Any, spec: TableSpec) -> Layout:
    """Read a layout as far as it fits; columns it does not know stand where they stand at first."""
    state = saved if isinstance(saved, dict) else {}
    known = {column.field: column for column in spec.columns}
    columns = state.get("columns")
    entries = [
        each
        for each in (columns if isinstance(columns, list) else ())
        if isinstance(each, dict) and isinstance(each.get("field"), str) and each["field"] in known
    ]
    hidden = {column.field for column in spec.columns if column.hidden}
    widths: dict[str, int] = {}
    for entry in entries:
        name, width = entry["field"], entry.get("width")
        hidden.discard(name)
        if entry.get("hidden") is True and not known[name].key:
            hidden.add(name)
        if isinstance(width, int) and MIN_WIDTH <= width <= WIDEST:
            widths[name] = width
    order = list(dict.fromkeys(entry["field"] for entry in entries))
    for position, name in enumerate(known):
        if name not in order:
            order.insert(position, name)
    frozen = state.get("frozen")
    return Layout(
        order=tuple(order),
        hidden=frozenset(hidden),
        frozen=frozen if isinstance(frozen, int) and 0 < frozen < len(order) else 0,
        is_compact=state.get("compact") is True,
        widths=widths,
    )


class ColumnLayout(QObject):
    """Keeps a header and a `Layout` alike, whichever of the two a person changes."""

    changed = Signal()
    """A person changed something, if only a width."""

    shown = Signal()
    """Which columns are shown, in which order, frozen or how tall rows are may be different."""

    def __init__(
        self, spec: TableSpec, header: RecordsHeader, theme: Theme, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._spec = spec
        self._header = header
        self._numbers = {column.field: number for number, column in enumerate(spec.columns)}
        self._is_applying = False
        self.hidden: frozenset[str] = frozenset()
        """What a person has hidden, or not yet asked for."""

        self.frozen = 0
        """How many of the first shown columns do not move sideways."""

        self.is_compact = False
        """Whether rows are low."""

        self._missing: set[str] = set()
        self._widths: dict[str, int] = {}
        self._room = 0
        header.sectionResized.connect(self._on_section_resized)
        header.sectionMoved.connect(self._on_touched)
        theme.changed.connect(self._refill)

    @property
    def layout(self) -> Layout:
        """How the columns stand now."""
        header = self._header
        order = sorted(range(len(self._spec.columns)), key=header.visualIndex)
        return Layout(
            order=tuple(self._spec.columns[number].field for number in order),
            hidden=self.hidden,
            frozen=self.frozen,
            is_compact=self.is_compact,
            widths=dict(self._widths),
        )

    def shown_numbers(self) -> list[int]:
        """List the numbers of the columns that are shown, as they stand."""
        header = self._header
        order = sorted(range(header.count()), key=header.visualIndex)
        return [number for number in order if not header.isSectionHidden(number)]

    def available(self) -> list[TableColumn]:
        """List the columns that there are to show."""
        return [column for column in self._spec.columns if column.field not in self._missing]

    def apply(self, layout: Layout) -> None:
        """Put the columns where a layout has them."""
        self._is_applying = True
        try:
            self._widths = dict(layout.widths)
            self.hidden = layout.hidden
            self.frozen, self.is_compact = layout.frozen, layout.is_compact
            for position, name in enumerate(layout.order):
                before = self._header.visualIndex(self._numbers[name])
                if before != position:
                    self._header.moveSection(before, position)
            self._hide()
        finally:
            self._is_applying = False
        self.fill(self._room)
        self.shown.emit()

    def fill(self, room: int) -> None:
        """Let the columns fill `room` pixels, as far as they can.

        The last one takes what is left. Where there is too little, long texts give way first,
        unless a person has set their width.
        """
        self._room = room
        shown = self.shown_numbers()
        if not shown:
            return
        widths = {number: self._width(number) for number in shown}
        missing = sum(widths.values()) - room
        for number in sorted(shown):
            column = self._spec.columns[number]
            if missing > 0 and column.kind is Kind.TEXT and column.field not in self._widths:
                narrow = self._theme.px(NARROW_TEXT)
                given = min(missing, widths[number] - min(narrow, widths[number]))
                widths[number] -= given
                missing -= given
        widths[shown[-1]] += max(-missing, 0)
        self._is_applying = True
        try:
            for number, width in widths.items():
                self._header.resizeSection(number, width)
        finally:
            self._is_applying = False

    def set_available(self, name: str, is_available: bool) -> None:
        """Say whether there is anything to show in a column."""
        if is_available == (name not in self._missing):
            return
        self._missing ^= {name}
        self._hide()
        self.fill(self._room)
        self.shown.emit()

    def set_hidden(self, name: str, hidden: bool) -> None:
        """Hide or show a column. What names the row stays."""
        column = self._spec.column(name)
        if column is not None and not column.key:
            self.hidden = self.hidden | {name} if hidden else self.hidden - {name}
            self._hide()
            self._on_touched()

    def set_frozen(self, count: int) -> None:
        """Let the first `count` shown columns stay while the others move sideways."""
        self.frozen = count
        self._on_touched()

    def set_compact(self, is_compact: bool) -> None:
        """Make rows low, or of their usual height."""
        self.is_compact = is_compact
        self._on_touched()

    def move(self, number: int, step: int) -> None:
        """Move a column past its neighbour: one place on for 1, one back for -1."""
        shown = self.shown_numbers()
        position = shown.index(number) + step
        if 0 <= position < len(shown):
            header = self._header
            header.moveSection(header.visualIndex(number), header.visualIndex(shown[position]))

    def reset(self) -> None:
        """Put all columns where they were at first."""
        self.apply(read_layout(None, self._spec))
        self.changed.emit()

    def _refill(self) -> None:
        self.fill(self._room)

    def _width(self, number: int) -> int:
        column = self._spec.columns[number]
        return self._theme.px(self._widths.get(column.field, column.width))

    def _hide(self) -> None:
        away = self.hidden | self._missing
        for number, column in enumerate(self._spec.columns):
            self._header.setSectionHidden(number, column.field in away)

    def _on_section_resized(self, number: int, _before: int, width: int) -> None:
        if not self._is_applying and width >= MIN_WIDTH:
            # Remembered as wide as with texts of the usual size.
            usual = round(width * 100 / self._theme.zoom)
            self._widths[self._spec.columns[number].field] = usual
            self._on_touched()

    def _on_touched(self) -> None:
        if not self._is_applying:
            self.changed.emit()
            self.shown.emit()
            QTimer.singleShot(0, self, self._refill)
