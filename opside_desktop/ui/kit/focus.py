"""Where the keyboard is in the window, where it goes next, and where it returns to.

Qt leaves the keyboard nowhere when a dialog closes whose opener is gone, and takes it to whatever
control comes next when the one that has it is disabled, hidden or deleted. One keeper watches over
that for the whole window: after any popup, dialog or editor the keyboard is where it was, or on
what has taken that place.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPlainTextEdit, QTextEdit, QWidget
from shiboken6 import isValid

from opside_desktop.ui.kit.override import override

Region = tuple[QWidget, Callable[[], object]]
"""A part of the window, and what puts the keyboard there, for a key that goes to the next."""

_MOVED_ON = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ActiveWindowFocusReason,
)
"""How Qt takes the keyboard on from a control that goes, as a person does by Tab, or gives it to
the first one when a window comes to the front whose control has gone meanwhile."""


class Spot:
    """A control that has the keyboard, and how what takes its place is found once it is gone.

    That is the control of the same name and number in the nearest part of the window that is still
    there: rows and chips are made anew when what they show changes.
    """

    def __init__(self, control: QWidget, limit: QWidget) -> None:
        self.control = control
        self._name = control.objectName()
        self._is_danger = is_danger(control)
        self._around: list[tuple[QWidget, int]] = []
        around = control.parentWidget()
        # Beyond what holds the limit nothing is nearby.
        while around is not None and not around.isAncestorOf(limit):
            same = self._namesakes(around)
            self._around.append((around, same.index(control) if control in same else 0))
            around = None if around.isWindow() else around.parentWidget()

    @property
    def is_there(self) -> bool:
        """Whether the control itself can have the keyboard."""
        return isValid(self.control) and can_take_focus(self.control)

    @property
    def is_disabled(self) -> bool:
        """Whether the control is only disabled, and may have the keyboard again."""
        return isValid(self.control) and self.control.isVisible() and not self.control.isEnabled()

    def found(self) -> QWidget | None:
        """Give the control, or what has taken its place; None where nothing has.

        In the place of a button that deletes something, no other such button is given.
        """
        if self.is_there:
            return self.control
        for around, number in self._around:
            if not isValid(around) or not around.isVisible():
                continue
            same = self._namesakes(around)
            if same and not self._is_danger:
                return same[min(number, len(same) - 1)]
            if (other := first_control(around, harmless=True)) is not None:
                return other
        return None

    def _namesakes(self, around: QWidget) -> list[QWidget]:
        named = around.findChildren(QWidget, self._name) if self._name else []
        return [each for each in named if can_take_focus(each)]


class FocusKeeper(QObject):
    """Keeps the keyboard of a window or a dialog where a person left it.

    `limit` is a part of it that holds too much to look in for what is nearby; `otherwise` puts the
    keyboard where it is to be when nothing nearby is found.
    """

    def __init__(self, window: QWidget, limit: QWidget, otherwise: Callable[[], object]) -> None:
        super().__init__(window)
        self._window = window
        self._limit = limit
        self._otherwise = otherwise
        self._spot: Spot | None = None
        self._origin: Spot | None = None
        """What the keyboard went on from by Tab, or Qt did, until that is looked at."""
        self._has_gone = False
        """Whether it was disabled then, if only for a moment."""
        self._watched: QWidget | None = None
        self._left: QWidget | None = None
        """The dialog of this window that had the keyboard last."""
        self._waiting: tuple[QWidget, QWidget] | None = None
        """A control that cannot have the keyboard at present, and the one that has it meanwhile."""
        self._reason = Qt.FocusReason.NoFocusReason
        window.installEventFilter(self)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._on_focus_changed)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if isinstance(event, QFocusEvent) and kind is QEvent.Type.FocusOut:
            self._reason = event.reason()
        elif kind is QEvent.Type.EnabledChange and watched is not self._window:
            if self._origin is not None and watched is self._origin.control:
                self._has_gone |= self._origin.is_disabled
            if self._waiting is not None:
                QTimer.singleShot(0, self, self._return)
        elif watched is self._window and kind in (
            QEvent.Type.WindowActivate,
            QEvent.Type.EnabledChange,
        ):
            QTimer.singleShot(0, self, self._bring_back)
        return False

    def _on_focus_changed(self, old: QWidget | None, now: QWidget | None) -> None:
        if now is None:
            if old is not None and isValid(old) and old.window().parent() is self._window:
                self._left = old.window()
            QTimer.singleShot(0, self, self._bring_back)
        elif now.window() is self._window:
            self._left = None
            if self._reason in _MOVED_ON:
                # Qt may go on over several controls that all go.
                self._origin, self._has_gone = self._origin or self._spot, False
                # Only afterwards is the control that Qt went on from disabled or hidden.
                QTimer.singleShot(0, self, lambda: self._check(now))
            else:
                self._origin = None
            self._watch(now)

    def _watch(self, control: QWidget) -> None:
        self._reason = Qt.FocusReason.NoFocusReason
        if self._watched is control:
            return
        if self._origin is None or self._watched is not self._origin.control:
            self._unwatch(self._watched)
        self._watched = control
        control.installEventFilter(self)
        self._spot = Spot(control, self._limit)

    def _unwatch(self, control: QWidget | None) -> None:
        if control is not None and control is not self._window and isValid(control):
            control.removeEventFilter(self)

    def _check(self, now: QWidget) -> None:
        """Go back from where only Qt went, unless somebody has gone further meanwhile."""
        if not isValid(now) or self._window.focusWidget() is not now:
            return
        before, self._origin = self._origin, None
        if before is None:
            return
        if before.control is not now:
            self._unwatch(before.control)
        if before.is_there and not self._has_gone:
            return  # a person went on
        self._go_to(before)
        meanwhile = self._window.focusWidget()
        if meanwhile is not None and before.is_disabled:
            before.control.installEventFilter(self)
            self._waiting = before.control, meanwhile

    def _return(self) -> None:
        """Give the keyboard back to a control that can have it again, if nobody took it away."""
        if self._waiting is None:
            return
        control, meanwhile = self._waiting
        if isValid(control) and not can_take_focus(control):
            return
        self._waiting = None
        if isValid(control) and isValid(meanwhile) and self._window.focusWidget() is meanwhile:
            control.setFocus(Qt.FocusReason.OtherFocusReason)
        elif control is not self._watched:
            self._unwatch(control)

    def _bring_back(self) -> None:
        window = self._window
        modal = QApplication.activeModalWidget()
        if (
            QApplication.focusWidget() is not None
            or QApplication.activePopupWidget() is not None
            or (modal is not None and modal is not window)
            or not window.isVisible()
        ):
            return
        if not window.isActiveWindow():
            if self._left is None or (isValid(self._left) and self._left.isVisible()):
                return  # another program has the keyboard
            window.activateWindow()
        self._left = None
        if self._spot is not None:
            self._go_to(self._spot)

    def _go_to(self, spot: Spot) -> None:
        found = spot.found()
        if found is None:
            self._otherwise()
        else:
            found.setFocus(Qt.FocusReason.OtherFocusReason)


def copy_focused_text() -> bool:
    """Copy what is chosen in the text that has the keyboard; tells whether a text has it."""
    focused = QApplication.focusWidget()
    if isinstance(focused, QLineEdit | QPlainTextEdit | QTextEdit):
        focused.copy()
        return True
    if isinstance(focused, QLabel) and focused.hasSelectedText():
        QApplication.clipboard().setText(focused.selectedText())
        return True
    return False


def go_on(regions: Sequence[Region], step: int) -> None:
    """Put the keyboard into the next region that can take it: 1 goes on, -1 back."""
    focused = QApplication.focusWidget()
    here = next(
        (
            number
            for number, (region, _) in enumerate(regions)
            if focused is not None and (region is focused or region.isAncestorOf(focused))
        ),
        -1 if step > 0 else 0,
    )
    for number in range(1, len(regions) + 1):
        region, take_focus = regions[(here + number * step) % len(regions)]
        if region.isVisible() and first_control(region) is not None:
            take_focus()
            return


def first_control(region: QWidget, *, harmless: bool = False) -> QWidget | None:
    """Find the first control of a region that the keyboard reaches.

    One that is `harmless` deletes nothing, where a key might press it unasked.
    """
    reached = (each for each in region.findChildren(QWidget) if can_take_focus(each))
    return next((each for each in reached if not (harmless and is_danger(each))), None)


def is_danger(control: QWidget) -> bool:
    """Tell whether a button deletes or ends something."""
    return bool(control.property("kind") == "danger")


def can_take_focus(control: QWidget) -> bool:
    """Tell whether the keyboard reaches a control now."""
    return bool(
        control.isVisible()
        and control.isEnabled()
        and control.focusPolicy() & Qt.FocusPolicy.TabFocus
    )


def focus_first(region: QWidget) -> None:
    """Put the keyboard on a region's first control."""
    control = first_control(region)
    if control is not None:
        control.setFocus(Qt.FocusReason.ShortcutFocusReason)
