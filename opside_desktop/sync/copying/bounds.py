"""From where on a dataset's copying reads, and what of it is believed at its end. Pure.

An answer may be empty because nothing happened, or because something at Amazon is out of order. Who
believes the second kind loses history for good; who doubts the first kind never comes to an end. So
an emptiness is held against what the account is used to, and believed when it is found again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from opside_desktop.domain.ids import SyncId
from opside_desktop.sync.copying.resume_state import (
    Cursor,
    Empty,
    Hole,
    Rate,
    ResumeState,
    joined,
    pairs_of,
    spans_of,
)
from opside_desktop.sync.copying.windows import DAY, Span, day_in_words, merged, without

FORETOLD: Final = 20
"""A window that brings nothing is doubted where so many records were to be expected."""

REREAD: Final = 2
"""So often a window that brought nothing is read again before it is believed."""

NOTHING_TIMES: Final = 3
NOTHING_FOR: Final = DAY
"""So many first syncs over so long have to find nothing at all before that is believed."""

ASKED_FOR: Final = timedelta(days=30)
"""So long every sync asks for what could not be read."""

RATE_FROM: Final = 14 * DAY
"""So much has to be read before it tells how many records a day brings."""

_REMEMBERED: Final = 45 * DAY
"""Windows that end so long ago are not read again of themselves."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Where the next sync goes on, and sentences on what is less than whole."""

    cursor: Cursor
    warnings: list[str]


def begin(
    expired: ResumeState | None,
    cursor: Cursor | None,
    *,
    endpoint: str,
    started_at: datetime,
    sync_id: SyncId,
    since: datetime | None,
    usual: datetime,
) -> ResumeState:
    """Begin a resume state of a sync's own.

    Args:
        expired: an interrupted state that is too old to be resumed.
        cursor: where the last complete copying ended.
        since: from where on a person wants it to read.
        usual: from where on it reads else, or from the oldest unfinished window.
    """
    oldest = [start for start, _ in cursor.unfinished] if cursor else []
    reach = since or min([usual, *oldest])
    # A first sync that begins anew reads as far back as any: nothing is left before that.
    left = expired.resumed(sync_id, reach) if expired and (since or cursor) else None
    known = left or cursor
    return ResumeState(
        endpoint=endpoint,
        started_at=started_at,
        sync_id=sync_id,
        reach=reach,
        holes=known.holes if known else (),
        partial=known.partial if known else (),
        unread_from=left.unread_from if left else None,
    )


def given_up(holes: tuple[Hole, ...], now: datetime) -> tuple[Hole, ...]:
    """Find the holes that have been asked for long enough. `now` is Amazon's."""
    return tuple(hole for hole in holes if now - hole.since >= ASKED_FOR)


def measured(state: ResumeState) -> Rate | None:
    """Measure how many records come in how much time, if enough of it was read."""
    seconds = int(sum(span.seconds for span in state.spans))
    return Rate(state.records, seconds) if seconds >= RATE_FROM.total_seconds() else None


def _brought(state: ResumeState) -> list[Span]:
    """Give the stretches whose windows brought something."""
    empty = spans_of(state.empty)
    return [left for span in state.spans for left in without(span, empty)]


def end(
    state: ResumeState,
    former: Cursor | None,
    until: datetime,
    now: datetime,
    *,
    reach: Callable[[Cursor], datetime],
    what: str,
) -> Ending:
    """End a dataset's copying.

    Args:
        state: with every window of its reach finished, unfinished, or a hole.
        former: where the copying before this one ended.
        until: up to where this one has read.
        now: by Amazon's clock.
        reach: gives from where on the next sync usually reads.
        what: the dataset's records are called.
    """
    former = former or Cursor(endpoint=state.endpoint)
    state = state.until(until)
    rate = measured(state)
    cursor = replace(former, until=until, holes=state.holes, partial=state.partial)
    if rate is not None:
        cursor = replace(cursor, rate=rate, per_day=rate.per_day)
    warnings = about_holes(state, what)
    warnings += [_about_frameless(span, what) for span in spans_of(state.unfinished)]
    if former.until is None and not state.records and state.spans:
        is_whole = not state.unfinished and not list(_left_over(former, state))
        since, times = former.nothing_since or now, former.nothing_times + is_whole
        cursor = replace(cursor, nothing_since=since, nothing_times=times)
        if times < NOTHING_TIMES or now - since < NOTHING_FOR:
            warnings += [_about_nothing(span, what) for span in state.spans]
            for span in state.spans:
                state = state.with_doubt(span)
    else:
        cursor = replace(cursor, nothing_since=None, nothing_times=0)
        empty, first = list(_remembered(former, state)), _first_record(state, former)
        for span, foretold in _too_empty(state, former, reach(cursor)):
            before = (one.times for one in former.empty if one.span.overlaps(span))
            times = 1 + max(before, default=0)
            empty.append(Empty(span.start, span.end, times))
            if times > REREAD:
                continue
            is_beside = span.end <= first
            if not is_beside:
                state = state.with_doubt(span)
            if not is_beside or span.end - span.start >= RATE_FROM:
                warnings.append(_about_too_empty(span, foretold, what))
        cursor = replace(cursor, empty=tuple(empty))
    unread = [Span(state.unread_from, state.reach)] if state.unread_from is not None else []
    unfinished = merged((*spans_of(state.unfinished), *_left_over(former, state), *unread))
    rate = measured(state)
    if rate is None or (unfinished and former.per_day is not None):
        # What an outage left out tells nothing of how much a day brings.
        cursor = replace(cursor, rate=former.rate, per_day=former.per_day)
    else:
        cursor = replace(cursor, rate=rate, per_day=rate.per_day)
    latest = max((one for one in (former.latest, state.latest) if one), default=state.reach)
    cursor = replace(
        cursor,
        until=_until(state, former, until, unfinished),
        latest=latest,
        quiet=pairs_of(_quiet(state, former, Span(min(latest, until), until))),
        unfinished=pairs_of(unfinished),
        resume_state=state,
    )
    return Ending(cursor, warnings)


def _too_empty(
    state: ResumeState, former: Cursor, next_reach: datetime
) -> Iterator[tuple[Span, float]]:
    """Find the windows that brought nothing where much was foretold, and how much it was.

    What a first sync finds empty of the newest days is read again in any case, and the stretch
    that is known to be quiet foretells nothing.
    """
    known = former.rate
    if known is None and former.per_day is not None:
        known = Rate(max(0, former.per_day - 1), int(DAY.total_seconds()))  # it was rounded up
    # Taken from what brought something: an outage of most windows foretells nothing of the others.
    # A few records that came within days tell little of months.
    brought_s = int(sum(span.seconds for span in _brought(state)))
    is_telling = brought_s >= DAY.total_seconds() and state.records >= FORETOLD
    own = Rate(state.records, brought_s) if is_telling else None
    rates = [one for one in (known, own) if one is not None]
    for span in spans_of(state.empty):
        if former.until is None and span.start >= next_reach:
            continue
        parts = without(span, spans_of(former.quiet))
        foretold = max((sum(map(one.foretold, parts)) for one in rates), default=0.0)
        if foretold >= FORETOLD:
            yield span, foretold


def doubted_spans(cursor: Cursor | None) -> list[Span]:
    """Give the empty windows that are not believed yet, to be asked for again."""
    return [one.span for one in cursor.empty if one.times <= REREAD] if cursor else []


def _first_record(state: ResumeState, former: Cursor) -> datetime:
    """Tell from which moment on emptiness keeps the cursor back.

    What lies before an account's first record is its beginning rather than an outage. It is asked
    for again by itself, and no newer window is read again for its sake.
    """
    if former.until is not None:
        return state.reach
    return min((span.start for span in _brought(state)), default=state.reach)


def _quiet(state: ResumeState, former: Cursor, tail: Span) -> list[Span]:
    """Give the stretches of the tail that were read, now or before, and are not doubted."""
    read = (*spans_of(former.quiet), *state.spans)
    return without(tail, [*without(tail, read), *spans_of(state.unfinished)])


def _remembered(former: Cursor, state: ResumeState) -> Iterator[Empty]:
    """Give the empty windows known before of which this copying has read nothing else."""
    for one in former.empty:
        if state.reach - one.end < _REMEMBERED and not any(map(one.span.overlaps, state.spans)):
            yield one


def _left_over(former: Cursor, state: ResumeState) -> Iterator[Span]:
    """Give what the copying before left unfinished, and this one did not come to."""
    for span in spans_of(former.unfinished):
        yield from without(span, state.done)


def _until(
    state: ResumeState, former: Cursor, until: datetime, unfinished: tuple[Span, ...]
) -> datetime | None:
    """Tell up to when everything was read without a gap; None where not even a first sync did so.

    A sync that begins after the last cursor leaves a gap: the cursor stays before it then.
    """
    known = former.until
    if until <= state.reach:
        return known
    if known is not None and state.reach > known:
        until = min(until, known)
    if not unfinished:
        return until
    oldest = unfinished[0].start
    if known is None:
        return None if oldest <= state.reach else min(until, oldest)
    return min(until, max(oldest, known))


def about_holes(state: ResumeState, what: str) -> list[str]:
    """Name what cannot be read."""
    alike = joined(replace(hole, is_coarse=False) for hole in state.holes)
    return [
        f"Amazon's answer about the {what} {hole.span.in_words} cannot be read, so they are"
        f" missing. Every sync until {day_in_words(hole.since + ASKED_FOR)} asks for them again."
        for hole in alike
    ]


def _about_frameless(span: Span, what: str) -> str:
    return (
        f"Amazon's answer about the {what} {span.in_words} came without its list, so nothing could"
        " be taken from it. The next sync asks for it again."
    )


def _about_too_empty(span: Span, foretold: float, what: str) -> str:
    return (
        f"Amazon sent no {what} {span.in_words}, where about {foretold:.0f} were to be expected."
        " The next sync asks for them again."
    )


def about_given_up(hole: Hole, what: str) -> str:
    """Say that a hole is not asked for any more."""
    return (
        f"Amazon's answer about the {what} {hole.span.in_words} could not be read for"
        f" {ASKED_FOR.days} days and is no longer asked for. A sync that reaches further back asks"
        " once more."
    )


def _about_nothing(span: Span, what: str) -> str:
    return (
        f"Amazon sent no {what} at all {span.in_words}. The whole time is asked for again until"
        f" {NOTHING_TIMES} syncs over at least a day have found the same."
    )
