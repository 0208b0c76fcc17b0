"""Cells and headers in words."""

from typing import Any

import msgspec
from PySide6.QtCore import QCoreApplication

from opside_desktop.ui.kit.formats import Formats
from opside_desktop.ui.tables.rows.amazon_words import word
from opside_desktop.ui.tables.rows.table_columns import Kind, TableColumn

_encoder = msgspec.json.Encoder(decimal_format="number")


def pretty_json(value: Any) -> str:
    """Write JSON to be read, with amounts as exact numbers."""
    return msgspec.json.format(_encoder.encode(value), indent=2).decode()


def cell_words(column: TableColumn, value: Any, currency: str | None, formats: Formats) -> str:
    """Write a cell's stored value for people; an unknown value is an empty cell."""
    if value is None:
        return ""
    if column.words is not None:
        return column.words(value)
    if column.kind is Kind.MONEY:
        return formats.money(value, currency or "")
    if column.kind is Kind.MOMENT:
        return formats.moment(value)
    if column.kind is Kind.NUMBER:
        return formats.number(value)
    return word(str(value)) if column.is_choice else str(value)


def moment_tip(text: str, formats: Formats) -> str:
    """Say in which zone a moment is written."""
    translated = QCoreApplication.translate("Cells", "{moment} in {zone}")
    return translated.format(moment=text, zone=formats.zone_name)


def header_tip(column: TableColumn, formats: Formats) -> str:
    """Say what a column's header does, and in which zone its moments are."""
    lines = [column.name]
    if column.kind is Kind.MOMENT:
        zone = QCoreApplication.translate("Cells", "Times are in {zone}.")
        lines.append(zone.format(zone=formats.zone_name))
    lines.append(
        QCoreApplication.translate("Cells", "Click to sort, Shift+click to sort by this as well.")
    )
    return "\n".join(lines)
