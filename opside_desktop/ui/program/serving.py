"""The HTTP API inside the window, for other programs of this computer; off until switched on."""

import asyncio
import importlib
import importlib.util
import os
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from opside_desktop.domain.clock import Clock
from opside_desktop.domain.errors import OpsideError, SettingsFault
from opside_desktop.settings.options import JWT_SECRET, given

if TYPE_CHECKING:
    from opside_desktop.api.server import ApiServer
    from opside_desktop.program import Program

HOST = "127.0.0.1"
SECRET_NAME = "api/secret"  # noqa: S105  # where the secret lies, not the secret
TOKEN_DAYS = 90


class Serving(QObject):
    """Starts and stops the server of the open program. Runs in the window's loop."""

    changed = Signal()
    """It has started or stopped."""

    def __init__(self, read_only: bool, clock: Clock, parent: QObject) -> None:
        super().__init__(parent)
        self._read_only = read_only
        self._clock = clock
        self._server: ApiServer | None = None
        self._changing = asyncio.Lock()

    @property
    def url(self) -> str:
        """Where it answers; empty while it is off."""
        return "" if self._server is None else self._server.url

    @property
    def refusal(self) -> str:
        """Why it cannot be switched on; empty where nothing is in the way."""
        if self._read_only:
            return self.tr("This window was opened with --read-only.")
        if any(importlib.util.find_spec(name) is None for name in ("litestar", "jwt")):
            return self.tr("The HTTP API is not installed: pip install 'opside-desktop[server]'.")
        return ""

    async def restore(self, program: "Program") -> None:
        """Switch it on where it was on when the program last ran.

        Raises:
            OpsideError: it was on, and cannot be started.
        """
        from opside_desktop.settings.preferences import read_preferences

        if program.settings.demo or self.refusal:
            return
        try:
            chosen = await asyncio.to_thread(read_preferences, program.settings.settings_file)
        except SettingsFault:
            return  # told where the database was to be found in it
        if chosen.serves:
            await self.start(program, chosen.serve_port)

    async def start(self, program: "Program", port: int) -> None:
        """Begin to answer on this computer's own address.

        Raises:
            OpsideError: the port is taken, or the key store does not give the tokens' key.
        """
        async with self._changing:
            if self._server is not None:
                return
            await asyncio.to_thread(importlib.import_module, "opside_desktop.api.server")
            from opside_desktop.api.server import start_server

            secret = await _secret(program)
            self._server = await start_server(
                program, secret=secret, host=HOST, port=port, clock=self._clock
            )
        self.changed.emit()

    async def stop(self) -> None:
        """Stop answering. Syncs that were started from outside go on."""
        async with self._changing:
            server, self._server = self._server, None
            if server is None:
                return
            await server.stop()
        self.changed.emit()

    async def make_token(self, program: "Program") -> str:
        """Make a token for this window's own user.

        Raises:
            OpsideError: the key store does not give the tokens' key.
        """
        from opside_desktop.api.tokens import make_token

        secret = await _secret(program)
        lasts_s = TOKEN_DAYS * 86_400
        return make_token(secret, program.settings.user, lasts_s=lasts_s, clock=self._clock)


async def _secret(program: "Program") -> str:
    """Give the tokens' key: the environment's, else the key store's, made at first use."""
    from opside_desktop.api.tokens import check_secret, new_secret
    from opside_desktop.logs.redaction import hide

    named = given(os.environ, JWT_SECRET)
    if named is not None:
        secret = check_secret(named[1])
        hide(secret)
        return secret
    try:
        found = await program.key_store.load_text(SECRET_NAME)
        if found is None:
            found = new_secret()
            await program.key_store.save_text(SECRET_NAME, found)
    except OpsideError as fault:
        raise SettingsFault(
            "Other programs cannot be served without a key for their tokens.",
            why=fault.reason,
            fix="Unlock the key store and try again, or set JWT_SECRET to at least 32 random "
            "characters.",
        ) from fault
    hide(found)
    return found
