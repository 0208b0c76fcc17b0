"""Lengths of time in words."""

import math
from collections.abc import Sequence
from typing import Final

UNKNOWN_ESTIMATE: Final = "30-60 seconds"

_UNITS: Final = ((7200.0, 3600.0, "hours"), (120.0, 60.0, "minutes"), (0.0, 1.0, "seconds"))


def duration(seconds: float) -> str:
    """Spell a length of time: 4.2 s, 42 s, 2 min 58 s, 1 h 05 min."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    if minutes:
        return f"{minutes} min {rest:02} s"
    return f"{seconds:.1f} s" if seconds < 10 else f"{rest} s"


def waiting_time(seconds: float) -> str:
    """Spell a time to wait as people say it: in whole seconds, and in minutes from two on."""
    # To the second: a sentence that stands still for a minute looks as if nothing went on.
    whole = max(1, round(seconds))
    return f"{whole} s" if whole < 120 else duration(whole)


def estimate(past_s: Sequence[float]) -> str:
    """Say how long the next sync takes, as a range, going by the last ones of the same account.

    Args:
        past_s: their durations in seconds; may be empty.
    """
    if not past_s:
        return UNKNOWN_ESTIMATE
    low, high = 0.8 * min(past_s), 1.2 * max(past_s)
    divisor, unit = next((size, name) for least, size, name in _UNITS if high >= least)
    first = max(1, math.floor(low / divisor))
    return f"{first}-{max(first + 1, math.ceil(high / divisor))} {unit}"
