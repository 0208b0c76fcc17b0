"""Which interrupted sync the window resumes by itself when it opens.

One of an account that it shows, if
- the account is connected here: there are secrets for it, and Amazon has not refused them;
- its newest sync is one that broke off because its program ended, not one that a person cancelled
  or that failed;
- that program ran on this computer and is gone; another computer resumes its own;
- it is not one that the window had resumed by itself before and that ended with its program
  without a word, such as by a crash: the next start would end in the same way, and the next.
"""

import socket
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from opside_desktop.domain.accounts import Account, CredentialStatus
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import ErrorCode
from opside_desktop.domain.syncs import DatasetStatus, SyncRequest, SyncRun, SyncStatus

if TYPE_CHECKING:
    from opside_desktop.ui.program.services import Services

TRIGGER = "resumed"
"""What started such a sync."""

RESUMED = "taken up"
"""The name under which the window remembers, by user, the sync that it resumed, until it ends in
order; older versions wrote it so."""


def to_resume(
    services: "Services", accounts: Sequence[Account]
) -> list[tuple[Account, SyncRequest]]:
    """List the accounts whose newest sync is to be resumed, and what to copy from where."""
    if services.read_only:
        return []
    resumed = _remembered(services)
    found = []
    for account in accounts:
        run = services.board.syncs(account.user_id).newest
        if run is None or not _is_connected(services, account):
            continue
        if _broke_off_here(run) and resumed.get(account.user_id) != run.sync_id:
            datasets = frozenset(
                one for one in Dataset if run.result(one).status is not DatasetStatus.SKIPPED
            )
            request = SyncRequest(datasets=datasets, sources=run.sources, trigger=TRIGGER)
            found.append((account, request))
    return found


def _remembered(services: "Services") -> Mapping[str, str]:
    """Give the syncs that were resumed and have not ended in order, by user."""
    resumed = services.window_state.get(RESUMED)
    return resumed if isinstance(resumed, dict) else {}


def remember(services: "Services", run: SyncRun) -> None:
    """Note, in time for a crash, that this sync is one that was resumed."""
    services.window_state.put(RESUMED, {**_remembered(services), run.user_id: run.sync_id})
    services.window_state.save()


def forget(services: "Services", runs: Sequence[SyncRun]) -> None:
    """Note that these syncs end in order: should they be interrupted, they may be resumed."""
    ending = {run.sync_id for run in runs}
    kept = {user: sync for user, sync in _remembered(services).items() if sync not in ending}
    services.window_state.put(RESUMED, kept)


def _is_connected(services: "Services", account: Account) -> bool:
    source = services.connections.credential_source(account)
    return (
        source is not None and account.credential_status is not CredentialStatus.RECONNECT_REQUIRED
    )


def _broke_off_here(run: SyncRun) -> bool:
    is_interrupted = run.status is SyncStatus.FAILED and run.error_code is ErrorCode.INTERRUPTED
    if not is_interrupted or run.owner is None or run.owner.host != socket.gethostname():
        return False
    from opside_desktop.sync.processes import is_alive, this_program

    # One that is only silent, as after a computer's sleep, goes on by itself.
    return run.owner == this_program() or not is_alive(run.owner)
