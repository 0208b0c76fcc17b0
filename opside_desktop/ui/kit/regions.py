"""The regions of the window, for a key that goes from one to the next."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

Region = tuple[QWidget, Callable[[], object]]
"""A part of the window, and what puts the keyboard there."""


def go_on(regions: Sequence[Region], step: int) -> None:
    """Put the keyboard into the next region that can take it: 1 goes on, -1 back."""
    focused = QApplication.focusWidget()
    here = next(
        (
            place
            for place, (region, _) in enumerate(regions)
            if focused is not None and (region is focused or region.isAncestorOf(focused))
        ),
        -1 if step > 0 else 0,
    )
    for number in range(1, len(regions) + 1):
        region, take_focus = regions[(here + number * step) % len(regions)]
        if region.isVisible() and first_control(region) is not None:
            take_focus()
            return


def first_control(region: QWidget) -> QWidget | None:
    """Find the first control of a region that the keyboard reaches."""
    return next((each for each in region.findChildren(QWidget) if can_take_focus(each)), None)


def first_harmless(region: QWidget) -> QWidget | None:
    """Find the first control that deletes nothing, where a key might press it unasked."""
    return next(
        (
            each
            for each in region.findChildren(QWidget)
            if can_take_focus(each) and not is_danger(each)
        ),
        None,
    )


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
