"""What a server or a connection pooler says when it refuses: kept, and put into sentences."""

import re
from typing import Any, Final

from opside_desktop.domain.errors import DatabaseFault, DatabaseGone
from opside_desktop.logs.redaction import HIDDEN, redact

MOST_WORDS = 300
"""Characters of a server's answer that are shown."""

SHORTEST_PASSWORD = 3
"""A shorter one is not looked for in an answer, which would become unreadable."""


_STATE: Final = re.compile("[0-9A-Z]{5}")


class NoRoom(DatabaseGone):
    """The server or its pooler gives no further connection at present."""


TOO_MANY = (
    "The server, or the connection pooler before it, gives no further connection.",
    "Close other programs that use it, or ask its administrator for more connections.",
    NoRoom,
)
_NO_SUCH = (
    "The connection pooler knows no such database or user.",
    "Correct user and database in the database address; many poolers want user.project there.",
    DatabaseFault,
)
_NOT_BEHIND = (
    "The connection pooler does not reach the server behind it.",
    "Try again in a moment, or tell the server's administrator.",
    DatabaseGone,
)
_NOT_IN = (
    "The server lets no connection in from this computer with this user and encryption.",
    "Ask its administrator to allow this computer's address, or choose another sslmode.",
    DatabaseFault,
)
_ASLEEP = (
    "The database is switched off or paused.",
    "Switch it on where it was made, then try again.",
    DatabaseGone,
)
_PARAMETER = (
    "The connection pooler does not take a parameter of the database address.",
    "Leave it out, most likely options=…, or connect to the server itself.",
    DatabaseFault,
)
_QUOTA = (
    "The account at the database's provider has used up what it may.",
    "Look into the account there.",
    DatabaseFault,
)

_KNOWN = (
    # PgBouncer, Supavisor, Odyssey, PgCat, Pgpool, RDS Proxy, Neon, and PostgreSQL itself
    ("no more connections allowed", TOO_MANY),
    ("max client connections reached", TOO_MANY),
    ("max clients reached", TOO_MANY),
    ("maxclientsinsessionmode", TOO_MANY),
    ("too many clients", TOO_MANY),
    ("too many connections", TOO_MANY),
    ("too many active clients", TOO_MANY),
    ("too many tcp connections", TOO_MANY),
    ("remaining connection slots", TOO_MANY),
    ("query_wait_timeout", TOO_MANY),
    ("timed-out waiting to acquire", TOO_MANY),
    ("timeout waiting for connection", TOO_MANY),
    ("could not get connection from the pool", TOO_MANY),
    ("unable to check out", TOO_MANY),
    ("tenant or user not found", _NO_SUCH),
    ("no such database", _NO_SUCH),
    ("no such user", _NO_SUCH),
    ("endpoint id is not specified", _NO_SUCH),
    ("no credentials for the role", _NO_SUCH),
    ("is not found", _NO_SUCH),
    ("unsupported startup parameter", _PARAMETER),
    ("command-line options", _PARAMETER),
    ("server login failed", _NOT_BEHIND),
    ("server_login_retry", _NOT_BEHIND),
    ("cannot connect to server", _NOT_BEHIND),
    ("couldn't connect to compute node", _NOT_BEHIND),
    ("failed to get remote server", _NOT_BEHIND),
    ("allserversdown", _NOT_BEHIND),
    ("econnrefused", _NOT_BEHIND),
    ("control plane request failed", _NOT_BEHIND),
    ("no pg_hba.conf entry", _NOT_IN),
    ("ip address is not allowed", _NOT_IN),
    ("address not in tenant allow_list", _NOT_IN),
    ("endpoint has been disabled", _ASLEEP),
    ("project is paused", _ASLEEP),
    ("database is paused", _ASLEEP),
    ("is disabled", _ASLEEP),
    ("quota", _QUOTA),
)
"""By a part of what is said, in small letters."""


def known(error: BaseException) -> tuple[str, str, type[DatabaseFault]] | None:
    """Give why, what to do and the kind of fault, where a server's words are known."""
    words = _whole(error).lower()
    return next((found for part, found in _KNOWN if part in words), None) if words else None


def said(error: BaseException, password: str | None = None, *, whole: bool = False) -> str:
    """Repeat a server's own words and code as a sentence; empty where it said nothing.

    Secrets are taken out: a server may repeat what it was sent.

    Args:
        whole: with its details and its hint, too. Those on a statement may hold rows.
    """
    state = error_state(error)
    words = " ".join((_whole(error) if whole else _message(error)).split())
    if not words:
        is_answer = state and getattr(_of_server(error), "severity", None)
        return f"The server answered with the code {state} and no words." if is_answer else ""
    if password and len(password) >= SHORTEST_PASSWORD:
        words = words.replace(password, HIDDEN)
    words = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in words)
    words = redact(words).rstrip(".")
    if len(words) > MOST_WORDS:
        words = f"{words[:MOST_WORDS]}…"
    return f"The server answered: “{words}”{f' ({state})' if state else ''}."


def error_state(error: BaseException) -> str:
    """Give the code of a server's answer; empty where none came, or what is no code."""
    state = getattr(_of_server(error), "sqlstate", None)
    return state if isinstance(state, str) and _STATE.fullmatch(state) else ""


def _message(error: BaseException) -> str:
    original = _of_server(error)
    # The driver's own complaints have a code, too, but no severity.
    if not getattr(original, "severity", None):
        return ""
    message: Any = getattr(original, "message", None) or str(original)
    return str(message)


def _whole(error: BaseException) -> str:
    original = _of_server(error)
    parts = (_message(error), getattr(original, "detail", None), getattr(original, "hint", None))
    return ". ".join(str(part).strip().rstrip(".") for part in parts if part)


def _of_server(error: BaseException) -> BaseException:
    """Take SQLAlchemy's covers off."""
    inner = getattr(error, "orig", None) or error
    return getattr(inner, "driver_exception", None) or inner.__cause__ or inner
