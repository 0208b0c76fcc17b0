"""The settings: other programs of this computer are served."""

import socket

import httpx
import jwt
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit

from tests.clocks import MovedClock
from tests.ui.settings.steps import fill, focused, free_port, settings_of, switch_on, used
from tests.waiting import LIMIT_S, once_possible


async def call(url, token=""):
    """What another program gets."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(url, headers=headers, timeout=LIMIT_S)
    return answer.status_code, answer.json()


async def test_other_programs_are_served_when_switched_on_and_only_with_a_token(
    open_window, private_home, key_store
):
    opened = await open_window()
    port = free_port()
    await switch_on(opened, port)
    await opened.until(lambda: opened.find("serveAddress") is not None)
    url = opened.text("serveAddress")
    assert url == f"http://127.0.0.1:{port}"
    status = f"{url}/api/sync/status"
    assert (await call(status))[0] == 401
    opened.click("serveToken")
    await opened.until(lambda: "Copied a token" in opened.text("serveTold"))
    token = QApplication.clipboard().text()
    assert token not in opened.text("serveTold")
    code, answer = await call(status, token)
    assert (code, answer["status"]) == (200, "idle")
    secret = max(key_store.entries.values(), key=len)
    assert secret not in (private_home / "settings.json").read_text()
    opened.click("serveSwitch")
    await opened.until(lambda: opened.find("serveAddress") is None)
    with pytest.raises(httpx.ConnectError):
        await call(status, token)


async def test_a_token_holds_ninety_days_by_the_windows_clock(open_window):
    opened = await open_window(clock=MovedClock(2_000_000_000.0))
    await switch_on(opened, free_port())
    await opened.until(lambda: opened.find("serveToken") is not None)
    opened.click("serveToken")
    await opened.until(lambda: "Copied a token" in opened.text("serveTold"))
    token = jwt.decode(QApplication.clipboard().text(), options={"verify_signature": False})
    assert (token["iat"], token["exp"] - token["iat"]) == (2_000_000_000, 90 * 86_400)


async def test_serving_goes_on_the_next_time_and_with_another_database(
    open_window, bare_postgres_url
):
    opened = await open_window()
    port = free_port()
    await switch_on(opened, port)
    await opened.until(lambda: opened.find("serveToken") is not None)
    opened.click("serveToken")
    await opened.until(lambda: "Copied a token" in opened.text("serveTold"))
    token = QApplication.clipboard().text()
    url = f"{opened.text('serveAddress')}/api/v1/integrations/amazon/claims"
    await open_window.close(opened)
    again = await open_window()

    async def answers():
        return await once_possible(lambda: call(url, token), httpx.ConnectError)

    assert (await answers())[0] == 200
    await settings_of(again)
    fill(again, bare_postgres_url)
    await used(again)
    code, answer = await answers()
    assert (code, answer["claims"]) == (200, [])


async def test_a_port_that_is_taken_is_told_and_the_switch_stays_off(open_window, private_home):
    opened = await open_window()
    with socket.create_server(("127.0.0.1", 0)) as other:
        await switch_on(opened, other.getsockname()[1])
        await opened.until(lambda: opened.find("dialogError") is not None)
    assert "cannot listen" in opened.text("dialogError")
    assert not opened.find("serveSwitch").isChecked()
    assert not (private_home / "settings.json").exists()


async def test_without_a_key_store_nobody_is_served(open_window, key_store):
    key_store.loses_writes = True
    opened = await open_window()
    await switch_on(opened, free_port())
    await opened.until(lambda: opened.find("dialogError") is not None)
    assert "JWT_SECRET" in opened.text("dialogError")
    assert not opened.find("serveSwitch").isChecked()


async def test_the_keyboard_stays_on_the_switch_while_it_works(open_window, key_store):
    opened = await open_window()
    await settings_of(opened, "Other programs")
    opened.find("servePort", QLineEdit).clear()
    opened.type("servePort", str(free_port()))
    opened.find("serveSwitch").setFocus()
    opened.press(Qt.Key.Key_Space)
    opened.press(Qt.Key.Key_Space)  # too early: changes nothing
    await opened.until(lambda: opened.find("serveAddress") is not None)
    assert focused(opened) == "serveSwitch"
    assert opened.find("serveSwitch").isChecked()
    await opened.until(lambda: opened.dialog().tasks.is_idle)
    opened.press(Qt.Key.Key_Space)
    await opened.until(lambda: opened.find("serveAddress") is None)
    key_store.entries.clear()
    key_store.loses_writes = True
    await opened.until(lambda: opened.dialog().tasks.is_idle)
    opened.press(Qt.Key.Key_Space)
    await opened.until(lambda: opened.find("dialogError") is not None)
    assert focused(opened) == "serveSwitch"
    assert not opened.find("serveSwitch").isChecked()
