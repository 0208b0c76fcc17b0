"""The one reading of database addresses, in all the forms in which people have them.

A provider's page, a .env file, another program's configuration: each writes them differently. Every
part is kept, or refused by its name; a password is read as it was meant, or refused where it could
be meant in two ways. No sentence repeats a value, because a password may stand where nobody looks
for one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote

from opside_desktop.domain.errors import DatabaseFault

FORMS: Final = (
    "It must look like sqlite:////folder/opside.db or postgresql://user:password@host/database."
)


@dataclass(frozen=True, slots=True)
class FileAddress:
    """An SQLite file, by its path."""

    path: str

    @property
    def url(self) -> str:
        """The address in the one form that is passed on within the program."""
        return f"sqlite:///{self.path.replace('%', '%25').replace('?', '%3F')}"

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return self.path


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """A database on a PostgreSQL server.

    `host` may be a folder with a socket; empty texts are not given. `parameters` are those that
    change something, checked; `unneeded` names those given that change nothing here.
    """

    host: str
    database: str
    user: str = ""
    password: str = field(default="", repr=False)
    port: int | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    unneeded: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """The address in the one form that is passed on within the program; holds the password."""
        return self._render("postgresql+asyncpg", self.password, self.parameters)

    @property
    def place(self) -> str:
        """Where it is, for people: without password and parameters."""
        return self._render("postgresql", "", {})

    @property
    def has_placeholder(self) -> bool:
        """Whether the password is what a provider's page shows in its place."""
        return _PLACEHOLDER.fullmatch(self.password) is not None

    def _render(self, scheme: str, password: str, parameters: Mapping[str, str]) -> str:
        given = dict(parameters)
        host = f"[{self.host}]" if ":" in self.host else self.host
        if self.host.startswith("/"):
            # A folder has no place in front of a database's name.
            given, host = {"host": self.host, **given}, ""
        login = quote(self.user, safe="")
        if password:
            login += f":{quote(password, safe='')}"
        query = "&".join(f"{name}={quote(value, safe='/')}" for name, value in given.items())
        return (
            f"{scheme}://{login}{'@' if login else ''}{host}"
            f"{f':{self.port}' if self.port else ''}/{quote(self.database, safe='')}"
            f"{'?' if query else ''}{query}"
        )


Address = FileAddress | ServerAddress

_PLACEHOLDER: Final = re.compile(
    r"\$?[\[<{]+[^\]>}]*(?:password|secret)[^\]>}]*[\]>}]+|your[-_ ]?\w*password|[*•●]{3,}",
    re.IGNORECASE,
)

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
    from opside_desktop.domain import server_address

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


def refused(why: str, fix: str = FORMS) -> DatabaseFault:
    """Say why an address cannot be used."""
    return DatabaseFault("The database address cannot be used.", why=why, fix=fix)


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
