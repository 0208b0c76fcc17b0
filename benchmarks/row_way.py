"""How far it is for one financial event from Amazon's page to its row: what it passes, counted.

Run by `make row-way`; a test holds the limits. Counted is the way of one adjustment of ours through
the running program, from the first function that is given the page's bytes to the moment SQLite is
given the statement that stores its claim. Apart from each other stand its way to the transaction
that stores it, and its way within that, where it is matched with what is stored; there only what it
has not passed before is counted:

- functions: the distinct functions, methods and closures of ours that hold the event meanwhile, on
  whatever thread: in an argument, a local name, what they give back, or within a function or method
  that is handed to them. What Python makes of comprehensions is part of where it stands.
- modules: the files in which these functions stand.
- record types: the dataclasses, structs and named tuples of ours in which they hold it.

To hold the event is to hold its SKU and its amount, in whatever form: a helper that is given one
field of it is no step of its way, nor is what works on the page's token, the window's progress or
the transaction without it. Nothing else runs at the same time, and the page before it has made what
is made once in a program, such as the text of a statement. The simulator is Amazon's side and not
counted; here a few lines of this file stand in for it.
"""

import asyncio
import dataclasses
import json
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import FrameType, FunctionType, MethodType
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec
import sqlalchemy as sa

import opside_desktop
from opside_desktop.amazon.pacing import Pacer
from opside_desktop.amazon.session import AmazonSession
from opside_desktop.domain.accounts import Account, AmazonSecrets, Endpoint
from opside_desktop.domain.clock import SystemClock
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.ids import ExternalUserId, stored_user_id
from opside_desktop.domain.syncs import Owner, SyncRequest
from opside_desktop.store.opening import open_database
from opside_desktop.store.runs import starting
from opside_desktop.sync.copying.claims import copy_claims
from opside_desktop.sync.copying.job import Job
from opside_desktop.sync.outages import Outages
from opside_desktop.sync.report import Reporter
from opside_desktop.sync.timings import SyncTimings

LIMITS: Final = ((30, 14, 5), (66, 13, 10))
"""Of functions, modules and record types: on the way to the transaction, and within it."""

_OURS: Final = str(Path(opside_desktop.__file__).parent) + "/"
_SIMULATOR: Final = _OURS + "simulator/"

_SKU: Final = "ROW-WAY-SKU"
_AMOUNT: Final = "47.21"
_EVENT: Final = {_SKU, _AMOUNT}
"""By these the event is told from everything else."""


class RowWay(NamedTuple):
    """What an event passes on a part of its way: names, in the order in which it meets them."""

    functions: list[str]
    modules: list[str]
    record_types: list[str]


class _Recorder:
    """Notes what is called between the page's bytes and the statement that stores its claim."""

    def __init__(self) -> None:
        self._is_on = False
        self._was_on = False
        self._lock = threading.Lock()
        self._codes: dict[Any, bool] = {}
        self._types: dict[type, bool] = {}
        self._is_within = False

    def __call__(self, frame: FrameType, event: str, value: Any) -> None:
        """Hear of a call or a return, as `sys.setprofile` tells it."""
        if event not in ("call", "return") or not _is_ours(frame):
            return
        with self._lock:
            if event == "call" and not self._was_on and _is_given_the_page(frame):
                self._is_on = self._was_on = True
            if not self._is_on:
                return
            self._note(frame, value if event == "return" else None)
            if event == "call" and frame.f_back is not None and _is_ours(frame.f_back):
                self._note(frame.f_back, None)

    def _note(self, frame: FrameType, result: Any) -> None:
        """Note a function, and the types of its records, if it holds the event."""
        if frame.f_code.co_name.startswith("<") and frame.f_code.co_name != "<lambda>":
            return
        for value in (result, *frame.f_locals.values()):
            if _signs(value, set()) == _EVENT:
                self._codes.setdefault(frame.f_code, self._is_within)
                for one in _record_types(value, set()):
                    self._types.setdefault(one, self._is_within)

    def begin(self, *_: Any) -> None:
        """Note that a transaction begins."""
        self._is_within = self._is_on

    def stop(self, *_: Any) -> None:
        """Note that the statement is given to the database."""
        self._is_on = False

    def way(self, *, within: bool) -> RowWay:
        """Give what was noted before the transaction, or within it."""
        codes = [code for code, is_within in self._codes.items() if is_within is within]
        types = [one for one, is_within in self._types.items() if is_within is within]
        places = [
            (Path(one.co_filename).relative_to(_OURS).as_posix(), one.co_qualname) for one in codes
        ]
        return RowWay(
            functions=[f"{file} {name}" for file, name in places],
            modules=list(dict.fromkeys(file for file, _ in places)),
            record_types=[f"{one.__module__}.{one.__qualname__}" for one in types],
        )


def _is_ours(frame: FrameType) -> bool:
    file = frame.f_code.co_filename
    return file.startswith(_OURS) and not file.startswith(_SIMULATOR)


def _is_given_the_page(frame: FrameType) -> bool:
    return any(
        isinstance(value, bytes) and _SKU.encode() in value for value in frame.f_locals.values()
    )


def _record_types(value: Any, seen: set[int]) -> Iterator[type]:
    """Find the types of the records, among a value and its parts, that hold the event."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if _is_record(value) and _signs(value, set()) == _EVENT:
        yield type(value)
    for part in _parts(value):
        yield from _record_types(part, seen)


def _signs(value: Any, seen: set[int]) -> set[str]:
    """Find by which of its signs the event can be told in a value or its parts."""
    if isinstance(value, bytes | msgspec.Raw):
        value = bytes(value).decode("utf-8", "replace")
    if isinstance(value, str):
        return {sign for sign in _EVENT if sign in value}
    if isinstance(value, Decimal | int):
        return {_AMOUNT} if value in (Decimal(_AMOUNT), 100 * Decimal(_AMOUNT)) else set()
    if id(value) in seen:
        return set()
    seen.add(id(value))
    return {sign for part in _parts(value) for sign in _signs(part, seen)}


def _is_record(value: Any) -> bool:
    is_ours = type(value).__module__.startswith("opside_desktop.")
    is_tuple = isinstance(value, tuple) and hasattr(value, "_fields")
    is_plain = isinstance(value, msgspec.Struct) or dataclasses.is_dataclass(value) or is_tuple
    return is_ours and is_plain and not isinstance(value, type)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    if isinstance(value, msgspec.Struct):
        return [getattr(value, name, None) for name in value.__struct_fields__]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, one.name, None) for one in dataclasses.fields(value)]
    if isinstance(value, partial):
        return [value.func, *value.args, *value.keywords.values()]
    if isinstance(value, FunctionType):
        return [cell.cell_contents for cell in value.__closure__ or ()]
    if isinstance(value, MethodType):
        return [value.__self__]
    if type(value).__module__.startswith("opside_desktop."):
        return list(getattr(value, "__dict__", {}).values())
    return []


def _page(sku: str, posted: datetime) -> bytes:
    event = {
        "AdjustmentType": "WAREHOUSE_LOST",
        "PostedDate": posted.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "AdjustmentAmount": {"CurrencyCode": "USD", "CurrencyAmount": float(_AMOUNT)},
        "AdjustmentItemList": [{"SellerSKU": sku, "Quantity": "1"}],
    }
    return json.dumps({"payload": {"FinancialEvents": {"AdjustmentEventList": [event]}}}).encode()


@asynccontextmanager
async def _amazon() -> AsyncIterator[str]:
    """Serve a sign-in, and one adjustment for each window; only the second one has the SKU."""
    windows: dict[str, None] = {}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, target, _ = head.split(" ", 2)
        body = json.dumps({"access_token": "Atza|x", "expires_in": 3600}).encode()
        if method == "GET":
            start = parse_qs(urlsplit(target).query)["PostedAfter"][0]
            windows[start] = None
            sku = _SKU if len(windows) == 2 else "ANOTHER-SKU"
            body = _page(sku, datetime.fromisoformat(start) + timedelta(hours=1))
        length = f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        kind = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        writer.write((kind + length).encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _copy_two_windows(folder: Path, base_url: str) -> None:
    name = ExternalUserId("alice")
    account = Account(user_id=stored_user_id(name), external_user_id=name, display_name="Alice")
    clock = SystemClock()
    db = await open_database(f"sqlite:///{folder}/way.db", app_version="0")
    session = AmazonSession(
        Endpoint(base_url, f"{base_url}/token"),
        AmazonSecrets("amzn1.application-oa2-client.way", "secret", "Atzr|way"),
        pacer=Pacer(clock, scale=1000),
        clock=clock,
        app_version="0",
        finances_api="v0",
    )
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    request = SyncRequest(datasets=frozenset({Dataset.CLAIMS}), since=today - timedelta(days=16))
    run = await starting.start_run(
        db,
        account,
        request,
        Owner(host="here", pid=1, instance="row way"),
        endpoint_is_mock=False,
        mock_scenario=None,
        app_version="0",
    )
    timings = SyncTimings()
    reporter = Reporter(run, request.datasets, clock, lambda _: None, timings)
    job = Job(
        dataset=Dataset.CLAIMS,
        account=account,
        request=request,
        run=run,
        stopped=frozenset(),
        origin=base_url,
        db=db,
        session=session,
        reporter=reporter,
        outages=Outages(reporter.database_gone, clock, timings),
        is_closing=lambda: False,
    )
    try:
        await copy_claims(job)
    finally:
        await session.aclose()
        await db.close()


def row_way() -> tuple[RowWay, RowWay]:
    """Count one adjustment's way: to its transaction, and within it."""
    recorder = _Recorder()

    def executing(connection: Any, cursor: Any, text: str, parameters: Any, *_: Any) -> None:
        if text.startswith("INSERT INTO amazon_claims") and _SKU in repr(parameters):
            recorder.stop()

    sa.event.listen(sa.Engine, "begin", recorder.begin)
    sa.event.listen(sa.Engine, "before_cursor_execute", executing)
    former = sys.getprofile()
    threading.setprofile(recorder)
    sys.setprofile(recorder)
    try:
        asyncio.run(_way())
    finally:
        sys.setprofile(former)
        threading.setprofile(former)
        sa.event.remove(sa.Engine, "before_cursor_execute", executing)
        sa.event.remove(sa.Engine, "begin", recorder.begin)
    return recorder.way(within=False), recorder.way(within=True)


async def _way() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with _amazon() as base_url:
            await _copy_two_windows(Path(folder), base_url)


def main() -> int:
    """Tell the way; the exit code says whether it is short enough."""
    is_short = True
    parts = zip(("to its transaction", "within it"), row_way(), LIMITS, strict=True)
    for where, way, limits in parts:
        for title, names, most in zip(way._fields, way, limits, strict=True):
            is_short = is_short and len(names) <= most
            print(f"{title.replace('_', ' ')} {where}: {len(names)}, at most {most}")
            for name in names:
                print(f"  {name}")
    return 0 if is_short else 1


if __name__ == "__main__":
    sys.exit(main())
