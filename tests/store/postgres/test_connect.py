"""Addresses of servers and the ways in which they are refused, on real servers and sockets."""

import contextlib
import logging
import re
import socket
import ssl
import threading
from urllib.parse import quote

import pytest

from opside_desktop.domain.address_parsing import parse_address
from opside_desktop.domain.errors import DatabaseFault, DatabaseGone
from opside_desktop.logs.file import start_logging, stop_logging
from opside_desktop.store.opening import open_database
from opside_desktop.store.postgres.connect_options import target_of
from opside_desktop.store.timings import StoreTimings
from tests.postgres import database, run_sql
from tests.postgres_wire import network

CANARY = "hunter2-canary"


async def opened(url):
    return await open_database(url, app_version="0.1.0", timings=StoreTimings(busy_s=5))


async def refused(url):
    """The fault with which an address is refused; nothing of it holds the password."""
    with pytest.raises(DatabaseFault) as caught:
        await opened(url)
    fault = caught.value
    shown = ""
    error: BaseException | None = fault
    while error is not None:
        shown += f"{error} {error!r} {error.args}"
        error = error.__cause__
    assert CANARY not in shown
    assert all(text.endswith(".") for text in (fault.what, fault.why, fault.fix) if text)
    return fault


# Addresses


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("sslmode=sometimes", "sslmode"),
        ("sslmode=require&sslmode=disable", "sslmode"),
        ("connect_timeout=soon", "connect_timeout"),
        ("connect_timeout=0", "connect_timeout"),
        ("connect_timeout=3&connect_timeout=4", "connect_timeout"),
        (f"password={CANARY}", "password"),
        ("sslcert=/x.pem", "sslcert"),
        ("schema=public", "schema"),
        ("channel_binding=maybe", "channel_binding"),
        ("gssencmode=require", "gssencmode"),
        ("sslrootcert=/no/such/file.pem", "/no/such/file.pem"),
    ],
)
async def test_a_parameter_that_does_not_fit_is_named(query, named):
    fault = await refused(f"postgresql://u:{CANARY}@127.0.0.1/x?{query}")
    assert named in fault.what + fault.why


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://u:p@{CANARY}@127.0.0.1/x",
        f"postgresql://u:p@ss/{CANARY}@127.0.0.1/x",
        f"postgresql://u:p@ss:{CANARY}@127.0.0.1/x",
        f"postgresql://u:{CANARY}@127.0.0.1",
        f"postgresql://u:{CANARY}@/x",
        f"postgresql://u:{CANARY}@127.0.0.1:http/x",
        f"mysql://u:{CANARY}@127.0.0.1/x",
        f"mysql://u:p@{CANARY}@127.0.0.1/x",
        f"mysql://u@127.0.0.1/x?password={CANARY}",
    ],
)
async def test_an_address_that_cannot_be_read_is_never_repeated(url):
    fault = await refused(url)
    assert CANARY not in fault.sentence


@pytest.mark.parametrize("password", ["p@ss:w/rd?#%41&=+ ü", "%25", "a b", "日本", "'\"\\;--"])
async def test_any_password_works_percent_encoded(password, postgres_url, role):
    name = role(password)
    db = await opened(signed_in(postgres_url, name, quote(password, safe="")))
    assert db.shown_address == re.sub("//.*@", f"//{name}@", postgres_url)
    await db.close()


@pytest.mark.parametrize(
    ("host", "mode", "verified", "warned"),
    [
        ("db.example.com", "", ssl.CERT_REQUIRED, ""),
        ("10.0.0.7", "", ssl.CERT_REQUIRED, ""),
        ("localhost.example.com", "", ssl.CERT_REQUIRED, ""),
        ("db.example.com", "verify-full", ssl.CERT_REQUIRED, ""),
        ("db.example.com", "verify-ca", ssl.CERT_REQUIRED, "name in the server's certificate"),
        ("db.example.com", "require", ssl.CERT_NONE, "nobody checks who answers"),
        ("db.example.com", "prefer", "prefer", "may not be encrypted"),
        ("db.example.com", "allow", "allow", "may not be encrypted"),
        ("db.example.com", "disable", False, "is not encrypted"),
        ("localhost", "", "prefer", ""),
        ("127.0.0.2", "", "prefer", ""),
        ("[::1]", "", "prefer", ""),
        ("localhost", "verify-full", ssl.CERT_REQUIRED, ""),
    ],
)
def test_how_sure_a_connection_is_depends_on_the_host_and_the_mode(host, mode, verified, warned):
    query = f"?sslmode={mode}" if mode else ""
    target = target_of(parse_address(f"postgresql://u:{CANARY}@{host}/x{query}"), 10)
    secured = target.connect_args["ssl"]
    assert getattr(secured, "verify_mode", secured) == verified
    if isinstance(secured, ssl.SSLContext):
        assert secured.check_hostname is (mode in ("", "verify-full"))
    assert warned in target.warning
    assert bool(target.warning) is bool(warned)
    assert CANARY not in repr(target)


def test_a_folder_names_a_socket_which_needs_no_encryption():
    target = target_of(parse_address("postgresql:///x?host=/var/run/postgresql&port=5433"), 10)
    assert target.connect_args["host"] == "/var/run/postgresql"
    assert target.connect_args["ssl"] is False
    assert (target.connect_args["port"], target.warning) == (5433, "")


async def test_a_name_and_options_reach_the_server(postgres_url):
    query = "application_name=support&options=-c%20statement_timeout%3D7s&connect_timeout=3"
    db = await opened(f"{postgres_url}?{query}")
    select = "SELECT current_setting('application_name'), current_setting('statement_timeout')"
    assert await db.read(lambda one: one.exec_driver_sql(select).one()) == ("support", "7s")
    await db.close()


# Servers that cannot be reached


async def test_a_host_that_does_not_exist_is_named():
    fault = await refused(f"postgresql://u:{CANARY}@no-such-host.invalid/x?sslmode=disable")
    assert "no-such-host.invalid" in fault.why


async def test_a_port_where_nobody_listens(free_port):
    fault = await refused(f"postgresql://u:{CANARY}@127.0.0.1:{free_port}/x")
    assert "Nothing answers" in fault.why
    assert isinstance(fault, DatabaseGone)


async def test_a_server_that_never_answers_is_given_up_in_time():
    with silent() as port:
        fault = await refused(f"postgresql://u:{CANARY}@127.0.0.1:{port}/x?connect_timeout=1")
    assert "within 1 s" in fault.why


@pytest.mark.parametrize("mode", ["prefer", "require"])
async def test_a_server_of_another_kind_is_recognized(mode):
    with silent(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n") as port:
        fault = await refused(f"postgresql://u:{CANARY}@127.0.0.1:{port}/x?sslmode={mode}")
    assert "Check the host and the port" in fault.fix
    assert not isinstance(fault, DatabaseGone)


async def test_a_wrong_password_and_a_wrong_user_are_told(postgres_url, role):
    name = role("right")
    for user, password in ((name, CANARY), ("nobody_of_that_name", CANARY)):
        fault = await refused(signed_in(postgres_url, user, password))
        assert "user or password" in fault.why
        assert not isinstance(fault, DatabaseGone)


async def test_a_database_that_does_not_exist_is_told(postgres_url):
    fault = await refused(f"{postgres_url}_gone")
    assert "no database of that name" in fault.why


async def test_a_role_that_may_not_connect_is_told(postgres_url, role):
    name = role(CANARY)
    own = postgres_url.rpartition("/")[2]
    run_sql(postgres_url, f"REVOKE CONNECT ON DATABASE {own} FROM public")
    fault = await refused(signed_in(postgres_url, name, CANARY))
    assert "lacks a right" in fault.why


async def test_a_server_without_a_free_connection_is_told(postgres_url, role):
    name = role(CANARY)
    run_sql(postgres_url, f"ALTER ROLE {name} CONNECTION LIMIT 0")
    fault = await refused(signed_in(postgres_url, name, CANARY))
    assert "connection" in fault.why
    assert isinstance(fault, DatabaseGone)


async def test_a_database_of_another_encoding_is_refused(postgres_server):
    with database(postgres_server) as url:
        name = url.rpartition("/")[2]
        run_sql(
            postgres_server,
            f"DROP DATABASE {name}",
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'",
        )
        fault = await refused(url)
    assert "LATIN1" in fault.why
    assert "UTF8" in fault.fix


async def test_a_server_that_is_too_old_is_refused(postgres_url):
    def older(kind, body):
        return b"server_version\x0012.22\x00" if body.startswith(b"server_version\0") else body

    with network(postgres_url, rewrite=older) as (_, url):
        fault = await refused(url)
    assert "PostgreSQL 12" in fault.why
    assert "13 or newer" in fault.fix


# Certificates


async def test_a_certificate_of_the_named_authority_is_accepted(postgres_url, authority):
    with network(postgres_url, tls=authority.server("localhost", "127.0.0.1")) as (_, url):
        db = await opened(f"{url}?sslrootcert={authority.file}")
        assert db.warning == ""
        await db.close()


@pytest.mark.parametrize("mode", ["prefer", "verify-ca", "verify-full"])
async def test_a_key_log_that_cannot_be_written_is_not_the_certificates_fault(
    postgres_url, authority, monkeypatch, tmp_path, mode
):
    with (
        network(postgres_url, tls=authority.server("127.0.0.1")) as (_, url),
        monkeypatch.context() as environment,
    ):
        environment.setenv("SSLKEYLOGFILE", str(tmp_path / "missing" / "keys.log"))
        file = "" if mode == "prefer" else f"&sslrootcert={authority.file}"
        await (await opened(f"{url}?sslmode={mode}{file}")).close()


async def test_a_certificate_that_the_system_trusts_is_accepted(
    postgres_url, authority, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with network(postgres_url, tls=authority.server("127.0.0.1")) as (_, url):
        await (await opened(f"{url}?sslmode=verify-full")).close()


@pytest.mark.parametrize("mode", ["verify-full", "verify-ca"])
async def test_a_certificate_of_an_unknown_authority_is_refused(postgres_url, authority, mode):
    with network(postgres_url, tls=authority.server("127.0.0.1")) as (wire, url):
        fault = await refused(f"{signed_in(url, 'u', CANARY)}?sslmode={mode}")
        assert wire.accepted == 1
    assert "not signed by an authority" in fault.why
    assert "sslrootcert" in fault.fix
    assert not isinstance(fault, DatabaseGone)


async def test_a_certificate_for_another_name_is_refused_and_verify_ca_takes_it(
    postgres_url, authority
):
    with network(postgres_url, tls=authority.server("db.example.com")) as (_, url):
        fault = await refused(f"{url}?sslrootcert={authority.file}")
        assert "not for 127.0.0.1" in fault.why
        db = await opened(f"{url}?sslrootcert={authority.file}&sslmode=verify-ca")
        await db.close()


async def test_an_expired_certificate_is_refused(postgres_url, authority):
    with network(postgres_url, tls=authority.server("127.0.0.1", days=-1)) as (_, url):
        fault = await refused(f"{url}?sslrootcert={authority.file}")
    assert "expired" in fault.why


async def test_require_encrypts_and_asks_for_no_certificate(postgres_url, authority):
    with network(postgres_url, tls=authority.server("other")) as (_, url):
        await (await opened(f"{url}?sslmode=require")).close()
        fault = await refused(f"{url}?sslmode=require&sslrootcert={__file__}")
        assert "certificate file" in fault.what


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
async def test_no_password_goes_to_a_server_without_encryption(postgres_url, mode):
    with network(postgres_url) as (_, url):
        fault = await refused(f"{url}?sslmode={mode}")
    assert "offers no encryption" in fault.why
    assert "password was not sent" in fault.why


async def test_this_computers_server_may_do_without(postgres_url):
    for mode in ("disable", "allow", "prefer"):
        db = await opened(f"{postgres_url}?sslmode={mode}")
        assert db.warning == ""
        await db.close()


# The password


async def test_the_password_reaches_no_log(postgres_url, role, tmp_path):
    name = role(CANARY)
    start_logging(tmp_path / "opside.log", "DEBUG")
    for library in ("sqlalchemy", "asyncpg", "asyncio"):
        logging.getLogger(library).setLevel(logging.DEBUG)
    try:
        url = signed_in(postgres_url, name, CANARY)
        run_sql(postgres_url, f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}")
        db = await opened(url)
        logging.getLogger("test").warning("%s %r %s", url, db, vars(db))
        await db.close()
        with pytest.raises(DatabaseFault):
            await opened(f"{url}_gone")
        with pytest.raises(DatabaseFault):
            await opened(f"{url}?sslmode=odd")
    finally:
        stop_logging()
        for library in ("sqlalchemy", "asyncpg", "asyncio"):
            logging.getLogger(library).setLevel(logging.NOTSET)
    told = (tmp_path / "opside.log").read_text()
    assert "Pool" in told or "pool" in told
    assert CANARY not in told


@pytest.mark.parametrize("mode", ["require", "disable"])
async def test_a_weaker_choice_is_logged(mode, tmp_path, free_port):
    start_logging(tmp_path / "opside.log", "INFO")
    try:
        # A name that a resolver answers with this computer is not a local one.
        with pytest.raises(DatabaseFault):
            await opened(f"postgresql://u:{CANARY}@db.invalid:{free_port}/x?sslmode={mode}")
    finally:
        stop_logging()
    told = (tmp_path / "opside.log").read_text()
    assert "WARNING" in told
    assert f"sslmode={mode}" in told


def signed_in(url, user, password):
    return re.sub("//[^@]*@", f"//{user}:{password}@", url)


@pytest.fixture
def role(postgres_server, request):
    """Make a role with this password; it goes with the test."""
    names = []

    def role(password):
        name = f"role_{len(names)}_{id(request)}"
        quoted = password.replace("'", "''")
        run_sql(postgres_server, f"CREATE ROLE {name} LOGIN PASSWORD '{quoted}'")
        if "postgres_url" in request.fixturenames:
            url = request.getfixturevalue("postgres_url")
            run_sql(url, f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}")
        names.append(name)
        return name

    yield role
    for name in names:
        if "postgres_url" in request.fixturenames:
            run_sql(request.getfixturevalue("postgres_url"), f"DROP OWNED BY {name}")
        run_sql(postgres_server, f"DROP ROLE {name}")


@pytest.fixture
def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def silent(answer=b""):
    """A server that takes connections and says one thing, or nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening, contextlib.ExitStack() as stack:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    taken = stack.enter_context(listening.accept()[0])
                    if answer:
                        taken.recv(1000)
                        taken.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def authority(tmp_path):
    """An authority that signs certificates and that no system trusts."""
    pytest.importorskip("cryptography")
    from tests.store.postgres.authority import Authority

    return Authority(tmp_path)
