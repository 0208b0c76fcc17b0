"""From where on a dataset's copying reads, and up to where it has read at its end. Pure."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from opside_desktop.domain.ids import SyncId
from opside_desktop.sync.copying import doubted_windows
from opside_desktop.sync.copying.resume_state import Cursor, Empty, Hole, ResumeState, joined
from opside_desktop.sync.copying.windows import Span, day_in_words, merged, without

ASKED_FOR: Final = timedelta(days=30)
"""So long every sync asks for what could not be read."""


def begin(
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
        cursor: where the last complete copying ended.
        since: from where on a person wants it to read.
        usual: from where on it reads else, or from the oldest unfinished window.
    """
    oldest = [span.start for span in cursor.unfinished] if cursor else []
    reach = since or min([usual, *oldest])
    return ResumeState(
        endpoint=endpoint,
        started_at=started_at,
        sync_id=sync_id,
        reach=reach,
        holes=cursor.holes if cursor else (),
        partial=cursor.partial if cursor else (),
    )


def end(
    state: ResumeState,
    former: Cursor | None,
    until: datetime,
    now: datetime,
    *,
    reach: Callable[[Cursor], datetime],
    what: str,
) -> tuple[Cursor, list[str]]:
    """Tell where the next sync goes on, and in sentences what is less than whole.

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
    rate = doubted_windows.measured(state)
    cursor = replace(former, until=until, holes=state.holes, partial=state.partial)
    if rate is not None:
        cursor = replace(cursor, rate=rate, per_day=rate.per_day)
    warnings = about_holes(state, what)
    warnings += [_about_frameless(span, what) for span in state.unfinished]
    if former.until is None and not state.records and state.finished:
        is_whole = not state.unfinished and not list(_left_over(former, state))
        since, times = former.nothing_since or now, former.nothing_times + is_whole
        cursor = replace(cursor, nothing_since=since, nothing_times=times)
        if times < doubted_windows.NOTHING_TIMES or now - since < doubted_windows.NOTHING_FOR:
            warnings += [doubted_windows.about_nothing(span, what) for span in state.finished]
            for span in state.finished:
                state = state.with_doubt(span)
    else:
        cursor = replace(cursor, nothing_since=None, nothing_times=0)
        empty = list(doubted_windows.remembered(former, state))
        first = doubted_windows.first_record(state, former)
        for span, foretold in doubted_windows.too_empty(state, former, reach(cursor)):
            before = (one.times for one in former.empty if one.span.overlaps(span))
            times = 1 + max(before, default=0)
            empty.append(Empty(span.start, span.end, times))
            if times > doubted_windows.REREAD:
                continue
            is_beside = span.end <= first
            if not is_beside:
                state = state.with_doubt(span)
            if not is_beside or span.end - span.start >= doubted_windows.RATE_FROM:
                warnings.append(doubted_windows.about_too_empty(span, foretold, what))
        cursor = replace(cursor, empty=tuple(empty))
    unread = [Span(state.unread_from, state.reach)] if state.unread_from is not None else []
    unfinished = merged((*state.unfinished, *_left_over(former, state), *unread))
    rate = doubted_windows.measured(state)
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
        quiet=doubted_windows.quiet(state, former, Span(min(latest, until), until)),
        unfinished=unfinished,
        resume_state=state,
    )
    return cursor, warnings


def _left_over(former: Cursor, state: ResumeState) -> Iterator[Span]:
    """Give what the copying before left unfinished, and this one did not come to."""
    for span in former.unfinished:
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


def about_given_up(hole: Hole, what: str) -> str:
    return (
        f"Amazon's answer about the {what} {hole.span.in_words} could not be read for"
        f" {ASKED_FOR.days} days and is no longer asked for. A sync that reaches further back asks"
        " once more."
    )
