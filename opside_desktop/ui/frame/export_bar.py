"""The exports that run or have just ended: a quiet line for each above the activity strip."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QProcess, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from opside_desktop.domain.errors import OpsideError
from opside_desktop.ui.kit.buttons import Ground, button, tool_button
from opside_desktop.ui.kit.labels import ElidedLabel, announce, progress_bar, set_role
from opside_desktop.ui.kit.layouts import Stretch, column, row, shown, take_away
from opside_desktop.ui.kit.pills import PillStyle, StatusPill
from opside_desktop.ui.kit.tasks import TaskOwner
from opside_desktop.ui.kit.theme import Role, Space
from opside_desktop.ui.kit.words import count_words

if TYPE_CHECKING:
    from pathlib import Path

    from opside_desktop.store.exports.plan import Export, Exported, ExportProgress
    from opside_desktop.ui.program.services import Services

MOST_LINES = 3
"""Older ones that have ended make room for new ones."""


class ExportArea(Ground):
    """Runs exports one after another, so that the tables keep their share of the database."""

    def __init__(self, services: Services, parent: QWidget) -> None:
        super().__init__("bar", parent)
        self._services = services
        self._tasks = TaskOwner(self, services.report)
        self._turn = asyncio.Lock()
        self._started = 0
        self.setObjectName("exports")
        self._column = column(spacing=0, parent=self)

    @property
    def count(self) -> int:
        """How many exports run or wait."""
        return sum(not line.has_ended for line in self._lines())

    async def until_idle(self) -> None:
        """Wait until no export runs or waits."""
        await self._tasks.until_idle()

    def stop(self) -> None:
        """Stop all exports; none of them leaves a file."""
        for line in self._lines():
            if not line.has_ended:
                line.stop()

    def start(self, export: Export) -> None:
        """Begin an export, or let it wait for the one that runs."""
        self._started += 1
        key = f"export {self._started}"
        line = ExportLine(self._services, export, partial(self._tasks.cancel, key))
        self._column.insertWidget(0, line)
        for old in self._lines()[MOST_LINES:]:
            if old.has_ended:
                old.close_line()
        self._tasks.start(key, self._run(export, line))

    async def _run(self, export: Export, line: ExportLine) -> None:
        from opside_desktop.store.exports.run import export_rows

        try:
            async with self._turn:
                line.show_progress(None)
                done = await export_rows(
                    self._services.db, export, line.show_progress, self._services.clock
                )
        except asyncio.CancelledError:
            line.show_stopped()
            raise
        except OpsideError as error:
            line.show_failed(error.sentence)
        except Exception:
            line.show_failed(self.tr("The export failed; nothing was written."))
            raise
        else:
            line.show_done(done)

    def _lines(self) -> list[ExportLine]:
        return shown(self._column, ExportLine)


class ExportLine(QWidget):
    """One export: how far it is, and what can be done with it."""

    def __init__(self, services: Services, export: Export, stop: partial[None]) -> None:
        super().__init__()
        self._formats = services.formats
        self._export = export
        self._ask_to_stop = stop
        self.has_ended = False
        self._is_stopping = False
        self.setObjectName("exportLine")
        self._bar = progress_bar(self.tr("Progress of the export"), "exportProgress")
        self._pill = StatusPill(services.theme, name="exportState")
        self._words = ElidedLabel("exportWords")
        self._cancel = button(self.tr("Cancel"), self.stop, name="exportStop")
        self._cancel.setAccessibleName(self.tr("Cancel the export"))
        self._show = button(
            self.tr("Show in folder"), self._on_show, kind="link", name="exportShowInFolder"
        )
        self._show.hide()
        self._close = tool_button(
            services.theme, "close", self.tr("Close this line"), self.close_line, name="exportClose"
        )
        self._close.hide()
        line = row(
            self._pill,
            Stretch(self._words),
            self._show,
            self._cancel,
            self._close,
            spacing=Space.M,
            margins=(Space.L, Space.XS, Space.L, Space.XS),
        )
        column(self._bar, line, services.theme.hairline(self), spacing=0, parent=self)
        self.setMinimumHeight(40)
        self._say(PillStyle(self.tr("Waiting"), "clock", Role.MUTED), self._name)

    def show_progress(self, progress: ExportProgress | None) -> None:
        """Show how far it is; None while the rows are being counted."""
        if self.has_ended:
            return
        if progress is None:
            words = self._name
        elif progress.is_finishing:
            words = self.tr("{name} · completing the file").format(name=self._name)
        else:
            words = self.tr("{name} · {percent} % · {done} of {rows}").format(
                name=self._name,
                percent=progress.percent,
                done=self._formats.number(progress.done),
                rows=count_words(self._export.query.dataset, progress.total, self._formats),
            )
        self._bar.setValue(0 if progress is None else progress.percent)
        self._say(PillStyle(self.tr("Exporting"), "export", Role.INFO), words)

    def show_done(self, done: Exported) -> None:
        """Say where the file is."""
        words = self.tr("{rows} in {name} ({size})").format(
            rows=count_words(self._export.query.dataset, done.rows, self._formats),
            name=self._name,
            size=self._formats.size(done.size_bytes),
        )
        if done.cut_cells:
            words += " · " + self.tr(
                "{count} texts were cut: Excel takes 32,767 characters"
            ).format(count=self._formats.number(done.cut_cells))
        self._show.show()
        role = Role.WARN if done.cut_cells else Role.OK
        icon = "warning" if done.cut_cells else "check"
        self._end(PillStyle(self.tr("Exported"), icon, role), words)

    def show_stopped(self) -> None:
        """Say that nothing was written."""
        words = self.tr("{name} · nothing was written").format(name=self._name)
        self._end(PillStyle(self.tr("Cancelled"), "cancelled", Role.MUTED), words)

    def show_failed(self, sentence: str) -> None:
        """Say why there is no file."""
        self._end(PillStyle(self.tr("Not exported"), "stop", Role.ERROR), sentence)

    def close_line(self) -> None:
        """Take the line away."""
        take_away(self)

    @property
    def _name(self) -> str:
        return self._export.target.name

    def _end(self, style: PillStyle, words: str) -> None:
        self.has_ended = True
        self._bar.setVisible(False)
        had_focus = self._cancel.hasFocus()
        self._cancel.hide()
        self._close.show()
        if had_focus:
            (self._close if self._show.isHidden() else self._show).setFocus()
        self._say(style, words)
        set_role(self._words, Role.ERROR if style.role is Role.ERROR else None)

    def _say(self, style: PillStyle, words: str) -> None:
        is_news = style.word != self._pill.text
        self._pill.show_style(style)
        self._words.setText(words)
        self._words.setAccessibleName(words)
        if is_news:  # not every percent
            announce(self, f"{style.word}. {words}")

    def stop(self) -> None:
        """Stop the export, as its button does."""
        if self._is_stopping:
            return
        # Not disabled, which would take the keyboard on to the next control: Sync now.
        self._is_stopping = True
        self._say(PillStyle(self.tr("Stopping…"), "cancelled", Role.MUTED), self._name)
        self._ask_to_stop()

    def _on_show(self) -> None:
        show_in_folder(self._export.target)


def show_in_folder(path: Path) -> None:
    """Open the system's file manager where a file is, with the file chosen where it can."""
    if sys.platform == "win32":
        QProcess.startDetached("explorer", ["/select,", str(path)])
    elif sys.platform == "darwin":
        QProcess.startDetached("open", ["-R", str(path)])
    else:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
