"""Faults on purpose: what `--faults` takes, and which request meets which."""

import math
import random
from dataclasses import dataclass, field

DATASETS = ("finances", "inventory", "orders")
CHANCES = (
    *("429", "500", "503", "cut", "badjson", "html", "expiredtoken", "deadtoken", "empty"),
    *("badescape", "nonutf8", "bom", "errors200", "dripping"),
    *("oldversion", "shortstock"),
)
FLAGS = ("revoked", "secretexpired")
OF_DATASETS = ("denied", "first400")
DENIED = (*DATASETS, "transactions", "searchOrders")


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong.

    Attributes:
        chances: probability per request by fault; at most one fault meets a request.
        revoked: every refresh token is refused.
        secret_expired: every call is refused for the app's secret, while tokens are still given.
        denied: datasets, or transactions or searchOrders alone, that answer 403 without a reason.
        first400: datasets whose first pages answer 400 for 30 s from the first one that is asked.
        latency: seconds that every answer of the API waits.
    """

    chances: dict[str, float] = field(default_factory=dict)
    revoked: bool = False
    secret_expired: bool = False
    denied: frozenset[str] = frozenset()
    first400: frozenset[str] = frozenset()
    latency: float = 0.0


def parse_faults(spec: str) -> Faults:
    """Read `name=value` pairs separated by commas.

    Raises:
        ValueError: a sentence that names the pair and what it must be.
    """
    chances: dict[str, float] = {}
    flags: dict[str, bool] = {}
    datasets: dict[str, set[str]] = {name: set() for name in OF_DATASETS}
    latency = 0.0
    for pair in filter(None, (part.strip() for part in spec.split(","))):
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not equals:
            message = f"The fault {pair!r} has no value. Write it as name=value."
            raise ValueError(message)
        if name in CHANCES:
            chances[name] = _number(name, value, 1.0)
        elif name == "latency":
            latency = _number(name, value, 600.0)
        elif name in FLAGS:
            if value not in ("0", "1"):
                message = f"The fault {name} is 0 or 1, not {value!r}."
                raise ValueError(message)
            flags[name] = value == "1"
        elif name in OF_DATASETS:
            known = DENIED if name == "denied" else DATASETS
            if value not in known:
                message = f"The fault {name} names {', '.join(known)}, not {value!r}."
                raise ValueError(message)
            datasets[name].add(value)
        else:
            all_known = ", ".join((*CHANCES, *FLAGS, *OF_DATASETS, "latency"))
            message = f"There is no fault {name!r}. Known faults are {all_known}."
            raise ValueError(message)
    if math.fsum(chances.values()) > 1:
        message = (
            "The faults' probabilities together are above 1: a request meets one fault at most."
        )
        raise ValueError(message)
    return Faults(
        chances,
        revoked=flags.get("revoked", False),
        secret_expired=flags.get("secretexpired", False),
        denied=frozenset(datasets["denied"]),
        first400=frozenset(datasets["first400"]),
        latency=latency,
    )


def _number(name: str, value: str, limit: float) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not 0 <= number <= limit:
        message = f"The fault {name} takes a number from 0 to {limit:g}, not {value!r}."
        raise ValueError(message)
    return number


@dataclass(slots=True)
class FaultDraw:
    """Decides which request meets which fault: by operation and order of arrival, from the seed.

    Attributes:
        scheduled: faults of the scenario itself, by operation and number of the request, from 1.
    """

    faults: Faults
    seed: str
    scheduled: dict[tuple[str, int], str] = field(default_factory=dict)
    _streams: dict[str, random.Random] = field(default_factory=dict)
    _requests: dict[str, int] = field(default_factory=dict)

    def draw(self, operation: str) -> str | None:
        """The fault that the next request to an operation meets, or None."""
        number = self._requests.get(operation, 0) + 1
        self._requests[operation] = number
        if self.faults.chances:
            stream = self._streams.get(operation)
            if stream is None:
                stream = random.Random(f"{self.seed}/faults/{operation}")
                self._streams[operation] = stream
            chance = stream.random()
            for name, share in self.faults.chances.items():
                if chance < share:
                    return name
                chance -= share
        return self.scheduled.get((operation, number))
