"""The HTTP API on a server that gives one connection: slower, and never without its database."""

import asyncio

import pytest

from tests.api.conftest import AMZ

PATHS = (
    "/health",
    f"{AMZ}/status",
    f"{AMZ}/claims",
    f"{AMZ}/inventory",
    f"{AMZ}/orders",
    "/api/sync/status",
    "/api/sync/history",
)


@pytest.fixture
def environ(environ, limited_postgres):
    return {**environ, "OPSIDE_DATABASE_URL": limited_postgres(1)}


async def test_one_connection_serves_all_who_ask_beside_a_sync(api):
    syncing = asyncio.create_task(api.sync())
    statuses = set()
    while not syncing.done():
        answers = await asyncio.gather(*(api.get(path) for path in 3 * PATHS))
        statuses |= {answer.status for answer in answers}
    await syncing
    assert statuses == {200}
    assert (await api.get(f"{AMZ}/orders", limit=1)).body["pagination"]["total"] == 250
