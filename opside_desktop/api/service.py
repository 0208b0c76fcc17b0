"""What the endpoints work with: the program's own parts, and what the server keeps in memory."""

import asyncio
from typing import Any
from weakref import WeakValueDictionary

from litestar import Request

from opside_desktop.api.feeds import Feeds
from opside_desktop.api.timings import ApiTimings
from opside_desktop.api.tokens import User
from opside_desktop.api.totals import Totals
from opside_desktop.domain.clock import Clock
from opside_desktop.domain.ids import UserId
from opside_desktop.program import Program


class Service:
    """The server's memory. Belongs to one loop.

    Attributes:
        timings: the server's.
        is_stopping: no sync is started any more.
    """

    def __init__(self, program: Program, clock: Clock, timings: ApiTimings) -> None:
        self.db = program.db
        self.board = program.board
        self.manager = program.manager
        self.connections = program.connections
        self.timings = timings
        self.totals = Totals(program.db, clock, timings)
        self.feeds = Feeds(program.board, clock, timings)
        self.is_stopping = False
        self._unsubscribe = program.board.subscribe(self.totals.note_run)
        # Each is forgotten once nobody holds or awaits it.
        self._starts: WeakValueDictionary[UserId, asyncio.Lock] = WeakValueDictionary()

    def one_start_at_a_time(self, user_id: UserId) -> asyncio.Lock:
        """Let one start of a user ask the database; the others then learn of it from memory."""
        return self._starts.setdefault(user_id, asyncio.Lock())

    async def close(self, *, grace_s: float = 0.0) -> None:
        """End what runs in the background; streams may tell of the last for so long."""
        self._unsubscribe()
        await self.feeds.close(grace_s=grace_s)
        await self.totals.close()


ApiRequest = Request[User, str, Any]


def service_of(request: ApiRequest) -> Service:
    """Give the service behind a request."""
    service: Service = request.app.state.service
    return service
