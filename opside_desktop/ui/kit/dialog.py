"""What the dialogs share: their own tasks, a place for what went wrong, and their fields."""

from collections.abc import Collection

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFrame,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QWidget,
)

from opside_desktop.ui.kit.banner import Message
from opside_desktop.ui.kit.focus import FocusKeeper
from opside_desktop.ui.kit.labels import label, title_of
from opside_desktop.ui.kit.layouts import Stretch, column, row
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
        self.buttons = row()
        self.content = column(spacing=Space.M)
        column(
            Stretch(self.content),
            self._error,
            self.buttons,
            spacing=Space.L,
            margins=(Space.XL, Space.XL, Space.XL, Space.L),
            parent=self,
        )

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
    field = QLineEdit(echoMode=QLineEdit.EchoMode.Password, maxLength=4096)
    field.setObjectName(name)
    return title_of(field, title), field


def secrets_box(text: str, name: str, fields: Collection[QLineEdit]) -> QCheckBox:
    """Make a box that, while it is checked, shows what is typed into secret fields."""

    def show_or_hide(is_shown: bool) -> None:
        mode = QLineEdit.EchoMode.Normal if is_shown else QLineEdit.EchoMode.Password
        for field in fields:
            field.setEchoMode(mode)

    box = check_box(text, name)
    box.toggled.connect(show_or_hide)
    return box


def check_box(text: str, name: str) -> QCheckBox:
    """Make a box to check."""
    box = QCheckBox(text)
    box.setObjectName(name)
    return box


def search_field(text: str, name: str) -> QLineEdit:
    """Make a field for words to find, which says so itself while it is empty."""
    field = QLineEdit(placeholderText=text, clearButtonEnabled=True)
    field.setObjectName(name)
    field.setAccessibleName(text)
    return field


def scrolling(content: QWidget) -> QScrollArea:
    """Let what may be higher than its dialog scroll: large texts, long answers."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(content)
    area.viewport().setAutoFillBackground(False)
    content.setAutoFillBackground(False)
    return area


def make_default(made: QPushButton) -> QPushButton:
    """Let Enter press this button."""
    made.setDefault(True)
    return made
