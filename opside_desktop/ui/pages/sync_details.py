"""One sync in full: each dataset, what went wrong, and what support will ask for."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QWidget

from opside_desktop.domain.clock import iso
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.syncs import SyncRun, SyncStatus
from opside_desktop.ui.kit.buttons import button, tool_button
from opside_desktop.ui.kit.formats import Formats
from opside_desktop.ui.kit.labels import CopyLabel, label, set_role
from opside_desktop.ui.kit.layouts import Stretch, add, clear, column, row
from opside_desktop.ui.kit.pills import PillStyle, StatusPill
from opside_desktop.ui.kit.theme import Role, Space, Theme
from opside_desktop.ui.kit.words import (
    by_source,
    dataset_word,
    history_words,
    result_pill,
    result_words,
    run_pill,
    trigger_word,
)

MIN_WIDTH = 320
MAX_REQUEST_IDS = 10


class SyncDetails(QFrame):
    """The side panel of the history; follows its sync while that runs."""

    def __init__(
        self,
        theme: Theme,
        formats: Formats,
        *,
        on_close: Callable[[], object],
        on_cancel: Callable[[], object],
    ) -> None:
        super().__init__()
        self._theme = theme
        self._formats = formats
        self.run: SyncRun | None = None
        """The sync that is shown."""

        self._name = ""
        self.setObjectName("syncDetails")
        self.setProperty("kind", "panel")
        self._pill = StatusPill(theme, name="detailsState")
        self._title = label(font="section", name="detailsTitle", wrap=True)
        self._message = label(role="muted", wrap=True, name="detailsMessage", selectable=True)
        self._error = label(role="error", wrap=True, name="detailsError", selectable=True)
        self._datasets = {dataset: _DatasetLine(theme, dataset) for dataset in Dataset}
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(Space.M)
        self._facts.setVerticalSpacing(6)
        self._facts.setColumnStretch(1, 1)
        self._fact_labels: dict[str, tuple[QLabel, QLabel]] = {}
        self._sync_id = CopyLabel(theme, self.tr("sync id"))
        self._requests_title = label(self.tr("Amazon's request ids"), font="strong")
        self._requests = column(spacing=2)
        self._shown_requests: tuple[str, ...] = ()
        self._cancel = button(self.tr("Cancel"), on_cancel, name="detailsCancel")
        copy = button(self.tr("Copy for ticket"), self._on_copy, name="detailsCopy")
        close = tool_button(theme, "close", self.tr("Close details"), on_close, name="detailsClose")
        body = QWidget()
        body.setProperty("kind", "surface")
        body.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        whole = column(
            self._title,
            self._message,
            self._error,
            margins=(Space.L, 0, Space.L, Space.L),
            parent=body,
        )
        for line in self._datasets.values():
            add(whole, theme.hairline(self), line)
        add(whole, theme.hairline(self), self._facts, self._sync_id, Space.S)
        add(whole, self._requests_title, self._requests, Stretch())
        whole.setAlignment(self._sync_id, Qt.AlignmentFlag.AlignLeft)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(body)
        column(
            row(self._pill, Stretch(), close, margins=(Space.L, Space.M, Space.S, Space.S)),
            Stretch(area),
            row(copy, self._cancel, Stretch(), margins=(Space.L, Space.S, Space.L, Space.M)),
            spacing=0,
            parent=self,
        )
        self._take_width()
        theme.changed.connect(self._take_width)
        formats.changed.connect(self._write)

    def _take_width(self) -> None:
        self.setMinimumWidth(max(self._theme.px(MIN_WIDTH), MIN_WIDTH))

    def show_run(self, run: SyncRun, account_name: str, *, may_cancel: bool) -> None:
        """Show a sync, or a newer record of the shown one."""
        self.run = run
        self._name = account_name
        self._cancel.setVisible(run.is_running and may_cancel)
        self._write()

    def _write(self) -> None:
        run, formats = self.run, self._formats
        if run is None:
            return
        self._pill.show_style(run_pill(run, formats.now()))
        self._title.setText(
            self.tr("{account}, {moment}").format(
                account=self._name, moment=formats.near(run.started_at)
            )
        )
        self._message.setText(
            self.tr("{percent} % · {message}").format(percent=run.progress, message=run.message)
        )
        self._message.setVisible(run.is_running and bool(run.message))
        self._error.setText(run.error or "")
        # Who cancels a sync has no trouble to look into.
        is_cancelled = run.status is SyncStatus.CANCELLED
        set_role(self._error, Role.MUTED if is_cancelled else Role.ERROR)
        self._error.setVisible(bool(run.error))
        for line in self._datasets.values():
            line.show_result(run, formats)
        self._fact("started", self.tr("Started"), formats.moment(run.started_at))
        self._fact("ended", self.tr("Ended"), formats.moment(run.completed_at) or "–")
        self._fact("duration", self.tr("Duration"), formats.duration(run.duration_s))
        self._fact("history", self.tr("History"), self._history(run))
        self._fact("trigger", self.tr("Started by"), trigger_word(run.trigger))
        owner = ""
        if run.owner is not None:
            pattern = self.tr("{host}, process {pid}")
            owner = pattern.format(host=run.owner.host, pid=run.owner.pid)
        self._fact("owner", self.tr("Ran on"), owner)
        self._fact("code", self.tr("Code"), run.error_code or "")
        mock = self.tr("MOCK ({scenario})").format(scenario=run.mock_scenario or "simulator")
        self._fact("mock", self.tr("Data"), mock if run.is_mock else "")
        self._sync_id.show_text(run.sync_id)
        self._write_requests(run.request_ids[-MAX_REQUEST_IDS:])

    def _history(self, run: SyncRun) -> str:
        if run.gave_way_to is None:
            return history_words(run, self._formats)
        pattern = self.tr("gave way to {sync}, which goes on with the history")
        return pattern.format(sync=run.gave_way_to)

    def _fact(self, key: str, title: str, text: str) -> None:
        if key not in self._fact_labels:
            row = self._facts.rowCount()
            names = label(title, role="muted")
            shown = label(wrap=True, selectable=True, name=f"fact_{key}")
            self._fact_labels[key] = (names, shown)
            self._facts.addWidget(names, row, 0, Qt.AlignmentFlag.AlignTop)
            self._facts.addWidget(shown, row, 1)
        for each in self._fact_labels[key]:
            each.setVisible(bool(text))
        self._fact_labels[key][1].setText(text)

    def _write_requests(self, ids: tuple[str, ...]) -> None:
        self._requests_title.setVisible(bool(ids))
        if ids == self._shown_requests:
            return
        self._shown_requests = ids
        clear(self._requests)
        for request_id in ids:
            shown = CopyLabel(self._theme, self.tr("request id"), request_id)
            self._requests.addWidget(shown, 0, Qt.AlignmentFlag.AlignLeft)

    def _on_copy(self) -> None:
        if self.run is not None:
            QGuiApplication.clipboard().setText(ticket(self.run, self._name))


class _DatasetLine(QWidget):
    """How one dataset of a sync stands."""

    def __init__(self, theme: Theme, dataset: Dataset) -> None:
        super().__init__()
        self._dataset = dataset
        self._pill = StatusPill(theme, name=f"{dataset}State")
        self._count = label(name=f"{dataset}Count")
        self._note = label(
            role="muted", font="small", wrap=True, name=f"{dataset}Note", selectable=True
        )
        # Wrapped: the names of two sources would make the panel wider than its place.
        self._source = label(role="muted", font="small", wrap=True, name=f"{dataset}Source")
        first = row(label(dataset_word(dataset), font="strong"), Stretch(), self._count)
        second = row(self._pill, Stretch(self._source))
        column(first, second, self._note, spacing=2, margins=(0, 2, 0, 2), parent=self)

    def show_result(self, run: SyncRun, formats: Formats) -> None:
        result = run.result(self._dataset)
        style = result_pill(result)
        if not run.is_running and style.icon in ("clock", "syncs"):
            style = PillStyle(self.tr("Not finished"), "cancelled", style.role)
        self._pill.show_style(style)
        self._count.setText(result_words(run, self._dataset, formats))
        words = [by_source(result)]
        if result.complete_since is not None:
            day = formats.utc_day(result.complete_since)
            words.append(self.tr("complete since {day}").format(day=day))
        self._source.setText(" · ".join(filter(None, words)))
        # What is said of the whole sync already is not said again.
        notes = ["" if result.error == run.error else result.error or ""]
        if result.skipped:
            one = self.tr("1 record could not be read; the log names it.")
            many = self.tr("{count} records could not be read; the log names them.")
            notes.append(
                one if result.skipped == 1 else many.format(count=formats.number(result.skipped))
            )
        notes += result.warnings
        # Each in a paragraph of its own: there may be many.
        self._note.setText("\n\n".join(note for note in notes if note))
        self._note.setVisible(any(notes))


def ticket(run: SyncRun, account_name: str) -> str:
    """Write a sync as text for support. Holds no secret and no row."""
    lines = [
        f"Sync: {run.sync_id}",
        f"Account: {account_name}",
        f"Result: {run.status}",
        f"Started: {iso(run.started_at)}",
        f"Ended: {iso(run.completed_at) or '-'}",
    ]
    if run.gave_way_to is not None:
        lines.append(f"Gave way to: {run.gave_way_to}")
    lines += [
        f"{dataset}: {run.result(dataset).status}, {run.result(dataset).count} rows, "
        f"{run.result(dataset).skipped} skipped, source {run.result(dataset).source or '-'}, "
        f"complete since {iso(run.result(dataset).complete_since) or '-'}"
        for dataset in Dataset
    ]
    lines += [
        f"{dataset} warning: {sentence}"
        for dataset in Dataset
        for sentence in run.result(dataset).warnings
    ]
    if run.error:
        lines.append(f"Error: {run.error} ({run.error_code})")
    if run.request_ids:
        lines.append("Amazon's request ids: " + ", ".join(run.request_ids[-MAX_REQUEST_IDS:]))
    return "\n".join(lines)
