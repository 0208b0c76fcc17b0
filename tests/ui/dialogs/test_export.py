"""Exporting from the window: what is asked, what is written, and what the line says."""

import csv
import io
import json
from zoneinfo import ZoneInfo

import openpyxl
import pytest
import sqlalchemy as sa
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QFileDialog, QRadioButton

from opside_desktop.domain.ids import DEMO_USER, stored_user_id
from opside_desktop.store.schema import tables
from opside_desktop.ui.tables.rows.query import Condition, Op, TableQuery

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
async def demo(open_window):
    """The window of the sample seller, synced."""
    opened = await open_window(demo=True)
    opened.click("syncNow")
    await opened.until(lambda: opened.text("stripCounts") == "37 claims · 150 SKUs · 250 orders")
    await opened.until(lambda: opened.state("stripState") == "Done")
    return opened


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "exports"
    folder.mkdir()
    return folder


async def ask(opened):
    """Press Ctrl+E on the page that is shown."""
    page = opened.window.stack.currentWidget()
    await opened.until(lambda: opened.dialog() is None and page.table.model.is_count_exact)
    opened.window.activateWindow()
    await opened.until(opened.window.isActiveWindow)
    page.table.take_focus()
    opened.press(Qt.Key.Key_E, CTRL)
    return await opened.appears("exportDialog")


async def save(opened, target):
    """Choose a file in the system's dialog."""
    opened.click("exportGo")
    picker = await opened.appears("exportFile")
    assert isinstance(picker, QFileDialog)
    picker.fileSelected.emit(str(target))
    picker.reject()


def choose(opened, name):
    button = opened.find(name, QRadioButton)
    assert button.isEnabled(), name
    button.setChecked(True)


def read_csv(path):
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


async def test_the_table_as_shown_becomes_a_workbook(demo, folder):
    await ask(demo)
    assert demo.find("exportShown").text() == "Everything the table shows: 37 claims"
    assert demo.find("exportXlsx", QRadioButton).isChecked()
    assert not demo.find("exportChosen").isEnabled() or not demo.find("exportChosen").isChecked()
    target = folder / "claims.xlsx"
    await save(demo, target)
    await demo.until(lambda: demo.state("exportState") == "Exported")
    assert demo.text("exportWords").startswith("37 claims in claims.xlsx (")
    sheet = openpyxl.load_workbook(target).active
    titles = [cell.value for cell in sheet[1]]
    page = demo.window.stack.currentWidget()
    shown = [column.name for column in page.table.visible_columns()]
    zone = page.services.formats.zone_name
    assert [title.removesuffix(f" ({zone})") for title in titles] == [
        part
        for name in shown
        for part in ([name, "Currency"] if name == "Amount" and "Currency" not in shown else [name])
    ] + ["Mock data", "Mock scenario"]
    assert any(title.endswith(f"({zone})") for title in titles)
    ids = [row[0].value for row in sheet.iter_rows(min_row=2)]
    assert ids == [page.table.model.index(n, 0).data() for n in range(37)]
    assert {row[titles.index("Mock data")].value for row in sheet.iter_rows(min_row=2)} == {True}
    assert isinstance(ZoneInfo(zone), ZoneInfo)


async def test_the_chosen_rows_with_all_columns_become_json_lines(demo, folder):
    demo.click("nav_orders")
    page = demo.window.stack.currentWidget()
    await demo.until(lambda: page.table.model.is_count_exact)
    model, select = page.table.model, page.table.view.selectionModel()
    flags = select.SelectionFlag
    for number in (3, 7, 8):
        select.select(model.index(number, 0), flags.Select | flags.Rows)
    await ask(demo)
    chosen = demo.find("exportChosen", QRadioButton)
    assert chosen.text() == "Only what is selected: 3 orders"
    assert chosen.isChecked()
    choose(demo, "exportAll")
    choose(demo, "exportJson")
    target = folder / "orders.jsonl"
    await save(demo, target)
    await demo.until(lambda: demo.state("exportState") == "Exported")
    objects = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert [one["orderId"] for one in objects] == [model.index(n, 0).data() for n in (3, 7, 8)]
    assert all(one["items"] for one in objects)
    assert {one["isMock"] for one in objects} == {True}


async def test_a_filtered_table_becomes_a_csv_of_what_is_left(demo, folder):
    page = demo.window.stack.currentWidget()
    page.open_item("RMB-")
    await demo.until(lambda: page.table.model.is_count_exact and not page.table.model.is_loading)
    left = page.table.model.rowCount()
    assert 0 < left < 37
    await ask(demo)
    choose(demo, "exportShown")
    choose(demo, "exportCsv")
    assert demo.find("exportBom", QCheckBox).isEnabled()
    target = folder / "some.csv"
    await save(demo, target)
    await demo.until(lambda: demo.state("exportState") == "Exported")
    assert target.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = read_csv(target)
    assert [row["Claim"] for row in rows] == [
        page.table.model.index(n, 0).data() for n in range(left)
    ]
    assert {row["Mock data"] for row in rows} == {"true"}


async def test_what_is_hidden_says_so_in_a_file_that_holds_it(demo, folder):
    page = demo.window.stack.currentWidget()
    claim = tables.amazon_claims.c
    await page.services.db.write(
        lambda connection: (
            connection.execute(
                sa.update(tables.amazon_claims)
                .where(claim.claim_id == sa.select(sa.func.min(claim.claim_id)).scalar_subquery())
                .values(hidden_reason="double")
            )
            and None
        )
    )
    told = {}
    for reasons, count in ((("double", None), 37), ((), 36)):
        wanted = Condition("hidden_reason", Op.IS, reasons)
        page.table.show_rows(TableQuery(conditions=(wanted,) if reasons else ()))
        await demo.until(
            lambda: page.table.model.is_count_exact and not page.table.model.is_loading
        )
        await ask(demo)
        choose(demo, "exportShown")
        choose(demo, "exportCsv")
        choose(demo, "exportView")
        target = folder / f"{count}.csv"
        await save(demo, target)
        await demo.until(target.exists)
        told[count] = [row.get("Hidden") for row in read_csv(target)]
    assert sorted(told[37]) == [*[""] * 36, "double"]
    assert told[36] == [None] * 36


async def test_what_was_chosen_last_is_offered_again(demo, folder):
    await ask(demo)
    choose(demo, "exportCsv")
    choose(demo, "exportAll")
    demo.find("exportBom", QCheckBox).setChecked(False)
    await save(demo, folder / "a.csv")
    await demo.until(lambda: demo.state("exportState") == "Exported")
    await ask(demo)
    assert demo.find("exportCsv", QRadioButton).isChecked()
    assert demo.find("exportAll", QRadioButton).isChecked()
    assert not demo.find("exportBom", QCheckBox).isChecked()
    demo.click("exportGo")
    picker = await demo.appears("exportFile")
    assert picker.directory().absolutePath() == str(folder)
    assert picker.selectedFiles()[0].endswith(".csv")
    picker.reject()
    demo.click("exportCancel")
    await demo.until(lambda: demo.dialog() is None)


async def test_a_place_that_cannot_be_written_is_told_on_the_line(demo, folder):
    await ask(demo)
    await save(demo, folder / "no" / "claims.xlsx")
    await demo.until(lambda: demo.state("exportState") == "Not exported")
    assert "There is no folder" in demo.text("exportWords")
    assert demo.find("exportShowInFolder") is None
    demo.click("exportClose")
    assert demo.find("exportLine") is None


async def test_a_cancelled_export_leaves_the_old_file(demo, folder, many_claims):
    target = folder / "claims.csv"
    target.write_text("what was there before")
    await ask(demo)
    choose(demo, "exportShown")
    choose(demo, "exportCsv")
    await save(demo, target)
    await demo.until(lambda: any(folder.glob(".opside-export-*")))
    await demo.until(lambda: demo.window.isActiveWindow() or demo.window.activateWindow())
    demo.find("exportStop").setFocus()
    demo.press(Qt.Key.Key_Return)
    await demo.until(lambda: demo.state("exportState") == "Cancelled")
    assert demo.text("exportWords") == "claims.csv · nothing was written"
    assert demo.find("exportClose").hasFocus()  # the next Enter starts nothing
    assert target.read_text() == "what was there before"
    assert [one.name for one in folder.iterdir()] == [target.name]


async def test_a_signal_stops_an_export_and_leaves_nothing(demo, open_window, folder, many_claims):
    await ask(demo)
    choose(demo, "exportShown")
    await save(demo, folder / "claims.xlsx")
    await demo.until(lambda: any(folder.glob(".opside-export-*")))
    await open_window.close(demo, asks=False)
    assert list(folder.iterdir()) == []


async def test_two_exports_run_one_after_the_other(demo, folder, many_claims):
    for name in ("first.csv", "second.csv"):
        await ask(demo)
        choose(demo, "exportShown")
        choose(demo, "exportCsv")
        await save(demo, folder / name)
    await demo.until(lambda: len(list(folder.glob("*.csv"))) == 2)
    assert (folder / "first.csv").read_bytes() == (folder / "second.csv").read_bytes()
    states = {
        one.text for one in demo.window.findChildren(type(demo.find("exportState")), "exportState")
    }
    await demo.until(lambda: demo.state("exportState") == "Exported")
    assert states <= {"Exported", "Exporting"}


async def test_the_file_is_shown_in_its_folder(demo, folder, monkeypatch):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    await ask(demo)
    await save(demo, folder / "claims.xlsx")
    await demo.until(lambda: demo.state("exportState") == "Exported")
    demo.click("exportShowInFolder")
    assert opened == [str(folder)]


@pytest.fixture
async def many_claims(demo):
    """So many claims that an export of them takes a while."""
    user = stored_user_id(DEMO_USER)
    rows = [
        (f"00000000-0000-4000-8000-{n:012d}", f"RMB-{n:016x}", user, 100, f"Refund {n}")
        for n in range(100_000)
    ]

    def fill(connection):
        connection.exec_driver_sql(
            "INSERT INTO amazon_claims (id, claim_id, user_id, amount, description)"
            " VALUES (?, ?, ?, ?, ?)",
            rows,
        )

    page = demo.window.stack.currentWidget()
    await page.services.db.write(fill)
    page.refresh()
    await demo.until(lambda: page.table.model.rowCount() == 100_037)
