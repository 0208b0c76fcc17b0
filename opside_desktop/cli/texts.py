"""Syncs and moments in words, for a terminal."""

from collections.abc import Iterator
from datetime import UTC, datetime

from opside_desktop.domain.claim_types import HiddenReason
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.durations import duration
from opside_desktop.domain.errors import ErrorCode
from opside_desktop.domain.sources import SOURCES
from opside_desktop.domain.syncs import DatasetStatus, SyncRun, SyncStatus

STATUS_WORDS = {
    SyncStatus.RUNNING: "running",
    SyncStatus.COMPLETED: "done",
    SyncStatus.FAILED: "failed",
    SyncStatus.CANCELLED: "cancelled",
}
RESULT_WORDS = {
    DatasetStatus.PENDING: "not begun",
    DatasetStatus.RUNNING: "running",
    DatasetStatus.SUCCESS: "done",
    DatasetStatus.FAILED: "failed",
    DatasetStatus.SKIPPED: "not asked for",
    DatasetStatus.CANCELLED: "stopped",
}


def counted(number: int, one: str, more: str) -> str:
    """A number with the word for what it counts, such as "1 order" or "1,200 orders"."""
    return f"{number:,} {one if number == 1 else more}"


def moment(value: datetime | None) -> str:
    """A moment in UTC, to the second."""
    return "" if value is None else value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def status_word(run: SyncRun) -> str:
    """A sync's state in a word or two, as the window has it."""
    if run.error_code is ErrorCode.INTERRUPTED:
        return "interrupted"
    if run.status is SyncStatus.FAILED and any(
        result.status is DatasetStatus.SUCCESS for result in run.results.values()
    ):
        return "failed in part"
    return STATUS_WORDS[run.status]


def note(run: SyncRun) -> str:
    """What a line of a history says of a sync besides its counts; `show` has the sentences."""
    results = run.results.values()
    skipped, warned = sum(one.skipped for one in results), sum(len(one.warnings) for one in results)
    parts = [
        mock_mark(run.is_mock, run.mock_scenario),
        counted(skipped, "record unreadable", "records unreadable") if skipped else "",
        counted(warned, "warning", "warnings") if warned else "",
        *(f"{dataset} by {source}" for dataset, source in _second_best(run)),
        f"gave way to {run.gave_way_to}" if run.gave_way_to else "",
        run.error or "",
    ]
    return "  ".join(part for part in parts if part)


def _second_best(run: SyncRun) -> Iterator[tuple[Dataset, str]]:
    """Name the datasets that did not come from their best source alone."""
    for dataset in Dataset:
        source = run.result(dataset).source
        if source and source != SOURCES[dataset][0]:
            yield dataset, source


def mock_mark(is_mock: bool | None, scenario: str | None) -> str:
    """What marks simulated data."""
    return f"MOCK ({scenario})" if is_mock else ""


def sync_summary(run: SyncRun) -> list[str]:
    """A sync in a few lines: its state, each dataset, and what went wrong."""
    head = f"Sync {run.sync_id}: {status_word(run)}"
    head += f", {run.progress} %" if run.is_running else f" after {duration(run.duration_s)}"
    lines = [f"{head}.  {mock_mark(run.is_mock, run.mock_scenario)}".rstrip()]
    if run.is_running and run.message:
        lines.append(f"  {run.message}")
    # What hinders them all, such as a locked key store, is said once, below.
    errors = [result.error for result in run.results.values() if result.error]
    for dataset in Dataset:
        result = run.result(dataset)
        line = f"  {dataset.value:<10}{count_of(run, dataset):>9}  {RESULT_WORDS[result.status]}"
        if result.source:
            line += f" by {result.source}"
        if result.complete_since is not None:
            line += f", complete since {result.complete_since:%Y-%m-%d}"
        if result.skipped:
            line += f", {result.skipped:,} could not be read"
        if result.error and errors.count(result.error) == 1:
            line += f": {result.error}"
        lines.append(line)
        lines += [f"    {sentence}" for sentence in result.warnings]
    lines += [error for error in dict.fromkeys(errors) if errors.count(error) > 1]
    if run.error and run.error not in errors:
        lines.append(run.error)
    return lines + [sentence for sentence in (history_words(run),) if sentence]


def history_words(run: SyncRun) -> str:
    """A sentence about the history that a sync is still reading, or has left to another."""
    if run.only_reads_history:
        return "The last 30 days are complete; history goes on."
    if run.gave_way_to is not None:
        return f"It gave way to {run.gave_way_to}, which goes on with the history."
    if run.leaves_history:
        return "The last 30 days are complete; a later sync goes on with the history."
    return ""


HIDDEN_WORDS: dict[str, str] = {
    HiddenReason.DOUBLE: "double",
    HiddenReason.ZERO: "exactly 0.00",
    HiddenReason.UNKNOWN: "unknown kind",
}
"""Why a row is left out of lists; another version's reasons are shown as they are."""


def count_of(run: SyncRun, dataset: Dataset) -> str:
    """What a sync brought of a dataset: a number, or a dash where it was not asked for or read."""
    result = run.result(dataset)
    if result.count or run.is_running:
        return f"{result.count:,}"
    return "none new" if result.status is DatasetStatus.SUCCESS else "–"
