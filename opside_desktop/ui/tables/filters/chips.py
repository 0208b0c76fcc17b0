"""The chips of a table: each condition in words, to change or to take away."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtWidgets import QFrame, QToolButton

from opside_desktop.store.reading.queries import FilterValue
from opside_desktop.ui.kit.buttons import tool_button
from opside_desktop.ui.kit.formats import Formats
from opside_desktop.ui.kit.labels import literal, literal_tip
from opside_desktop.ui.kit.layouts import row
from opside_desktop.ui.kit.theme import FontRole, Space, Theme
from opside_desktop.ui.tables.rows.amazon_words import word
from opside_desktop.ui.tables.rows.query import Condition, Op, Period
from opside_desktop.ui.tables.rows.table_columns import Kind, TableColumn, TableSpec

CENT = Decimal("0.01")
CROSS = 12
LONGEST = 56
"""Characters of a condition that its chip shows."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("Chips", text)


def period_words(period: Period) -> str:
    """Name a period as it stands in a sentence."""
    return {
        Period.TODAY: _tr("today"),
        Period.YESTERDAY: _tr("yesterday"),
        Period.LAST_7_DAYS: _tr("last 7 days"),
        Period.LAST_30_DAYS: _tr("last 30 days"),
        Period.THIS_MONTH: _tr("this month"),
        Period.LAST_MONTH: _tr("last month"),
        Period.THIS_YEAR: _tr("this year"),
    }[period]


def direction_words() -> dict[tuple[Op, tuple[FilterValue, ...]], str]:
    """Name the two ways money goes, by the comparison that finds it."""
    return {
        (Op.AT_LEAST, (CENT,)): _tr("money in"),
        (Op.AT_MOST, (-CENT,)): _tr("money out"),
    }


def value_words(column: TableColumn, value: object, formats: Formats) -> str:
    """Write one value of a condition."""
    if value is None:
        return column.no_value or _tr("empty")
    if column.words is not None:
        return column.words(value)
    if column.is_choice:
        return word(str(value))
    if column.kind is Kind.NUMBER and isinstance(value, int):
        return formats.number(value)
    if column.kind is Kind.MONEY and isinstance(value, Decimal):
        return formats.amount(value)
    return str(value)


def condition_words(condition: Condition, spec: TableSpec, formats: Formats) -> str:
    """Say a condition in words, such as `Status is not Denied`."""
    if condition.op is Op.NEW:
        return _tr("New in the last sync")
    column = spec.column(condition.field)
    if column is None:
        return ""
    if condition.op is Op.DURING:
        period = period_words(Period(str(condition.values[0])))
        return _tr("{column}: {period}").format(column=column.name, period=period)
    if condition.op is Op.DAYS:
        return _days_words(column, condition.values, formats)
    if column.kind is Kind.MONEY and (condition.op, condition.values) in direction_words():
        direction = direction_words()[condition.op, condition.values]
        return _tr("{column}: {direction}").format(column=column.name, direction=direction)
    if column.no_value and condition.op in (Op.EMPTY, Op.FILLED):
        said = column.no_value if condition.op is Op.EMPTY else column.name
        return said[:1].upper() + said[1:]
    texts = [value_words(column, value, formats) for value in condition.values]
    pattern = {
        Op.IS: _tr("{column} is {value}"),
        Op.IS_NOT: _tr("{column} is not {value}"),
        Op.CONTAINS: _tr("{column} contains “{value}”"),
        Op.AT_LEAST: _tr("{column} is at least {value}"),
        Op.AT_MOST: _tr("{column} is at most {value}"),
        Op.BETWEEN: _tr("{column} is {value}"),
        Op.EMPTY: _tr("{column} is empty"),
        Op.FILLED: _tr("{column} is not empty"),
    }[condition.op]
    between = _tr(" to ") if condition.op is Op.BETWEEN else _tr(" or ")
    return pattern.format(column=column.name, value=between.join(texts))


def _days_words(column: TableColumn, limits: Sequence[object], formats: Formats) -> str:
    first, last = (
        "" if each is None else formats.day(date.fromisoformat(str(each))) for each in limits
    )
    if first and last:
        pattern = _tr("{column}: {first}") if first == last else _tr("{column}: {first} to {last}")
    else:
        pattern = _tr("{column}: from {first}") if first else _tr("{column}: until {last}")
    return pattern.format(column=column.name, first=first, last=last)


class Chip(QFrame):
    """One condition: a click changes it, the cross takes it away."""

    def __init__(
        self,
        theme: Theme,
        text: str,
        edit: Callable[[QToolButton], object],
        remove: Callable[[], object],
    ) -> None:
        super().__init__()
        self.setProperty("kind", "chip")
        self.setObjectName("chip")
        self.text = text
        words = QToolButton()
        words.setText(literal(text, LONGEST))
        words.setToolTip(literal_tip(self.tr("Change this filter: {filter}").format(filter=text)))
        theme.wear(words, FontRole.SMALL)
        words.setObjectName("chipText")
        words.setAccessibleName(self.tr("Change the filter: {filter}").format(filter=text))
        words.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        words.clicked.connect(lambda: edit(words))
        cross = tool_button(
            theme,
            "close",
            self.tr("Remove the filter: {filter}").format(filter=text),
            remove,
            name="chipRemove",
        )
        cross.setIconSize(QSize(CROSS, CROSS))
        row(words, cross, spacing=0, margins=(Space.XS, 0, 2, 0), parent=self)
