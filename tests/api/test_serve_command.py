"""`opside-desktop serve` as people run it."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.api.conftest import SECRET, token
from tests.cli.conftest import Opside
from tests.store.old_events.conftest import CASE
from tests.waiting import LIMIT_S, wait_until

SETTLED = {"JWT_SECRET": SECRET, "PORT": "0"}


@pytest.fixture
def opside(private_home):
    program = Opside(private_home)
    yield program
    program.close()


@pytest.fixture
def serve(opside):
    """Start a server; gives the running program and its address."""

    def serve(*words, **env):
        running = opside.start("serve", "--json", *words, **{**SETTLED, **env})
        return running, json.loads(running.process.stdout.readline())["url"]

    return serve


def ask(url, path, method="GET", **headers):
    asked = Request(url + path, method=method, headers=headers)  # noqa: S310
    with urlopen(asked, timeout=LIMIT_S) as answer:  # noqa: S310
        return json.load(answer)


def start_sync(url, session_token=None):
    """Ask for a sync as the web client does; gives status, kind of content and body."""
    headers = {"Content-Type": "application/json"}
    if session_token is not None:
        headers["Cookie"] = f"session_token={session_token}"
    path = "/api/v1/integrations/amazon/sync"
    asked = Request(url + path, method="POST", headers=headers, data=b"{}")  # noqa: S310
    try:
        with urlopen(asked, timeout=LIMIT_S) as answer:  # noqa: S310
            return answer.status, answer.headers["Content-Type"], json.load(answer)
    except HTTPError as refused:
        with refused:
            return refused.code, refused.headers["Content-Type"], json.load(refused)


def stop(running):
    running.process.send_signal(signal.SIGTERM)
    return running.finish()


@pytest.mark.parametrize("secret", [None, "", "x" * 31, f"   {'x' * 31}   "])
def test_without_a_good_key_it_does_not_start(opside, secret):
    done = opside("serve", JWT_SECRET=secret)
    assert done.code == 2
    assert "Set JWT_SECRET to at least 32 random characters." in done.err
    assert "x" * 31 not in done.err
    as_json = opside("serve", "--json", JWT_SECRET=secret)
    assert as_json.json["error"] == "settings"


@pytest.mark.parametrize(
    ("words", "env", "said"),
    [
        (["--port", "70000"], {}, "less than or equal to 65535"),
        ([], {"PORT": "http"}, "PORT must be a port, from 0 to 65535."),
        ([], {"ALLOW_DEMO_USER": "perhaps"}, "ALLOW_DEMO_USER must be true or false."),
        (["--cors-origin", "*"], {}, "'*' is not the origin of a web page."),
        (["--cors-origin", "https://a.example/path"], {}, "is not the origin of a web page."),
        ([], {"CORS_ALLOW_ORIGINS": "https://a.example,b.example"}, "'b.example' is not the"),
        (["--host", "192.0.2.1"], {}, "cannot listen on port 0 of 192.0.2.1"),
        (["--host", "no such host"], {}, "cannot listen on port 0 of no such host"),
        (["--host", ""], {}, "--host names no address."),
    ],
)
def test_what_cannot_be_used_is_named(opside, words, env, said):
    done = opside("serve", *words, **{**SETTLED, **env})
    assert done.code == 2
    assert said in " ".join(done.err.split())
    assert "error while" not in done.err


def test_a_port_that_is_taken_is_told_in_words(opside):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = opside("serve", "--json", "--port", port, JWT_SECRET=SECRET)
    assert (done.code, done.json["error"]) == (2, "settings")
    assert done.json["message"] == (
        f"The HTTP API cannot listen on port {port} of 127.0.0.1. Another program uses it. "
        "End that program, or choose another port."
    )


def test_the_demo_is_served_until_a_signal(serve, opside):
    running, url = serve("--demo")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
    secret_token = token("demo-user")
    started = ask(
        url,
        "/api/v1/integrations/amazon/sync",
        "POST",
        Authorization=f"Bearer {secret_token}",
    )
    sync_id = started["syncId"]
    assert started["status"] == "in_progress"
    state = ask(url, f"/api/sync/status?syncId={sync_id}", Cookie=f"session_token={secret_token}")
    assert state["syncId"] == sync_id
    done = stop(running)
    assert done.code == 0
    assert "Stopping" in done.err
    log = (opside.home / "demo" / "logs" / "opside.log").read_text()
    assert f"{sync_id} was started over HTTP" in log
    for hidden in (SECRET, secret_token, secret_token.split(".")[2]):
        assert hidden not in log + done.err + done.out
    # Nothing is left running, and nothing stands in the way of the next one.
    status = opside("--demo", "status", "--json")
    assert status.json["syncId"] == sync_id
    assert status.json["status"] != "running"


def test_the_web_client_gets_the_answers_it_was_promised(serve):
    running, url = serve(
        OPSIDE_USER="user123",
        AMAZON_CLIENT_ID="amzn1.application-oa2-client.test",
        AMAZON_CLIENT_SECRET="the client secret",
        AMAZON_SPAPI_REFRESH_TOKEN="Atzr|test",
        # Nobody answers there: the sync waits for Amazon, and its start does not.
        AMAZON_SPAPI_BASE_URL="http://127.0.0.1:9",
    )
    status, kind, started = start_sync(url, token(id="user123"))
    assert (status, kind) == (200, "application/json")
    sync_id = started["syncId"]
    assert re.fullmatch(r"sync_user123_\d{13}", sync_id)
    assert started == {
        "success": True,
        "syncId": sync_id,
        "message": "Sync started successfully",
        "status": "in_progress",
        "estimatedDuration": "30-60 seconds",
    }
    assert start_sync(url, token(user_id="user123")) == (
        409,
        "application/json",
        {
            "success": False,
            "message": f"Sync already in progress ({sync_id}). "
            "Please wait for it to complete or cancel it first.",
            "error": "sync_in_progress",
            "existingSyncId": sync_id,
        },
    )
    assert start_sync(url, token(id="somebody-else")) == (
        400,
        "application/json",
        {
            "success": False,
            "message": "Amazon account not connected. Please connect your Amazon account first.",
            "error": "amazon_not_connected",
        },
    )
    unauthorized = {
        "success": False,
        "message": "Unauthorized. Please log in.",
        "error": "unauthorized",
    }
    for bad in (None, "<JWT_TOKEN>", token(id="user123", exp=1)):
        assert start_sync(url, bad) == (401, "application/json", unauthorized)
    assert stop(running).code == 0


@pytest.mark.parametrize(
    ("words", "env"), [(["--demo-user"], {}), ([], {"ALLOW_DEMO_USER": "true"})]
)
def test_the_demo_user_is_announced_loudly(serve, words, env):
    running, url = serve("--demo", *words, **env)
    state = ask(url, "/api/v1/integrations/amazon/status")
    assert state["credentialSource"] == "demo"
    done = stop(running)
    assert "WARNING: --demo-user lets ANYBODY in without a token" in done.err


def test_it_tells_people_where_it_is(opside):
    running = opside.start("serve", "--demo", "--cors-origin", "https://A.example:443", **SETTLED)
    line = running.process.stdout.readline()
    url = re.fullmatch(r"Serving the sample seller on (http://\S+); Ctrl-C stops\.\n", line)[1]
    asked = Request(f"{url}/health", headers={"Origin": "https://a.example"})  # noqa: S310
    with urlopen(asked, timeout=LIMIT_S) as answer:  # noqa: S310
        assert answer.headers["Access-Control-Allow-Origin"] == "https://a.example"
    running.process.send_signal(signal.SIGINT)
    assert running.finish().code == 0


def test_only_serve_loads_the_server(opside):
    done = opside("--demo", "status")
    assert done.code == 0
    script = (
        "import sys\n"
        "from opside_desktop import cli\n"
        "cli.run(['--demo', 'history'])\n"
        "loaded = {'litestar', 'jwt', 'opside_desktop.api'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    subprocess.run(
        [sys.executable, "-c", script], env=opside.environment(), check=True, timeout=LIMIT_S
    )


def test_claims_of_version_0_1_are_prepared_while_it_serves(serve, opside):
    opside.home.mkdir(parents=True)
    shutil.copyfile(CASE, opside.home / "opside.db")
    running, url = serve()
    credential = {"Authorization": f"Bearer {token('local-user')}"}

    def is_prepared():
        listed = ask(url, "/api/v1/integrations/amazon/claims?limit=1", **credential)
        return listed["pagination"]["total"] == 68

    wait_until(is_prepared)
    stop(running)
