"""What bar and strip are given of syncs. Loads nothing: the first frame needs it."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from opside_desktop.domain.syncs import SyncRun


class NamedRun(NamedTuple):
    """A sync and the name of its account."""

    name: str
    run: SyncRun


class History(Enum):
    """What becomes of history that has not been read yet."""

    GOES_ON = "goes on"
    LEFT = "left"


class Freshness(NamedTuple):
    """When the shown data last came from Amazon, and the last attempt if it failed.

    Attributes:
        last_success: when a sync had last read the recent part.
        failed_attempt: the newest sync, where it failed.
        has_rows: whether any rows are stored, by whichever sync or program.
        newest_row: when the newest of them was stored, if that is known.
        is_syncing: whether a sync runs.
        complete_since: from when on everything has been read, if that is known.
        history: whether older rows are still to come: being read, or left for another sync.
    """

    last_success: datetime | None
    failed_attempt: SyncRun | None = None
    has_rows: bool = False
    newest_row: datetime | None = None
    is_syncing: bool = False
    complete_since: datetime | None = None
    history: History | None = None
