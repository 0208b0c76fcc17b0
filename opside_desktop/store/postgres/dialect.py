"""SQLAlchemy's dialect for asyncpg, without the questions it asks a server at every connection.

A question costs two round trips, so over a slow network these took longer than connecting itself.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.engine.interfaces import DBAPIConnection

DRIVER = "postgresql+opside"
"""The name of this dialect in a URL."""


class Dialect(PGDialect_asyncpg):
    """JSON comes and goes as text, and what a server has told while connecting is not asked."""

    supports_statement_cache = True
    # asyncpg gives JSONB as text by itself; SQLAlchemy would look up the type at each connection.
    supports_native_json_deserialization = False

    give_back: Callable[[Any], None]
    """Takes a connection that is not needed any more; set by the pool that makes them."""

    def do_close(self, dbapi_connection: Any) -> None:
        """Give a connection back, which is closed by whoever made it."""
        self.give_back(dbapi_connection.driver_connection)

    def on_connect(self) -> Callable[[Any], Any] | None:
        return None

    def get_default_isolation_level(self, dbapi_conn: DBAPIConnection) -> Any:
        """Give what a connection goes back to; every transaction says its own."""
        return "READ COMMITTED"

    def _get_server_version_info(self, connection: sa.Connection) -> tuple[int, int]:
        version = connection.connection.driver_connection.get_server_version()  # type: ignore[union-attr]  # asyncpg's
        return version.major, version.minor

    def _set_backslash_escapes(self, connection: sa.Connection) -> None:
        # The standard's texts are the default of every server this program can work with.
        self._backslash_escapes = False


registry.register("postgresql.opside", __name__, "Dialect")
