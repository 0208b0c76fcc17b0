"""Pacing: Amazon's token buckets kept on our side, so that its quota is used up but not overrun.

Plain objects on an injected clock: no HTTP, no Qt.
"""

import asyncio
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from opside_desktop.amazon.usage_plans import SHARE, USAGE_PLANS, Operation
from opside_desktop.domain.clock import Clock, utc
from opside_desktop.domain.pacing import SavedLevel
from opside_desktop.domain.waits import WORTH_TELLING_S, Wait, WaitListener, WaitReason, unheard

_LONGEST_SLEEP_S = 5.0
"""The clock is read again at least so often: a rate may rise, and a computer may have slept."""

_SHORTEST_SLEEP_S = 0.001
_LONGEST_PAUSE_S = 300.0
_NEARLY = 1e-5
"""Of a token; epoch seconds as floats are no finer than a quarter of a microsecond."""


class TokenBucket:
    """A token bucket: gains `rate` tokens a second up to `burst`; a call takes one.

    The level may be below zero, which is how a pause that Amazon's refusals ask for is kept.
    """

    def __init__(self, rate: float, burst: float, clock: Clock, level: float | None = None) -> None:
        self.rate = rate
        self.burst = burst
        self._clock = clock
        self._level = burst if level is None else min(level, burst)
        self._at = clock.now()

    @property
    def level(self) -> float:
        """Tokens in the bucket now. A clock that was set back brings none."""
        now = self._clock.now()
        if now > self._at:
            self._level = min(self.burst, self._level + (now - self._at) * self.rate)
        self._at = now
        return self._level

    def take(self) -> bool:
        if self.level < 1 - _NEARLY:
            return False
        self._level -= 1
        return True

    def give_back(self) -> None:
        self._level = min(self.burst, self.level + 1)

    def seconds_until(self, tokens: float = 1) -> float:
        """Tell how long it takes, at the present rate, until so many tokens are there."""
        return max(0.0, (tokens - self.level) / self.rate)

    def change_rate(self, rate: float) -> None:
        """Go on at another rate; what was gained so far stays."""
        _ = self.level  # credits the time that ran at the old rate
        self.rate = rate

    def empty(self, next_token_in_s: float) -> None:
        """Drop what is in the bucket, so that the next token comes after so many seconds."""
        self._at = self._clock.now()
        self._level = 1 - next_token_in_s * self.rate


@dataclass(slots=True)
class _Line:
    """The callers of one operation, who are served in the order they came."""

    bucket: TokenBucket
    amazon_rate: float
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    refusals: int = 0
    paused: bool = False


class Pacer:
    """The token buckets of one account at one base URL, shared by everything that calls there.

    Args:
        clock: wall time and waiting.
        scale: multiplies the rates of the usage plans; other than 1 only against a simulator.
        levels: buckets as they were saved; the time since then is credited, but never a time that
            lies in the future, and never more than the burst.
        on_level: told of every change of a bucket. It is called for each call, so it should only
            note the level and save it now and then.
        jitter: a number from 0 to 1, for pauses that must not fall into step with others'.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        scale: float = 1.0,
        levels: Mapping[Any, SavedLevel] | None = None,
        on_level: Callable[[Operation, SavedLevel], None] | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._clock = clock
        self._on_level = on_level
        self._jitter = jitter
        self._lines: dict[Operation, _Line] = {}
        for operation, plan in USAGE_PLANS.items():
            rate, level = plan.rate * scale, float(plan.burst)
            if (old := (levels or {}).get(operation)) is not None and _is_rate(old.rate):
                if scale == 1:
                    rate = old.rate
                elapsed = max(0.0, clock.now() - old.at)
                level = old.level + elapsed * rate * SHARE
            bucket = TokenBucket(rate * SHARE, plan.burst, clock, level)
            self._lines[operation] = _Line(bucket, rate)

    def level(self, operation: Operation) -> SavedLevel:
        """Give one bucket as it is now, to be saved."""
        line = self._lines[operation]
        return SavedLevel(line.bucket.level, line.amazon_rate, self._clock.now())

    def seconds_for(self, operation: Operation, calls: int) -> float:
        """Tell how long so many calls must wait in all from now on, if none is refused."""
        line = self._lines[operation]
        return line.bucket.seconds_until(line.waiting + calls)

    async def acquire(
        self, operation: Operation, on_wait: WaitListener = unheard, *, attempt: int = 0
    ) -> None:
        """Wait for a token of this operation and take it; first come, first served.

        May be cancelled at any time, which takes no token and lets the next caller move up.
        """
        line = self._lines[operation]
        notified: float | None = None

        def notify(seconds: float) -> None:
            nonlocal notified
            until = self._clock.now() + seconds
            if seconds >= WORTH_TELLING_S and (
                notified is None or abs(until - notified) >= WORTH_TELLING_S
            ):
                notified = until
                on_wait(Wait(WaitReason.QUOTA, utc(until), attempt))

        line.waiting += 1
        try:
            notify(line.bucket.seconds_until(line.waiting))
            async with line.turn:
                # Whatever woke us (an early timer, a computer that slept) is not to be trusted.
                while not line.bucket.take():
                    seconds = line.bucket.seconds_until()
                    notify(seconds)
                    await self._clock.sleep(min(max(seconds, _SHORTEST_SLEEP_S), _LONGEST_SLEEP_S))
        finally:
            line.waiting -= 1
        line.paused = False
        self._changed(operation)
        if notified is not None:
            on_wait(None)

    def unused(self, operation: Operation) -> None:
        """Give back the token of a call that never reached Amazon, which did not count it."""
        self._lines[operation].bucket.give_back()
        self._changed(operation)

    def observe(self, operation: Operation, header_rate: float | None) -> None:
        """Note that Amazon let a call through, and the rate its answer named, if any.

        The rate is followed up and down; nonsense is ignored.
        """
        line = self._lines[operation]
        line.refusals = 0
        if header_rate is None or not _is_rate(header_rate):
            return
        if not math.isclose(header_rate, line.amazon_rate, rel_tol=1e-6):
            line.amazon_rate = header_rate
            line.bucket.change_rate(header_rate * SHARE)
            self._changed(operation)

    def throttled(self, operation: Operation) -> None:
        """Note that Amazon refused a call for its quota (429).

        The bucket is emptied. The next call waits for one token; after further refusals in a row
        twice as long each time, up to 5 minutes, plus a tenth of jitter.
        """
        line = self._lines[operation]
        if line.paused:
            return  # calls that were under way together are refused together: one pause
        line.paused = True
        one_token = 1 / line.bucket.rate
        pause = max(one_token, min(_LONGEST_PAUSE_S, one_token * 2**line.refusals))
        line.refusals = min(line.refusals + 1, 30)
        line.bucket.empty(pause * (1 + 0.1 * self._jitter()))
        self._changed(operation)

    def _changed(self, operation: Operation) -> None:
        if self._on_level is not None:
            self._on_level(operation, self.level(operation))


def _is_rate(rate: float) -> bool:
    """Tell whether a rate makes sense: from one call a day to as many as no program makes."""
    return 1 / 86_400 <= rate <= 1_000_000
