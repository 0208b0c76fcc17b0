"""A network that takes its time: a TCP proxy that hands everything on a while later."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

_CHUNK = 65536


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_s: float
) -> None:
    """Hand on what comes, in order, each piece `delay_s` after it came."""
    loop = asyncio.get_running_loop()
    pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def send() -> None:
        while True:
            due, data = await pieces.get()
            await asyncio.sleep(due - loop.time())
            if not data:
                break
            writer.write(data)
            await writer.drain()

    sending = asyncio.create_task(send())
    try:
        while data := await reader.read(_CHUNK):
            pieces.put_nowait((loop.time() + delay_s, data))
        pieces.put_nowait((loop.time() + delay_s, b""))
        await sending
    except OSError:
        sending.cancel()
    finally:
        writer.close()


async def _serve(host: str, port: int, delay_s: float, ready: "asyncio.Future[int]") -> None:
    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(host, port)
        await asyncio.gather(
            _pass_on(reader, there[1], delay_s), _pass_on(there[0], writer, delay_s)
        )

    server = await asyncio.start_server(join, "127.0.0.1", 0)
    ready.set_result(server.sockets[0].getsockname()[1])
    async with server:
        await server.serve_forever()


@contextmanager
def delayed(url: str, round_trip_s: float) -> Iterator[str]:
    """Give an address at which a server answers `round_trip_s` later, half of it each way."""
    parts = urlsplit(url)
    loop = asyncio.new_event_loop()
    ready = loop.create_future()
    serving = loop.create_task(
        _serve(parts.hostname or "", parts.port or 5432, round_trip_s / 2, ready)
    )

    def run() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(serving)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        port = asyncio.run_coroutine_threadsafe(_value(ready), loop).result(10)
        place = f"{parts.username}:{parts.password}@127.0.0.1:{port}"
        yield urlunsplit(parts._replace(netloc=place))
    finally:
        loop.call_soon_threadsafe(serving.cancel)
        thread.join(10)


async def _value(ready: "asyncio.Future[int]") -> int:
    return await ready
