"""Events without a date, which wait until the day that they were posted on has been found. Pure."""

import json
from collections.abc import Collection
from decimal import Decimal

import msgspec

from opside_desktop.amazon.finances_v0 import raw_event
from opside_desktop.claims.classify import content_of, find_claim
from opside_desktop.claims.readings import Reading
from opside_desktop.domain.records import RawEvent
from opside_desktop.sync.copying.resume_state import HeldEvent, Search

_encoder = msgspec.json.Encoder(decimal_format="number")


def hold(event: RawEvent) -> HeldEvent:
    """Put an event into a form that a checkpoint can hold, with its numbers exact."""
    return HeldEvent(event.event_list, _encoder.encode(event.payload).decode(), event.status)


def release(held: HeldEvent) -> RawEvent:
    """Undo `hold`. Version 0.1 held the payload only, which tells the status, too."""
    payload = json.loads(held.payload, parse_float=Decimal)
    if held.status is None:
        return raw_event(held.event_list, payload)
    return RawEvent(event_list=held.event_list, status=held.status, payload=payload)


def undated_counts(records: Collection[RawEvent], known: Collection[str]) -> dict[str, int]:
    """Count those dateless events of a page whose content is known."""
    counts: dict[str, int] = {}
    for record in records:
        if record.posted_at is None and isinstance(find_claim(record), Reading):
            content = content_of(record)
            if isinstance(content, str) and content in known:
                counts[content] = counts.get(content, 0) + 1
    return counts


def halves(search: Search, on_the_left: dict[str, int]) -> list[Search]:
    """Go on with both halves of a search, of which the left one was counted."""
    left, right = search.span.split()
    there = {content: min(n, on_the_left.get(content, 0)) for content, n in search.counts.items()}
    rest = {content: n - there[content] for content, n in search.counts.items()}
    parts = ((right, rest), (left, there))
    kept = ((half, {content: n for content, n in part.items() if n}) for half, part in parts)
    return [Search(half.start, half.end, part) for half, part in kept if part]
