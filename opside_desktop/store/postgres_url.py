"""What a PostgreSQL address may say, and how sure the connection is that it asks for.

The certificate of a server that is not on this computer is checked, name included, unless the
address itself asks for less; then `Target.warning` says what that means.
"""

import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL

from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.logs import hide

PORT = 5432
LONGEST_WAIT_S = 600
LONGEST_NAME = 63

MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
"""The values of `sslmode`, each as it means elsewhere too."""

KNOWN = ("sslmode", "sslrootcert", "connect_timeout", "application_name", "options", "host", "port")
"""The parameters that may stand behind the `?`."""

_DANGER = {
    "disable": "is not encrypted: others on the network can read the password and all rows",
    "allow": "may not be encrypted: others on the network could read the password and all rows",
    "prefer": "may not be encrypted: others on the network could read the password and all rows",
    "require": "is encrypted, but nobody checks who answers: a computer in between could read "
    "the password and all rows",
    "verify-ca": "is encrypted, but the name in the server's certificate is not checked",
}


@dataclass(frozen=True, slots=True)
class Target:
    """A server's database as asked for.

    `place` names it to people and `host` its server; neither holds the password. `warning` is
    a sentence where the connection is less sure than it could be.
    """

    place: str
    host: str
    url: URL = field(repr=False)
    connect_args: Mapping[str, Any] = field(repr=False)
    timeout_s: float
    warning: str = ""


def target_of(url: URL, timeout_s: float) -> Target:
    """Read an address; its password is hidden from the log from now on.

    Raises:
        DatabaseFault: it cannot be used; the sentence says what is wrong and repeats no value.
    """
    hide(url.password)
    query = _query(url)
    host = url.host or query.get("host", "")
    if "@" in host or "@" in (url.database or ""):
        raise _refused(
            "Its user or password holds a character that means something in an address.",
            "Write @ as %40, / as %2F, : as %3A, ? as %3F, # as %23 and % as %25 there.",
        )
    if not host:
        raise _refused(
            "It names no server.",
            "Write postgresql://user:password@host/database; a socket as ?host=/folder.",
        )
    if not url.database:
        raise _refused("It names no database.", "Write postgresql://user:password@host/database.")
    if any("\0" in (part or "") for part in (url.username, url.password, host, url.database)):
        raise _refused("It holds a character that no server takes (%00).", "Leave it out.")
    port = _number(query, "port", PORT, 65_535) if url.port is None else url.port
    if not 1 <= port <= 65_535:
        raise _refused("Its port does not fit.", "It must be a number from 1 to 65535.")
    seconds = float(_number(query, "connect_timeout", 0, LONGEST_WAIT_S)) or timeout_s
    mode, secured = _security(host, query)
    settings = {"timezone": "UTC", "application_name": query.get("application_name", "")}
    settings["application_name"] = settings["application_name"][:LONGEST_NAME] or "opside-desktop"
    if options := query.get("options"):
        settings["options"] = options
    arguments = {"ssl": secured, "timeout": seconds, "server_settings": settings}
    if host.startswith("/"):
        # A folder with a socket has no place in front of a database's name.
        arguments.update(host=host, port=port)
    shown = None if host.startswith("/") else host
    return Target(
        place=_place(url, shown),
        host=host,
        url=URL.create("postgresql", url.username, url.password, shown, port, url.database),
        connect_args=arguments,
        timeout_s=seconds,
        warning="" if is_local(host) else _warning(mode, host),
    )


def is_local(host: str) -> bool:
    """Tell whether a host is this computer: its own name, its own address or a socket's folder."""
    if host == "localhost" or host.startswith("/"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _place(url: URL, host: str | None) -> str:
    return URL.create(
        "postgresql", url.username, None, host, url.port, url.database
    ).render_as_string()


def _query(url: URL) -> dict[str, str]:
    values = {}
    for name, value in url.query.items():
        if name not in KNOWN:
            # An unknown name might be half of a password.
            raise _refused(
                "It has a parameter that this program does not know.",
                f"Behind the ? may stand {', '.join(KNOWN[:-1])} and {KNOWN[-1]}.",
            )
        if not isinstance(value, str):
            raise _refused(f"{name} stands in it more than once.", "Leave one of them out.")
        values[name] = value
    return values


def _number(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
        raise _refused(f"{name} does not fit.", f"It must be a number from 1 to {most}.")
    return int(text)


def _security(host: str, query: Mapping[str, str]) -> tuple[str, Any]:
    """Give the mode, and what asyncpg makes of it."""
    authority = query.get("sslrootcert", "")
    default = "verify-full" if authority or not is_local(host) else "prefer"
    mode = query.get("sslmode") or default
    if mode not in MODES:
        raise _refused("sslmode does not fit.", f"It must be one of {', '.join(MODES)}.")
    if host.startswith("/") or mode == "disable":
        return mode, False
    if mode in ("allow", "prefer"):
        return mode, mode
    if mode == "require" and authority:
        # As everywhere: who names an authority wants it to be asked.
        mode = "verify-ca"
    return mode, _context(mode, authority)


def _context(mode: str, authority: str) -> ssl.SSLContext:
    if mode == "require":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if authority and authority != "system":
        path = Path(authority).expanduser()
        try:
            context = ssl.create_default_context(cafile=str(path))
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            missing = isinstance(error, FileNotFoundError)
            raise DatabaseFault(
                f"The certificate file {path} cannot be used.",
                why="There is no such file." if missing else "It holds no certificate to read.",
                fix="Correct sslrootcert in the database address; the file must be in PEM format.",
            ) from None
    else:
        import truststore

        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = mode == "verify-full"
    return context


def _warning(mode: str, host: str) -> str:
    if mode not in _DANGER:
        return ""
    return f"The connection to {host} {_DANGER[mode]} (sslmode={mode})."


def _refused(why: str, fix: str) -> DatabaseFault:
    return DatabaseFault("The database address cannot be used.", why=why, fix=fix)
