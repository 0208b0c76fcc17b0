"""Asks a server so many times a second, whether it keeps up or not, and tells how long it took.

Run as a program of its own, so that it shares no interpreter with the server. Each answer is timed
from the moment its question was due, so that a server that falls behind cannot hide it.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from urllib.parse import urlsplit

_CONNECTIONS = 40
_LIMIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Load:
    """What to ask: paths in turn, `rate` a second, `count` in all."""

    url: str
    token: str
    paths: list[str]
    rate: float
    count: int


@dataclass(frozen=True, slots=True)
class Answered:
    """How long answers took, in milliseconds, and how many were not 200."""

    p50_ms: float
    p99_ms: float
    worst_ms: float
    per_second: float
    errors: int


async def put_load(load: Load) -> Answered:
    """Ask from a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.http_load",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    out, _ = await process.communicate(json.dumps(asdict(load)).encode())
    return Answered(**json.loads(out))


async def _ask(load: Load) -> Answered:
    place = urlsplit(load.url)
    due: asyncio.Queue[tuple[float, str]] = asyncio.Queue()
    took: list[float] = []
    errors = 0

    async def connection() -> None:
        nonlocal errors
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        while True:
            moment, path = await due.get()
            writer.write(
                f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\n"
                f"Authorization: Bearer {load.token}\r\n\r\n".encode()
            )
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.split(b":")[1])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length:")
            )
            await reader.readexactly(length)
            took.append(time.perf_counter() - moment)
            errors += not head.startswith(b"HTTP/1.1 200 ")

    connections = [asyncio.create_task(connection()) for _ in range(_CONNECTIONS)]
    await asyncio.sleep(0.2)
    began = time.perf_counter()
    for number, path in enumerate(islice(cycle(load.paths), load.count)):
        moment = began + number / load.rate
        if (early := moment - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        due.put_nowait((moment, path))
    async with asyncio.timeout(_LIMIT_S):
        while len(took) < load.count and not any(each.done() for each in connections):
            await asyncio.sleep(0.01)
    lasted = time.perf_counter() - began
    for task in connections:
        if task.done():
            task.result()
        task.cancel()
    return Answered(
        p50_ms=_quantile(took, 0.5) * 1000,
        p99_ms=_quantile(took, 0.99) * 1000,
        worst_ms=max(took) * 1000,
        per_second=load.count / lasted,
        errors=errors,
    )


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(_ask(Load(**json.load(sys.stdin)))))))
