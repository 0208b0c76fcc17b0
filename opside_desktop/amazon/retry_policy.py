"""Trying one call again after faults that pass by themselves: visible, cancellable, bounded."""

from opside_desktop.amazon.timings import Limits
from opside_desktop.domain.clock import Clock, utc
from opside_desktop.domain.errors import AmazonUnavailable
from opside_desktop.domain.waits import WORTH_TELLING_S, Wait, WaitListener, WaitReason
from opside_desktop.net.reachability import Reachability


class RetryPolicy:
    """Counts the faults of one call, pauses between its tries, and says when enough is enough.

    Args:
        what: what is asked of Amazon, to be named in the error.
        reachability: of the host that is asked, shared by all calls.
        jitter: a number from 0 to 1 for this call.
    """

    def __init__(
        self,
        what: str,
        reachability: Reachability,
        clock: Clock,
        limits: Limits,
        on_wait: WaitListener,
        jitter: float,
    ) -> None:
        self._what = what
        self._reachability = reachability
        self._clock = clock
        self._limits = limits
        self._on_wait = on_wait
        self._jitter = jitter
        self._unreached = 0
        self._repeats = 0
        self.failures = 0

    async def fault(
        self, why: str, request_id: str | None = None, *, at_least_s: float = 0
    ) -> None:
        """Pause after a server error, a cut, a time-out or an unreadable answer.

        Raises:
            AmazonUnavailable: that was the last try.
        """
        self._unreached = 0
        self.failures += 1
        if self.failures >= self._limits.tries:
            raise AmazonUnavailable(
                f"Amazon gave no usable answer in {self.failures} tries when asked for"
                f" {self._what}.",
                why=why,
                fix="Start the sync again later; it goes on where it stopped.",
                request_id=request_id,
            )
        seconds = max(at_least_s, self._limits.backoff_s(self.failures, self._jitter))
        await self._pause(WaitReason.RETRY, seconds, self.failures + self._repeats, why)

    async def pause(self, seconds: float, why: str) -> None:
        """Pause before the call is repeated for another reason than a fault."""
        self._repeats += 1
        await self._pause(WaitReason.RETRY, seconds, self.failures + self._repeats, why)

    async def unreached(self, error: Exception, started: float) -> None:
        """Pause after no connection came about, which was tried since `started`.

        Raises:
            NetworkDown: it has been so for the time that the limits allow.
        """
        why = self._reachability.failed(error, started)
        self._unreached += 1
        backoff_s = self._limits.backoff_s(self._unreached, self._jitter)
        seconds = min(backoff_s, self._limits.longest_network_pause_s)
        await self._pause(WaitReason.NETWORK, seconds, self._unreached, why)

    def reached(self) -> None:
        """Note that there is a connection."""
        self._unreached = 0
        self._reachability.reached()

    async def _pause(self, reason: WaitReason, seconds: float, attempt: int, why: str) -> None:
        notified = seconds >= WORTH_TELLING_S
        if notified:
            until = utc(self._clock.now() + seconds)
            self._on_wait(Wait(reason, until, attempt, why))
        await self._clock.sleep(seconds)
        if notified:
            self._on_wait(None)


class Doubt:
    """Counts how often one call's answers came whole and failed at the same place.

    Args:
        clock: goes on while the call waits.
        known: whether the answer is part of one that has been judged, so that once is enough.
    """

    def __init__(self, clock: Clock, limits: Limits, *, known: bool) -> None:
        self._clock = clock
        self._limits = limits
        self._known = known
        self._path = ""
        self._tries = 0
        self._since = 0.0

    def is_for_good(self, path: str) -> bool:
        """Note that an answer came whole and failed at a place; tell whether it always will."""
        now = self._clock.now()
        if path != self._path:
            self._path, self._tries, self._since = path, 0, now
        self._tries += 1
        self._since = min(self._since, now)  # the clock may have been set back
        enough = self._tries >= self._limits.unreadable_tries
        return self._known or (enough and now - self._since >= self._limits.unreadable_s)

    @property
    def pause_s(self) -> float:
        """How long to wait before the next try: a third of the time, then what is left of it."""
        if self._tries < self._limits.unreadable_tries - 1:
            return self._limits.unreadable_s / self._limits.unreadable_tries
        return max(0.0, self._limits.unreadable_s - (self._clock.now() - self._since))
