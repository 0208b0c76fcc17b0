"""Resuming: what of an interrupted sync a new one goes on with, and how it is stored."""

import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Final

import msgspec

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import ErrorCode
from opside_desktop.domain.ids import SyncId
from opside_desktop.domain.syncs import SyncRun, SyncStatus
from opside_desktop.store.writing.checkpoints import Checkpoint
from opside_desktop.sync.copying.resume_state import Cursor, ResumeState

log = logging.getLogger(__name__)

EXPIRES_AFTER: Final = timedelta(days=7)
"""A dataset that was read to its end so long ago begins anew, although its sync was stopped."""

READ_AGAIN_AFTER: Final = timedelta(hours=1)
"""A recent part that was read so long ago is read again by who goes on with the history."""

RESUME_STATE: Final = "chain"
CURSOR: Final = "cursor"
"""The names under which both are stored; programs of version 0.1 know no others."""


def as_checkpoint(dataset: Dataset, remembered: ResumeState | Cursor) -> Checkpoint:
    """Put what a dataset's copying remembers into the form that is stored."""
    name = CURSOR if isinstance(remembered, Cursor) else RESUME_STATE
    return Checkpoint(dataset, name, msgspec.to_builtins(remembered))


def read_checkpoints(
    checkpoints: Sequence[Checkpoint], endpoint: str
) -> tuple[ResumeState | None, Cursor | None]:
    """Read what is stored. What another endpoint or a later version wrote is left aside."""
    states = {checkpoint.window: checkpoint.state for checkpoint in checkpoints}
    state = _converted(states.get(RESUME_STATE), ResumeState)
    cursor = _converted(states.get(CURSOR), Cursor)
    return (
        state if state and state.endpoint == endpoint else None,
        cursor if cursor and cursor.endpoint == endpoint else None,
    )


def _converted(state: Any, kind: type[Any]) -> Any:
    if state is None:
        return None
    state = _with_scans(state)
    try:
        return msgspec.convert(state, kind)
    except msgspec.ValidationError as error:
        log.warning("A checkpoint cannot be read and is left aside: %s", error)
        return None


def _with_scans(state: Any) -> Any:
    """Put the one window under way that older programs wrote among several."""
    if not isinstance(state, dict):
        return state
    if state.get("scan") and "scans" not in state:
        return {**state, "scans": [state["scan"]]}
    return {**state, "chain": _with_scans(state["chain"])} if state.get("chain") else state


def is_read_again(state: ResumeState, stopped: Collection[SyncId], now: datetime) -> bool:
    """Whether a new sync reads a state's recent part again, and goes on with its history then.

    What was stopped just now goes on where it was.

    Args:
        stopped: the user's syncs just before this one that were cancelled or interrupted.
        now: by Amazon's clock.
    """
    if state.recent_at is None or state.read_to is None:
        return False
    is_recent = timedelta(0) <= now - state.recent_at < READ_AGAIN_AFTER
    return not (is_recent and state.sync_id in stopped)


def stopped_before(runs: Iterable[SyncRun], sync_id: SyncId) -> frozenset[SyncId]:
    """Find the syncs before one that were stopped in a row.

    Args:
        runs: the user's syncs, newest first.
        sync_id: the one that is beginning.
    """
    before = (run for run in runs if run.sync_id != sync_id)
    return frozenset(run.sync_id for run in takewhile(_was_stopped, before))


def _was_stopped(run: SyncRun) -> bool:
    return run.status is SyncStatus.CANCELLED or run.error_code is ErrorCode.INTERRUPTED


def state_to_resume(
    state: ResumeState | None, cursor: Cursor | None, stopped: Collection[SyncId], now: datetime
) -> ResumeState | None:
    """Find the interrupted state that a new sync goes on with, if there is one.

    Args:
        state: of a dataset that was not read to its end.
        cursor: of one that was, by the former sync or an earlier one.
        stopped: the user's syncs just before this one that were cancelled or interrupted.
        now: by the database's clock.
    """
    if state is not None:
        # Stretches that were read do not expire; counts alone do.
        has_read = state.finished or state.scans or state.holes or state.unread_from
        return state if has_read or now - state.started_at < EXPIRES_AFTER else None
    # The dataset came to its end, but its sync may have been stopped before the others did.
    ended = cursor.resume_state if cursor is not None else None
    if ended is None or ended.sync_id not in stopped or now - ended.started_at >= EXPIRES_AFTER:
        return None
    return ended
