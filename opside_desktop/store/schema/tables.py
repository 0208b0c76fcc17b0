"""The tables, as code reads and writes them. What creates them is the migrations.

The first three are older than this program: their names, columns and types are a given. The tables
of what is copied follow from the fields of their records (`domain.records`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa

from opside_desktop.domain.columns import ORIGIN, OWNER_COLUMN, column
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.fields import Field, FieldKind, fields_of
from opside_desktop.domain.records import (
    Claim,
    FinancialEvent,
    InventoryItem,
    Order,
    OrderItem,
)
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


def _type(field: Field) -> Any:
    match field.kind:
        case FieldKind.INTEGER:
            return sa.Integer
        case FieldKind.MONEY:
            return Money(field.size or 12)
        case FieldKind.MOMENT:
            return Moment
        case FieldKind.BOOLEAN:
            return sa.Boolean
        case FieldKind.JSON:
            return Json
        case _:
            return sa.Text if field.size is None else sa.String(field.size)


def _table(name: str, *fields: Field) -> sa.Table:
    """Make the table of one kind of record. A user has one row of each key."""
    return sa.Table(
        name,
        metadata,
        sa.Column("id", Uuid, primary_key=True),
        sa.Column(OWNER_COLUMN, Uuid, nullable=False),
        *(sa.Column(one.name, _type(one), nullable=one.nullable) for one in fields),
        sa.UniqueConstraint(OWNER_COLUMN, *(one.name for one in fields if one.key)),
    )


_IN_BRIEF = tuple(one for one in ORIGIN if one.name != "mock_scenario")

amazon_claims = _table("amazon_claims", *fields_of(Claim), *ORIGIN)
amazon_inventory = _table("amazon_inventory", *fields_of(InventoryItem), *ORIGIN)
amazon_orders = _table("amazon_orders", *fields_of(Order), *ORIGIN)
amazon_order_items = _table(
    "amazon_order_items", column(Dataset.ORDERS, "order_id"), *fields_of(OrderItem), *_IN_BRIEF
)
financial_events = _table("financial_events", *fields_of(FinancialEvent), *_IN_BRIEF)

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

event_sightings = sa.Table(
    "event_sightings",
    metadata,
    # Numbered within the user, in the order in which they came: a page's lie side by side, and a
    # copy in another database keeps the numbers.
    sa.Column("user_id", Uuid, primary_key=True),
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("source", sa.String(20), nullable=False),
    sa.Column("class", sa.String(20), nullable=False),
    sa.Column("seconds", Json, nullable=False),
    sa.Column("posted_day", sa.Date, nullable=False),
    sa.Column("released_day", sa.Date),
    sa.Column("order_id", sa.String(255)),
    sa.Column("sku", sa.String(255)),
    sa.Column("quantity", sa.Integer),
    sa.Column("currency", sa.String(10), nullable=False),
    sa.Column("amount", Money(12), nullable=False),
    sa.Column("status", sa.String(50)),
    sa.Column("was_deferred", sa.Boolean, nullable=False),
    sa.Column("placed_by", sa.String(20)),
    sa.Column("transaction_ids", Json),
    sa.Column("other_ids", Json),
    sa.Column("event_list", sa.String(100), nullable=False),
    sa.Column("payload", Json),
    sa.Column("words", sa.String(32)),
    sa.Column("waited", sa.Integer, nullable=False),
    sa.Column("is_mock", sa.Boolean, nullable=False),
    sa.Column("last_read", Moment, nullable=False),
)
"""What each source has told of events. `seconds`, `transaction_ids` and `other_ids` are lists.

`released_day` is the day of the second second, where there is one. `payload` is kept only where the
claim's event holds another source's, or where there is no claim yet; `words` is the hash of what
was told last, wherever it is kept, so that what is told alike again is not written again.
"""

event_claims = sa.Table(
    "event_claims",
    metadata,
    sa.Column("user_id", Uuid, primary_key=True),
    sa.Column("sighting", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("claim", sa.String(255), primary_key=True),
)
"""Which claims a sighting tells; several where they are told as one sum."""

read_spans = sa.Table(
    "read_spans",
    metadata,
    sa.Column("user_id", Uuid, primary_key=True),
    sa.Column("dataset", sa.String(50), primary_key=True),
    sa.Column("source", sa.String(50), primary_key=True),
    sa.Column("from", Moment, primary_key=True),
    sa.Column("to", Moment, nullable=False),
    sa.Column("read_at", Moment, nullable=False),
)
"""What was read whole: of which dataset or report, by which source, from when to when."""

ADDED_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "amazon_claims": (
            "sku",
            "quantity",
            "matures_at",
            "reimbursement_id",
            "case_id",
            "hidden_reason",
        ),
        "amazon_inventory": ("quantity_unfulfillable", "quantity_researching", "payload"),
        "amazon_orders": ("source", "ids_complete"),
    }
)
"""Columns that are put behind those of older tables, which may lack them until an upgrade."""

DATASET_TABLES = {
    Dataset.CLAIMS: amazon_claims,
    Dataset.INVENTORY: amazon_inventory,
    Dataset.ORDERS: amazon_orders,
}


def key_of(table: sa.Table) -> tuple[str, ...]:
    """Name the columns by which a row is written over: those that say what it is about."""
    for one in table.constraints:
        if isinstance(one, sa.UniqueConstraint):
            return tuple(one.columns.keys())
    return tuple(table.primary_key.columns.keys())
