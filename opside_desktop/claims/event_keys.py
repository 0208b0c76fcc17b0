"""Keys of financial events and ids of claims: given once, never computed again, never reused."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from opside_desktop.claims.kinds import PREFIXES
from opside_desktop.claims.outcomes import NewClaim
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


class Naming:
    """Finds the keys of a page's new claims: the lowest ordinals that the database does not have.

    Ask the database for the keys in `wanted`, tell which of them it has, and go on until no keys
    are wanted any more:

        while wanted := naming.wanted():
            naming.learn(await keys_among(wanted))

    Attributes:
        keys: by the names that the claims have in their outcome.
    """

    def __init__(self, claims: Sequence[NewClaim]) -> None:
        self.keys: dict[str, EventKey] = {}
        self._left = list(claims)
        self._ordinals: dict[tuple[datetime | date, str, Decimal], int] = {}
        self._asked: dict[str, EventKey] = {}

    def wanted(self) -> Sequence[EventKey]:
        """Give the keys to look for, one for each claim without one; none when all have theirs."""
        self._asked = {claim.name: self._next(claim) for claim in self._left}
        return list(self._asked.values())

    def learn(self, taken: Collection[str]) -> None:
        """Take those of the wanted keys that the database does not have."""
        free = {name: key for name, key in self._asked.items() if key not in taken}
        self.keys.update(free)
        self._left = [claim for claim in self._left if claim.name not in free]

    def named(self, claims: Sequence[NewClaim]) -> Iterator[tuple[NewClaim, EventKey, str]]:
        """Yield each new claim with its key and its claim id."""
        for claim in claims:
            key = self.keys[claim.name]
            yield claim, key, claim_id(claim.claim.type, key)

    def _next(self, claim: NewClaim) -> EventKey:
        told = (claim.when, claim.claim.currency, claim.claim.amount)
        ordinal = self._ordinals.get(told, 0)
        self._ordinals[told] = ordinal + 1
        return event_key(*told, ordinal)
