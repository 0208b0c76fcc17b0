"""The tables, as code reads and writes them. What creates them is the migrations.

The first three are older than this program: their names, columns and types are a given.
"""

import sqlalchemy as sa

from opside_desktop.domain.datasets import Dataset
from opside_desktop.store.schema.types import Json, Moment, Money, Uuid

metadata = sa.MetaData()

sync_progress = sa.Table(
    "sync_progress",
    metadata,
    sa.Column("id", Uuid, primary_key=True),
    sa.Column("sync_id", sa.String(255), nullable=False),
    sa.Column("user_id", Uuid, nullable=False),
    sa.Column("status", sa.String(50), nullable=False),
    sa.Column("progress", sa.Integer),
    sa.Column("current_step", sa.Text),
    sa.Column("step", sa.Integer),
    sa.Column("total_steps", sa.Integer),
    sa.Column("metadata", Json),
    sa.Column("created_at", Moment),
    sa.Column("updated_at", Moment),
    sa.UniqueConstraint("user_id", "sync_id"),
)

amazon_claims = sa.Table(
    "amazon_claims",
    metadata,
    sa.Column("id", Uuid, primary_key=True),
    sa.Column("claim_id", sa.String(255), nullable=False),
    sa.Column("user_id", Uuid, nullable=False),
    sa.Column("order_id", sa.String(255)),
    sa.Column("amount", Money(10), nullable=False),
    sa.Column("currency", sa.String(10)),
    sa.Column("status", sa.String(50)),
    sa.Column("type", sa.String(100)),
    sa.Column("description", sa.Text),
    sa.Column("created_at", Moment),
    sa.Column("synced_at", Moment),
    sa.Column("is_mock", sa.Boolean),
    sa.Column("mock_scenario", sa.String(100)),
    sa.UniqueConstraint("user_id", "claim_id"),
)

amazon_inventory = sa.Table(
    "amazon_inventory",
    metadata,
    sa.Column("id", Uuid, primary_key=True),
    sa.Column("user_id", Uuid, nullable=False),
    sa.Column("sku", sa.String(255), nullable=False),
    sa.Column("asin", sa.String(255)),
    sa.Column("fnsku", sa.String(255)),
    sa.Column("product_name", sa.String(500)),
    sa.Column("quantity_available", sa.Integer),
    sa.Column("quantity_reserved", sa.Integer),
    sa.Column("quantity_inbound", sa.Integer),
    sa.Column("quantity_total", sa.Integer),
    sa.Column("condition", sa.String(50)),
    sa.Column("warehouse_location", sa.String(255)),
    sa.Column("synced_at", Moment),
    sa.Column("is_mock", sa.Boolean),
    sa.Column("mock_scenario", sa.String(100)),
    sa.UniqueConstraint("user_id", "sku"),
)

amazon_orders = sa.Table(
    "amazon_orders",
    metadata,
    sa.Column("id", Uuid, primary_key=True),
    sa.Column("user_id", Uuid, nullable=False),
    sa.Column("order_id", sa.String(255), nullable=False),
    sa.Column("purchase_date", Moment),
    sa.Column("last_update_date", Moment),
    sa.Column("status", sa.String(50)),
    sa.Column("fulfillment_channel", sa.String(50)),
    sa.Column("sales_channel", sa.String(255)),
    sa.Column("marketplace_id", sa.String(50)),
    sa.Column("total_amount", Money(12)),
    sa.Column("currency", sa.String(10)),
    sa.Column("items_ordered", sa.Integer),
    sa.Column("items_shipped", sa.Integer),
    sa.Column("is_mock", sa.Boolean),
    sa.Column("mock_scenario", sa.String(100)),
    sa.Column("synced_at", Moment),
    sa.UniqueConstraint("user_id", "order_id"),
)

amazon_order_items = sa.Table(
    "amazon_order_items",
    metadata,
    sa.Column("id", Uuid, primary_key=True),
    sa.Column("user_id", Uuid, nullable=False),
    sa.Column("order_id", sa.String(255), nullable=False),
    sa.Column("order_item_id", sa.String(255)),
    sa.Column("line_number", sa.Integer, nullable=False),
    sa.Column("sku", sa.String(255)),
    sa.Column("asin", sa.String(255)),
    sa.Column("title", sa.Text),
    sa.Column("quantity_ordered", sa.Integer),
    sa.Column("quantity_shipped", sa.Integer),
    sa.Column("price", Money(12)),
    sa.Column("currency", sa.String(10)),
    sa.Column("is_mock", sa.Boolean),
    sa.Column("synced_at", Moment),
    sa.UniqueConstraint("user_id", "order_id", "line_number"),
)

financial_events = sa.Table(
    "financial_events",
    metadata,
    sa.Column("id", Uuid, primary_key=True),
    sa.Column("user_id", Uuid, nullable=False),
    sa.Column("event_key", sa.String(64), nullable=False),
    sa.Column("event_list", sa.String(100), nullable=False),
    sa.Column("event_type", sa.String(255)),
    sa.Column("posted_at", Moment),
    sa.Column("order_id", sa.String(255)),
    sa.Column("amount", Money(12)),
    sa.Column("currency", sa.String(10)),
    sa.Column("claim_id", sa.String(255)),
    sa.Column("payload", Json),
    sa.Column("is_mock", sa.Boolean),
    sa.Column("synced_at", Moment),
    sa.UniqueConstraint("user_id", "event_key"),
)

seller_accounts = sa.Table(
    "seller_accounts",
    metadata,
    sa.Column("user_id", Uuid, primary_key=True),
    sa.Column("external_user_id", sa.String(255), nullable=False),
    sa.Column("display_name", sa.String(255), nullable=False),
    sa.Column("seller_id", sa.String(100)),
    sa.Column("marketplace_id", sa.String(50), nullable=False),
    sa.Column("region", sa.String(10), nullable=False),
    sa.Column("mode", sa.String(20), nullable=False),
    sa.Column("credential_status", sa.String(50), nullable=False),
    sa.Column("created_at", Moment),
    sa.Column("updated_at", Moment),
)

sync_checkpoints = sa.Table(
    "sync_checkpoints",
    metadata,
    sa.Column("user_id", Uuid, primary_key=True),
    sa.Column("dataset", sa.String(20), primary_key=True),
    sa.Column("window", sa.String(255), primary_key=True, quote=True),
    sa.Column("state", Json, nullable=False),
    sa.Column("updated_at", Moment),
)

sync_events = sa.Table(
    "sync_events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", Uuid, nullable=False),
    sa.Column("sync_id", sa.String(255), nullable=False),
    sa.Column("kind", sa.String(50), nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("detail", Json),
    sa.Column("created_at", Moment),
)

rate_buckets = sa.Table(
    "rate_buckets",
    metadata,
    sa.Column("user_id", Uuid, primary_key=True),
    sa.Column("base_url", sa.String(255), primary_key=True),
    sa.Column("operation", sa.String(100), primary_key=True),
    sa.Column("level", sa.Float, nullable=False),
    sa.Column("rate", sa.Float, nullable=False),
    sa.Column("measured_at", sa.Double, nullable=False),
)

row_origins = sa.Table(
    "row_origins",
    metadata,
    # The sync comes before the row's own key, so that a page's origins land side by side and those
    # of one sync can be counted at once.
    sa.Column("user_id", Uuid, primary_key=True),
    sa.Column("dataset", sa.String(20), primary_key=True),
    sa.Column("sync_id", sa.String(255), primary_key=True),
    sa.Column("row_key", sa.String(255), primary_key=True),
    sa.Column("created_at", Moment),
)

DATASET_TABLES = {
    Dataset.CLAIMS: amazon_claims,
    Dataset.INVENTORY: amazon_inventory,
    Dataset.ORDERS: amazon_orders,
}

GIVEN_TABLES = ("sync_progress", "amazon_claims", "amazon_inventory")
"""Those that another program may have made before."""
