"""When a sync that claims to run counts as dead: nobody has touched its row for too long.

A program touches it every 15 s. One that slept meanwhile has lost its place to whoever starts next.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from opside_desktop.domain.syncs import SyncStatus
from opside_desktop.store.schema.tables import sync_progress

STALE_AFTER_S = 120


def stale_before(now: datetime) -> datetime:
    """Give the moment before which a running row must have been touched to count as dead."""
    return now - timedelta(seconds=STALE_AFTER_S)


def is_stale_sql(now: datetime) -> sa.ColumnElement[bool]:
    """Tell in SQL which rows claim to run but have no living program behind them."""
    table = sync_progress.c
    untouched = sa.or_(table.updated_at.is_(None), table.updated_at < stale_before(now))
    return sa.and_(table.status == SyncStatus.RUNNING, untouched)
