"""Starting a sync over HTTP: the three tests of the requirement, and who may not start one."""

import asyncio
import re

import pytest

from opside_desktop.domain.durations import estimate
from tests.api.conftest import ALICE, AMZ, bearer, token
from tests.waiting import LIMIT_S

SYNC = f"{AMZ}/sync"


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request):
    return request.param


def cookie(user=ALICE):
    return {"Cookie": f"session_token={token(user)}", "Content-Type": "application/json"}


async def test_a_start_answers_at_once_and_the_sync_can_be_read(api):
    api.tap.held = "/auth/o2/token"  # Amazon answers nothing
    answer = await api.post(SYNC, cookie(), content=b"{}")
    sync_id = answer.body["syncId"]
    assert answer.status == 200
    assert answer.body == {
        "success": True,
        "syncId": sync_id,
        "message": "Sync started successfully",
        "status": "in_progress",
        "estimatedDuration": "30-60 seconds",
    }
    assert re.fullmatch(r"sync_alice_\d{13}", sync_id)
    state = (await api.get("/api/sync/status", syncId=sync_id)).body
    assert (state["syncId"], state["status"], state["hasActiveSync"]) == (sync_id, "running", True)


async def test_without_a_connection_the_start_is_refused(bare):
    answer = await bare.post(SYNC, cookie("bob"), content=b"{}")
    assert answer.status == 400
    assert answer.body == {
        "success": False,
        "message": "Amazon account not connected. Please connect your Amazon account first.",
        "error": "amazon_not_connected",
    }


@pytest.mark.parametrize("headers", [{}, {"Cookie": "session_token=<JWT_TOKEN>"}])
async def test_without_a_good_token_the_start_is_refused(bare, headers):
    answer = await bare.post(SYNC, headers, content=b"{}")
    assert answer.status == 401
    assert answer.body == {
        "success": False,
        "message": "Unauthorized. Please log in.",
        "error": "unauthorized",
    }


async def test_a_second_start_is_refused_with_the_id_of_the_first(api):
    api.tap.held = "/auth/o2/token"
    first = await api.start()
    answer = await api.post(SYNC, content=b"{}")
    assert answer.status == 409
    assert answer.body == {
        "success": False,
        "message": f"Sync already in progress ({first}). "
        "Please wait for it to complete or cancel it first.",
        "error": "sync_in_progress",
        "existingSyncId": first,
    }


async def test_a_whole_sync_can_be_followed_by_polling_alone(api, until):
    sync_id = await api.start()
    seen = []

    async def poll():
        while True:
            seen.append((await api.get("/api/sync/status", syncId=sync_id)).body)
            if seen[-1]["status"] != "running":
                return

    async with asyncio.timeout(LIMIT_S):
        await poll()
    assert [state["progress"] for state in seen] == sorted(state["progress"] for state in seen)
    last = seen[-1]
    assert (last["status"], last["progress"], last["hasActiveSync"]) == ("completed", 100, False)
    counts = {name: result["count"] for name, result in last["results"].items()}
    assert counts == {"claims": 37, "inventory": 150, "orders": 250}
    for name, count in counts.items():
        listed = (await api.get(f"{AMZ}/{name}", limit=1000)).body
        assert len(listed[name]) == listed["pagination"]["total"] == count


async def test_of_200_simultaneous_starts_one_wins(api):
    api.tap.held = "/auth/o2/token"
    answers = await asyncio.gather(*(api.post(SYNC, content=b"{}") for _ in range(200)))
    won = [answer.body["syncId"] for answer in answers if answer.status == 200]
    lost = [answer for answer in answers if answer.status != 200]
    assert len(won) == 1
    assert {answer.failure for answer in lost} == {(409, "sync_in_progress")}
    assert {answer.body["existingSyncId"] for answer in lost} == set(won)


async def test_of_starts_at_two_servers_of_one_database_one_wins(programs):
    programs.tap.held = "/auth/o2/token"
    servers = [await programs.api(), await programs.api()]
    answers = await asyncio.gather(*(server.post(SYNC) for server in servers * 10))
    won = [answer.body["syncId"] for answer in answers if answer.status == 200]
    assert len(won) == 1
    assert {answer.body.get("existingSyncId", won[0]) for answer in answers} == set(won)


@pytest.mark.parametrize("body", [b"", b"  ", b"{}", b'{"datasets": ["claims"], "userId": "bob"}'])
async def test_what_stands_in_the_body_counts_for_nothing(bare, body):
    # Bob has no connection, so that nothing begins: the body was accepted.
    answer = await bare.post(SYNC, bearer("bob"), content=body)
    assert answer.failure == (400, "amazon_not_connected")


@pytest.mark.parametrize(
    "body",
    [b"[]", b"null", b"1", b'"{}"', b"{", b"{}{}", b"\xff\xfe", b"[" * 60_000, b'{"a": NaN}'],
)
async def test_a_body_that_is_no_object_is_refused_before_anything_else(bare, body):
    answer = await bare.post(SYNC, bearer("bob"), content=body)
    assert answer.failure == (400, "bad_request")
    assert answer.body["message"] == "The body must be a JSON object, such as {}, or empty."


@pytest.mark.parametrize(
    ("past", "said"),
    [
        ([], "30-60 seconds"),
        ([1.2], "1-2 seconds"),
        ([40.0, 50.0], "32-60 seconds"),
        ([0.01], "1-2 seconds"),
        ([300.0, 600.0], "4-12 minutes"),
        ([7000.0, 20000.0], "1-7 hours"),
    ],
)
def test_the_estimate_is_a_range_in_words(past, said):
    assert estimate(past) == said


async def test_the_estimate_follows_the_syncs_of_the_account(api):
    await api.sync()
    answer = await api.post(SYNC)
    assert re.fullmatch(r"\d+-\d+ seconds", answer.body["estimatedDuration"])
    assert answer.body["estimatedDuration"] != "30-60 seconds"
