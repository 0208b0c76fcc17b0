"""What bar and strip are given of syncs. Loads nothing: the first frame needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from opside_desktop.domain.syncs import SyncRun


class NamedRun(NamedTuple):
    """A sync and the name of its account."""

    name: str
    run: SyncRun


class Freshness(NamedTuple):
    """When the shown data last came from Amazon, and the last attempt if it failed.

    Attributes:
        last_success: when a sync last completed.
        failed_attempt: the newest sync, where it failed.
        has_rows: whether any rows are stored, by whichever sync or program.
        newest_row: when the newest of them was stored, if that is known.
        is_syncing: whether a sync runs.
    """

    last_success: datetime | None
    failed_attempt: SyncRun | None = None
    has_rows: bool = False
    newest_row: datetime | None = None
    is_syncing: bool = False
