"""Which windows that brought nothing are doubted, and for how long. Pure.

An answer may be empty because nothing happened, or because something at Amazon is out of order. Who
believes the second kind loses history for good; who doubts the first kind never comes to an end. So
an emptiness is held against what the account is used to, and believed when it is found again.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from opside_desktop.domain.clock import LATEST
from opside_desktop.sync.copying.resume_state import Cursor, Empty, Rate, ResumeState
from opside_desktop.sync.copying.windows import DAY, Span, first_start, merged, without

FORETOLD: Final = 20
"""A window that brings nothing is doubted where so many records were to be expected."""

REREAD: Final = 2
"""So often a window that brought nothing is read again before it is believed."""

NOTHING_TIMES: Final = 3
NOTHING_FOR: Final = DAY
"""So many first syncs over so long have to find nothing at all before that is believed."""

RATE_FROM: Final = 14 * DAY
"""So much has to be read before it tells how many records a day brings."""

_REMEMBERED: Final = 45 * DAY
"""Windows that end so long ago are not read again of themselves."""


def measured(state: ResumeState) -> Rate | None:
    """Measure how many records come in how much time, if enough of it was read."""
    seconds = int(sum(span.seconds for span in state.finished))
    return Rate(state.records, seconds) if seconds >= RATE_FROM.total_seconds() else None


def _brought(state: ResumeState) -> list[Span]:
    """Give the stretches whose windows brought something."""
    empty = state.empty
    return [left for span in state.finished for left in without(span, empty)]


def too_empty(
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
    for span in state.empty:
        if former.until is None and span.start >= next_reach:
            continue
        parts = without(span, former.quiet)
        foretold = max((sum(map(one.foretold, parts)) for one in rates), default=0.0)
        if foretold >= FORETOLD:
            yield span, foretold


def doubted_spans(cursor: Cursor | None) -> list[Span]:
    """Give the empty windows that are not believed yet, to be asked for again."""
    return [one.span for one in cursor.empty if one.times <= REREAD] if cursor else []


def first_record(state: ResumeState, former: Cursor) -> datetime:
    """Tell from which moment on emptiness keeps the cursor back.

    What lies before an account's first record is its beginning rather than an outage. It is asked
    for again by itself, and no newer window is read again for its sake.
    """
    if former.until is not None:
        return state.reach
    return min((span.start for span in _brought(state)), default=state.reach)


def quiet(state: ResumeState, former: Cursor, tail: Span) -> tuple[Span, ...]:
    """Give the stretches that were read, now or before, brought nothing and are not doubted.

    Those of the tail, which begins with the newest record; and those that were believed before, as
    long as a window there brings nothing else. No sync reads further back of itself than a first.
    """
    read = (*former.quiet, *state.finished)
    in_tail = without(tail, [*without(tail, read), *state.unfinished])
    told = (*_brought(state), *state.unfinished, Span(tail.start, max(tail.start, LATEST)))
    believed = (left for one in former.quiet for left in without(one, told))
    oldest = first_start(tail.end)
    return merged((*in_tail, *(one for one in believed if one.end > oldest)))


def remembered(former: Cursor, state: ResumeState) -> Iterator[Empty]:
    """Give the empty windows known before of which this copying has read nothing else."""
    for one in former.empty:
        if state.reach - one.end < _REMEMBERED and not any(map(one.span.overlaps, state.finished)):
            yield one


def about_too_empty(span: Span, foretold: float, what: str) -> str:
    return (
        f"Amazon sent no {what} {span.in_words}, where about {foretold:.0f} were to be expected."
        " The next sync asks for them again."
    )


def about_nothing(span: Span, what: str) -> str:
    return (
        f"Amazon sent no {what} at all {span.in_words}. The whole time is asked for again until"
        f" {NOTHING_TIMES} syncs over at least a day have found the same."
    )
