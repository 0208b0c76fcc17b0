"""What the dialogs share: their own tasks, and a place for what went wrong."""

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from opside_desktop.ui.kit.banner import Message
from opside_desktop.ui.kit.focus import FocusKeeper
from opside_desktop.ui.kit.labels import label
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.tasks import TaskOwner
from opside_desktop.ui.kit.theme import Space

FRAME_PX = 48
"""What a window's own frame, with its title bar, takes of a screen."""

WIDTH_CHARS = 64
"""So many letters fit into a line of a text that wraps."""


class WorkDialog(QDialog):
    """A dialog that works in the background, shows its own errors, and stops when it closes.

    It is as large as what it holds, where it does not `take_size` itself.
    """

    def __init__(self, title: str, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setObjectName(name)
        self.tasks = TaskOwner(self, self.show_error)
        FocusKeeper(self, self, lambda: None)
        self._has_size = False
        self._error = label(role="error", wrap=True, name="dialogError", selectable=True)
        self._error.hide()
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(Space.S)
        self.content = QVBoxLayout()
        self.content.setSpacing(Space.M)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.XL, Space.XL, Space.L)
        column.setSpacing(Space.L)
        column.addLayout(self.content, 1)
        column.addWidget(self._error)
        column.addLayout(self.buttons)

    def show_error(self, error: BaseException) -> None:
        """Say inside the dialog what went wrong and what to do."""
        message = Message.of(error)
        code = self.tr("(code {code})").format(code=message.code)
        self._error.setText(" ".join(part for part in (message.what, message.rest, code) if part))
        self._error.show()
        self.fit()

    def clear_error(self) -> None:
        """Take the message back, before another attempt."""
        self._error.hide()

    def take_size(self, width: int, height: int) -> None:
        """Be that large, or as large as the screen lets a window with its frame be."""
        self._has_size = True
        self._resize(width, height)

    def fit(self) -> None:
        """Have room for all that is held, unless another size was taken.

        Qt asks no text how high it is once it wraps, and gives a new dialog two thirds of the
        screen at most.
        """
        # Not before new texts have taken on their own font, which they do after this.
        QTimer.singleShot(0, self, self._fit)

    def _fit(self) -> None:
        if self._has_size:
            return
        if (layout := self.layout()) is not None:
            layout.activate()
        least = max(self.minimumWidth(), WIDTH_CHARS * self.fontMetrics().averageCharWidth())
        self._resize(max(least, self.sizeHint().width()), self.height())
        high = self.heightForWidth(self.width())
        self._resize(self.width(), high if high > 0 else self.sizeHint().height())

    def _resize(self, width: int, height: int) -> None:
        screen = self.screen().availableGeometry()
        self.resize(min(width, screen.width() - FRAME_PX), min(height, screen.height() - FRAME_PX))

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.fit()

    @override
    def done(self, result: int) -> None:
        self.tasks.cancel_all()
        super().done(result)
        if self.tasks.is_idle:
            self.deleteLater()
        else:
            self.tasks.drained.connect(self.deleteLater)


def secret_field(title: str, name: str) -> tuple[QLabel, QLineEdit]:
    """Make a field whose text is hidden, and its label."""
    field = QLineEdit()
    field.setObjectName(name)
    field.setEchoMode(QLineEdit.EchoMode.Password)
    field.setAccessibleName(title)
    field.setMaxLength(4096)
    buddy = label(title)
    buddy.setBuddy(field)
    return buddy, field


def make_default(made: QPushButton) -> QPushButton:
    """Let Enter press this button."""
    made.setDefault(True)
    return made
