"""States and counts in words, the same on every page."""

from datetime import datetime

from PySide6.QtCore import QCoreApplication

from opside_desktop.domain.accounts import CredentialSource, Endpoint
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import ErrorCode
from opside_desktop.domain.sources import INVENTORY_V1, ClaimsSource, OrdersSourceName
from opside_desktop.domain.standing import Standing
from opside_desktop.domain.syncs import DatasetResult, DatasetStatus, SyncRun, SyncStatus
from opside_desktop.ui.kit.formats import Formats
from opside_desktop.ui.kit.pills import PillStyle
from opside_desktop.ui.kit.theme import Role


def _tr(text: str) -> str:
    return QCoreApplication.translate("words", text)


def run_pill(run: SyncRun, now: datetime) -> PillStyle:
    """Give the word, icon and colour of a sync's state."""
    if run.is_running:
        if run.wait_until is not None and run.wait_until > now:
            return PillStyle(_tr("Waiting for Amazon"), "hourglass", Role.INFO)
        return PillStyle(_tr("Syncing"), "syncs", Role.INFO)
    if run.status is SyncStatus.COMPLETED:
        if skipped(run):
            return PillStyle(_tr("Done with problems"), "warning", Role.WARN)
        return PillStyle(_tr("Done"), "check", Role.OK)
    if run.status is SyncStatus.CANCELLED:
        return PillStyle(_tr("Cancelled"), "cancelled", Role.MUTED)
    if run.error_code is ErrorCode.INTERRUPTED:
        return PillStyle(_tr("Interrupted"), "silent", Role.WARN)
    if any(result.status is DatasetStatus.SUCCESS for result in run.results.values()):
        return PillStyle(_tr("Failed in part"), "stop", Role.ERROR)
    return PillStyle(_tr("Failed"), "stop", Role.ERROR)


def result_pill(result: DatasetResult) -> PillStyle:
    """Give the word, icon and colour of one dataset's state."""
    match result.status:
        case DatasetStatus.PENDING:
            return PillStyle(_tr("Waiting for its turn"), "clock", Role.MUTED)
        case DatasetStatus.RUNNING:
            return PillStyle(_tr("Syncing"), "syncs", Role.INFO)
        case DatasetStatus.SUCCESS if result.skipped:
            return PillStyle(_tr("Done with problems"), "warning", Role.WARN)
        case DatasetStatus.SUCCESS:
            return PillStyle(_tr("Done"), "check", Role.OK)
        case DatasetStatus.FAILED:
            return PillStyle(_tr("Failed"), "stop", Role.ERROR)
        case DatasetStatus.SKIPPED:
            return PillStyle(_tr("Not asked for"), "cancelled", Role.MUTED)
        case DatasetStatus.CANCELLED:
            return PillStyle(_tr("Cancelled"), "cancelled", Role.MUTED)


def standing_pill(standing: Standing) -> PillStyle:
    """Give the word, icon and colour of how an account stands with Amazon."""
    match standing:
        case Standing.CONNECTED:
            return PillStyle(_tr("Connected"), "check", Role.OK)
        case Standing.REFUSED:
            return PillStyle(_tr("Refused by Amazon"), "warning", Role.ERROR)
        case Standing.RECONNECT:
            return PillStyle(_tr("Reconnect needed"), "warning", Role.ERROR)
        case Standing.DISCONNECTED:
            return PillStyle(_tr("Not connected"), "unplug", Role.MUTED)
        case Standing.ELSEWHERE:
            return PillStyle(_tr("Not connected on this computer"), "unplug", Role.MUTED)


def mode_pill(endpoint: Endpoint) -> PillStyle:
    """Name whose data an account shows: LIVE, SANDBOX or MOCK."""
    if not endpoint.is_mock:
        return PillStyle("LIVE", "dot", Role.OK)
    if endpoint.mock_scenario == "sandbox":
        return PillStyle("SANDBOX", "dot", Role.WARN)
    return PillStyle("MOCK", "dot", Role.WARN)


def source_words(source: CredentialSource | None) -> str:
    """Tell where an account's secrets are kept."""
    match source:
        case CredentialSource.KEYRING:
            return _tr("Secrets in this system's key store")
        case CredentialSource.ENVIRONMENT:
            return _tr("Secrets from environment variables")
        case CredentialSource.DEMO:
            return _tr("Sample seller, no secrets needed")
        case None:
            return _tr("No secrets found")


def dataset_word(dataset: Dataset) -> str:
    """Name a dataset as a title."""
    return {
        Dataset.CLAIMS: _tr("Claims"),
        Dataset.INVENTORY: _tr("Inventory"),
        Dataset.ORDERS: _tr("Orders"),
    }[dataset]


def source_name(source: str) -> str:
    """Name one of Amazon's sources (`domain.sources`); another version's is shown as it is."""
    return {
        ClaimsSource.TRANSACTIONS.value: _tr("transactions"),
        ClaimsSource.EVENTS_V0.value: _tr("financial events (v0)"),
        OrdersSourceName.ORDERS_2026.value: _tr("searchOrders (2026)"),
        OrdersSourceName.ORDERS_V0.value: _tr("Orders API (v0)"),
        INVENTORY_V1: _tr("FBA inventory (v1)"),
    }.get(source, source)


def by_source(result: DatasetResult) -> str:
    """Tell where a sync's rows of a dataset came from; nothing before Amazon has answered."""
    if not result.source:
        return ""
    first, *others = map(source_name, result.source.split("+"))
    for other in others:
        first = _tr("{one} and {other}").format(one=first, other=other)
    return _tr("by {source}").format(source=first)


def count_words(dataset: Dataset, count: int, formats: Formats) -> str:
    """Write `37 claims`, `1 SKU`, `250 orders`."""
    one, many = {
        Dataset.CLAIMS: (_tr("1 claim"), _tr("{count} claims")),
        Dataset.INVENTORY: (_tr("1 SKU"), _tr("{count} SKUs")),
        Dataset.ORDERS: (_tr("1 order"), _tr("{count} orders")),
    }[dataset]
    return one if count == 1 else many.format(count=formats.number(count))


def result_words(run: SyncRun, dataset: Dataset, formats: Formats) -> str:
    """Tell what a sync brought of a dataset: a number where there is one, else why there is none.

    Nothing new, nothing because of a failure, and nothing because nobody asked are three things;
    of the last this says nothing.
    """
    result = run.result(dataset)
    if result.status is DatasetStatus.SKIPPED:
        return ""
    if result.count or run.is_running:
        return count_words(dataset, result.count, formats)
    if result.status is DatasetStatus.SUCCESS:
        return {
            Dataset.CLAIMS: _tr("no new claims"),
            Dataset.INVENTORY: _tr("no new SKUs"),
            Dataset.ORDERS: _tr("no new orders"),
        }[dataset]
    return {
        Dataset.CLAIMS: _tr("claims not read"),
        Dataset.INVENTORY: _tr("inventory not read"),
        Dataset.ORDERS: _tr("orders not read"),
    }[dataset]


def counts_line(run: SyncRun, formats: Formats) -> str:
    """Write what a sync brought of every dataset that was asked for; empty if none was read."""
    read = (DatasetStatus.SUCCESS, DatasetStatus.RUNNING, DatasetStatus.PENDING)
    if not any(one.count or one.status in read for one in run.results.values()):
        return ""
    each = (result_words(run, dataset, formats) for dataset in Dataset)
    return " · ".join(words for words in each if words)


def skipped(run: SyncRun) -> int:
    """Count the records of a sync that could not be read."""
    return sum(result.skipped for result in run.results.values())


def problem_words(run: SyncRun, formats: Formats) -> str:
    """Name in a few words what went wrong in a sync; empty when nothing did."""
    parts = []
    failed = [
        dataset_word(dataset)
        for dataset in Dataset
        if run.result(dataset).status is DatasetStatus.FAILED
    ]
    if failed:
        parts.append(_tr("Failed: {datasets}").format(datasets=", ".join(failed)))
    if not run.is_running and (history := history_words(run, formats)):
        parts.append(history[0].upper() + history[1:])
    if unread := skipped(run):
        one, many = _tr("1 record unreadable"), _tr("{count} records unreadable")
        parts.append(one if unread == 1 else many.format(count=formats.number(unread)))
    if warned := sum(len(result.warnings) for result in run.results.values()):
        one, many = _tr("1 warning"), _tr("{count} warnings")
        parts.append(one if warned == 1 else many.format(count=formats.number(warned)))
    if not parts and run.status is SyncStatus.FAILED and run.error:
        parts.append(run.error)
    return " · ".join(parts)


def history_words(run: SyncRun, formats: Formats) -> str:
    """Tell of history that a sync is still reading or has left to another; else nothing."""
    if run.only_reads_history:
        if run.complete_since is None:
            return _tr("history goes on")
        return _tr("complete since {day}; history goes on").format(
            day=formats.utc_day(run.complete_since)
        )
    if run.gave_way_to is not None:
        return _tr("gave way to a newer sync, which goes on with the history")
    if run.leaves_history:
        return _tr("history is left to a later sync")
    return ""


def trigger_word(trigger: str) -> str:
    """Tell what started a sync."""
    known = {
        "manual": _tr("You, in the window"),
        "terminal": _tr("Command line"),
        "http": _tr("Another program over HTTP"),
        "schedule": _tr("Schedule"),
        "resumed": _tr("The window, after an interruption"),
        "history": _tr("By itself, to go on with the history"),
    }
    return known.get(trigger, trigger)
