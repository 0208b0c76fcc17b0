"""Looking for new versions from the window: once a day, where that was switched on."""

import asyncio
import importlib
import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from opside_desktop import __version__
from opside_desktop.domain.clock import Clock
from opside_desktop.domain.errors import OpsideError, Refused, SettingsFault
from opside_desktop.domain.syncs import SyncRun
from opside_desktop.settings.environment import Settings
from opside_desktop.ui.kit.banner import Message
from opside_desktop.ui.kit.buttons import Choice
from opside_desktop.ui.kit.theme import Role
from opside_desktop.ui.kit.timings import WindowTimings
from opside_desktop.ui.kit.window_state import WindowState

if TYPE_CHECKING:
    from opside_desktop.updates.signed_news import ReleaseNews
    from opside_desktop.updates.source import Source

log = logging.getLogger(__name__)

_LOOKED_AT = "lookedForUpdates"
_SKIPPED = "skippedVersion"
_SEEN = "newestVersionTold"
"""The newest version that news were signed for, and the key they were signed with."""


class Updates(QObject):
    """Knows whether there is a newer version, and finds out; never while a sync runs."""

    changed = Signal()
    """It was switched on or off, or a look has ended."""

    found = Signal(object)
    """`ReleaseNews`: a look of its own found a newer version, which was not skipped."""

    def __init__(
        self,
        settings: Settings,
        window_state: WindowState,
        is_syncing: Callable[[], bool],
        parent: QObject,
        *,
        clock: Clock,
        timings: WindowTimings,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._window_state = window_state
        self._is_syncing = is_syncing
        self._clock = clock
        self._timings = timings
        self._request: asyncio.Task[ReleaseNews] | None = None
        self._next_try = 0.0
        self.is_on = False
        self.address: str | None = None
        """The one chosen in Settings."""
        self.news: ReleaseNews | None = None
        """Of a newer version, where one was found."""
        self.failure: OpsideError | None = None
        """Why the last look brought nothing."""
        self.has_looked = False

    def source(self) -> "Source":
        """Tell where the news is, and whose signature it needs."""
        from opside_desktop.updates.source import find_source

        return find_source(self.address)

    @property
    def refusal(self) -> str:
        """Why it cannot be switched on; empty where nothing is in the way."""
        if self._settings.demo:
            return self.tr("The demo does not look for new versions.")
        if not self.source().key:
            return self.tr(
                "This build holds no key to check such news with, so it cannot look by itself. "
                "Look for new versions where you got this one."
            )
        return ""

    async def load(self) -> None:
        """Read what was chosen in Settings; a file that cannot be used switches it off."""
        from opside_desktop.settings.preferences import read_preferences

        if self._settings.demo:
            return
        try:
            chosen = await asyncio.to_thread(read_preferences, self._settings.settings_file)
        except SettingsFault:
            # Told where the database was to be found in it. Nobody can be said to have wanted it.
            self.is_on = False
            return
        self.is_on, self.address = chosen.looks_for_updates, chosen.update_address

    async def choose(self, *, is_on: bool, address: str | None) -> None:
        """Switch it on or off, and remember it.

        Raises:
            SettingsFault: the address cannot be used, or the file cannot be written.
        """
        from opside_desktop.settings.preferences import change_preferences
        from opside_desktop.updates.source import check_address

        if address is not None:
            check_address(address)
        await asyncio.to_thread(
            change_preferences,
            self._settings.settings_file,
            looks_for_updates=is_on,
            update_address=address,
        )
        self.is_on, self.address = is_on, address
        self.changed.emit()

    async def watch(self) -> None:
        """Look once a day while it is switched on; what goes wrong is kept for Settings."""
        while True:
            # Another window, or a person with an editor, may have switched it.
            await self.load()
            if self._is_due():
                try:
                    news = await self.look()
                    if news is not None and self._window_state.get(_SKIPPED) != news.version:
                        self.found.emit(news)
                except OpsideError as error:
                    log.info("No news about new versions: %s", error)
            await self._clock.sleep(self._timings.updates_due_every_s)

    async def look(self) -> "ReleaseNews | None":
        """Ask now; gives the news where that version is newer than this one.

        Raises:
            Refused: a sync runs, or began meanwhile.
            OpsideError: nothing that can be believed came.
        """
        if self._is_syncing():
            raise self._busy()
        await asyncio.to_thread(importlib.import_module, "opside_desktop.updates.check")
        from opside_desktop.updates.check import fetch_news

        if self._is_syncing():
            raise self._busy()
        self._next_try = self._clock.now() + self._timings.updates_again_s
        source = self.source()
        request = self._request = asyncio.create_task(fetch_news(source, clock=self._clock))
        try:
            await asyncio.wait((request,))
            if request.cancelled():
                raise self._busy()
            news = request.result()
            self._refuse_older(news, source.key)
        except OpsideError as error:
            self.failure = error
            raise
        finally:
            request.cancel()
            self._request = None
            self.has_looked = True
            self.changed.emit()
        self.failure = None
        self._window_state.put(_LOOKED_AT, int(self._clock.now()))
        self.news = news if news.is_newer_than(__version__) else None
        self.changed.emit()
        return self.news

    def message(self, news: "ReleaseNews") -> Message:
        """Tell of a newer version above the page; of one that is skipped nothing is said again."""
        rest = self.tr("You have {present}. Get it at {page}; nothing is installed by itself.")
        look = partial(QDesktopServices.openUrl, QUrl(news.page))
        skip = partial(self._window_state.put, _SKIPPED, news.version)
        return Message(
            self.tr("Opside Desktop {version} is available.").format(version=news.version),
            rest=rest.format(present=__version__, page=news.page),
            role=Role.INFO,
            choices=[
                Choice(self.tr("Open its page"), look, "updateOpen"),
                Choice(self.tr("Skip this version"), skip, "updateSkip"),
            ],
        )

    def on_run(self, run: SyncRun) -> None:
        """A sync comes first: a look on its way is broken off."""
        if run.is_running and self._request is not None:
            self._request.cancel()

    def _is_due(self) -> bool:
        if not self.is_on or self.refusal or not self.source().address or self._is_syncing():
            return False
        now, last = self._clock.now(), self._window_state.get(_LOOKED_AT)
        is_known = isinstance(last, (int, float)) and last <= now
        return now >= self._next_try and not (
            is_known and now - last < self._timings.updates_every_s
        )

    def _refuse_older(self, news: "ReleaseNews", key: str) -> None:
        """Remember what was told; makers never go back, but somebody in between may.

        Raises:
            BadNews: a newer version was told before, under the same key.
        """
        from opside_desktop.updates.signed_news import BadNews

        match self._window_state.get(_SEEN):
            case [str(its_key), str(seen)] if its_key == key and news.is_older_than(seen):
                raise BadNews(
                    self.tr(
                        "The news about new versions is older than what came before, so it was "
                        "left aside."
                    ),
                    why=self.tr("Somebody may hold back newer news."),
                    fix=self.tr("Look for new versions where you got this one."),
                )
        self._window_state.put(_SEEN, [key, news.version])

    def _busy(self) -> Refused:
        return Refused(
            self.tr("New versions are not looked for while a sync runs."),
            fix=self.tr("Try again when it has ended."),
        )
