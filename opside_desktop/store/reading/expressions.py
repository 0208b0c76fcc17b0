"""What the two databases spell differently when rows are looked for."""

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from opside_desktop.store.reading.packed_ids import RowId
from opside_desktop.store.schema.types import Spelled


class _RowIdType(sa.types.TypeDecorator[RowId]):
    """A whole number on SQLite, a UUID object, as the driver gives it, on PostgreSQL."""

    impl = sa.BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(
            self.impl_instance if dialect.name == "sqlite" else sa.Uuid()
        )


class RowIdList(sa.types.TypeDecorator[Sequence[RowId]]):
    """Any number of row ids as one parameter: JSON text on SQLite, an array on PostgreSQL."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(
            self.impl_instance if dialect.name == "sqlite" else sa.ARRAY(sa.Uuid())
        )

    def process_bind_param(self, value: Sequence[RowId] | None, dialect: Dialect) -> Any:
        if dialect.name != "sqlite":
            return value
        return "[" + ",".join(map(str, value or ())) + "]"


class row_key(Spelled[RowId]):  # noqa: N801 - reads like the SQL function it is
    """What the database finds a row by fastest; made of the table's primary key."""

    type = _RowIdType()
    inherit_cache = True

    def on_sqlite(self, key: str) -> str:
        return self.rowid

    def on_postgresql(self, key: str) -> str:
        return key


class among(Spelled[bool]):  # noqa: N801 - reads like the SQL function it is
    """Whether a row's id is in a `RowIdList`; made of the table's primary key and the list."""

    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        """Stand as it is: SQLAlchemy would add `= 1`, and SQLite would read the whole table."""
        return self

    def on_sqlite(self, key: str, ids: str) -> str:
        return f"{self.rowid} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 - names of ours

    def on_postgresql(self, key: str, ids: str) -> str:
        return f"{key} = ANY ({ids})"


class contains(Spelled[bool]):  # noqa: N801 - reads like the SQL function it is
    """Whether a text fits a pattern of LIKE, whatever the case; a third clause is what escapes.

    Without one SQLite compares a twentieth faster, and PostgreSQL takes a backslash.
    """

    type = sa.Boolean()
    inherit_cache = True

    def on_sqlite(self, stored: str, pattern: str, *escape: str) -> str:
        return " ".join((stored, "LIKE", pattern, *(f"ESCAPE {one}" for one in escape)))

    def on_postgresql(self, stored: str, pattern: str, *escape: str) -> str:
        # lower() on both sides compares a third faster, but of that the server has no statistics:
        # it would read the whole table where the first rows of the order hold enough that fit.
        return f"{stored} ILIKE {pattern}"


class _AnyCase(sa.types.TypeDecorator[str]):
    """A text as the pattern that finds it: of GLOB on SQLite, a regular expression on PostgreSQL.

    Both take a list of a letter's forms, such as [Éé], in any alphabet and under any locale. The
    first letter stands for itself: SQLite finds the places where a list fits three times slower.
    """

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str:
        escaped = _glob_escaped if dialect.name == "sqlite" else re.escape
        text = value or ""
        lists = (_forms(char) for char in text[1:])
        pattern = escaped(text[:1]) + "".join(
            f"[{forms}]" if len(forms) > 1 else escaped(forms) for forms in lists
        )
        return f"*{pattern}*" if dialect.name == "sqlite" else pattern


def _forms(letter: str) -> str:
    """List a letter in upper and lower case; anything else is by itself."""
    forms = {
        form for one in (letter.lower(), letter.upper()) for form in (one.lower(), one.upper())
    }
    if "σ" in forms:
        forms.add("ς")  # what it is at the end of a word
    # A form of two letters, as of ß, is another text.
    return "".join(sorted({letter, *(form for form in forms if len(form) == 1)}))


def _glob_escaped(char: str) -> str:
    return f"[{char}]" if char in ("*", "?", "[") else char


def contains_any_case(stored: sa.ColumnElement[Any], text: str) -> sa.ColumnElement[bool]:
    """Whether a stored text holds another one, which is not empty, in any case of all letters."""
    texts = (sa.literal(first + text[1:], _AnyCase()) for first in _forms(text[0]))
    return sa.or_(*(_fits(stored, one) for one in texts))


class _fits(Spelled[bool]):  # noqa: N801 - reads like the SQL function it is
    type = sa.Boolean()
    inherit_cache = True

    def on_sqlite(self, stored: str, pattern: str) -> str:
        return f"{stored} GLOB {pattern}"

    def on_postgresql(self, stored: str, pattern: str) -> str:
        return f"{stored} ~ {pattern}"
