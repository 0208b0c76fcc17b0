"""Counts and sums of a table's rows, by which two databases are compared."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from opside_desktop.store.schema.types import Moment, Money

Totals = dict[str, Any]
"""What was counted or summed, in words, and how much it is."""


def totals(
    columns: Sequence[sa.Column[Any]], wanted: sa.ColumnElement[bool]
) -> Callable[[sa.Connection], Totals]:
    """Make a reading function that counts and sums some rows, alike on both databases.

    Of every column the known values are counted; amounts and whole numbers are summed, texts by
    their length, and of moments the first and the last are taken. Numbers with a point are only
    counted: their sum depends on the order.
    """
    parts: list[tuple[str, sa.ColumnElement[Any]]] = [("number of rows", sa.func.count())]
    for column in columns:
        name, kind = column.name, column.type
        parts.append((f"known values of {name}", sa.func.count(column)))
        if isinstance(kind, Money):
            parts.append((f"sum of {name}", sa.func.sum(column, type_=kind)))
        elif isinstance(kind, Moment):
            parts.append((f"first of {name}", sa.func.min(column, type_=kind)))
            parts.append((f"last of {name}", sa.func.max(column, type_=kind)))
        elif isinstance(kind, sa.Boolean):
            parts.append((f"number of {name}", sa.func.sum(sa.cast(column, sa.Integer))))
        elif isinstance(kind, sa.Integer):
            parts.append((f"sum of {name}", sa.func.sum(column)))
        elif isinstance(kind, sa.String):
            parts.append((f"letters of {name}", sa.func.sum(sa.func.length(column))))
    statement = sa.select(*(part for _, part in parts)).where(wanted)

    def read(connection: sa.Connection) -> Totals:
        row = connection.execute(statement).one()
        return {name: _plain(value) for (name, _), value in zip(parts, row, strict=True)}

    return read


def _plain(value: Any) -> Any:
    # PostgreSQL sums whole numbers to a Decimal where they may grow large.
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return value
