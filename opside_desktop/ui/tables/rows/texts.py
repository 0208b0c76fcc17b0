"""Cells and headers in words."""

from datetime import datetime
from typing import Any

import msgspec
from PySide6.QtCore import QCoreApplication

from opside_desktop.domain.claim_types import HiddenReason
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


def release_words(matures_at: datetime | None, formats: Formats) -> str:
    """Say until when Amazon holds money back."""
    if matures_at is None:
        return QCoreApplication.translate(
            "Cells", "Amazon holds this money back and does not say until when."
        )
    pattern = (
        QCoreApplication.translate("Cells", "Amazon means to release it on {day}.")
        if matures_at > formats.now()
        else QCoreApplication.translate(
            "Cells", "Amazon meant to release it on {day}, and has not told yet that it did."
        )
    )
    return pattern.format(day=formats.long_day(matures_at))


def hidden_words(reason: str) -> str:
    """Say why lists and sums leave a row out."""
    pattern = QCoreApplication.translate("Cells", "Lists and sums leave this row out: {why}")
    why = {
        HiddenReason.DOUBLE: QCoreApplication.translate(
            "Cells", "it is the same money as another claim."
        ),
        HiddenReason.ZERO: QCoreApplication.translate("Cells", "its amount is exactly 0.00."),
        HiddenReason.UNKNOWN: QCoreApplication.translate(
            "Cells", "it is one of very many of a kind that this program does not know."
        ),
    }
    return pattern.format(why=why[HiddenReason(reason)] if reason in why else reason)


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
