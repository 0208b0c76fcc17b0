"""Database addresses as people have them: every part is kept, or refused by its name."""

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opside_desktop.domain.address_parsing import looks_like_address, parse_address
from opside_desktop.domain.database_address import FileAddress, ServerAddress
from opside_desktop.domain.errors import DatabaseFault

CASES = Path(__file__).parent / "cases" / "addresses.txt"
HOST = "h.example.com"


def server(password="pw", port=None, host=HOST, database="db", user="u", unneeded=(), **parameters):  # noqa: S107
    return ServerAddress(host, database, user, password, port, parameters, unneeded)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("postgresql+psycopg2://u:pw@h.example.com/db", server()),
        ("postgres://u:pw@h.example.com/db/", server()),
        ("POSTGRESQL://u:pw@h.example.com/db", server()),
        ("  postgresql://u:pw@h.example.com/db\n", server()),
        ("postgresql://u:pw@h.example.com/d%2Fb%3F", server(database="d/b?")),
        (
            "postgresql://u:pw@h.example.com/db?port=6543&connect_timeout=3&application_name=a+b",
            server(port=6543, connect_timeout="3", application_name="a b"),
        ),
        (
            "postgresql://u:pw@h.example.com:6543/db?pgbouncer=true&connection_limit=1",
            server(port=6543, unneeded=("pgbouncer=true", "connection_limit")),
        ),
        (
            "postgresql://u:pw@h.example.com/db?sslmode=require&channel_binding=require",
            server(sslmode="require", channel_binding="require"),
        ),
        (
            "postgresql://u:pw@h.example.com/db?options=-c+search_path%3Dapp",
            server(options="-c search_path=app"),
        ),
        ("postgresql://u:pw@h.example.com/db?ssl=require", server(sslmode="require")),
        ("postgresql://u:pw@[2001:db8::1]:5432/db", server(host="2001:db8::1", port=5432)),
        ("postgresql:///db?host=/run/pg&user=u&password=pw", server(host="/run/pg")),
        ("jdbc:postgresql://h.example.com/db?user=u&password=pw", server()),
        # Passwords as they are
        ("postgresql://u:p#w@h.example.com/db", server("p#w")),
        ("postgresql://u:p/w@h.example.com/db", server("p/w")),
        ("postgresql://u:p?w@h.example.com/db", server("p?w")),
        ("postgresql://u:p@w@h.example.com/db", server("p@w")),
        ("postgresql://u:p[w]@h.example.com/db", server("p[w]")),
        ("postgresql://u:p w:+&=@h.example.com/db", server("p w:+&=")),
        ("postgresql://u:a/b@c?d#e@h.example.com/db", server("a/b@c?d#e")),
        ("postgresql://u:100%pure@h.example.com/db", server("100%pure")),
        ("postgresql://u:x%E9y@h.example.com/db", server("x%E9y")),
        # and percent-encoded
        ("postgresql://u:p%40%2f%25w@h.example.com/db", server("p@/%w")),
        ("postgresql://u:%C3%A9@h.example.com/db", server("é")),
        ("postgresql://me@server:pw@h.example.com/db", server(user="me@server")),
        ("postgresql://h.example.com/db?user=u@v&password=pw", server(user="u@v")),
        ("postgresql://u@h.example.com/db", server("")),
        # What stands around it
        ('psql "postgresql://u:pw@h.example.com/db"', server()),
        ("psql postgresql://u:pw@h.example.com/db -W", server()),
        ("psql -d 'postgresql://u:pw@h.example.com/db'", server()),
        ("psql -h h.example.com -p 6543 -U u -d db", server("", port=6543)),
        ("PGPASSWORD='p w' psql --host=h.example.com --username u db", server("p w")),
        ("PGPASSWORD=pw PGSSLMODE=require psql -hh.example.com db u", server(sslmode="require")),
        ("'postgresql://u:pw@h.example.com/db';", server()),
        ("“postgresql://u:pw@h.example.com/db”", server()),
        ("POSTGRES_URL=postgresql://u:pw@h.example.com/db", server()),
        ("export DATABASE_URL='postgres://u:pw@h.example.com/db'", server()),
        ('url: "postgres://u:pw@h.example.com/db"', server()),
        ("\ufeffpostgresql://u:pw@h.example.com/db\u200b", server()),
        ("postgresql://u:pw@h.example.com/db?&sslmode=require&", server(sslmode="require")),
        # libpq's words
        ("host=h.example.com port=5432 dbname=db user=u password=pw", server(port=5432)),
        (r"dbname = 'db' user=u password='p \'w\\' host=h.example.com", server(r"p 'w" + "\\")),
        ('DSN="host=h.example.com dbname=db user=u password=pw"', server()),
        # Files
        ("sqlite:////home/me/real?x.db", FileAddress("/home/me/real?x.db")),
        ("sqlite:////home/me/a%3Fb%25.db", FileAddress("/home/me/a?b%.db")),
        ("sqlite+aiosqlite:///x.db", FileAddress("x.db")),
        ("'sqlite:////a#b c.db'", FileAddress("/a#b c.db")),
    ],
)
def test_every_part_is_kept(text, meant):
    address = parse_address(text)
    assert address == meant
    assert looks_like_address(text)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("postgresql://u:canary@h/db?sslcert=/x", "sslcert"),
        ("postgresql://u:canary@h/db?search_path=canary", "search_path"),
        ("postgresql://u:canary@h/db?sslmode=canary", "sslmode"),
        ("postgresql://u:canary@h/db?user=canary", "user"),
        ("postgresql://u:canary@h:1/db?port=2", "port"),
        ("postgresql://u:canary@h:http/db", "port"),
        ("postgresql://u:canary@h/db?connect_timeout=canary", "connect_timeout"),
        ("postgresql://u:canary@h/db?client_encoding=latin1", "client_encoding"),
        ("postgresql://u:canary@h,i/db", "several servers"),
        ("postgresql://u:canary@h:1,i:2/db", "several servers"),
        ("postgresql://u:canary@h/db\npostgresql://u:canary@i/db", "cannot be seen"),
        ("postgresql://u:canary\udcff@h/db", "no text"),
        ("host=h\udcff dbname=db password=canary", "no text"),
        ("Host=h;Username=u;Password=canary;Database=db", "name of the server"),
        ("host=h;password=canary dbname=db", "name of the server"),
        ("postgresql://u:canary@h", "names no database"),
        ("postgresql://u:canary@/db", "names no server"),
        ("postgresql://u:p@canary%41@h/db", "in two ways"),
        ("postgresql://u:%41%-canary@h/db", "in two ways"),
        ("postgresql://u:p@h/canary?x=y@i/db", "in two ways"),
        ("postgresql://u:canary@h/a b", "its database, holds a character"),
        ("postgresql://u:canary@h/db/more", "its database, holds a character"),
        ("host=h dbname=db service=canary", "service"),
        ("host=h dbname=db password=", "no value"),
        ("psql -h h -c canary db", "-c"),
        ("psql -h 'h db", "quote"),
        ("mysql://u:canary@h/db", "PostgreSQL server"),
        ("postgres:/u:canary@h/db", "PostgreSQL server"),
        ("sqlite:///x.db?mode=ro", "mode"),
        ("sqlite:////a?x.db?mode=ro", "mode"),
        ("sqlite:////a?mode=ro&cache=shared?x", "mode"),
        ("sqlite://canary/x.db", "two slashes"),
        ("sqlite:///", "names no file"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name_and_no_value_repeated(text, named):
    with pytest.raises(DatabaseFault) as caught:
        parse_address(text)
    assert named in caught.value.why
    assert "canary" not in caught.value.sentence
    assert all(part.endswith(".") for part in (caught.value.what, caught.value.why))


@pytest.mark.parametrize(
    ("password", "is_one"),
    [
        ("[YOUR-PASSWORD]", True),
        ("[your_db_password]", True),
        ("<password>", True),
        ("{DB_PASSWORD}", True),
        ("${DB_PASSWORD}", True),
        ("{{ db_password }}", True),
        ("YOUR-PASSWORD", True),
        ("****************", True),
        ("password", False),
        ("p[w]", False),
        ("my-password-1", False),
    ],
)
def test_a_placeholder_is_no_password(password, is_one):
    address = parse_address(f"postgresql://postgres:{password}@db.example.com:5432/postgres")
    assert address.password == password
    assert address.has_placeholder is is_one


@pytest.mark.parametrize(
    "text",
    [
        "postgresql//u:canary@h/db",
        "postgres:\\\\u:canary@h\\db",
        "u:canary@h/db",
        "u:canary@h",
        "Server=h;Port=5432;User Id=u;Password=canary",
        "Data Source=h; Pwd = canary",
    ],
)
def test_what_holds_a_password_is_no_name(text):
    """It must not stay in a field that everybody sees, nor become the name of a file."""
    assert looks_like_address(text)
    with pytest.raises(DatabaseFault) as caught:
        parse_address(text)
    assert "canary" not in caught.value.sentence


@pytest.mark.parametrize(
    "text", ["h.example.com", "/home/a:b@c/x.db", r"C:\me@home\x.db", "C:/me@home/x.db", "a@b.db"]
)
def test_a_name_is_no_address(text):
    assert not looks_like_address(text)


def test_a_host_in_any_script_is_shown_as_it_is_written():
    address = parse_address("postgresql://u:pw@bücher.example/db")
    assert address.shown_address == "postgresql://u@bücher.example/db"
    assert parse_address(address.url) == address


@given(
    password=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9),
    user=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9),
    database=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1),
    host=st.sampled_from(["h", "a.b-c_d", "::1", "/run/pg"]),
    port=st.sampled_from([None, 1, 65535]),
)
def test_the_form_that_is_passed_on_keeps_everything(password, user, database, host, port):
    address = ServerAddress(host, database, user, password, port, {"options": "-c a=b+c%20&d"})
    assert parse_address(address.url) == address
    assert repr(password) not in repr(address) or password in (user, database, host, "")


@given(st.text(alphabet="p@:/?#[]%&=+ \\'\"4", min_size=1, max_size=8))
def test_a_password_as_it_is_is_never_misread(password):
    """It is what was meant, or what stands there percent-encoded, or refused."""
    try:
        address = parse_address(f"postgresql://u:{password}@{HOST}/db")
    except DatabaseFault:
        return
    if re.search("%[0-9A-Fa-f]{2}", password):
        assert address.password in (password, password.replace("%44", "D").replace("%4", "%4"))
    else:
        assert address == server(password)


def test_the_cases_are_read_or_refused():
    lines = CASES.read_text("utf-8").splitlines()
    assert len(lines) == len(set(lines)) > 30
    kept = 0
    for line in lines:
        with contextlib.suppress(DatabaseFault):
            address = parse_address(line)
            assert parse_address(address.url).url == address.url
            kept += 1
    assert kept == len(lines) - 6
