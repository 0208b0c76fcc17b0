"""What stands where rows will be: words and ways on where there are none, bars while they come."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFrame, QPushButton, QVBoxLayout, QWidget

from opside_desktop.ui.kit.buttons import Choice, button
from opside_desktop.ui.kit.labels import label
from opside_desktop.ui.kit.layouts import Stretch, add, clear, column, row
from opside_desktop.ui.kit.theme import Space

EMPTY_TEXT_PX = 460


class EmptyState(QWidget):
    """What a page says when it has nothing to show, and what can be done about it."""

    def __init__(self, title: str, text: str, choices: Sequence[Choice] = ()) -> None:
        super().__init__()
        self._said: tuple[str, str, tuple[Choice, ...]] | None = None
        self._title = label(title, font="section", name="emptyTitle")
        self._title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._text = label(text, role="muted", wrap=True, name="emptyText")
        self._text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._text.setFixedWidth(EMPTY_TEXT_PX)
        self.first: QPushButton | None = None
        self._buttons = row()
        whole = QVBoxLayout(self)
        whole.setSpacing(Space.S)
        add(
            whole,
            Stretch(share=2),
            self._title,
            # A label that wraps asks for its height only where no alignment is given.
            row(Stretch(), self._text, Stretch()),
            Space.S,
            self._buttons,
            Stretch(share=3),
        )
        self.say(title, text, choices)

    def say(self, title: str, text: str, choices: Sequence[Choice] = ()) -> None:
        """Show other words and buttons. The keyboard stays here when its button goes."""
        if self._said == (title, text, tuple(choices)):
            return
        self._said = (title, text, tuple(choices))
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        focused = QApplication.focusWidget()
        had_focus = focused is not None and (focused is self or self.isAncestorOf(focused))
        if had_focus:
            self.setFocus()
        clear(self._buttons)
        self._buttons.addStretch(1)
        self.first = None
        for choice in choices:
            kind = "primary" if choice.is_primary else ""
            made = button(choice.text, choice.slot, kind=kind, name=choice.name)
            self.first = self.first or made
            self._buttons.addWidget(made)
        self._buttons.addStretch(1)
        if had_focus and self.first is not None:
            self.first.setFocus()


class Skeleton(QWidget):
    """Grey bars where rows will be: the page while its data is not there yet."""

    def __init__(self, rows: int = 9) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Loading"))
        whole = column(spacing=Space.L, margins=(Space.XL,) * 4, parent=self)
        widths = (180, 520, 460, 540, 500, 430, 520, 480, 450, 510)
        for number in range(rows):
            bar = QFrame()
            bar.setProperty("kind", "skeleton")
            bar.setFixedHeight(20 if number == 0 else 10)
            bar.setMaximumWidth(widths[number % len(widths)])
            whole.addWidget(bar)
        whole.addStretch(1)
