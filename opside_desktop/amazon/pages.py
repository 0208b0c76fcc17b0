"""Pages: what every paged operation gives, and reading their records one by one."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Generic, TypeVar

import msgspec

from opside_desktop.domain.clock import iso
from opside_desktop.domain.records import Skipped

T = TypeVar("T")
W = TypeVar("W")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of records.

    Attributes:
        records: in Amazon's order.
        skipped: records that could not be read, which never spoil the page.
        next_token: to be sent with the same arguments for the next page; None on the last one. A
            page may be empty and still have one.
        request_id: Amazon's, for its support.
        until: the upper bound that Amazon echoed, where it does (orders).
        is_frameless: whether the list of records itself was missing, also when asked for again;
            such a page counts as empty, but proves nothing.
    """

    records: list[T]
    skipped: list[Skipped] = field(default_factory=list)
    next_token: str | None = None
    request_id: str | None = None
    until: datetime | None = None
    is_frameless: bool = False


_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    rb"(?P<pair>\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2})"
    rb"|(?P<half>\\u[dD][89a-fA-F][\da-fA-F]{2})"
    rb"|\\.",
    re.DOTALL,
)


def whole_text(body: bytes) -> bytes:
    """Put U+FFFD for each half of a surrogate pair: one would make a whole page unreadable."""
    if not _SURROGATE.search(body):
        return body
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found["half"] else found[0], body)


class Unreadable(Exception):
    """One record cannot be used; the text is a sentence that says why."""


def read_each(
    raws: Sequence[msgspec.Raw],
    decoder: msgspec.json.Decoder[W],
    convert: Callable[[W], T],
    name_field: str,
) -> tuple[list[T], list[Skipped]]:
    """Decode and convert record by record; one that cannot be read is named and left out.

    Args:
        convert: raises Unreadable for a record it cannot use.
        name_field: where the record's name stands, to be told with the reason.
    """
    records: list[T] = []
    skipped: list[Skipped] = []
    for raw in raws:
        try:
            records.append(convert(decoder.decode(raw)))
        except msgspec.DecodeError as error:
            skipped.append(_skipped(raw, name_field, _sentence(error)))
        except Unreadable as error:
            skipped.append(_skipped(raw, name_field, str(error)))
    return records, skipped


def _skipped(raw: msgspec.Raw, name_field: str, why: str) -> Skipped:
    try:
        record = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        record = None
    name = record.get(name_field) if isinstance(record, dict) else None
    key = name if isinstance(name, str) and name else None
    return Skipped(key or "a record without a name", why, key)


def _sentence(error: msgspec.DecodeError) -> str:
    place = re.search(r"`\$\.?([^`]*)`$", str(error))
    where = f" in “{place[1]}”" if place and place[1] else ""
    return f"Amazon sent a value of an unexpected kind{where}."


def moment(when: datetime | None) -> datetime | None:
    """Put a moment of Amazon's into UTC; Amazon means UTC where it names no zone.

    Raises:
        Unreadable: it lies before the first year or after the last one.
    """
    if when is None:
        return None
    try:
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except OverflowError:
        raise Unreadable("Amazon sent a date that does not exist.") from None


def parse_moment(text: str | None) -> datetime | None:
    """Read an echoed bound; None where it is none (the sandbox sends `1.569521782042E9`)."""
    try:
        return moment(datetime.fromisoformat(text)) if text else None
    except (ValueError, Unreadable):
        return None


def spell(when: datetime) -> str:
    """Write a moment as Amazon's parameters want it."""
    return iso(when) or ""


def exact(amount: Decimal | None) -> Decimal | None:
    """Pass an amount on.

    Raises:
        Unreadable: it is not a number (`NaN`) or infinite.
    """
    if amount is not None and not amount.is_finite():
        raise Unreadable("Amazon sent an amount that is not a number.")
    return amount
