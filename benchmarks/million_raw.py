"""The database's own time for a query: plain SQL, by the driver alone, as a person writes it."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from opside_desktop.store.reading.queries import Sort

_LIMIT = 200
_SHOWN = (
    "claim_id, type, order_id, amount, currency, status, description, created_at, synced_at, "
    "is_mock, mock_scenario"
)
_SEARCHABLE = ("claim_id", "type", "order_id", "description")
_TEXTS = ("status",)


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for, and the order."""

    search: str
    sort: Sequence[Sort]


def sql(query: Query, like: str, text: str, user: str) -> str:
    """Write the query; `like` is the database's way to ignore case, `text` marks the words."""
    found = " OR ".join(f"{name} {like} {text}" for name in _SEARCHABLE)
    order = [
        f"{f'lower({key.column})' if key.column in _TEXTS else key.column} "
        f"{'DESC' if key.descending else 'ASC'} NULLS LAST"
        for key in query.sort or (Sort("created_at", descending=True),)
    ]
    last = "DESC" if not query.sort or query.sort[-1].descending else "ASC"
    return (
        f"SELECT {_SHOWN} FROM amazon_claims WHERE user_id = {user} "  # noqa: S608  # names above
        + (f"AND ({found}) " if query.search else "")
        + f"ORDER BY {', '.join(order)}, id {last} LIMIT {_LIMIT}"
    )


class RawReader(Protocol):
    """Times a query by the driver alone."""

    async def time_ms(self, query: Query) -> float:
        """Read the first rows and give the milliseconds that took."""

    async def close(self) -> None:
        """Let go of the database."""


class _Sqlite:
    def __init__(self, path: Path, user: str) -> None:
        self._path = path
        self._user = user

    async def time_ms(self, query: Query) -> float:
        return await asyncio.to_thread(self._time_ms, query)

    def _time_ms(self, query: Query) -> float:
        with closing(sqlite3.connect(self._path)) as file:
            wanted = sql(query, "LIKE", ":text", ":user")
            values: dict[str, Any] = {"user": self._user, "text": f"%{query.search}%"}
            # A file just opened reads its schema first.
            file.execute("SELECT 1 FROM amazon_claims LIMIT 1").fetchall()
            began = time.perf_counter()
            file.execute(wanted, values).fetchall()
            return (time.perf_counter() - began) * 1000

    async def close(self) -> None:
        pass


class _Postgres:
    def __init__(self, connection: Any, user: str) -> None:
        self._connection = connection
        self._user = user

    async def time_ms(self, query: Query) -> float:
        return await asyncio.to_thread(self._connection.time_ms, query, self._user)

    async def close(self) -> None:
        await asyncio.to_thread(self._connection.close)


class _Asyncpg:
    """asyncpg on a loop of its own, so that the window's is left alone."""

    def __init__(self, url: str) -> None:
        import asyncpg

        self._loop = asyncio.new_event_loop()
        connect = asyncpg.connect(url, statement_cache_size=0)
        self._connection = self._loop.run_until_complete(connect)

    def time_ms(self, query: Query, user: str) -> float:
        wanted = sql(query, "ILIKE", "$2", "$1")
        values = [user, f"%{query.search}%"] if query.search else [user]
        began = time.perf_counter()
        self._loop.run_until_complete(self._connection.fetch(wanted, *values))
        return (time.perf_counter() - began) * 1000

    def close(self) -> None:
        self._loop.run_until_complete(self._connection.close())
        self._loop.close()


async def raw_reader(user: str) -> RawReader:
    """Open the database that the environment names."""
    url = os.environ.get("OPSIDE_DATABASE_URL")
    if url:
        return _Postgres(await asyncio.to_thread(_Asyncpg, url), user)
    return _Sqlite(Path(os.environ["OPSIDE_HOME"]) / "opside.db", user)
