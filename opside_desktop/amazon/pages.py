"""Pages: what every paged operation gives, and reading their records one by one."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Generic, Literal, TypeVar

import msgspec

from opside_desktop.amazon import tolerant
from opside_desktop.amazon.repair import UNREADABLE
from opside_desktop.domain.clock import iso, parse_moment
from opside_desktop.domain.records import Mended, Skipped
from opside_desktop.logs.redaction import redact

T = TypeVar("T")
R = TypeVar("R")
W = TypeVar("W")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of records.

    Attributes:
        records: in Amazon's order.
        skipped: records that could not be read, which never spoil the page.
        mended: fields of its records that could not be read, and are empty.
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
    mended: list[Mended] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Frame:
    """Where an answer's records stand.

    Attributes:
        path: the keys from the outside in to the list of records.
        by_name: whether an object of such lists stands there.
        key: what a record is known by.
    """

    path: tuple[str, ...]
    by_name: bool = False
    key: Literal["order", "sku", ""] = ""


Take = Callable[[Page[T]], Page[R]]
"""What is made of a page right after it was decoded, in the same thread; called once for each."""


def untouched(page: Page[T]) -> Page[T]:
    return page


class UnreadableRecord(Exception):
    """One record cannot be used; the text is a sentence that says why."""


def read_page(
    raws: Sequence[msgspec.Raw] | None,
    decoder: msgspec.json.Decoder[W],
    convert: Callable[[W, msgspec.Raw], T],
    names: Sequence[str],
    *,
    next_token: str | None = None,
    until: str | None = None,
) -> Page[T]:
    """Make a page, record by record; one that cannot be read is named and left out.

    A record of which only a part cannot be read is kept without it (`tolerant.decode`).

    Args:
        raws: None where the answer came without its list.
        convert: takes a record as it was read, and its JSON; raises UnreadableRecord for one that
            it cannot use.
        names: the field that is a record's key, which names it; then those that may tell a person
            which record it is, where the key cannot be read.
        until: as Amazon wrote it.
    """
    page: Page[T] = Page(
        [], next_token=next_token or None, until=parse_moment(until), is_frameless=raws is None
    )
    for raw in raws or ():
        try:
            wire, blanked = tolerant.decode(raw, decoder)
            page.records.append(convert(wire, raw))
        except UNREADABLE as error:
            page.skipped.append(_skipped(raw, names, _sentence(error)))
        except UnreadableRecord as error:
            page.skipped.append(_skipped(raw, names, str(error)))
        else:
            if blanked:
                name = _skipped(raw, names, "").record
                page.mended.extend(Mended(name, path, was_cut=False) for path in blanked)
    return page


def _skipped(raw: msgspec.Raw, names: Sequence[str], why: str) -> Skipped:
    try:
        record = msgspec.json.decode(raw)
    except UNREADABLE:
        record = None
    told = {name: _said(record.get(name)) for name in names} if isinstance(record, dict) else {}
    key = told.get(names[0])
    shown = key or " ".join(f"{name} {said}" for name, said in told.items() if said)
    return Skipped(redact(shown) or "a record without a name", why, key)


def _said(value: object) -> str | None:
    """Give a plain value as text; None where there is none, or something with parts."""
    return str(value) if isinstance(value, str | int | float) and value != "" else None


def _sentence(error: Exception) -> str:
    path = re.search(r"`\$\.?([^`]+)`$", str(error))
    where = f" in “{path[1]}”" if path else ""
    return f"Amazon sent a value of an unexpected kind{where}."


def spell(when: datetime) -> str:
    """Write a moment as Amazon's parameters want it."""
    return iso(when) or ""


def check_amount(amount: Decimal | None) -> None:
    """Look at an amount while its struct is decoded, so that it counts as one that is unreadable.

    Raises:
        ValueError: it is not a number (`NaN`) or infinite.
    """
    if amount is not None and not amount.is_finite():
        raise ValueError("Amazon sent an amount that is not a number.")
