"""The form for a PostgreSQL server."""

from urllib.parse import parse_qsl, unquote, urlsplit

from PySide6.QtCore import Signal
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from opside_desktop.domain.errors import BadInput
from opside_desktop.preferences import DEFAULT_PORT, Encryption, Server
from opside_desktop.ui.dialogs.base import secret_field
from opside_desktop.ui.theme import Space
from opside_desktop.ui.widgets import button, label

LONGEST = 255
AUTOMATIC = ""


class ServerForm(QWidget):
    """Host, port, database, user, password and encryption.

    A whole address pasted or typed as the host fills the other fields.
    """

    changed = Signal()

    def __init__(self, saved: Server | None) -> None:
        super().__init__()
        self._saved = saved
        self._host = _field("serverHost", self.tr("Host"))
        self._host.setPlaceholderText(self.tr("db.example.com, or paste a postgresql:// address"))
        self._port = _field("serverPort", self.tr("Port"))
        self._port.setValidator(QIntValidator(1, 65535, self._port))
        self._port.setText(str(DEFAULT_PORT))
        self._port.setMinimumWidth(80)
        self._database = _field("serverDatabase", self.tr("Database"))
        self._user = _field("serverUser", self.tr("User"))
        password_label, self._password = secret_field(self.tr("Password"), "serverPassword")
        self._show = QCheckBox(self.tr("Show the password"))
        self._show.setObjectName("serverShowPassword")
        self._show.toggled.connect(self._on_show_toggled)
        self._encryption = QComboBox()
        self._encryption.setObjectName("serverEncryption")
        self._encryption.setAccessibleName(self.tr("Encryption"))
        self._fill_encryption()
        self._warning = label(role="warn", font="small", wrap=True, name="serverWarning")
        self._certificate = _field("serverCertificate", self.tr("Certificate of the authority"))
        self._certificate.setPlaceholderText(
            self.tr("only where this computer does not know who signed the server's")
        )
        browse = button(self.tr("Choose file…"), self._on_browse, name="serverBrowse")
        grid = QGridLayout()
        grid.setHorizontalSpacing(Space.S)
        grid.setVerticalSpacing(Space.XS)

        def add(field: QLineEdit, row: int, place: int, width: int) -> None:
            grid.addWidget(_label_of(field), row, place, 1, width)
            grid.addWidget(field, row + 1, place, 1, width)

        # In the order in which Tab goes through them.
        add(self._host, 0, 0, 3)
        add(self._port, 0, 3, 1)
        add(self._database, 2, 0, 2)
        add(self._user, 2, 2, 2)
        grid.addWidget(password_label, 4, 0, 1, 2)
        grid.addWidget(self._password, 5, 0, 1, 2)
        grid.addWidget(self._show, 5, 2, 1, 2)
        encryption_label = label(self.tr("Encryption"))
        encryption_label.setBuddy(self._encryption)
        grid.addWidget(encryption_label, 6, 0, 1, 4)
        grid.addWidget(self._encryption, 7, 0, 1, 4)
        grid.addWidget(self._warning, 8, 0, 1, 4)
        add(self._certificate, 9, 0, 3)
        grid.addWidget(browse, 10, 3)
        for place in (0, 2):
            grid.setColumnStretch(place, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, 0, 0, 0)
        column.addLayout(grid)
        if saved is not None:
            self._fill(saved)
        self._host_length = len(self._host.text())
        for field in (self._host, self._port, self._database, self._user, self._certificate):
            field.textChanged.connect(self._on_changed)
        self._host.editingFinished.connect(lambda: self._take_apart(self._host.text()))
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
            BadInput: something is missing or cannot be used; the sentence names the field.
        """
        if not self.is_complete:
            raise BadInput(self.tr("Please fill in host, port, database and user."))
        port = self._port.text().strip()
        if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
            raise BadInput(self.tr("The port must be a number from 1 to 65535."))
        texts = [f.text() for f in (self._host, self._database, self._user, self._certificate)]
        if not all(text.isprintable() for text in texts):
            raise BadInput(self.tr("A field holds a character that cannot be shown."))
        mode = self._encryption.currentData()
        return Server(
            host=self._host.text().strip(),
            port=int(port),
            database=self._database.text().strip(),
            user=self._user.text().strip(),
            encryption=Encryption(mode) if mode else None,
            certificate=self._certificate.text().strip() or None,
            has_password=bool(self.password) or self.keeps_password,
        )

    def clear_password(self) -> None:
        """Forget what was typed."""
        self._password.clear()

    def focus_first(self) -> None:
        """Put the cursor into the first field."""
        self._host.setFocus()

    def _fill_encryption(self) -> None:
        words = {
            AUTOMATIC: self.tr("Automatic: checked certificate, except on this computer"),
            Encryption.VERIFY_FULL.value: self.tr("Encrypted, certificate and name checked"),
            Encryption.VERIFY_CA.value: self.tr("Encrypted, certificate checked, name not"),
            Encryption.REQUIRE.value: self.tr("Encrypted, nothing checked"),
            Encryption.PREFER.value: self.tr("Encrypted if the server can, nothing checked"),
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
        self._encryption.setCurrentIndex(
            self._encryption.findData(server.encryption.value if server.encryption else AUTOMATIC)
        )

    def _on_changed(self) -> None:
        text, length = self._host.text(), self._host_length
        self._host_length = len(text)
        # Pasted, not typed: a typed address is half of one until its end.
        if len(text) - length > 1 and self._take_apart(text):
            return
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
            case Encryption.PREFER:
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

    def _take_apart(self, text: str) -> bool:
        """Spread a pasted address over the fields; tells whether it was one."""
        try:
            parts = urlsplit(text.strip())
            port = parts.port
        except ValueError:
            return False
        if not parts.scheme.startswith("postgres") or not parts.hostname:
            return False
        options = dict(parse_qsl(parts.query))
        self._port.setText(str(port or DEFAULT_PORT))
        self._database.setText(unquote(parts.path.lstrip("/")))
        self._user.setText(unquote(parts.username or ""))
        self._password.setText(unquote(parts.password or ""))
        self._certificate.setText(options.get("sslrootcert", ""))
        mode = self._encryption.findData(options.get("sslmode", AUTOMATIC))
        self._encryption.setCurrentIndex(max(mode, 0))
        self._host.setText(parts.hostname)
        return True

    def _secret_name(self) -> str:
        port = self._port.text().strip()
        return Server(
            host=self._host.text().strip(),
            port=int(port) if port.isdigit() else 0,
            database=self._database.text().strip(),
            user=self._user.text().strip(),
        ).secret_name

    def _on_show_toggled(self, show: bool) -> None:
        mode = QLineEdit.EchoMode.Normal if show else QLineEdit.EchoMode.Password
        self._password.setEchoMode(mode)

    def _on_browse(self) -> None:
        picker = QFileDialog(self, self.tr("Certificate of the authority"))
        picker.setNameFilter(self.tr("Certificates (*.pem *.crt *.cer);;All files (*)"))
        picker.fileSelected.connect(self._certificate.setText)
        picker.finished.connect(picker.deleteLater)
        picker.open()


def _field(name: str, title: str) -> QLineEdit:
    made = QLineEdit()
    made.setObjectName(name)
    made.setAccessibleName(title)
    made.setMaxLength(LONGEST * 4)
    return made


def _label_of(field: QLineEdit) -> QWidget:
    made = label(field.accessibleName())
    made.setBuddy(field)
    return made
