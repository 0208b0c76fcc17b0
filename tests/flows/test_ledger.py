"""Claims against the simulator's ledger: one truth, whichever of Amazon's two sources tells it."""

import asyncio
from collections import Counter
from decimal import Decimal

import httpx
import pytest
import sqlalchemy as sa

from opside_desktop.domain.datasets import Dataset
from opside_desktop.store.schema import tables
from tests.flows.world import PATHS, world
from tests.waiting import LIMIT_S

CLAIMS = frozenset({Dataset.CLAIMS})
TRANSACTIONS, V0 = "transactions", "events-v0"
MOVES = (0, 8, 10, 20)
"""Days by which the simulated clock is moved before each comparison."""

_C, _E, _S = tables.amazon_claims.c, tables.event_claims.c, tables.event_sightings.c
_SELECT = (
    sa.select(_C.claim_id, _C.status, _C.currency, _C.amount, _S["class"].label("kind"))
    .outerjoin_from(
        tables.amazon_claims,
        tables.event_claims,
        (_E.user_id == _C.user_id) & (_E.claim == _C.claim_id),
    )
    .outerjoin(tables.event_sightings, (_S.user_id == _E.user_id) & (_S.id == _E.sighting))
    .where(_C.hidden_reason.is_(None))
)


class Ledger:
    """What the simulator says that happened to the seller's money."""

    def __init__(self, program):
        self._url = program.endpoint.base_url

    async def advance(self, days):
        async with httpx.AsyncClient(base_url=self._url) as client:
            if days:
                await client.post("/_simulator/clock", json={"advanceDays": days})
            answer = await client.get("/_simulator/ledger")
        return answer.json()["events"]


def cents(amount):
    return round(Decimal(str(amount)) * 100)


def expected(events, sources):
    """Sums of the claims that a source shows by currency, status and, of one source, class."""
    sums = Counter()
    for one in events:
        shown = one["visible"] if TRANSACTIONS in sources else one["visibleInV0"]
        if not one["claim"] or not shown or not cents(one["amount"]):
            continue
        kind = one["class"] if TRANSACTIONS in sources else one["classInV0"]
        kinds = (kind,) if len(sources) == 1 else ()
        sums[one["currency"], one["status"], *kinds] += cents(one["amount"])
    return {key: value for key, value in sums.items() if value}


async def stored(db, sources):
    """The same of the claims that are stored, and the status of each by its id."""
    rows = await db.read(lambda connection: connection.execute(_SELECT).all())
    claims = {row.claim_id: row for row in rows}
    assert len(claims) == len(rows) or len(sources) > 1
    sums = Counter()
    for row in claims.values():
        status = "DEFERRED" if row.status == "pending" else "RELEASED"
        kinds = (row.kind,) if len(sources) == 1 else ()
        sums[row.currency, status, *kinds] += cents(row.amount)
    found = {key: value for key, value in sums.items() if value}
    return found, {id_: row.status for id_, row in claims.items()}


async def interrupted(program, source):
    """A sync that ends in the middle of its windows."""
    tap = program.tap
    tap.held = PATHS["transactions" if source == TRANSACTIONS else "claims"]
    tap.let_through = 1
    tap.holding.clear()
    tap.gate.clear()
    run = await program.start(datasets=CLAIMS, sources={Dataset.CLAIMS: source})
    async with asyncio.timeout(LIMIT_S):
        await tap.holding.wait()
        await program.manager.cancel(run.user_id, run.sync_id)
        tap.held = None
        tap.gate.set()
        await program.manager.wait(run.user_id, run.sync_id)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("sources", [(V0,), (TRANSACTIONS,), (TRANSACTIONS, V0)])
async def test_claims_are_what_the_ledger_says_that_their_source_shows(
    monkeypatch, home, sources, seed
):
    """In turn they are what both show, whatever syncs were interrupted between."""
    options = {"scenario": "with_issues", "seed": seed, "usage_plans": "none"}
    async with world(monkeypatch, home, finances_api="2024-06-19", **options) as program:
        ledger = Ledger(program)
        before, held_back = {}, None
        for days in MOVES:
            events = await ledger.advance(days)
            for source in sources:
                if len(sources) > 1:
                    await interrupted(program, source)
                run = await program.sync(datasets=CLAIMS, sources={Dataset.CLAIMS: source})
                assert (run.status, run.result(Dataset.CLAIMS).source) == ("completed", source)
                found, claims = await stored(program.db, sources)
                assert found == expected(events, sources), (days, source)
                assert set(before) <= set(claims), (days, source)
                before = claims
            if held_back is None:
                held_back = {id_ for id_, status in claims.items() if status == "pending"}
        assert bool(held_back) == (TRANSACTIONS in sources)
        assert {before[id_] for id_ in held_back} <= {"approved"}
