"""The three secrets of a seller's own app: fields to paste them into, and where to find them."""

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QLineEdit, QWidget

from opside_desktop.domain.accounts import AmazonSecrets, Region
from opside_desktop.ui.kit.buttons import button
from opside_desktop.ui.kit.dialog import secret_field, secrets_box
from opside_desktop.ui.kit.labels import label
from opside_desktop.ui.kit.layouts import add, column
from opside_desktop.ui.kit.theme import Space

SELLER_CENTRAL = {
    Region.NA: "https://sellercentral.amazon.com",
    Region.EU: "https://sellercentral-europe.amazon.com",
    Region.FE: "https://sellercentral.amazon.co.jp",
}
APPS_PATH = "/sellingpartner/developerconsole"


class SecretFields(QWidget):
    """Client id, client secret and refresh token, hidden while typed and cleared after use."""

    changed = Signal()

    def __init__(self, *, placeholder: str = "") -> None:
        super().__init__()
        titles = {
            "clientId": self.tr("Client id"),
            "clientSecret": self.tr("Client secret"),
            "refreshToken": self.tr("Refresh token"),
        }
        self._fields: list[QLineEdit] = []
        whole = column(spacing=Space.XS, parent=self)
        for name, title in titles.items():
            buddy, field = secret_field(title, name)
            field.setPlaceholderText(placeholder)
            field.textChanged.connect(self.changed)
            self._fields.append(field)
            add(whole, buddy, field, Space.XS)
        whole.addWidget(secrets_box(self.tr("Show what I paste"), "showSecrets", self._fields))

    @property
    def values(self) -> AmazonSecrets:
        """What was pasted, without any spaces and line ends: Amazon's secrets have none."""
        return AmazonSecrets(*(_bare(field.text()) for field in self._fields))

    @property
    def count(self) -> int:
        """How many of the three are filled."""
        return sum(bool(_bare(field.text())) for field in self._fields)

    def clear(self) -> None:
        """Forget what was pasted, also for undo."""
        for field in self._fields:
            field.clear()
            field.setModified(False)

    def focus_first(self) -> None:
        """Put the cursor into the first field."""
        self._fields[0].setFocus()


def _bare(pasted: str) -> str:
    # A text broken over lines in a mail or a page brings spaces, and marks that nobody sees.
    return "".join(each for each in pasted if each.isprintable() and not each.isspace())


class WhereToFind(QWidget):
    """A short help beside the secrets."""

    def __init__(self) -> None:
        super().__init__()
        self.region = Region.NA
        """Whose Seller Central is opened."""
        steps = self.tr(
            "1. In Seller Central open Apps and Services, then Develop Apps.\n"
            "2. At your own private app choose View under LWA credentials: client id and secret.\n"
            "3. In the menu of the app choose Authorize app: the refresh token."
        )
        link = button(
            self.tr("Open Seller Central"), self._on_open, kind="link", name="openSellerCentral"
        )
        link.setProperty("flush", True)
        column(
            label(self.tr("Where do I find these?"), font="strong"),
            label(steps, role="muted", font="small", wrap=True),
            link,
            spacing=Space.XS,
            parent=self,
        ).setAlignment(link, Qt.AlignmentFlag.AlignLeft)

    def _on_open(self) -> None:
        QDesktopServices.openUrl(QUrl(SELLER_CENTRAL[self.region] + APPS_PATH))
