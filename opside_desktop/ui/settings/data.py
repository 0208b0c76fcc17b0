"""Settings: where the data is, and copying it to another database."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QPushButton

from opside_desktop import __version__
from opside_desktop.domain.errors import OpsideError, Refused
from opside_desktop.ui.kit.buttons import button
from opside_desktop.ui.kit.check_list import CheckList
from opside_desktop.ui.kit.dialog import WorkDialog
from opside_desktop.ui.kit.labels import label, progress_bar
from opside_desktop.ui.kit.layouts import Stretch, add, column, row
from opside_desktop.ui.kit.theme import Role, Space
from opside_desktop.ui.settings.database import DatabaseSection
from opside_desktop.ui.settings.section import Section, SettingsContext

if TYPE_CHECKING:
    from opside_desktop.program import Program
    from opside_desktop.store.copy_database import CopyProgress

RESULT = "copy"


class DataSection(Section):
    """The folder, the log, and the copy."""

    name = "data"

    database_wanted = Signal()
    """The other database is to be chosen in its own section."""

    def __init__(
        self, dialog: WorkDialog, context: SettingsContext, title: str, database: DatabaseSection
    ) -> None:
        super().__init__(dialog, context, title, also=self.tr("folder log move migrate backup"))
        self._database = database
        settings = context.settings
        open_home = partial(self._open, settings.home)
        open_log = partial(self._open, settings.log_file.parent)
        folder = button(self.tr("Open the data folder"), open_home, name="openDataFolder")
        log = button(self.tr("Open the log's folder"), open_log, name="openLogFolder")
        self._add_path(self.tr("Data folder"), settings.home, folder)
        self._add_path(self.tr("Log"), settings.log_file, log)
        head = label(self.tr("Copy my data to another database"), font="strong")
        add(self.column, Space.M, head)
        self._note = self.add_note("", role=None, name="copyTold")
        self._result = CheckList(context.appearance.theme)
        self._bar = progress_bar(self.tr("Progress of the copy"), "copyProgress")
        self._copy = button(self.tr("Copy my data"), self._begin, name="copyData")
        self._replace = button(
            self.tr("Replace what is there"),
            partial(self._begin, replace=True),
            kind="danger",
            name="copyReplace",
        )
        self._stop = button(self.tr("Stop the copy"), self._on_stop, name="copyStop")
        self._choose = button(
            self.tr("Choose the other database"),
            self.database_wanted.emit,
            kind="link",
            name="copyChoose",
        )
        self._may_replace = False
        buttons = row(self._copy, self._replace, self._stop, self._choose, Stretch())
        add(self.column, self._bar, self._result, buttons, Stretch())
        dialog.tasks.drained.connect(self._show_state)
        self._show_state()

    def enter(self) -> None:
        """Look again which database was chosen in the other section."""
        self._may_replace = False
        self._show_state()

    def _add_path(self, title: str, path: Path, opener: QPushButton) -> None:
        text = label(str(path), role="muted", wrap=True, selectable=True)
        line = row(Stretch(column(text)), opener, spacing=Space.M)
        line.setAlignment(opener, Qt.AlignmentFlag.AlignTop)
        add(self.column, label(title, font="strong"), line)

    def _show_state(self) -> None:
        is_copying = self.dialog.tasks.is_busy("copy")
        note, is_ready = self._words()
        self._note.setText(note)
        self._bar.setVisible(is_copying)
        self._stop.setVisible(is_copying)
        self._copy.setVisible(is_ready and not is_copying and not self._may_replace)
        self._replace.setVisible(is_ready and not is_copying and self._may_replace)
        self._choose.setVisible(
            not is_copying and not self._database.is_fixed and self.context.program is not None
        )

    def _words(self) -> tuple[str, bool]:
        """Say what would be copied to where, and whether that can be done."""
        program, settings = self.context.program, self.context.settings
        if settings.demo:
            return self.tr("The demo's data stays in the demo."), False
        if program is None:
            return self.tr("No database is open to copy from."), False
        if self.context.read_only:
            return self.tr("This window was opened with --read-only, so nothing is copied."), False
        if settings.database_variable is not None:
            return (
                self.tr(
                    "The database is named by {name}. Copy in a terminal, with "
                    "`opside-desktop db copy`."
                ).format(name=settings.database_variable),
                False,
            )
        source, target = program.db.shown_address, self._database.address
        if not target or target == source:
            return (
                self.tr(
                    "From {source}, which is open now. Where to? Choose the other database under "
                    "Database, without using it yet."
                ).format(source=source),
                False,
            )
        return (
            self.tr(
                "From {source}\nto {target}.\nEverything stored is copied and compared, and the "
                "source stays as it is. A copy that was stopped goes on where it was."
            ).format(source=source, target=target),
            True,
        )

    def _open(self, folder: Path) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self.dialog.show_error(
                Refused(
                    self.tr("The folder {folder} could not be opened.").format(folder=folder),
                    why=self.tr("The system has no program for folders."),
                )
            )

    # Copying

    def _on_stop(self) -> None:
        self._result.say(RESULT, self.tr("Stopping…"), Role.MUTED)
        self.dialog.tasks.cancel("copy")

    def _begin(self, *, replace: bool = False) -> None:
        program = self.context.program
        if program is None or self._database.is_busy:
            return
        self._may_replace = False
        self._bar.setValue(0)
        self._result.say(RESULT, self.tr("Opening the other database…"), Role.MUTED)
        self.run("copy", self._run(program, replace=replace))
        self._show_state()
        self._stop.setFocus()

    async def _run(self, program: "Program", *, replace: bool) -> None:
        from opside_desktop.store.copy_database import NotEmpty, copy_data
        from opside_desktop.store.opening import open_database
        from opside_desktop.store.users import users_of

        try:
            if refusal := self.context.refusal():
                raise Refused(self.tr("The data cannot be copied now."), why=refusal)
            candidate = await self._database.candidate()
            target = await open_database(candidate.url, app_version=__version__)
            try:
                copied = await copy_data(
                    program.db,
                    target,
                    await users_of(program.db),
                    self._show_progress,
                    replace=replace,
                )
            finally:
                await target.close()
            self._result.say(
                RESULT,
                self.tr(
                    "Copied {count} rows to {address}; counts and sums are the same on both sides."
                ).format(count=f"{sum(copied.values()):,}", address=candidate.address),
                Role.OK,
            )
        except NotEmpty as error:
            self._may_replace = True
            self._result.say(
                RESULT,
                self.tr("{what} Choose an empty database, or replace them.").format(
                    what=error.what
                ),
                Role.WARN,
            )
        except OpsideError as error:
            self._result.say(RESULT, error.sentence, Role.ERROR)
        except BaseException:
            self._result.say(
                RESULT,
                self.tr("The copy was stopped. What has arrived stays; copy again to go on."),
                Role.WARN,
            )
            raise

    def _show_progress(self, progress: "CopyProgress") -> None:
        self._bar.setValue(progress.percent)
        words = (
            self.tr("Comparing both databases…")
            if progress.is_checking
            else self.tr("{done} of {total} rows ({table})").format(
                done=f"{progress.done:,}", total=f"{progress.total:,}", table=progress.table
            )
        )
        self._result.say(RESULT, words, Role.MUTED)
