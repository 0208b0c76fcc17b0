"""The query parameters: what each must be, how it is read, and how the document describes it.

The framework's own would read 1e2 as 100, the word null as nothing, and the last of two.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final, Generic, TypeVar

from litestar.openapi.spec import OpenAPIFormat, OpenAPIType, Parameter, Schema

from opside_desktop.api.service import ApiRequest
from opside_desktop.domain.clock import EARLIEST, LATEST
from opside_desktop.domain.errors import BadInput
from opside_desktop.domain.syncs import SyncStatus

T = TypeVar("T")

FARTHEST: Final = 2**53 - 1
"""More rows cannot be passed over: JSON's numbers are exact only so far."""

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT: Final = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Query(Generic[T]):
    """One query parameter. `must_be` ends a sentence; `read` raises ValueError."""

    name: str
    must_be: str
    schema: Schema
    read: Callable[[str], T]
    default: T
    help: str = ""

    def of(self, request: ApiRequest) -> T:
        """Read it.

        Raises:
            BadInput: it is unreadable, or given more than once.
        """
        given = request.query_params.getall(self.name, [])
        if not given:
            return self.default
        if len(given) > 1:
            raise BadInput(f"{self.name} must be given once.")
        try:
            return self.read(given[0])
        except ValueError:
            raise BadInput(f"{self.name} must be {self.must_be}.") from None

    @property
    def document(self) -> Parameter:
        """Describe it."""
        return Parameter(
            name=self.name,
            param_in="query",
            schema=self.schema,
            description=self.help or f"{self.must_be[0].upper()}{self.must_be[1:]}.",
            required=False,
        )


def whole_number(name: str, least: int, most: int, default: int, help: str = "") -> Query[int]:  # noqa: A002
    """A whole number within limits."""

    def read(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", text) or not least <= int(text) <= most:
            raise ValueError
        return int(text)

    schema = Schema(type=OpenAPIType.INTEGER, minimum=least, maximum=most, default=default)
    said = f"from {least} to {most}" if most < FARTHEST else f"of {least} or more"
    return Query(name, f"a whole number {said}", schema, read, default, help)


def text(name: str, help: str) -> Query[str]:  # noqa: A002
    """Any text; an empty one counts as none."""
    schema = Schema(type=OpenAPIType.STRING)
    # No stored text holds the character NUL, and PostgreSQL would refuse it.
    return Query(name, "a text", schema, lambda given: given.replace("\0", "\ufffd"), "", help)


def _if(fits: Callable[[str], object]) -> Callable[[str], str]:
    """Read a text as it is, if it fits."""

    def read(given: str) -> str:
        if not fits(given):
            raise ValueError
        return given

    return read


def flag(name: str, help: str) -> Query[bool]:  # noqa: A002
    """Yes or no; no by default."""
    words = {"true": True, "false": False}

    def read(given: str) -> bool:
        if given.lower() not in words:
            raise ValueError
        return words[given.lower()]

    schema = Schema(type=OpenAPIType.BOOLEAN, default=False)
    return Query(name, "true or false", schema, read, False, help)


def one_of(name: str, known: tuple[str, ...], help: str) -> Query[str | None]:  # noqa: A002
    """One of a few words."""
    schema = Schema(type=OpenAPIType.STRING, enum=list(known))
    return Query(name, "one of " + ", ".join(known), schema, _if(known.__contains__), None, help)


def pattern(name: str, pattern: str, must_be: str, help: str) -> Query[str | None]:  # noqa: A002
    """A text of a pattern."""
    schema = Schema(type=OpenAPIType.STRING, pattern=pattern)
    return Query(name, must_be, schema, _if(re.compile(pattern).fullmatch), None, help)


def moment(name: str, help: str, *, end_of_day: bool = False) -> Query[datetime | None]:  # noqa: A002
    """A date, which means its midnight or its last moment (UTC), or a date with a time."""

    def read(given: str) -> datetime:
        if _DAY.fullmatch(given):
            of_day = time.max if end_of_day else time.min
            return datetime.combine(date.fromisoformat(given), of_day, UTC)
        # A plus sign that was not encoded arrives as a space.
        spelled = re.sub(r" (\d\d:\d\d)$", r"+\1", given.upper())
        if not _MOMENT.fullmatch(spelled):
            raise ValueError
        read = datetime.fromisoformat(spelled.replace(",", "."))
        if read.tzinfo is None:
            return read.replace(tzinfo=UTC)
        try:
            return read.astimezone(UTC)
        except OverflowError:
            return EARLIEST if read.year == 1 else LATEST

    day = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.DATE)
    exact = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.DATE_TIME)
    must_be = "a date such as 2026-09-01, or a time such as 2026-09-01T12:00:00Z"
    return Query(name, must_be, Schema(any_of=[day, exact]), read, None, help)


SYNC_ID: Final = text("syncId", "Which sync; without it the running one, else the newest.")
STATUS_OF_SYNC: Final = one_of(
    "status", tuple(status.value for status in SyncStatus), "Only syncs in this state."
)

Queries = tuple[Query[Any], ...]
