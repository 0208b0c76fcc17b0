"""Calling Amazon's Selling Partner API: paced, signed, retried where it helps, else explained."""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote

import httpx
import msgspec

from opside_desktop.amazon.errors import (
    access_denied,
    bad_request,
    not_found,
    passes_by_itself,
    read_errors,
    refuses_access_token,
)
from opside_desktop.amazon.login import Login
from opside_desktop.amazon.pacing import Pacer
from opside_desktop.amazon.pages import Frame, Page, whole_text
from opside_desktop.amazon.patience import Patience
from opside_desktop.amazon.reach import Reach
from opside_desktop.amazon.transport import (
    Limits,
    answer_date,
    find_routes,
    open_http,
    user_agent,
)
from opside_desktop.amazon.usage_plans import Operation
from opside_desktop.domain.accounts import AmazonSecrets, Endpoint
from opside_desktop.domain.clock import Clock, utc
from opside_desktop.domain.errors import AuthRevoked, Throttled
from opside_desktop.domain.finishing import finished
from opside_desktop.domain.waits import WaitListener, unheard

log = logging.getLogger(__name__)

T = TypeVar("T")

_NEW_TOKENS = 3
"""Access tokens taken for one call before a refusal of all of them is believed."""

REFUSAL_REPEATS = 3
"""How often the refusal of a first page that names no cause is asked again, over 90 s."""

FRAMELESS_PAUSES_S = (1.0, 4.0)
"""An answer without its frame is asked for again so often and so soon."""

_ODD_REFUSALS = 2
"""How often a 400 on a later page is asked again."""

_LONGEST_PUT_OFF_S = 400.0
"""Refusals follow each other faster, or the computer slept, or its clock was set."""

_CLOCKS_AGREE_S = 2.0
_CLOCK_FAR_OFF_S = 300.0


@dataclass(slots=True)
class _Call:
    """One call under way, with what has gone wrong so far."""

    operation: Operation
    frame: Frame
    patience: Patience
    continuation: bool
    repeats: int
    known_unreadable: bool
    refused_at: float | None = None
    put_off_s: float = 0.0
    new_tokens: int = 0
    odd_refusals: int = 0
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
        routes = find_routes(endpoint)
        self._http = open_http(routes, limits)
        self._reach, sign_in = (Reach(route, clock, limits) for route in routes)
        self.login = Login(
            self._http,
            endpoint.lwa_url,
            secrets,
            reach=sign_in,
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
        continuation: bool = False,
        repeats: int = REFUSAL_REPEATS,
        known_unreadable: bool = False,
        on_wait: WaitListener = unheard,
    ) -> Page[T]:
        """GET one page.

        Args:
            operation: whose bucket pays.
            path: from the host on, already percent-encoded.
            params: sent in this order, percent-encoded here; arrays already joined by commas.
            decode: runs in a thread; raises a `msgspec.MsgspecError` on what it cannot read.
            frame: where the records stand in the answer, so that a damaged one can be cut out.
            continuation: whether a page token is among `params`.
            repeats: how often the refusal of a first page that names no cause is asked again.
            known_unreadable: whether this is part of what has been found unreadable for good, so
                that the same is believed at once.
            on_wait: told of every pause.

        Raises:
            AuthRevoked, AccessDenied: a person has to mend the permission.
            Throttled, AmazonUnavailable, NetworkDown: waiting and repeating did not help.
            PageTokenExpired, AnswerTooLarge, UnreadableAnswer, RefusedWithoutCause,
            NoFbaInventory, RecordNotFound, BadData: as named.
        """
        url = f"{self._base_url}{path}{_query(params)}"
        patience = Patience(
            operation.words, self._reach, self._clock, self._limits, on_wait, random.random()
        )
        call = _Call(operation, frame, patience, continuation, repeats, known_unreadable)
        async with self._reach.watched():
            return await self._call(call, url, decode, on_wait)

    async def _call(
        self, call: _Call, url: str, decode: Callable[[bytes], Page[T]], on_wait: WaitListener
    ) -> Page[T]:
        operation, patience = call.operation, call.patience
        while True:
            # Before the token of the bucket: the exchange may take long, and shows its own waits.
            await self.login.token(on_wait)
            await self._pacer.acquire(operation, on_wait, attempt=patience.failures)
            started = self._clock.now()
            try:
                answer = await self._http.get(url, headers=self._headers(), auth=self.login)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
                log.info("%s: not reached (%s)", operation, type(error).__name__)
                self._pacer.unused(operation)
                await patience.unreached(error, started)
                continue
            except httpx.RequestError as error:
                log.info("%s: %s", operation, type(error).__name__)
                if isinstance(error, httpx.TimeoutException):
                    await patience.fault("It took too long.")
                else:
                    patience.reached()
                    await patience.fault("The connection was cut in the middle.")
                continue
            patience.reached()
            request_id = answer.headers.get("x-amzn-requestid")
            log.log(
                logging.DEBUG if answer.is_success else logging.INFO,
                "%s: %d in %d ms, request %s",
                operation,
                answer.status_code,
                (self._clock.now() - started) * 1000,
                request_id,
            )
            if answer.is_success:
                self._let_through(operation, answer)
                try:
                    # In a thread: it takes milliseconds, and the loop may be a window's.
                    page = await asyncio.to_thread(_decoded, decode, answer.content)
                except (msgspec.MsgspecError, RecursionError):
                    await patience.fault("Its answer could not be read.", request_id)
                    continue
                if page.is_frameless and call.frameless < len(FRAMELESS_PAUSES_S):
                    log.info("%s: an answer without its frame, request %s", operation, request_id)
                    seconds = FRAMELESS_PAUSES_S[call.frameless]
                    call.frameless += 1
                    await patience.pause(seconds, "Its answer was empty.")
                    continue
                return replace(page, request_id=request_id)
            await self._refused(call, answer, request_id)

    async def _refused(self, call: _Call, answer: httpx.Response, request_id: str | None) -> None:
        """Wait until the call is worth repeating, or raise what its refusal means."""
        status = answer.status_code
        if status == 429:
            self._throttled(call, request_id)
            return
        errors = read_errors(answer.content)
        if errors is None or status < 400 or status == 408 or status >= 500:
            await call.patience.fault(f"It answered with status {status}.", request_id)
            return
        self._let_through(call.operation, answer)
        if status == 401 or (status == 403 and refuses_access_token(errors)):
            call.new_tokens += 1
            if call.new_tokens > _NEW_TOKENS:
                raise AuthRevoked(
                    "Amazon refuses the access tokens that it has just given out.",
                    fix="Reconnect the account; if that does not help, ask Amazon's support.",
                    request_id=request_id,
                )
            return
        if status == 403:
            raise access_denied(call.operation, errors, request_id)
        if status == 404:
            raise not_found(call.operation, request_id)
        if (
            status == 400
            and call.odd_refusals < _ODD_REFUSALS
            and passes_by_itself(errors, continuation=call.continuation)
        ):
            call.odd_refusals += 1
            await call.patience.fault("It refused the page for no reason.", request_id)
            return
        raise bad_request(call.operation, errors, request_id, continuation=call.continuation)

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


def _decoded(decode: Callable[[bytes], Page[T]], body: bytes) -> Page[T]:
    return decode(whole_text(body))


def _query(params: Mapping[str, str]) -> str:
    """Encode once, everything: page tokens hold `+`, `/`, `=` and `|`."""
    pairs = "&".join(f"{name}={quote(value, safe='')}" for name, value in params.items())
    return f"?{pairs}" if pairs else ""
