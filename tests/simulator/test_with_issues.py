"""The scenario whose data changes while it is read, and then rests."""

from collections import Counter


async def scans(api, count):
    """Complete scans of everything, each list once per scan."""
    return [
        {name: await api.scan(name) for name in ("events", "stock", "orders", "search")}
        for _ in range(count)
    ]


async def test_it_rests_after_two_complete_scans(connect):
    async with connect(scenario="with_issues") as api:
        _, _, third, fourth = await scans(api, 4)
    assert third == fourth


async def test_each_interface_alone_rests_after_two_complete_scans(connect):
    for dataset in ("events", "orders", "search"):
        async with connect(scenario="with_issues") as api:
            for _ in range(2):
                await api.scan(dataset)
            assert await api.scan(dataset) == await api.scan(dataset)


async def test_small_pages_rest_too(connect):
    async with connect(scenario="with_issues", orders=30) as api:
        for _ in range(2):
            await api.scan("search", maxResultsPerPage="100")
        assert await api.scan("search") == await api.scan("search")


async def test_orders_change_while_they_are_paged_and_none_is_missed(connect, truth):
    expected = {order.order_id for order in truth(scenario="with_issues").orders}
    for dataset, key in (("orders", "AmazonOrderId"), ("search", "orderId")):
        async with connect(scenario="with_issues") as api:
            first, second, third = [await api.scan(dataset) for _ in range(3)]
        for scan in (first, second, third):
            assert {order[key] for order in scan} == expected
        served = Counter(order[key] for order in first + second)
        assert max(served.values()) > 2  # one scan served it before and after its change
        assert first != third


async def test_changed_orders_move_on_and_never_back(connect):
    seen = {}
    async with connect(scenario="with_issues") as api:
        for _ in range(3):
            for order in await api.scan("orders"):
                before = seen.get(order["AmazonOrderId"], order)
                assert order["LastUpdateDate"] >= before["LastUpdateDate"]
                if order["OrderStatus"] != before["OrderStatus"]:
                    assert order["LastUpdateDate"] > before["LastUpdateDate"]
                seen[order["AmazonOrderId"]] = order


async def test_twins_in_one_second_are_two_events(connect):
    async with connect(scenario="with_issues") as api:
        await api.scan("events")
        events = await api.scan("events")
    counts = Counter(repr(event) for name, event in events if name == "AdjustmentEventList")
    twins = sorted(count for count in counts.values() if count > 1)
    assert twins == [2, 2, 3]


async def test_short_outages_and_throttling_end(connect):
    async with connect(scenario="with_issues") as api:
        for call in (api.orders, api.search, api.stock, api.events, api.transactions):
            statuses = [(await call()).status_code for _ in range(30)]
            assert statuses[0] == 200
            assert {statuses[1], statuses[2]} <= {429, 500, 503}
            assert set(statuses[3:]) == {200}
