"""Who is who: tokens good and bad, the demo user, other people's rows, other people's web pages."""

import base64
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from opside_desktop.api.tokens import make_token
from opside_desktop.domain.ids import ExternalUserId
from tests.api.conftest import ALICE, AMZ, SECRET, Programs, bearer, token

WHO = f"{AMZ}/status"
NIL = "00000000-0000-0000-0000-000000000000"
ENDPOINTS = (
    ("POST", f"{AMZ}/sync"),
    ("GET", f"{AMZ}/status"),
    ("GET", f"{AMZ}/claims"),
    ("GET", f"{AMZ}/inventory"),
    ("GET", f"{AMZ}/orders"),
    ("GET", "/api/sync/status"),
    ("GET", "/api/sync/status/sync_alice_1"),
    ("GET", "/api/sync/history"),
    ("POST", "/api/sync/cancel/sync_alice_1"),
    ("GET", "/api/sse/sync-progress/sync_alice_1"),
)


def unsigned(claims, header=None):
    """A token without a signature, made by hand."""
    parts = [header or {"alg": "none", "typ": "JWT"}, claims]
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
    return b".".join([*coded, b""]).decode()


def by_rsa(claims):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return jwt.encode(claims, pem, algorithm="RS256")


def tampered():
    head, _, signature = token("bob").split(".")
    body = base64.urlsafe_b64encode(b'{"sub": "alice"}').rstrip(b"=").decode()
    return f"{head}.{body}.{signature}"


now = int(time.time())
DAY_S = 86_400
"""Longer than the tests may take, which look at tokens long after these were made."""

BAD_TOKENS = {
    "empty": "",
    "no token at all": "hello",
    "two parts": "a.b",
    "not base64": "ä.b.c",
    "alg none": unsigned({"sub": ALICE}),
    "alg None in another spelling": unsigned({"sub": ALICE}, {"alg": "NoNe", "typ": "JWT"}),
    "alg HS256 without a signature": unsigned({"sub": ALICE}, {"alg": "HS256"}),
    "alg missing": unsigned({"sub": ALICE}, {"typ": "JWT"}),
    "alg no text": unsigned({"sub": ALICE}, {"alg": ["HS256"]}),
    "RS256": by_rsa({"sub": ALICE}),
    "HS512": token(algorithm="HS512", key=SECRET * 3),
    "HS384 with our key": token(algorithm="HS384", key=SECRET + "x" * 48),
    "another key": token(key="another key of 32 characters or more"),
    "another body": tampered(),
    "critical extension": jwt.encode(
        {"sub": ALICE}, SECRET, algorithm="HS256", headers={"crit": ["b64"], "b64": True}
    ),
    "expired": token(sub=ALICE, exp=now - 11),
    "expires in the leeway's last moment": token(sub=ALICE, exp=now - 10.001),
    "expires never, in words": token(sub=ALICE, exp="9999999999"),
    "expires at infinity": token(sub=ALICE, exp=float("inf")),
    "expires at null": token(sub=ALICE, exp=None),
    "expires at true": token(sub=ALICE, exp=True),
    "expires at a list": token(sub=ALICE, exp=[now + 60]),
    "not valid yet": token(sub=ALICE, nbf=now + DAY_S),
    "not valid before null": token(sub=ALICE, nbf=None),
    "no user": token(name=ALICE),
    "a number": token(sub=17),
    "a list": token(sub=[ALICE]),
    "an object": token(sub={"id": ALICE}),
    "spaces": token(sub="   "),
    "the nil UUID": token(sub=NIL),
    "the nil UUID under the first name": token(id=NIL, sub=ALICE),
    "too long": token(sub="x" * 201),
    "a line break": token(sub="alice\nbob"),
    "the character NUL": token(sub="alice\0"),
    "claims that are no object": jwt.api_jws.encode(b'["alice"]', SECRET, algorithm="HS256"),
    "claims that are no JSON": jwt.api_jws.encode(b"alice", SECRET, algorithm="HS256"),
    "deep claims": jwt.api_jws.encode(b"[" * 20_000, SECRET, algorithm="HS256"),
}


async def test_bad_tokens_are_refused(bare):
    for name, bad in BAD_TOKENS.items():
        in_header, in_cookie = f"Bearer {bad}".encode().strip(), f"session_token={bad}".encode()
        for headers in ({"Authorization": in_header}, {"Cookie": in_cookie}):
            answer = await bare.get(WHO, headers)
            assert answer.failure == (401, "unauthorized"), name
            assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": ALICE},
        {"id": ALICE, "user_id": "bob", "userId": "bob", "sub": "bob"},
        {"user_id": ALICE, "userId": "bob", "sub": "bob"},
        {"userId": ALICE, "sub": "bob"},
        {"id": "", "sub": ALICE},
        {"id": 17, "user_id": None, "userId": ["bob"], "sub": ALICE},
        {"sub": f"  {ALICE} "},
        {"sub": ALICE, "exp": now + DAY_S, "nbf": now - 600},
        {"sub": ALICE, "exp": now + DAY_S + 0.5},
        {"sub": ALICE, "iat": now + 600, "aud": "others", "iss": "others", "jti": "x"},
    ],
)
async def test_the_first_text_among_the_claims_is_the_user(bare, claims):
    answer = await bare.get(WHO, {"Authorization": f"Bearer {token(**claims)}"})
    # Only Alice is connected.
    assert (answer.status, answer.body["connected"]) == (200, True)


async def test_clocks_may_differ_by_ten_seconds(bare):
    async def status(**seconds):
        claims = {name: time.time() + ahead for name, ahead in seconds.items()}
        made = token(sub=ALICE, **claims)
        answers = [
            await bare.get(WHO, {"Authorization": f"Bearer {made}"}),
            await bare.get(WHO, {"Cookie": f"session_token={made}"}),
        ]
        assert answers[0].status == answers[1].status
        return answers[0].status

    assert await status(exp=-5) == 200
    assert await status(nbf=9.5) == 200
    assert await status(exp=-5, nbf=9.5) == 200
    assert await status(exp=-11) == 401
    assert await status(nbf=60) == 401


async def test_tokens_made_here_are_good_here(bare):
    made = make_token(SECRET, ExternalUserId(ALICE), lasts_s=60)
    assert (await bare.get(WHO, {"Authorization": f"bearer   {made}"})).body["connected"]


async def test_the_header_wins_over_the_cookie(bare):
    def both(in_header, in_cookie):
        return {"Authorization": in_header, "Cookie": f"other=1; session_token={in_cookie}"}

    good, bad = token(), token(key="another key of 32 characters or more")
    assert (await bare.get(WHO, both(f"Bearer {good}", bad))).body["connected"]
    assert (await bare.get(WHO, both(f"Bearer {bad}", good))).status == 401
    assert (await bare.get(WHO, both("Bearer", good))).status == 401
    # Another scheme is no token, so the cookie counts.
    assert (await bare.get(WHO, both("Basic YTpi", good))).body["connected"]
    assert (await bare.get(WHO, both("Basic YTpi", bad))).status == 401


async def test_cookies_in_several_headers_are_one_list(bare):
    for cookies in (
        [("Cookie", "other=1"), ("Cookie", f"session_token={token()}")],
        [("Cookie", f"session_token={token()}"), ("Cookie", "other=1")],
        [("Cookie", f'other=1;session_token="{token()}"')],
    ):
        answer = await bare.get(WHO, cookies)
        assert (answer.status, answer.body.get("connected")) == (200, True), cookies


async def test_of_two_cookies_of_one_name_the_first_counts(bare):
    good, bad = f"session_token={token()}", f"session_token={token('bob')}"
    for cookies, is_alice in (
        ([("Cookie", f"{good}; {bad}")], True),
        ([("Cookie", good), ("Cookie", bad)], True),
        ([("Cookie", f"other=1;{bad};{good}")], False),
        ([("Cookie", bad), ("Cookie", good)], False),
    ):
        answer = await bare.get(WHO, cookies)
        assert (answer.status, answer.body["connected"]) == (200, is_alice), cookies
    nothing = await bare.get(WHO, {"Cookie": f"session_token=; {good}"})
    assert nothing.failure == (401, "unauthorized")


async def test_of_two_authorizations_none_counts(bare):
    good, bad = f"Bearer {token()}", f"Bearer {token(key='another key of 32 characters or more')}"
    for pair in ([good, bad], [bad, good], [good, good], ["Basic YTpi", good], [good, ""]):
        answer = await bare.get(WHO, [("Authorization", one) for one in pair])
        assert answer.failure == (401, "unauthorized"), pair


async def test_nothing_else_names_the_user(bare):
    headers = {**bearer("bob"), "X-User-Id": ALICE, "Cookie": f"session_token={token()}"}
    answer = await bare.get(WHO, headers, userId=ALICE, user_id=ALICE, sub=ALICE)
    assert answer.body["connected"] is False


async def test_every_endpoint_asks_who_it_is(bare):
    for method, path in ENDPOINTS:
        assert (await bare.request(method, path, {})).failure == (401, "unauthorized"), path


async def test_without_an_identity_there_are_only_health_and_the_document(bare):
    assert (await bare.get("/health", {})).body == {"status": "ok", "version": "0.1.0"}
    assert (await bare.get("/schema/openapi.json", {})).body["openapi"].startswith("3.1")


@pytest.fixture
async def for_anybody(programs: Programs):
    return await programs.api(await programs.program(OPSIDE_USER="demo-user"), demo_user=True)


async def test_the_demo_user_needs_no_credential(for_anybody):
    assert (await for_anybody.get(WHO, {})).body["connected"]
    assert (await for_anybody.get(WHO, bearer())).body["connected"] is False


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": ""},
        {"Cookie": "session_token=nonsense"},
        {"Cookie": "session_token="},
        [("Cookie", "other=1"), ("Cookie", "session_token=nonsense")],
        [("Cookie", "session_token=nonsense"), ("Cookie", "other=1")],
    ],
)
async def test_a_bad_credential_does_not_become_the_demo_user(for_anybody, headers):
    assert (await for_anybody.get(WHO, headers)).failure == (401, "unauthorized")


async def test_the_demo_user_is_off_by_default(bare):
    assert (await bare.get(WHO, {})).status == 401


async def test_users_see_and_change_their_own_rows_only(programs):
    alice = await programs.api()
    mine = await alice.sync()
    alice.tap.held = "/auth/o2/token"
    running = await alice.start()
    bob = await programs.api(await programs.program(OPSIDE_USER="bob"))
    bob.headers = bearer("bob")
    for sync_id in (mine, running):
        for method, path in (
            ("GET", f"/api/sync/status/{sync_id}"),
            ("GET", f"/api/sync/status?syncId={sync_id}"),
            ("GET", f"/api/sse/sync-progress/{sync_id}"),
            ("POST", f"/api/sync/cancel/{sync_id}"),
        ):
            # By Alice's server too, which has the running one in memory.
            for server in (alice, bob):
                answer = await server.request(method, path, bearer("bob"))
                assert answer.failure == (404, "sync_not_found")
                assert answer.body["message"] == "Sync not found."
    for name in ("claims", "inventory", "orders"):
        answer = await bob.get(f"{AMZ}/{name}", search="")
        assert answer.body[name] == []
        assert answer.body["pagination"]["total"] == 0
    assert (await bob.get("/api/sync/history")).body["syncs"] == []
    state = (await bob.get("/api/sync/status")).body
    assert (state["status"], state["syncId"], state["hasActiveSync"]) == ("idle", None, False)
    assert (await bob.get(WHO)).body["activeSyncId"] is None
    still = (await alice.get(f"/api/sync/status/{running}")).body
    assert still["status"] == "running"


def from_page(origin, **headers):
    return {"Origin": origin, "Cookie": f"session_token={token('bob')}", **headers}


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", "http://127.0.0.1", "http://127.0.0.1:1"]
)
async def test_another_web_page_may_not_use_the_browsers_cookie(bare, origin):
    for path in (f"{AMZ}/sync", "/api/sync/cancel/sync_bob_1"):
        answer = await bare.post(path, from_page(origin), content=b"[]")
        assert answer.failure == (403, "forbidden_origin")
        assert answer.body["message"] == "Origin not allowed."
    # Reading changes nothing, and the page cannot see the answer.
    read = await bare.get(WHO, from_page(origin))
    assert read.status == 200
    assert not any(name.startswith("access-control") for name in read.headers)


async def test_one_good_origin_does_not_hide_another(bare):
    for origins in ([bare.server.url, "https://evil.example"], ["null", bare.server.url]):
        headers = [("Cookie", f"session_token={token('bob')}")]
        headers += [("Origin", origin) for origin in origins]
        answer = await bare.post(f"{AMZ}/sync", headers)
        assert answer.failure == (403, "forbidden_origin"), origins


async def test_who_asks_comes_before_where_from(bare):
    answer = await bare.post(f"{AMZ}/sync", {"Origin": "https://evil.example"})
    assert answer.failure == (401, "unauthorized")


async def test_the_servers_own_page_and_programs_with_a_token_are_let_in(bare):
    own = await bare.post(f"{AMZ}/sync", from_page(bare.server.url))
    assert own.failure == (400, "amazon_not_connected")
    headers = {**bearer("bob"), "Origin": "https://evil.example"}
    by_token = await bare.post(f"{AMZ}/sync", headers)
    assert by_token.failure == (400, "amazon_not_connected")


async def test_another_page_cannot_act_as_the_demo_user(for_anybody):
    answer = await for_anybody.post(f"{AMZ}/sync", {"Origin": "https://evil.example"})
    assert answer.failure == (403, "forbidden_origin")


async def test_named_origins_are_let_in_and_told_so(programs):
    named = "https://app.example.com"
    api = await programs.api(origins=[named, "http://localhost:3000"])
    for answer in (
        await api.post(f"{AMZ}/sync", from_page(named)),
        await api.get(WHO, from_page(named)),
        await api.get("/nothing", from_page(named)),
        await api.get(WHO, {"Origin": named}),
    ):
        assert answer.headers["access-control-allow-origin"] == named
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert answer.headers["vary"] == "Origin"
    asks = {"Origin": named, "Access-Control-Request-Method": "POST"}
    preflight = await api.request("OPTIONS", f"{AMZ}/sync", asks)
    assert (preflight.status, preflight.content) == (204, b"")
    assert preflight.headers["access-control-allow-methods"] == "GET, POST"
    assert preflight.headers["access-control-allow-headers"] == "Authorization, Content-Type"
    for origin in ("https://evil.example", f"{named}.evil.example", "null"):
        refused = await api.post(f"{AMZ}/sync", from_page(origin))
        assert refused.failure == (403, "forbidden_origin")
        assert "access-control-allow-origin" not in refused.headers
        preflight = await api.request("OPTIONS", f"{AMZ}/sync", {**asks, "Origin": origin})
        assert "access-control-allow-origin" not in preflight.headers


async def test_a_web_page_that_takes_this_computers_address_is_another_page(for_anybody):
    port = for_anybody.server.url.rsplit(":", 1)[1]
    for name in (
        "evil.example",
        f"evil.example:{port}",
        "192.0.2.1",
        "[",
        "127.0.0.1.evil.example",
    ):
        rebound = {"Host": name}
        assert (await for_anybody.get(WHO, rebound)).failure == (401, "unauthorized"), name
        rebound |= from_page(f"http://{name}")
        answer = await for_anybody.post(f"{AMZ}/sync", rebound)
        assert answer.failure == (403, "forbidden_origin")
    for name in ("localhost", f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}"):
        assert (await for_anybody.get(WHO, {"Host": name})).status == 200
    # A program with a token may call the computer what it likes.
    assert (await for_anybody.get(WHO, {"Host": "evil.example", **bearer()})).status == 200


async def test_the_host_of_an_absolute_address_counts(for_anybody):
    port = for_anybody.server.url.rsplit(":", 1)[1]

    async def status(method, address, *headers):
        lines = [f"{method} {address} HTTP/1.1", *headers, "Connection: close", "", ""]
        return int((await for_anybody.raw("\r\n".join(lines).encode())).split()[1])

    own, rebound = f"127.0.0.1:{port}", f"evil.example:{port}"
    assert await status("GET", f"http://{own}{WHO}", f"Host: {rebound}") == 200
    assert await status("GET", f"http://{rebound}{WHO}", f"Host: {own}") == 401
    page = f"Origin: http://{rebound}"
    assert await status("POST", f"http://{rebound}{AMZ}/sync", f"Host: {own}", page) == 401
    assert await status("POST", f"http://{own}{AMZ}/sync", f"Host: {rebound}", page) == 403
    cookie = f"Cookie: session_token={token('bob')}"
    assert await status("POST", f"http://{rebound}{AMZ}/sync", f"Host: {own}", page, cookie) == 403
    page = f"Origin: http://{own}"
    assert await status("POST", f"http://{own}{AMZ}/sync", f"Host: {own}", page, cookie) == 400


async def test_a_proxy_may_pass_on_the_name_of_a_named_origin(programs):
    program = await programs.program(OPSIDE_USER="demo-user")
    api = await programs.api(program, demo_user=True, origins=["https://app.example.com"])
    assert (await api.get(WHO, {"Host": "app.example.com"})).status == 200
