"""The process that writes workbooks ends with what it is for, whoever fails or cancels."""

import asyncio
import logging
from typing import Any

import psutil
import pytest

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import FileFault
from opside_desktop.domain.export_formats import ExportFormat
from opside_desktop.store.exports.plan import Export, plain_columns
from opside_desktop.store.exports.run import BATCH, export_rows
from opside_desktop.store.reading.queries import RowQuery
from tests.store.claim_pages import write_claims_page


@pytest.fixture
async def plan(db, run, make, tmp_path):
    """An export of a thousand claims to a workbook."""
    claims = [make.claim(n) for n in range(4 * BATCH)]
    await write_claims_page(db, run, [], claims, first_started_at=run.started_at)
    (tmp_path / "exports").mkdir()
    return Export(
        query=RowQuery(Dataset.CLAIMS, (make.account().user_id,)),
        form=ExportFormat.XLSX,
        target=tmp_path / "exports" / "claims.xlsx",
        columns=plain_columns(Dataset.CLAIMS),
    )


def writers():
    """The processes that write workbooks for this one."""
    return [each for each in psutil.Process().children(recursive=True) if writes_workbooks(each)]


def writes_workbooks(process):
    """Other children, such as PostgreSQL's, may end while they are looked at."""
    try:
        return "write-workbook" in process.cmdline()
    except psutil.NoSuchProcess:
        return False


async def test_a_writer_that_ends_by_itself_is_told_and_leaves_nothing(db, plan, caplog):
    def kill(progress):
        for each in writers():
            each.kill()

    with caplog.at_level(logging.ERROR), pytest.raises(FileFault) as failed:
        await export_rows(db, plan, kill)
    assert "ended unexpectedly" in failed.value.sentence
    assert "export as CSV" in failed.value.sentence
    assert list(plan.target.parent.iterdir()) == []
    assert (await export_rows(db, plan)).rows == 4 * BATCH


async def test_a_cancelled_export_ends_its_writer(db, plan):
    seen = []
    task: asyncio.Task[Any] | None = None

    def stop(progress):
        seen.extend(writers())
        if seen:
            task.cancel()
            # As when the window is closed right after.
            asyncio.get_running_loop().call_later(0.01, task.cancel)

    task = asyncio.ensure_future(export_rows(db, plan, stop))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert writers() == []
    assert not any(each.is_running() for each in seen)


async def test_a_writer_is_told_no_setting_and_no_secret(db, plan, monkeypatch):
    monkeypatch.setenv("AMAZON_CLIENT_SECRET", "canary")
    told = []

    def look(progress):
        told.extend(each.environ() for each in writers())

    await export_rows(db, plan, look)
    assert told
    assert not any(name.startswith(("AMAZON_", "OPSIDE_")) for one in told for name in one)
