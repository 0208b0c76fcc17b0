"""Settings: looking for new versions."""

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QLineEdit

from opside_desktop import __version__
from opside_desktop.domain.errors import SettingsFault
from opside_desktop.ui.kit.buttons import button
from opside_desktop.ui.kit.dialog import WorkDialog, check_box
from opside_desktop.ui.kit.layouts import Stretch, row
from opside_desktop.ui.settings.section import Section, SettingsContext


class UpdatesSection(Section):
    """The switch, the address, and what the last look brought."""

    name = "updates"

    def __init__(self, dialog: WorkDialog, context: SettingsContext, title: str) -> None:
        super().__init__(dialog, context, title, also=self.tr("updates upgrade news"))
        self._updates = updates = context.updates
        self.add_note(
            self.tr(
                "Opside Desktop can ask once a day whether there is a new version. It sends "
                "nothing about you or your data, asks nothing while a sync runs, and installs "
                "nothing by itself."
            )
        )
        self._switch = check_box(self.tr("Look for new versions once a day"), "updatesSwitch")
        self._switch.clicked.connect(self._on_switch)
        self.column.addWidget(self._switch)
        self._address = QLineEdit(maxLength=2000, placeholderText="https://")
        self._address.setObjectName("updatesAddress")
        self._address.textEdited.connect(self._show_state)
        self._address_label = self.add_field(self.tr("Address to ask"), self._address)
        self._check = button(self.tr("Check now"), self._on_check, name="updatesLook")
        self._page = button(self.tr("Open its page"), self._on_page, name="updatesPage")
        self.column.addLayout(row(self._check, self._page, Stretch()))
        self._note = self.add_note("", name="updatesTold")
        self.column.addStretch(1)
        self._is_fixed = updates.source().variable is not None
        dialog.tasks.drained.connect(self._show_state)
        updates.changed.connect(self._show_state)
        self._show_state()

    def enter(self) -> None:
        """Read again what was chosen; another window may have changed it."""
        self.run("updates", self._load())
        self._show_state()

    def submit(self) -> None:
        """Look, where Enter was pressed behind the address."""
        if self._check.isEnabled():
            self._on_check()

    def _show_state(self) -> None:
        updates = self._updates
        refusal = updates.refusal
        is_busy = self.dialog.tasks.is_busy("updates")
        has_address = bool(self._address.text().strip())
        self._switch.setChecked(updates.is_on and not refusal)
        self._switch.setEnabled(not refusal and not is_busy and (has_address or updates.is_on))
        for each in (self._address, self._address_label):
            each.setEnabled(not refusal and not is_busy and not self._is_fixed)
        self._check.setEnabled(not refusal and not is_busy and has_address)
        self._page.setVisible(updates.news is not None)
        self._note.setText(refusal or self._words(is_busy=is_busy, has_address=has_address))

    def _words(self, *, is_busy: bool, has_address: bool) -> str:
        updates = self._updates
        if is_busy:
            return self.tr("Checking…")
        if not has_address:
            return self.tr(
                "The project has no address for such news yet. Whoever gave you this program may "
                "have one; enter it here."
            )
        if updates.failure is not None:
            return updates.failure.sentence
        if updates.news is not None:
            return self.tr(
                "Opside Desktop {version} is available, of {date}; you have {present}. Get it at "
                "{page}."
            ).format(
                version=updates.news.version,
                date=updates.news.released.isoformat(),
                present=__version__,
                page=updates.news.page,
            )
        if updates.has_looked:
            return self.tr("You have the newest version, {version}.").format(version=__version__)
        if self._is_fixed:
            return self.tr("The address is named by {name}.").format(name=updates.source().variable)
        return ""

    def _chosen(self) -> str | None:
        """Give the address to remember; none where it is the one that holds anyway."""
        from opside_desktop.updates.source import ADDRESS

        text = self._address.text().strip()
        if self._is_fixed:
            return self._updates.address
        return text if text and text != ADDRESS else None

    async def _load(self) -> None:
        await self._updates.load()
        self._address.setText(self._updates.source().address)

    def _on_switch(self) -> None:
        self.run(
            "updates",
            self._updates.choose(is_on=self._switch.isChecked(), address=self._chosen()),
        )
        self._show_state()

    def _on_check(self) -> None:
        self.run("updates", self._look_now())
        self._show_state()

    async def _look_now(self) -> None:
        updates = self._updates
        if self._chosen() != updates.address:
            await updates.choose(is_on=updates.is_on, address=self._chosen())
        await updates.look()

    def _on_page(self) -> None:
        news = self._updates.news
        if news is not None and not QDesktopServices.openUrl(QUrl(news.page)):
            self.dialog.show_error(
                SettingsFault(
                    self.tr("The page {page} could not be opened.").format(page=news.page),
                    why=self.tr("The system has no program for web pages."),
                )
            )
