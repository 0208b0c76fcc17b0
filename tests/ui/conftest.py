"""The whole window on Qt's loop: real database, real syncs, Amazon simulated over HTTP."""

import asyncio
import os
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import keyring
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QLineEdit, QWidget

from opside_desktop import app as program
from opside_desktop.accounts.timings import AccountTimings
from opside_desktop.domain.clock import SYSTEM_CLOCK
from opside_desktop.settings.environment import read_settings
from opside_desktop.simulator.options import Options
from opside_desktop.simulator.server import serve
from opside_desktop.ui.frame.main_window import Appearance, MainWindow
from opside_desktop.ui.kit.formats import Formats, ZoneChoice
from opside_desktop.ui.kit.pills import StatusPill
from opside_desktop.ui.kit.theme import STYLE, Theme, ThemeChoice
from opside_desktop.ui.kit.timings import SHIPPED
from opside_desktop.ui.kit.window_state import WindowState
from opside_desktop.ui.life.application import make_application, remembered_choice, window_title
from opside_desktop.ui.life.loop import QtLoop
from opside_desktop.ui.life.shell import Shell
from tests import waiting


def qt_loop():
    return QtLoop(make_application())


def pytest_asyncio_loop_factories(config, item):
    return {"qt": qt_loop}


@pytest.fixture
def until():
    """Wait until something holds."""
    return waiting.until


@pytest.fixture(scope="session")
def qapp_args():
    return ["opside-desktop", *STYLE]


@pytest.fixture(scope="session")
def theme(qapp):
    return Theme(qapp, ThemeChoice.LIGHT)


@pytest.fixture
def amazon_at(monkeypatch):
    """Let all regions' Amazon be at this address."""

    def amazon_at(url):
        monkeypatch.setenv("AMAZON_SPAPI_BASE_URL", url)
        monkeypatch.setenv("AMAZON_LWA_URL", f"{url}/auth/o2/token")

    return amazon_at


@pytest.fixture
def signed_in(monkeypatch, amazon_at):
    """Give the environment the three secrets of one seller, and where its Amazon is."""

    def signed_in(url, user="acme"):
        amazon_at(url)
        monkeypatch.setenv("OPSIDE_USER", user)
        monkeypatch.setenv("AMAZON_CLIENT_ID", "client")
        monkeypatch.setenv("AMAZON_CLIENT_SECRET", "client-secret")
        monkeypatch.setenv("AMAZON_SPAPI_REFRESH_TOKEN", "Atzr|refresh")

    return signed_in


@pytest.fixture
async def amazon():
    """Start simulated sellers; `faults` as in the simulator's own options."""
    async with AsyncExitStack() as stack:

        async def amazon(faults="", **options):
            chosen = Options(usage_plans="none", faults=faults, **options)
            return await stack.enter_async_context(serve(chosen))

        yield amazon


class MemoryKeyring:
    """A key store that works, under the name of a real one: only real ones are accepted."""

    priority = 5

    def __init__(self):
        self.entries = {}
        self.loses_writes = False

    def get_password(self, service, username):
        return self.entries.get((service, username))

    def set_password(self, service, username, password):
        if not self.loses_writes:
            self.entries[service, username] = password

    def delete_password(self, service, username):
        self.entries.pop((service, username), None)


MemoryKeyring.__module__ = "keyring.backends.SecretService"
MemoryKeyring.__qualname__ = "Keyring"


@pytest.fixture(autouse=True)
def key_store(monkeypatch):
    """No test reaches the developer's own key store."""
    backend = MemoryKeyring()
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
    return backend


IMPATIENT_KEY_STORE = program.ProgramTimings(accounts=AccountTimings(key_store_s=0.2))
"""A silent key store is given up after a moment instead of ten seconds."""


@dataclass
class Opened:
    """An open window, as a person sees it."""

    window: MainWindow
    shell: Shell
    until: Any

    def find(self, name, kind=QWidget):
        """The visible widget of that name, or None; dialogs are looked into as well."""
        found = [each for each in self.window.findChildren(kind, name) if each.isVisible()]
        return found[0] if found else None

    def text(self, name):
        """What a visible label or button reads, or nothing."""
        found = self.find(name)
        return found.text() if found is not None else ""

    def state(self, name):
        """The word of a visible pill, or nothing."""
        found = self.find(name, StatusPill)
        return found.text if found is not None else ""

    @property
    def is_idle(self):
        """Whether no sync runs, not even one that only reads history."""
        return self.text("syncNow") == "Sync now" and self.find("stripCancel") is None

    def outcome(self, name):
        """How a visible check ended: muted while it runs, ok, warn or error."""
        found = self.find(f"check_{name}")
        return found.property("outcome") if found is not None else ""

    def click(self, name):
        """Click a visible and enabled control."""
        found = self.find(name)
        assert found is not None, f"{name} is not visible"
        assert found.isEnabled(), f"{name} is not enabled"
        QTest.mouseClick(found, Qt.MouseButton.LeftButton)

    def type(self, name, text):
        """Type into a field."""
        field = self.find(name, QLineEdit)
        assert field is not None, f"{name} is not visible"
        field.setFocus()
        QTest.keyClicks(field, text)

    def press(self, key, modifier=Qt.KeyboardModifier.NoModifier):
        """Press keys with the focus wherever it is."""
        target = QApplication.focusWidget() or self.window
        QTest.keyClick(target, key, modifier)

    def banner(self):
        """The text of the newest message above the page."""
        return " ".join(
            label.text()
            for label in self.window.findChildren(QLabel)
            if label.objectName() in ("bannerWhat", "bannerRest") and label.isVisible()
        )

    def dialog(self):
        """The open dialog, if any."""
        found = [each for each in self.window.findChildren(QDialog) if each.isVisible()]
        return found[0] if found else None

    async def appears(self, name):
        """Wait for a widget to be visible."""
        await self.until(lambda: self.find(name) is not None)
        return self.find(name)


@pytest.fixture
async def open_window(qapp, theme, until, private_home):
    """Open windows on the present environment; all end with the test, and leave nothing running."""
    opened = []

    async def open_window(
        *,
        demo=False,
        user=None,
        read_only=False,
        wait=True,
        opener=program.open_program,
        timings=program.SHIPPED,
        window_timings=SHIPPED,
        clock=SYSTEM_CLOCK,
    ):
        settings = read_settings(os.environ, demo=demo, user=user)
        settings.home.mkdir(parents=True, exist_ok=True)
        window_state = WindowState(settings.window_file, qapp)
        zone = remembered_choice(window_state, "zone", ZoneChoice.LOCAL)
        appearance = Appearance(theme, Formats(qapp, zone, clock), window_state)
        window = MainWindow(
            appearance,
            title=window_title(settings),
            freshness_ms=window_timings.freshness_ms,
        )
        shell = Shell(
            window,
            appearance,
            settings,
            partial(opener, timings=timings),
            read_only=read_only,
            clock=clock,
            timings=window_timings,
        )
        window.setMinimumSize(200, 200)
        window.resize(1200, 760)
        window.show()
        window.activateWindow()
        shell.start()
        opened.append(Opened(window, shell, until))
        if wait:
            await until(lambda: window.navigation.isEnabled())
            await until(lambda: window.isActiveWindow() or window.activateWindow())
        return opened[-1]

    async def close(one, *, asks=True):
        """Close a window as a person does, who is asked nothing; or as a signal does."""
        opened.remove(one)
        if asks:
            one.window.close()
            assert not one.window.isVisible()
        one.window.hide()
        await one.shell.close()
        one.window.save_layout()
        one.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    open_window.close = close  # type: ignore[attr-defined]
    yield open_window
    while opened:
        await close(opened[-1], asks=False)
    theme.choose(ThemeChoice.LIGHT)
    here = asyncio.current_task()
    left = [task for task in asyncio.all_tasks() if task is not here and not task.done()]
    assert not [task for task in left if "fixture" not in str(task.get_coro())], left
