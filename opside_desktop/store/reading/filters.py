"""From a RowQuery to SQL: conditions and orders."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from opside_desktop.domain.columns import (
    DEFAULT_ORDER,
    HIDDEN_COLUMN,
    KEY_COLUMN,
    OWNER_COLUMN,
    column,
    columns,
)
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import BadInput
from opside_desktop.domain.fields import Field, FieldKind, fields_of
from opside_desktop.domain.records import OrderItem
from opside_desktop.store.reading.expressions import (
    RowIdList,
    among,
    contains,
    contains_any_case,
    row_key,
)
from opside_desktop.store.reading.packed_ids import RowId, RowIds
from opside_desktop.store.reading.queries import Filter, FilterOp, RowQuery, Sort
from opside_desktop.store.schema import tables
from opside_desktop.store.schema.types import Money

Condition = sa.ColumnElement[bool]
Stored = sa.ColumnElement[Any]

_INDEXED = {
    (Dataset.CLAIMS, "created_at"): True,
    (Dataset.CLAIMS, "order_id"): False,
    (Dataset.ORDERS, "purchase_date"): True,
}
"""Indexed columns that may be unknown, and whether PostgreSQL's index has the greatest first."""

_INTEGER_LIMIT = 2**62
_LONGEST_SEARCH = 2_000
"""Characters: SQLite takes patterns of 50,000 bytes, and no stored text is nearly as long."""

_MONEY_LIMIT = Decimal(10) ** 12
"""Beyond every stored number, and within what both databases can compare."""


def row_id(table: sa.Table) -> sa.ColumnElement[RowId]:
    """Give what the database finds a row by fastest."""
    return row_key(table.c.id).label("row_id")


def with_ids(table: sa.Table, ids: RowIds | Sequence[RowId]) -> Condition:
    """Keep the rows of some row ids: a single parameter, so that any number of ids is one query."""
    return among(table.c.id, sa.bindparam(None, list(ids), RowIdList()))


def condition(query: RowQuery) -> Condition:
    """Say in SQL which rows a query wants.

    Raises:
        BadInput: a filter names no column of the dataset, or its values do not fit.
    """
    table = tables.DATASET_TABLES[query.dataset]
    parts: list[Condition] = [_of_users(table.c.user_id, query.user_ids)]
    if not query.with_hidden:
        parts.append(not_hidden(query.dataset))
    if query.new_in is not None:
        parts.append(_new_in(table, query))
    text = query.search.strip()
    if text:
        parts.append(_search(table, query, text))
    parts.extend(_filter(table, query.dataset, one) for one in query.filters)
    return sa.and_(*parts)


def not_hidden(dataset: Dataset) -> Condition:
    """Keep the rows that nothing hides: those which lists show, and which sums and counts know."""
    name = HIDDEN_COLUMN.get(dataset)
    return sa.true() if name is None else tables.DATASET_TABLES[dataset].c[name].is_(None)


def ordering(query: RowQuery) -> list[sa.ColumnElement[Any]]:
    """Say in SQL the order of a query's rows; it is total, and unknown values come last."""
    table = tables.DATASET_TABLES[query.dataset]
    sorts = _sorts(query)
    order: list[sa.ColumnElement[Any]] = []
    for sort in sorts:
        kind = column(query.dataset, sort.column).kind
        stored = table.c[sort.column]
        value = sa.func.lower(stored) if kind is FieldKind.TEXT else stored
        directed = value.desc() if sort.descending else value.asc()
        order.append(directed.nulls_last() if stored.nullable else directed)
    # The same direction as the last column, so that an index over both serves it.
    order.append(table.c.id.desc() if sorts[-1].descending else table.c.id.asc())
    return order


def known_first(query: RowQuery) -> tuple[Condition, list[sa.ColumnElement[Any]]] | None:
    """Say the same order for rows whose value is known, which come first; None if that is no help.

    PostgreSQL's index read backwards begins with the unknown values, which belong to the end, so it
    serves no order over all rows. SQLite knows how to.
    """
    sort = _sorts(query)[0]
    indexed_descending = _INDEXED.get((query.dataset, sort.column), sort.descending)
    is_narrowed = query.search.strip() or query.filters or query.new_in is not None
    if sort.descending == indexed_descending or is_narrowed:
        return None
    stored = tables.DATASET_TABLES[query.dataset].c[sort.column]
    known = stored.desc() if sort.descending else stored.asc()
    return stored.is_not(None), [known.nulls_first(), *ordering(query)[1:]]


def whole_order(query: RowQuery, *, is_server: bool) -> list[sa.ColumnElement[Any]]:
    """Say the same order in a way that is fast where all rows are read in it.

    An index that lacks the primary key would send the database to each row by itself, which takes
    several times as long as sorting them all.
    """
    order = ordering(query)
    sort = _sorts(query)[0]
    stored = tables.DATASET_TABLES[query.dataset].c[sort.column]
    if column(query.dataset, sort.column).kind is FieldKind.ID and (is_server or stored.nullable):
        value = sa.cast(stored, sa.Text).concat("")
        order[0] = (value.desc() if sort.descending else value.asc()).nulls_last()
    return order


def _sorts(query: RowQuery) -> tuple[Sort, ...]:
    return query.sort or (Sort(*DEFAULT_ORDER[query.dataset]),)


def _of_users(user_id: sa.ColumnElement[str], users: Sequence[str]) -> Condition:
    return user_id == users[0] if len(users) == 1 else user_id.in_(list(users))


def _new_in(table: sa.Table, query: RowQuery) -> Condition:
    origins = tables.row_origins.c
    brought = (
        _of_users(origins.user_id, query.user_ids),
        origins.dataset == query.dataset.value,
        origins.sync_id.in_(query.new_in or ()),
    )
    key = table.c[KEY_COLUMN[query.dataset]]
    if len(query.user_ids) == 1:
        return key.in_(sa.select(origins.row_key).where(*brought))
    # Two accounts may sell the same SKU, which is new to one of them only.
    pairs = sa.select(origins.user_id, origins.row_key).where(*brought)
    return sa.tuple_(table.c.user_id, key).in_(pairs)


def _search(table: sa.Table, query: RowQuery, text: str) -> Condition:
    found = _contained(table, columns(query.dataset), text)
    if query.dataset is Dataset.ORDERS:
        lines = tables.amazon_order_items.c
        with_line = sa.select(lines.user_id, lines.order_id).where(
            _of_users(lines.user_id, query.user_ids),
            sa.or_(*_contained(tables.amazon_order_items, fields_of(OrderItem), text)),
        )
        found.append(sa.tuple_(table.c.user_id, table.c.order_id).in_(with_line))
    return sa.or_(*found)


def _contained(table: sa.Table, fields: Sequence[Field], text: str) -> list[Condition]:
    return [_contains(table.c[one.name], text) for one in fields if one.searchable]


def _contains(stored: Stored, text: str) -> Condition:
    # What no stored text can hold is not worth asking the database, which might refuse it.
    encodable = _encodable(text)
    if "\0" in text or len(text) > _LONGEST_SEARCH or (text and not encodable):
        return sa.false()
    if not encodable.isascii():
        # Here the databases' own LIKE and ILIKE know the case of ASCII letters only, or of those of
        # the server's locale.
        return contains_any_case(stored, encodable)
    return contains(stored, *_pattern(encodable))


def _pattern(text: str) -> list[sa.ColumnElement[str]]:
    """Make the pattern that finds a text, and what escapes in it if anything must be."""
    escaped = text
    for special in ("\\", "%", "_"):
        escaped = escaped.replace(special, f"\\{special}")
    pattern = sa.literal(f"%{escaped}%", sa.Text())
    return [pattern] if escaped == text else [pattern, sa.literal_column("'\\'")]


def _filter(table: sa.Table, dataset: Dataset, wanted: Filter) -> Condition:
    known = column(dataset, wanted.column)
    count = _VALUES.get(wanted.op)
    if count is not None and len(wanted.values) != count:
        raise BadInput(f"The filter on {known.name} needs {count} value(s).")
    values = [_value(known, one, wanted.op) for one in wanted.values]
    stored: Stored = table.c[known.name]
    if known.name == OWNER_COLUMN:
        # PostgreSQL would refuse a text that is no id, instead of finding nothing.
        stored = sa.cast(stored, sa.Text)
    match wanted.op:
        case FilterOp.IS:
            return stored.is_not_distinct_from(values[0])
        case FilterOp.IS_NOT:
            return stored.is_distinct_from(values[0])
        case FilterOp.ONE_OF:
            listed = stored.in_([one for one in values if one is not None])
            return sa.or_(listed, stored.is_(None)) if None in values else listed
        case FilterOp.CONTAINS:
            if not known.kind.is_text:
                raise BadInput(f"The column {known.name} holds no text to look into.")
            return _contains(stored, values[0])
        case FilterOp.AT_LEAST:
            return sa.and_(stored >= values[0])
        case FilterOp.AT_MOST:
            return sa.and_(stored <= values[0])
        case FilterOp.BETWEEN:
            return stored.between(values[0], values[1])
        case FilterOp.IS_EMPTY:
            is_unknown = stored.is_(None)
            return sa.or_(is_unknown, stored == "") if known.kind.is_text else is_unknown


_VALUES = {
    FilterOp.IS: 1,
    FilterOp.IS_NOT: 1,
    FilterOp.CONTAINS: 1,
    FilterOp.AT_LEAST: 1,
    FilterOp.AT_MOST: 1,
    FilterOp.BETWEEN: 2,
    FilterOp.IS_EMPTY: 0,
}
_MAY_BE_UNKNOWN = (FilterOp.IS, FilterOp.IS_NOT, FilterOp.ONE_OF)


def _value(known: Field, value: Any, op: FilterOp) -> Any:
    """Check a filter's value against the column's kind, and bring numbers into range."""
    if value is None and op in _MAY_BE_UNKNOWN:
        return None
    kind = known.kind
    if kind.is_text and isinstance(value, str):
        return _encodable(value)
    if kind is FieldKind.BOOLEAN and isinstance(value, bool):
        return value
    if kind is FieldKind.MOMENT and isinstance(value, datetime) and value.tzinfo is not None:
        return value
    if not isinstance(value, bool):
        if kind is FieldKind.INTEGER and isinstance(value, int):
            # As wide as the number may be: PostgreSQL would not fit it into the column's type.
            return sa.literal(max(-_INTEGER_LIMIT, min(value, _INTEGER_LIMIT)), sa.BigInteger())
        if kind is FieldKind.MONEY and isinstance(value, Decimal | int):
            amount = Decimal(value)
            if not amount.is_nan():
                return sa.literal(max(-_MONEY_LIMIT, min(amount, _MONEY_LIMIT)), Money(16))
    needed = _NEEDED[kind]
    raise BadInput(f"The filter on {known.name} does not fit.", fix=f"Its value must be {needed}.")


def _encodable(text: str) -> str:
    """Leave out halves of surrogate pairs, which no database takes."""
    return text.encode("utf-8", "ignore").decode()


_NEEDED = {
    FieldKind.TEXT: "a text",
    FieldKind.ID: "a text",
    FieldKind.INTEGER: "a whole number",
    FieldKind.MONEY: "an amount",
    FieldKind.MOMENT: "a date with its time zone",
    FieldKind.BOOLEAN: "yes or no",
}
