"""Claims of version 0.1 are prepared behind the open window, which then says what was found."""

import shutil

from PySide6.QtWidgets import QTableView

from tests.store.old_events.conftest import CASE


def rows(opened):
    table = opened.find("recordsTable", QTableView)
    return 0 if table is None else table.model().rowCount()


async def test_doubles_leave_the_screen_are_told_of_once_and_can_be_seen(open_window, private_home):
    private_home.mkdir()
    shutil.copyfile(CASE, private_home / "opside.db")
    opened = await open_window()
    await opened.until(lambda: "19 claims were stored twice" in opened.banner())
    await opened.until(lambda: rows(opened) == 68)
    assert opened.text("readOnlyNote") == ""
    opened.click("showHidden")
    await opened.until(lambda: rows(opened) == 19)
    await open_window.close(opened)

    again = await open_window()
    await again.until(lambda: rows(again) in (19, 68))
    assert "stored twice" not in again.banner()
