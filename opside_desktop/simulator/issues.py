"""What goes on top of the scenario `with_issues`: deferred money, late events, joint transactions.

All of it hangs on dates. What is deferred is let go, and what is late appears, from two weeks after
the epoch on: later than the default clock starts, whatever the day of the week.
"""

import random
from dataclasses import replace
from typing import Final

import msgspec

from opside_desktop.simulator.claim_events import BUILDERS, Source
from opside_desktop.simulator.events import SHIPMENTS, Deferral, Event, encoded
from opside_desktop.simulator.times import DAY

_AFTER_END: Final = 17 * DAY + DAY // 4
"""From the end of the data to the first moment at which anything is let go or appears."""

_LATEST: Final = 20 * DAY
"""After its date an event appears."""

_FEWEST_DEFERRED: Final = 4
_FEWEST_LATE: Final = 6
_LATE_KINDS: Final = (
    "refund", "WAREHOUSE_LOST", "MISSING_FROM_INBOUND", "safet", "INCORRECT_FEES_ITEMS",
)  # fmt: skip


def deferred_sales(events: list[Event], rng: random.Random, end: int) -> None:
    """Hold back the money of some of the newest sales."""
    sales = [event for event in events if event.list_name == SHIPMENTS]
    for number, sale in enumerate(sales[-40:-8:8]):
        matures = end + _AFTER_END + int(rng.random() * 3 * DAY)
        sale.deferral = Deferral("DD7", matures, copied=number % 2 == 1)


def deferred_refunds(source: Source, refunds: int, end: int) -> list[Event]:
    """Make refunds whose money is held back, so that they are an eighth of all, but at least four.

    Args:
        source: makes them.
        refunds: how many there are that are not held back.
        end: of the scenario's dates, in seconds of the epoch.
    """
    events: list[Event] = []
    for number in range(max(_FEWEST_DEFERRED, -(-refunds // 7)) if refunds else 0):
        draw = source.rng.random
        if number % 4 < 3:
            reason, posted, wait = "DD7", end - int(draw() * 3 * DAY), 3 * DAY
        else:
            # A business pays its invoice when it likes.
            reason, posted, wait = "B2B", end - int(draw() * 40 * DAY), 8 * DAY
        matures = end + _AFTER_END + int(draw() * wait)
        list_name, body = BUILDERS["refund"](source, posted)
        events.append(
            Event(
                posted,
                list_name,
                encoded(body),
                kept=True,
                key=f"d{number:05d}",
                appears=posted,
                deferral=Deferral(reason, matures, copied=number % 2 == 1),
            )
        )
    return events


def late_events(source: Source, claims: int, end: int) -> list[Event]:
    """Make claims that Amazon shows up to 20 days after their date, one of them twice."""
    events: list[Event] = []
    for number in range(max(_FEWEST_LATE - 1, claims // 40) if claims else 0):
        posted = end - int(source.rng.random() * 2.5 * DAY)
        kind = _LATE_KINDS[number % len(_LATE_KINDS)]
        list_name, body = BUILDERS[kind](source, posted)
        raw = encoded(body)
        appears = posted + _LATEST - int(source.rng.random() * DAY / 4)
        event = Event(posted, list_name, raw, kept=True, key=f"l{number:05d}", appears=appears)
        events.append(event)
        if number == 1:
            events.append(replace(event, key=f"{event.key}t", appears=posted + _LATEST))
    return events


def joint_events(events: list[Event], source: Source) -> list[Event]:
    """Make events that stand beside an adjustment of one second, told with it as one transaction.

    It meets one in 20 adjustments that stand alone in their second.
    """
    seconds: dict[int, int] = {}
    for event in events:
        seconds[event.posted] = seconds.get(event.posted, 0) + 1
    alone = [
        event
        for event in events
        if event.kept and event.list_name == "AdjustmentEventList" and seconds[event.posted] == 1
    ]
    made: list[Event] = []
    for leading in alone[::20]:
        assert isinstance(leading.content, msgspec.Raw)  # noqa: S101  # no list of shipments
        kind = msgspec.json.decode(leading.content)["AdjustmentType"]
        leading.order_id = None
        for number in range(1 + (source.rng.random() < 0.5)):
            list_name, body = BUILDERS[kind](source, leading.posted)
            made.append(
                Event(
                    leading.posted,
                    list_name,
                    encoded(body),
                    kept=True,
                    key=f"{leading.key}p{number}",
                    appears=leading.appears,
                    part_of=leading.key,
                )
            )
    return made
