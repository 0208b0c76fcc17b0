"""A database file that is taken away from under the open window."""

import os
import shutil

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QTableView

from opside_desktop.ui.kit.timings import WindowTimings

pytestmark = pytest.mark.skipif(os.name == "nt", reason="an open file stays where it is there")


@pytest.fixture
async def demo(open_window):
    """A window with rows that looks at its database often."""
    opened = await open_window(demo=True, window_timings=WindowTimings(look_every_s=0.05))
    opened.click("syncNow")
    await opened.until(lambda: opened.state("stripState") == "Done")
    await opened.until(lambda: opened.text("count") == "37 claims")
    return opened


async def test_a_file_that_was_moved_away_is_told_while_nobody_does_anything(demo, private_home):
    database = private_home / "demo" / "opside.db"
    elsewhere = private_home / "elsewhere.db"
    database.rename(elsewhere)
    await demo.appears("banner")
    assert "Nothing can be stored in" in demo.banner()
    assert "it was moved or deleted" in demo.banner()
    assert "Move it back" in demo.banner()
    assert demo.text("count") == "37 claims"
    # Rows are still read, which is no sign that they can be written.
    demo.press(Qt.Key.Key_F5)
    demo.click("nav_inventory")
    await demo.until(lambda: demo.text("count") == "150 SKUs")
    demo.click("syncNow")
    await demo.until(lambda: demo.is_idle)
    assert len(demo.window.findChildren(QFrame, "banner")) == 1
    assert "it was moved or deleted" in demo.banner()
    elsewhere.rename(database)
    await demo.until(lambda: demo.find("banner") is None)
    demo.click("syncNow")
    await demo.until(lambda: demo.state("stripState") == "Done")


async def test_a_file_that_was_replaced_is_told_too(demo, private_home):
    database = private_home / "demo" / "opside.db"
    copy = private_home / "copy.db"
    shutil.copy(database, copy)
    copy.replace(database)
    await demo.appears("banner")
    assert "it was replaced" in demo.banner()
    assert demo.find("recordsTable", QTableView).isVisible()
