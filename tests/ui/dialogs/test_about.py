"""About: version and build to copy, and the licence of every part."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QListWidget, QPlainTextEdit

from opside_desktop import __version__
from tests.ui.frame.test_frame import nameless


async def about(opened):
    opened.click("version")
    await opened.appears("aboutDialog")
    await opened.until(lambda: opened.find("aboutParts", QListWidget).count() > 20)


def shown(opened):
    parts = opened.find("aboutParts", QListWidget)
    return [parts.item(row).text() for row in range(parts.count()) if not parts.isRowHidden(row)]


def text(opened):
    return opened.find("aboutText", QPlainTextEdit).toPlainText()


async def test_it_names_version_and_build_and_copies_them(open_window):
    opened = await open_window()
    await about(opened)
    assert opened.text("aboutVersion") == f"Opside Desktop {__version__}"
    assert "Qt 6." in opened.text("aboutBuild")
    assert "Python 3." in opened.text("aboutBuild")
    assert nameless(opened.dialog()) == []
    opened.click("aboutCopy")
    copied = QApplication.clipboard().text()
    assert copied == f"{opened.text('aboutVersion')}\n{opened.text('aboutBuild')}"
    opened.press(Qt.Key.Key_Escape)
    assert opened.dialog() is None


async def test_every_part_is_found_with_the_text_of_its_licence(open_window):
    opened = await open_window()
    await about(opened)
    assert shown(opened)[0] == f"opside-desktop {__version__}"
    assert "MIT" in text(opened)
    opened.type("aboutFind", "sqlalch")
    assert [each.split()[0] for each in shown(opened)] == ["SQLAlchemy"]
    assert "Permission is hereby granted" in text(opened)
    opened.type("aboutFind", " nowhere")
    assert shown(opened) == []
    assert text(opened) == "No part of the program is called like that."
    opened.click("aboutQt")
    for words in (
        "Licence: LGPL-3.0-only",
        "You may replace them",
        "Offer: for at least three years",
        "GNU LESSER GENERAL PUBLIC LICENSE",
        "GNU GENERAL PUBLIC LICENSE",
    ):
        assert words in text(opened)
