"""Amazon's usage plans: one token bucket per operation, application and seller."""

from dataclasses import dataclass, field

from opside_desktop.simulator.clock import Clock

UNLIMITED_RATE = "1000"


@dataclass(frozen=True, slots=True)
class UsagePlan:
    """How often an operation may be called: `rate` tokens a second into a bucket of `burst`."""

    rate: float
    burst: int


@dataclass(slots=True)
class _Bucket:
    level: float
    at: float


@dataclass(slots=True)
class UsagePlans:
    """The buckets of everyone who calls.

    Attributes:
        clock: seconds of the epoch.
        throttled: False lets every call pass.
        time_scale: multiplies every plan's rate.
    """

    clock: Clock
    throttled: bool
    time_scale: float
    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict)

    def admits(self, operation: str, caller: str, plan: UsagePlan) -> bool:
        """Take a token from the caller's bucket; False if there is none."""
        if not self.throttled:
            return True
        now = self.clock.now()
        bucket = self._buckets.setdefault((operation, caller), _Bucket(plan.burst, now))
        gained = max(0.0, now - bucket.at) * plan.rate * self.time_scale
        bucket.level = min(plan.burst, bucket.level + gained)
        bucket.at = now
        if bucket.level < 1 - 1e-9:
            return False
        bucket.level -= 1
        return True

    def header(self, plan: UsagePlan) -> str:
        """The value of `x-amzn-RateLimit-Limit`: the rate in calls per second."""
        if not self.throttled:
            return UNLIMITED_RATE
        rate = plan.rate * self.time_scale
        return f"{rate:.1f}" if rate == int(rate) else f"{rate:.6g}"
