"""Exports on both databases: exact values, safe cells, whole files or none."""

import asyncio
import csv
import io
import itertools
import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from opside_desktop.contract.wire import keys
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import BadInput, FileFault
from opside_desktop.domain.export_formats import ExportFormat
from opside_desktop.domain.ids import UserId
from opside_desktop.store.exports.plan import Export, ExportColumn, plain_columns
from opside_desktop.store.exports.run import BATCH, export_rows
from opside_desktop.store.exports.workbook import WorkbookFile
from opside_desktop.store.reading import rows
from opside_desktop.store.reading.queries import RowQuery, Sort
from opside_desktop.store.writing import pages
from tests.store.claim_pages import write_claims_page
from tests.store.listed import list_rows

CLAIMS, INVENTORY, ORDERS = Dataset.CLAIMS, Dataset.INVENTORY, Dataset.ORDERS
FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1+1", "＋1", "－1", "＠SUM(A1)",
    " =1+1", "\u00a0\u3000 +1", "\ufeff=1", "\u200b@x",
]  # fmt: skip
"""Texts that some spreadsheet takes for a formula, or for a cell with one."""


@pytest.fixture
def user(make):
    """Whose rows these are."""
    return make.account().user_id


@pytest.fixture
def keep(db, run):
    """Store records of one kind."""

    async def keep(*records):
        kind = type(records[0]).__name__
        more = {"first_started_at": run.started_at}
        if kind == "Claim":
            await write_claims_page(db, run, [], records, **more)
        elif kind == "Order":
            await pages.write_orders_page(db, run, records, **more)
        else:
            await pages.write_inventory_page(db, run, records, **more)

    return keep


@pytest.fixture
def folder(tmp_path):
    """An empty folder for the files."""
    folder = tmp_path / "exports"
    folder.mkdir()
    return folder


@pytest.fixture
def plan(user, folder):
    """Plan an export of all rows and columns of a dataset."""

    def plan(dataset=CLAIMS, form=ExportFormat.CSV, **more):
        more.setdefault("query", RowQuery(dataset, (user,)))
        more.setdefault("columns", plain_columns(dataset))
        more.setdefault("target", folder / f"out{form.suffix}")
        return Export(form=form, **more)

    return plan


@pytest.fixture
def exported(db, plan, folder):
    """Export and read the file: as lists of cells, or of objects for JSON."""

    async def exported(dataset=CLAIMS, form=ExportFormat.CSV, **more):
        wanted = plan(dataset, form, **more)
        done = await export_rows(db, wanted)
        assert [each.name for each in folder.iterdir()] == [wanted.target.name]
        assert done.path == wanted.target
        assert done.size_bytes == wanted.target.stat().st_size
        if form is ExportFormat.XLSX:
            sheets = openpyxl.load_workbook(wanted.target).worksheets
            found = [[[cell.value for cell in row] for row in sheet] for sheet in sheets]
            assert done.rows == sum(len(sheet) - 1 for sheet in found)
            return found[0]
        text = wanted.target.read_bytes().decode()
        if form is ExportFormat.JSON:
            objects = [json.loads(line, parse_float=Decimal) for line in text.splitlines()]
            assert done.rows == len(objects)
            return objects
        cells = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        assert done.rows == len(cells) - 1
        return cells

    return exported


async def test_a_csv_holds_every_row_with_exact_values_in_the_order_of_the_list(
    exported, keep, make, db, user
):
    claims = [make.claim(n, amount=Decimal(n * 7 - 900) / 100) for n in range(2 * BATCH + 3)]
    await keep(*claims)
    titles, *cells = await exported()
    assert titles == [one.title for one in plain_columns(CLAIMS)]
    assert "userId" not in titles
    rows, _ = await list_rows(db, RowQuery(CLAIMS, (user,)), 1000)
    listed = keys(rows)
    assert [row[0] for row in cells] == [one["claimId"] for one in listed]
    for row, one in zip(cells, listed, strict=True):
        shown = dict(zip(titles, row, strict=True))
        assert Decimal(shown["amount"]) == one["amount"]
        assert len(shown["amount"].partition(".")[2]) == 2
        for key in ("createdAt", "syncedAt", "currency", "description", "orderId"):
            assert shown[key] == one[key], key


async def test_cents_of_either_sign_are_whole_in_a_csv(exported, keep, make):
    cents = [-101, -100, -99, -10, -9, -1, 0, 1, 9, 10, 99, 100]
    await keep(*(make.claim(n, amount=Decimal(one).scaleb(-2)) for n, one in enumerate(cents)))
    titles, *cells = await exported()
    assert {row[titles.index("claimId")]: row[titles.index("amount")] for row in cells} == {
        f"RMB-{n:016x}": f"{Decimal(one).scaleb(-2):.2f}" for n, one in enumerate(cents)
    }


async def test_json_lines_hold_what_the_list_answers(exported, keep, make, db, user):
    await keep(*(make.order(n, lines=n % 3, total_amount=None) for n in range(BATCH + 5)))
    objects = await exported(ORDERS, ExportFormat.JSON, with_items=True)
    rows, _ = await list_rows(db, RowQuery(ORDERS, (user,)), 1000)
    assert objects == keys(rows)


@pytest.mark.parametrize("form", list(ExportFormat))
async def test_an_export_without_rows_is_a_whole_file(exported, form):
    found = await exported(INVENTORY, form)
    titles = [one.title for one in plain_columns(INVENTORY)]
    if form is ExportFormat.XLSX:
        titles[titles.index("syncedAt")] = "syncedAt (UTC)"
    assert found == ([] if form is ExportFormat.JSON else [titles])


async def test_texts_that_a_spreadsheet_would_run_are_defused_and_numbers_are_not(
    exported, keep, make
):
    await keep(
        *(
            make.claim(n, description=text, amount=Decimal(-5), order_id=text)
            for n, text in enumerate(FORMULAS)
        )
    )
    titles, *cells = await exported()
    place, money = titles.index("description"), titles.index("amount")
    assert {row[place] for row in cells} == {f"'{text}" for text in FORMULAS}
    assert {row[titles.index("orderId")] for row in cells} == {f"'{text}" for text in FORMULAS}
    assert {row[money] for row in cells} == {"-5.00"}


async def test_a_workbook_takes_no_text_for_a_formula_a_link_or_a_number(exported, keep, make):
    texts = [*FORMULAS, "{=1}", "https://example.com", "00123", "<r>bold</r>", "a_x0041_b", "ﬁ☃"]
    await keep(*(make.claim(n, description=text) for n, text in enumerate(texts)))
    titles, *cells = await exported(form=ExportFormat.XLSX)
    place = titles.index("description")
    found = {unescape(str(row[place])).rstrip(" ") for row in cells}
    assert found == set(texts)


async def test_odd_texts_survive_a_csv(exported, keep, make):
    texts = ['say "hi", twice', "two\nlines", "a\r\nb", " lead", "雪,;\t", "", "'x", "x" * 40_000]
    await keep(*(make.claim(n, description=text) for n, text in enumerate(texts)))
    titles, *cells = await exported()
    assert {row[titles.index("description")] for row in cells} == set(texts)


async def test_a_byte_order_mark_only_where_it_is_asked_for(db, plan, keep, make):
    await keep(make.claim(1))
    for bom in (False, True):
        wanted = plan(bom=bom)
        await export_rows(db, wanted)
        data = wanted.target.read_bytes()
        assert data.startswith(b"\xef\xbb\xbf") is bom
        assert data.endswith(b"\r\n")


async def test_a_workbook_keeps_ids_as_text_amounts_as_numbers_and_dates_as_dates(
    db, plan, keep, make
):
    moment = datetime(2026, 7, 1, 12, 30, 15, tzinfo=UTC)
    await keep(
        make.claim(1, claim_id="00012345", amount=Decimal("-1234567.89"), created_at=moment),
        make.claim(2, amount=Decimal(1200), currency="JPY", created_at=moment - timedelta(1)),
        make.claim(3, created_at=None, order_id=None, currency=None),
    )
    wanted = plan(form=ExportFormat.XLSX, zone=ZoneInfo("Europe/Berlin"), zone_name="Europe/Berlin")
    await export_rows(db, wanted)
    sheet = openpyxl.load_workbook(wanted.target).active
    titles = [cell.value for cell in sheet[1]]
    assert titles[titles.index("createdAt (Europe/Berlin)")]
    at = {title: place for place, title in enumerate(titles)}
    first, second, third = sheet.iter_rows(min_row=2)
    assert (first[0].value, first[0].data_type, first[0].number_format) == ("00012345", "s", "@")
    money = at["amount"]
    assert (first[money].value, first[money].number_format) == (-1234567.89, "#,##0.00")
    assert (second[money].value, second[money].number_format) == (1200, "#,##0")
    assert second[at["currency"]].value == "JPY"
    local = datetime(2026, 7, 1, 14, 30, 15)  # noqa: DTZ001 - Excel's dates know no zone
    shown = first[at["createdAt (Europe/Berlin)"]]
    assert shown.value == local
    assert shown.is_date
    assert [third[at[one]].value for one in ("orderId", "currency")] == [None, None]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:{sheet.cell(4, len(titles)).coordinate}"
    assert sheet.title == "Claims"


async def test_dates_that_excel_does_not_have_are_texts(db, plan, keep, make, user):
    """Its calendar begins in 1900 and ends with 9999, whatever the zone makes of a moment."""
    zones = {"UTC": UTC, "Asia/Tokyo": ZoneInfo("Asia/Tokyo")}
    zones["America/New_York"] = ZoneInfo("America/New_York")
    last = datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)
    moments = [
        last,
        last.replace(microsecond=0),
        last.replace(hour=14, microsecond=0),
        datetime(9999, 12, 31, tzinfo=UTC),
        datetime(1900, 1, 1, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
    ]
    await keep(*(make.claim(n, created_at=one) for n, one in enumerate(moments)))
    shown = {}
    for name, zone in zones.items():
        query = RowQuery(CLAIMS, (user,), sort=(Sort("claim_id"),))
        wanted = plan(form=ExportFormat.XLSX, zone=zone, zone_name=name, query=query)
        await export_rows(db, wanted)
        sheet = openpyxl.load_workbook(wanted.target).active
        titles = [cell.value for cell in sheet[1]]
        place = titles.index(f"createdAt ({name})")
        cells = [row[place] for row in sheet.iter_rows(min_row=2)]
        assert {cell.data_type for cell in cells} == {"s", "d"}
        shown[name] = [str(cell.value) for cell in cells]
    assert shown["UTC"] == [
        "9999-12-31 23:59:59.999999",
        "9999-12-31 23:59:59",
        "9999-12-31 14:59:59",
        "9999-12-31 00:00:00",
        "1900-01-01 00:00:00",
        "0001-01-01 00:00:00",
    ]
    assert shown["Asia/Tokyo"] == [
        "9999-12-31 23:59:59.999999 UTC",
        "9999-12-31 23:59:59 UTC",
        "9999-12-31 23:59:59",
        "9999-12-31 09:00:00",
        "1900-01-01 09:00:00",
        "0001-01-01 09:18:59",
    ]
    assert shown["America/New_York"] == [
        "9999-12-31 19:00:00",  # Excel's dates have no microseconds
        "9999-12-31 18:59:59",
        "9999-12-31 09:59:59",
        "9999-12-30 19:00:00",
        "1899-12-31 19:00:00",
        "0001-01-01 00:00:00 UTC",
    ]


def test_a_full_sheet_is_followed_by_another(folder):
    path = folder / "inventory.xlsx"
    export = Export(
        query=RowQuery(INVENTORY, ()),
        form=ExportFormat.XLSX,
        target=path,
        columns=plain_columns(INVENTORY)[:1],
    )
    with closing(WorkbookFile(path, export, rows_per_sheet=101)) as file:
        for first in (0, 200):
            file.write([(f"SKU-{n:05d}",) for n in range(first, min(first + 200, 250))])
        file.finish()
    sheets = openpyxl.load_workbook(path).worksheets
    assert [sheet.title for sheet in sheets] == ["Inventory", "Inventory 2", "Inventory 3"]
    assert [sheet.max_row for sheet in sheets] == [101, 101, 51]
    skus = [row[0].value for sheet in sheets for row in sheet.iter_rows(min_row=2)]
    assert skus == [f"SKU-{n:05d}" for n in range(250)]
    assert {sheet["A1"].value for sheet in sheets} == {"sku"}


async def test_texts_too_long_for_a_cell_are_cut_and_counted(db, plan, keep, make):
    await keep(make.claim(1, description="x" * 40_000), make.claim(2, description="y" * 32_767))
    wanted = plan(form=ExportFormat.XLSX)
    done = await export_rows(db, wanted)
    assert done.cut_cells == 1
    sheet = openpyxl.load_workbook(wanted.target).active
    lengths = sorted(len(row[6].value) for row in sheet.iter_rows(min_row=2))
    assert lengths == [32_767, 32_767]


@pytest.mark.parametrize("form", list(ExportFormat))
async def test_an_amount_that_is_no_number_spoils_no_export(exported, keep, make, sql, kind, form):
    # Only another program stores such a one.
    odd = "'NaN'" if kind == "postgresql" else "9e999"
    await keep(make.claim(1), make.claim(2))
    change = f"UPDATE amazon_claims SET amount = {odd} WHERE claim_id = 'RMB-{1:016x}'"  # noqa: S608
    await sql(change)
    found = await exported(form=form)
    if form is ExportFormat.JSON:
        amounts = [one["amount"] for one in found]
        assert amounts == [Decimal("12.10"), None]
        return
    place = found[0].index("amount")
    assert Decimal(str(found[1][place])) == Decimal("12.10")
    assert str(found[2][place]) in ("NaN", "Infinity")


@pytest.mark.parametrize("form", list(ExportFormat))
async def test_rows_of_simulated_data_say_so(exported, keep, make, form):
    await keep(make.claim(1))  # the run's endpoint is mock
    found = await exported(form=form)
    if form is not ExportFormat.JSON:
        found = [dict(zip(found[0], row, strict=True)) for row in found[1:]]
    assert [str(one["isMock"]).lower() for one in found] == ["true"]
    assert [one["mockScenario"] for one in found] == ["normal_week"]


async def test_what_is_shown_is_what_is_written(exported, keep, make, user):
    await keep(*(make.claim(n, status="denied" if n % 2 else "approved") for n in range(9)))
    query = RowQuery(CLAIMS, (user,), search="NUMBER 5", sort=(Sort("claim_id"),))
    columns = (ExportColumn("status", "=Status"), ExportColumn("claim_id", "Claim"))
    found = await exported(query=query, columns=columns)
    assert found == [["'=Status", "Claim"], ["denied", f"RMB-{5:016x}"]]


async def test_a_choice_of_rows_keeps_its_order_and_leaves_others_rows_alone(
    exported, keep, make, db, user, kind
):
    await keep(*(make.claim(n) for n in range(2 * BATCH)))
    ids = list(await rows.row_ids(db, RowQuery(CLAIMS, (user,), sort=(Sort("claim_id"),))))
    gone = UUID(int=7) if kind == "postgresql" else 2**40
    chosen = [*ids[::-2], gone]
    found = await exported(ids=chosen)
    assert [row[0] for row in found[1:]] == [f"RMB-{n:016x}" for n in range(2 * BATCH - 1, 0, -2)]
    stranger = RowQuery(CLAIMS, (UserId("07b4f03d-352e-473f-a316-af97d9017d69"),))
    assert len(await exported(ids=ids, query=stranger)) == 1


async def test_a_column_tells_whose_row_it_is_by_name(exported, keep, make, user):
    await keep(make.claim(1))
    columns = (ExportColumn("claim_id", "Claim"), ExportColumn("user_id", "Account"))
    found = await exported(columns=columns, names={user: "Acme DE"})
    assert found[1][1] == "Acme DE"


async def test_progress_goes_up_to_the_end(db, plan, keep, make):
    await keep(*(make.claim(n) for n in range(3 * BATCH)))
    seen = []
    await export_rows(db, plan(), seen.append)
    assert seen[0].done == 0
    assert seen[0].total == 3 * BATCH
    assert seen[-1].is_finishing
    assert seen[-1].done == 3 * BATCH
    percents = [one.percent for one in seen]
    assert percents == sorted(percents)
    assert percents[-1] == 99


@pytest.mark.parametrize("form", list(ExportFormat))
async def test_a_cancelled_export_leaves_the_old_file_and_nothing_else(
    db, plan, keep, make, form, folder
):
    # So many, and with a rest after each batch: it is not over before anybody hears that it began.
    rows = 20 * BATCH
    await keep(*(make.claim(n) for n in range(rows)))
    wanted = plan(form=form, is_gentle=True)
    wanted.target.write_text("what was there before")
    moments = itertools.count()
    task: asyncio.Task[Any] | None = None

    def stop(progress):
        if next(moments) == 0:
            task.cancel()

    task = asyncio.ensure_future(export_rows(db, wanted, stop))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert wanted.target.read_text() == "what was there before"
    assert os.listdir(folder) == [wanted.target.name]  # noqa: PTH208 - hidden ones, too
    assert (await export_rows(db, wanted)).rows == rows


async def test_an_order_that_does_not_fit_leaves_no_file(db, plan, keep, make, folder, user):
    await keep(make.claim(1))
    with pytest.raises(BadInput):
        await export_rows(db, plan(query=RowQuery(CLAIMS, (user,), sort=(Sort("nonsense"),))))
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("form", list(ExportFormat))
async def test_a_place_that_cannot_be_written_is_told_in_a_sentence(db, plan, folder, form):
    missing = plan(form=form, target=folder / "no" / "out")
    with pytest.raises(FileFault, match="There is no folder"):
        await export_rows(db, missing)
    (folder / "is a folder").mkdir()
    with pytest.raises(FileFault, match="is not a file"):
        await export_rows(db, plan(form=form, target=folder / "is a folder"))
    with pytest.raises(FileFault, match="could not be written"):
        await export_rows(db, plan(form=form, target=folder / ("x" * 300)))
    assert [one.name for one in folder.iterdir()] == ["is a folder"]


@pytest.mark.parametrize("ending", ["", "-wal", "-shm"])
async def test_a_database_is_not_replaced_by_an_export_of_it(
    plan, keep, make, db, kind, path, ending, folder
):
    if kind == "postgresql":
        # The file of before a server was chosen.
        path.parent.mkdir()
        sqlite3.connect(path).execute("CREATE TABLE rows (id)").connection.close()
    await keep(make.claim(1))
    before = path.read_bytes()
    (folder / "link.csv").symlink_to(path.with_name(path.name + ending))
    for target in (path.with_name(path.name + ending), folder / "link.csv"):
        with pytest.raises(FileFault, match=r"is not replaced\. It belongs to a database"):
            await export_rows(db, plan(target=target))
    assert path.read_bytes() == before
    assert [one.name for one in folder.iterdir()] == ["link.csv"]


async def test_a_link_stays_and_the_file_behind_it_is_replaced(db, plan, keep, make, folder):
    await keep(make.claim(1))
    real = folder.parent / "real.csv"
    real.write_text("old")
    real.chmod(0o640)
    (folder / "out.csv").symlink_to(real)
    await export_rows(db, plan())
    assert (folder / "out.csv").is_symlink()
    assert real.read_text("utf-8").count("\n") == 2
    assert real.stat().st_mode & 0o777 == 0o640
