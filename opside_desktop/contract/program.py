"""The program itself: its health, its database and its files."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from opside_desktop.contract.wire import Outcome, Wire


class Health(Wire):
    """Whether the server can work."""

    status: Literal["ok", "degraded"]
    version: str


class Version(Outcome):
    """Which program this is; `build` where it was packaged."""

    version: str
    build: str | msgspec.UnsetType = msgspec.UNSET


class Serving(Outcome):
    """The server answers from now on."""

    url: str


class Check(Wire):
    """One line of an examination of this installation."""

    name: str
    state: str
    message: str
    fix: str | None


class Examination(Outcome):
    """Whether this installation can work."""

    checks: list[Check]


class Upgraded(Outcome):
    """The database is up to date."""

    database: str


class SchemaSql(Outcome):
    """What makes the tables."""

    sql: list[str]


class DatabaseState(Outcome):
    """What the database holds, and what is wrong with it."""

    database: str
    version: str
    size_bytes: int
    rows: dict[str, int]
    problems: Sequence[str]


class Copied(Outcome):
    """Everything is in another database, too; `rows` by table."""

    database: str
    users: int
    rows: dict[str, int]


class Deleted(Outcome):
    """Nothing is stored of a user any more; `rows` by table."""

    user_id: str
    rows: dict[str, int]


class Exported(Outcome):
    """A file holds the rows."""

    file: str
    format: str
    rows: int
    size_bytes: int
    cut_texts: int
