"""The settings: the data's folders, and its copy in another database."""

import asyncio

from PySide6.QtGui import QDesktopServices

from tests.postgres import run_sql
from tests.ui.settings.steps import fill, go_to, settings_of, used
from tests.waiting import LIMIT_S, never


async def test_the_folders_open_in_the_systems_own_program(open_window, private_home, monkeypatch):
    shown = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: shown.append(url) or False)
    opened = await open_window()
    await settings_of(opened, "Data")
    opened.click("openDataFolder")
    opened.click("openLogFolder")
    assert [url.toLocalFile() for url in shown] == [str(private_home), str(private_home / "logs")]
    assert "could not be opened" in opened.text("dialogError")


async def test_my_data_is_copied_to_the_chosen_server_proved_and_then_used(
    open_window, bare_postgres_url, amazon, signed_in
):
    seller = await amazon()
    signed_in(seller)
    opened = await open_window()
    opened.click("syncNow")
    await opened.until(lambda: opened.state("stripState") == "Done")
    await opened.until(lambda: opened.is_idle)
    await settings_of(opened, "Data")
    assert opened.find("copyData") is None
    opened.click("copyChoose")
    fill(opened, bare_postgres_url)
    go_to(opened, "Data")
    opened.click("copyData")
    await opened.until(lambda: opened.outcome("copy") == "ok")
    assert "counts and sums are the same" in opened.text("check_copy")
    assert run_sql(bare_postgres_url, "SELECT count(*) FROM amazon_claims")[0][0] == 37
    await opened.until(lambda: opened.dialog().tasks.is_idle)
    # Again: what is there is replaced only when asked for.
    opened.click("copyData")
    await opened.until(lambda: opened.find("copyReplace") is not None)
    assert "already holds" in opened.text("check_copy")
    opened.click("copyReplace")
    await opened.until(lambda: opened.outcome("copy") == "ok")
    go_to(opened, "Database")
    await used(opened)
    await opened.until(lambda: opened.text("count") == "37 claims")


async def test_a_copy_that_is_stopped_says_so(open_window, postgres_url, monkeypatch):
    opened = await open_window()
    await settings_of(opened)
    fill(opened, postgres_url)
    go_to(opened, "Data")
    begun = asyncio.Event()

    async def endless(*args, **kwargs):
        begun.set()
        await never()

    monkeypatch.setattr("opside_desktop.store.copy_database.copy_data", endless)
    opened.click("copyData")
    await asyncio.wait_for(begun.wait(), LIMIT_S)
    opened.click("copyStop")
    await opened.until(lambda: opened.outcome("copy") == "warn")
    assert "copy again to go on" in opened.text("check_copy")
    assert opened.find("copyData") is not None
