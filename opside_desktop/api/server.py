"""The HTTP API on a socket, inside a running loop: asyncio's own, or the window's."""

import asyncio
import contextlib
import errno
import logging
from collections.abc import Iterable

from uvicorn import Config
from uvicorn.server import ServerState

from opside_desktop.api.app import make_app
from opside_desktop.api.connection_limit import ConnectionLimit
from opside_desktop.api.http_connection import Connection
from opside_desktop.api.service import Service
from opside_desktop.api.timings import SHIPPED, ApiTimings
from opside_desktop.api.tokens import check_secret
from opside_desktop.domain.clock import SYSTEM_CLOCK, Clock
from opside_desktop.domain.errors import SettingsFault
from opside_desktop.program import Program

log = logging.getLogger(__name__)


class ApiServer:
    """A running server. `url` is its address."""

    def __init__(
        self, service: Service, config: Config, limit: ConnectionLimit, clock: Clock
    ) -> None:
        self.url = ""
        self._service = service
        self._config = config
        self._limit = limit
        self._clock = clock
        self._timings = service.timings
        self._state = ServerState()
        self._server: asyncio.Server | None = None

    async def listen(self, host: str, port: int) -> None:
        """Begin to answer.

        Raises:
            SettingsFault: the address cannot be used.
        """
        loop = asyncio.get_running_loop()
        try:
            # With a socket of our own asyncio would leave Nagle's algorithm on: 40 ms per answer.
            self._server = await loop.create_server(
                lambda: Connection(
                    self._limit,
                    self._timings,
                    config=self._config,
                    server_state=self._state,
                    app_state={},
                    _loop=loop,
                ),
                host,
                port,
                backlog=self._limit.queue,
            )
        except (OSError, OverflowError) as error:
            raise _cannot_listen(host, port, error) from None
        address = self._server.sockets[0].getsockname()
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{address[1]}"
        log.info("The HTTP API listens on %s.", self.url)

    async def stop(self, *, stop_syncs: bool = False) -> None:
        """Stop answering. May be called twice.

        Args:
            stop_syncs: refuse new syncs at once, and let running ones reach the end of a page
                first; then they are marked as interrupted, and the next ones take them up.
                Without it they go on in this program.
        """
        server, self._server = self._server, None
        if server is None:
            return
        timings = self._timings
        self._service.is_stopping = True
        if stop_syncs:
            await self._service.manager.close(grace_s=timings.finish_s)
        server.close()
        await self._service.close(grace_s=timings.last_events_s if stop_syncs else 0.0)
        for connection in list(self._state.connections):
            connection.shutdown()
        await self._until_silent()
        for connection in list(self._state.connections):
            connection.transport.abort()
        await self._until_silent()
        for task in list(self._state.tasks):
            task.cancel()
        await asyncio.gather(*self._state.tasks, return_exceptions=True)
        log.info("The HTTP API on %s has stopped.", self.url)

    async def _until_silent(self) -> None:
        """Wait for the last answers, for a limited time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._timings.last_answers_s):
                # Uvicorn has no event for this.
                while self._state.connections or self._state.tasks:
                    await self._clock.sleep(0.01)


def _cannot_listen(host: str, port: int, error: OSError | OverflowError) -> SettingsFault:
    what = f"The HTTP API cannot listen on port {port} of {host}."
    if getattr(error, "errno", None) == errno.EADDRINUSE:
        return SettingsFault(
            what, why="Another program uses it.", fix="End that program, or choose another port."
        )
    # What asyncio puts before the reason names the address once more.
    reason = (getattr(error, "strerror", None) or "the system refuses it").rpartition("): ")[2]
    return SettingsFault(
        what,
        why=f"The system says: {reason}.",
        fix="Name an address of this computer, such as 127.0.0.1, and a port you may use.",
    )


async def start_server(
    program: Program,
    *,
    secret: str,
    host: str = "127.0.0.1",
    port: int,
    demo_user: bool = False,
    origins: Iterable[str] = (),
    slots: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
    timings: ApiTimings = SHIPPED,
) -> ApiServer:
    """Serve an open program over HTTP on the running loop.

    Args:
        secret: the tokens' key (`tokens.new_secret`), at least 32 characters.
        host, port: where; port 0 is any free one. The default is this computer only.
        demo_user: whether requests without any credential are `demo-user`'s.
        origins: whose web pages may use it from a browser.
        slots: so many connections at once; None: as many as the system gives descriptors for,
            whose limit is raised for this process.

    Raises:
        SettingsFault: the key is too short, or the address cannot be used.
    """
    check_secret(secret)
    service = Service(program, clock, timings)
    # Putting the endpoints together takes a while, which a window would notice.
    app = await asyncio.to_thread(
        make_app, service, secret=secret, demo_user=demo_user, origins=tuple(origins)
    )
    config = Config(
        app,
        interface="asgi3",
        http=Connection,
        lifespan="off",
        ws="none",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=timings.keep_alive_s,
    )
    config.load()
    server = ApiServer(service, config, ConnectionLimit(slots), clock)
    try:
        await server.listen(host, port)
    except BaseException:
        await service.close()
        raise
    return server
