"""What is kept of the syncs of version 0.1: which of them read claims to the end, and who began."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from opside_desktop.claims.doubles import EarlierReading, EarlierSync, OldClaim, Origin
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.ids import UserId
from opside_desktop.domain.syncs import DatasetStatus
from opside_desktop.store.runs.run_rows import SELECT_RUN, object_of, run_of
from opside_desktop.store.schema import tables
from opside_desktop.store.schema.types import UnreadableValue, moment_read

_ORIGINS = tables.row_origins.c
_KEYS_AT_A_TIME = 500


def syncs_of(connection: sa.Connection, user_id: UserId) -> list[EarlierSync]:
    """Read a user's syncs that were to read claims and have ended."""
    rows = connection.execute(SELECT_RUN.where(tables.sync_progress.c.user_id == user_id))
    found = []
    for row in rows:
        run = run_of(row)
        result = run.result(Dataset.CLAIMS)
        if run.is_running or result.status is DatasetStatus.SKIPPED:
            continue
        metadata = object_of(row.metadata)
        found.append(
            EarlierSync(
                run.sync_id,
                run.started_at,
                result.status is DatasetStatus.SUCCESS,
                _moment(object_of(metadata.get("window")).get("since")),
                Origin(run.is_mock, run.mock_scenario),
            )
        )
    return found


def _moment(value: object) -> datetime | None:
    try:
        return None if value is None else moment_read(value)
    except UnreadableValue:
        return None


def brought_by(
    connection: sa.Connection,
    user_id: UserId,
    claims: Sequence[OldClaim],
    readings: Iterable[EarlierReading],
) -> dict[str, str]:
    """Read which sync first brought each of some claims, as far as that is a reading's."""
    syncs = sorted({sync_id for reading in readings for sync_id in reading.sync_ids})
    ids = sorted(one.claim_id for one in claims)
    found: dict[str, str] = {}
    for start in range(0, len(ids), _KEYS_AT_A_TIME):
        # The sync comes first in the table's key: one step along it for each sync and claim.
        for first in range(0, len(syncs), _KEYS_AT_A_TIME):
            rows = connection.execute(
                sa.select(_ORIGINS.row_key, _ORIGINS.sync_id)
                .where(
                    _ORIGINS.user_id == user_id,
                    _ORIGINS.dataset == Dataset.CLAIMS.value,
                    _ORIGINS.sync_id.in_(syncs[first : first + _KEYS_AT_A_TIME]),
                    _ORIGINS.row_key.in_(ids[start : start + _KEYS_AT_A_TIME]),
                )
                .order_by(_ORIGINS.created_at.desc())
            )
            for row in rows:
                found[row.row_key] = row.sync_id
    return found
