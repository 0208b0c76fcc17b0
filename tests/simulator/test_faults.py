"""Faults on purpose."""

import asyncio
import json
import time

import httpx
import pytest

from opside_desktop.simulator.faults import parse_faults
from tests.simulator.conftest import TOKENS, next_token, records
from tests.waiting import until

LISTS = ["orders", "search", "stock", "events", "transactions"]


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("429", 429, "QuotaExceeded"),
        ("500", 500, "InternalFailure"),
        ("503", 503, "ServiceUnavailable"),
    ],
)
async def test_refusals_in_amazons_shape(connect, fault, status, code):
    async with connect(faults=f"{fault}=1") as api:
        answer = await api.events()
    assert answer.status_code == status
    assert answer.json()["errors"][0]["code"] == code
    assert answer.headers["x-amzn-requestid"]
    assert ("x-amzn-ratelimit-limit" in answer.headers) == (status != 429)


@pytest.mark.parametrize("path", ["/sellers/v1/marketplaceParticipations", "/orders/v0/orders"])
async def test_a_connection_cut_in_the_middle_of_an_answer(connect, path):
    async def read(received):
        request = api.http.stream("GET", path, params=api.orders_query, headers=api.headers)
        async with request as answer:
            received["announced"] = int(answer.headers["content-length"])
            async for part in answer.aiter_raw():
                received["bytes"] = received.get("bytes", 0) + len(part)

    received: dict[str, int] = {}
    async with connect(faults="cut=1") as api:
        with pytest.raises(httpx.RemoteProtocolError):
            await read(received)
    assert 0 < received["bytes"] < received["announced"]


async def test_json_that_breaks_off(connect):
    async with connect(faults="badjson=1") as api:
        answer = await api.orders()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    with pytest.raises(json.JSONDecodeError):
        answer.json()


@pytest.mark.parametrize("fault", ["badescape", "nonutf8", "bom"])
async def test_json_that_is_whole_but_not_quite_json(connect, fault):
    async with connect() as plain, connect(faults=f"{fault}=1") as api:
        answer, sound = await api.stock(), await plain.stock()
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"escape|utf-8|BOM"):
        json.loads(answer.content.decode())
    records = sound.content[sound.content.index(b"inventorySummaries") :]
    assert records[: records.index(b"]")] in answer.content


async def test_errors_in_an_answer_that_says_all_is_well(connect):
    async with connect(faults="errors200=1") as api:
        answer = await api.stock()
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["code"] == "InternalFailure"
    assert answer.json()["payload"] is None


async def test_at_most_two_answers_never_end(connect):
    async with connect(faults="dripping=1") as api:
        for call in (api.stock, api.orders):
            dataset = {api.stock: "/fba/inventory/v1/summaries", api.orders: "/orders/v0/orders"}
            query = api.stock_query if call == api.stock else api.orders_query
            stream = api.http.stream("GET", dataset[call], params=query, headers=api.headers)
            async with stream as answer:
                assert answer.status_code == 200
                assert "content-length" not in answer.headers
                assert await anext(answer.aiter_raw()) == b" "
        assert (await api.stock()).json()["payload"]["inventorySummaries"]


async def test_a_simulator_ends_at_once_while_an_answer_drips(connect):
    async with connect(faults="dripping=1") as api:
        stream = api.http.stream(
            "GET", "/orders/v0/orders", params=api.orders_query, headers=api.headers
        )
        answer = await stream.__aenter__()
        await anext(answer.aiter_raw())
        started = time.perf_counter()
    assert time.perf_counter() - started < 5
    await answer.aclose()


async def test_an_expired_client_secret_refuses_every_call_but_the_login(connect):
    async with connect(faults="secretexpired=1") as api:
        assert (await api.login()).status_code == 200
        for dataset in LISTS:
            answer = await getattr(api, dataset)()
            assert answer.status_code == 403
            (error,) = answer.json()["errors"]
            assert error["details"] == "The LWA secret token you provided has expired."


@pytest.mark.parametrize(
    ("refused", "dataset"),
    [
        ("finances", "events"),
        ("finances", "transactions"),
        ("inventory", "stock"),
        ("orders", "search"),
        ("orders", "orders"),
    ],
)
async def test_first_pages_are_refused_for_half_a_minute(connect, clock, refused, dataset):
    async with connect(faults=f"first400={refused}") as api:
        call = getattr(api, dataset)
        clock.advance(100)
        answer = await call()
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["code"] == "InvalidInput"
        clock.advance(29)
        assert (await call()).status_code == 400
        others = "events" if dataset == "stock" else "stock"
        assert (await getattr(api, others)()).status_code == 200
        clock.advance(1)
        assert (await call()).status_code == 200


async def test_a_gateways_page(connect):
    async with connect(faults="html=1") as api:
        answer = await api.orders()
    assert answer.status_code == 502
    assert answer.headers["content-type"].startswith("text/html")
    assert "x-amzn-requestid" not in answer.headers


async def test_an_access_token_that_expires_early(connect):
    async with connect(faults="expiredtoken=1") as api:
        answer = await api.orders()
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["details"] == "The access token you provided has expired."


@pytest.mark.parametrize("dataset", LISTS)
async def test_a_dead_page_token_never_meets_a_first_page(connect, dataset):
    name = TOKENS[dataset]
    async with connect(faults="deadtoken=1", orders=700) as api:
        call = getattr(api, dataset)
        first = await call()
        assert first.status_code == 200
        answer = await call(**{name: next_token(first.json())})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "InvalidInput"


@pytest.mark.parametrize("dataset", LISTS)
async def test_empty_pages_lose_nothing(connect, dataset):
    async with connect() as plain, connect(faults="empty=0.6") as api:
        whole = await plain.scan(dataset)
        sparse = await api.scan(dataset)
        answers = [await getattr(api, dataset)() for _ in range(10)]
    assert sparse == whole
    assert any(b'"Orders":[]' in a.content or b'"orders":[]' in a.content or
               b'"inventorySummaries":[]' in a.content or b'"RefundEventList":[]' in a.content or
               b'"transactions":[]' in a.content
               for a in answers)  # fmt: skip


@pytest.mark.parametrize(
    ("dataset", "names", "size"),
    [
        ("orders", ("AmazonOrderId", "LastUpdateDate"), "MaxResultsPerPage"),
        ("search", ("orderId", "lastUpdatedTime"), "maxResultsPerPage"),
    ],
)
async def test_older_versions_of_orders_stand_beside_all_the_others(connect, dataset, names, size):
    order_id, updated = names
    async with connect() as plain, connect(faults="oldversion=1") as api:
        whole = {order[order_id]: order for order in await plain.scan(dataset, **{size: "40"})}
        first = (await getattr(api, dataset)(**{size: "40"})).json()
        shown = await api.scan(dataset, **{size: "40"})
    assert not [order for order in records(first) if whole[order[order_id]] != order]
    older = [order for order in shown if whole[order[order_id]] != order]
    assert len(older) == 7
    assert all(order[updated] < whole[order[order_id]][updated] for order in older)
    assert {order[order_id]: order for order in shown if order not in older} == whole


async def test_short_stock_leaves_out_what_was_shown_before_but_not_what_is_asked_for(connect):
    async with connect(faults="shortstock=1") as api:
        whole = await api.scan("stock")
        short = await api.scan("stock")
        shown = {row["sellerSku"] for row in short}
        missing = sorted({row["sellerSku"] for row in whole} - shown)
        assert [row for row in whole if row["sellerSku"] in shown] == short
        assert 70 < len(missing) < 80  # of 150
        plain = [sku for sku in missing if "," not in sku][:20]
        some = records((await api.stock(sellerSkus=",".join(plain))).json())
        assert {row["sellerSku"] for row in some} == set(plain)
        comma = next(sku for sku in missing if "," in sku)
        one = records((await api.stock(sellerSku=comma)).json())
        assert {row["sellerSku"] for row in one} == {comma}


async def test_revoked_sellers_get_no_token(connect):
    async with connect(faults="revoked=1") as api:
        answer = await api.login()
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_grant"
    assert "refresh_token" in answer.json()["error_description"]


@pytest.mark.parametrize(
    ("denied", "dataset"),
    [
        ("finances", "events"),
        ("finances", "transactions"),
        ("inventory", "stock"),
        ("orders", "search"),
        ("orders", "orders"),
    ],
)
async def test_a_missing_role_denies_one_dataset_without_a_reason(connect, denied, dataset):
    async with connect(faults=f"denied={denied}") as api:
        statuses = {name: (await getattr(api, name)()).status_code for name in LISTS}
        answer = await getattr(api, dataset)()
    assert answer.json()["errors"][0] == {
        "code": "Unauthorized",
        "message": "Access to requested resource is denied.",
        "details": "",
    }
    allowed = [
        name
        for name in LISTS
        if {"events": "finances", "transactions": "finances", "stock": "inventory"}.get(
            name, "orders"
        )
        != denied
    ]
    assert {name for name, status in statuses.items() if status == 200} == set(allowed)


@pytest.mark.parametrize(
    ("denied", "dataset"), [("searchOrders", "search"), ("transactions", "transactions")]
)
async def test_of_two_apis_of_one_thing_the_newer_alone_may_be_denied(connect, denied, dataset):
    async with connect(faults=f"denied={denied}") as api:
        answer = await getattr(api, dataset)()
        assert (answer.status_code, answer.json()["errors"][0]["details"]) == (403, "")
        others = [name for name in LISTS if name != dataset]
        assert {(await getattr(api, name)()).status_code for name in others} == {200}


async def test_latency_delays_the_api_and_not_the_login(connect):
    async with connect(faults="latency=1") as api:
        started = time.perf_counter()
        await api.login()
        login = time.perf_counter()
        assert (await api.orders()).status_code == 200
        answered = time.perf_counter()
    assert login - started < 1
    assert answered - login >= 1


async def test_a_simulator_ends_at_once_while_requests_wait(connect):
    async with connect(faults="latency=60") as api:
        waiting = asyncio.create_task(api.orders())
        # uvicorn tells nobody when a request has arrived
        await until(lambda: any("run_asgi" in repr(t.get_coro()) for t in asyncio.all_tasks()))
        started = time.perf_counter()
    with pytest.raises(httpx.TransportError):
        await waiting
    assert time.perf_counter() - started < 5


async def test_the_seed_decides_which_request_meets_which_fault(connect):
    async def run(seed):
        outcomes = []
        async with connect(seed=seed, faults="429=0.2,500=0.2,badjson=0.1,cut=0.1") as api:
            for _ in range(40):
                try:
                    answer = await api.stock()
                    outcomes.append((answer.status_code, len(answer.content)))
                except httpx.TransportError:
                    outcomes.append(("cut", 0))
        return outcomes

    first = await run(1)
    assert await run(1) == first
    assert await run(2) != first
    assert {status for status, _ in first} >= {200, 429, 500, "cut"}


async def test_all_faults_together_keep_nothing_from_a_patient_client(connect):
    faults = (
        "429=0.05,500=0.05,503=0.05,cut=0.05,badjson=0.05,html=0.05,expiredtoken=0.05,"
        "deadtoken=0.05,empty=0.1"
    )
    async with connect() as plain, connect(faults=faults) as api:
        for dataset in LISTS:
            assert await api.scan(dataset) == await plain.scan(dataset)


@pytest.mark.parametrize(
    "spec",
    ["explode=1", "429", "429=often", "429=1.5", "500=-0.1", "500=nan", "429=0.6,500=0.6",
     "revoked=yes", "secretexpired=2", "denied=everything", "first400=reports", "bom=2",
     "latency=forever"],
)  # fmt: skip
def test_faults_that_make_no_sense_are_named(spec):
    with pytest.raises(ValueError, match=spec.partition("=")[0] if "," not in spec else "above 1"):
        parse_faults(spec)


def test_faults_are_read_with_blanks_and_several_denials():
    faults = parse_faults(" 429=0.1, denied=orders,denied=finances , latency=0.5 ,")
    assert faults.chances == {"429": 0.1}
    assert faults.denied == {"orders", "finances"}
    assert faults.latency == 0.5
    assert not faults.revoked
