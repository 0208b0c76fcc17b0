"""Rows as text for the clipboard: from stored values, with exact amounts and UTC moments."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from opside_desktop.domain.clock import iso
from opside_desktop.domain.columns import HIDDEN_COLUMN, OWNER_COLUMN
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.fields import camel
from opside_desktop.store.exports.values import may_run
from opside_desktop.store.reading.queries import Row
from opside_desktop.ui.tables.rows.table_columns import Kind, TableColumn
from opside_desktop.ui.tables.rows.texts import pretty_json

MOST_ROWS = 100_000
"""More rows than this are too many for a clipboard."""


_HIDDEN = HIDDEN_COLUMN[Dataset.CLAIMS]


class CopyFormat(StrEnum):
    """How copied rows are written."""

    CELLS = "cells"
    TSV = "tsv"
    CSV = "csv"
    JSON = "json"
    MARKDOWN = "markdown"


def cell_text(value: Any) -> str:
    """Write one stored value: amounts exactly, moments as ISO 8601 in UTC, unknown as nothing."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return iso(value) or ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)


def written(
    rows: Sequence[Row],
    columns: Sequence[TableColumn],
    positions: Mapping[str, int],
    form: CopyFormat,
) -> str:
    """Write rows in a form.

    An amount brings its currency with it, as a column of its own, and hidden rows bring the reason.
    Where a row is not a real seller's, a last column says so; JSON always tells.
    """
    fields = _fields(columns)
    place = positions.get(_HIDDEN)
    is_told = form is CopyFormat.CELLS or any(field == _HIDDEN for field, _, _ in fields)
    if place is not None and not is_told and any(row.values[place] for row in rows):
        fields.append((_HIDDEN, "Hidden", _as_stored))
    read = [[write(row.values[positions[field]]) for field, _, write in fields] for row in rows]
    mock = [bool(row.values[positions["is_mock"]]) for row in rows]
    if form is CopyFormat.JSON:
        keys = [*(_key(field) for field, _, _ in fields), "isMock"]
        return pretty_json(
            [
                dict(zip(keys, [*map(_json, values), is_mock], strict=True))
                for values, is_mock in zip(read, mock, strict=True)
            ]
        )
    lines = [[_cell(value, form) for value in values] for values in read]
    if form is not CopyFormat.CELLS:
        lines.insert(0, [title for _, title, _ in fields])
        if any(mock):
            marks = ["Mock", *("MOCK" if is_mock else "" for is_mock in mock)]
            for cells, mark in zip(lines, marks, strict=True):
                cells.append(mark)
    if form is CopyFormat.MARKDOWN:
        return _markdown(lines)
    out = io.StringIO()
    dialect = "excel" if form is CopyFormat.CSV else "excel-tab"
    csv.writer(out, dialect, lineterminator="\n").writerows(lines)
    return out.getvalue().rstrip("\n")


def _markdown(lines: Sequence[Sequence[str]]) -> str:
    head, *others = (f"| {' | '.join(cells)} |" for cells in lines)
    return "\n".join([head, "|" + " --- |" * len(lines[0]), *others])


def _fields(columns: Sequence[TableColumn]) -> list[tuple[str, str, Callable[[Any], Any]]]:
    """Each field to write, its title, and what makes words of its value where it needs them."""
    shown = {column.field for column in columns}
    fields: list[tuple[str, str, Callable[[Any], Any]]] = []
    for column in columns:
        fields.append((column.field, column.name, column.words or _as_stored))
        currency = column.currency_field
        if column.kind is Kind.MONEY and currency not in shown:
            fields.append((currency, "Currency", _as_stored))
    return fields


def _as_stored(value: Any) -> Any:
    return value


def _cell(value: Any, form: CopyFormat) -> str:
    text = cell_text(value)
    if form is CopyFormat.MARKDOWN:
        return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")
    if isinstance(value, str) and may_run(text):
        # A spreadsheet would run such a text as a formula, pasted or opened.
        return f"'{text}"
    return text


def _json(value: Any) -> Any:
    return iso(value) if isinstance(value, datetime) else value


def _key(field: str) -> str:
    return "account" if field == OWNER_COLUMN else camel(field)
