"""The program itself: its health, its database and its files."""

from typing import Literal

import msgspec

from opside_desktop.contract.wire import Wire


class Health(Wire):
    """Whether the server can work."""

    status: Literal["ok", "degraded"]
    version: str


class Version(Wire):
    """Which program this is; `build` where it was packaged."""

    success: bool
    version: str
    build: str | msgspec.UnsetType = msgspec.UNSET


class Serving(Wire):
    """The server answers from now on."""

    success: bool
    url: str


class Check(Wire):
    """One line of an examination of this installation."""

    name: str
    state: str
    message: str
    fix: str | None


class Examination(Wire):
    """Whether this installation can work."""

    success: bool
    checks: list[Check]


class Upgraded(Wire):
    """The database is up to date."""

    success: bool
    database: str


class SchemaSql(Wire):
    """What makes the tables."""

    success: bool
    sql: list[str]


class DatabaseState(Wire):
    """What the database holds, and what is wrong with it."""

    success: bool
    database: str
    version: str
    size_bytes: int
    rows: dict[str, int]
    problems: list[str]


class Copied(Wire):
    """Everything is in another database, too; `rows` by table."""

    success: bool
    database: str
    users: int
    rows: dict[str, int]


class Deleted(Wire):
    """Nothing is stored of a user any more; `rows` by table."""

    success: bool
    user_id: str
    rows: dict[str, int]


class Exported(Wire):
    """A file holds the rows."""

    success: bool
    file: str
    format: str
    rows: int
    size_bytes: int
    cut_texts: int
