"""Instants as Amazon writes and reads them."""

import time
from datetime import UTC, date, datetime

DAY = 86_400


def iso(seconds: int) -> str:
    """Whole seconds of the epoch as `2026-11-01T10:30:00Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def iso_ms(seconds: int) -> str:
    """Whole seconds of the epoch with the milliseconds that the newer interfaces show."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))


def midnight(day: date) -> int:
    """The first second of a UTC day."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def parse_instant(text: str) -> float:
    """Read an ISO 8601 date or time; without a zone it is UTC.

    Returns:
        Seconds of the epoch.

    Raises:
        ValueError: the text is neither.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()
