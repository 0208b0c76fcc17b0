"""New versions in the window: off until switched on, told by a banner, never while a sync runs."""

import asyncio
import json

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QLineEdit

from opside_desktop import __version__
from opside_desktop.ui.kit.timings import WindowTimings
from tests.clocks import CountingClock
from tests.ui.frame.test_frame import nameless
from tests.ui.settings.steps import settings_of, stored_settings
from tests.updates.newsstand import PAGE, Maker, maker, newsstand, program_asks
from tests.waiting import LIMIT_S

__all__ = ["maker", "newsstand", "program_asks"]

SECTION = "New versions"


OFTEN = WindowTimings(updates_due_every_s=0.02)
"""Whether a look is due is asked all the time."""


@pytest.fixture
def pages(monkeypatch):
    """The web pages that were opened."""
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url) or True)
    return opened


async def told(opened, words):
    await opened.until(lambda: words in opened.text("updatesTold"))


async def switch_on(opened):
    await settings_of(opened, SECTION)
    await opened.until(lambda: opened.find("updatesSwitch").isEnabled())
    opened.find("updatesSwitch").click()  # its words are shorter than the dialog is wide


async def is_loaded(opened):
    """Wait until whatever the window does behind its first rows is under way."""
    await opened.until(lambda: opened.shell._tasks.is_busy("updates"))


async def test_nothing_is_asked_until_it_is_switched_on(
    open_window, newsstand, maker, program_asks, private_home
):
    clock = CountingClock()
    newsstand.shows(maker.news("99.0.0"))
    opened = await open_window(window_timings=OFTEN, clock=clock)
    await is_loaded(opened)
    await clock.rounds(OFTEN.updates_due_every_s)
    assert newsstand.requests == []
    await switch_on(opened)
    await asyncio.wait_for(newsstand.came.wait(), LIMIT_S)
    await told(opened, "Opside Desktop 99.0.0 is available, of 2026-11-20")
    assert nameless(opened.dialog()) == []
    opened.click("settingsClose")
    assert "Opside Desktop 99.0.0 is available." in opened.banner()
    assert f"You have {__version__}. Get it at {PAGE}" in opened.banner()
    assert "99.0.0" in opened.text("version")
    assert stored_settings(private_home)["looksForUpdates"] is True
    # Once a day, however often the window opens.
    await open_window.close(opened)
    again = await open_window(window_timings=OFTEN, clock=clock)
    await is_loaded(again)
    await clock.rounds(OFTEN.updates_due_every_s)
    assert len(newsstand.requests) == 1


async def test_the_page_opens_and_a_version_can_be_skipped(
    open_window, newsstand, maker, program_asks, pages, private_home
):
    newsstand.shows(maker.news("99.0.0"))
    opened = await open_window(window_timings=OFTEN)
    await switch_on(opened)
    await told(opened, "99.0.0")
    opened.click("updatesPage")
    assert pages == [QUrl(PAGE)]
    opened.click("settingsClose")
    opened.click("updateSkip")
    await open_window.close(opened)
    # A day later.
    state = private_home / "window.json"
    state.write_text(json.dumps({**json.loads(state.read_text()), "lookedForUpdates": 1}))
    again = await open_window(window_timings=OFTEN)
    await is_loaded(again)
    await again.until(lambda: len(newsstand.requests) == 2)
    await again.until(lambda: again.shell._updates.has_looked)
    assert again.banner() == ""


@pytest.mark.parametrize("version", [__version__, "0.0.1"])
async def test_the_same_or_an_older_version_is_no_news(
    open_window, newsstand, maker, program_asks, version
):
    newsstand.shows(maker.news(version))
    opened = await open_window(window_timings=OFTEN)
    await switch_on(opened)
    await told(opened, f"You have the newest version, {__version__}.")
    assert opened.banner() == ""


async def test_what_goes_wrong_is_quiet_by_itself_and_said_when_asked(
    open_window, newsstand, program_asks
):
    newsstand.shows(Maker().news("99.0.0"))
    opened = await open_window(window_timings=OFTEN)
    await switch_on(opened)
    await told(opened, "not signed by the makers of this program")
    assert opened.banner() == ""
    assert opened.text("version") == f"v{__version__}"
    newsstand.shows(b"<html>")
    await opened.until(lambda: opened.find("updatesLook").isEnabled())
    opened.click("updatesLook")
    await told(opened, "not news about Opside Desktop")
    assert len(newsstand.requests) == 2  # no second try of its own before an hour


async def test_never_while_a_sync_runs(
    open_window, newsstand, maker, program_asks, amazon, signed_in
):
    newsstand.shows(maker.news("99.0.0"))
    newsstand.holds_back = asyncio.Event()
    signed_in(await amazon("latency=0.3"))
    opened = await open_window(window_timings=OFTEN)
    await switch_on(opened)
    await asyncio.wait_for(newsstand.came.wait(), LIMIT_S)
    # A sync that begins breaks off a look on its way …
    opened.shell._window.top_bar.sync_button.click()
    await told(opened, "not looked for while a sync runs")
    # … and while it runs, nobody is asked.
    opened.click("updatesLook")
    await opened.until(lambda: "while a sync runs" in opened.text("dialogError"))
    assert len(newsstand.requests) == 1


async def test_the_address_is_chosen_in_settings(
    open_window, newsstand, maker, monkeypatch, private_home
):
    monkeypatch.setenv("OPSIDE_UPDATE_KEY", maker.key)
    newsstand.shows(maker.news("99.0.0"))
    opened = await open_window(window_timings=OFTEN)
    await settings_of(opened, SECTION)
    await told(opened, "The project has no address for such news yet.")
    assert not opened.find("updatesSwitch").isEnabled()
    opened.find("updatesAddress", QLineEdit).clear()
    opened.type("updatesAddress", "http://example.com/plain")
    opened.click("updatesLook")
    await opened.until(lambda: "must begin with https://" in opened.text("dialogError"))
    opened.find("updatesAddress", QLineEdit).clear()
    opened.type("updatesAddress", newsstand.url)
    opened.click("updatesLook")
    await told(opened, "99.0.0 is available")
    assert stored_settings(private_home)["updateAddress"] == newsstand.url
    assert stored_settings(private_home)["looksForUpdates"] is False


async def test_without_a_key_the_switch_explains_itself(open_window):
    opened = await open_window(window_timings=OFTEN)
    await settings_of(opened, SECTION)
    await told(opened, "holds no key to check such news with")
    assert not opened.find("updatesSwitch").isEnabled()
    assert not opened.find("updatesLook").isEnabled()


async def test_the_demo_never_asks(open_window, newsstand, maker, program_asks):
    clock = CountingClock()
    newsstand.shows(maker.news("99.0.0"))
    opened = await open_window(demo=True, window_timings=OFTEN, clock=clock)
    await settings_of(opened, SECTION)
    await told(opened, "The demo does not look for new versions.")
    await clock.rounds(OFTEN.updates_due_every_s)
    assert newsstand.requests == []
