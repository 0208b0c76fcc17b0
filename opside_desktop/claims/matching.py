"""The rule of identity: which stored event is it that a source tells, and what follows. Pure."""

from collections.abc import Sequence

from opside_desktop.claims.outcomes import Outcome, Stored, WindowReading
from opside_desktop.claims.sightings import Told


def match_page(
    told: Sequence[Told], stored: Stored, window: WindowReading, *, is_last: bool
) -> Outcome:
    """Say what the events of one page are, and how the rows stand after it.

    Args:
        told: the page's events that are claims, in Amazon's order.
        stored: their neighbourhood.
        is_last: whether it is the window's last page, with which all that waited is settled.
    """
    raise NotImplementedError


def end_unfinished(stored: Stored, window: WindowReading) -> Outcome:
    """Say what becomes of what waits where a reading of a window ended before its last page.

    To be called once for each reading that nobody goes on with: when it ends by a fault, or before
    the window begins anew because its page token is dead. What has no counterpart left over on the
    stored side is new at once; the rest waits for the next reading, and is new after two of them.

    Args:
        stored: the neighbourhood of the waiting sightings, as with a last page.
        window: the reading that ended.
    """
    raise NotImplementedError
