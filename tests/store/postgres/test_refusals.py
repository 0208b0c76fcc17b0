"""What a server or a pooler says when it refuses a connection: it is kept, without secrets."""

import logging

import pytest

from opside_desktop.domain.errors import DatabaseFault, DatabaseGone
from opside_desktop.logs.file import start_logging, stop_logging
from opside_desktop.store.inspect_server import inspect_server
from opside_desktop.store.opening import open_database
from tests.postgres_refusals import refusing

CANARY = "hunter2-canary"
SHORT = "abc4"


async def refused(port, password=CANARY):
    with pytest.raises(DatabaseFault) as caught:
        await open_database(f"postgresql://u:{password}@127.0.0.1:{port}/d", app_version="1")
    assert all(text.endswith(".") for text in (caught.value.what, caught.value.why))
    return caught.value


@pytest.mark.parametrize("when", ["at once", "password", "query"])
@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("08P01", "this pooler speaks in riddles"),
        ("08004", "server rejected the connection"),
        ("XX000", "something of its own"),
        ("42704", 'unrecognized configuration parameter "x"'),
        ("55000", "cannot be reached in this state"),
        ("22023", 'invalid value for parameter "TimeZone"'),
        ("0A000", "a feature that is not there"),
        ("P0001", "raised by hand"),
        ("ZZ999", "a code nobody knows"),
        ("28000", 'role "u" is not permitted to log in'),
    ],
)
async def test_the_words_and_the_code_are_shown(code, words, when):
    with refusing(code, words, when=when) as port:
        fault = await refused(port)
    assert f"The server answered: “{words}” ({code})." in fault.why
    assert "log holds" not in fault.sentence
    assert "was lost" not in fault.sentence


@pytest.mark.parametrize(
    ("code", "words", "told", "passes"),
    [
        ("08P01", "no more connections allowed (max_client_conn)", "no further connection", True),
        ("XX000", "Max client connections reached", "no further connection", True),
        (
            "XX000",
            "MaxClientsInSessionMode: max clients reached - limited to pool_size",
            "no further connection",
            True,
        ),
        ("53300", "sorry, too many clients already", "no further connection", True),
        ("53300", 'too many connections for role "u"', "no further connection", True),
        ("XX000", "Tenant or user not found", "no such database or user", False),
        ("08P01", "no such database: d", "no such database or user", False),
        ("08P01", "unsupported startup parameter: options", "a parameter", False),
        ("0A000", "RDS Proxy currently doesn't support command-line options", "parameter", False),
        ("08P01", "server login failed: FATAL nobody", "does not reach the server", True),
        ("28000", 'no pg_hba.conf entry for host "10.0.0.7", user "u"', "this computer", False),
        ("XX000", "The endpoint has been disabled. Enable it and retry.", "switched off", True),
        ("28P01", 'password authentication failed for user "u"', "user or password", False),
        ("3D000", 'database "d" does not exist', "no database of that name", False),
        ("57P03", "the database system is starting up", "shutting down or starting", True),
    ],
)
async def test_what_is_known_is_put_into_words_of_our_own(code, words, told, passes):
    with refusing(code, words) as port:
        fault = await refused(port)
    assert told in fault.why
    assert words.rstrip(".") in fault.why
    assert isinstance(fault, DatabaseGone) is passes


@pytest.mark.parametrize("password", [CANARY, SHORT])
async def test_a_server_that_repeats_the_password_is_not_repeated(password, tmp_path):
    words = f"cannot parse postgresql://u:{password}@h/d (password={password}), was: '{password}'"
    start_logging(tmp_path / "log", "DEBUG")
    try:
        with refusing("XX000", words) as port:
            fault = await refused(port, password)
            logging.getLogger("test").warning("%s", fault)
    finally:
        stop_logging()
    assert "cannot parse" in fault.why
    assert password not in fault.sentence
    assert password not in (tmp_path / "log").read_text()


async def test_a_long_or_strange_answer_is_cut_and_stays_one_line():
    with refusing("XX000", "first\nsecond\t\x1b[31m" + "x" * 5000) as port:
        fault = await refused(port)
    assert "first second" in fault.why
    assert fault.why.isprintable()
    assert len(fault.why) < 600


@pytest.mark.parametrize("when", ["at once", "password", "query"])
@pytest.mark.parametrize("coding", ["latin-1", "cp1251"])
async def test_words_in_another_encoding_are_heard(coding, when):
    """Before a connection has an encoding, servers answer in that of their system."""
    words = {"latin-1": "für Benutzer »u« fehlgeschlagen", "cp1251": "пользователь u не прошёл"}
    with refusing("28P01", words[coding].encode(coding), when=when) as port:
        fault = await refused(port)
    assert "does not accept this user or password" in fault.why
    assert "(28P01)" in fault.why
    assert " u " in fault.why or "Benutzer" in fault.why


async def test_details_and_a_hint_are_kept():
    more = {"D": "The tenant is suspended.", "H": f"Pay, {CANARY}."}
    with refusing("08P01", "refused", **more) as port:
        fault = await refused(port)
    assert "“refused. The tenant is suspended. Pay, [hidden]” (08P01)" in fault.why


@pytest.mark.parametrize(
    ("code", "words", "told"),
    [
        ("0A000", "", "answered with the code 0A000 and no words."),
        ("", "nothing but words", "“nothing but words”."),
        ("53\x1b[31m", "not a code", "“not a code”."),
    ],
)
async def test_an_answer_that_lacks_its_code_or_its_words_is_still_one(code, words, told):
    with refusing(code, words) as port:
        fault = await refused(port)
    assert told in fault.why
    assert fault.why.isprintable()
    assert "was lost" not in fault.why


async def test_a_look_says_the_same():
    with refusing("XX000", "not today") as port, pytest.raises(DatabaseFault) as caught:
        await inspect_server(f"postgresql://u:{CANARY}@127.0.0.1:{port}/d", app_version="1")
    assert "“not today” (XX000)" in caught.value.why
