"""Claims with a reason to be hidden: left out unless they are asked for, and then told apart."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from opside_desktop.store.schema import tables
from tests.api.conftest import ALICE, AMZ, user_id

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
REASONS = ("double", "zero", "unknown")


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request):
    return request.param


@pytest.fixture
async def hidden(bare):
    """Three claims that are shown, one of them pending, and one hidden for each reason."""
    rows = [
        {
            "id": str(UUID(int=number)),
            "user_id": user_id(ALICE),
            "claim_id": f"RFD-{number}",
            "amount": Decimal("12.10"),
            "currency": "USD",
            "status": "pending" if number == 0 else "approved",
            "type": "refund",
            "description": "Refund",
            "created_at": NOON - timedelta(hours=number),
            "matures_at": NOON + timedelta(days=93) if number == 0 else None,
            "sku": f"SKU-{number}",
            "quantity": number,
            "reimbursement_id": f"R{number}",
            "case_id": f"C{number}",
            "hidden_reason": reason,
            "is_mock": False,
            "synced_at": NOON,
        }
        for number, reason in enumerate((None, *REASONS, None, None))
    ]
    table = tables.amazon_claims
    await bare.program.db.write(
        lambda connection: connection.execute(table.insert(), rows) and None
    )
    return bare


async def test_a_list_leaves_them_out_and_counts_without_them(hidden):
    answer = (await hidden.get(f"{AMZ}/claims")).body
    assert [one["claimId"] for one in answer["claims"]] == ["RFD-0", "RFD-4", "RFD-5"]
    assert [one["hiddenReason"] for one in answer["claims"]] == [None] * 3
    assert answer["pagination"]["total"] == 3
    pending = answer["claims"][0]
    assert (pending["status"], pending["maturesAt"]) == ("pending", "2026-12-03T12:00:00Z")
    assert {name: pending[name] for name in ("sku", "quantity", "reimbursementId", "caseId")} == {
        "sku": "SKU-0",
        "quantity": 0,
        "reimbursementId": "R0",
        "caseId": "C0",
    }


async def test_they_are_there_and_counted_where_they_are_asked_for(hidden):
    found, cursor = [], {}
    while True:
        answer = (await hidden.get(f"{AMZ}/claims", hidden="true", limit=4, **cursor)).body
        assert answer["pagination"]["total"] == 6
        found += [(one["claimId"], one["hiddenReason"]) for one in answer["claims"]]
        if not answer["pagination"]["hasMore"]:
            break
        cursor = {"cursor": answer["pagination"]["nextCursor"]}
    reasons = (None, *REASONS, None, None)
    assert found == [(f"RFD-{number}", reason) for number, reason in enumerate(reasons)]


@pytest.mark.parametrize("search", ["RFD-2", "SKU-2", "R2", "C2"])
async def test_a_search_finds_them_only_then(hidden, search):
    without = (await hidden.get(f"{AMZ}/claims", search=search, hidden="False")).body
    assert without["pagination"]["total"] == len(without["claims"]) == 0
    given = (await hidden.get(f"{AMZ}/claims", search=search, hidden="true")).body
    assert [one["hiddenReason"] for one in given["claims"]] == ["zero"]


async def test_the_other_lists_have_none(hidden):
    for name in ("inventory", "orders"):
        answer = await hidden.get(f"{AMZ}/{name}", hidden="true")
        assert (answer.status, answer.body[name]) == (200, [])


@pytest.mark.parametrize("value", ["1", "yes", "", "null"])
async def test_anything_but_yes_or_no_is_refused(hidden, value):
    answer = await hidden.get(f"{AMZ}/claims", hidden=value)
    assert answer.status == 400
    assert json.loads(answer.content)["message"] == "hidden must be true or false."
