"""What is known of the shown accounts: the one source of bar, pages and strip, and their words."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from opside_desktop.domain.accounts import Account
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.standing import Standing, standing_of
from opside_desktop.domain.syncs import DatasetStatus, SyncRun, SyncStatus
from opside_desktop.ui.frame.top_bar import Freshness
from opside_desktop.ui.kit.formats import Formats
from opside_desktop.ui.kit.pills import PillStyle
from opside_desktop.ui.kit.words import standing_pill
from opside_desktop.ui.life.runs import RunWatch


def _tr(text: str) -> str:
    return QCoreApplication.translate("facts", text)


def newest_run(runs: RunWatch, accounts: Sequence[Account]) -> SyncRun | None:
    """Give the sync of these accounts that began last."""
    found = (runs.newest(account.user_id) for account in accounts)
    return max((run for run in found if run), key=lambda run: run.started_at, default=None)


def freshness(runs: RunWatch, accounts: Sequence[Account]) -> Freshness:
    """Tell how old the data of these accounts is, by the oldest of their last good syncs."""
    ids = [account.user_id for account in accounts]
    newest = [run for run in map(runs.newest, ids) if run is not None]
    completed = [run for run in map(runs.completed, ids) if run is not None]
    failed = [run for run in newest if run.status is SyncStatus.FAILED]
    stored = [moment for has_rows, moment in map(runs.stored, ids) if has_rows]
    return Freshness(
        last_success=min((run.completed_at or run.updated_at for run in completed), default=None),
        failed_attempt=max(failed, key=lambda run: run.started_at, default=None),
        has_rows=bool(stored),
        newest_row=max((moment for moment in stored if moment), default=None),
        is_syncing=any(run.is_running for run in newest),
    )


def standing(runs: RunWatch, accounts: Sequence[Account]) -> PillStyle | None:
    """Give the look of an account that Amazon does not let in; of several, what is to be mended."""
    normal = (
        {Standing.CONNECTED} if len(accounts) == 1 else {Standing.CONNECTED, Standing.ELSEWHERE}
    )
    found = [standing_of(each, runs.newest_ended(each.user_id)) for each in accounts]
    return next((standing_pill(each) for each in found if each not in normal), None)


def empty_words(
    dataset: Dataset, runs: RunWatch, accounts: Sequence[Account], formats: Formats
) -> tuple[str, str]:
    """Say in a title and a text why nothing of a dataset is stored of these accounts."""
    name = accounts[0].display_name if len(accounts) == 1 else _tr("your accounts")
    ids = [account.user_id for account in accounts]
    completed = [run for run in map(runs.completed, ids) if run is not None]
    ended = [run for run in map(runs.newest_ended, ids) if run is not None]
    none_yet = {
        Dataset.CLAIMS: _tr("No claims of {name} yet."),
        Dataset.INVENTORY: _tr("No FBA stock of {name} yet."),
        Dataset.ORDERS: _tr("No orders of {name} yet."),
    }[dataset].format(name=name)
    if any(map(runs.current, ids)):
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
    if any(has_rows for has_rows, _ in map(runs.stored, ids)):
        return none_yet, _tr("Only other rows are stored.")
    return (
        _tr("Nothing synced for {name} yet.").format(name=name),
        _tr(
            "A sync copies claims, inventory and orders. It only reads at Amazon; nothing changes "
            "there."
        ),
    )
