"""A server that lets nobody in: the commands say in its own words why."""

import pytest

from tests.postgres_refusals import refusing

CANARY = "canary-s3cret"


@pytest.mark.parametrize("words", [("status",), ("list", "claims"), ("sync",)])
def test_a_command_repeats_what_the_server_answered(opside, words):
    with refusing("08P01", "no such user: u") as port:
        done = opside(*words, DATABASE_URL=f"postgresql://u:{CANARY}@127.0.0.1:{port}/d")
    assert done.code == 2
    assert "The connection pooler knows no such database or user." in done.err
    assert "“no such user: u” (08P01)" in done.err
    assert "canary" not in done.err + done.out


def test_doctor_repeats_it_too(opside):
    with refusing("XX000", f"what is u:{CANARY}?") as port:
        url = f"postgresql://u:{CANARY}@127.0.0.1:{port}/d"
        done = opside("doctor", "--json", DATABASE_URL=url)
    [line] = [one for one in done.json["checks"] if one["name"] == "Database"]
    assert line["state"] == "failed"
    assert "The server answered: “what is u:[hidden]?” (XX000)." in line["message"]
    assert "canary" not in done.err + done.out
