"""Settings: which database the program works with."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtWidgets import QButtonGroup, QRadioButton

from opside_desktop import __version__
from opside_desktop.accounts.server_password import keep_password, password_of
from opside_desktop.domain.address_parsing import parse_address
from opside_desktop.domain.errors import OpsideError, Refused, SettingsFault
from opside_desktop.settings.preferences import (
    DatabaseKind,
    Preferences,
    Server,
    change_preferences,
    read_preferences,
    write_preferences,
)
from opside_desktop.ui.kit.buttons import button
from opside_desktop.ui.kit.check_list import CheckList
from opside_desktop.ui.kit.dialog import WorkDialog
from opside_desktop.ui.kit.labels import label
from opside_desktop.ui.kit.layouts import Stretch, add, column, row
from opside_desktop.ui.kit.theme import Role, Space
from opside_desktop.ui.settings.postgres_form import ServerForm
from opside_desktop.ui.settings.section import Section, SettingsContext

if TYPE_CHECKING:
    from opside_desktop.store.inspect_server import Inspection

RESULT = "database"


class Candidate(NamedTuple):
    """The database that is chosen in the dialog: its address, and its name for people."""

    url: str
    address: str


class DatabaseSection(Section):
    """This computer's file, or a PostgreSQL server."""

    name = "database"

    def __init__(self, dialog: WorkDialog, context: SettingsContext, title: str) -> None:
        also = "PostgreSQL SQLite TLS SSL sslmode server host port"
        super().__init__(dialog, context, title, also=also)
        self._saved = Preferences()
        settings = context.settings
        if settings.demo:
            self.add_note(
                self.tr(
                    "The demo keeps a database of its own in {folder}, whatever is chosen here. "
                    "Open the program without --demo to choose another."
                ).format(folder=settings.home),
                name="databaseFixed",
            )
        elif settings.database_variable is not None:
            shown_address = parse_address(settings.database_url).shown_address
            self.add_note(shown_address, role=None, name="databasePlace")
            self.add_note(
                self.tr(
                    "The environment variable {name} names this database, and comes before what "
                    "is chosen here. Unset it and start the program again to choose another."
                ).format(name=settings.database_variable),
                name="databaseFixed",
            )
        else:
            self._make_choices()
        self.column.addStretch(1)

    @property
    def is_fixed(self) -> bool:
        """Whether the database cannot be chosen here."""
        return self.context.settings.demo or self.context.settings.database_variable is not None

    async def candidate(self) -> Candidate:
        """Give the database that is chosen in the form, with its password.

        Raises:
            BadInput: the form is not filled well.
            KeyStoreFault, DatabaseFault: the password cannot be read.
        """
        if self._file.isChecked():
            settings = self.context.settings
            return Candidate(settings.database_url, str(settings.database_file))
        server = self._form.server()
        return Candidate(server.url(await self._password(server)), server.shown_address)

    @property
    def address(self) -> str:
        """Name the chosen database; empty while the form is not filled well."""
        if self.is_fixed:
            return ""
        if self._file.isChecked():
            return str(self.context.settings.database_file)
        try:
            return self._form.server().shown_address
        except OpsideError:
            return ""

    def submit(self) -> None:
        """Enter tests what was typed; it never chooses a database."""
        if not self.is_fixed and self._test.isVisible() and self._test.isEnabled():
            self._on_test()

    def leave(self) -> None:
        """Forget the password that was typed."""
        if not self.is_fixed:
            self._form.clear_password()

    def _make_choices(self) -> None:
        settings = self.context.settings
        try:
            self._saved = read_preferences(settings.settings_file)
        except SettingsFault as fault:
            self.add_note(fault.sentence, role="error", name="databaseDamaged")
        self._choices = QButtonGroup(self)
        self._file = QRadioButton(self.tr("A file on this computer"))
        self._file.setObjectName("databaseFile")
        self._server = QRadioButton(self.tr("A PostgreSQL server"))
        self._server.setObjectName("databaseServer")
        self._result = CheckList(self.context.appearance.theme)
        self._test = button(self.tr("Test"), self._on_test, name="databaseTest")
        self._use = button(
            self.tr("Use this database"), self._on_use, kind="primary", name="databaseUse"
        )
        self._form = ServerForm(self._saved.server)
        for each in (self._file, self._server):
            self._choices.addButton(each)
        is_server = self._saved.database is DatabaseKind.SERVER
        (self._server if is_server else self._file).setChecked(True)
        path = label(
            str(settings.database_file), role="muted", font="small", wrap=True, selectable=True
        )
        indented = column(path, margins=(Space.XL, 0, 0, Space.S))
        add(self.column, self._file, indented, self._server, self._form)
        add(self.footer, self._result, row(self._test, self._use, Stretch()))
        if self.context.read_only:
            self.add_note(
                self.tr(
                    "This window was opened with --read-only; open it without to choose another "
                    "database."
                ),
                name="databaseReadOnly",
            )
        self._choices.buttonToggled.connect(self._on_changed)
        self._form.changed.connect(self._on_changed)
        self._form.address_judged.connect(self._on_address_judged)
        self.dialog.tasks.drained.connect(self._show_state)
        self._show_state()

    def _on_changed(self) -> None:
        self._result.clear()
        self.dialog.clear_error()
        self.dialog.tasks.cancel("test")
        self._show_state()

    def _on_address_judged(self, sentence: str, is_wrong: bool) -> None:
        self._result.say(RESULT, sentence, Role.ERROR if is_wrong else Role.MUTED)

    def _show_state(self) -> None:
        is_server = self._server.isChecked()
        self._form.setVisible(is_server)
        self._form.setEnabled(not self.dialog.tasks.is_busy("use"))
        self._test.setVisible(is_server)
        # Not disabled while they work, which would take the keyboard away from them.
        is_ready = not is_server or self._form.is_complete
        self._test.setEnabled(is_ready)
        self._use.setEnabled(is_ready and not self.context.read_only)

    async def _password(self, server: Server) -> str | None:
        from opside_desktop.accounts.key_store import KeyStore

        return self._form.password or await password_of(server, KeyStore())

    @property
    def is_busy(self) -> bool:
        """Whether a database is tested, opened or copied to."""
        return any(self.dialog.tasks.is_busy(key) for key in ("test", "use", "copy"))

    # Testing

    def _on_test(self) -> None:
        if self.is_busy:
            return
        self._result.say(RESULT, self.tr("Connecting…"), Role.MUTED)
        self.run("test", self._run_test())
        self._show_state()

    async def _run_test(self) -> None:
        from opside_desktop.store.inspect_server import inspect_server

        try:
            server = self._form.server()
            found = await inspect_server(
                server.url(await self._password(server)), app_version=__version__
            )
        except OpsideError as error:
            self._result.say(RESULT, error.sentence, Role.ERROR)
            return
        except Exception:
            self._result.clear()
            raise
        sentence, role = self._words(found)
        self._result.say(RESULT, sentence, role)
        if found.warning:
            self._result.say("encryption", found.warning, Role.WARN)

    def _words(self, found: "Inspection") -> tuple[str, Role]:
        from opside_desktop.store.inspect_server import Tables

        words = {
            Tables.NONE: self.tr("The database is empty: its tables will be made."),
            Tables.GIVEN: self.tr(
                "The database has tables of this kind that were made elsewhere: what is missing "
                "will be added, and what they hold stays."
            ),
            Tables.OLDER: self.tr(
                "The database was made by an older version: its tables will be brought up to date."
            ),
            Tables.PRESENT: self.tr("The database is this program's, in the present version."),
        }
        start = (
            self.tr("Connected, encrypted, to PostgreSQL {version}.")
            if found.is_encrypted
            else self.tr("Connected to PostgreSQL {version}.")
        ).format(version=found.server_version)
        what = words[found.tables]
        if found.tables is not Tables.PRESENT and (found.read_only or not found.may_create):
            why = self.tr(
                "But its tables are not complete, and this user may not make any: let the "
                "database's owner run what `opside-desktop db upgrade --sql` prints."
            )
            return f"{start} {why}", Role.ERROR
        if found.read_only is not None:
            why = self.tr("It can only be read, so nothing could be synced: {why}")
            return f"{start} {what} {why.format(why=found.read_only.why)}", Role.WARN
        return f"{start} {what}", Role.OK

    # Using it from now on

    def _on_use(self) -> None:
        if self.is_busy:
            return
        self._result.clear()
        self.run("use", self._run_use())
        self._show_state()

    async def _run_use(self) -> None:
        if refusal := self.context.refusal():
            raise Refused(self.tr("Another database cannot be opened now."), why=refusal)
        is_file = self._file.isChecked()
        server = self._saved.server if is_file else self._form.server()
        self._result.say(RESULT, self.tr("Opening the database…"), Role.MUTED)
        try:
            address = await self._try_out()
            if server is not None and not is_file:
                await self._keep_password(server)
            kind = DatabaseKind.FILE if is_file else DatabaseKind.SERVER
            path = self.context.settings.settings_file
            await asyncio.to_thread(_save, path, kind, server)
        except BaseException:
            self._result.clear()
            raise
        self.dialog.accept()
        self.context.restart(address)

    async def _try_out(self) -> str:
        """Open the database once, making its tables, while the present one is still open."""
        from opside_desktop.store.opening import open_database

        candidate = await self.candidate()
        db = await open_database(candidate.url, app_version=__version__)
        await db.close()
        return candidate.address

    async def _keep_password(self, server: Server) -> None:
        from opside_desktop.accounts.key_store import KeyStore

        if self._form.password:
            await keep_password(server, self._form.password, KeyStore())


def _save(path: Path, kind: DatabaseKind, server: Server | None) -> None:
    try:
        change_preferences(path, database=kind, server=server)
    except SettingsFault:
        # What is damaged is put aside; a file that cannot be written is told by this, too.
        write_preferences(path, Preferences(database=kind, server=server))
