"""A table's query as JSON and back. What no longer fits after an update is left out."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from opside_desktop.store.reading.queries import FilterValue, Sort
from opside_desktop.ui.tables.rows.query import NEW_IN_LAST_SYNC, Condition, Op, Period, TableQuery
from opside_desktop.ui.tables.rows.table_columns import Kind, TableColumn, TableSpec

MOST_CHARACTERS = 500
MOST_CONDITIONS = 100
MOST_VALUES = 1000
MOST_DIGITS = 20
"""Before the point of an amount, and behind it; nobody can write more."""

_COUNTS = {
    Op.CONTAINS: 1,
    Op.AT_LEAST: 1,
    Op.AT_MOST: 1,
    Op.BETWEEN: 2,
    Op.DURING: 1,
    Op.DAYS: 2,
    Op.EMPTY: 0,
    Op.FILLED: 0,
}

_NUMBERS = frozenset({Kind.MONEY, Kind.NUMBER})
_TEXTS = frozenset({Kind.ID, Kind.TEXT, Kind.CHOICE, Kind.STATUS})
_KINDS = {
    Op.CONTAINS: frozenset({Kind.ID, Kind.TEXT}),
    Op.AT_LEAST: _NUMBERS,
    Op.AT_MOST: _NUMBERS,
    Op.BETWEEN: _NUMBERS,
    Op.DURING: frozenset({Kind.MOMENT}),
    Op.DAYS: frozenset({Kind.MOMENT}),
}
"""Which columns a comparison is for; the others are for all."""


def query_json(query: TableQuery) -> dict[str, Any]:
    """Write a query; amounts as texts, so that they stay exact."""
    return {
        "search": query.search,
        "filters": [
            {"field": c.field, "op": c.op.value, "values": [_plain(v) for v in c.values]}
            for c in query.conditions
        ],
        "sort": [[key.column, key.descending] for key in query.sort],
    }


def read_query(saved: Any, spec: TableSpec) -> TableQuery:
    """Read a query, as far as it fits the table."""
    state = saved if isinstance(saved, dict) else {}
    search, filters = state.get("search"), state.get("filters")
    listed = filters[:MOST_CONDITIONS] if isinstance(filters, list) else []
    conditions = [_condition(each, spec) for each in listed]
    return TableQuery(
        search=search[:MOST_CHARACTERS] if isinstance(search, str) else "",
        conditions=tuple(dict.fromkeys(c for c in conditions if c is not None)),
        sort=read_sort(state.get("sort"), spec),
    )


def read_sort(saved: Any, spec: TableSpec) -> tuple[Sort, ...]:
    """Read the keys of an order; the table's own order where none fits."""
    keys = saved if isinstance(saved, list) else []
    found = {
        key[0]: Sort(key[0], key[1] is True)
        for key in keys
        if isinstance(key, list)
        and len(key) == 2
        and isinstance(key[0], str)
        and spec.column(key[0]) is not None
    }
    return tuple(found.values()) or spec.sort


def _plain(value: FilterValue) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def _condition(saved: Any, spec: TableSpec) -> Condition | None:
    if not isinstance(saved, dict) or not isinstance(saved.get("values"), list):
        return None
    try:
        op = Op(str(saved.get("op")))
    except ValueError:
        return None
    if op is Op.NEW:
        return NEW_IN_LAST_SYNC
    column = spec.column(str(saved.get("field")))
    wanted = saved["values"]
    if column is None or column.kind not in _KINDS.get(op, {column.kind}):
        return None
    if len(wanted) != _COUNTS.get(op, len(wanted)) or len(wanted) > MOST_VALUES:
        return None
    try:
        values = tuple(_value(value, op, column) for value in wanted)
    except (ValueError, InvalidOperation):
        return None
    if (op in (Op.IS, Op.IS_NOT) and not values) or (op is Op.DAYS and values == (None, None)):
        return None
    return Condition(column.field, op, values)


def _value(saved: Any, op: Op, column: TableColumn) -> FilterValue:
    """Read one value; raises ValueError where it is not what the column holds."""
    if saved is None and op in (Op.IS, Op.IS_NOT, Op.DAYS):
        return None
    if op is Op.DURING:
        return Period(saved).value
    if op is Op.DAYS:
        return date.fromisoformat(saved if isinstance(saved, str) else "").isoformat()
    if column.kind is Kind.MONEY and isinstance(saved, str):
        amount = Decimal(saved)
        exponent = amount.as_tuple().exponent
        if isinstance(exponent, int) and -exponent <= MOST_DIGITS > amount.adjusted():
            return amount
    if column.kind is Kind.NUMBER and type(saved) is int and abs(saved) < 10**MOST_DIGITS:
        return saved
    if column.kind in _TEXTS and isinstance(saved, str):
        return saved
    raise ValueError
