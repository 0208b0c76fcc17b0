"""Whether tables that stand in a database have the columns and keys that this program needs.

Tables that another program made may look like ours and not be: a page that does not fit would be
refused, or stored without its cents.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from opside_desktop.store.schema import tables
from opside_desktop.store.schema.types import Json, Moment, Money


def schema_problems(
    connection: sa.Connection, names: AbstractSet[str], *, is_old: bool = False
) -> Iterator[tuple[str, str]]:
    """Yield tables of ours that do not fit, each with the reason as a sentence. Only reads.

    `names`: the tables that are there. SQLite's types bind nobody, so there they do not count.
    `is_old`: the tables may lack the columns that an upgrade adds.
    """
    inspector = sa.inspect(connection)
    for name in sorted(names & tables.metadata.tables.keys()):
        why = _problem(connection, inspector, tables.metadata.tables[name], is_old=is_old)
        if why:
            yield name, why


def _problem(
    connection: sa.Connection, inspector: sa.Inspector, table: sa.Table, *, is_old: bool
) -> str:
    added = tables.ADDED_COLUMNS.get(table.name, ())
    present = {column["name"]: column for column in inspector.get_columns(table.name)}
    missing = [
        column.name
        for column in table.columns
        if column.name not in present and not (is_old and column.name in added)
    ]
    if missing:
        return f"It has no column {', '.join(missing)}."
    dialect = inspector.dialect
    if dialect.name == "postgresql":
        for column in table.columns:
            if column.name not in present:
                continue
            theirs = present[column.name]["type"]
            if not _holds(theirs, column.type):
                kind, needed = (one.compile(dialect) for one in (theirs, column.type))
                return f"Its column {column.name} is of the type {kind}, and not {needed}."
    key = frozenset(tables.key_of(table))
    if key not in _unique(connection, inspector, table.name):
        return f"Several of its rows may have the same {' and '.join(sorted(key))}."
    for name in present.keys() - table.columns.keys():
        extra = present[name]
        if not extra["nullable"] and not _fills_itself(extra):
            return f"Its column {name} must not be empty, and this program does not know it."
    return ""


def _holds(theirs: TypeEngine[Any], ours: TypeEngine[Any]) -> bool:
    """Tell whether a column of a server takes every value of ours and gives it back unchanged."""
    if isinstance(ours, Money):
        if not isinstance(theirs, sa.Numeric) or isinstance(theirs, sa.Float):
            return False
        scale = theirs.scale or 0
        return theirs.precision is None or (
            scale >= 2 and theirs.precision - scale >= ours.digits - 2
        )
    if isinstance(ours, Moment):
        # With a zone, what is stored would depend on the session's.
        return isinstance(theirs, sa.DateTime) and not theirs.timezone
    if isinstance(ours, Json):
        return theirs.__visit_name__ == "JSONB"
    if isinstance(ours, sa.Uuid):
        return isinstance(theirs, sa.Uuid)
    if isinstance(ours, sa.String):
        if not isinstance(theirs, sa.String) or isinstance(theirs, sa.Enum | sa.CHAR):
            return False
        return theirs.length is None or (ours.length is not None and theirs.length >= ours.length)
    if isinstance(ours, sa.Integer):
        return isinstance(theirs, sa.Integer) and not isinstance(theirs, sa.SmallInteger)
    return isinstance(theirs, sa.Float if isinstance(ours, sa.Float) else type(ours))


def _unique(connection: sa.Connection, inspector: sa.Inspector, name: str) -> set[AbstractSet[str]]:
    found: set[AbstractSet[str]] = {
        frozenset(inspector.get_pk_constraint(name)["constrained_columns"])
    }
    if connection.dialect.name == "sqlite":
        return found | _unique_of_file(connection, name)
    found.update(frozenset(one["column_names"]) for one in inspector.get_unique_constraints(name))
    for index in inspector.get_indexes(name):
        if index["unique"] and not index.get("dialect_options", {}).get("postgresql_where"):
            found.add(frozenset(column or "" for column in index["column_names"]))
    return found


def _unique_of_file(connection: sa.Connection, name: str) -> set[AbstractSet[str]]:
    """Read the unique indexes of a file's table, where SQLAlchemy warns of any over expressions."""
    rows = connection.exec_driver_sql(
        "SELECT listed.name, info.name FROM pragma_index_list(?) AS listed "
        'JOIN pragma_index_info(listed.name) AS info WHERE listed."unique" AND NOT listed.partial',
        (name,),
    )
    columns: dict[str, set[str]] = {}
    for index, column in rows:
        columns.setdefault(index, set()).add(column or "")
    return {frozenset(one) for one in columns.values()}


def _fills_itself(column: Any) -> bool:
    return any(column.get(way) for way in ("default", "autoincrement", "identity", "computed"))
