"""The columns of the three tables: what each is called, how it looks, and how it filters."""

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace
from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from opside_desktop.domain.columns import DEFAULT_ORDER, MONEY_COLUMN, OWNER_COLUMN, column
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.fields import FieldKind
from opside_desktop.store.reading.queries import Sort


class Kind(StrEnum):
    """How a column's values are shown and compared."""

    ID = "id"
    TEXT = "text"
    CHOICE = "choice"
    STATUS = "status"
    MONEY = "money"
    NUMBER = "number"
    MOMENT = "moment"


class TableColumn(msgspec.Struct, frozen=True):
    """One column. `field` names the value in a row; widths are logical pixels.

    `key` columns name the row: they cannot be hidden and carry the mock badge. `quiet` ones hold
    what is rarely read first. `words` writes a stored value for people where its kind alone cannot.
    `nothing` says what it means that there is none, where it means more than that.
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
    nothing: object = None

    @property
    def no_value(self) -> str:
        """What it means that there is no value, in the reader's language; empty if nothing."""
        return QCoreApplication.translate("Columns", str(self.nothing)) if self.nothing else ""

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
    """What makes a dataset's table."""

    dataset: Dataset
    columns: tuple[TableColumn, ...]

    @property
    def sort(self) -> tuple[Sort, ...]:
        """The order at first."""
        return (Sort(*DEFAULT_ORDER[self.dataset]),)

    @property
    def money_field(self) -> str | None:
        """What is summed."""
        return MONEY_COLUMN.get(self.dataset)

    def column(self, name: str) -> TableColumn | None:
        """Find a column by its field."""
        return next((c for c in self.columns if c.field == name), None)


_KINDS = {
    FieldKind.ID: Kind.ID,
    FieldKind.TEXT: Kind.TEXT,
    FieldKind.INTEGER: Kind.NUMBER,
    FieldKind.MONEY: Kind.MONEY,
    FieldKind.MOMENT: Kind.MOMENT,
}


def _column(
    dataset: Dataset,
    field: str,
    title: object,
    width: int,
    *,
    kind: Kind | None = None,
    hidden: bool = False,
    quiet: bool = False,
    nothing: object = None,
) -> TableColumn:
    """Show a stored field, by its own kind unless another is given."""
    stored = column(dataset, field)
    is_choice = stored.kind is FieldKind.TEXT and stored.has_choices
    kind = kind or (Kind.CHOICE if is_choice else _KINDS[stored.kind])
    return TableColumn(
        field, title, kind, width, hidden=hidden, key=stored.key, quiet=quiet, nothing=nothing
    )


_claim = partial(_column, Dataset.CLAIMS)
_item = partial(_column, Dataset.INVENTORY)
_order = partial(_column, Dataset.ORDERS)

CLAIMS = TableSpec(
    Dataset.CLAIMS,
    (
        _claim("claim_id", QT_TRANSLATE_NOOP("Columns", "Claim"), 216),
        _claim("status", QT_TRANSLATE_NOOP("Columns", "Status"), 112, kind=Kind.STATUS),
        _claim("type", QT_TRANSLATE_NOOP("Columns", "Type"), 174),
        _claim("amount", QT_TRANSLATE_NOOP("Columns", "Amount"), 112),
        _claim("matures_at", QT_TRANSLATE_NOOP("Columns", "Release due"), 132, hidden=True),
        _claim(
            "hidden_reason",
            QT_TRANSLATE_NOOP("Columns", "Hidden"),
            112,
            hidden=True,
            nothing=QT_TRANSLATE_NOOP("Columns", "not hidden"),
        ),
        _claim("order_id", QT_TRANSLATE_NOOP("Columns", "Order"), 160),
        _claim("sku", QT_TRANSLATE_NOOP("Columns", "SKU"), 160, hidden=True),
        _claim("quantity", QT_TRANSLATE_NOOP("Columns", "Units"), 80, hidden=True),
        _claim("created_at", QT_TRANSLATE_NOOP("Columns", "Posted"), 132, quiet=True),
        _claim("description", QT_TRANSLATE_NOOP("Columns", "Why"), 320, quiet=True),
        _claim("reimbursement_id", QT_TRANSLATE_NOOP("Columns", "Reimbursement"), 132, hidden=True),
        _claim("case_id", QT_TRANSLATE_NOOP("Columns", "Case"), 132, hidden=True),
        _claim("currency", QT_TRANSLATE_NOOP("Columns", "Currency"), 84, hidden=True, quiet=True),
        _claim("synced_at", QT_TRANSLATE_NOOP("Columns", "Synced"), 132, hidden=True, quiet=True),
    ),
)

INVENTORY = TableSpec(
    Dataset.INVENTORY,
    (
        _item("sku", QT_TRANSLATE_NOOP("Columns", "SKU"), 186),
        _item("product_name", QT_TRANSLATE_NOOP("Columns", "Product"), 300),
        _item("asin", QT_TRANSLATE_NOOP("Columns", "ASIN"), 104),
        _item("fnsku", QT_TRANSLATE_NOOP("Columns", "FNSKU"), 108, hidden=True, quiet=True),
        _item("quantity_available", QT_TRANSLATE_NOOP("Columns", "Available"), 88),
        _item("quantity_reserved", QT_TRANSLATE_NOOP("Columns", "Reserved"), 88),
        _item("quantity_inbound", QT_TRANSLATE_NOOP("Columns", "Inbound"), 88),
        _item("quantity_total", QT_TRANSLATE_NOOP("Columns", "Total"), 88),
        _item("condition", QT_TRANSLATE_NOOP("Columns", "Condition"), 96, quiet=True),
        _item("warehouse_location", QT_TRANSLATE_NOOP("Columns", "Warehouse"), 116, hidden=True),
        _item("synced_at", QT_TRANSLATE_NOOP("Columns", "Synced"), 132, quiet=True),
    ),
)

ORDERS = TableSpec(
    Dataset.ORDERS,
    (
        _order("order_id", QT_TRANSLATE_NOOP("Columns", "Order"), 208),
        _order("status", QT_TRANSLATE_NOOP("Columns", "Status"), 160, kind=Kind.STATUS),
        _order("purchase_date", QT_TRANSLATE_NOOP("Columns", "Bought"), 132, quiet=True),
        _order("total_amount", QT_TRANSLATE_NOOP("Columns", "Total"), 112),
        _order("fulfillment_channel", QT_TRANSLATE_NOOP("Columns", "Channel"), 76),
        _order("sales_channel", QT_TRANSLATE_NOOP("Columns", "Sold on"), 104, quiet=True),
        _order("items_ordered", QT_TRANSLATE_NOOP("Columns", "Ordered"), 80),
        _order("items_shipped", QT_TRANSLATE_NOOP("Columns", "Shipped"), 80),
        _order("last_update_date", QT_TRANSLATE_NOOP("Columns", "Changed"), 132, quiet=True),
        _order("marketplace_id", QT_TRANSLATE_NOOP("Columns", "Marketplace"), 148, hidden=True),
        _order("currency", QT_TRANSLATE_NOOP("Columns", "Currency"), 84, hidden=True, quiet=True),
        _order("synced_at", QT_TRANSLATE_NOOP("Columns", "Synced"), 132, hidden=True, quiet=True),
    ),
)

TABLES = {spec.dataset: spec for spec in (CLAIMS, INVENTORY, ORDERS)}


def with_owner(spec: TableSpec, name_of: Callable[[Any], str]) -> TableSpec:
    """Give a table the column that tells whose row it is; `name_of` names a user id's account."""
    owner = TableColumn(
        OWNER_COLUMN,
        QT_TRANSLATE_NOOP("Columns", "Account"),
        Kind.CHOICE,
        132,
        quiet=True,
        words=name_of,
    )
    first, *others = spec.columns
    return replace(spec, columns=(first, owner, *others))
