"""The first schema: three tables older than this program, and those it adds.

Revision ID: 0001
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQLITE_NOW = "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')"


def is_sqlite() -> bool:
    """Tell which of the two databases this is."""
    return op.get_context().dialect.name == "sqlite"


def uuid() -> sa.types.TypeEngine[Any]:
    """Give the type of ids: on SQLite 36 characters with hyphens."""
    return sa.String(36) if is_sqlite() else postgresql.UUID()


def money(digits: int) -> sa.types.TypeEngine[Any]:
    """Give the type of amounts: on SQLite an integer of hundredths."""
    return sa.Integer() if is_sqlite() else sa.Numeric(digits, 2)


def json() -> sa.types.TypeEngine[Any]:
    """Give the type of JSON."""
    return sa.JSON() if is_sqlite() else postgresql.JSONB()


def now() -> Any:
    """Give the default of time stamps."""
    return sa.text(SQLITE_NOW if is_sqlite() else "NOW()")


def newest_first(column: str) -> list[Any]:
    """Give index columns that serve an order by `column`, newest first and unknown last.

    SQLite reads an index backwards for that and knows no NULLS LAST in an index; PostgreSQL uses
    an index only if its order says so.
    """
    if is_sqlite():
        return ["user_id", column, "id"]
    return ["user_id", sa.text(f"{column} DESC NULLS LAST"), sa.text("id DESC")]


def table(name: str, *parts: Any, **options: Any) -> None:
    """Make a table unless it is there."""
    op.create_table(name, *parts, if_not_exists=True, **options)


def index(name: str, table_name: str, columns: list[Any], **options: Any) -> None:
    """Make an index unless it is there."""
    op.create_index(name, table_name, columns, if_not_exists=True, **options)


def upgrade() -> None:
    """Add what is missing; take over the first three tables if another program made them."""
    convert_given_amounts()
    given_tables()
    record_tables()
    own_tables()
    close_all_but_newest_running()
    indexes()


def convert_given_amounts() -> None:
    """Turn whole units into hundredths, where claims were stored before this program came."""
    if is_sqlite() and sa.inspect(op.get_bind()).has_table("amazon_claims"):
        op.execute("UPDATE amazon_claims SET amount = CAST(round(amount * 100) AS INTEGER)")


def given_tables() -> None:
    """Make the three tables whose shape is a given."""
    table(
        "sync_progress",
        sa.Column("id", uuid(), primary_key=True),
        sa.Column("sync_id", sa.String(255), nullable=False),
        sa.Column("user_id", uuid(), nullable=False),
        sa.Column("status", sa.String(50), nullable=False),
        sa.Column("progress", sa.Integer, server_default=sa.text("0")),
        sa.Column("current_step", sa.Text),
        sa.Column("step", sa.Integer, server_default=sa.text("0")),
        sa.Column("total_steps", sa.Integer, server_default=sa.text("5")),
        sa.Column("metadata", json()),
        sa.Column("created_at", sa.TIMESTAMP, server_default=now()),
        sa.Column("updated_at", sa.TIMESTAMP, server_default=now()),
        sa.UniqueConstraint("user_id", "sync_id"),
    )
    table(
        "amazon_claims",
        sa.Column("id", uuid(), primary_key=True),
        sa.Column("claim_id", sa.String(255), nullable=False),
        sa.Column("user_id", uuid(), nullable=False),
        sa.Column("order_id", sa.String(255)),
        sa.Column("amount", money(10), nullable=False),
        sa.Column("currency", sa.String(10), server_default=sa.text("'USD'")),
        sa.Column("status", sa.String(50)),
        sa.Column("type", sa.String(100)),
        sa.Column("description", sa.Text),
        sa.Column("created_at", sa.TIMESTAMP),
        sa.Column("synced_at", sa.TIMESTAMP, server_default=now()),
        sa.Column("is_mock", sa.Boolean, server_default=sa.false()),
        sa.Column("mock_scenario", sa.String(100)),
        sa.UniqueConstraint("user_id", "claim_id"),
    )
    table(
        "amazon_inventory",
        sa.Column("id", uuid(), primary_key=True),
        sa.Column("user_id", uuid(), nullable=False),
        sa.Column("sku", sa.String(255), nullable=False),
        sa.Column("asin", sa.String(255)),
        sa.Column("fnsku", sa.String(255)),
        sa.Column("product_name", sa.String(500)),
        sa.Column("quantity_available", sa.Integer, server_default=sa.text("0")),
        sa.Column("quantity_reserved", sa.Integer, server_default=sa.text("0")),
        sa.Column("quantity_inbound", sa.Integer, server_default=sa.text("0")),
        sa.Column("quantity_total", sa.Integer, server_default=sa.text("0")),
        sa.Column("condition", sa.String(50)),
        sa.Column("warehouse_location", sa.String(255)),
        sa.Column("synced_at", sa.TIMESTAMP, server_default=now()),
        sa.Column("is_mock", sa.Boolean, server_default=sa.false()),
        sa.Column("mock_scenario", sa.String(100)),
        sa.UniqueConstraint("user_id", "sku"),
    )


def record_tables() -> None:
    """Make the other tables of what a sync copies."""
    table(
        "amazon_orders",
        sa.Column("id", uuid(), primary_key=True),
        sa.Column("user_id", uuid(), nullable=False),
        sa.Column("order_id", sa.String(255), nullable=False),
        sa.Column("purchase_date", sa.TIMESTAMP),
        sa.Column("last_update_date", sa.TIMESTAMP),
        sa.Column("status", sa.String(50)),
        sa.Column("fulfillment_channel", sa.String(50)),
        sa.Column("sales_channel", sa.String(255)),
        sa.Column("marketplace_id", sa.String(50)),
        sa.Column("total_amount", money(12)),
        sa.Column("currency", sa.String(10)),
        sa.Column("items_ordered", sa.Integer),
        sa.Column("items_shipped", sa.Integer),
        sa.Column("is_mock", sa.Boolean, server_default=sa.false()),
        sa.Column("mock_scenario", sa.String(100)),
        sa.Column("synced_at", sa.TIMESTAMP, server_default=now()),
        sa.UniqueConstraint("user_id", "order_id"),
    )
    table(
        "amazon_order_items",
        sa.Column("id", uuid(), primary_key=True),
        sa.Column("user_id", uuid(), nullable=False),
        sa.Column("order_id", sa.String(255), nullable=False),
        sa.Column("order_item_id", sa.String(255)),
        sa.Column("line_number", sa.Integer, nullable=False),
        sa.Column("sku", sa.String(255)),
        sa.Column("asin", sa.String(255)),
        sa.Column("title", sa.Text),
        sa.Column("quantity_ordered", sa.Integer),
        sa.Column("quantity_shipped", sa.Integer),
        sa.Column("price", money(12)),
        sa.Column("currency", sa.String(10)),
        sa.Column("is_mock", sa.Boolean, server_default=sa.false()),
        sa.Column("synced_at", sa.TIMESTAMP, server_default=now()),
        sa.UniqueConstraint("user_id", "order_id", "line_number"),
    )
    table(
        "financial_events",
        sa.Column("id", uuid(), primary_key=True),
        sa.Column("user_id", uuid(), nullable=False),
        sa.Column("event_key", sa.String(64), nullable=False),
        sa.Column("event_list", sa.String(100), nullable=False),
        sa.Column("event_type", sa.String(255)),
        sa.Column("posted_at", sa.TIMESTAMP),
        sa.Column("order_id", sa.String(255)),
        sa.Column("amount", money(12)),
        sa.Column("currency", sa.String(10)),
        sa.Column("claim_id", sa.String(255)),
        sa.Column("payload", json()),
        sa.Column("is_mock", sa.Boolean, server_default=sa.false()),
        sa.Column("synced_at", sa.TIMESTAMP, server_default=now()),
        sa.UniqueConstraint("user_id", "event_key"),
    )


def own_tables() -> None:
    """Make the tables of accounts, and of what syncs must remember."""
    table(
        "seller_accounts",
        sa.Column("user_id", uuid(), primary_key=True),
        sa.Column("external_user_id", sa.String(255), nullable=False),
        sa.Column("display_name", sa.String(255), nullable=False),
        sa.Column("seller_id", sa.String(100)),
        sa.Column("marketplace_id", sa.String(50), nullable=False),
        sa.Column("region", sa.String(10), nullable=False),
        sa.Column("mode", sa.String(20), nullable=False),
        sa.Column("credential_status", sa.String(50), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP, server_default=now()),
        sa.Column("updated_at", sa.TIMESTAMP, server_default=now()),
    )
    table(
        "sync_checkpoints",
        sa.Column("user_id", uuid(), primary_key=True),
        sa.Column("dataset", sa.String(20), primary_key=True),
        sa.Column("window", sa.String(255), primary_key=True, quote=True),
        sa.Column("state", json(), nullable=False),
        sa.Column("updated_at", sa.TIMESTAMP, server_default=now()),
        sqlite_with_rowid=False,
    )
    table(
        "sync_events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", uuid(), nullable=False),
        sa.Column("sync_id", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(50), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("detail", json()),
        sa.Column("created_at", sa.TIMESTAMP, server_default=now()),
    )
    table(
        "rate_buckets",
        sa.Column("user_id", uuid(), primary_key=True),
        sa.Column("base_url", sa.String(255), primary_key=True),
        sa.Column("operation", sa.String(100), primary_key=True),
        sa.Column("level", sa.Double, nullable=False),
        sa.Column("rate", sa.Double, nullable=False),
        sa.Column("measured_at", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )
    table(
        "row_origins",
        sa.Column("user_id", uuid(), primary_key=True),
        sa.Column("dataset", sa.String(20), primary_key=True),
        sa.Column("sync_id", sa.String(255), primary_key=True),
        sa.Column("row_key", sa.String(255), primary_key=True),
        sa.Column("created_at", sa.TIMESTAMP, server_default=now()),
        sqlite_with_rowid=False,
    )


def close_all_but_newest_running() -> None:
    """Leave each user at most one running sync, as the unique index will demand."""
    ended = '{"error": "A newer sync of the same account was running.", "errorCode": "interrupted"}'
    if is_sqlite():
        # A patch over text that is no JSON would fail, and with it the whole upgrade.
        merged = (
            f"json_patch(CASE WHEN json_valid(metadata) THEN metadata ELSE '{{}}' END, '{ended}')"
        )
    else:
        merged = (
            "CASE WHEN jsonb_typeof(metadata) = 'object' THEN metadata ELSE '{}' END "
            f"|| '{ended}'::jsonb"
        )
    never = "'1970-01-01 00:00:00'"
    newer = f"coalesce(newer.created_at, {never})"
    mine = f"coalesce(sync_progress.created_at, {never})"
    op.execute(
        f"UPDATE sync_progress SET status = 'failed', metadata = {merged} "  # noqa: S608
        "WHERE status = 'running' AND EXISTS (SELECT 1 FROM sync_progress AS newer "
        "WHERE newer.user_id = sync_progress.user_id AND newer.status = 'running' "
        f"AND ({newer} > {mine} OR ({newer} = {mine} AND newer.id > sync_progress.id)))"
    )


def indexes() -> None:
    """Make what keeps one sync running for each user, and what tables and details look up."""
    running = sa.text("status = 'running'")
    index(
        "uq_sync_progress_running",
        "sync_progress",
        ["user_id"],
        unique=True,
        sqlite_where=running,
        postgresql_where=running,
    )
    index("ix_sync_progress_user_created", "sync_progress", ["user_id", "created_at"])
    index("ix_amazon_claims_user_created", "amazon_claims", newest_first("created_at"))
    index("ix_amazon_claims_user_order", "amazon_claims", ["user_id", "order_id"])
    index("ix_amazon_orders_user_purchase", "amazon_orders", newest_first("purchase_date"))
    index("ix_financial_events_user_claim", "financial_events", ["user_id", "claim_id"])
    index("ix_sync_events_user_sync", "sync_events", ["user_id", "sync_id"])
