"""Conditions while they are being written: a text, or a range of days, amounts or counts."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QMenu, QWidget, QWidgetAction

from opside_desktop.ui.kit.buttons import below, tool_button
from opside_desktop.ui.kit.labels import label
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.theme import Role, Space
from opside_desktop.ui.tables.filters.chips import value_words
from opside_desktop.ui.tables.rows.query import Condition, Op
from opside_desktop.ui.tables.rows.table_columns import Kind, TableColumn

if TYPE_CHECKING:
    from decimal import Decimal

    from PySide6.QtGui import QKeyEvent
    from PySide6.QtWidgets import QToolButton

    from opside_desktop.ui.kit.formats import Formats
    from opside_desktop.ui.kit.theme import Theme

TEXT_WIDTH = 160
RANGE_WIDTH = 104

TEXT_OPS = frozenset({Op.CONTAINS, Op.IS, Op.IS_NOT})
RANGE_OPS = frozenset({Op.AT_LEAST, Op.AT_MOST, Op.BETWEEN, Op.DAYS})


class UnreadableInput(Exception):
    """A field holds what cannot be understood; the message says what would be."""


class Editor(QFrame):
    """A chip that is being written: Enter keeps it, Esc gives it up."""

    done = Signal(object)
    """Condition."""

    given_up = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "chip")
        self.setObjectName("chipEditor")
        self.theme = theme
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(Space.S, 0, 2, 0)
        self.row.setSpacing(Space.XS)
        self.fields: list[QLineEdit] = []
        """What is written into; writing begins in the first."""

        self._problem = label(role="error", font="small", name="chipProblem")
        self._problem.hide()

    def written(self) -> Condition | None:
        """Give what was written; None where nothing was.

        Raises:
            UnreadableInput: a field cannot be understood.
        """
        raise NotImplementedError

    def add_field(self, name: str, text: str, width: int) -> QLineEdit:
        """Put a field at the end."""
        field = QLineEdit(text)
        field.setObjectName("chipField")
        field.setFixedWidth(width)
        field.setAccessibleName(name)
        field.returnPressed.connect(self._on_finished)
        field.textEdited.connect(self._problem.hide)
        self.row.addWidget(field)
        self.fields.append(field)
        return field

    def finish_row(self) -> None:
        """Put the tick at the end."""
        tick = tool_button(
            self.theme, "check", self.tr("Use this filter"), self._on_finished, role=Role.ACCENT
        )
        self.row.addWidget(tick)
        self.row.addWidget(self._problem)

    def _on_finished(self) -> None:
        try:
            condition = self.written()
        except UnreadableInput as problem:
            self._problem.setText(str(problem))
            self._problem.show()
            return
        if condition is None:
            self.given_up.emit()
        else:
            self.done.emit(condition)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
            return
        super().keyPressEvent(event)


class TextEditor(Editor):
    """Writes what a column must contain, or be, or not be."""

    typed = Signal(str)
    """What stands in the field, while it is written."""

    def __init__(
        self, theme: Theme, column: TableColumn, op: Op, text: str, parent: QWidget
    ) -> None:
        super().__init__(theme, parent)
        self.column = column
        self._op = op
        words = {
            Op.IS: self.tr("{column} is"),
            Op.IS_NOT: self.tr("{column} is not"),
        }.get(op, self.tr("{column} contains"))
        words = words.format(column=column.name)
        self.row.addWidget(label(words, font="small"))
        self.add_field(words, text, TEXT_WIDTH).textEdited.connect(self.typed)
        self.finish_row()

    @override
    def written(self) -> Condition | None:
        text = self.fields[0].text().strip()
        return Condition(self.column.field, self._op, (text,)) if text else None


class RangeEditor(Editor):
    """Writes from where to where a column's values may lie; an empty side has no limit."""

    def __init__(
        self,
        theme: Theme,
        column: TableColumn,
        formats: Formats,
        before: Condition | None,
        parent: QWidget,
    ) -> None:
        super().__init__(theme, parent)
        self._column = column
        self._formats = formats
        low, high = self._texts(before)
        self.row.addWidget(label(self.tr("{column} from").format(column=column.name), font="small"))
        self._add_side(self.tr("{column}: from"), low)
        self.row.addWidget(label(self.tr("to"), font="small"))
        self._add_side(self.tr("{column}: to"), high)
        self.finish_row()

    @override
    def written(self) -> Condition | None:
        low, high = self.fields
        if self._column.kind is Kind.MOMENT:
            return self._days(self._day(low), self._day(high))
        return self._numbers(self._number(low), self._number(high))

    def _days(self, first: date | None, last: date | None) -> Condition | None:
        if first is None and last is None:
            return None
        if first is not None and last is not None and last < first:
            first, last = last, first
        limits = tuple(None if day is None else day.isoformat() for day in (first, last))
        return Condition(self._column.field, Op.DAYS, limits)

    def _numbers(self, low: Decimal | int | None, high: Decimal | int | None) -> Condition | None:
        name = self._column.field
        if low is None and high is None:
            return None
        if high is None:
            return Condition(name, Op.AT_LEAST, (low,))
        if low is None:
            return Condition(name, Op.AT_MOST, (high,))
        return Condition(name, Op.BETWEEN, (min(low, high), max(low, high)))

    def _add_side(self, name: str, text: str) -> None:
        field = self.add_field(name.format(column=self._column.name), text, RANGE_WIDTH)
        if self._column.kind is not Kind.MOMENT:
            field.setPlaceholderText(self.tr("any"))
            return
        field.setPlaceholderText(self.tr("any day"))
        opener = tool_button(
            self.theme,
            "chevron-down",
            self.tr("Choose a day"),
            lambda: self._open_calendar(field, opener),
            name="openCalendar",
        )
        self.row.addWidget(opener)

    def _open_calendar(self, field: QLineEdit, opener: QToolButton) -> None:
        from PySide6.QtWidgets import QCalendarWidget

        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        calendar = QCalendarWidget(menu)
        calendar.setObjectName("calendar")
        calendar.setAccessibleName(self.tr("Choose a day"))
        calendar.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)
        present = self._formats.read_day(field.text())
        if present is not None:
            calendar.setSelectedDate(present)  # type: ignore[arg-type]  # PySide takes Python's

        def take() -> None:
            field.setText(self._formats.day(calendar.selectedDate().toPython()))  # type: ignore[arg-type]
            menu.close()
            field.setFocus()

        calendar.clicked.connect(take)
        calendar.activated.connect(take)
        action = QWidgetAction(menu)
        action.setDefaultWidget(calendar)
        menu.addAction(action)
        menu.popup(below(opener))
        calendar.setFocus()

    def _texts(self, before: Condition | None) -> tuple[str, str]:
        if before is None:
            return "", ""
        first, *others = (self._text(value) for value in before.values)
        if before.op is Op.AT_MOST:
            return "", first
        return first, others[0] if others else ""

    def _text(self, value: object) -> str:
        if value is None:
            return ""
        if self._column.kind is Kind.MOMENT:
            return self._formats.day(date.fromisoformat(str(value)))
        return value_words(self._column, value, self._formats)

    def _day(self, field: QLineEdit) -> date | None:
        text = field.text().strip()
        day = self._formats.read_day(text)
        if text and day is None:
            example = self._formats.day(self._formats.today())
            raise UnreadableInput(self.tr("Write a day like {example}.").format(example=example))
        return day

    def _number(self, field: QLineEdit) -> Decimal | int | None:
        text = field.text().strip()
        amount = self._formats.read_amount(text)
        if text and amount is None:
            raise UnreadableInput(self.tr("Write a number."))
        if amount is None or self._column.kind is Kind.MONEY:
            return amount
        if amount != int(amount):
            raise UnreadableInput(self.tr("Write a whole number."))
        return int(amount)
