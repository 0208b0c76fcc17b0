"""The columns of the three tables: what each is called, how it looks, and how it filters."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace
from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from opside_desktop.domain.columns import OWNER_COLUMN
from opside_desktop.domain.datasets import Dataset


class Kind(StrEnum):
    """How a column's values are shown and compared."""

    ID = "id"
    TEXT = "text"
    CHOICE = "choice"
    STATUS = "status"
    MONEY = "money"
    NUMBER = "number"
    MOMENT = "moment"


class Column(msgspec.Struct, frozen=True):
    """One column. `field` names the value in a row; widths are logical pixels.

    `key` columns name the row: they cannot be hidden and carry the mock badge. `quiet` ones hold
    what is rarely read first. `words` writes a stored value for people where its kind alone cannot.
    """

    field: str
    title: object
    kind: Kind
    width: int
    hidden: bool = False
    key: bool = False
    quiet: bool = False
    currency_field: str = "currency"
    words: Callable[[Any], str] | None = None

    @property
    def name(self) -> str:
        """The title in the reader's language."""
        return QCoreApplication.translate("Columns", str(self.title))

    @property
    def is_choice(self) -> bool:
        """Whether a filter offers the values there are."""
        return self.kind in (Kind.CHOICE, Kind.STATUS)

    @property
    def is_right_aligned(self) -> bool:
        """Whether figures stand under figures."""
        return self.kind in (Kind.MONEY, Kind.NUMBER)


class TableSpec(msgspec.Struct, frozen=True):
    """What makes a dataset's table: columns, the order at first, and what to sum and to date by."""

    dataset: Dataset
    columns: tuple[Column, ...]
    sort: tuple[tuple[str, bool], ...]
    period_field: str | None = None
    money_field: str | None = None

    def column(self, name: str) -> Column | None:
        """Find a column by its field."""
        return next((c for c in self.columns if c.field == name), None)


CLAIMS = TableSpec(
    dataset=Dataset.CLAIMS,
    columns=(
        Column("claim_id", QT_TRANSLATE_NOOP("Columns", "Claim"), Kind.ID, 216, key=True),
        Column("status", QT_TRANSLATE_NOOP("Columns", "Status"), Kind.STATUS, 112),
        Column("type", QT_TRANSLATE_NOOP("Columns", "Type"), Kind.CHOICE, 174),
        Column("amount", QT_TRANSLATE_NOOP("Columns", "Amount"), Kind.MONEY, 112),
        Column("order_id", QT_TRANSLATE_NOOP("Columns", "Order"), Kind.ID, 160),
        Column("created_at", QT_TRANSLATE_NOOP("Columns", "Posted"), Kind.MOMENT, 132, quiet=True),
        Column("description", QT_TRANSLATE_NOOP("Columns", "Why"), Kind.TEXT, 320, quiet=True),
        Column(
            "currency",
            QT_TRANSLATE_NOOP("Columns", "Currency"),
            Kind.CHOICE,
            84,
            hidden=True,
            quiet=True,
        ),
        Column(
            "synced_at",
            QT_TRANSLATE_NOOP("Columns", "Synced"),
            Kind.MOMENT,
            132,
            hidden=True,
            quiet=True,
        ),
    ),
    sort=(("created_at", True),),
    period_field="created_at",
    money_field="amount",
)

INVENTORY = TableSpec(
    dataset=Dataset.INVENTORY,
    columns=(
        Column("sku", QT_TRANSLATE_NOOP("Columns", "SKU"), Kind.ID, 186, key=True),
        Column("product_name", QT_TRANSLATE_NOOP("Columns", "Product"), Kind.TEXT, 300),
        Column("asin", QT_TRANSLATE_NOOP("Columns", "ASIN"), Kind.ID, 104),
        Column(
            "fnsku", QT_TRANSLATE_NOOP("Columns", "FNSKU"), Kind.ID, 108, hidden=True, quiet=True
        ),
        Column("quantity_available", QT_TRANSLATE_NOOP("Columns", "Available"), Kind.NUMBER, 88),
        Column("quantity_reserved", QT_TRANSLATE_NOOP("Columns", "Reserved"), Kind.NUMBER, 88),
        Column("quantity_inbound", QT_TRANSLATE_NOOP("Columns", "Inbound"), Kind.NUMBER, 88),
        Column("quantity_total", QT_TRANSLATE_NOOP("Columns", "Total"), Kind.NUMBER, 88),
        Column("condition", QT_TRANSLATE_NOOP("Columns", "Condition"), Kind.CHOICE, 96, quiet=True),
        Column(
            "warehouse_location",
            QT_TRANSLATE_NOOP("Columns", "Warehouse"),
            Kind.CHOICE,
            116,
            hidden=True,
        ),
        Column("synced_at", QT_TRANSLATE_NOOP("Columns", "Synced"), Kind.MOMENT, 132, quiet=True),
    ),
    sort=(("sku", False),),
)

ORDERS = TableSpec(
    dataset=Dataset.ORDERS,
    columns=(
        Column("order_id", QT_TRANSLATE_NOOP("Columns", "Order"), Kind.ID, 208, key=True),
        Column("status", QT_TRANSLATE_NOOP("Columns", "Status"), Kind.STATUS, 160),
        Column(
            "purchase_date", QT_TRANSLATE_NOOP("Columns", "Bought"), Kind.MOMENT, 132, quiet=True
        ),
        Column("total_amount", QT_TRANSLATE_NOOP("Columns", "Total"), Kind.MONEY, 112),
        Column("fulfillment_channel", QT_TRANSLATE_NOOP("Columns", "Channel"), Kind.CHOICE, 76),
        Column(
            "sales_channel", QT_TRANSLATE_NOOP("Columns", "Sold on"), Kind.CHOICE, 104, quiet=True
        ),
        Column("items_ordered", QT_TRANSLATE_NOOP("Columns", "Ordered"), Kind.NUMBER, 80),
        Column("items_shipped", QT_TRANSLATE_NOOP("Columns", "Shipped"), Kind.NUMBER, 80),
        Column(
            "last_update_date",
            QT_TRANSLATE_NOOP("Columns", "Changed"),
            Kind.MOMENT,
            132,
            quiet=True,
        ),
        Column(
            "marketplace_id", QT_TRANSLATE_NOOP("Columns", "Marketplace"), Kind.ID, 148, hidden=True
        ),
        Column(
            "currency",
            QT_TRANSLATE_NOOP("Columns", "Currency"),
            Kind.CHOICE,
            84,
            hidden=True,
            quiet=True,
        ),
        Column(
            "synced_at",
            QT_TRANSLATE_NOOP("Columns", "Synced"),
            Kind.MOMENT,
            132,
            hidden=True,
            quiet=True,
        ),
    ),
    sort=(("purchase_date", True),),
    period_field="purchase_date",
    money_field="total_amount",
)

TABLES = {spec.dataset: spec for spec in (CLAIMS, INVENTORY, ORDERS)}


def with_owner(spec: TableSpec, name_of: Callable[[Any], str]) -> TableSpec:
    """Give a table the column that tells whose row it is; `name_of` names a user id's account."""
    owner = Column(
        OWNER_COLUMN,
        QT_TRANSLATE_NOOP("Columns", "Account"),
        Kind.CHOICE,
        132,
        quiet=True,
        words=name_of,
    )
    first, *others = spec.columns
    return replace(spec, columns=(first, owner, *others))
