"""Money that Amazon holds back: how far back its claims are read again, and which singly."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

from opside_desktop.store.reading.deferrals import OpenDeferral, open_deferrals
from opside_desktop.sync.copying.claims_memory import DEFERRALS
from opside_desktop.sync.copying.job import Job
from opside_desktop.sync.copying.windows import DAY

ASKED_SINGLY: Final = 20
"""So many orders are asked for singly in one sync; each takes a call, two seconds at most."""

OVERDUE: Final = 14 * DAY
"""Amazon releases money on its day of maturity; what is so much later is worth telling."""


async def load_deferrals(job: Job) -> list[OpenDeferral]:
    """Read the claims that Amazon defers, the oldest first.

    Raises:
        DatabaseFault: the database cannot be read.
    """

    async def load() -> list[OpenDeferral]:
        return await open_deferrals(job.db, job.account.user_id, is_mock=job.run.is_mock)

    return await job.outages.retry_while_database_gone(job.dataset, load)


def oldest_read_again(deferrals: Sequence[OpenDeferral], now: datetime) -> datetime | None:
    """Tell when the oldest was posted of those that windows are read again for."""
    return next((one.posted_at for one in deferrals if one.posted_at >= now - DEFERRALS), None)


def orders_asked_singly(deferrals: Sequence[OpenDeferral], now: datetime) -> list[str]:
    """Give the ids of the orders that are asked for singly, the oldest first.

    What is overdue comes last: it may never be released, and must not keep others waiting.
    """
    older = [one for one in deferrals if one.posted_at < now - DEFERRALS]
    overdue = set(_overdue(older, now))
    ordered = sorted(older, key=lambda one: one in overdue)
    orders = dict.fromkeys(one.order_id for one in ordered if one.order_id)
    return list(islice(orders, ASKED_SINGLY))


def about_overdue(deferrals: Sequence[OpenDeferral], now: datetime) -> list[str]:
    """Say how many claims should have been released long ago."""
    overdue = list(_overdue(deferrals, now))
    if not overdue:
        return []
    first = overdue[0]
    money, were = (
        ("1 claim", "it was") if len(overdue) == 1 else (f"{len(overdue):,} claims", "they were")
    )
    order = f" of order {first.order_id}" if first.order_id else ""
    sentence = (
        f"Amazon still holds the money of {money} back, although {were} to be released more than"
        f" {OVERDUE.days} days ago. First: {first.claim_id}{order}."
    )
    return [sentence]


def _overdue(deferrals: Sequence[OpenDeferral], now: datetime) -> Iterator[OpenDeferral]:
    for one in deferrals:
        if one.matures_at is not None and now - one.matures_at >= OVERDUE:
            yield one
