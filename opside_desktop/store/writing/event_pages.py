"""Writing a page of financial events: matched with what is stored, and written as that leaves it.

One transaction reads what the events could be, lets `claims.identity.matching` say which they are,
and writes sightings, claims, financial events, the checkpoint and the counts. A page whose events
are all told as they were before only gets new times.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Unpack

import sqlalchemy as sa

from opside_desktop.claims.identity.matching import end_unfinished, match_page
from opside_desktop.claims.identity.outcomes import Note, Outcome, WindowReading
from opside_desktop.claims.sightings import Told
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.ids import UserId
from opside_desktop.domain.syncs import SyncRun
from opside_desktop.store.database import Database
from opside_desktop.store.schema import tables
from opside_desktop.store.writing.event_neighbourhood import Neighbours, neighbours
from opside_desktop.store.writing.event_rows import put_outcome
from opside_desktop.store.writing.page_write import PageProgress, PageWrite


@dataclass(frozen=True, slots=True)
class WrittenEvents:
    """What came of a page.

    Attributes:
        counted: how many claims counted anew, hidden ones among them.
        notes: with the ids that the claims have in the database.
    """

    counted: int
    notes: Sequence[Note]


async def are_events_stored(db: Database, user_id: UserId, *, is_mock: bool) -> bool:
    """Tell whether anything is stored of what Amazon has told of a user's events."""
    columns = tables.event_sightings.c
    select = sa.select(columns.id).where(columns.user_id == user_id, columns.is_mock == is_mock)
    return await db.read(lambda connection: connection.execute(select.limit(1)).first() is not None)


async def write_events_page(
    db: Database,
    run: SyncRun,
    told: Sequence[Told],
    window: WindowReading,
    *,
    is_last: bool,
    **progress: Unpack[PageProgress],
) -> WrittenEvents:
    """Store what a page of a window tells, and a checkpoint.

    Args:
        told: the page's events that are claims, in Amazon's order; see `fit_records.fit_told`.
        is_last: whether it is the window's last page, with which all that waited is settled.

    Raises:
        RunEnded: the sync is no longer this program's.
    """

    page = PageWrite(run, Dataset.CLAIMS, **progress)

    def write(connection: sa.Connection) -> WrittenEvents:
        with page.written(connection) as now:
            near = neighbours(connection, run, told, window, is_last=is_last)
            outcome = match_page(told, near.stored, window, is_last=is_last)
            notes = _put(connection, page, near, outcome, now)
        return WrittenEvents(page.counted, notes)

    return await db.write(write)


async def end_unfinished_window(
    db: Database, run: SyncRun, window: WindowReading, **progress: Unpack[PageProgress]
) -> WrittenEvents:
    """Settle what can be settled of a reading of a window that nobody goes on with.

    Raises:
        RunEnded: the sync is no longer this program's.
    """
    page = PageWrite(run, Dataset.CLAIMS, **progress)

    def write(connection: sa.Connection) -> WrittenEvents:
        with page.written(connection) as now:
            near = neighbours(connection, run, (), window, is_last=True)
            notes = _put(connection, page, near, end_unfinished(near.stored, window), now)
        return WrittenEvents(page.counted, notes)

    return await db.write(write)


def _put(
    connection: sa.Connection, page: PageWrite, near: Neighbours, outcome: Outcome, now: datetime
) -> Sequence[Note]:
    """Write what matching made of a page; gives what is worth telling."""
    rows = put_outcome(connection, page.run, near, outcome, now)
    page.keys = rows.claim_ids
    page.known = {id_: near.claims[id_].synced_at for id_ in rows.claim_ids if id_ in near.claims}
    return rows.notes
