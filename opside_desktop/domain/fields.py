"""How what is stored of a record is declared: beside the type of each field, and nowhere else.

`sku: Annotated[str | None, Field(FieldKind.ID, 255)]` is an attribute for the code and a column for
the tables. Tables, rows, checks, lists, exports and the window's columns follow from it.
"""

from enum import StrEnum
from functools import cache
from typing import get_args, get_type_hints

import msgspec
from msgspec.structs import replace


class FieldKind(StrEnum):
    """What a field holds, and so the Python type of its values (None where unknown).

    TEXT and ID: str. INTEGER: int. MONEY: Decimal. MOMENT: aware datetime, UTC. BOOLEAN: bool.
    JSON: an object of Amazon's, whose numbers are Decimals or whole.
    """

    TEXT = "text"
    ID = "id"
    INTEGER = "integer"
    MONEY = "money"
    MOMENT = "moment"
    BOOLEAN = "boolean"
    JSON = "json"

    @property
    def is_text(self) -> bool:
        """Whether its values are texts."""
        return self in (FieldKind.TEXT, FieldKind.ID)


class Field(msgspec.Struct, frozen=True):
    """One stored field of a record.

    Attributes:
        kind: what it holds.
        size: characters of a text at most, None for any number; digits of an amount, the two
            decimals among them.
        key: it names the record, with others of its kind, within one user.
        required: the database refuses NULL; as it does of each key.
        searchable: the free-text search looks into it.
        has_choices: it holds few different values, so a filter can offer them as a list.
        is_code: a text that would mean something else if it were cut; each ID is one anyway.
        is_listed: tables, lists, exports and searches know it; else only the code does.
        name: the attribute and the column; known once the record's class is.
        optional: whether the record may lack it; known by its type.
    """

    kind: FieldKind
    size: int | None = None
    key: bool = False
    required: bool = False
    searchable: bool = False
    has_choices: bool = False
    is_code: bool = False
    is_listed: bool = True
    name: str = ""
    optional: bool = False

    @property
    def nullable(self) -> bool:
        """Whether the database takes NULL."""
        return not (self.key or self.required)

    @property
    def may_be_cut(self) -> bool:
        """Whether it still says what it is to if its end is missing."""
        return self.kind is FieldKind.TEXT and not self.is_code

    @property
    def json_key(self) -> str:
        """The name in JSON: `orderId` of `order_id`."""
        return camel(self.name)


@cache
def fields_of(record: type[msgspec.Struct]) -> tuple[Field, ...]:
    """List what is stored of a record, in its order; attributes without a `Field` are not."""
    hints = get_type_hints(record, include_extras=True)
    found = []
    for name in record.__struct_fields__:
        kind, *declared = get_args(hints[name]) or (None,)
        if declared and isinstance(declared[0], Field):
            found.append(replace(declared[0], name=name, optional=type(None) in get_args(kind)))
    return tuple(found)


def camel(name: str) -> str:
    """Spell a name as JSON does: `order_id` is `orderId`."""
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)
