"""A page of rows in the life of the program: syncs that run, links, and keys."""

import os
from dataclasses import replace

import pytest
from msgspec import structs
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QPushButton, QToolButton

from opside_desktop import app as program
from opside_desktop.domain.clock import SYSTEM_CLOCK
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.ids import UserId
from opside_desktop.domain.syncs import DatasetResult, DatasetStatus, SyncRequest, SyncStatus
from opside_desktop.settings.environment import read_settings
from opside_desktop.store.runs import starting, sync_runs
from opside_desktop.ui.kit.formats import Formats, ZoneChoice
from opside_desktop.ui.kit.timings import WindowTimings
from opside_desktop.ui.kit.window_state import WindowState
from opside_desktop.ui.pages.records import RecordsPage
from opside_desktop.ui.program.database_health import DatabaseHealth
from opside_desktop.ui.program.services import Services
from opside_desktop.ui.program.sync_signals import SyncSignals
from opside_desktop.ui.tables.filters.chips import Chip
from opside_desktop.ui.tables.rows.clipboard import CopyFormat
from opside_desktop.ui.tables.rows.query import Condition, Op
from opside_desktop.ui.tables.timings import TableTimings
from tests.ui.tables.menus import chips, close_menus, fields, number_of, popup

OTHER = UserId("07b4f03d-352e-473f-a316-af97d9017d69")


@pytest.fixture
async def services(private_home, theme, qtbot, errors):
    """Everything a page works with, as the program builds it."""
    settings = read_settings(os.environ, demo=False, user="acme")
    async with program.open_program(settings) as opened:
        formats = Formats(choice=ZoneChoice.UTC)
        signals = SyncSignals(opened.board, formats)
        database = DatabaseHealth(
            opened.db, errors.append, formats, clock=SYSTEM_CLOCK, timings=WindowTimings()
        )
        yield Services(
            db=opened.db,
            manager=opened.manager,
            connections=opened.connections,
            key_store=opened.key_store,
            settings=settings,
            theme=theme,
            formats=formats,
            window_state=WindowState(settings.window_file, formats),
            board=opened.board,
            sync_signals=signals,
            database_health=database,
            report=errors.append,
        )
        signals.stop()
        # Here and now: Python's collector could end their timers from a thread of the database's.
        for each in (signals, database, formats):
            each.deleteLater()
        assert not errors, errors


async def watch(services, *accounts):
    users = [account.user_id for account in accounts]
    await services.board.watch(users, every_s=2.0, on_look=services.database_health.on_look)


@pytest.fixture
async def db(services):
    return services.db


@pytest.fixture
async def make_page(services, account, qtbot):
    """Make the page of a dataset, shown and in use, until its tasks have ended."""
    made = []

    def make(dataset=Dataset.CLAIMS, **more):
        page = RecordsPage(dataset, services, **more)
        page.install_shortcuts()
        page.resize(1200, 600)
        page.show_accounts([account])
        page.show()
        page.activate()
        made.append(page)
        return page

    yield make
    for page in made:
        await page.tasks.close()
        page.close()
        page.deleteLater()


@pytest.fixture
def open_page(make_page, until):
    """Make the page of a dataset and wait for its rows."""

    async def open_page(dataset=Dataset.CLAIMS, **more):
        page = make_page(dataset, **more)
        await until(lambda: settled(page))
        return page

    return open_page


def settled(page):
    model = page.table.model
    return model.has_loaded and model.is_count_exact and not model.is_loading


def news(page):
    """What the bar above the rows says about rows that are not shown yet."""
    words = page.findChild(QLabel, "newRowsWords")
    return words.text() if words is not None and words.isVisible() else ""


def told(run, count, **fields):
    """A sync's record that says how many claims it has stored."""
    result = DatasetResult(status=DatasetStatus.RUNNING, count=count)
    return structs.replace(run, results={Dataset.CLAIMS: result}, **fields)


async def test_the_first_rows_ever_appear_by_themselves(open_page, fill, run, until):
    page = await open_page()
    assert "Acme DE" in page.findChild(QLabel, "emptyTitle").text()
    await fill.claims(range(5))
    page.on_run(told(run, 5))
    await until(lambda: page.table.model.rowCount() == 5)
    await fill.claims(range(5, 9))
    page.on_run(told(run, 9, status=SyncStatus.COMPLETED))
    await until(lambda: page.table.model.rowCount() == 9)
    assert news(page) == ""
    await fill.claims(range(9, 11))
    page.on_run(told(structs.replace(run, sync_id="sync_acme_2"), 2))
    await until(lambda: news(page) == "2 new rows.")


async def test_the_first_rows_wait_as_well_once_a_person_reads(
    open_page, fill, run, until, click_row
):
    page = await open_page()
    await fill.claims(range(5, 10))
    page.on_run(told(run, 5))
    await until(lambda: settled(page) and page.table.model.rowCount() == 5)
    click_row(page.table, 2)
    await fill.claims(range(5))
    page.on_run(told(run, 10))
    await until(lambda: news(page) == "5 new rows.")
    assert page.table.model.rowCount() == 5
    page.findChild(QPushButton, "showNew").click()
    await until(lambda: settled(page) and page.table.model.rowCount() == 10)
    assert page.table.selection.count == 1


async def test_rows_of_a_running_sync_are_announced_and_do_not_jump_in(open_page, fill, run, until):
    await fill.claims(range(10, 14))
    page = await open_page()
    await fill.claims(range(10))
    page.on_run(told(run, 14))
    await until(lambda: news(page) == "10 new rows.")
    assert page.table.model.rowCount() == 4


async def test_after_a_sync_changed_values_are_there_without_a_click(open_page, fill, run, until):
    await fill.claims([1])
    page = await open_page()
    await fill.claims([1], status="denied")
    page.on_run(told(run, 1, status=SyncStatus.COMPLETED))
    status = [c.field for c in page.table.spec.columns].index("status")
    await until(lambda: page.table.model.index(0, status).data() == "Denied")


async def test_a_link_from_another_page_shows_its_row_and_escape_leads_back(open_page, fill, until):
    await fill.claims(range(20))
    page = await open_page()
    page.open_item("RMB-000007")
    await until(lambda: page.findChild(QToolButton, "detailsName") is not None)
    assert page.findChild(QToolButton, "detailsName").text() == "RMB-000007"
    assert page.close_topmost()
    assert not page.table.details.panel.isVisible()
    assert page.close_topmost()
    await until(lambda: page.table.model.rowCount() == 20)
    assert not page.close_topmost()


async def test_escape_clears_the_words_and_leaves_the_chips(open_page, fill, until):
    await fill.claims(range(20))
    page = await open_page()
    page.table.add_condition(Condition("status", Op.IS, ("pending",)))
    QTest.keyClicks(page.table.filters.find_field, "nothing like it")
    await until(lambda: settled(page) and page.table.model.rowCount() == 0)
    assert page.close_topmost()
    await until(lambda: settled(page) and page.table.model.rowCount() == 6)


async def test_a_page_opened_by_a_link_needs_no_visit_before(make_page, fill, until):
    await fill.claims(range(20))
    page = make_page()
    page.open_item("RMB-000003")
    await until(lambda: settled(page) and page.table.model.rowCount() == 1)
    assert page.table.model.index(0, 0).data() == "RMB-000003"


async def test_links_of_a_claim_ask_for_the_page_of_its_order(open_page, fill, until):
    await fill.orders([2])
    await fill.claims([2])
    page = await open_page()
    asked = []
    page.open_requested.connect(lambda *to: asked.append(to))
    page.open_item("RMB-000002")
    await until(lambda: page.findChild(object, "relatedLink") is not None)
    page.findChild(object, "relatedLink").click()
    assert asked == [("orders", "302-0000002")]


async def test_keys_copy_and_clear_filters(open_page, fill, until, click_row):
    await fill.claims(range(5))
    page = await open_page()
    page.activateWindow()
    await until(page.isActiveWindow)
    page.table.look_for("RMB-000003")
    await until(lambda: settled(page) and page.table.model.rowCount() == 1)
    click_row(page.table, 0)
    control = Qt.KeyboardModifier.ControlModifier
    QTest.keyClick(page.table.view, Qt.Key.Key_C, control)
    assert QApplication.clipboard().text() == "RMB-000003"
    QTest.keyClick(page.table.view, Qt.Key.Key_L, control)
    await until(lambda: page.table.model.rowCount() == 5)
    page.focus_find()
    assert page.table.filters.find_field.hasFocus()


async def test_another_account_shows_its_own_rows_only(open_page, fill, account, until):
    await fill.claims(range(3))
    page = await open_page()
    other = replace(account, user_id=OTHER, display_name="Other")
    page.show_accounts([other])
    await until(lambda: settled(page) and page.table.model.rowCount() == 0)
    assert page.findChild(QLabel, "emptyTitle").text() == "Nothing synced for Other yet."
    page.show_accounts([other, account])
    await until(lambda: settled(page) and page.table.model.rowCount() == 3)


async def test_several_accounts_are_told_apart_by_a_column(
    open_page, services, fill, account, until, db
):
    await fill.claims(range(3))
    other = replace(account, user_id=OTHER, external_user_id="other", display_name="Other Ltd")
    theirs = await starting.start_run(
        db, other, SyncRequest(), fill.run.owner, endpoint_is_mock=False, mock_scenario=None,
        app_version="0",
    )  # fmt: skip
    await replace(fill, run=theirs).claims([9])
    page = await open_page()
    assert "user_id" not in fields(page.table)
    page.show_accounts([account, other])
    await until(lambda: settled(page) and page.table.model.rowCount() == 4)
    assert fields(page.table)[1] == "user_id"
    place = number_of(page.table, "user_id")
    assert {page.table.model.index(row, place).data() for row in range(4)} == {
        "Acme DE",
        "Other Ltd",
    }
    page.table.add_condition(Condition("user_id", Op.IS, (OTHER,)))
    await until(lambda: settled(page) and page.table.model.rowCount() == 1)
    await until(lambda: chips(page.table) == ["Account is Other Ltd"])
    page.table.view.selectAll()
    QApplication.clipboard().clear()
    page.table.copy_rows(CopyFormat.TSV)
    await until(lambda: "Other Ltd" in QApplication.clipboard().text())
    offer = page.export_offer()
    assert offer.names[OTHER] == "Other Ltd"
    assert offer.query.user_ids == (account.user_id, OTHER)
    assert (offer.count, len(offer.chosen)) == (1, 1)
    page.show_accounts([account])
    assert "user_id" not in fields(page.table)


async def test_a_sentence_below_the_rows_goes_away_by_itself(open_page, fill, until):
    await fill.claims(range(3))
    page = await open_page(timings=TableTimings(note_ms=100))
    page.table.footer.say("Copied 3 rows")
    assert page.table.footer.note.text() == "Copied 3 rows"
    await until(lambda: not page.table.footer.note.text())


async def test_export_is_asked_for_by_keys_and_by_the_tables_menu(open_page, fill, until):
    await fill.claims(range(3))
    page = await open_page()
    page.activateWindow()
    await until(page.isActiveWindow)
    QTest.keyClick(page.table.view, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: page.findChild(QDialog, "exportDialog") is not None)
    page.findChild(QDialog, "exportDialog").reject()
    page.table.filters.more_button.click()
    entry = popup().actions()[0]
    assert entry.text() == "Export…\tCtrl+E"
    close_menus()


async def test_only_what_the_last_sync_brought_is_shown_by_one_entry(
    open_page, services, account, fill, run, until, db
):
    await fill.claims(range(3))
    await sync_runs.end_run(db, structs.replace(run, status=SyncStatus.COMPLETED, progress=100))
    later = await starting.start_run(
        db, account, SyncRequest(), run.owner, endpoint_is_mock=False, mock_scenario=None,
        app_version="0",
    )  # fmt: skip
    await replace(fill, run=later).claims(range(2, 5))
    page = await open_page()
    await watch(services, account)
    filters = page.table.filters
    menu = filters.chips.menus.all_columns()
    next(a for a in menu.actions() if a.objectName() == "newInLastSync").trigger()
    await until(lambda: settled(page) and page.table.model.rowCount() == 2)
    others = replace(account, user_id=OTHER, external_user_id="other", display_name="Other")
    first = await starting.start_run(
        db, others, SyncRequest(), run.owner, endpoint_is_mock=False, mock_scenario=None,
        app_version="0",
    )  # fmt: skip
    await replace(fill, run=first).claims([9])
    await watch(services, account, others)
    page.show_accounts([account, others])
    await until(lambda: settled(page) and page.table.model.rowCount() == 3)
    page.show_accounts([account])
    await until(lambda: settled(page) and page.table.model.rowCount() == 2)
    chip = page.findChild(Chip)
    assert chip.text == "New in the last sync"
    chip.findChild(QToolButton, "chipRemove").click()
    await until(lambda: settled(page) and page.table.model.rowCount() == 5)
