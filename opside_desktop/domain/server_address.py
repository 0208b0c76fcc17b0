"""Reading the addresses of PostgreSQL servers: URLs, libpq's words, and `psql` commands."""

import re
import shlex
from typing import Final, NamedTuple
from urllib.parse import unquote, unquote_plus

from opside_desktop.domain.database_address import ServerAddress, refused
from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.domain.utf8 import is_encodable

LONGEST_WAIT_S: Final = 600
HIGHEST_PORT: Final = 65_535
POSTGRES_PORT: Final = 5432

MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
"""The values of `sslmode`, each as it means elsewhere too."""

_CHOICES: Final = {
    "sslmode": MODES,
    "channel_binding": ("disable", "prefer", "require"),
    "target_session_attrs": (
        "any", "read-write", "read-only", "primary", "standby", "prefer-standby",
    ),
}  # fmt: skip

KEPT: Final = (
    "sslmode", "sslrootcert", "connect_timeout", "application_name", "options", "channel_binding",
    "target_session_attrs",
)  # fmt: skip
"""The parameters that change something, beside those that say where the server is."""

_WHERE: Final = ("host", "port", "dbname", "user", "password")

_UNNEEDED: Final = (
    "pgbouncer", "connection_limit", "pool_timeout", "pool_size", "max_overflow", "supa",
    "statement_cache_size", "prepared_statement_cache_size", "prepared_statements",
    "preparethreshold", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count",
    "tcp_user_timeout", "sslsni", "sslcompression", "uselibpqcompat", "fallback_application_name",
)  # fmt: skip
"""What other programs need to be told; whatever they say, this one does the same."""

_ONLY: Final = {
    "client_encoding": ("utf8", "utf-8", "auto", "unicode"),
    "gssencmode": ("disable", "prefer"),
    "ssl": ("true", "1"),
    "sslnegotiation": ("postgres",),
}
"""What is unneeded with these values, and would ask for something else with others."""

_OTHER_NAMES: Final = {"database": "dbname", "username": "user", "ssl_mode": "sslmode"}

_ENCODED: Final = (
    "Write @ as %40, / as %2F, : as %3A, ? as %3F, # as %23, [ as %5B and % as %25 there."
)
_SPECIAL: Final = frozenset("@/?#[] ")
_HOST: Final = re.compile(r"[^\s/\\?#@\[\]:;=&%\"']*|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:%[\w.-]+)?")
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")
_ESCAPE: Final = re.compile("%[0-9A-Fa-f]{2}")
_LOCATION: Final = re.compile(
    r"(?P<host>\[[0-9A-Fa-f:.%\w]*\]|[^\s:/?#@\[\]]*)(?::(?P<port>[^\s/?#@]*))?"
    r"(?:/(?P<dbname>[^\s/?#@\[\]]*)/?)?(?:\?(?P<query>[^\s#]*))?"
)

Pairs = list[tuple[str, str]]


class _Reading(NamedTuple):
    """One way to understand what stands behind `//`."""

    login: str | None
    location: re.Match[str]
    query: Pairs
    is_plain: bool


def of_url(rest: str) -> ServerAddress:
    """Read what stands behind `postgresql://`.

    A password may hold any character as it is, where only one reading makes an address.

    Raises:
        DatabaseFault: it cannot be used.
    """
    if _UNSEEN.search(rest):
        raise refused("It holds a line break, or another character that cannot be seen.")
    readings = _readings(rest)
    if not readings and "@" not in rest:
        raise refused("It cannot be understood.")
    reading = _chosen(readings)
    pairs: Pairs = []
    if reading.login is not None:
        user, colon, password = reading.login.partition(":")
        pairs += [("user", _decoded(user))] if user else []
        pairs += [("password", _decoded(password))] if colon and password else []
    host, port, database = (reading.location[name] for name in ("host", "port", "dbname"))
    if host:
        pairs.append(("host", unquote(host.strip("[]") if host.startswith("[") else host)))
    pairs += [("port", port)] if port else []
    pairs += [("dbname", unquote(database))] if database else []
    return address_of(pairs + reading.query)


def of_words(text: str) -> ServerAddress:
    """Read libpq's `host=… port=… dbname=… user=… password=…`, with its quotes and backslashes.

    Raises:
        DatabaseFault: it cannot be used.
    """
    pairs: Pairs = []
    position = 0
    while position < len(text):
        found = _WORD.match(text, position)
        if found is None:
            raise refused(
                "A word in it has no value.",
                "Write host=… dbname=… user=… password=…, and a value that holds a blank in ' '.",
            )
        quoted, plain = found["quoted"], found["plain"]
        value = plain if quoted is None else quoted
        pairs.append((found["name"], re.sub(r"\\(.)", r"\1", value)))
        position = found.end()
    return address_of(pairs)


_WORD: Final = re.compile(
    r"\s*(?P<name>[A-Za-z_]+)\s*=\s*"
    r"(?:'(?P<quoted>(?:\\.|[^'\\])*)'|(?P<plain>(?:\\.|[^\s'\\])(?:\\.|[^\s\\])*))(?=\s|$)\s*"
)


def of_command(text: str) -> ServerAddress:
    """Read a `psql` command as providers show it, with `PGPASSWORD=…` before it or not.

    Raises:
        DatabaseFault: it cannot be used.
    """
    try:
        words = shlex.split(text)
    except ValueError:
        raise refused("A quote in it is not closed.") from None
    pairs: Pairs = []
    while words and words[0] != "psql":
        name, _, value = words.pop(0).partition("=")
        pairs.append((_OF_ENVIRONMENT.get(name, name), value))
    words = words[1:]
    address: ServerAddress | None = None
    plain = ["dbname", "user"]
    while words:
        word = words.pop(0)
        if found := _LONG.fullmatch(word):
            name, value = found[1], found[2]
        elif word in ("-w", "-W"):
            continue
        elif word.startswith("-") and len(word) > 1:
            name, value = word[1], word[2:]
        else:
            name, value = (plain.pop(0) if plain else ""), word
        name = _OF_COMMAND.get(name, name)
        if name not in _WHERE:
            raise refused(f"Its option {word[:2]} is not known here.", "Leave it out.")
        if not value and words:
            value = words.pop(0)
        if name == "dbname" and ("://" in value or "=" in value):
            address = of_url(value.partition("://")[2]) if "://" in value else of_words(value)
        else:
            pairs.append((name, value))
    return address_of(pairs + ([] if address is None else _pairs_of(address)))


_LONG: Final = re.compile(r"--([a-z]+)(?:=(.*))?", re.DOTALL)
_OF_COMMAND: Final = {"h": "host", "p": "port", "U": "user", "d": "dbname", "username": "user"}
_OF_ENVIRONMENT: Final = {
    "PGPASSWORD": "password", "PGHOST": "host", "PGPORT": "port", "PGUSER": "user",
    "PGDATABASE": "dbname", "PGSSLMODE": "sslmode", "PGOPTIONS": "options",
    "PGSSLROOTCERT": "sslrootcert", "PGAPPNAME": "application_name",
    "PGCHANNELBINDING": "channel_binding", "PGCONNECT_TIMEOUT": "connect_timeout",
}  # fmt: skip


def parameters_of(text: str) -> dict[str, str]:
    """Read parameters alone, written as behind the `?`.

    Raises:
        DatabaseFault: one is not known, or its value does not fit.
    """
    pairs = _query(text.strip().lstrip("?"))
    if pairs is None or any(name in _WHERE for name, _ in pairs):
        raise refused("Its parameters cannot be understood.", _fix_parameters())
    return dict(address_of([*pairs, ("host", "h"), ("dbname", "d")]).parameters)


def _readings(rest: str) -> list[_Reading]:
    found = []
    ends = [-1] + [at for at, one in enumerate(rest) if one == "@"]
    for end in ends:
        login = rest[:end] if end >= 0 else None
        location = _LOCATION.fullmatch(rest, end + 1)
        if location is None or (login is not None and not login):
            continue
        query = _query(location["query"] or "")
        if query is not None:
            is_plain = login is None or not _SPECIAL & set(login)
            found.append(_Reading(login, location, query, is_plain))
    return found


def _chosen(readings: list[_Reading]) -> _Reading:
    known = {*KEPT, *_WHERE, *_UNNEEDED, *_ONLY, *_OTHER_NAMES}
    plain = [
        one
        for one in readings
        if one.is_plain and all(name.lower() in known for name, _ in one.query)
    ]
    if len(plain) == 1:
        return plain[0]
    if len(readings) == 1:
        return readings[0]
    if readings:
        raise refused("Its password can be read in two ways.", _ENCODED)
    raise refused(
        "Its user or password, or its database, holds a character that means something in it.",
        _ENCODED,
    )


def _query(text: str) -> Pairs | None:
    """Read what stands behind the `?`; None where that cannot be parameters."""
    pairs = []
    for part in filter(None, text.split("&")):
        name, equals, value = part.partition("=")
        if not equals or not _NAME.fullmatch(name):
            return None
        # Only where no value holds a plus of its own.
        decode = unquote_plus if name in ("options", "application_name") else unquote
        pairs.append((name, _decoded(value) if name == "password" else decode(value)))
    return pairs


def _decoded(text: str) -> str:
    """Read a user or a password, percent-encoded or as it is.

    Raises:
        DatabaseFault: it could be either.
    """
    escapes = len(_ESCAPE.findall(text))
    if not escapes:
        return text
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text
    if escapes != text.count("%") or _SPECIAL & set(text):
        raise refused("Its password can be read in two ways.", _ENCODED)
    return decoded


def address_of(pairs: Pairs) -> ServerAddress:
    """Make an address of names, as libpq has them, and values.

    Raises:
        DatabaseFault: one is missing, stands there twice, is not known, or does not fit.
    """
    given: dict[str, str] = {}
    unneeded = []
    for written, value in pairs:
        name = _OTHER_NAMES.get(written.lower(), written.lower())
        if name == "ssl" and value in MODES:
            name = "sslmode"
        if name in _UNNEEDED or (name in _ONLY and value.lower() in _ONLY[name]):
            unneeded.append(f"{name}={value}" if name in ("pgbouncer", *_ONLY) else name)
            continue
        if name in _ONLY:
            raise refused(f"{name} does not fit.", f"It may only be {', '.join(_ONLY[name])} here.")
        if name not in (*KEPT, *_WHERE):
            shown = f"the parameter {written}" if _NAME.fullmatch(written) else "a parameter"
            raise refused(f"It has {shown}, which this program does not know.", _fix_parameters())
        if name in given:
            raise refused(f"{name} stands in it more than once.", "Leave one of them out.")
        given[name] = value
    if any("\0" in value for value in given.values()):
        raise refused("It holds a character that no server takes (%00).", "Leave it out.")
    if not all(is_encodable(value) for value in given.values()):
        raise refused("It holds bytes that are no text in UTF-8.")
    host = given.get("host", "")
    if not host:
        raise refused(
            "It names no server.",
            "Write postgresql://user:password@host/database; a socket as ?host=/folder.",
        )
    if "," in host or "," in given.get("port", ""):
        raise refused("It names several servers.", "Name the one that takes writes.")
    if not (host.startswith("/") or _HOST.fullmatch(host)):
        raise refused("The name of the server holds a character that no server's name has.")
    if not given.get("dbname"):
        raise refused("It names no database.", "Write postgresql://user:password@host/database.")
    return ServerAddress(
        host=host,
        database=given["dbname"],
        user=given.get("user", ""),
        password=given.get("password", ""),
        port=_number(given, "port", HIGHEST_PORT),
        parameters=_parameters(given),
        unneeded=tuple(unneeded),
    )


def _parameters(given: dict[str, str]) -> dict[str, str]:
    for name, choices in _CHOICES.items():
        if name in given and given[name] not in choices:
            raise refused(f"{name} does not fit.", f"It must be one of {', '.join(choices)}.")
    _number(given, "connect_timeout", LONGEST_WAIT_S)
    return {name: given[name] for name in KEPT if given.get(name)}


def _number(given: dict[str, str], name: str, most: int) -> int | None:
    text = given.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
        what = "Its port" if name == "port" else name
        raise refused(f"{what} does not fit.", f"It must be a number from 1 to {most}.")
    return int(text)


def _pairs_of(address: ServerAddress) -> Pairs:
    given: Pairs = [
        ("host", address.host),
        ("dbname", address.database),
        ("user", address.user),
        ("password", address.password),
        ("port", str(address.port or "")),
        *address.parameters.items(),
    ]
    return [pair for pair in given if pair[1]]


def _fix_parameters() -> str:
    return f"Behind the ? may stand {', '.join(KEPT[:-1])} and {KEPT[-1]}."


def placeholder() -> DatabaseFault:
    """Say that the password is not one."""
    return refused(
        "Its password is still the placeholder of the page that it was copied from.",
        "Put the database's password in its place.",
    )
