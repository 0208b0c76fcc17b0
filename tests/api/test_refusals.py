"""What is refused: always with the contract's body, and never with a stack trace."""

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from opside_desktop.api.app import LARGEST_BODY
from opside_desktop.api.server import start_server
from opside_desktop.api.timings import ApiTimings
from opside_desktop.domain.errors import EnvironmentFault, SettingsFault
from tests.api.conftest import ALICE, AMZ, SECRET, Programs, bearer, user_id
from tests.postgres import database, own_server
from tests.waiting import LIMIT_S

LISTS = ("claims", "inventory", "orders")
FARTHEST = 2**53 - 1


UNKNOWN = (
    "/", "/api", "/api/", "/api/v1/integrations/amazon", f"{AMZ}/sync/more", "/api/sync/cancel",
    "/api/sync/status/a/b", "/api/sync/cancel/", "/api/sse/sync-progress/", "/schema", "/%00",
    "/schema/openapi.yaml", "/schema/redoc", "/favicon.ico", "/%2e%2e/%2e%2e/etc/passwd",
)  # fmt: skip


async def test_unknown_paths(bare):
    for path in UNKNOWN:
        answer = await bare.get(path)
        assert answer.failure == (404, "not_found"), path
        assert answer.body["message"] == "Not found."


WRONG_METHODS = (
    ("GET", f"{AMZ}/sync", "POST"),
    ("DELETE", f"{AMZ}/sync", "POST"),
    ("POST", f"{AMZ}/status", "GET"),
    ("PUT", f"{AMZ}/claims", "GET"),
    ("PATCH", "/api/sync/status", "GET"),
    ("DELETE", "/api/sync/status/x", "GET"),
    ("POST", "/api/sync/history", "GET"),
    ("GET", "/api/sync/cancel/x", "POST"),
    ("POST", "/api/sse/sync-progress/x", "GET"),
    ("POST", "/health", "GET"),
    ("TRACE", "/health", "GET"),
    ("BREW", "/health", "GET"),
    ("POST", "/schema/openapi.json", "GET"),
)


async def test_wrong_methods(bare):
    for method, path, allowed in WRONG_METHODS:
        answer = await bare.request(method, path)
        assert answer.failure == (405, "method_not_allowed"), (method, path)
        assert allowed in answer.headers["allow"]


@pytest.mark.parametrize("size", [LARGEST_BODY + 1, 3_000_000])
async def test_large_bodies(bare, size):
    answer = await bare.post(f"{AMZ}/sync", bearer("bob"), content=b"{" + b" " * size + b"}")
    assert answer.failure == (413, "payload_too_large")


async def test_large_bodies_that_do_not_say_so(bare):
    async def pieces():
        for _ in range(100):
            yield b" " * 1000

    answer = await bare.post(f"{AMZ}/sync", bearer("bob"), content=pieces())
    assert answer.failure == (413, "payload_too_large")


async def test_nobody_sends_large_bodies_without_a_token(bare):
    answer = await bare.post(f"{AMZ}/sync", {}, content=b" " * 3_000_000)
    assert answer.failure == (401, "unauthorized")


A_MOMENT = "a date such as 2026-09-01, or a time such as 2026-09-01T12:00:00Z"
BAD_MOMENTS = (
    "", "yesterday", "2026-02-30", "2026-13-01", "20260901", "2026-W36-2", "1", "0000-01-01",
    "2026-09-01T25:00:00Z", "2026-09-01 12:00", "2026-09-01T12:00:00+99:00", "٢٠٢٦-٠٩-٠١",
)  # fmt: skip
BAD_PARAMETERS = {
    "limit": (
        "a whole number from 1 to 1000",
        ("0", "1001", "-1", "", "ten", "1.5", "1e2", "0x10", "١", " 1", "9" * 5000),
    ),
    "offset": (
        "a whole number of 0 or more",
        ("-1", "", "x", str(FARTHEST + 1), "9" * 5000, "1_000"),
    ),
    "cursor": (
        "the nextCursor of a former answer",
        ("", "0", "x", "-1_none_" + "0" * 32, "1_a b", "1_%zz", "1_%00\n", "9" * 5000),
    ),
    "startDate": (A_MOMENT, BAD_MOMENTS),
    "endDate": (A_MOMENT, BAD_MOMENTS),
}


@pytest.mark.parametrize("name", LISTS)
async def test_bad_parameters_are_named(bare, name):
    for parameter, (must_be, values) in BAD_PARAMETERS.items():
        for value in values:
            answer = await bare.get(f"{AMZ}/{name}", **{parameter: value})
            assert answer.failure == (400, "bad_request"), (parameter, value)
            assert answer.body["message"] == f"{parameter} must be {must_be}."


async def test_parameters_of_one_place_only(bare):
    channel = await bare.get(f"{AMZ}/orders", fulfillmentChannel="AFN")
    assert channel.body["message"] == "fulfillmentChannel must be one of FBA, FBM."
    status = await bare.get("/api/sync/history", status="in_progress")
    said = "status must be one of running, completed, failed, cancelled."
    assert status.body["message"] == said
    limit = await bare.get("/api/sync/history", limit="201")
    assert limit.body["message"] == "limit must be a whole number from 1 to 200."
    twice = await bare.get(f"{AMZ}/claims?limit=1&limit=2")
    assert twice.failure == (400, "bad_request")
    assert twice.body["message"] == "limit must be given once."
    assert twice.headers["cache-control"] == "no-store"


ODD_QUERIES: tuple[dict[str, object], ...] = (
    {"unknown": "1", "userId": "alice"},
    {"offset": FARTHEST},
    {"startDate": "0001-01-01", "endDate": "9999-12-31"},
    {"startDate": "0001-01-01T00:00:00+23:59", "endDate": "9999-12-31T23:59:59-23:59"},
    {"startDate": "9999-12-31", "endDate": "0001-01-01"},
    {"startDate": "2026-09-01T12:00", "endDate": "2026-09-01t12:00:00.123456789z"},
    {"search": "' OR 1=1 --"},
    {"search": "%"},
    {"search": "\0"},
    {"search": "x" * 20_000},
    {"search": "\U0001f4a9 ß \\ _"},
    {"status": "'; DROP TABLE amazon_claims; --"},
    {"status": "\0", "type": "\0"},
    {"status": "x" * 10_000},
    {"search": "", "status": ""},
)


@pytest.mark.parametrize("name", LISTS)
async def test_odd_parameters_find_nothing_and_harm_nothing(bare, name):
    for query in ODD_QUERIES:
        answer = await bare.get(f"{AMZ}/{name}", **query)
        assert answer.status == 200, query
        assert answer.body[name] == []
        assert answer.body["pagination"]["total"] == 0


async def test_texts_that_are_no_unicode(bare):
    answer = await bare.get(f"{AMZ}/claims?search=%ff%fe&status=%ed%a0%80")
    assert answer.body["claims"] == []


ODD_IDS = (
    "x", "' OR '1'='1", "%0d%0aSet-Cookie:%20a=b", "%00", "x" * 256, "x" * 5000, "%ff", "%E2%80%AE",
    "*",
)  # fmt: skip


async def test_odd_sync_ids_are_not_found(bare):
    for sync_id in ODD_IDS:
        for method, path in (
            ("GET", f"/api/sync/status/{sync_id}"),
            ("GET", f"/api/sync/status?syncId={sync_id}"),
            ("GET", f"/api/sse/sync-progress/{sync_id}"),
            ("POST", f"/api/sync/cancel/{sync_id}"),
        ):
            answer = await bare.request(method, path)
            assert answer.failure == (404, "sync_not_found"), (method, sync_id)
            assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "sent",
    [
        b"hello\r\n\r\n",
        b"GET /health HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
        b"POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
async def test_what_is_no_http(bare, sent):
    head, _, body = (await bare.raw(sent)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["error"] == "bad_request"


async def test_smuggled_requests_are_not_served(bare):
    # Two lengths that disagree: what follows must not be read as a request of its own.
    pieces, length = b"Transfer-Encoding: chunked\r\n", b"Content-Length: 4\r\n"
    body = b"0\r\n\r\n"
    for version, lengths in (
        (b"1.1", length + b"Content-Length: 60\r\n"),
        (b"1.1", length + pieces),
        (b"1.1", pieces + length),
        (b"1.1", pieces + b"Content-Length: 0\r\n"),
        (b"1.1", b"TRANSFER-ENCODING:\tChunked\r\ncontent-length: 5\r\n"),
        (b"1.1", b"Transfer-Encoding:\r\n chunked\r\n" + length),
        (b"1.1", pieces + b"Transfer-Encoding: identity\r\n"),
        (b"1.1", b"Transfer-Encoding: gzip, chunked\r\n" + length),
        (b"1.0", pieces),
        (b"1.0", pieces + length),
    ):
        sent = b"POST /health HTTP/%s\r\nHost: a\r\n%s\r\n%s" % (version, lengths, body)
        came = await bare.raw(sent + b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        assert came.count(b"HTTP/1.1 ") == 1, lengths
        assert came.startswith(b"HTTP/1.1 400 "), lengths
        head, _, body_of = came.partition(b"\r\n\r\n")
        assert b"connection: close" in head.lower()
        assert json.loads(body_of)["error"] == "bad_request"


async def test_one_length_alone_is_served(bare):
    for lengths, body in (
        (b"Transfer-Encoding: chunked", b"0\r\n\r\n"),
        (b"Content-Length: 0", b""),
    ):
        sent = b"POST /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s\r\n\r\n%s"
        assert (await bare.raw(sent % (lengths, body))).startswith(b"HTTP/1.1 405 ")


async def test_heads_are_those_of_get_without_the_body(bare):
    for path, headers in (
        ("/health", {}),
        ("/schema/openapi.json", {}),
        (f"{AMZ}/status", bearer()),
        (f"{AMZ}/claims", bearer()),
        (f"{AMZ}/inventory?limit=x", bearer()),
        (f"{AMZ}/orders", {}),
        ("/api/sync/status", bearer()),
        ("/api/sync/status/x", bearer()),
        ("/api/sync/history", bearer()),
        ("/api/sse/sync-progress/x", bearer()),
        (f"{AMZ}/sync", bearer()),
        ("/nothing", {}),
    ):
        whole = await bare.get(path, headers)
        head = await bare.request("HEAD", path, headers)
        assert (head.status, head.content) == (whole.status, b""), path
        assert head.headers == whole.headers, path


async def test_the_methods_of_a_path_hold_head_where_they_hold_get(bare):
    for method, path, methods in (
        ("POST", "/health", {"GET", "HEAD", "OPTIONS"}),
        ("DELETE", f"{AMZ}/claims", {"GET", "HEAD", "OPTIONS"}),
        ("OPTIONS", f"{AMZ}/claims", {"GET", "HEAD", "OPTIONS"}),
        ("GET", f"{AMZ}/sync", {"POST", "OPTIONS"}),
    ):
        allowed = (await bare.request(method, path)).headers["allow"]
        assert set(allowed.split(", ")) == methods, (method, path)


async def test_addresses_in_absolute_form(bare):
    for target, version, status in (
        (bare.server.url + "/health", b"1.1", 200),
        ("HTTP://localhost/health", b"1.1", 200),
        ("https://api.example/health", b"1.1", 200),
        ("http://[::1]:3001/health", b"1.0", 200),
        ("http://localhost/health?a=http://b/c", b"1.1", 200),
        ("http://localhost", b"1.1", 404),
        ("http://localhost?a=1", b"1.1", 404),
        ("http:///health", b"1.1", 400),
        ("http://user@localhost/health", b"1.1", 400),
    ):
        came = await bare.raw(
            b"GET %s HTTP/%s\r\nHost: a\r\nConnection: close\r\n\r\n" % (target.encode(), version)
        )
        assert came.startswith(b"HTTP/1.1 %d " % status), target


HALF = b"POST /api/v1/integrations/amazon/sync HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n"


def half(*more):
    authorization = bearer("bob")["Authorization"].encode()
    return HALF + b"Authorization: " + authorization + b"\r\n\r\n{"


async def test_a_client_that_goes_in_the_middle_of_its_request_is_no_failure(bare, caplog, until):
    place = bare.client.base_url
    _, writer = await asyncio.open_connection(place.host, place.port)
    writer.write(half())
    await until(lambda: bare.server._state.tasks)
    caplog.clear()
    writer.transport.abort()
    await until(lambda: not bare.server._state.tasks)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_body_that_breaks_off_is_a_bad_request(bare, caplog):
    head = half().replace(b"Content-Length: 50", b"Transfer-Encoding: chunked")[:-1]
    came = await bare.raw(head + b"zz\r\n{}\r\n0\r\n\r\n")
    assert came.startswith(b"HTTP/1.1 400 ")
    assert json.loads(came.partition(b"\r\n\r\n")[2])["error"] == "bad_request"
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.fixture
async def hasty(environ):
    """A server that waits for no request longer than a moment."""
    async with AsyncExitStack() as stack:
        yield await Programs(environ, stack).api(timings=ApiTimings(request_s=0.1))


@pytest.mark.parametrize("sent", [b"", b"GET /hea", HALF, half()])
async def test_a_request_that_does_not_arrive_is_not_awaited_for_ever(hasty, sent):
    assert b" 200 " not in await hasty.raw(sent)
    # Neither is the second one on a connection.
    first = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
    assert (await hasty.raw(first + (sent or b"G"))).count(b"HTTP/1.1 200 ") == 1


async def test_a_request_in_time_keeps_its_connection(hasty):
    place = hasty.client.base_url
    reader, writer = await asyncio.open_connection(place.host, place.port)
    for _ in range(3):
        writer.write(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
        await reader.readuntil(b"}")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.15):
                await reader.read(1)
    writer.close()


async def test_upgrades_are_not_followed(bare):
    head = {**bearer(), "Connection": "Upgrade, close", "Upgrade": "websocket"}
    assert (await bare.get(f"{AMZ}/status", head)).status == 200


async def test_a_database_that_is_gone(bare):
    await bare.program.db.close()
    for method, path in (
        ("GET", f"{AMZ}/status"),
        ("GET", f"{AMZ}/claims"),
        ("GET", "/api/sync/status"),
        ("GET", "/api/sync/history"),
        ("POST", f"{AMZ}/sync"),
        ("POST", "/api/sync/cancel/x"),
        ("GET", "/api/sse/sync-progress/x"),
    ):
        answer = await bare.request(method, path)
        assert answer.failure == (503, "service_unavailable")
        assert answer.body["message"] == "The database cannot be reached."
    health = await bare.get("/health")
    assert (health.status, health.body["status"]) == (503, "degraded")


async def test_a_database_server_that_goes_and_comes_back(environ):
    with own_server() as postgres, database(postgres.dsn) as url:
        async with AsyncExitStack() as stack:
            bare = await Programs({**environ, "OPSIDE_DATABASE_URL": url}, stack).api()
            assert (await bare.get(f"{AMZ}/claims")).status == 200
            await asyncio.to_thread(postgres.stop)
            for method, path in (("GET", f"{AMZ}/claims"), ("POST", f"{AMZ}/sync")):
                answer = await bare.request(method, path)
                assert answer.failure == (503, "service_unavailable")
                assert answer.body["message"] == "The database cannot be reached."
            health = await bare.get("/health", {})
            assert (health.status, health.body["status"]) == (503, "degraded")
            await asyncio.to_thread(postgres.start)
            async with asyncio.timeout(LIMIT_S):
                while (await bare.get("/health", {})).status != 200:
                    continue
            assert (await bare.get(f"{AMZ}/claims")).status == 200
            assert (await bare.post("/api/sync/cancel/x")).failure == (404, "sync_not_found")


async def test_a_file_that_was_moved_away_is_no_good_health(bare):
    values = f"('1', 'theirs', '{user_id(ALICE)}', 'running')"
    running = f"INSERT INTO sync_progress (id, sync_id, user_id, status) VALUES {values}"  # noqa: S608
    await bare.program.db.write(lambda connection: connection.exec_driver_sql(running))
    file = Path(bare.program.db.shown_address)
    away = file.with_name("away.db")
    file.rename(away)  # noqa: ASYNC240 - as another program does
    health = await bare.get("/health", {})
    assert (health.status, health.body["status"]) == (503, "degraded")
    assert (await bare.post("/api/sync/cancel/theirs")).failure == (503, "service_unavailable")
    away.rename(file)
    assert (await bare.get("/health", {})).body["status"] == "ok"
    assert (await bare.post("/api/sync/cancel/theirs")).status == 200


async def test_an_unexpected_error_is_found_in_the_log_and_nowhere_else(bare, caplog):
    # A column that code reads and the file no longer has.
    def spoil(connection):
        connection.exec_driver_sql("ALTER TABLE amazon_claims RENAME COLUMN amount TO sum")

    await bare.program.db.write(spoil)
    caplog.clear()
    answer = await bare.get(f"{AMZ}/claims")
    if answer.status == 500:
        error_id = answer.body["errorId"]
        assert answer.failure == (500, "internal_server_error")
        assert answer.body["message"] == f"An unexpected error occurred ({error_id})."
        assert error_id in caplog.text
    else:
        assert answer.failure == (503, "service_unavailable")
    assert b"amount" not in answer.content
    assert b"Traceback" not in answer.content


async def test_a_port_that_is_taken(bare):
    port = int(bare.server.url.rsplit(":", 1)[1])
    with pytest.raises(EnvironmentFault, match=f"cannot listen on port {port} of 127.0.0.1"):
        await start_server(bare.program, secret=SECRET, port=port)


@pytest.mark.parametrize("secret", ["", "x" * 31])
async def test_a_short_key(bare, secret):
    with pytest.raises(SettingsFault, match="JWT_SECRET to at least 32"):
        await start_server(bare.program, secret=secret, port=0)
