"""Settings: answering other programs of this computer."""

import asyncio

from PySide6.QtGui import QGuiApplication, QIntValidator
from PySide6.QtWidgets import QLineEdit

from opside_desktop.domain.errors import OpsideError, SettingsFault
from opside_desktop.settings.preferences import SERVE_PORT, change_preferences, read_preferences
from opside_desktop.ui.kit.buttons import button
from opside_desktop.ui.kit.dialog import WorkDialog, check_box
from opside_desktop.ui.kit.labels import CopyLabel
from opside_desktop.ui.kit.layouts import Stretch, add, row
from opside_desktop.ui.program.serving import TOKEN_DAYS
from opside_desktop.ui.settings.section import Section, SettingsContext


class ServeSection(Section):
    """The switch, the address and the tokens of the HTTP API."""

    name = "serve"

    def __init__(self, dialog: WorkDialog, context: SettingsContext, title: str) -> None:
        super().__init__(dialog, context, title, also="HTTP API REST server token JWT port")
        self.add_note(
            self.tr(
                "Other programs on this computer can start syncs and read the stored rows while "
                "this window is open. Each needs a token. Nothing can be reached from elsewhere."
            )
        )
        self._switch = check_box(self.tr("Serve other programs on this computer"), "serveSwitch")
        self._switch.clicked.connect(self._on_switch)
        self._port = QLineEdit()
        self._port.setObjectName("servePort")
        self._port.setValidator(QIntValidator(1, 65535, self._port))
        self._port.setFixedWidth(80)
        self._port.setText(str(self._saved_port()))
        self._address = CopyLabel(context.appearance.theme, self.tr("the address"))
        self._address.setObjectName("serveAddress")
        self._token = button(self.tr("Make a token and copy it"), self._on_token, name="serveToken")
        self.column.addWidget(self._switch)
        self._port_label = self.add_field(self.tr("Port"), self._port)
        add(self.column, self._address, row(self._token, Stretch()))
        self._note = self.add_note("", name="serveTold")
        self.column.addStretch(1)
        dialog.tasks.drained.connect(self._show_state)
        context.serving.changed.connect(self._show_state)
        self._show_state()

    def _saved_port(self) -> int:
        try:
            return read_preferences(self.context.settings.settings_file).serve_port
        except SettingsFault:
            return SERVE_PORT

    def _show_state(self) -> None:
        serving = self.context.serving
        url = serving.url
        is_busy = self.dialog.tasks.is_busy("serve")
        refusal = serving.refusal
        if self.context.program is None:
            refusal = self.tr("The program is not open.")
        if not is_busy:
            self._switch.setChecked(bool(url))
        # Not disabled while it works, which would take the keyboard away from it.
        self._switch.setEnabled(not refusal)
        for each in (self._port, self._port_label):
            each.setEnabled(not url and not is_busy)
        self._address.setVisible(bool(url))
        if url:
            self._address.show_text(url)
        self._token.setVisible(bool(url) and not is_busy)
        if refusal:
            self._note.setText(refusal)

    def _on_switch(self) -> None:
        wanted = self._switch.isChecked()
        if self.dialog.tasks.is_busy("serve"):
            self._switch.setChecked(not wanted)
            return
        self._note.setText("")
        self.run("serve", self._start() if wanted else self._stop())
        self._show_state()

    async def _start(self) -> None:
        program = self.context.program
        if program is None:
            return
        port = int(self._port.text() or SERVE_PORT)
        if not 1 <= port <= 65535:
            raise SettingsFault(
                self.tr("Other programs cannot be served on this port."),
                fix=self.tr("It must be a whole number from 1 to 65535."),
            )
        await self.context.serving.start(program, port)
        await self._remember(serves=True, serve_port=port)
        self._note.setText(self.tr("It is described at /schema/openapi.json of this address."))

    async def _stop(self) -> None:
        await self.context.serving.stop()
        await self._remember(serves=False)

    async def _remember(self, **changes: bool | int) -> None:
        if not self.context.settings.demo:
            path = self.context.settings.settings_file
            await asyncio.to_thread(change_preferences, path, **changes)

    def _on_token(self) -> None:
        self.run("token", self._make_token())

    async def _make_token(self) -> None:
        program = self.context.program
        if program is None:
            return
        try:
            token = await self.context.serving.make_token(program)
        except OpsideError:
            self._note.setText("")
            raise
        QGuiApplication.clipboard().setText(token)
        self._note.setText(
            self.tr(
                "Copied a token for the user {user}; it holds for {days} days. Whoever has it can "
                "read and sync this user's data, so keep it as you keep a password."
            ).format(user=program.settings.user, days=TOKEN_DAYS)
        )
