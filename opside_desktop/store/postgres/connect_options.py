"""What a PostgreSQL address may say, and how sure the connection is that it asks for.

The certificate of a server that is not on this computer is checked, name included, unless the
address itself asks for less; then `Target.warning` says what that means.
"""

import ipaddress
import logging
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opside_desktop.domain.database_address import ServerAddress
from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.domain.server_address import POSTGRES_PORT, placeholder
from opside_desktop.logs.redaction import hide

log = logging.getLogger(__name__)

LONGEST_NAME = 63

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

    `shown_address` names it to people and `host` its server; neither holds the password.
    `connect_args` are those of asyncpg. `warning` is a sentence where the connection is less sure
    than it could be.
    """

    shown_address: str
    host: str
    password: str = field(repr=False)
    connect_args: Mapping[str, Any] = field(repr=False)
    timeout_s: float
    warning: str = ""


def target_of(address: ServerAddress, timeout_s: float) -> Target:
    """Say how a server is reached; its password is hidden from the log from now on.

    Raises:
        DatabaseFault: it cannot be used; the sentence says what is wrong and repeats no value.
    """
    hide(address.password)
    if address.has_placeholder:
        raise placeholder()
    given, host = address.parameters, address.host
    seconds = float(given.get("connect_timeout", 0)) or timeout_s
    mode, secured = _security(host, given)
    settings = {
        "timezone": "UTC",
        "application_name": given.get("application_name", "opside-desktop")[:LONGEST_NAME],
    }
    if options := given.get("options"):
        settings["options"] = options
    arguments = {
        "host": host,
        "port": address.port or POSTGRES_PORT,
        "user": address.user or None,
        "password": address.password or None,
        "database": address.database,
        "ssl": secured,
        "timeout": seconds,
        "server_settings": settings,
        "statement_cache_size": 0,
    }
    if wanted := given.get("target_session_attrs"):
        arguments["target_session_attrs"] = wanted
    warning = ""
    if mode in _DANGER and not is_local(host):
        warning = f"The connection to {host} {_DANGER[mode]} (sslmode={mode})."
    return Target(
        shown_address=address.shown_address,
        host=host,
        password=address.password,
        connect_args=arguments,
        timeout_s=seconds,
        warning=warning,
    )


def is_local(host: str) -> bool:
    """Tell whether a host is this computer: its own name, its own address or a socket's folder."""
    if host == "localhost" or host.startswith("/"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _security(host: str, query: Mapping[str, str]) -> tuple[str, Any]:
    """Give the mode, and what asyncpg makes of it."""
    authority = query.get("sslrootcert", "")
    default = "verify-full" if authority or not is_local(host) else "prefer"
    mode = query.get("sslmode") or default
    if query.get("channel_binding") == "require" and not host.startswith("/"):
        # Which rules out a computer in between; so does a checked certificate.
        mode = "verify-full"
    if host.startswith("/") or mode == "disable":
        return mode, False
    if mode in ("allow", "prefer"):
        _forget_unusable_key_log()
        return mode, mode
    if mode == "require" and authority:
        # As everywhere: who names an authority wants it to be asked.
        mode = "verify-ca"
    return mode, _context(mode, authority)


def _forget_unusable_key_log() -> None:
    """Take a file that cannot be written out of SSLKEYLOGFILE.

    asyncpg opens it in these modes, and its failure looks like a server that does not answer.
    """
    path = os.environ.get("SSLKEYLOGFILE")
    try:
        if path:
            Path(path).open("a").close()
    except (OSError, ValueError):
        del os.environ["SSLKEYLOGFILE"]
        log.warning("SSLKEYLOGFILE names a file that cannot be written; it is ignored.")


def _context(mode: str, authority: str) -> ssl.SSLContext:
    if mode == "require":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if authority and authority != "system":
        path = Path(authority).expanduser()
        try:
            # No default context: that opens the file of SSLKEYLOGFILE, whose faults are not this
            # file's.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(cafile=str(path))
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
