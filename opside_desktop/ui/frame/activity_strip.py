"""The activity strip: one line for the running or the last sync; the only place that moves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEasingCurve, QPropertyAnimation, QTimer, Signal

from opside_desktop.ui.kit.buttons import Ground, button
from opside_desktop.ui.kit.labels import ElidedLabel, announce, label, progress_bar, set_role
from opside_desktop.ui.kit.layouts import Stretch, column, row
from opside_desktop.ui.kit.pills import PillStyle, StatusPill
from opside_desktop.ui.kit.theme import Role, Space, Theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opside_desktop.domain.syncs import SyncKey, SyncRun
    from opside_desktop.ui.kit.formats import Formats
    from opside_desktop.ui.program.shown_syncs import NamedRun

BAR_STEPS = 1000
MOVE_MS = 150
TICK_MS = 250


class ActivityStrip(Ground):
    """Tells what is going on in true words; its bar never goes back."""

    details_clicked = Signal(object)
    """SyncRun: the sync whose details are wanted."""

    cancel_clicked = Signal(object)
    """Sequence of SyncRun: the running syncs to stop."""

    def __init__(self, theme: Theme, formats: Formats) -> None:
        super().__init__("bar")
        self._formats = formats
        self._running: tuple[NamedRun, ...] = ()
        self._last: NamedRun | None = None
        self._stopping: set[SyncKey] = set()
        self._highest: dict[SyncKey, int] = {}
        self._announced: str | None = None
        self._may_cancel = True
        self._bar = progress_bar(self.tr("Progress of the sync"), "syncBar", BAR_STEPS)
        self._move = QPropertyAnimation(self._bar, b"value", self)
        self._move.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._pill = StatusPill(theme, name="stripState")
        self._sentence = ElidedLabel("stripSentence")
        self._counts = label(role="muted", font="small", name="stripCounts")
        self._left = label(role="info", font="small", name="stripLeft")
        self._details = button(
            self.tr("Details"), self._on_details_clicked, kind="link", name="stripDetails"
        )
        self._cancel = button(self.tr("Cancel"), self._on_cancel_clicked, name="stripCancel")
        self._cancel.setToolTip(self.tr("Stop the sync; everything copied so far is kept"))
        line = row(
            self._pill,
            Stretch(self._sentence),
            self._left,
            self._counts,
            self._details,
            self._cancel,
            spacing=Space.M,
            margins=(Space.L, Space.XS, Space.L, Space.XS),
        )
        column(self._bar, line, spacing=0, parent=self)
        self.setMinimumHeight(44)
        self._ticker = QTimer(self)
        self._ticker.setInterval(TICK_MS)
        self._ticker.timeout.connect(self.write)
        formats.changed.connect(self.write)
        self.write()

    def show_runs(self, running: Sequence[NamedRun], last: NamedRun | None) -> None:
        """Show the running syncs, or the last one."""
        self._running = tuple(running)
        self._last = last
        self._stopping &= {run.key for _, run in running}
        self._highest = {
            run.key: max(self._highest.get(run.key, 0), run.progress) for _, run in running
        }
        if self._running:
            self._ticker.start()
        else:
            self._ticker.stop()
        self.write()

    def allow_cancel(self, *, is_allowed: bool) -> None:
        """Offer to stop syncs, or only show them."""
        self._may_cancel = is_allowed
        self.write()

    def show_stopping(self, key: SyncKey) -> None:
        """Say at once that a sync is being stopped."""
        self._stopping.add(key)
        self.write()

    def show_not_stopped(self, key: SyncKey) -> None:
        """Take back `show_stopping`: it could not be stopped."""
        self._stopping.discard(key)
        self.write()

    def write(self) -> None:
        """Write all of it again, because something has changed or time has passed."""
        is_running = bool(self._running)
        self._bar.setVisible(is_running)
        may_cancel = is_running and self._may_cancel
        if not may_cancel:
            self._leave_cancel()
        self._cancel.setVisible(may_cancel)
        self._left.setVisible(False)
        if is_running:
            self._write_running()
        elif self._last is not None:
            self._write_last(*self._last)
        else:
            self._pill.show_style(PillStyle(self.tr("Ready"), "clock", Role.MUTED))
            self._sentence.setText(self.tr("No sync has run yet."))
            self._counts.setText("")
        set_role(self._sentence, None if is_running else Role.MUTED)
        self._details.setVisible(is_running or self._last is not None)
        self._announce()

    def _leave_cancel(self) -> None:
        # Qt would take the keyboard to whatever comes next, far away in the window.
        if self._cancel.hasFocus():
            self._details.setFocus()

    def _write_running(self) -> None:
        # What syncs are is loaded behind the first frame.
        from opside_desktop.ui.kit.words import counts_line, history_words, run_pill

        highest = [self._highest[run.key] for _, run in self._running]
        self._move_bar(sum(highest) * BAR_STEPS // (100 * len(highest)))
        name, run = self._running[0]
        stopping = run.key in self._stopping
        if stopping:
            self._leave_cancel()
        self._cancel.setEnabled(not stopping)
        self._cancel.setText(
            self.tr("Cancel") if len(self._running) == 1 else self.tr("Cancel all")
        )
        if stopping:
            self._pill.show_style(PillStyle(self.tr("Stopping…"), "cancelled", Role.MUTED))
        else:
            self._pill.show_style(run_pill(run, self._formats.now()))
        if len(self._running) > 1:
            each = [
                self.tr("{name} {percent} %").format(
                    name=one.name, percent=self._highest[one.run.key]
                )
                for one in self._running
            ]
            self._sentence.setText(
                self.tr("{count} syncs: {each}").format(
                    count=len(self._running), each=", ".join(each)
                )
            )
            self._counts.setText("")
            return
        pattern = (
            self.tr("The interrupted sync of {name} goes on · {percent} % · {message}")
            if run.trigger == "resumed"
            else self.tr("{name} · {percent} % · {message}")
        )
        words = (history_words(run, self._formats), run.message)
        self._sentence.setText(
            pattern.format(
                name=name, percent=self._highest[run.key], message=" · ".join(filter(None, words))
            )
        )
        self._counts.setText(counts_line(run, self._formats))
        now = self._formats.now()
        if run.estimated_completion is not None and run.estimated_completion > now:
            # The sentence counts down to the next call; this is how long all of it takes.
            seconds = (run.estimated_completion - now).total_seconds()
            self._left.setText(self._remaining(seconds))
            self._left.setVisible(True)

    def _write_last(self, name: str, run: SyncRun) -> None:
        from opside_desktop.domain.syncs import SyncStatus
        from opside_desktop.ui.kit.words import counts_line, problem_words, run_pill

        self._pill.show_style(run_pill(run, self._formats.now()))
        ended = run.completed_at or run.updated_at
        ago = self._formats.ago(ended)
        if run.status is SyncStatus.FAILED and run.error:
            text = self.tr("{name} · {ago} · {error}").format(name=name, ago=ago, error=run.error)
        else:
            text = self.tr("{name} · last sync {ago}, took {duration}").format(
                name=name, ago=ago, duration=self._formats.duration(run.duration_s)
            )
            if problems := problem_words(run, self._formats):
                text += f" · {problems}"
        self._sentence.setText(text)
        self._counts.setText(counts_line(run, self._formats))

    def _remaining(self, seconds: float) -> str:
        if seconds < 60:
            return self.tr("less than a minute left")
        minutes = math.ceil(seconds / 60)
        if minutes < 90:
            return self.tr("about {minutes} min left").format(minutes=minutes)
        quarters = round(minutes / 15)  # hours ahead nobody knows the minute
        hours, quarter = divmod(quarters, 4)
        if not quarter:
            return self.tr("about {hours} h left").format(hours=hours)
        return self.tr("about {hours} h {minutes} min left").format(
            hours=hours, minutes=quarter * 15
        )

    def _move_bar(self, value: int) -> None:
        moving = self._move.state() is QPropertyAnimation.State.Running
        if value == (self._move.endValue() if moving else self._bar.value()):
            return
        self._move.stop()
        from PySide6.QtWidgets import QStyle  # loading its many names takes 5 ms

        animated = self.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0
        if value < self._bar.value() or not animated:
            # Only another sync begins lower.
            self._bar.setValue(value)
            return
        self._move.setDuration(MOVE_MS)
        self._move.setStartValue(self._bar.value())
        self._move.setEndValue(value)
        self._move.start()

    def _announce(self) -> None:
        """Tell screen readers about a change of stage, not about every percent."""
        if not self.isVisible():
            return
        before, self._announced = self._announced, self._pill.text
        if before in (None, self._pill.text):
            return  # what the window opens with is no news
        announce(self, f"{self._pill.text}. {self._sentence.text()}")

    def _on_details_clicked(self) -> None:
        shown = self._running[0] if self._running else self._last
        if shown is not None:
            self.details_clicked.emit(shown.run)

    def _on_cancel_clicked(self) -> None:
        self.cancel_clicked.emit([run for _, run in self._running])
