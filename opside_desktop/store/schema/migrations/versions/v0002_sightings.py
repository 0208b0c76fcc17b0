"""What each of Amazon's sources told of an event, what was read when, and new columns.

Revision ID: 0002
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from opside_desktop.store.schema.migrations.versions.v0001_first_schema import (
    index,
    is_sqlite,
    json,
    money,
    newest_first,
    table,
    uuid,
)

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns behind those that are there, and tables; nothing that is stored changes."""
    add_columns(
        "amazon_claims",
        sa.Column("sku", sa.String(255)),
        sa.Column("quantity", sa.Integer),
        sa.Column("matures_at", sa.TIMESTAMP),
        sa.Column("reimbursement_id", sa.String(255)),
        sa.Column("case_id", sa.String(255)),
        sa.Column("hidden_reason", sa.String(20)),
    )
    add_columns(
        "amazon_inventory",
        sa.Column("quantity_unfulfillable", sa.Integer),
        sa.Column("quantity_researching", sa.Integer),
        sa.Column("payload", json()),
    )
    add_columns(
        "amazon_orders",
        sa.Column("source", sa.String(20)),
        sa.Column("ids_complete", sa.Boolean),
    )
    new_tables()
    indexes()


def add_columns(table_name: str, *columns: sa.Column[object]) -> None:
    """Add the columns that a table lacks; another program's table may have some."""
    present = _present(table_name)
    for column in columns:
        if column.name not in present:
            op.add_column(table_name, column, if_not_exists=not is_sqlite())


def _present(table_name: str) -> Sequence[str]:
    if op.get_context().as_sql:
        return ()  # nobody to ask: the statement itself says "if not exists"
    return [one["name"] for one in sa.inspect(op.get_bind()).get_columns(table_name)]


def new_tables() -> None:
    """Make the tables of sightings, of their claims, and of what was read."""
    table(
        "event_sightings",
        sa.Column("user_id", uuid(), primary_key=True),
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("class", sa.String(20), nullable=False),
        sa.Column("seconds", json(), nullable=False),
        sa.Column("posted_day", sa.Date, nullable=False),
        sa.Column("released_day", sa.Date),
        sa.Column("order_id", sa.String(255)),
        sa.Column("sku", sa.String(255)),
        sa.Column("quantity", sa.Integer),
        sa.Column("currency", sa.String(10), nullable=False),
        sa.Column("amount", money(12), nullable=False),
        sa.Column("status", sa.String(50)),
        sa.Column("was_deferred", sa.Boolean, nullable=False),
        sa.Column("placed_by", sa.String(20)),
        sa.Column("transaction_ids", json()),
        sa.Column("other_ids", json()),
        sa.Column("event_list", sa.String(100), nullable=False),
        sa.Column("payload", json()),
        sa.Column("words", sa.String(32)),
        sa.Column("waited", sa.Integer, nullable=False),
        sa.Column("is_mock", sa.Boolean, nullable=False),
        sa.Column("last_read", sa.TIMESTAMP, nullable=False),
        sqlite_with_rowid=False,
    )
    table(
        "event_claims",
        sa.Column("user_id", uuid(), primary_key=True),
        sa.Column("sighting", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("claim", sa.String(255), primary_key=True),
        sqlite_with_rowid=False,
    )
    table(
        "read_spans",
        sa.Column("user_id", uuid(), primary_key=True),
        sa.Column("dataset", sa.String(50), primary_key=True),
        sa.Column("source", sa.String(50), primary_key=True),
        sa.Column("from", sa.TIMESTAMP, primary_key=True),
        sa.Column("to", sa.TIMESTAMP, nullable=False),
        sa.Column("read_at", sa.TIMESTAMP, nullable=False),
        sqlite_with_rowid=False,
    )


def listed(column: str, place: int) -> sa.TextClause:
    """Give the SQL of what a column's list has at a place, counted from 0."""
    if is_sqlite():
        return sa.text(f"json_extract({column}, '$[{place}]')")
    return sa.text(f"({column} ->> {place})")


def indexes() -> None:
    """Make what finds sightings again, and the claims that are not hidden.

    As few as do: every event that is written pays for each of them. Most events have one
    transaction id or none, and one second, so the indexes of the others are small.
    """
    index(
        "ix_event_sightings_day",
        "event_sightings",
        ["user_id", "posted_day", listed("seconds", 0), "currency", "amount"],
    )
    released = sa.text("released_day IS NOT NULL")
    index(
        "ix_event_sightings_released",
        "event_sightings",
        ["user_id", "released_day", listed("seconds", 1), "currency", "amount"],
        sqlite_where=released,
        postgresql_where=released,
    )
    for place, name in enumerate(("ix_event_sightings_id", "ix_event_sightings_other_id")):
        has_one = sa.text(f"{listed('transaction_ids', place).text} IS NOT NULL")
        index(
            name,
            "event_sightings",
            ["user_id", listed("transaction_ids", place)],
            sqlite_where=has_one,
            postgresql_where=has_one,
        )
    waits = sa.text("placed_by IS NULL")
    index(
        "ix_event_sightings_waiting",
        "event_sightings",
        ["user_id"],
        sqlite_where=waits,
        postgresql_where=waits,
    )
    index("ix_event_claims_claim", "event_claims", ["user_id", "claim"])
    shown = sa.text("hidden_reason IS NULL")
    index(
        "ix_amazon_claims_user_created_shown",
        "amazon_claims",
        newest_first("created_at"),
        sqlite_where=shown,
        postgresql_where=shown,
    )
