"""The form for a PostgreSQL server."""

import re
from collections.abc import Mapping
from functools import partial
from urllib.parse import quote

from PySide6.QtCore import Signal
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import QComboBox, QFileDialog, QGridLayout, QLineEdit, QWidget

from opside_desktop.domain.address_parsing import looks_like_address, parse_address
from opside_desktop.domain.database_address import ServerAddress, refused
from opside_desktop.domain.errors import BadInput, DatabaseFault
from opside_desktop.domain.server_address import POSTGRES_PORT, parameters_of, placeholder
from opside_desktop.settings.preferences import Encryption, Server
from opside_desktop.ui.kit.buttons import button
from opside_desktop.ui.kit.dialog import secret_field, secrets_box
from opside_desktop.ui.kit.labels import label, title_of
from opside_desktop.ui.kit.layouts import column
from opside_desktop.ui.kit.theme import Space

LONGEST = 255
AUTOMATIC = ""

_READABLE = " /:=,-_."
_SECRET = re.compile(r"\bpass(?:word|wd)?\s*=", re.IGNORECASE)


class ServerForm(QWidget):
    """Host, port, database, user, password, encryption and further parameters.

    A whole address, pasted or typed into any field, is spread over all of them and stands in none:
    it may hold a password.
    """

    changed = Signal()

    address_judged = Signal(str, bool)
    """A sentence on an address that was given, and whether it says what is wrong with it."""

    def __init__(self, saved: Server | None) -> None:
        super().__init__()
        self._saved = saved
        self._host = _field("serverHost", self.tr("Host"))
        self._host.setPlaceholderText(self.tr("db.example.com, or paste a postgresql:// address"))
        self._port = _field("serverPort", self.tr("Port"))
        self._port.setValidator(QIntValidator(1, 65535, self._port))
        self._port.setText(str(POSTGRES_PORT))
        self._port.setMinimumWidth(80)
        self._database = _field("serverDatabase", self.tr("Database"))
        self._user = _field("serverUser", self.tr("User"))
        password_label, self._password = secret_field(self.tr("Password"), "serverPassword")
        show = secrets_box(self.tr("Show the password"), "serverShowPassword", [self._password])
        self._encryption = QComboBox()
        self._encryption.setObjectName("serverEncryption")
        encryption_title = title_of(self._encryption, self.tr("Encryption"))
        self._fill_encryption()
        self._warning = label(role="warn", font="small", wrap=True, name="serverWarning")
        self._certificate = _field("serverCertificate", self.tr("Certificate of the authority"))
        self._certificate.setPlaceholderText(
            self.tr("only where this computer does not know who signed the server's")
        )
        self._parameters = _field("serverParameters", self.tr("Further parameters"))
        self._parameters.setPlaceholderText("application_name=…&options=-csearch_path=…")
        browse = button(self.tr("Choose file…"), self._on_browse, name="serverBrowse")
        grid = QGridLayout()
        grid.setHorizontalSpacing(Space.S)
        grid.setVerticalSpacing(Space.XS)

        def add(field: QLineEdit, row: int, side: int, width: int) -> None:
            grid.addWidget(title_of(field, field.accessibleName()), row, side, 1, width)
            grid.addWidget(field, row + 1, side, 1, width)

        # In the order in which Tab goes through them.
        add(self._host, 0, 0, 3)
        add(self._port, 0, 3, 1)
        add(self._database, 2, 0, 2)
        add(self._user, 2, 2, 2)
        grid.addWidget(password_label, 4, 0, 1, 2)
        grid.addWidget(self._password, 5, 0, 1, 2)
        grid.addWidget(show, 5, 2, 1, 2)
        grid.addWidget(encryption_title, 6, 0, 1, 4)
        grid.addWidget(self._encryption, 7, 0, 1, 4)
        grid.addWidget(self._warning, 8, 0, 1, 4)
        add(self._certificate, 9, 0, 3)
        grid.addWidget(browse, 10, 3)
        add(self._parameters, 11, 0, 4)
        for side in (0, 2):
            grid.setColumnStretch(side, 1)
        column(grid, margins=(Space.XL, 0, 0, 0), parent=self)
        if saved is not None:
            self._fill(saved)
        self._texts = (
            self._host, self._database, self._user, self._certificate, self._parameters,
        )  # fmt: skip
        self._lengths = {field: len(field.text()) for field in self._texts}
        for field in self._texts:
            field.textChanged.connect(partial(self._on_text, field))
            field.editingFinished.connect(partial(self._take_apart, field))
        self._port.textChanged.connect(self._on_changed)
        self._password.textChanged.connect(self._on_changed)
        self._encryption.currentIndexChanged.connect(self._on_changed)
        self._on_changed()

    @property
    def password(self) -> str:
        """What was typed; empty where nothing was."""
        return self._password.text()

    @property
    def keeps_password(self) -> bool:
        """Whether the password is the one that the key store has for this server already."""
        saved = self._saved
        return (
            not self.password
            and saved is not None
            and saved.has_password
            and saved.secret_name == self._secret_name()
        )

    @property
    def is_complete(self) -> bool:
        """Whether all that is needed is filled."""
        needed = (self._host, self._port, self._database, self._user)
        return all(field.text().strip() for field in needed)

    def server(self) -> Server:
        """Give what the form says.

        Raises:
            BadInput, DatabaseFault: something is missing or cannot be used; the sentence names it.
        """
        if not self.is_complete:
            raise BadInput(self.tr("Please fill in host, port, database and user."))
        port = self._port.text().strip()
        if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
            raise BadInput(self.tr("The port must be a number from 1 to 65535."))
        if not all(field.text().isprintable() for field in self._texts):
            raise BadInput(self.tr("A field holds a character that cannot be shown."))
        mode = self._encryption.currentData()
        return Server(
            host=self._host.text().strip(),
            port=int(port),
            database=self._database.text().strip(),
            user=self._user.text().strip(),
            encryption=Encryption(mode) if mode else None,
            certificate=self._certificate.text().strip() or None,
            parameters=parameters_of(self._parameters.text()),
            has_password=bool(self.password) or self.keeps_password,
        )

    def clear_password(self) -> None:
        """Forget what was typed."""
        self._password.clear()

    def _fill_encryption(self) -> None:
        words = {
            AUTOMATIC: self.tr("Automatic: checked certificate, except on this computer"),
            Encryption.VERIFY_FULL.value: self.tr("Encrypted, certificate and name checked"),
            Encryption.VERIFY_CA.value: self.tr("Encrypted, certificate checked, name not"),
            Encryption.REQUIRE.value: self.tr("Encrypted, nothing checked"),
            Encryption.PREFER.value: self.tr("Encrypted if the server can, nothing checked"),
            Encryption.ALLOW.value: self.tr("Encrypted only if the server insists"),
            Encryption.DISABLE.value: self.tr("Not encrypted"),
        }
        for mode, text in words.items():
            self._encryption.addItem(text, mode)

    def _fill(self, server: Server) -> None:
        self._host.setText(server.host)
        self._port.setText(str(server.port))
        self._database.setText(server.database)
        self._user.setText(server.user)
        self._certificate.setText(server.certificate or "")
        self._set_parameters(server.parameters)
        self._encryption.setCurrentIndex(
            self._encryption.findData(server.encryption.value if server.encryption else AUTOMATIC)
        )

    def _set_parameters(self, given: Mapping[str, str]) -> None:
        # As in an address, but for what needs no escape here.
        pairs = (f"{name}={quote(value, safe=_READABLE)}" for name, value in given.items())
        self._parameters.setText("&".join(pairs))

    def _on_text(self, field: QLineEdit, text: str) -> None:
        length = self._lengths[field]
        self._lengths[field] = len(text)
        # Pasted, not typed: a typed address is half of one until its end.
        if len(text) - length <= 1 or not self._take_apart(field):
            self._on_changed()

    def _on_changed(self) -> None:
        self._password.setPlaceholderText(
            self.tr("in the key store; type to replace it") if self.keeps_password else ""
        )
        self._warning.setText(self._danger())
        self._warning.setVisible(bool(self._warning.text()))
        self.changed.emit()

    def _danger(self) -> str:
        match self._encryption.currentData():
            case Encryption.DISABLE:
                return self.tr(
                    "Others on the network can read the password and all rows. Only for a server "
                    "on this computer, or in a network that you trust."
                )
            case Encryption.PREFER | Encryption.ALLOW:
                return self.tr(
                    "Where the server offers no encryption, others on the network can read the "
                    "password and all rows."
                )
            case Encryption.REQUIRE:
                return self.tr(
                    "Nobody checks who answers: a computer in between could read the password and "
                    "all rows."
                )
            case Encryption.VERIFY_CA:
                return self.tr(
                    "Another server with a certificate of the same authority could take this "
                    "one's place."
                )
        return ""

    def _take_apart(self, field: QLineEdit) -> bool:
        """Spread an address over the fields; tells whether one stood there."""
        text = field.text()
        is_address = (
            bool(_SECRET.search(text) or "://" in text)
            if field is self._parameters
            else looks_like_address(text)
        )
        if not is_address:
            return False
        # Cleared so that undoing does not bring it back either.
        field.setText("")
        try:
            address = parse_address(text)
            if not isinstance(address, ServerAddress):
                raise refused(self.tr("It names a file, and here a server is asked for."))
        except DatabaseFault as fault:
            self._password.clear()
            self.address_judged.emit(fault.sentence, True)
            return True
        parameters = dict(address.parameters)
        mode = self._encryption.findData(parameters.pop("sslmode", AUTOMATIC))
        self._encryption.setCurrentIndex(max(mode, 0))
        self._certificate.setText(parameters.pop("sslrootcert", ""))
        self._set_parameters(parameters)
        self._port.setText(str(address.port or POSTGRES_PORT))
        self._database.setText(address.database)
        self._user.setText(address.user)
        self._password.setText("" if address.has_placeholder else address.password)
        self._host.setText(address.host)
        if address.has_placeholder:
            self.address_judged.emit(placeholder().sentence, True)
        elif address.unneeded:
            words = self.tr("Left out, because it changes nothing here: {names}.")
            self.address_judged.emit(words.format(names=", ".join(address.unneeded)), False)
        return True

    def _secret_name(self) -> str:
        port = self._port.text().strip()
        return Server(
            host=self._host.text().strip(),
            port=int(port) if port.isdigit() else 0,
            database=self._database.text().strip(),
            user=self._user.text().strip(),
        ).secret_name

    def _on_browse(self) -> None:
        picker = QFileDialog(self, self.tr("Certificate of the authority"))
        picker.setNameFilter(self.tr("Certificates (*.pem *.crt *.cer);;All files (*)"))
        picker.fileSelected.connect(self._certificate.setText)
        picker.finished.connect(picker.deleteLater)
        picker.open()


def _field(name: str, title: str) -> QLineEdit:
    made = QLineEdit(maxLength=LONGEST * 4)
    made.setObjectName(name)
    made.setAccessibleName(title)
    return made
