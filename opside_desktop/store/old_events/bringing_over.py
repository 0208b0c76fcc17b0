"""Bringing one user's claims over from version 0.1, in small transactions that may all be the last.

Each takes the lock under which tables are changed, so that several programs may do it at once, and
leaves it free between. What is read for it is never changed by it: whoever begins again, after
whatever end, comes to the same and goes on where the last transaction stopped.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Final, NamedTuple

import msgspec
import sqlalchemy as sa

from opside_desktop.claims.doubles import (
    REACH,
    EarlierReading,
    earlier_readings,
    find_doubles,
    perhaps_double,
)
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import SyncInProgress
from opside_desktop.domain.ids import SyncId, UserId
from opside_desktop.domain.sources import ClaimsSource
from opside_desktop.store import upgrade
from opside_desktop.store.database import Database, read_now
from opside_desktop.store.old_events import earlier_syncs, old_rows, writing
from opside_desktop.store.old_events import mark as marks
from opside_desktop.store.old_events.conversion import Converted, Plan, convert, plan_of
from opside_desktop.store.old_events.mark import Mark
from opside_desktop.store.old_events.old_rows import Stretch, Undated
from opside_desktop.store.runs.run_rows import run_of
from opside_desktop.store.runs.sync_runs import running_of
from opside_desktop.store.writing import read_spans
from opside_desktop.store.writing.read_spans import ReadSpan

ROWS_AT_A_TIME: Final = 500

Tell = Callable[[float], None]
"""Told how much is done, from 0 to 1."""


class _Days(NamedTuple):
    """What is known of all of a user's rows at once.

    Attributes:
        found: days of claims without a date, by their ids; `latest` those of all claims without a
            date, the last that it can be from where none was found.
    """

    readings: Sequence[EarlierReading]
    found: dict[str, date]
    latest: dict[str, date]


async def bring_over(
    db: Database,
    user_id: UserId,
    tell: Tell,
    *,
    own_sync: SyncId | None = None,
    rows_at_a_time: int = ROWS_AT_A_TIME,
) -> Mark:
    """Bring all that is left of a user's claims over. Costs one read where that was done before.

    Args:
        own_sync: the sync that does it; any other that runs is in the way.

    Raises:
        SyncInProgress: another sync of the user runs, which writes such rows still or does this
            itself.
        DatabaseFault: the database cannot be read or written.
    """
    known = await db.read(lambda connection: marks.load(connection, user_id))
    if known is not None and known.is_finished:
        return known
    mark = await db.write(partial(_begin, user_id, own_sync))
    days: _Days | None = None
    while not mark.is_finished:
        tell(mark.fraction)
        days = days or await _days(db, user_id)
        stretch, plan = await db.read(partial(_plan, user_id, mark.day, days, rows_at_a_time))
        count = len(plan.rows)
        starts = range(0, max(1, count), rows_at_a_time)
        for start in starts:
            part = plan.rows[start : start + rows_at_a_time]
            is_last = start == starts[-1]
            write = partial(_write, user_id, own_sync, stretch, plan, part, is_last, days.readings)
            mark = await db.write(write)
            tell(mark.fraction)
            if mark.is_finished or (not is_last and mark.day != stretch.start):
                break  # another program has gone on meanwhile
    return mark


def _begin(user_id: UserId, own_sync: SyncId | None, connection: sa.Connection) -> Mark:
    _take_turn(connection, user_id, own_sync)
    return marks.load_or_make(connection, user_id)


def _take_turn(connection: sa.Connection, user_id: UserId, own_sync: SyncId | None) -> None:
    upgrade.take_lock(connection)
    row = connection.execute(running_of(user_id)).first()
    if row is not None and row.sync_id != own_sync and run_of(row).is_running:
        raise SyncInProgress(SyncId(row.sync_id))


async def _days(db: Database, user_id: UserId) -> _Days:
    """Read the earlier syncs, and find the days of what has no date."""
    syncs = await db.read(lambda connection: earlier_syncs.syncs_of(connection, user_id))
    undated: list[Undated] = []
    after: str | None = None
    while True:
        some, after = await db.read(
            partial(
                lambda after, connection: old_rows.undated_of(connection, user_id, after), after
            )
        )
        undated += some
        if after is None:
            break
    latest = {one.claim_id: one.stored_on for one in undated}
    now = await db.read(read_now)
    reached = [sync.since or sync.started_at - REACH for sync in syncs]
    oldest = min([now - REACH, *reached]).date() - timedelta(days=1)
    # In a reading thread, because it may take a while.
    found = await db.read(lambda _: old_rows.days_of(undated, oldest))
    return _Days(earlier_readings(syncs), found, latest)


def _plan(
    user_id: UserId, start: date | None, days: _Days, rows_at_a_time: int, connection: sa.Connection
) -> tuple[Stretch, Plan]:
    """Read some whole days and decide what becomes of their rows."""
    stretch = old_rows.next_stretch(connection, user_id, start, rows_at_a_time)
    rows = old_rows.rows_of(connection, user_id, stretch, {**days.latest, **days.found})
    converted = [_converted(row, days) for row in rows]
    old_claims = [one.old_claim for one in converted]
    asked = perhaps_double(old_claims, days.readings)
    brought = earlier_syncs.brought_by(connection, user_id, asked, days.readings)
    older_of = find_doubles(old_claims, days.readings, brought)
    return stretch, plan_of(converted, older_of)


def _converted(row: old_rows.OldRow, days: _Days) -> Converted:
    name = row.claim_id
    return convert(row, days.found.get(name), days.latest.get(name, date.min))


def _write(
    user_id: UserId,
    own_sync: SyncId | None,
    stretch: Stretch,
    plan: Plan,
    part: Sequence[Converted],
    is_last: bool,
    readings: Sequence[EarlierReading],
    connection: sa.Connection,
) -> Mark:
    """Write a part of a stretch, and the mark with it. Gives the mark as it stands then."""
    _take_turn(connection, user_id, own_sync)
    mark = marks.load_or_make(connection, user_id)
    if mark.is_finished or mark.day != stretch.start:
        return mark
    left = writing.left_of(connection, user_id, part)
    writing.put(connection, user_id, left, plan)
    mark = msgspec.structs.replace(
        mark,
        done=mark.done + len(left),
        doubles=mark.doubles + sum(map(plan.is_double, left)),
    )
    if is_last and stretch.end is None:
        # Where something was read before, what is told with another amount is no new claim.
        read_spans.put(connection, user_id, Dataset.CLAIMS, map(_span, readings))
    if is_last:
        mark = msgspec.structs.replace(mark, day=stretch.end, is_finished=stretch.end is None)
    marks.save(connection, user_id, mark)
    return mark


def _span(reading: EarlierReading) -> ReadSpan:
    source = ClaimsSource.EVENTS_V0.value
    return ReadSpan(source, reading.since, reading.until, reading.began_at)
