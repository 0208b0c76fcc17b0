"""Column types that mean the same on SQLite and PostgreSQL, and the database's clock."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

T = TypeVar("T")

_CENT = Decimal("0.01")

_encoder = msgspec.json.Encoder(decimal_format="number")
_decoder = msgspec.json.Decoder(float_hook=Decimal)

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_MOST_DIGITS = 10_000
"""Of a number in JSON; PostgreSQL holds 16,383 behind the point."""
_PERHAPS_UNSTORABLE = re.compile(r"\\u0000|E[+-]\d{4}|\d{10000}")


def storable(value: Any) -> Any:
    """Give a value that both databases take, for what is written about a bad one.

    U+FFFD stands for each NUL character and each half of a surrogate pair, at any depth of lists
    and objects, and a number of more than ten thousand digits becomes text. Else nothing changes.
    """
    if isinstance(value, str):
        return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {storable(name): storable(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [storable(part) for part in value]
    if isinstance(value, Decimal) and value.is_finite():
        digits = max(abs(value.adjusted()), len(value.as_tuple().digits))
        return value if digits < _MOST_DIGITS else str(value)
    return value


def dump_json(value: Any) -> str:
    """Write JSON text that can be stored; Decimals become numbers, digit for digit."""
    try:
        text = _encoder.encode(value).decode()
    except UnicodeEncodeError:
        text = _encoder.encode(storable(value)).decode()
    # Most texts hold nothing of the kind, so the slow look at their parts is rare.
    return _encoder.encode(storable(value)).decode() if _PERHAPS_UNSTORABLE.search(text) else text


def load_json(text: str | bytes) -> Any:
    """Read JSON text; a number with a point or an exponent becomes a Decimal, digit for digit."""
    return _decoder.decode(text)


def load_stored_json(text: str | bytes) -> Any:
    """Read JSON text of SQLite, which checks none: what is no JSON stays the text that it is."""
    try:
        return load_json(text)
    except msgspec.DecodeError:
        return text


class UnreadableValue(ValueError):
    """A stored value is not what belongs into its column: another program wrote it there."""


def hundredths_read(value: Any) -> Decimal:
    """Make an amount of SQLite's whole hundredths.

    Raises:
        UnreadableValue: it is no number.
    """
    try:
        return Decimal(value).scaleb(-2)
    except (ArithmeticError, TypeError, ValueError):
        raise UnreadableValue(f"{value!r:.50} is no amount.") from None


def moment_read(value: Any) -> datetime:
    """Add the zone that the database leaves out; on SQLite a moment is a text.

    Raises:
        UnreadableValue: it is no moment.
    """
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        # Another program may have written the zone into SQLite's text.
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (AttributeError, OverflowError, ValueError):
        raise UnreadableValue(f"{value!r:.50} is no date with a time.") from None


class Money(sa.types.TypeDecorator[Decimal]):
    """An amount with two places: hundredths as an INTEGER on SQLite, DECIMAL on PostgreSQL.

    Both are exact, sort and add up. More than two places are rounded half away from zero, as
    PostgreSQL does it.
    """

    impl = sa.Numeric
    cache_ok = True

    def __init__(self, digits: int) -> None:
        """Take the number of digits, the two decimals among them."""
        super().__init__(digits, 2)
        self.digits = digits

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.Integer())
        return dialect.type_descriptor(self.impl_instance)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if dialect.name == "sqlite":
            return _hundredths(value)
        return None if value is None else value.quantize(_CENT, ROUND_HALF_UP)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        return hundredths_read(value) if dialect.name == "sqlite" else Decimal(value)


class Moment(sa.types.TypeDecorator[datetime]):
    """A moment: aware and UTC in code, naive UTC in the database.

    On SQLite that is text with six digits behind the point, `2026-09-01 00:01:00.000000`, so that
    texts compare as moments do. Conversions are our own: they are most of a page's work, and
    SQLAlchemy's take four times as long.
    """

    impl = sa.TIMESTAMP
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(
            sa.String() if dialect.name == "sqlite" else self.impl_instance
        )

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if dialect.name == "sqlite":
            return _naive_text(value)
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else moment_read(value)


Uuid = sa.Uuid(as_uuid=False).with_variant(sa.String(36), "sqlite")
"""36 characters with hyphens in code and on SQLite."""


class Json(sa.types.TypeDecorator[Any]):
    """JSON text on SQLite, JSONB on PostgreSQL; the engine has `dump_json` and `load_json`."""

    impl = sa.JSON
    cache_ok = True

    def __init__(self) -> None:
        """Store None as NULL, not as JSON's null."""
        super().__init__(none_as_null=True)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name != "postgresql":
            return dialect.type_descriptor(self.impl_instance)
        # The dialect brings all its drivers along, which costs a start on SQLite 20 ms.
        from sqlalchemy.dialects.postgresql import JSONB

        return dialect.type_descriptor(JSONB(none_as_null=True))


class Spelled(FunctionElement[T]):
    """An expression that the two databases spell differently, each from its clauses' SQL."""

    inherit_cache = True
    on_sqlite: Callable[..., str]
    on_postgresql: Callable[..., str]

    @property
    def rowid(self) -> str:
        """SQLite's own number of a row, in the table of the first clause."""
        column, *_ = self.clauses
        return f"{column.table.name}.rowid"


@compiles(Spelled, "sqlite")
def _on_sqlite(element: Spelled[Any], compiler: SQLCompiler, **kwargs: Any) -> str:
    return element.on_sqlite(*(compiler.process(one, **kwargs) for one in element.clauses))


@compiles(Spelled, "postgresql")
def _on_postgresql(element: Spelled[Any], compiler: SQLCompiler, **kwargs: Any) -> str:
    return element.on_postgresql(*(compiler.process(one, **kwargs) for one in element.clauses))


class db_now(Spelled[datetime]):  # noqa: N801 - reads like the SQL function it is
    """The database's clock as naive UTC, to the millisecond."""

    type = Moment()
    inherit_cache = True

    def on_sqlite(self) -> str:
        # Six digits behind the point, as `Moment` writes them.
        return "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')"

    def on_postgresql(self) -> str:
        # Milliseconds as on SQLite, and as the times within `metadata`, so that both can be
        # compared.
        return "date_trunc('milliseconds', timezone('utc', clock_timestamp()))"


class written_order(Spelled[Any]):  # noqa: N801 - reads like the SQL function it is
    """Which of two rows was written first, whatever a computer's clock said at the time.

    A file knows the order itself. A server has a clock that can be relied on: the column given.
    """

    inherit_cache = True

    def on_sqlite(self, column: str) -> str:
        return self.rowid

    def on_postgresql(self, column: str) -> str:
        return column


Processor = Callable[[Any], Any]

Values = Mapping[str, Sequence[Any]]
"""Rows by column: the name of each, and its value in every row."""


def _hundredths(value: Decimal | None) -> int | None:
    return None if value is None else int((value * 100).to_integral_value(ROUND_HALF_UP))


def _naive_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    return value.isoformat(" ", "microseconds")[:26]  # without the zone


def bind_processor(type_: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    """Give the function that turns a value of code into what the driver takes; None for none."""
    if dialect.name == "sqlite":
        # What most values of a page are, without SQLAlchemy's layers around them.
        if isinstance(type_, Moment):
            return _naive_text
        if isinstance(type_, Money):
            return _hundredths
    return type_.dialect_impl(dialect).bind_processor(dialect)


def bound(values: Sequence[Any], process: Processor | None) -> Sequence[Any]:
    """Turn a column's values into what the driver takes."""
    if process is None:
        return values
    # One value after another is often the same object: the page's time, for example.
    before = after = None
    taken = []
    for value in values:
        if value is not before:
            before, after = value, process(value)
        taken.append(after)
    return tuple(taken)


def row_uuid(*parts: str) -> str:
    """Name a row by its user, table and key: a UUID (version 5 layout) that never changes."""
    h = hashlib.sha1("\0".join(parts).encode(), usedforsecurity=False).hexdigest()
    return f"{h[:8]}-{h[8:12]}-5{h[13:16]}-a{h[17:20]}-{h[20:32]}"
