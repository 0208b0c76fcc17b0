"""Throttling, in virtual time."""

import pytest

PLANS = [
    # call, rate per second, burst, header
    ("orders", 0.0167, 20, "0.0167"),
    ("search", 0.0056, 20, "0.0056"),
    ("stock", 2, 2, "2.0"),
    ("events", 0.5, 30, "0.5"),
    ("transactions", 0.5, 10, "0.5"),
]


@pytest.mark.parametrize(("dataset", "rate", "burst", "header"), PLANS)
async def test_a_burst_then_one_call_per_token(connect, clock, dataset, rate, burst, header):
    async with connect(usage_plans="amazon") as api:
        call = getattr(api, dataset)
        for _ in range(burst):
            answer = await call()
            assert answer.status_code == 200
            assert answer.headers["x-amzn-ratelimit-limit"] == header
        refused = await call()
        clock.advance(0.98 / rate)
        await api.login()
        too_early = await call()
        clock.advance(0.04 / rate)
        in_time = await call()
        again = await call()
    assert [a.status_code for a in (refused, too_early, in_time, again)] == [429, 429, 200, 429]
    assert refused.json() == {
        "errors": [
            {
                "code": "QuotaExceeded",
                "message": "You exceeded your quota for the requested resource.",
                "details": "",
            }
        ]
    }
    assert refused.headers["x-amzn-errortype"] == "TooManyRequestsException"
    assert "x-amzn-ratelimit-limit" not in refused.headers
    assert "retry-after" not in refused.headers


async def test_an_empty_bucket_fills_up_to_its_burst_and_no_further(connect, clock):
    async with connect(usage_plans="amazon") as api:
        while (await api.events()).status_code == 200:
            pass
        clock.advance(3_000)
        statuses = [(await api.events()).status_code for _ in range(31)]
    assert statuses == [200] * 30 + [429]


async def test_operations_and_sellers_do_not_share_tokens(connect):
    async with connect(usage_plans="amazon") as api:
        for _ in range(3):
            last = await api.stock()
        assert last.status_code == 429
        assert (await api.events()).status_code == 200
        await api.login("Atzr|another seller")
        assert (await api.stock()).status_code == 200
        await api.login()
        assert (await api.stock()).status_code == 429


async def test_the_rate_is_told_on_good_answers_400_and_404_only(connect):
    async with connect(usage_plans="amazon", faults="denied=inventory") as api:
        told = [
            await api.events(),
            await api.events(PostedAfter="soon"),
            await api.get("/orders/v0/orders/111-0000000-0000000"),
        ]
        silent = [await api.stock()]
        api.headers = {}
        silent.append(await api.events())
    assert [answer.status_code for answer in told] == [200, 400, 404]
    assert [answer.headers["x-amzn-ratelimit-limit"] for answer in told] == ["0.5"] * 3
    for answer in silent:
        assert answer.status_code == 403
        assert "x-amzn-ratelimit-limit" not in answer.headers


async def test_the_time_scale_multiplies_rates_and_nothing_else(connect, clock):
    async with connect(usage_plans="amazon", time_scale=100) as api:
        for _ in range(20):
            answer = await api.search()
        assert answer.headers["x-amzn-ratelimit-limit"] == "0.56"
        assert (await api.search()).status_code == 429
        clock.advance(1.8)
        assert (await api.search()).status_code == 200
        page = await api.stock()
        token = page.json()["pagination"]["nextToken"]
        clock.advance(30)
        assert (await api.stock(nextToken=token)).status_code == 200


async def test_without_usage_plans_nothing_is_throttled(connect):
    async with connect(usage_plans="none") as api:
        answers = [await api.search(maxResultsPerPage="1") for _ in range(60)]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["x-amzn-ratelimit-limit"] for answer in answers} == {"1000"}
