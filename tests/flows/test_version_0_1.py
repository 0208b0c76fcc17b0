"""A database of version 0.1, and what Amazon sends of the same events afterwards."""

import copy
import json
import shutil
import sqlite3
from contextlib import asynccontextmanager, closing
from decimal import Decimal

from opside_desktop.domain.datasets import Dataset
from opside_desktop.store.old_events.users import state_of
from tests.flows.world import PATHS, world
from tests.store.old_events.conftest import CASE

USER = "local-user"
V0 = {"datasets": frozenset({Dataset.CLAIMS}), "sources": {Dataset.CLAIMS: "events-v0"}}
ORDER = "111-0000003-0000001"
OLDER, NEWER = "RFD-ecea46d13b6bbbfc", "RFD-b96e02df7a2757f1"
"""Two claims of version 0.1 that are one refund of that order, in two wordings."""


def stored():
    """By claim id: list and payload of its event, and the sync that brought it."""
    with closing(sqlite3.connect(f"file:{CASE}?mode=ro&immutable=1", uri=True)) as case:
        rows = case.execute(
            "SELECT claim_id, event_list, payload, sync_id FROM financial_events AS e"
            " JOIN row_origins AS o ON o.row_key = e.claim_id"
        )
        return {name: (kind, json.loads(payload), sync) for name, kind, payload, sync in rows}


def sent_now(old):
    """What Amazon sends by now: each event that has a date once, in its newest words."""
    second = max(sync for _, _, sync in old.values())

    def place(kind, payload):
        items = payload.get("AdjustmentItemList", [{}])
        return (
            kind,
            payload.get("AmazonOrderId"),
            payload.get("PostedDate"),
            items[0].get("SellerSKU"),
        )

    dated = [one for one in old.values() if "PostedDate" in one[1]]
    new = [(kind, payload) for kind, payload, sync in dated if sync == second]
    again = {place(*one) for one in new}
    others = [(kind, payload) for kind, payload, sync in dated if sync != second]
    return new + [one for one in others if place(*one) not in again]


def sending(events):
    """Let Amazon's v0 send these events, each in the window that holds its date."""

    def edit(path, query, body):
        if path != PATHS["claims"]:
            return body
        lists = {}
        for kind, payload in events:
            if query["PostedAfter"] <= payload["PostedDate"] < query["PostedBefore"]:
                lists.setdefault(kind, []).append(payload)
        return {"payload": {"FinancialEvents": lists}}

    return edit


@asynccontextmanager
async def opened_on(monkeypatch, folder, events):
    shutil.copyfile(CASE, folder / "opside.db")
    async with world(monkeypatch, folder) as opened:
        opened.tap.edit = sending(events)
        yield opened


async def claims_of(db):
    """By claim id: what it is worth, and why it is hidden."""
    rows = await db.read(
        lambda connection: connection.exec_driver_sql(
            "SELECT claim_id, amount, hidden_reason FROM amazon_claims"
        ).all()
    )
    return {name: (Decimal(amount) / 100, hidden) for name, amount, hidden in rows}


async def test_what_amazon_sends_afterwards_is_known_again(monkeypatch, tmp_path):
    old = stored()
    async with opened_on(monkeypatch, tmp_path, sent_now(old)) as opened:
        run = await opened.sync(USER, **V0)
        assert run.error is None
        assert any("19 stored claims" in one for one in run.result(Dataset.CLAIMS).warnings)
        claims = await claims_of(opened.db)
        assert claims.keys() == old.keys()
        shown = [amount for amount, hidden in claims.values() if hidden is None]
        assert (len(shown), sum(shown)) == (68, Decimal("-2868.25"))
        assert (await state_of(opened.db)).left == {}


async def test_a_double_that_amazon_sends_beside_the_older_one_comes_back(monkeypatch, tmp_path):
    old = stored()
    others = [one for one in sent_now(old) if one[1].get("AmazonOrderId") != ORDER]
    both = [old[name][:2] for name in (OLDER, NEWER)]
    async with opened_on(monkeypatch, tmp_path, [*others, *both]) as opened:
        run = await opened.sync(USER, **V0)
        assert run.error is None
        claims = await claims_of(opened.db)
        assert claims.keys() == old.keys()
        shown = {name for name, (_, hidden) in claims.items() if hidden is None}
        assert {OLDER, NEWER} <= shown
        assert len(shown) == 69


async def test_another_amount_of_what_version_0_1_has_read_is_no_new_claim(monkeypatch, tmp_path):
    old = stored()
    events = copy.deepcopy(sent_now(old))
    for _, payload in events:
        if payload.get("AmazonOrderId") == ORDER:
            charges = payload["ShipmentItemAdjustmentList"][0]["ItemChargeAdjustmentList"]
            charges[0]["ChargeAmount"]["CurrencyAmount"] = -30
    async with opened_on(monkeypatch, tmp_path, events) as opened:
        run = await opened.sync(USER, **V0)
        assert run.error is None
        claims = await claims_of(opened.db)
        assert claims.keys() == old.keys()
        assert claims[OLDER] == (Decimal("-29.00"), None)
        assert claims[NEWER] == (Decimal("-22.00"), "double")
