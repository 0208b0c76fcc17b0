"""The answers' shapes, for the OpenAPI document. What makes the answers is `contract`."""

from datetime import datetime
from typing import Literal

import msgspec


class Shape(msgspec.Struct, rename="camel", kw_only=True):
    """An object whose keys are all always there."""


class Pagination(Shape):
    """Where a page of a list lies."""

    total: int
    limit: int
    offset: int
    has_more: bool
    next_cursor: str | None


class Claim(Shape):
    """Money that Amazon owes or paid back."""

    claim_id: str
    order_id: str | None
    amount: float | None
    currency: str | None
    status: str | None
    type: str | None
    description: str | None
    created_at: datetime | None
    synced_at: datetime | None
    is_mock: bool | None
    mock_scenario: str | None


class InventoryItem(Shape):
    """The stock of one SKU at Amazon."""

    sku: str
    asin: str | None
    fnsku: str | None
    product_name: str | None
    quantity_available: int | None
    quantity_reserved: int | None
    quantity_inbound: int | None
    quantity_total: int | None
    condition: str | None
    warehouse_location: str | None
    synced_at: datetime | None
    is_mock: bool | None
    mock_scenario: str | None


class OrderItem(Shape):
    """One line of an order."""

    order_item_id: str | None
    sku: str | None
    asin: str | None
    title: str | None
    quantity_ordered: int | None
    quantity_shipped: int | None
    price: float | None
    currency: str | None


class Order(Shape):
    """An order with its lines."""

    order_id: str
    purchase_date: datetime | None
    last_update_date: datetime | None
    status: str | None
    fulfillment_channel: str | None
    sales_channel: str | None
    marketplace_id: str | None
    total_amount: float | None
    currency: str | None
    items_ordered: int | None
    items_shipped: int | None
    synced_at: datetime | None
    is_mock: bool | None
    mock_scenario: str | None
    items: list[OrderItem]


class DatasetResult(Shape):
    """How one dataset of a sync stands."""

    count: int
    skipped: int
    status: Literal["pending", "running", "success", "failed", "skipped", "cancelled"]
    error: str | None
    warnings: list[str]


class Results(Shape):
    """How the datasets of a sync stand."""

    claims: DatasetResult
    inventory: DatasetResult
    orders: DatasetResult


class _Progress(Shape):
    progress: int
    step: int
    total_steps: int
    completed_at: datetime | None
    duration_seconds: float | None
    estimated_completion: datetime | None
    orders_processed: int
    total_orders: int | None
    inventory_count: int
    claims_detected: int
    results: Results
    error: str | None
    error_code: str | None
    is_mock: bool


class Sync(_Progress):
    """A sync."""

    sync_id: str
    status: Literal["running", "completed", "failed", "cancelled"]
    message: str
    started_at: datetime
    updated_at: datetime


class SyncState(_Progress):
    """A sync's state, or that there is none."""

    success: bool
    has_active_sync: bool
    sync_id: str | None
    status: Literal["running", "completed", "failed", "cancelled", "idle"]
    message: str | None
    started_at: datetime | None
    updated_at: datetime | None


class SyncEvent(Shape):
    """An event of the stream. `data` is JSON: a Sync, or an error body for `unauthorized`."""

    event: Literal["sync_progress", "sync_complete", "unauthorized"]
    data: str


class SyncStarted(Shape):
    """A sync has begun."""

    success: bool
    sync_id: str
    message: str
    status: Literal["in_progress"]
    estimated_duration: str


class SyncCancelled(Shape):
    """A sync has been cancelled."""

    success: bool
    sync_id: str
    status: Literal["cancelled"]


class Connection(Shape):
    """Whether and how Amazon is connected."""

    success: bool
    connected: bool
    status: Literal["active", "disconnected", "reconnect_required"]
    sandbox: bool
    seller_id: str | None
    marketplace_id: str | None
    region: str | None
    credential_source: Literal["keyring", "environment", "demo"] | None
    last_sync: datetime | None
    active_sync_id: str | None


class Claims(Shape):
    """A page of claims."""

    success: bool
    claims: list[Claim]
    pagination: Pagination


class Inventory(Shape):
    """A page of inventory."""

    success: bool
    inventory: list[InventoryItem]
    pagination: Pagination


class Orders(Shape):
    """A page of orders."""

    success: bool
    orders: list[Order]
    pagination: Pagination


class History(Shape):
    """A page of past syncs."""

    success: bool
    syncs: list[Sync]
    pagination: Pagination


class Health(Shape):
    """Whether the server can work."""

    status: Literal["ok", "degraded"]
    version: str


class Refusal(Shape):
    """What every failure looks like."""

    success: bool
    message: str
    error: str


class RefusedStart(Refusal):
    """A sync already runs."""

    existing_sync_id: str


class RefusedCancel(Refusal):
    """The sync has ended."""

    status: str


class Failure(Refusal):
    """Something unexpected; the log holds it under this id."""

    error_id: str
