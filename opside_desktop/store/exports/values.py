"""A batch of one column's stored values as a file wants them.

They come as the driver gives them, because a million rows of them are the work of an export:
SQLite's amounts are whole hundredths and its moments texts, PostgreSQL's are Decimals and naive
datetimes.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from opside_desktop.domain.clock import iso
from opside_desktop.domain.fields import FieldKind
from opside_desktop.store.schema.types import hundredths_read, moment_read

Convert = Callable[[Sequence[Any]], Sequence[Any]]

_FORMULA = frozenset("=+-@＝＋－＠")  # the wide ones count as well in East Asia
_BREAKS = frozenset("\t\r\n")
_BLANKS = "".join(chr(code) for code in range(0x3001) if chr(code).isspace()) + "\u200b\ufeff"
_SUSPECT = _FORMULA | _BREAKS | frozenset(_BLANKS)
_WHOLE_MOMENT = len("2026-09-01 00:01:00.000000")


def as_amount(value: int | Decimal) -> Decimal:
    """Read a stored amount, with its two places."""
    return value if isinstance(value, Decimal) else hundredths_read(value)


def _same(values: Sequence[Any]) -> Sequence[Any]:
    return values


def _safe_texts(values: Sequence[Any]) -> Sequence[Any]:
    # A spreadsheet would run a text that begins so as a formula; the apostrophe makes it a text.
    return [f"'{one}" if one and one[0] in _SUSPECT and may_run(one) else one for one in values]


def may_run(text: str) -> bool:
    """Tell whether some spreadsheet takes a text for a formula; some look behind the blanks."""
    return text[:1] in _BREAKS or text.lstrip(_BLANKS)[:1] in _FORMULA


def _amounts(values: Sequence[Any]) -> Sequence[Any]:
    return [_amount_text(one) if one is not None else None for one in values]


def _amount_text(value: int | Decimal) -> str:
    if not isinstance(value, int):
        return f"{as_amount(value):.2f}"
    digits = f"{value:03d}" if value >= 0 else f"{value:04d}"  # the sign takes a place
    return f"{digits[:-2]}.{digits[-2:]}"


def _moments(values: Sequence[Any]) -> Sequence[Any]:
    texts: list[str | None] = []
    before: Any = None
    text: str | None = None
    for one in values:
        # Rows of one page were synced at the same moment.
        if one != before:
            before, text = one, None if one is None else _moment_text(one)
        texts.append(text)
    return texts


def _moment_text(value: str | datetime) -> str | None:
    # SQLite's texts, `2026-09-01 00:01:00.000000`, are nearly what is wanted.
    if isinstance(value, str) and len(value) == _WHOLE_MOMENT:
        end = 19 if value.endswith(".000000") else 23
        return f"{value[:10]}T{value[11:end]}Z"
    return iso(moment_read(value))


def _truths(values: Sequence[Any]) -> Sequence[Any]:
    return ["true" if one else "false" for one in values]


def _json_amounts(values: Sequence[Any]) -> Sequence[Any]:
    # PostgreSQL knows amounts that are none, and JSON does not.
    amounts = [None if one is None else as_amount(one) for one in values]
    return [one if one is None or one.is_finite() else None for one in amounts]


def _json_truths(values: Sequence[Any]) -> Sequence[Any]:
    return [None if one is None else bool(one) for one in values]


CSV: Final[Mapping[FieldKind, Convert]] = {
    FieldKind.TEXT: _safe_texts,
    FieldKind.ID: _safe_texts,
    FieldKind.INTEGER: _same,
    FieldKind.MONEY: _amounts,
    FieldKind.MOMENT: _moments,
    FieldKind.BOOLEAN: _truths,
}
"""What turns a column's values into the cells of a CSV."""

JSON: Final[Mapping[FieldKind, Convert]] = {
    FieldKind.TEXT: _same,
    FieldKind.ID: _same,
    FieldKind.INTEGER: _same,
    FieldKind.MONEY: _json_amounts,
    FieldKind.MOMENT: _moments,
    FieldKind.BOOLEAN: _json_truths,
    FieldKind.JSON: _same,
}
"""What turns a column's values into those of JSON objects."""
