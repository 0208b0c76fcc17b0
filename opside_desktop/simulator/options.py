"""What a simulator can be told at its start, and the checks on it."""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

UsagePlans = Literal["amazon", "none"]


@dataclass(frozen=True, slots=True)
class Counts:
    """How much of everything a scenario holds, exactly."""

    claims: int
    skus: int
    orders: int


SCENARIOS: dict[str, Counts] = {
    "normal_week": Counts(claims=37, skus=150, orders=250),
    "high_volume": Counts(claims=5_000, skus=5_000, orders=10_000),
    "with_issues": Counts(claims=37, skus=150, orders=250),
}


@dataclass(frozen=True, slots=True)
class Options:
    """One simulated seller and the way Amazon treats its programs.

    Attributes:
        scenario: one of `SCENARIOS`.
        orders, claims, skus: replace the scenario's counts; 0 and above.
        seed: chooses the seller's data and the order of faults.
        epoch: midnight UTC that all data lies 3 to 75 days before; None is Monday of last week.
        usage_plans: `none` throttles nothing.
        time_scale: multiplies the rates of the usage plans, above 0.
        faults: `name=value` pairs separated by commas, see `faults.py`.
        port: on 127.0.0.1; 0 takes a free one.
        now: where the simulated clock starts; without a zone it is UTC, None is the real time.
        live: whether days since the scenario's own ones bring orders, events and stock, too.
        other_seller: a refresh token of another seller, whom transactions name as such; all else is
            the same for him.
        ledger: a file to write the ledger to, at the start and after each move of the clock.
    """

    scenario: str = "normal_week"
    orders: int | None = None
    claims: int | None = None
    skus: int | None = None
    seed: int = 1
    epoch: date | None = None
    usage_plans: UsagePlans = "amazon"
    time_scale: float = 1.0
    faults: str = ""
    port: int = 0
    now: datetime | None = None
    live: bool = False
    other_seller: str = ""
    ledger: Path | None = None

    def __post_init__(self) -> None:
        if self.scenario not in SCENARIOS:
            known = ", ".join(SCENARIOS)
            message = f"There is no scenario {self.scenario!r}. Choose one of {known}."
            raise ValueError(message)
        for name in ("orders", "claims", "skus"):
            count = getattr(self, name)
            if count is not None and count < 0:
                message = f"The number of {name} must be 0 or more, not {count}."
                raise ValueError(message)
        if self.epoch is not None and self.epoch.year < 1971:
            message = f"The epoch must be 1971-01-01 or later, not {self.epoch}."
            raise ValueError(message)
        if self.now is not None and self.now.year < 1971:
            message = f"The time must be in 1971 or later, not {self.now}."
            raise ValueError(message)
        if self.usage_plans not in ("amazon", "none"):
            message = f"Usage plans are 'amazon' or 'none', not {self.usage_plans!r}."
            raise ValueError(message)
        if not (math.isfinite(self.time_scale) and self.time_scale > 0):
            message = f"The time scale must be a number above 0, not {self.time_scale}."
            raise ValueError(message)
        if not 0 <= self.port <= 65_535:
            message = f"The port must lie between 0 and 65535, not {self.port}."
            raise ValueError(message)

    @property
    def start(self) -> float | None:
        """`now` in seconds of the epoch."""
        if self.now is None:
            return None
        zoned = self.now if self.now.tzinfo else self.now.replace(tzinfo=UTC)
        return zoned.timestamp()

    @property
    def counts(self) -> Counts:
        """The scenario's counts with what was asked for in their place."""
        named = SCENARIOS[self.scenario]
        return Counts(
            claims=named.claims if self.claims is None else self.claims,
            skus=named.skus if self.skus is None else self.skus,
            orders=named.orders if self.orders is None else self.orders,
        )


def last_weeks_monday(now: float) -> date:
    """The default epoch: Monday of the week before the one that `now` (epoch seconds) lies in."""
    today = datetime.fromtimestamp(now, UTC).date()
    return today - timedelta(days=today.weekday() + 7)
