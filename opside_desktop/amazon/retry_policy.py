"""Trying one call again after faults that pass by themselves: visible, cancellable, bounded."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from opside_desktop.amazon.timings import Limits
from opside_desktop.domain.clock import Clock, utc
from opside_desktop.domain.errors import AmazonUnavailable
from opside_desktop.domain.waits import WORTH_TELLING_S, Wait, WaitListener, WaitReason
from opside_desktop.net.reachability import Reachability

log = logging.getLogger(__name__)


@dataclass(slots=True)
class RetryPolicy:
    """Counts the faults of one call, pauses between its tries, and says when enough is enough.

    Attributes:
        what: what is asked of Amazon, to be named in the error.
        reachability: of the host that is asked, shared by all calls.
    """

    what: str
    reachability: Reachability
    clock: Clock
    limits: Limits
    on_wait: WaitListener
    failures: int = 0
    _unreached: int = 0
    _repeats: int = 0
    _jitter: float = field(default_factory=random.random)

    async def answer(
        self, request: Awaitable[httpx.Response], *, unsent: Callable[[], None] = lambda: None
    ) -> httpx.Response | None:
        """Wait for an answer; pause and give None where none came of the request.

        Args:
            unsent: called before the pause where no connection came about.

        Raises:
            AmazonUnavailable: that was the last try.
            NetworkDown: no connection came about for the time that the limits allow.
        """
        started = self.clock.now()
        try:
            # On the loop's own time: the clock may be set, and this is about a living connection.
            async with asyncio.timeout(self.limits.call_s) as deadline:
                answer = await request
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            log.info("%s: not reached (%s)", self.what, type(error).__name__)
            unsent()
            why = self.reachability.failed(error, started)
            self._unreached += 1
            backoff_s = self.limits.backoff_s(self._unreached, self._jitter)
            seconds = min(backoff_s, self.limits.longest_network_pause_s)
            await self._pause(WaitReason.NETWORK, seconds, self._unreached, why)
            return None
        except (TimeoutError, httpx.RequestError) as error:
            if isinstance(error, TimeoutError) and not deadline.expired():
                raise
            log.info("%s: no whole answer (%s)", self.what, type(error).__name__)
            if isinstance(error, TimeoutError | httpx.TimeoutException):
                await self.fault("It took too long.")
            else:
                self.reachability.reached()
                await self.fault("The connection was cut in the middle.")
            return None
        self._unreached = 0
        self.reachability.reached()
        return answer

    async def fault(
        self, why: str, request_id: str | None = None, *, at_least_s: float = 0
    ) -> None:
        """Pause after a server error, a cut, a time-out or an unreadable answer.

        Raises:
            AmazonUnavailable: that was the last try.
        """
        self._unreached = 0
        self.failures += 1
        if self.failures >= self.limits.tries:
            raise AmazonUnavailable(
                f"Amazon gave no usable answer in {self.failures} tries when asked for"
                f" {self.what}.",
                why=why,
                fix="Start the sync again later; it goes on where it stopped.",
                request_id=request_id,
            )
        seconds = max(at_least_s, self.limits.backoff_s(self.failures, self._jitter))
        await self._pause(WaitReason.RETRY, seconds, self.failures + self._repeats, why)

    async def pause(self, seconds: float, why: str) -> None:
        """Pause before the call is repeated for another reason than a fault."""
        self._repeats += 1
        await self._pause(WaitReason.RETRY, seconds, self.failures + self._repeats, why)

    async def _pause(self, reason: WaitReason, seconds: float, attempt: int, why: str) -> None:
        notified = seconds >= WORTH_TELLING_S
        if notified:
            until = utc(self.clock.now() + seconds)
            self.on_wait(Wait(reason, until, attempt, why))
        await self.clock.sleep(seconds)
        if notified:
            self.on_wait(None)


@dataclass(slots=True)
class Doubt:
    """Counts how often one call's answers came whole and failed at the same place.

    Attributes:
        clock: goes on while the call waits.
        is_known: whether the answer is part of one that has been judged, so that once is enough.
    """

    clock: Clock
    limits: Limits
    is_known: bool
    _path: str = ""
    _tries: int = 0
    _since: float = 0.0

    def is_for_good(self, path: str) -> bool:
        """Note that an answer came whole and failed at a place; tell whether it always will."""
        now = self.clock.now()
        if path != self._path:
            self._path, self._tries, self._since = path, 0, now
        self._tries += 1
        self._since = min(self._since, now)  # the clock may have been set back
        enough = self._tries >= self.limits.unreadable_tries
        return self.is_known or (enough and now - self._since >= self.limits.unreadable_s)

    @property
    def pause_s(self) -> float:
        """How long to wait before the next try: a third of the time, then what is left of it."""
        if self._tries < self.limits.unreadable_tries - 1:
            return self.limits.unreadable_s / self.limits.unreadable_tries
        return max(0.0, self.limits.unreadable_s - (self.clock.now() - self._since))
