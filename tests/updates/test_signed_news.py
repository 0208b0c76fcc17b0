"""Looking for a newer version: what is asked, what is believed, what is said otherwise."""

import asyncio
import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from opside_desktop.domain.errors import NetworkDown, SettingsFault
from opside_desktop.updates.check import MAX_BYTES, fetch_news
from opside_desktop.updates.signed_news import BadNews
from opside_desktop.updates.source import Source, find_source
from tests.updates.newsstand import PAGE, Maker
from tests.waiting import LIMIT_S

SCRIPT = Path(__file__).parents[2] / "resources" / "installers" / "sign_update.py"


async def asked(newsstand, maker, **more):
    return await fetch_news(Source(newsstand.url, maker.key), **more)


async def test_one_request_that_names_nobody_brings_the_signed_news(newsstand, maker):
    newsstand.shows(maker.news("1.2.0"))
    news = await asked(newsstand, maker)
    assert (news.version, news.page, str(news.released)) == ("1.2.0", PAGE, "2026-11-20")
    assert len(newsstand.requests) == 1
    first, *headers = newsstand.requests[0].strip().split("\r\n")
    assert first == "GET /update.json HTTP/1.1"
    host = newsstand.url.split("/")[2]
    assert sorted(line.lower() for line in headers) == [
        "accept-encoding: identity",
        "accept: application/json",
        "connection: keep-alive",
        f"host: {host}",
        "user-agent: opside-desktop",
    ]


@pytest.mark.parametrize(
    ("present", "offered", "newer"),
    [
        ("0.1.0", "0.1.1", True),
        ("0.9.9", "0.10.0", True),
        ("1.0.0", "1.0.0", False),
        ("1.2.0", "1.1.9", False),
        ("1.2.0.dev3", "1.2.0", True),
        ("1.2.0rc1", "1.1.9", False),
        ("1.2.0+local", "1.2.0", False),
        ("unknown", "9.0.0", False),
    ],
)
async def test_versions_are_compared_as_numbers(newsstand, maker, present, offered, newer):
    newsstand.shows(maker.news(offered))
    assert (await asked(newsstand, maker)).is_newer_than(present) is newer


def changed(content, **changes):
    return json.dumps({**json.loads(content), **changes}).encode()


async def test_news_of_anybody_else_are_left_aside(newsstand, maker):
    good = maker.news("1.2.0")
    other = Maker()
    signed = json.loads(good)["news"]
    for bad in (
        other.news("9.9.9"),
        changed(good, news=signed.replace("1.2.0", "9.9.9")),
        changed(good, news=signed + " "),
        changed(good, signature=json.loads(other.news("1.2.0"))["signature"]),
        # The same key may sign other things than news.
        changed(
            good,
            signature=__import__("base64").b64encode(maker.private.sign(signed.encode())).decode(),
        ),
        changed(good, signature="AAAA"),
        changed(good, signature=""),
    ):
        newsstand.shows(bad)
        with pytest.raises(BadNews, match="not signed by the makers"):
            await asked(newsstand, maker)


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"<html>Please sign in to this network</html>",
        b"[]",
        b"{}",
        b'{"news": 5, "signature": "AAAA"}',
        b'{"news": "{}", "signature": "no base64!"}',
        b'{"news": "\\ud800", "signature": "AAAA"}',
        b"\xff\xfe\x00",
        b"[" * 5000,
    ],
)
async def test_garbage_is_left_aside(newsstand, maker, garbage):
    newsstand.shows(garbage)
    with pytest.raises(BadNews, match=r"not news about|not signed"):
        await asked(newsstand, maker)


async def test_signed_news_of_another_form_are_left_aside(newsstand, maker):
    endless = '{"version":"1.2.0","page":"https://x","released":"2026-11-20"}'
    for text in ("{}", '{"version":"1","page":"http://x","released":"x"}', "[]", "x", endless):
        newsstand.shows(maker.signs(text))
        with pytest.raises(BadNews, match="cannot be understood"):
            await asked(newsstand, maker)


async def test_news_are_good_until_the_end_of_their_last_day(newsstand, maker):
    today = datetime.now(UTC).date()
    signed = '{{"version":"1.2.0","page":"https://x","released":"2026-11-20","expires":"{}"}}'
    newsstand.shows(maker.signs(signed.format(today + timedelta(days=1))))
    assert (await asked(newsstand, maker)).version == "1.2.0"
    newsstand.shows(maker.signs(signed.format(today - timedelta(days=1))))
    with pytest.raises(BadNews, match="was good until"):
        await asked(newsstand, maker)


@pytest.mark.parametrize("page", ["http://example.com", "https://", "javascript:x", "https://a b"])
def test_a_page_that_cannot_be_opened_safely_is_not_even_signed(maker, page):
    with pytest.raises(ValueError, match="cannot be understood"):
        maker.news("1.2.0", page)


async def test_an_endless_answer_is_cut_off(newsstand, maker):
    newsstand.shows(b" " * (MAX_BYTES + 1))
    with pytest.raises(BadNews, match="too large"):
        await asked(newsstand, maker)
    newsstand.shows(maker.news("1.2.0"), headers=[f"X-Long: {'a' * 1_000_000}"])
    with pytest.raises(NetworkDown):
        await asked(newsstand, maker)


async def test_an_answer_that_never_ends_is_given_up(newsstand, maker):
    newsstand.shows(maker.news("1.2.0"))
    newsstand.drips = True
    async with asyncio.timeout(LIMIT_S):
        with pytest.raises(NetworkDown, match="cannot be reached"):
            await asked(newsstand, maker, limit_s=0.3)
    await asyncio.wait_for(newsstand.left.wait(), LIMIT_S)


@pytest.mark.parametrize(
    "status",
    ["404 Not Found", "500 Oops", "204 No Content", "301 Moved", "302 Found", "307 Go", "308 Go"],
)
async def test_another_status_is_no_news_and_no_redirect_is_followed(newsstand, maker, status):
    newsstand.shows(maker.news("1.2.0"), status, [f"Location: {newsstand.url}"])
    with pytest.raises(BadNews, match=f"status {status[:3]}"):
        await asked(newsstand, maker)
    assert len(newsstand.requests) == 1


async def test_a_silent_server_is_given_up(newsstand, maker):
    newsstand.holds_back = asyncio.Event()
    async with asyncio.timeout(LIMIT_S):
        with pytest.raises(NetworkDown, match="cannot be reached"):
            await asked(newsstand, maker, limit_s=0.3)


async def test_offline_is_said(maker):
    with pytest.raises(NetworkDown, match="cannot be reached"):
        await fetch_news(Source("http://127.0.0.1:1/update.json", maker.key))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ftp://example.com/x",
        "http://example.com/x",
        "https://",
        "https://user:secret@example.com/x",
        "https://example.com:99999/x",
        "https://example.com:0/x",
        "https://[::1/x",
        "https://exa mple.com/x",
        "https://éxample.com/",
        "https://a" + "." * 3 + "b/",
        "https://xn--a/",
        "https://xn--0.xn--0/",
    ],
)
async def test_a_wrong_address_is_refused_before_anything_is_sent(maker, address):
    with pytest.raises((SettingsFault, NetworkDown)) as caught:
        await fetch_news(Source(address, maker.key))
    assert "secret" not in caught.value.sentence


async def test_a_wrong_key_is_refused(newsstand):
    for key in ("", "AAAA", "no base64", "é"):
        with pytest.raises(SettingsFault, match="44 characters"):
            await fetch_news(Source(newsstand.url, key))
    assert newsstand.requests == []


def test_the_environment_comes_before_the_settings():
    environment = {"OPSIDE_UPDATE_URL": " https://a/ ", "OPSIDE_UPDATE_KEY": "k"}
    assert find_source("https://b/", environment) == ("https://a/", "k", "OPSIDE_UPDATE_URL")
    assert find_source("https://b/", {}).address == "https://b/"


# The maintainer's script


def script(*words, phrase="correct horse"):
    done = subprocess.run(
        [sys.executable, SCRIPT, *words],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        env={**os.environ, "UPDATE_KEY_PASSPHRASE": phrase},
    )
    assert "Traceback" not in done.stderr
    return done


async def test_what_the_script_signs_the_program_believes(tmp_path, newsstand):
    key, out = tmp_path / "key.pem", tmp_path / "update.json"
    made = script("new-key", key)
    public = made.stdout.strip()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert "ENCRYPTED" in key.read_text()
    assert script("new-key", key).returncode == 1  # never replaced
    words = ("sign", "--key", key, "--version", "1.2.0", "--page", PAGE, "--out", out)
    assert script(*words, phrase="wrong").returncode == 1
    assert not out.exists()
    signed = script(*words)
    assert signed.returncode == 0, signed.stderr
    newsstand.shows(out.read_bytes())
    assert (await fetch_news(Source(newsstand.url, public))).version == "1.2.0"
    assert "1.2.0" in script("verify", out, "--key", public).stdout
    stale = script(*words, "--expires", "2026-11-20")
    assert stale.returncode == 1
    assert "was good until 2026-11-20" in stale.stderr
    assert script("verify", out, "--key", Maker().key).returncode == 1
    assert script("sign", "--key", key, "--version", "1.2", "--page", PAGE).returncode == 2
    assert script(*words[:6], "http://plain", "--out", out).returncode == 1
