"""What was read whole: of which dataset, from which source, from when to when, and when that was.

A later reading takes the place of an earlier one of its source, as far as it covers it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.ids import UserId
from opside_desktop.store.database import Database
from opside_desktop.store.schema.tables import read_spans

_C = read_spans.c


@dataclass(frozen=True, slots=True)
class ReadSpan:
    """A stretch of time, up to just before `end`, that was read whole at `read_at`.

    All moments are Amazon's.
    """

    source: str
    start: datetime
    end: datetime
    read_at: datetime


async def load(db: Database, user_id: UserId, dataset: Dataset) -> list[ReadSpan]:
    """Read what was read of a dataset, the oldest first; spans of one source never overlap."""

    def read(connection: sa.Connection) -> list[ReadSpan]:
        select = sa.select(_C.source, _C["from"], _C.to, _C.read_at).where(
            _C.user_id == user_id, _C.dataset == dataset.value
        )
        rows = connection.execute(select.order_by(_C["from"], _C.source))
        return [ReadSpan(*row) for row in rows]

    return await db.read(read)


def put(
    connection: sa.Connection, user_id: UserId, dataset: Dataset, spans: Iterable[ReadSpan]
) -> None:
    """Note within a transaction what was read."""
    for span in spans:
        same = (
            _C.user_id == user_id,
            _C.dataset == dataset.value,
            _C.source == span.source,
        )
        overlapping = (*same, _C["from"] < span.end, _C.to > span.start)
        select = sa.select(_C.source, _C["from"], _C.to, _C.read_at).where(*overlapping)
        before = [ReadSpan(*row) for row in connection.execute(select)]
        left = [replace(one, end=span.start) for one in before if one.start < span.start]
        left += [replace(one, start=span.end) for one in before if one.end > span.end]
        connection.execute(read_spans.delete().where(*overlapping))
        connection.execute(
            read_spans.insert(),
            [
                {
                    "user_id": user_id,
                    "dataset": dataset.value,
                    "source": one.source,
                    "from": one.start,
                    "to": one.end,
                    "read_at": one.read_at,
                }
                for one in (span, *left)
            ],
        )
