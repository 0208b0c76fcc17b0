"""Calling Amazon's Selling Partner API: paced, signed, retried where it helps, else explained."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TypeVar
from urllib.parse import quote

import httpx

from opside_desktop.amazon.answers import Undecodable, read_answer, read_damaged
from opside_desktop.amazon.cutting import came_whole
from opside_desktop.amazon.errors import UnreadableAnswer
from opside_desktop.amazon.headers import answer_date, request_id_of, user_agent
from opside_desktop.amazon.login import Login
from opside_desktop.amazon.pacing import Pacer
from opside_desktop.amazon.pages import Frame, Page, Take
from opside_desktop.amazon.refusals import (
    Reaction,
    Refusal,
    explain,
    reaction,
    read_errors,
    status_of,
)
from opside_desktop.amazon.retry_policy import Doubt, RetryPolicy
from opside_desktop.amazon.timings import Limits
from opside_desktop.amazon.usage_plans import Operation
from opside_desktop.domain.accounts import AmazonSecrets, Endpoint
from opside_desktop.domain.clock import Clock, utc
from opside_desktop.domain.errors import NetworkDown, Throttled
from opside_desktop.domain.finishing import finished
from opside_desktop.domain.waits import WaitListener, unheard
from opside_desktop.net.reachability import Reachability
from opside_desktop.net.transport import Route, find_routes, open_http

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")

_NEW_TOKENS = 3
"""Access tokens taken for one call before a refusal of all of them is believed."""

REFUSAL_REPEATS = 3
"""How often the refusal of a first page that names no cause is asked again, over 90 s."""

_LATER_PAGE_REPEATS = 2
"""How often a refusal of a page after the first is asked again: its token does not live long."""

_LONGEST_PUT_OFF_S = 400.0
"""Refusals follow each other faster, or the computer slept, or its clock was set."""

_CLOCKS_AGREE_S = 2.0
_CLOCK_FAR_OFF_S = 300.0


@dataclass(slots=True)
class _Call:
    """One call under way, with what has gone wrong so far."""

    operation: Operation
    frame: Frame
    retry: RetryPolicy
    doubt: Doubt
    continuation: bool
    repeats: int
    refused_at: float | None = None
    put_off_s: float = 0.0
    new_tokens: int = 0
    asked_soon: int = 0
    asked_later: int = 0
    frameless: int = 0


class Client:
    """One seller's line to Amazon. Close it with `aclose`; safe for many tasks of one loop."""

    def __init__(
        self,
        endpoint: Endpoint,
        secrets: AmazonSecrets,
        *,
        pacer: Pacer,
        clock: Clock,
        app_version: str,
        limits: Limits,
        on_secrets: Callable[[AmazonSecrets], None] | None = None,
    ) -> None:
        self._base_url = endpoint.base_url
        self._pacer = pacer
        self._clock = clock
        self._limits = limits
        self._user_agent = user_agent(app_version)
        self._skew_s = 0.0
        routes = find_routes(endpoint.base_url, endpoint.lwa_url)
        self._http = open_http(routes, limits)
        self._reachability, sign_in = (
            Reachability(route, clock, limits, partial(_unreachable, route, limits))
            for route in routes
        )
        self.login = Login(
            self._http,
            endpoint.lwa_url,
            secrets,
            reachability=sign_in,
            clock=clock,
            limits=limits,
            on_secrets=on_secrets,
            on_answer=self._compare_clocks,
        )

    async def aclose(self) -> None:
        """Close all connections, also where whoever closes them is cancelled meanwhile."""
        # Broken off, httpx would leave open those that it has not come to.
        closing = asyncio.ensure_future(self._http.aclose())
        await finished(closing)
        closing.result()

    def server_now(self) -> datetime:
        """Tell the time by Amazon's clock, as its answers show it, or else by our own."""
        return utc(self._clock.now() + self._skew_s)

    def seconds_for(self, operation: Operation, calls: int) -> float:
        """Tell how long Amazon's quota makes so many calls take from now on, if it refuses none."""
        return self._pacer.seconds_for(operation, calls)

    async def call(
        self,
        operation: Operation,
        path: str,
        params: Mapping[str, str],
        decode: Callable[[bytes], Page[T]],
        frame: Frame,
        *,
        take: Take[T, R],
        continuation: bool = False,
        repeats: int = REFUSAL_REPEATS,
        known_unreadable: bool = False,
        on_wait: WaitListener = unheard,
    ) -> Page[R]:
        """GET one page.

        An answer of which only records are damaged gives the others, and names those as skipped.

        Args:
            operation: whose bucket pays.
            path: from the host on, already percent-encoded.
            params: sent in this order, percent-encoded here; arrays already joined by commas.
            decode: runs in a thread; raises one of `repair.UNREADABLE` on what it cannot read.
            frame: where the records stand in the answer, so that a damaged one can be cut out.
            take: makes what is given of the page, in the same thread.
            continuation: whether a page token is among `params`.
            repeats: how often the refusal of a first page that names no cause is asked again.
            known_unreadable: whether this is part of what has been found unreadable for good, so
                that the same is believed at once.
            on_wait: told of every pause.

        Raises:
            AuthRevoked, AccessDenied: a person has to mend the permission.
            Throttled, AmazonUnavailable, NetworkDown: waiting and repeating did not help.
            PageTokenExpired, AnswerTooLarge, UnreadableAnswer, RefusedWithoutCause,
            RecordNotFound, BadData: as named.
        """
        url = f"{self._base_url}{path}{_query(params)}"
        retry = RetryPolicy(operation.words, self._reachability, self._clock, self._limits, on_wait)
        doubt = Doubt(self._clock, self._limits, known_unreadable)
        call = _Call(operation, frame, retry, doubt, continuation, repeats)
        async with self._reachability.watched():
            while True:
                answer = await self._ask(call, url, on_wait)
                page = None if answer is None else await self._read(call, answer, decode, take)
                if page is not None:
                    return page

    async def _ask(self, call: _Call, url: str, on_wait: WaitListener) -> httpx.Response | None:
        """Send the request; pause and give None where no answer came of it."""
        operation, retry = call.operation, call.retry
        # Before the token of the bucket: the exchange may take long, and shows its own waits.
        await self.login.token(on_wait)
        await self._pacer.acquire(operation, on_wait, attempt=retry.failures)
        started = self._clock.now()
        answer = await retry.answer(
            self._http.get(url, headers=self._headers(), auth=self.login),
            unsent=partial(self._pacer.unused, operation),
        )
        if answer is None:
            return None
        log.log(
            logging.DEBUG if answer.is_success else logging.INFO,
            "%s: %d in %d ms, request %s",
            operation,
            answer.status_code,
            (self._clock.now() - started) * 1000,
            request_id_of(answer),
        )
        return answer

    async def _read(
        self,
        call: _Call,
        answer: httpx.Response,
        decode: Callable[[bytes], Page[T]],
        take: Take[T, R],
    ) -> Page[R] | None:
        """Make a page of an answer; pause and give None where the call is worth repeating."""
        request_id = request_id_of(answer)
        if not answer.is_success:
            errors = await asyncio.to_thread(read_errors, answer.content)
            await self._refused(call, answer, Refusal(answer.status_code, errors, request_id))
            return None
        name = f"{call.operation}, request {request_id}"
        page: Page[R] | None
        try:
            # In a thread: it takes milliseconds, and the loop may be a window's.
            found = await asyncio.to_thread(read_answer, answer.content, decode, take, name)
        except Undecodable as error:
            self._let_through(call.operation, answer)
            path = str(error)
            log.info("%s: its answer could not be read: %s", name, path)
            if not await self._is_damaged_for_good(call, answer.content, path, request_id):
                return None
            page = await asyncio.to_thread(read_damaged, answer.content, decode, take, call.frame)
            if page is None:
                raise UnreadableAnswer(
                    f"Amazon's answer with {call.operation.words} cannot be read.",
                    why="It is damaged at the same place however often it is asked for.",
                    fix="Amazon's support can look for it by the request id.",
                    request_id=request_id,
                ) from None
            log.info("%s: damaged for good; at least %d records left out", name, len(page.skipped))
        else:
            if isinstance(found, tuple):
                await self._refused(call, answer, Refusal(status_of(found), found, request_id))
                return None
            self._let_through(call.operation, answer)
            page = found
        if page.is_frameless and call.frameless < len(self._limits.frameless_pauses_s):
            log.info("%s: an answer without its frame", name)
            seconds = self._limits.frameless_pauses_s[call.frameless]
            call.frameless += 1
            await call.retry.pause(seconds, "Its answer was empty.")
            return None
        return replace(page, request_id=request_id)

    async def _is_damaged_for_good(
        self, call: _Call, body: bytes, path: str, request_id: str | None
    ) -> bool:
        """Judge an answer that cannot be read; pause if it is worth asking for again."""
        whole = await asyncio.to_thread(came_whole, body)
        if whole and call.doubt.is_for_good(path):
            return True
        await call.retry.fault(
            "Its answer could not be read.",
            request_id,
            at_least_s=call.doubt.pause_s if whole else 0,
        )
        return False

    async def _refused(self, call: _Call, answer: httpx.Response, refusal: Refusal) -> None:
        """Wait until the call is worth repeating, or raise what its refusal means."""
        limits, retry = self._limits, call.retry
        what_to_do = reaction(refusal, continuation=call.continuation)
        if what_to_do not in (Reaction.WAIT_FOR_QUOTA, Reaction.TAKE_FOR_FAULT):
            self._let_through(call.operation, answer)
        if refusal.status == 401 or what_to_do is Reaction.TAKE_NEW_TOKEN:
            self.login.forget(answer.request.headers.get("x-amz-access-token", ""))
        match what_to_do:
            case Reaction.WAIT_FOR_QUOTA:
                self._throttled(call, refusal.request_id)
                return
            case Reaction.TAKE_FOR_FAULT:
                await retry.fault(f"It answered with status {refusal.status}.", refusal.request_id)
                return
            case Reaction.TAKE_NEW_TOKEN if call.new_tokens < _NEW_TOKENS:
                call.new_tokens += 1
                return
            case Reaction.ASK_AGAIN_SOON if call.asked_soon < (
                _LATER_PAGE_REPEATS if call.continuation else limits.refusal_tries - 1
            ):
                call.asked_soon += 1
                await retry.fault("It refused the request for no reason.", refusal.request_id)
                return
            case Reaction.ASK_AGAIN_LATER if call.asked_later < min(
                call.repeats, len(limits.refusal_pauses_s)
            ):
                seconds = limits.refusal_pauses_s[call.asked_later]
                call.asked_later += 1
                await retry.pause(seconds, "It refused the request for no reason.")
                return
        raise explain(refusal, call.operation, continuation=call.continuation)

    def _throttled(self, call: _Call, request_id: str | None) -> None:
        self._pacer.throttled(call.operation)
        now = self._clock.now()
        if call.refused_at is not None:
            call.put_off_s += min(max(0.0, now - call.refused_at), _LONGEST_PUT_OFF_S)
        call.refused_at = now
        if call.put_off_s >= self._limits.throttled_s:
            minutes = self._limits.throttled_s / 60
            raise Throttled(
                f"Amazon has put off {call.operation.words} for {minutes:.0f} minutes.",
                why="Its quota is used up, perhaps by another program with the same app.",
                fix="Start the sync again later; it goes on where it stopped.",
                request_id=request_id,
            )

    def _let_through(self, operation: Operation, answer: httpx.Response) -> None:
        self._compare_clocks(answer)
        try:
            rate = float(answer.headers["x-amzn-ratelimit-limit"])
        except (KeyError, ValueError):
            rate = None
        self._pacer.observe(operation, rate)

    def _compare_clocks(self, answer: httpx.Response) -> None:
        date = answer_date(answer)
        if date is None or answer.status_code >= 500:
            return
        skew = date.timestamp() - self._clock.now()
        if abs(skew) >= _CLOCK_FAR_OFF_S > abs(self._skew_s):
            log.info("This computer's clock is %d s off; Amazon's is used for asking.", -skew)
        self._skew_s = 0.0 if abs(skew) < _CLOCKS_AGREE_S else skew

    def _headers(self) -> dict[str, str]:
        return {
            "user-agent": self._user_agent,
            "x-amz-date": self.server_now().strftime("%Y%m%dT%H%M%SZ"),
            "accept": "application/json",
        }


def _query(params: Mapping[str, str]) -> str:
    """Encode once, everything: page tokens hold `+`, `/`, `=` and `|`."""
    pairs = "&".join(f"{name}={quote(value, safe='')}" for name, value in params.items())
    return f"?{pairs}" if pairs else ""


def _unreachable(route: Route, limits: Limits, why: str) -> NetworkDown:
    settings = " and the proxy settings" if route.proxy else ""
    return NetworkDown(
        f"Amazon could not be reached for {limits.network_down_s:.0f} seconds.",
        why=why,
        fix=f"Check the connection to the internet{settings}, then start the sync again.",
    )
