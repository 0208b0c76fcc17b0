"""Connecting a seller account, in three steps: where, the secrets, the test."""

from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QLineEdit,
    QRadioButton,
    QStackedWidget,
    QWidget,
)

from opside_desktop.accounts.user_ids import new_user_id
from opside_desktop.domain.accounts import MARKETPLACES, Account, Marketplace, Participation, Region
from opside_desktop.domain.errors import OpsideError
from opside_desktop.domain.ids import ExternalUserId
from opside_desktop.ui.dialogs.secrets import SecretFields, WhereToFind
from opside_desktop.ui.kit.buttons import button
from opside_desktop.ui.kit.check_list import CheckList
from opside_desktop.ui.kit.dialog import WorkDialog, scrolling
from opside_desktop.ui.kit.labels import label, title_of
from opside_desktop.ui.kit.layouts import Stretch, add, column
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.theme import Role, Space
from opside_desktop.ui.program.services import Services

if TYPE_CHECKING:
    from opside_desktop.accounts.checks import ConnectionCheck

DATASET_CHECKS = ("claims", "inventory", "orders")
STEPS = 3


class ConnectDialog(WorkDialog):
    """Asks, tests, and says "Connected" only after the key store gave the secrets back."""

    connected = Signal(object)
    """Account: it is connected and stored."""

    sync_requested = Signal(object)
    """Account: the connected one is to be synced now."""

    def __init__(self, services: Services, parent: QWidget, known: Account | None = None) -> None:
        """Prepare to connect a new user, or a `known` one of whom rows are stored already."""
        super().__init__(self.tr("Connect an account"), "connectDialog", parent)
        self._services = services
        self._known = known
        self._connected: Account | None = None
        self._has_answer = False
        """Amazon answers for a dataset at least, so there is something to connect."""
        self._is_guess = False
        """Amazon does not tell the seller's marketplaces: those of the region are offered."""
        self._step_label = label(role="muted", font="small", name="connectStep")
        self._title = label(font="section", name="connectTitle", wrap=True)
        self._regions = QButtonGroup(self)
        self._name = QLineEdit()
        self._fields = SecretFields()
        self._help = WhereToFind()
        self._checks = CheckList(services.theme)
        self._marketplace = QComboBox()
        self._marketplace_label = title_of(self._marketplace, self.tr("Marketplace for inventory"))
        self._steps = QStackedWidget()
        for step in (self._where_step(), self._secrets_step(), self._test_step()):
            area = scrolling(step)
            area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            self._steps.addWidget(area)
        head = column(self._step_label, self._title, spacing=2)
        add(self.content, head, Stretch(self._steps))
        self._back = button(self.tr("Back"), self._on_back, name="connectBack")
        self._cancel = button(self.tr("Cancel"), self.reject, name="connectCancel")
        self._next = button(self.tr("Next"), self._on_next, kind="primary", name="connectNext")
        self._next.setDefault(True)
        add(self.buttons, self._back, Stretch(), self._cancel, self._next)
        self._fields.changed.connect(self._write)
        self.tasks.drained.connect(self._on_work_done)
        self._name.textChanged.connect(self._write)
        self.setMinimumSize(560, 500)
        px = services.theme.px
        self.take_size(px(560), px(500))
        self._go_to(0)

    @override
    def done(self, result: int) -> None:
        self._fields.clear()
        super().done(result)

    # The three steps

    def _where_step(self) -> QWidget:
        page = QWidget()
        explained = self.tr(
            "One permission at Amazon covers one region. Connect another region as another account."
        )
        whole = column(label(explained, role="muted", wrap=True), parent=page)
        words = {
            Region.NA: self.tr("North America (United States, Canada, Mexico, Brazil)"),
            Region.EU: self.tr("Europe (with the Middle East, India and South Africa)"),
            Region.FE: self.tr("Far East (Japan, Australia, Singapore)"),
        }
        for number, (region, text) in enumerate(words.items()):
            choice = QRadioButton(text)
            choice.setObjectName(f"region_{region}")
            choice.setChecked(number == 0)
            self._regions.addButton(choice, number)
            whole.addWidget(choice)
        self._name.setObjectName("connectName")
        self._name.setMaxLength(100)
        if self._known is not None:
            self._name.setText(self._known.display_name)
        self._name.setPlaceholderText(self.tr("for example Acme Germany"))
        title = title_of(self._name, self.tr("Name of the account"))
        add(whole, Space.S, title, self._name, Stretch())
        return page

    def _secrets_step(self) -> QWidget:
        page = QWidget()
        kept = self.tr(
            "They are kept in this system's key store, and nowhere else. Opside Desktop only reads "
            "from Amazon."
        )
        column(
            label(kept, role="muted", wrap=True),
            self._fields,
            self._services.theme.hairline(page),
            self._help,
            Stretch(),
            spacing=Space.M,
            parent=page,
        )
        return page

    def _test_step(self) -> QWidget:
        page = QWidget()
        self._marketplace.setObjectName("connectMarketplace")
        self._marketplace.activated.connect(self._on_marketplace_chosen)
        column(
            self._checks,
            self._marketplace_label,
            self._marketplace,
            Stretch(),
            spacing=Space.M,
            parent=page,
        )
        return page

    # Moving between them

    @property
    def _region(self) -> Region:
        return list(Region)[max(self._regions.checkedId(), 0)]

    def _go_to(self, step: int) -> None:
        titles = (
            self.tr("Where does the account sell?"),
            self.tr("The three secrets of your own app"),
            self.tr("Test the connection"),
        )
        self._steps.setCurrentIndex(step)
        self._title.setText(titles[step])
        self._step_label.setText(
            self.tr("Step {step} of {steps}").format(step=step + 1, steps=STEPS)
        )
        self.clear_error()
        self._write()
        if step == 0:
            self._name.setFocus()
        elif step == 1:
            self._help.region = self._region
            self._fields.focus_first()
        else:
            self._test()

    def _write(self) -> None:
        step = self._steps.currentIndex()
        busy = self.tasks.is_busy("test") or self.tasks.is_busy("connect")
        self._back.setVisible(step > 0 and self._connected is None)
        self._back.setEnabled(not self.tasks.is_busy("connect"))
        self._cancel.setText(self.tr("Close") if self._connected else self.tr("Cancel"))
        has_marketplaces = step == STEPS - 1 and self._marketplace.count() > 0
        may_connect = has_marketplaces and self._has_answer
        self._marketplace_label.setVisible(has_marketplaces)
        self._marketplace.setVisible(has_marketplaces)
        self._marketplace.setEnabled(not busy and self._connected is None)
        if self._connected is not None:
            self._next.setText(self.tr("Sync now"))
            self._next.setEnabled(True)
        elif step == STEPS - 1:
            failed = not busy and not may_connect
            self._next.setText(self.tr("Test again") if failed else self.tr("Connect"))
            self._next.setEnabled(not busy)
        else:
            self._next.setText(self.tr("Next"))
            self._next.setEnabled(
                bool(self._name.text().strip()) if step == 0 else self._fields.count == STEPS
            )

    def _on_back(self) -> None:
        self.tasks.cancel("test")
        self._go_to(self._steps.currentIndex() - 1)

    def _on_next(self) -> None:
        step = self._steps.currentIndex()
        if self._connected is not None:
            self.accept()
            self.sync_requested.emit(self._connected)
        elif step < STEPS - 1:
            self._go_to(step + 1)
        elif self._has_answer and not self.tasks.is_busy("connect"):
            self._start("connect", self._connect())
        else:
            self._test()

    # Testing and keeping

    def _test(self) -> None:
        self._checks.clear()
        self._marketplace.clear()
        self._has_answer = False
        self.clear_error()
        self._start("test", self._run_test())

    def _start(self, key: str, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.replace(key, work)
        self._write()

    def _on_work_done(self) -> None:
        self._write()
        if self._steps.currentIndex() == STEPS - 1:
            self._next.setFocus()

    async def _run_test(self) -> None:
        services, region, secrets = self._services, self._region, self._fields.values
        self._checks.say("permission", self.tr("Asking Amazon for access…"), Role.MUTED)
        self._checks.say("marketplaces", self.tr("The seller's marketplaces"), Role.MUTED)
        self._checks.say("key_store", self.tr("The key store of this system"), Role.MUTED)
        try:
            found = await services.connections.test(secrets, region, on_check=self._on_check)
        except OpsideError as error:
            asked = self._checks.is_waiting("permission")
            self._checks.say("permission" if asked else "marketplaces", error.sentence, Role.ERROR)
            self._checks.drop_waiting()
            return
        try:
            backend = await services.key_store.check()
        except OpsideError as error:
            self._checks.say("key_store", error.sentence, Role.ERROR)
            return
        self._checks.say(
            "key_store",
            self.tr("The key store of this system ({backend}) answers.").format(backend=backend),
            Role.OK,
        )
        self._is_guess = found is None
        choices = _of_region(region) if found is None else _that_fit(found, region)
        if choices:
            self._offer(choices)
            await self._run_datasets()

    async def _run_datasets(self) -> None:
        """Ask for each dataset; where none answers there is nothing to connect."""
        self._has_answer = False
        for dataset in DATASET_CHECKS:
            self._checks.say(
                dataset, self.tr("Asking for {what}…").format(what=dataset), Role.MUTED
            )
        try:
            await self._services.connections.test_datasets(
                self._fields.values,
                self._region,
                self._marketplace.currentData(),
                on_check=self._on_check,
            )
        except OpsideError as error:
            if not self._checks.is_waiting(DATASET_CHECKS[-1]):
                return  # every line tells its own
            self._checks.drop_waiting()
            self._checks.say("permission", error.sentence, Role.ERROR)
        else:
            self._has_answer = True

    def _on_marketplace_chosen(self) -> None:
        if self._is_guess:
            self._start("test", self._run_datasets())

    def _on_check(self, check: "ConnectionCheck") -> None:
        mild = check.name in DATASET_CHECKS or not check.needed
        bad = Role.WARN if mild else Role.ERROR
        self._checks.say(check.name, check.sentence, Role.OK if check.ok else bad)

    def _offer(self, choices: Sequence[Marketplace]) -> None:
        for each in choices:
            self._marketplace.addItem(f"{each.name} ({each.country_code})", each.id)
        preferred = self._marketplace.findData(self._services.settings.marketplace_id)
        self._marketplace.setCurrentIndex(max(preferred, 0))

    async def _connect(self) -> None:
        self._checks.say("stored", self.tr("Storing the secrets…"), Role.MUTED)
        name = self._name.text().strip()
        connections = self._services.connections
        try:
            account = await connections.connect(
                await self._user_id(name),
                name,
                self._region,
                self._marketplace.currentData(),
                self._fields.values,
            )
        except OpsideError as error:
            self._checks.say("stored", error.sentence, Role.ERROR)
            return
        self._fields.clear()
        self._connected = account
        self._title.setText(self.tr("{name} is connected").format(name=account.display_name))
        self._checks.say(
            "stored",
            self.tr("Connected: the key store gave the secrets back as they were stored."),
            Role.OK,
        )
        self.connected.emit(account)

    async def _user_id(self, name: str) -> ExternalUserId:
        """Choose under which user the account is kept; rows of others are never mixed with it."""
        if self._known is not None:
            return self._known.external_user_id
        # Asked now: an account connected meanwhile must not be overwritten by this one.
        users = await self._services.connections.users()
        return new_user_id(name, self._services.settings.user, users)


def _of_region(region: Region) -> list[Marketplace]:
    return [each for each in MARKETPLACES.values() if each.region is region]


def _that_fit(found: Sequence[Participation], region: Region) -> list[Marketplace]:
    ids = {each.marketplace_id for each in found if each.is_participating}
    return [each for each in _of_region(region) if each.id in ids]
