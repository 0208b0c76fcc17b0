"""What Amazon's two sources tell differently, in a sentence. Pure."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from opside_desktop.domain.sources import ClaimsSource
from opside_desktop.store.reading.one_source_claims import OneSourceClaim


def about_differences(claims: Sequence[OneSourceClaim]) -> str:
    """Say how many claims only one source knows, and what they add up to."""
    newer = [one for one in claims if one.source is ClaimsSource.TRANSACTIONS]
    older = [one for one in claims if one.source is not ClaimsSource.TRANSACTIONS]
    parts = [
        f"{_counted(some)} known from {name} only"
        for some, name in ((newer, "transactions"), (older, "Finances v0"))
        if some
    ]
    return (
        "Amazon's two ways to claims do not tell the same of a time that both were asked for:"
        f" {' and '.join(parts)}."
    )


def _counted(claims: Sequence[OneSourceClaim]) -> str:
    many = f"{len(claims):,} claims ({_sums(claims)}) are"
    return many if len(claims) > 1 else f"1 claim ({_sums(claims)}) is"


def _sums(claims: Iterable[OneSourceClaim]) -> str:
    sums: dict[str, Decimal] = {}
    for one in claims:
        sums[one.currency] = sums.get(one.currency, Decimal()) + one.amount
    return ", ".join(f"{amount:,.2f} {currency}" for currency, amount in sorted(sums.items()))
