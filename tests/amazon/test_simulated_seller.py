"""Whole flows against the simulated seller, over HTTP."""

from collections import Counter
from datetime import timedelta

import pytest

from opside_desktop.amazon.errors import PageTokenExpired
from opside_desktop.amazon.pacing import Pacer
from opside_desktop.claims.classify import find_claim
from opside_desktop.domain.errors import AccessDenied, AuthRevoked
from opside_desktop.simulator.options import Options
from opside_desktop.simulator.server import serve

US = "ATVPDKIKX0DER"


def window(session, days=90):
    end = session.now() - timedelta(minutes=3)
    return end - timedelta(days=days), end


async def pages(fetch, *arguments, **more):
    """Read to the end, starting over when a token dies, as a sync would."""
    records, token = [], None
    for _ in range(500):
        try:
            page = await fetch(*arguments, token=token, **more)
        except PageTokenExpired:
            records, token = [], None
            continue
        assert page.skipped == []
        assert page.request_id
        records += page.records
        token = page.next_token
        if token is None:
            return records
    raise AssertionError("no end in sight")


async def test_both_order_apis_give_the_same_orders(connect, clock):
    async with serve(Options(usage_plans="none"), clock=clock) as url:
        new = await connect(url)
        old = await connect(url, orders_api="v0")
        await new.sign_in()
        bounds = window(new)
        by_new = {order.order_id: order for order in await pages(new.orders.page, *bounds)}
        by_old = {order.order_id: order for order in await pages(old.orders.page, *bounds)}
    assert len(by_new) == 250
    assert by_new == by_old
    assert {order.fulfillment_channel for order in by_new.values()} == {"FBA", "FBM"}
    assert max(len(order.items) for order in by_new.values()) == 24


@pytest.mark.parametrize("dataset", ["finances", "inventory", "orders"])
async def test_first_pages_that_are_refused_for_a_while_come_in_the_end(connect, clock, dataset):
    async with serve(Options(usage_plans="none", faults=f"first400={dataset}"), clock=clock) as url:
        session = await connect(url)
        await session.sign_in()
        start = clock.now()
        match dataset:
            case "finances":
                found = await pages(session.finances.page, *window(session))
            case "inventory":
                found = await pages(session.inventory.page, US)
            case _:
                found = await pages(session.orders.page, *window(session))
    assert len(found) >= 150
    assert 30 <= clock.now() - start < 100


async def test_the_whole_seller_can_be_read(connect, clock):
    async with serve(Options(usage_plans="none"), clock=clock) as url:
        session = await connect(url)
        places = await session.sellers.marketplace_participations()
        stock = await pages(session.inventory.page, US)
        events = await pages(session.finances.page, *window(session))
    assert [(place.country_code, place.is_participating) for place in places] == [
        ("US", True),
        ("CA", True),
        ("MX", True),
    ]
    assert len({row.sku for row in stock}) == 150
    lists = Counter(event.event_list for event in events)
    assert lists["RefundEventList"] == 6
    assert lists["ShipmentEventList"] > 100


FAULTS = "429=0.1,500=0.08,503=0.05,cut=0.05,badjson=0.05,html=0.05,expiredtoken=0.05,empty=0.1"


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_faults_of_every_kind_change_nothing_of_what_is_read(connect, clock, seed):
    async with serve(Options(usage_plans="none"), clock=clock) as url:
        calm = await connect(url)
        events = await pages(calm.finances.page, *window(calm), page_size=10)
        orders = await pages(calm.orders.page, *window(calm))
    options = Options(usage_plans="none", faults=FAULTS, seed=1)
    async with serve(options, clock=clock) as url:
        rough = await connect(url)
        await rough.sign_in()
        for _ in range(seed):  # another part of the faults each time
            await rough.inventory.page(US)
        assert await pages(rough.finances.page, *window(rough), page_size=10) == events
        assert await pages(rough.orders.page, *window(rough)) == orders


async def test_faults_change_nothing_of_the_transactions_that_are_read(
    connect, connect_transactions, clock
):
    async with serve(Options(usage_plans="none"), clock=clock) as url:
        calm = await connect(url)
        await calm.sign_in()
        bounds = window(calm)
        transactions = await pages(connect_transactions(url).page, *bounds)
    options = Options(usage_plans="none", faults=FAULTS, seed=1)
    async with serve(options, clock=clock) as url:
        rough = connect_transactions(url)
        for _ in range(3):
            assert await pages(rough.page, *bounds) == transactions


async def test_everything_of_an_order_is_found_by_its_id(connect, connect_transactions, clock):
    async with serve(Options(usage_plans="none", scenario="with_issues"), clock=clock) as url:
        session = await connect(url)
        await session.sign_in()
        source = connect_transactions(url)
        found = await pages(source.page, *window(session))
        open_ = [reading for reading in map(find_claim, found) if reading and reading.is_deferred]
        for reading in open_:
            of_order = await pages(source.page_of_order, reading.order_id)
            ids = [event.payload["transactionId"] for event in of_order]
            assert reading.transaction_ids[0] in ids
            assert {find_claim(event).order_id for event in of_order if find_claim(event)} == {
                reading.order_id
            }
        assert open_


async def test_transactions_are_denied_alone(connect, connect_transactions, clock):
    async with serve(Options(faults="denied=transactions"), clock=clock) as url:
        session = await connect(url)
        await session.finances_sources[-1].page(*window(session))
        with pytest.raises(AccessDenied, match="Finance and Accounting"):
            await connect_transactions(url).page(*window(session))


async def test_dead_page_tokens_are_told_apart(connect, clock):
    options = Options(usage_plans="none", faults="deadtoken=1")
    async with serve(options, clock=clock) as url:
        session = await connect(url)
        await session.sign_in()
        bounds = window(session)
        for fetch in (
            lambda token: session.finances.page(*bounds, token=token),
            lambda token: session.inventory.page(US, token=token),
            lambda token: session.orders.page(*bounds, token=token),
        ):
            first = await fetch(None)
            with pytest.raises(PageTokenExpired):
                await fetch(first.next_token)


async def test_amazon_never_refuses_a_paced_scan(connect, clock, caplog):
    caplog.set_level("INFO")
    async with serve(Options(), clock=clock) as url:
        session = await connect(url, pacer=Pacer(clock))
        await session.sign_in()
        bounds = window(session)
        start = clock.now()
        await pages(session.finances.page, *bounds, page_size=5)
        calls = 1 + len(await pages(session.finances.page, *bounds, page_size=5)) // 5
        took = clock.now() - start
    assert calls * 2 > 60
    bound = (calls * 2 - 30) / 0.5
    assert bound * 0.95 <= took <= bound * 1.06
    assert "429" not in caplog.text


async def test_a_second_program_finds_the_bucket_as_the_first_left_it(connect, clock, caplog):
    caplog.set_level("INFO")
    saved: dict = {}
    async with serve(Options(), clock=clock) as url:
        for _ in range(3):
            session = await connect(
                url, pacer=Pacer(clock, levels=saved, on_level=saved.__setitem__)
            )
            await session.sign_in()
            for _ in range(10):
                await session.orders.page(*window(session))
    assert "429" not in caplog.text


async def test_a_revoked_permission_and_a_denied_dataset(connect, clock):
    async with serve(Options(faults="revoked=1"), clock=clock) as url:
        with pytest.raises(AuthRevoked):
            await (await connect(url)).sign_in()
    async with serve(Options(faults="denied=orders"), clock=clock) as url:
        session = await connect(url)
        await session.inventory.page(US)
        with pytest.raises(AccessDenied, match="Inventory and Order Tracking"):
            await session.orders.page(*window(session))
