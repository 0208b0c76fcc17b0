"""One call to an operation: its parameters, read with Amazon's strictness."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from opside_desktop.simulator.answers import invalid_input
from opside_desktop.simulator.marketplaces import BY_ID
from opside_desktop.simulator.times import DAY, parse_instant

TWO_MINUTES = 120
TWO_YEARS = 730 * DAY
"""How far back orders can be seen."""


@dataclass(slots=True)
class Call:
    """A call that passed the door.

    Attributes:
        parameters: the query; a parameter given several times is joined by commas.
        path_id: the id in the path, or an empty text.
        now: seconds of the epoch.
        fault: what the operation itself is to bring about, if it knows that fault.
        is_other: whether another seller than the usual one asks.
    """

    parameters: Mapping[str, str]
    path_id: str
    now: float
    fault: str | None = None
    is_other: bool = False

    @property
    def withhold(self) -> bool:
        """Answer with an empty page and a token that goes on where this page would begin."""
        return self.fault == "empty"

    @property
    def shows_old_version(self) -> bool:
        """Show, beside others, an older version of an order that was shown before."""
        return self.fault == "oldversion"

    @property
    def is_short(self) -> bool:
        """Leave out, without a word, some of the SKUs that were shown before."""
        return self.fault == "shortstock"

    def text(self, name: str) -> str | None:
        """A parameter as it came; None if it is missing.

        Raises:
            ApiError: it is there but empty.
        """
        value = self.parameters.get(name)
        if value == "":
            message = f"Invalid value for {name}: it must not be empty."
            raise invalid_input(message)
        return value

    def several(self, name: str, limit: int = 50) -> list[str]:
        """A comma-separated parameter, of at most `limit` values; missing is empty."""
        value = self.text(name)
        if value is None:
            return []
        values = value.split(",")
        if len(values) > limit:
            message = f"Invalid value for {name}: at most {limit} values are allowed."
            raise invalid_input(message)
        return values

    def one_of(self, name: str, allowed: Iterable[str]) -> list[str]:
        """Like `several`, where every value must be an allowed one."""
        values = self.several(name)
        for value in values:
            if value not in allowed:
                message = f"Invalid value for {name}: {value}."
                raise invalid_input(message)
        return values

    def marketplaces(self, name: str) -> list[str]:
        """Marketplace ids, all of them the seller's own."""
        values = self.several(name)
        for value in values:
            if value not in BY_ID:
                message = f"Invalid value for {name}: {value} is not a marketplace of this seller."
                raise invalid_input(message)
        return values

    def page_size(self, name: str, usual: int) -> int:
        """How many records a page may hold, 1 to 100."""
        value = self.text(name)
        if value is None:
            return usual
        if not (value.isascii() and value.isdigit() and 1 <= int(value) <= 100):
            message = f"Invalid value for {name}: it must be between 1 and 100."
            raise invalid_input(message)
        return int(value)

    def instant(self, name: str) -> float | None:
        """A date or time in ISO 8601 as seconds of the epoch."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return parse_instant(value)
        except (ValueError, OverflowError):
            message = f"Invalid value for {name}: it must be a date in ISO 8601 format."
            raise invalid_input(message) from None

    def settled_instant(self, name: str) -> float | None:
        """Like `instant`, where the time must lie at least two minutes back."""
        value = self.instant(name)
        if value is not None and value > self.now - TWO_MINUTES:
            message = (
                f"Invalid value for {name}: it must be no later than two minutes before the time "
                "that the request was submitted."
            )
            raise invalid_input(message)
        return value


def read_query(query: bytes) -> dict[str, str]:
    """Decode a query string; repeated names become one comma-separated value."""
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(query.decode("ascii", "replace"), keep_blank_values=True):
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    return parameters
