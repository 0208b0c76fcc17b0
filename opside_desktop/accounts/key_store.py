"""The key store: the three Amazon secrets of each account, in the operating system's own keyring.

Only real key stores are accepted: keyring would otherwise fall back to a plain-text file without a
word. Every call blocks and may ask a person something, so each runs in a daemon thread with a time
limit: a silent key store hangs nothing, not even the end of the program.
"""

import asyncio
import json
import logging
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol, TypeVar

from opside_desktop.accounts.timings import SHIPPED
from opside_desktop.domain.accounts import AmazonSecrets
from opside_desktop.domain.errors import KeyStoreFault, OpsideError
from opside_desktop.domain.ids import UserId
from opside_desktop.logs.redaction import hide

log = logging.getLogger(__name__)

PART = 1200
"""Characters of one entry: Windows keeps 2,560 bytes of UTF-16, and refresh tokens have up to
2,048 characters (CREDENTIALW, CRED_MAX_CREDENTIAL_BLOB_SIZE)."""

SERVICE = "opside-desktop"

_REAL_BACKENDS = {
    "keyring.backends.SecretService.Keyring": "Secret Service",
    "keyring.backends.libsecret.Keyring": "Secret Service (libsecret)",
    "keyring.backends.kwallet.DBusKeyring": "KWallet",
    "keyring.backends.kwallet.DBusKeyringKWallet4": "KWallet",
    "keyring.backends.macOS.Keyring": "macOS Keychain",
    "keyring.backends.Windows.WinVaultKeyring": "Windows Credential Manager",
}
_NO_BACKEND = ("keyring.backends.fail.Keyring", "keyring.backends.null.Keyring")

if sys.platform == "win32":
    _ADVICE = "Sign in to Windows as usual and try again."
elif sys.platform == "darwin":
    _ADVICE = "Unlock your login keychain and try again."
else:
    _ADVICE = (
        "Install and unlock a key store such as GNOME Keyring or KWallet, or give the three "
        "secrets in the environment."
    )

T = TypeVar("T")


class Backend(Protocol):
    """The part of a keyring backend that is used here."""

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


class KeyStore:
    """Loads and saves secrets. Its methods may be awaited on any loop, Qt's included.

    All raise KeyStoreFault, whose sentence holds no secret, where the key store is missing, locked,
    silent for `limit_s` seconds, or not a real one. `backend` replaces the system's own.
    """

    def __init__(
        self, backend: Backend | None = None, *, limit_s: float = SHIPPED.key_store_s
    ) -> None:
        self._given = backend
        self._limit_s = limit_s

    async def load(self, user_id: UserId) -> AmazonSecrets | None:
        """Give an account's secrets, or None where nothing is stored."""
        text = await self.load_text(user_id)
        if text is None:
            return None
        try:
            found = AmazonSecrets(*json.loads(text))
        except (ValueError, TypeError):
            raise _damaged() from None
        hide(found.client_id, found.client_secret, found.refresh_token)
        return found

    async def save(self, user_id: UserId, new: AmazonSecrets) -> None:
        """Store an account's secrets and read them back; the old ones stay if that fails."""
        hide(new.client_id, new.client_secret, new.refresh_token)
        await self.save_text(
            user_id, json.dumps([new.client_id, new.client_secret, new.refresh_token])
        )

    async def load_text(self, name: str) -> str | None:
        """Give a secret that is no account's, or None where nothing is stored."""
        return await self._run(lambda backend, _: _get(backend, name))

    async def save_text(self, name: str, text: str) -> None:
        """Store a secret and read it back; the old one stays if that fails."""

        def work(backend: Backend, given_up: threading.Event) -> None:
            _put(backend, name, text, given_up)
            if _get(backend, name) != text:
                raise _damaged()

        await self._run(work)

    async def delete(self, name: str) -> None:
        """Forget a secret, or an account's; nothing happens where there is none."""
        await self._run(lambda backend, _: _delete(backend, name))

    async def check(self) -> str:
        """Name the key store, having asked it something."""

        def work(backend: Backend, _: threading.Event) -> str:
            backend.get_password(f"{SERVICE}/probe", "probe")
            return _REAL_BACKENDS.get(_name(backend), type(backend).__name__)

        return await self._run(work)

    async def _run(self, work: Callable[[Backend, threading.Event], T]) -> T:
        """Give what `work` gives; once its event is set, it writes nothing more."""
        answer: Future[T] = Future()
        answer.set_running_or_notify_cancel()  # nobody can call it back any more
        given_up = threading.Event()

        def run() -> None:
            try:
                answer.set_result(work(self._given or _system_backend(), given_up))
            except OpsideError as error:
                answer.set_exception(error)
            except Exception as error:  # noqa: BLE001  # the top of a thread; backends raise anything
                # Only the kind is kept: the text may quote what was to be stored.
                log.warning("The key store refused with %s.", type(error).__name__)
                answer.set_exception(_translate(error))

        threading.Thread(target=run, name="key-store", daemon=True).start()
        try:
            async with asyncio.timeout(self._limit_s):
                return await asyncio.wrap_future(answer)
        except TimeoutError:
            raise KeyStoreFault(
                f"The key store did not answer within {self._limit_s:g} seconds.",
                why="It may be waiting for you to unlock it.",
                fix="Unlock it and try again.",
            ) from None
        finally:
            given_up.set()


def _system_backend() -> Backend:
    """Pick the system's key store from the few that are known to be real."""
    import keyring
    from keyring.backends.chainer import ChainerBackend

    chosen = keyring.get_keyring()
    candidates: list[Backend] = [chosen]
    if isinstance(chosen, ChainerBackend):
        # The chainer would try its next member, perhaps a plain-text one, where the first refuses.
        candidates = list(chosen.backends)
    for backend in candidates:
        if _name(backend) in _REAL_BACKENDS:
            return backend
    if not candidates or _name(chosen) in _NO_BACKEND:
        raise KeyStoreFault("This computer offers no key store for the secrets.", fix=_ADVICE)
    raise KeyStoreFault(
        "The key store of this computer is not a safe place for the secrets.",
        why=f"{type(chosen).__module__} is not one of the system's own key stores; such stores "
        "may keep the secrets as readable text.",
        fix=_ADVICE,
    )


def _name(backend: object) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _translate(error: Exception) -> KeyStoreFault:
    names = {each.__name__ for each in type(error).__mro__}
    if names & {"NoKeyringError"}:
        return KeyStoreFault("This computer offers no key store for the secrets.", fix=_ADVICE)
    if names & {"KeyringLocked", "InitError", "LockedException", "PromptDismissedException"}:
        return KeyStoreFault("The key store is locked.", fix=f"Unlock it and try again. {_ADVICE}")
    return KeyStoreFault("The key store refused the request.", fix=_ADVICE)


def _damaged() -> KeyStoreFault:
    return KeyStoreFault(
        "The key store does not give back what was stored in it.",
        fix="Enter the account's secrets again.",
    )


# One text is stored as parts, each under a service name of its own because Windows renames
# entries that share one, and a header that names the parts. The header is written last, and the
# parts of the former text are removed after it, so that a cut leaves one whole text behind.


def _header_service(name: str) -> str:
    return f"{SERVICE}/{name}"


def _part_service(name: str, generation: str, number: int) -> str:
    return f"{SERVICE}/{name}#{generation}.{number}"


def _header(backend: Backend, name: str) -> tuple[str, int, int] | None:
    """Read generation, number of parts and number of characters.

    Raises:
        ValueError: the header is not one of ours.
    """
    text = backend.get_password(_header_service(name), name)
    if text is None:
        return None
    generation, parts, size = text.split(":")
    return generation, int(parts), int(size)


def _read_parts(backend: Backend, name: str, generation: str, parts: int) -> str:
    return "".join(
        backend.get_password(_part_service(name, generation, number), name) or ""
        for number in range(parts)
    )


def _get(backend: Backend, name: str) -> str | None:
    try:
        header = _header(backend, name)
    except ValueError:
        raise _damaged() from None
    if header is None:
        return None
    generation, parts, size = header
    text = _read_parts(backend, name, generation, parts)
    if len(text) != size:
        raise _damaged()
    return text


def _put(backend: Backend, name: str, text: str, given_up: threading.Event) -> None:
    try:
        former = _header(backend, name)
    except ValueError:
        former = None
    generation = os.urandom(4).hex()
    parts = [text[start : start + PART] for start in range(0, len(text), PART)]
    try:
        for number, part in enumerate(parts):
            _check(given_up)
            backend.set_password(_part_service(name, generation, number), name, part)
        if _read_parts(backend, name, generation, len(parts)) != text:
            raise _damaged()
        _check(given_up)
        backend.set_password(_header_service(name), name, f"{generation}:{len(parts)}:{len(text)}")
    except Exception:
        _forget_parts(backend, name, generation, len(parts))
        raise
    if former is not None:
        _forget_parts(backend, name, former[0], former[1])


def _check(given_up: threading.Event) -> None:
    if given_up.is_set():
        raise KeyStoreFault("The key store answered too late.")


def _delete(backend: Backend, name: str) -> None:
    """Remove the parts, then the header, so that a removal cut short can be repeated."""
    try:
        header = _header(backend, name)
    except ValueError:
        header = ("", 0, 0)
    if header is None:
        return
    generation, parts, _ = header
    _forget_parts(backend, name, generation, parts)
    if _read_parts(backend, name, generation, parts):
        raise KeyStoreFault(
            "The key store did not remove the secrets.", fix=f"Unlock it and try again. {_ADVICE}"
        )
    backend.delete_password(_header_service(name), name)


def _forget_parts(backend: Backend, name: str, generation: str, parts: int) -> None:
    for number in range(parts):
        try:
            backend.delete_password(_part_service(name, generation, number), name)
        except Exception as error:  # noqa: BLE001  # missing is as good as removed
            log.info("A part was not removed from the key store: %s.", type(error).__name__)
