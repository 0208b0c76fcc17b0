"""Colours by role: readable in both themes, and changed while everything is open."""

import shutil

import pytest
from PySide6.QtCore import QDir, QSize
from PySide6.QtGui import QColor, QFontMetrics, QPalette
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel

from opside_desktop.about.resources import resource
from opside_desktop.ui.kit.theme import ZOOMS, FontRole, Role, ThemeChoice

GROUNDS = (Role.WINDOW, Role.SURFACE, Role.RAISED)
INKS = (Role.TEXT, Role.MUTED, Role.ACCENT, Role.OK, Role.WARN, Role.ERROR, Role.INFO)


def luminance(color: QColor) -> float:
    def linear(part):
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in color.getRgbF()[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: QColor, other: QColor) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture(params=[ThemeChoice.LIGHT, ThemeChoice.DARK])
def shown(theme, request):
    theme.choose(request.param)
    yield theme
    theme.choose(ThemeChoice.LIGHT)


def test_every_text_can_be_read_on_every_ground(shown):
    pairs = [(ink, ground) for ink in INKS for ground in GROUNDS]
    pairs += [(Role.ON_ACCENT, Role.ACCENT), (Role.TEXT, Role.SELECTION)]
    poor = {
        pair: ratio
        for pair in pairs
        if (ratio := contrast(shown.color(pair[0]), shown.color(pair[1]))) < 4.5
    }
    assert not poor


def test_the_rules_hold_whatever_the_folder_of_the_program_is_called(theme, qtbot, tmp_path):
    box = QCheckBox("Chosen")
    qtbot.addWidget(box)
    box.setChecked(True)
    usual = box.grab().toImage()
    folder = tmp_path / 'Jörg\'s "Programme" (東京) #1;'
    shutil.copytree(resource("icons/check.svg").parent, folder)
    before = QDir.searchPaths("picture")
    QDir.setSearchPaths("picture", [folder.as_posix()])
    try:
        theme.choose(ThemeChoice.DARK)
        assert box.grab().toImage() != usual
        theme.choose(ThemeChoice.LIGHT)
        assert box.grab().toImage() == usual
    finally:
        QDir.setSearchPaths("picture", before)


def test_an_icon_takes_the_colour_of_its_role_without_being_made_again(theme):
    icon = theme.icon("dot", Role.TEXT)

    def middle():
        return icon.pixmap(QSize(20, 20)).toImage().pixelColor(10, 10).name()

    theme.choose(ThemeChoice.DARK)
    dark = middle()
    theme.choose(ThemeChoice.LIGHT)
    light = middle()
    assert (dark, light) == ("#e6eaf0", "#1b2430")


def test_a_disabled_icon_is_muted(theme):
    from PySide6.QtGui import QIcon

    pixmap = theme.icon("dot", Role.ACCENT).pixmap(QSize(20, 20), QIcon.Mode.Disabled)
    assert pixmap.toImage().pixelColor(10, 10) == theme.color(Role.MUTED)


def test_the_whole_program_takes_the_chosen_palette(shown):
    palette = QApplication.palette()
    assert palette.color(QPalette.ColorRole.Window) == shown.color(Role.WINDOW)
    assert palette.color(QPalette.ColorRole.Text) == shown.color(Role.TEXT)


def test_all_digits_have_one_width(theme):
    metrics = QFontMetrics(theme.font(FontRole.FIGURES))
    assert len({metrics.horizontalAdvance(digit) for digit in "0123456789"}) == 1


def test_texts_grow_and_shrink_by_steps_and_stay_within_limits(qapp, theme):
    widget = QLabel("a text")
    theme.wear(widget, FontRole.MONO)
    usual = widget.font().pixelSize()
    try:
        theme.step_zoom(1)
        assert (theme.zoom, theme.px(100)) == (110, 110)
        for _ in range(20):
            theme.step_zoom(1)
        assert theme.zoom == ZOOMS[-1]
        assert widget.font().pixelSize() == 2 * usual
        assert qapp.font().pixelSize() == 26
        assert "font-size: 24px" in qapp.styleSheet()
        theme.set_zoom(1)
        assert theme.zoom == ZOOMS[0]
    finally:
        theme.set_zoom(100)
    assert widget.font().pixelSize() == usual
