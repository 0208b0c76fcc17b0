"""The one reading of database addresses, in all the forms in which people have them.

A provider's page, a .env file, another program's configuration: each writes them differently. Every
part is kept, or refused by its name; a password is read as it was meant, or refused where it could
be meant in two ways. No sentence repeats a value, because a password may stand where nobody looks
for one.
"""

import re
from typing import Final
from urllib.parse import unquote

from opside_desktop.domain import server_address
from opside_desktop.domain.database_address import Address, FileAddress, refused

_AROUND: Final = re.compile("\\A[\\s\ufeff\u200b\u2060]+|[\\s\ufeff\u200b\u2060]+\\Z")
"""Blanks, and what cannot be seen and comes along where a text is copied."""

_QUOTED: Final = re.compile("([\"'`“”‘’])(.*)([\"'`“”‘’])[;,]?", re.DOTALL)
_OPENED: Final = {"“": "”", "‘": "’"}
_VARIABLE: Final = re.compile(
    r"(?:export\s+|set\s+|\$env:)?\w+\s*[=:]\s*"
    r"(?=[\"'`“‘]?(?:psql\s|[a-z][a-z0-9]*(?:\+\w+)?:(?:[a-z]+:)?//)"
    r"|[\"'`“‘](?:host|hostaddr|port|dbname|user)\s*=)",
    re.IGNORECASE,
)
_SCHEME: Final = re.compile(r"([a-z]+)(?:\+\w+)?://", re.IGNORECASE)
_WORDS: Final = re.compile(
    r"(?:host|hostaddr|port|dbname|user|password|sslmode|service)\s*=", re.IGNORECASE
)
_SECRET: Final = re.compile(
    r"postgres\w*[:/]|[^/\\]*:[^/\\].*@|(?:.*[;\s])?(?:password|pwd)\s*=", re.IGNORECASE | re.DOTALL
)
"""How a text begins that no program reads, and that may hold a password all the same."""

_COMMAND: Final = re.compile(r"(?:PG[A-Z_]+=(?:'[^']*'|\"[^\"]*\"|\S)+\s+)*psql\s")


def parse_address(text: str) -> Address:
    """Read an address.

    It may be a URL of any driver, the words `host=… dbname=…`, a `psql` command, and any of these
    in quotes or behind the name of a variable.

    Raises:
        DatabaseFault: it cannot be used; the sentence names what is wrong and repeats no value.
    """
    bare = _bare(text)
    if _COMMAND.match(bare):
        return server_address.of_command(bare)
    if found := _SCHEME.match(bare):
        rest = bare[found.end() :]
        match found[1].lower():
            case "sqlite":
                return _file(rest)
            case "postgres" | "postgresql":
                return server_address.of_url(rest)
    elif _WORDS.match(bare):
        return server_address.of_words(bare)
    raise refused(
        "This program stores its rows in an SQLite file or on a PostgreSQL server.",
        "It must begin with sqlite:/// or postgresql://.",
    )


def looks_like_address(text: str) -> bool:
    """Tell whether a text is meant as an address, readable or not, rather than as a name."""
    bare = _bare(text)
    forms = (_WORDS, _COMMAND, _SECRET)
    return ":/" in bare[2:] or any(form.match(bare) for form in forms)


def _bare(text: str) -> str:
    """Take off quotes, and the name of a variable."""
    while True:
        text = _AROUND.sub("", text)
        if found := _VARIABLE.match(text):
            text = text[found.end() :]
        elif (found := _QUOTED.fullmatch(text)) and found[3] == _OPENED.get(found[1], found[1]):
            text = found[2]
        else:
            return text


_FILE_PARAMETER: Final = re.compile(r"([a-z_]+)=[^&=]*(?:&[a-z_]+=[^&=]*)*", re.IGNORECASE)


def _file(rest: str) -> FileAddress:
    if rest and not rest.startswith("/"):
        raise refused(
            "With two slashes, sqlite:// names a server, and SQLite has none.",
            "Write sqlite:/// and the file, or sqlite://// and its path from the root.",
        )
    for query in rest.split("?")[1:]:
        if found := _FILE_PARAMETER.fullmatch(query):
            raise refused(
                f"Nothing may stand behind the ? in the address of a file, as {found[1]} does.",
                "Leave it out; to change nothing, open the window with --read-only. A ? in the "
                "file's own name is written as %3F.",
            )
    path = unquote(rest[1:], errors="surrogateescape")
    if path in ("", ":memory:") or path.startswith("file:"):
        raise refused("It names no file.")
    if "\0" in path:
        raise refused("No SQLite file has such a name.")
    return FileAddress(path)
