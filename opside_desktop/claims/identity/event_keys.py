"""Keys of financial events and ids of claims: given once, never computed again, never reused."""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from opside_desktop.claims.identity.outcomes import NewClaim
from opside_desktop.claims.kinds import PREFIXES
from opside_desktop.domain.claim_types import ClaimType
from opside_desktop.domain.clock import iso
from opside_desktop.domain.ids import EventKey

VERSION: Final = "2"
"""Part of every key; stored keys stay as they are when it is raised."""

_ID_DIGITS: Final = 16


def event_key(when: datetime | date, currency: str, amount: Decimal, ordinal: int) -> EventKey:
    """Name an event by what it was told with first.

    Args:
        when: its second (aware, UTC), or the day of an event without one.
        ordinal: the lowest, from 0, whose key is not in the database yet.
    """
    moment = iso(when.replace(microsecond=0)) if isinstance(when, datetime) else when.isoformat()
    spelt = f"{amount.normalize():f}" if amount else "0"
    said = "\n".join((VERSION, moment, currency, spelt, str(ordinal)))
    return EventKey(hashlib.sha256(said.encode()).hexdigest())


def claim_id(first_type: ClaimType, key: EventKey) -> str:
    """Name a new claim: the prefix of the type that is told first, and the beginning of its key."""
    return f"{PREFIXES[first_type]}-{key[:_ID_DIGITS]}"


def name_new(
    claims: Sequence[NewClaim], taken_among: Callable[[Sequence[EventKey]], Collection[str]]
) -> list[tuple[NewClaim, EventKey, str]]:
    """Give a page's new claims their keys, with the lowest ordinals that are free, and their ids.

    Args:
        taken_among: tells which of some keys the database has.
    """
    keys: dict[str, EventKey] = {}
    ordinals: Counter[tuple[datetime | date, str, Decimal]] = Counter()
    left = list(claims)
    while left:
        asked: dict[str, EventKey] = {}
        for new in left:
            told = (new.when, new.claim.currency, new.claim.amount)
            asked[new.name] = event_key(*told, ordinals[told])
            ordinals[told] += 1
        taken = taken_among(list(asked.values()))
        keys |= {name: key for name, key in asked.items() if key not in taken}
        left = [new for new in left if new.name not in keys]
    named = ((new, keys[new.name]) for new in claims)
    return [(new, key, claim_id(new.claim.type, key)) for new, key in named]
