"""The first time, and when the program cannot open."""

import json
import socket
import sqlite3
import threading
from contextlib import closing

from PySide6.QtCore import QProcess
from PySide6.QtGui import QGuiApplication

from tests.ui.conftest import IMPATIENT_KEY_STORE


async def test_without_an_account_the_window_says_what_it_does_and_how_to_begin(open_window):
    opened = await open_window()
    assert opened.text("emptyTitle") == "See and keep what Amazon owes you"
    assert opened.find("connectFirst").isEnabled()
    assert opened.find("syncNow") is None
    for name in ("claims", "orders", "syncs"):
        opened.click(f"nav_{name}")
        assert opened.find("connectFirst") is not None


async def test_sample_data_opens_in_a_program_of_its_own(open_window, monkeypatch):
    started = []
    monkeypatch.setattr(
        QProcess,
        "startDetached",
        lambda name, words: (started.append([name, *words]), (True, 7))[1],
    )
    opened = await open_window()
    opened.click("trySampleData")
    assert started[0][-1] == "--demo"
    assert "window of its own" in opened.banner()


async def test_sample_data_that_cannot_start_says_how_to_start_it(open_window, monkeypatch):
    monkeypatch.setattr(QProcess, "startDetached", lambda name, words: (False, 0))
    opened = await open_window()
    opened.click("trySampleData")
    assert "opside-desktop --demo" in opened.banner()


async def test_a_database_that_is_none_gets_a_page_and_another_try(open_window, private_home):
    private_home.mkdir()
    database = private_home / "opside.db"
    database.write_bytes(b"This is no database. " * 200)
    opened = await open_window(wait=False)
    await opened.appears("faultPage")
    assert opened.text("faultWhat")
    assert "database" in opened.text("faultCode")
    opened.click("faultCopy")
    assert opened.text("faultWhat") in QGuiApplication.clipboard().text()
    opened.click("faultRetry")
    await opened.appears("faultPage")
    database.unlink()
    await opened.until(lambda: opened.find("faultRetry") and opened.find("faultRetry").isEnabled())
    opened.click("faultRetry")
    await opened.appears("connectFirst")


async def test_a_file_that_another_program_writes_opens_at_once(open_window, private_home):
    await open_window.close(await open_window())
    owner = json.dumps({"owner": {"host": socket.gethostname(), "pid": 4194303, "instance": "1"}})
    with closing(sqlite3.connect(private_home / "opside.db", isolation_level=None)) as other:
        other.execute(
            "INSERT INTO sync_progress (id, sync_id, user_id, status, metadata, created_at,"
            " updated_at) VALUES ('00000000-0000-4000-8000-000000000000', 'sync_gone_1',"
            " '00000000-0000-4000-8000-000000000001', 'running', ?, '2026-09-01 00:00:00.000000',"
            " '2026-09-01 00:00:00.000000')",
            (owner,),
        )
        other.execute("BEGIN IMMEDIATE")
        opened = await open_window()
        await opened.until(lambda: opened.text("emptyTitle"))
        other.execute("ROLLBACK")


async def test_a_database_of_a_newer_version_is_refused_in_words(open_window, private_home):
    opened = await open_window()
    await open_window.close(opened)
    with sqlite3.connect(private_home / "opside.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    again = await open_window(wait=False)
    await again.appears("faultPage")
    assert "newer" in again.text("faultWhat") + again.text("faultRest")


async def test_a_mistake_of_ours_while_opening_is_no_crash(open_window):
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def broken(settings, timings):
        raise ValueError("secret-token")
        yield

    opened = await open_window(wait=False, opener=broken)
    await opened.appears("faultPage")
    assert "mistake of this program" in opened.text("faultWhat")
    assert "secret-token" not in opened.text("faultRest") + opened.text("faultCode")


async def test_closing_while_the_program_opens_waits_for_it(open_window, private_home):
    opened = await open_window(demo=True, wait=False)
    await open_window.close(opened)
    assert not (private_home / "demo" / "opside.db-wal").exists()


async def test_a_silent_key_store_gets_a_banner_and_another_try(
    open_window, key_store, private_home, monkeypatch
):
    from opside_desktop.domain.accounts import Account, CredentialStatus
    from opside_desktop.domain.ids import ExternalUserId, stored_user_id
    from opside_desktop.store import accounts
    from opside_desktop.store.opening import open_database

    opened = await open_window()
    await open_window.close(opened)
    external = ExternalUserId("acme")
    db = await open_database(f"sqlite:///{private_home}/opside.db", app_version="0")
    await accounts.save_account(
        db,
        Account(
            user_id=stored_user_id(external),
            external_user_id=external,
            display_name="Acme",
            credential_status=CredentialStatus.ACTIVE,
        ),
    )
    await db.close()
    release = threading.Event()
    monkeypatch.setattr(key_store, "get_password", lambda *_: release.wait(10) and None)
    again = await open_window(timings=IMPATIENT_KEY_STORE)
    await again.appears("keyStoreRetry")
    assert "key store did not answer" in again.banner()
    release.set()
    monkeypatch.undo()
    again.click("keyStoreRetry")
    await again.until(lambda: again.find("banner") is None)
    assert again.text("accountName") == "Acme"
