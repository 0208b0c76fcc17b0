"""What is known of the shown accounts: the one source of bar, pages and strip, and their words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from opside_desktop.domain.accounts import Account
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.standing import Standing, standing_of
from opside_desktop.domain.syncs import DatasetStatus, SyncStatus
from opside_desktop.ui.kit.formats import Formats
from opside_desktop.ui.kit.pills import PillStyle
from opside_desktop.ui.kit.words import standing_pill
from opside_desktop.ui.program.shown_syncs import Freshness, History, NamedRun

if TYPE_CHECKING:
    from opside_desktop.sync.board import SyncBoard
    from opside_desktop.sync.user_syncs import UserSyncs


def _tr(text: str) -> str:
    return QCoreApplication.translate("facts", text)


@dataclass(frozen=True, slots=True)
class AccountSyncs:
    """An account and its own syncs: from this pair all words about an account are taken."""

    account: Account
    syncs: "UserSyncs"

    def __post_init__(self) -> None:
        """Refuse the syncs of another account.

        Raises:
            ValueError: they are another one's.
        """
        if self.syncs.user_id != self.account.user_id:
            raise ValueError(f"{self.account.user_id} has not the syncs of {self.syncs.user_id}.")

    @property
    def standing(self) -> Standing:
        """Whether Amazon lets the account in, as its last sync that has ended tells."""
        return standing_of(self.account, self.syncs.ended)


def syncs_of(board: "SyncBoard", accounts: Sequence[Account]) -> tuple[AccountSyncs, ...]:
    """Put what the board knows of each account beside it."""
    return tuple(AccountSyncs(each, board.syncs(each.user_id)) for each in accounts)


def running_syncs(known: Sequence[AccountSyncs]) -> list[NamedRun]:
    """Give the running syncs of these accounts."""
    return [
        NamedRun(one.account.display_name, one.syncs.running)
        for one in known
        if one.syncs.running is not None
    ]


def newest_sync(known: Sequence[AccountSyncs]) -> NamedRun | None:
    """Give the sync of these accounts that began last."""
    found = [
        NamedRun(one.account.display_name, one.syncs.newest)
        for one in known
        if one.syncs.newest is not None
    ]
    return max(found, key=lambda named: named.run.started_at, default=None)


def freshness(known: Sequence[AccountSyncs]) -> Freshness:
    """Tell how old the data of these accounts is, by the oldest of their last good syncs."""
    newest = [one.syncs.newest for one in known if one.syncs.newest is not None]
    read = [one.syncs.read_at for one in known]
    since = [one.syncs.complete_since for one in known]
    is_left = [one for one in known if one.syncs.is_history_left]
    failed = [run for run in newest if run.status is SyncStatus.FAILED]
    stored = [one.syncs.stored for one in known if one.syncs.stored.any]
    return Freshness(
        last_success=min((moment for moment in read if moment), default=None),
        failed_attempt=max(failed, key=lambda run: run.started_at, default=None),
        has_rows=bool(stored),
        newest_row=max((rows.newest for rows in stored if rows.newest), default=None),
        is_syncing=any(run.is_running for run in newest),
        complete_since=max((moment for moment in since if moment), default=None),
        history=_history(is_left),
    )


def _history(is_left: Sequence[AccountSyncs]) -> History | None:
    if not is_left:
        return None
    goes_on = all(one.syncs.running is not None for one in is_left)
    return History.GOES_ON if goes_on else History.LEFT


def standing(known: Sequence[AccountSyncs]) -> PillStyle | None:
    """Give the look of an account that Amazon does not let in; of several, what is to be mended."""
    normal = {Standing.CONNECTED} if len(known) == 1 else {Standing.CONNECTED, Standing.ELSEWHERE}
    return next((standing_pill(one.standing) for one in known if one.standing not in normal), None)


def empty_words(
    dataset: Dataset, known: Sequence[AccountSyncs], formats: Formats
) -> tuple[str, str]:
    """Say in a title and a text why nothing of a dataset is stored of these accounts."""
    name = known[0].account.display_name if len(known) == 1 else _tr("your accounts")
    completed = [one.syncs.completed for one in known if one.syncs.completed is not None]
    ended = [one.syncs.ended for one in known if one.syncs.ended is not None]
    none_yet = {
        Dataset.CLAIMS: _tr("No claims of {name} yet."),
        Dataset.INVENTORY: _tr("No FBA stock of {name} yet."),
        Dataset.ORDERS: _tr("No orders of {name} yet."),
    }[dataset].format(name=name)
    if running_syncs(known):
        title = _tr("A sync of {name} is running.").format(name=name)
        return title, _tr("Rows appear here as soon as they arrive.")
    if completed:
        last = max(completed, key=lambda run: run.started_at)
        was_asked = last.result(dataset).status is not DatasetStatus.SKIPPED
        text = (
            _tr("The last sync, {moment}, found none.")
            if was_asked
            else _tr("The last sync, {moment}, did not ask for them.")
        )
        return none_yet, text.format(moment=formats.near(last.completed_at or last.updated_at))
    if ended:
        last = max(ended, key=lambda run: run.started_at)
        moment = formats.near(last.completed_at or last.updated_at)
        title = _tr("No sync of {name} has completed yet.").format(name=name)
        if last.status is SyncStatus.CANCELLED:
            return title, _tr("The last one, {moment}, was cancelled.").format(moment=moment)
        text = _tr("The last attempt, {moment}, failed; its details on the page Syncs tell why.")
        return title, text.format(moment=moment)
    if any(one.syncs.stored.any for one in known):
        return none_yet, _tr("Only other rows are stored.")
    return (
        _tr("Nothing synced for {name} yet.").format(name=name),
        _tr(
            "A sync copies claims, inventory and orders. It only reads at Amazon; nothing changes "
            "there."
        ),
    )
