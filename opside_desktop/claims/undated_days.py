"""Finding again the day of an event without a date, which version 0.1 kept in its key only. Pure.

Such a key is the hash of what the event says, of its UTC day and of its number among equal events
of that day, which counts from 0 without a gap. So days and numbers are tried until the key comes.
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from opside_desktop.claims.version_1_keys import event_key


def days_of_keys(content: str, days: Sequence[date], keys: Collection[str]) -> dict[str, date]:
    """Find the days of all events that say the same.

    Args:
        content: the events' `content_hash`.
        days: on which they may have been posted.
        keys: those of stored events without a date, these events' among them.
    """
    found: dict[str, date] = {}
    number = 0
    left = list(days)
    while left:
        met = {}
        for day in left:
            key = event_key(content, day=day.isoformat(), ordinal=number)
            if key in keys:
                met[key] = day
        found.update(met)
        # A day without its event of this number has none of a higher one.
        left = list(met.values())
        number += 1
    return found


def days_back(newest: date, oldest: date) -> list[date]:
    """List the days from one back to another, both of them included."""
    return [newest - timedelta(days=back) for back in range((newest - oldest).days + 1)]
