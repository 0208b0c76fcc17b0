"""Amazon's front door: which request goes where, who may pass, and what goes wrong on purpose."""

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from email.utils import formatdate
from pathlib import Path
from typing import Any

from opside_desktop.simulator import controls, lwa, user_agents
from opside_desktop.simulator.answers import (
    Answer,
    ApiError,
    access_denied,
    encode,
    gateway_page,
    internal_failure,
    invalid_input,
    not_found,
    quota_exceeded,
    service_unavailable,
)
from opside_desktop.simulator.call import Call, read_query
from opside_desktop.simulator.clock import SimulatedClock
from opside_desktop.simulator.controls import Controls
from opside_desktop.simulator.days import Days
from opside_desktop.simulator.event_log import EventLog
from opside_desktop.simulator.faults import FaultDraw, Faults
from opside_desktop.simulator.inventory import Inventory
from opside_desktop.simulator.operations import Operation, operations_of
from opside_desktop.simulator.order_book import OrderBook
from opside_desktop.simulator.paging import TokenSeal
from opside_desktop.simulator.seller import Seller
from opside_desktop.simulator.spoiling import SPOILERS
from opside_desktop.simulator.usage_plans import UNLIMITED_RATE, UsagePlans

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_LARGEST_BODY = 64 * 1024

_DRIP_S = 30
_MOST_DRIPS = 2
_FIRST_REFUSED_S = 30

_ON_THE_WAY = frozenset((*SPOILERS, "cut", "dripping"))
"""Faults that happen to an answer while it is sent."""


class Simulator:
    """The ASGI application: one seller and everything that stands between him and his programs."""

    def __init__(
        self,
        seller: Seller,
        clock: SimulatedClock,
        faults: Faults,
        *,
        throttled: bool,
        time_scale: float,
        live: bool = False,
        other_seller: str = "",
        ledger: Path | None = None,
    ) -> None:
        seal = TokenSeal(hashlib.sha256(seller.seed.encode()).digest()[:32])
        self._clock = clock
        self._faults = faults
        self._seed = seller.seed
        self._requests = 0
        self._login = lwa.LoginWithAmazon(clock, seal, faults.revoked, other_seller)
        self._plans = UsagePlans(clock, throttled, time_scale)
        self._throttled = throttled
        log, book, stock = EventLog(seller), OrderBook(seller), Inventory(seller, seal)
        self._days = Days(seller, log, book, stock, live)
        self._days.catch_up(clock.now())
        self._controls = Controls(seller, log, clock, self._days, ledger)
        self._operations = operations_of(seller, log, book, stock, seal)
        scheduled = {
            (operation.name, number): fault
            for operation in self._operations
            for number, fault in operation.outages.items()
            if seller.issues
        }
        self._draw = FaultDraw(faults, seller.seed, scheduled)
        self._closing = asyncio.Event()
        self._drips = 0
        self._first_asked: dict[str, float] = {}

    def start(self) -> None:
        """Write the first ledger, if one is wanted.

        Raises:
            OSError: its file cannot be written.
        """
        self._controls.write_ledger()

    def close(self) -> None:
        """Let requests that wait on purpose go on at once."""
        self._closing.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            message = f"The simulator speaks HTTP only, not {scope['type']}."
            raise ValueError(message)
        headers = {name.decode("latin-1"): value for name, value in scope["headers"]}
        fault = None
        operation = None
        self._days.catch_up(self._clock.now())
        if scope["path"] == lwa.PATH:
            content_type = headers.get("content-type", b"").decode("latin-1")
            body = await _body(receive)
            answer = (
                _TOO_LARGE
                if body is None
                else self._login.token(scope["method"], content_type, body)
            )
        elif scope["path"].startswith(controls.PREFIX):
            body = await _body(receive)
            answer = _TOO_LARGE if body is None else self._controls.answer(scope, body)
        else:
            operation, path_id = self._find(scope["path"])
            answer, fault = await self._answer(operation, path_id, scope, headers)
        await self._send(answer, operation, fault, scope, receive, send)

    def _find(self, path: str) -> tuple[Operation | None, str]:
        for operation in self._operations:
            match = operation.path.fullmatch(path)
            if match:
                return operation, match.groupdict().get("id", "")
        return None, ""

    async def _answer(
        self,
        operation: Operation | None,
        path_id: str,
        scope: Scope,
        headers: Mapping[str, bytes],
    ) -> tuple[Answer, str | None]:
        """The answer, and the fault that is still to happen to it on its way."""
        if self._faults.latency:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), self._faults.latency)
        try:
            shown = headers.get("x-amz-access-token", b"").decode("latin-1")
            access = self._login.admitted(shown)
            if operation is None:
                raise not_found("The requested resource doesn't exist.")
            if scope["method"] != "GET":
                raise ApiError(
                    405, "InvalidInput", "The HTTP method is not allowed for this resource."
                )
            if not user_agents.names_language(headers.get("user-agent", b"").decode("latin-1")):
                raise user_agents.refused()
            if self._faults.secret_expired:
                raise access_denied("The LWA secret token you provided has expired.")
            if self._faults.denied & {operation.dataset, operation.own_name}:
                raise access_denied()
            if not self._plans.admits(operation.name, access.caller, operation.plan):
                raise quota_exceeded()
            parameters = read_query(scope["query_string"])
            if self._refuses_first_page(operation, path_id, parameters):
                raise invalid_input(
                    "Request has missing or invalid parameters and cannot be parsed."
                )
            fault = self._next_fault(operation)
            refused = _refusal(fault, operation, parameters)
            if refused is not None:
                return refused, None
            call = Call(parameters, path_id, self._clock.now(), fault, access.is_other)
            return operation.handle(call), fault if fault in _ON_THE_WAY else None
        except ApiError as error:
            return error.answer(), None

    def _next_fault(self, operation: Operation) -> str | None:
        fault = self._draw.draw(operation.name)
        if fault == "dripping":
            self._drips += 1
            if self._drips > _MOST_DRIPS:
                return None
        return fault

    def _refuses_first_page(
        self, operation: Operation, path_id: str, parameters: Mapping[str, str]
    ) -> bool:
        dataset = operation.dataset
        if dataset not in self._faults.first400 or operation.token is None or path_id:
            return False
        if operation.token in parameters:
            return False
        now = self._clock.now()
        return now < self._first_asked.setdefault(dataset, now) + _FIRST_REFUSED_S

    async def _send(
        self,
        answer: Answer,
        operation: Operation | None,
        fault: str | None,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        body = answer.body
        if fault in SPOILERS:
            body = SPOILERS[fault](body)
        start = {
            "type": "http.response.start",
            "status": answer.status,
            "headers": self._headers(answer, len(body), operation),
        }
        if fault == "cut":
            await send(start)
            half = {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
            await send(half)
            scope["state"]["transport"].abort()
            # Lets the server notice that the connection is gone before we return.
            await receive()
            return
        if fault == "dripping":
            await self._drip(start, receive, send)
            return
        if fault not in ("cut", "badjson") and answer.when_served is not None:
            answer.when_served()
        await send(start)
        await send({"type": "http.response.body", "body": body})

    async def _drip(self, start: Message, receive: Receive, send: Send) -> None:
        """Send a byte now and then until the other side has left, or the simulator ends."""
        headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
        await send({**start, "headers": headers})

        async def left() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass

        ends = {asyncio.create_task(left()), asyncio.create_task(self._closing.wait())}
        try:
            ended: set[asyncio.Task[Any]] = set()
            while not ended:
                await send({"type": "http.response.body", "body": b" ", "more_body": True})
                ended, _ = await asyncio.wait(
                    ends, timeout=_DRIP_S, return_when=asyncio.FIRST_COMPLETED
                )
        finally:
            for task in ends:
                task.cancel()

    def _headers(
        self, answer: Answer, length: int, operation: Operation | None
    ) -> list[tuple[bytes, bytes]]:
        headers = [
            ("date", formatdate(self._clock.now(), usegmt=True)),
            ("content-type", answer.content_type),
            ("content-length", str(length)),
        ]
        if answer.from_api:
            self._requests += 1
            name = f"{self._seed}/request/{self._requests}".encode()
            digest = hashlib.blake2b(name, digest_size=16).hexdigest()
            request_id = "-".join(
                (digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:])
            )
            headers.append(("x-amzn-requestid", request_id))
            if answer.error_type is not None:
                headers.append(("x-amzn-errortype", answer.error_type))
            if not self._throttled and answer.status != 429:
                headers.append(("x-amzn-ratelimit-limit", UNLIMITED_RATE))
            elif operation is not None and answer.status in (200, 400, 404):
                headers.append(("x-amzn-ratelimit-limit", self._plans.header(operation.plan)))
        return [(name.encode(), value.encode("latin-1")) for name, value in headers]


_TOO_LARGE = ApiError(413, "InvalidInput", "The request body is too large.").answer()


async def _body(receive: Receive) -> bytes | None:
    """A request's body, or None if it is too large."""
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > _LARGEST_BODY:
            return None
    return body


def _refusal(
    fault: str | None, operation: Operation, parameters: Mapping[str, str]
) -> Answer | None:
    """The answer of a fault that takes the place of the operation's own."""
    if fault == "429":
        return quota_exceeded().answer()
    if fault == "500":
        return internal_failure().answer()
    if fault == "503":
        return service_unavailable().answer()
    if fault == "errors200":
        error = internal_failure()
        told = [{"code": error.code, "message": error.message, "details": ""}]
        return Answer(200, encode({"payload": None, "errors": told}))
    if fault == "html":
        return gateway_page()
    if fault == "expiredtoken":
        return lwa.expired().answer()
    if fault == "deadtoken" and operation.token in parameters and operation.dead_token is not None:
        return operation.dead_token().answer()
    return None
