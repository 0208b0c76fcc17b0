"""What a database's address is: a file's or a server's, and how it is written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

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
    def shown_address(self) -> str:
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
    def shown_address(self) -> str:
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


def refused(why: str, fix: str = FORMS) -> DatabaseFault:
    """Say why an address cannot be used."""
    return DatabaseFault("The database address cannot be used.", why=why, fix=fix)
