"""Keys of events and ids of claims: given once, with the lowest ordinal that is free."""

from datetime import UTC, date, datetime
from decimal import Decimal

from opside_desktop.claims.identity.event_keys import claim_id, event_key, name_new
from opside_desktop.claims.identity.outcomes import KnownClaim, NewClaim
from opside_desktop.claims.readings import Reading
from opside_desktop.claims.sightings import Told
from opside_desktop.domain.claim_types import ClaimStatus, ClaimType
from opside_desktop.domain.records import Money
from opside_desktop.domain.sources import ClaimsSource

SECOND = datetime(2026, 10, 1, 10, 0, 5, tzinfo=UTC)


def new_claim(name: str, amount: str) -> NewClaim:
    money = Money(amount=Decimal(amount), currency="USD")
    claim = KnownClaim(
        name, ClaimType.REFUND, ClaimStatus.APPROVED, "USD", money.amount, None, None, None, None,
        SECOND, None, None,
    )  # fmt: skip
    reading = Reading(ClaimType.REFUND, money, "Refund")
    told = Told(ClaimsSource.EVENTS_V0, reading, SECOND, SECOND.date(), "RefundEventList", {})
    return NewClaim(name, claim, told, SECOND)


def test_a_key_hangs_on_moment_currency_amount_and_ordinal_alone() -> None:
    key = event_key(SECOND, "USD", Decimal("-10"), 0)

    assert key == event_key(SECOND.replace(microsecond=7), "USD", Decimal("-10.00"), 0)
    assert len(key) == 64
    others = [
        event_key(SECOND.date(), "USD", Decimal(-10), 0),
        event_key(SECOND, "CAD", Decimal(-10), 0),
        event_key(SECOND, "USD", Decimal(10), 0),
        event_key(SECOND, "USD", Decimal(-10), 1),
        event_key(date(2026, 10, 2), "USD", Decimal(-10), 0),
    ]
    assert len({key, *others}) == 6
    assert claim_id(ClaimType.REFUND, key) == f"RFD-{key[:16]}"


def test_new_claims_take_the_lowest_ordinals_that_are_free() -> None:
    def key(amount: str, ordinal: int) -> str:
        return event_key(SECOND, "USD", Decimal(amount), ordinal)

    stored = {key("7.50", 0), key("7.50", 2), key("3", 0)}
    claims = [new_claim("a", "7.50"), new_claim("b", "7.50"), new_claim("c", "3.00")]
    named = name_new(claims, stored.intersection)

    assert {one for _, one, _ in named} == {key("7.50", 1), key("7.50", 3), key("3", 1)}
    ids = {claim.name: id_ for claim, _, id_ in named}
    assert ids["c"] == f"RFD-{key('3', 1)[:16]}"
