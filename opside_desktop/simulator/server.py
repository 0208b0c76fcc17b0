"""The simulator on a real loopback socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from opside_desktop.simulator.app import Simulator
from opside_desktop.simulator.clock import Clock, SimulatedClock, SystemClock
from opside_desktop.simulator.faults import parse_faults
from opside_desktop.simulator.options import Options, last_weeks_monday
from opside_desktop.simulator.seller import make_seller

HOST = "127.0.0.1"

_KEEP_ALIVE_S = 75


class _Connection(H11Protocol):
    """Uvicorn's HTTP/1.1, where the application can reach the transport in order to cut it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access_log = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        self.app_state = {"transport": transport}
        super().connection_made(transport)


def make_simulator(options: Options, clock: Clock) -> Simulator:
    """The application for these options.

    Raises:
        ValueError: the options' faults cannot be read.
        OSError: the ledger's file cannot be written.
    """
    faults = parse_faults(options.faults)
    clock = SimulatedClock(clock, options.start)
    seller = make_seller(options, options.epoch or last_weeks_monday(clock.now()))
    simulator = Simulator(
        seller,
        clock,
        faults,
        throttled=options.usage_plans == "amazon",
        time_scale=options.time_scale,
        live=options.live,
        other_seller=options.other_seller,
        ledger=options.ledger,
    )
    simulator.start()
    return simulator


@asynccontextmanager
async def serve(options: Options | None = None, clock: Clock | None = None) -> AsyncIterator[str]:
    """Run a simulator on the running loop as long as the context lasts.

    On the way out open connections are cut and requests under way are dropped at once.

    Args:
        options: what to simulate; the defaults of `Options` if None.
        clock: what the simulated clock goes on with; it starts where this one stands, unless the
            options name a time.

    Yields:
        The base URL, `http://127.0.0.1:PORT`.

    Raises:
        ValueError: the options' faults cannot be read.
        OSError: the port is taken, or the ledger's file cannot be written.
    """
    options = options or Options()
    simulator = make_simulator(options, clock or SystemClock())
    config = Config(
        simulator,
        interface="asgi3",
        http=_Connection,
        lifespan="off",
        ws="none",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
    )
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    # With a socket of our own asyncio would leave Nagle's algorithm on: 40 ms per answer.
    server = await loop.create_server(
        lambda: _Connection(config=config, server_state=state, app_state={}, _loop=loop),
        HOST,
        options.port,
        backlog=100,
    )
    try:
        yield f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        simulator.close()
        for connection in list(state.connections):
            connection.transport.abort()
        # Uvicorn has no event for this; it takes a round or two of the loop.
        while state.connections or state.tasks:  # noqa: ASYNC110
            await asyncio.sleep(0)
        await server.wait_closed()
