"""Saved views: ready ones, a person's own, what marks a change, and what is remembered."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QToolButton,
)

from opside_desktop.domain.datasets import Dataset
from opside_desktop.ui.tables.rows.query import Condition, Op
from tests.ui.tables.menus import (
    chips,
    choose,
    close_menus,
    fields,
    popup,
    press_menu_of_header,
    settled,
    words,
)


@pytest.fixture(autouse=True)
def no_menu_is_left():
    yield
    close_menus()


def views_menu(table, qtbot):
    close_menus()
    qtbot.mouseClick(table.findChild(QToolButton, "views"), Qt.MouseButton.LeftButton)
    return popup()


def shown_view(table):
    return table.findChild(QToolButton, "views").text().replace("&&", "&")


def write_name(table, name):
    dialog, _ = name_dialog(table)
    field = dialog.findChild(QLineEdit)
    assert field.accessibleName()
    field.selectAll()
    QTest.keyClicks(field, name)
    QTest.keyClick(field, Qt.Key.Key_Return)


def name_dialog(table):
    """The question for a name that is open, and the button that saves."""
    dialog = next(d for d in table.findChildren(QDialog, "viewName") if d.isVisible())
    return dialog, dialog.findChild(QPushButton, "viewNameSave")


def told(dialog):
    return dialog.findChild(QLabel, "viewNameTold").text()


@pytest.mark.parametrize(
    ("dataset", "ready"),
    [
        (
            Dataset.CLAIMS,
            [
                *("All claims", "New since last sync", "Denied or clawed back", "This month"),
                *("Held back by Amazon", "Hidden"),
            ],
        ),
        (
            Dataset.INVENTORY,
            ["All SKUs", "New since last sync", "Nothing left to sell", "On the way to Amazon"],
        ),
        (
            Dataset.ORDERS,
            ["All orders", "New since last sync", "Still to be shipped", "This month"],
        ),
    ],
)
async def test_each_table_brings_its_views_and_everything(open_table, qtbot, dataset, ready):
    table = await open_table(dataset)
    assert words(views_menu(table, qtbot)) == [*ready, "Save as a new view…"]
    assert shown_view(table) == ready[0]


async def test_a_ready_view_shows_its_rows_and_says_when_it_was_changed(
    open_table, fill, qtbot, until
):
    await fill.claims(range(4))
    await fill.claims(range(4, 6), status="denied")
    table = await open_table()
    choose(views_menu(table, qtbot), "Denied or clawed back")
    await until(lambda: settled(table) and table.model.rowCount() == 2)
    assert chips(table) == ["Status is Denied"]
    assert shown_view(table) == "Denied or clawed back"
    table.add_condition(Condition("order_id", Op.CONTAINS, ("4",)))
    await until(lambda: settled(table) and table.model.rowCount() == 1)
    assert shown_view(table) == "Denied or clawed back (changed)"
    choose(views_menu(table, qtbot), "Put “Denied or clawed back” back")
    await until(lambda: settled(table) and table.model.rowCount() == 2)
    assert shown_view(table) == "Denied or clawed back"


async def test_a_view_of_ones_own_is_saved_and_comes_back(
    make_table, open_table, fill, qtbot, until
):
    await fill.claims(range(9))
    table = await open_table()
    table.add_condition(Condition("status", Op.IS, ("pending",)))
    table.sort_by("amount", descending=True)
    choose(press_menu_of_header(table, "description"), "Hide this column")
    await until(lambda: settled(table))
    choose(views_menu(table, qtbot), "Save as a new view…")
    write_name(table, "Big & open")
    assert shown_view(table) == "Big & open"
    choose(views_menu(table, qtbot), "All claims")
    await until(lambda: settled(table) and table.model.rowCount() == 9)
    assert "description" not in fields(table)  # everything keeps the columns it was left with
    table.reset_columns()
    choose(views_menu(table, qtbot), "Big && open")
    await until(lambda: settled(table) and table.model.rowCount() == 3)
    assert "description" not in fields(table)
    assert table.model.index(0, 0).data() == "RMB-000008"
    table.views.save()

    again = make_table()
    again.show_rows()
    await until(lambda: settled(again) and again.model.rowCount() == 3)
    assert shown_view(again) == "Big & open"
    assert chips(again) == ["Status is Pending"]
    assert again.model.index(0, 0).data() == "RMB-000008"


async def test_changes_are_saved_into_a_view_only_when_asked(open_table, fill, qtbot, until):
    await fill.claims(range(6))
    table = await open_table()
    table.add_condition(Condition("amount", Op.AT_LEAST, (2,)))
    choose(views_menu(table, qtbot), "Save as a new view…")
    write_name(table, "Mine")
    table.columns.set_compact(True)
    assert shown_view(table) == "Mine (changed)"
    choose(views_menu(table, qtbot), "Save the changes to “Mine”")
    assert shown_view(table) == "Mine"
    table.filters.clear()
    choose(views_menu(table, qtbot), "Put “Mine” back")
    await until(lambda: settled(table) and table.model.rowCount() == 4)
    assert table.columns.is_compact


async def test_a_view_is_renamed_and_deleted(open_table, fill, qtbot, until):
    await fill.claims(range(3))
    table = await open_table()
    table.add_condition(Condition("status", Op.IS, ("pending",)))
    choose(views_menu(table, qtbot), "Save as a new view…")
    write_name(table, "First name")
    choose(views_menu(table, qtbot), "Rename “First name”…")
    write_name(table, "Second name")
    assert shown_view(table) == "Second name"
    choose(views_menu(table, qtbot), "Delete “Second name”…")
    box = table.findChild(QMessageBox, "deleteView")
    assert "no row is deleted" in box.informativeText()
    next(b for b in box.findChildren(QPushButton) if b.text() == "Delete the view").click()
    await until(lambda: settled(table) and table.model.rowCount() == 3)
    assert shown_view(table) == "All claims"
    assert "Second name" not in words(views_menu(table, qtbot))


async def test_a_name_that_is_there_already_says_so_before_it_replaces(
    open_table, fill, qtbot, until
):
    await fill.claims(range(6))
    table = await open_table()
    choose(views_menu(table, qtbot), "Save as a new view…")
    write_name(table, "Mine")
    table.add_condition(Condition("amount", Op.AT_LEAST, (2,)))
    choose(views_menu(table, qtbot), "Save as a new view…")
    dialog, save = name_dialog(table)
    field = dialog.findChild(QLineEdit)
    field.setText("Other")
    assert save.text() == "Save"
    assert told(dialog) == ""
    field.setText(" mine ")
    assert save.text() == "Replace"
    assert "“Mine” is there already. Its filters" in told(dialog)
    save.click()
    assert [view.name for view in table.views.all() if view.is_own] == ["mine"]
    choose(views_menu(table, qtbot), "All claims")
    await until(lambda: settled(table) and table.model.rowCount() == 6)
    choose(views_menu(table, qtbot), "mine")
    await until(lambda: settled(table) and table.model.rowCount() == 4)


async def test_a_name_that_cannot_be_had_is_not_saved(open_table, qtbot):
    table = await open_table()
    for name in ("One", "Two"):
        choose(views_menu(table, qtbot), "Save as a new view…")
        write_name(table, name)
    choose(views_menu(table, qtbot), "Rename “Two”…")
    dialog, save = name_dialog(table)
    assert save.isEnabled()  # its own name may stay
    for name in ("one", "All claims"):
        dialog.findChild(QLineEdit).setText(name)
        assert not save.isEnabled()
        assert "is there already. Choose another name." in told(dialog)
        write_name(table, name)
    dialog.close()
    choose(views_menu(table, qtbot), "Save as a new view…")
    dialog, save = name_dialog(table)
    for name in ("all CLAIMS", "   ", ""):
        dialog.findChild(QLineEdit).setText(name)
        assert not save.isEnabled()
        write_name(table, name)
    dialog.close()
    assert [view.name for view in table.views.all() if view.is_own] == ["One", "Two"]


async def test_a_name_is_shown_as_it_was_written(open_table, qtbot):
    name = "A & B <b>open</b>"
    table = await open_table()
    choose(views_menu(table, qtbot), "Save as a new view…")
    write_name(table, name)
    choose(views_menu(table, qtbot), "Save as a new view…")
    dialog, _ = name_dialog(table)
    size = dialog.size()
    dialog.findChild(QLineEdit).setText(name)
    assert f"“{name}” is there already." in told(dialog)
    # Neither markup, nor a mark of a key, nor a window that jumps while one writes.
    says = dialog.findChild(QLabel, "viewNameTold")
    assert (says.textFormat(), says.buddy()) == (Qt.TextFormat.PlainText, None)
    assert dialog.size() == size
    dialog.close()
    choose(views_menu(table, qtbot), f"Delete “{name.replace('&', '&&')}”…")
    box = table.findChild(QMessageBox, "deleteView")
    assert f"“{name}”" in box.text()
    assert box.textFormat() == Qt.TextFormat.PlainText
    box.close()


async def test_widths_are_remembered_for_each_view_apart(open_table, make_table, qtbot):
    table = await open_table()
    table.view.header.resizeSection(0, 301)
    assert shown_view(table) == "All claims"  # a width is no change
    choose(views_menu(table, qtbot), "This month")
    assert table.view.columnWidth(0) == 216
    table.view.header.resizeSection(0, 280)
    choose(views_menu(table, qtbot), "All claims")
    assert table.view.columnWidth(0) == 301
    table.views.save()
    again = make_table()
    choose(views_menu(again, qtbot), "This month")
    assert again.view.columnWidth(0) == 280


SPOILT = [
    {"view": 7, "views": 7, "layouts": 7},
    {"view": "own-0", "views": [{"key": [], "name": "x"}, {"key": {}, "name": "y"}]},
    {"view": "own-0", "views": [{"key": "own-0"}, 3, {"name": "x", "query": {"filters": [1]}}]},
    {
        "view": "own-0",
        "views": [
            {
                "key": "own-0",
                "name": "Bad",
                "query": {
                    "search": 5,
                    "sort": [["nope", True], 3, ["amount"]],
                    "filters": [
                        {"field": "nope", "op": "is", "values": ["a"]},
                        {"field": "status", "op": "nope", "values": ["a"]},
                        {"field": "status", "op": "is", "values": []},
                        {"field": "amount", "op": "between", "values": ["1"]},
                        {"field": "amount", "op": "at_least", "values": ["many"]},
                        {"field": "amount", "op": "at_least", "values": ["Infinity"]},
                        {"field": "amount", "op": "at_least", "values": ["1E+999999999"]},
                        {"field": "amount", "op": "at_least", "values": ["1E-999999999"]},
                        {"field": "amount", "op": "at_most", "values": ["9" * 40]},
                        {"field": "status", "op": "is_not", "values": ["a"] * 40_000},
                        {"field": "amount", "op": "contains", "values": ["1"]},
                        {"field": "created_at", "op": "during", "values": ["someday"]},
                        {"field": "created_at", "op": "days", "values": [None, None]},
                        {"field": "created_at", "op": "days", "values": ["2026-02-31", None]},
                    ],
                },
                "layout": {"columns": "x", "frozen": 99, "compact": 3},
            }
        ],
    },
]


@pytest.mark.parametrize("junk", SPOILT)
async def test_spoilt_views_harm_nobody(make_table, saved, junk, fill, until):
    await fill.claims(range(2))
    saved.value = junk
    table = make_table()
    table.show_rows()
    await until(lambda: settled(table) and table.model.rowCount() == 2)
    assert chips(table) == []
    assert fields(table)[:2] == ["claim_id", "status"]


async def test_a_layout_of_the_first_version_is_taken_over(make_table, saved):
    saved.value = {
        "columns": [
            {"field": "amount", "width": 150, "hidden": False},
            {"field": "claim_id", "width": None, "hidden": False},
            {"field": "type", "width": None, "hidden": True},
        ],
        "sort": [["amount", True]],
    }
    table = make_table()
    assert "type" not in fields(table)
    assert fields(table)[0] == "amount"
    assert table.view.columnWidth(3) == 150
    assert table.model.query.sort[0].column == "amount"
