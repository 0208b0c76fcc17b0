"""How long a sync will take, as a range in words."""

import math
from collections.abc import Sequence
from typing import Final

UNKNOWN: Final = "30-60 seconds"

_UNITS: Final = ((7200.0, 3600.0, "hours"), (120.0, 60.0, "minutes"), (0.0, 1.0, "seconds"))


def in_words(past_s: Sequence[float]) -> str:
    """Say how long the next sync takes, going by the last ones of the same account.

    Args:
        past_s: their durations in seconds; may be empty.
    """
    if not past_s:
        return UNKNOWN
    low, high = 0.8 * min(past_s), 1.2 * max(past_s)
    divisor, unit = next((size, name) for least, size, name in _UNITS if high >= least)
    first = max(1, math.floor(low / divisor))
    return f"{first}-{max(first + 1, math.ceil(high / divisor))} {unit}"
