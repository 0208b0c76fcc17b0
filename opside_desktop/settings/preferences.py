"""What a person chose in Settings: `settings.json` in the data folder.

It names the database and never holds its password, which lies in the key store under a name made
of user, host, port and database: a file that names another server gets no password to send there.
"""

import contextlib
import os
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from opside_desktop.domain.database_address import ServerAddress, refused
from opside_desktop.domain.errors import SettingsFault
from opside_desktop.domain.server_address import POSTGRES_PORT, address_of
from opside_desktop.settings.options import PORT

SERVE_PORT = int(PORT.default)


class DatabaseKind(StrEnum):
    """Which of the two databases is used."""

    FILE = "file"
    SERVER = "server"


class Encryption(StrEnum):
    """How a connection to a server is protected, in PostgreSQL's words (`sslmode`)."""

    VERIFY_FULL = "verify-full"
    VERIFY_CA = "verify-ca"
    REQUIRE = "require"
    ALLOW = "allow"
    PREFER = "prefer"
    DISABLE = "disable"


Text = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f]+\Z")]

Port = Annotated[int, Meta(ge=1, le=65535)]

Address = Annotated[str, Meta(min_length=1, max_length=2000)]


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """A database on a PostgreSQL server, without its password.

    `encryption` None leaves it to the program's rule for the host. `certificate` is the file of the
    authority that signed the server's certificate, where the system does not know it. `parameters`
    are the others of libpq's that an address may have.
    """

    host: Text
    port: Port = POSTGRES_PORT
    database: Text
    user: Text
    encryption: Encryption | None = None
    certificate: Text | None = None
    parameters: dict[str, str] = {}
    has_password: bool = msgspec.field(default=True, name="hasPassword")

    @property
    def shown_address(self) -> str:
        """Where it is, for people."""
        return self._address().shown_address

    @property
    def secret_name(self) -> str:
        """Under which name the key store keeps its password."""
        return f"database/{self.user}@{self.host}:{self.port}/{self.database}"

    def url(self, password: str | None) -> str:
        """Give the address with the password in it.

        Raises:
            DatabaseFault: `parameters` has one that is not known, or does not fit.
        """
        return self._address(password).url

    def _address(self, password: str | None = None) -> ServerAddress:
        words = {
            "host": self.host,
            "port": str(self.port),
            "dbname": self.database,
            "user": self.user,
            "password": password,
            "sslmode": self.encryption,
            "sslrootcert": self.certificate,
        }
        if clash := words.keys() & self.parameters.keys():
            # Among them the password, which does not belong into a file.
            raise refused(f"{min(clash)} has a place of its own.", "Take it out of the parameters.")
        given = [(name, str(value)) for name, value in words.items() if value]
        return address_of(given + list(self.parameters.items()))


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file. `server` is kept while the file of this computer is used.

    `serves` says whether the window answers other programs of this computer, on `serve_port`;
    `looks_for_updates` whether it looks for new versions, at `update_address` where that is not
    the project's own.
    """

    database: DatabaseKind = DatabaseKind.FILE
    server: Server | None = None
    serves: bool = False
    serve_port: Port = msgspec.field(default=SERVE_PORT, name="servePort")
    looks_for_updates: bool = msgspec.field(default=False, name="looksForUpdates")
    update_address: Address | None = msgspec.field(default=None, name="updateAddress")


_MUST_BE = {
    "database": 'It must be "file" or "server".',
    "server.port": "It must be a whole number from 1 to 65535.",
    "server.encryption": f"It must be one of {', '.join(Encryption)}.",
    "server.hasPassword": "It must be true or false.",
    "serves": "It must be true or false.",
    "servePort": "It must be a whole number from 1 to 65535.",
    "looksForUpdates": "It must be true or false.",
    "updateAddress": "It must be a web address.",
}


def read_preferences(path: Path) -> Preferences:
    """Read the file; where there is none, everything is at its default. Blocking.

    Raises:
        SettingsFault: it cannot be read or understood; the sentence names file and key.
    """
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return Preferences()
    except OSError as error:
        raise SettingsFault(
            f"The settings file {path} cannot be read.",
            why=f"The system says: {error.strerror or type(error).__name__}.",
            fix="Make it readable for you.",
        ) from None
    try:
        found = msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"), type=Preferences)
    except msgspec.ValidationError as error:
        raise _fault(path, *_where(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _fault(path, "It is not valid JSON.", "") from None
    if found.database is DatabaseKind.SERVER and found.server is None:
        raise _fault(path, 'The key "server" is missing.', "")
    return found


def write_preferences(path: Path, preferences: Preferences) -> None:
    """Replace the file in one step, readable by its owner only. Keys we do not know are kept.

    A file that is no JSON is put aside under the ending `.damaged`. Blocking.

    Raises:
        SettingsFault: it cannot be written; the old one stays.
    """
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        values = _kept(path)
        new: dict[str, Any] = msgspec.to_builtins(preferences)
        for key, chosen in new.items():
            old: Any = values.get(key)
            merged = isinstance(old, dict) and isinstance(chosen, dict)
            values[key] = {**old, **chosen} if merged else chosen
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(values), indent=2) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise SettingsFault(
            f"The settings file {path} cannot be written.",
            why=f"The system says: {error.strerror or type(error).__name__}.",
            fix="Make the data folder writable, and see that the disk has room.",
        ) from None


def change_preferences(path: Path, **changes: Any) -> None:
    """Replace some of the file's values, and keep the others. Blocking.

    Raises:
        SettingsFault: it cannot be read or written.
    """
    write_preferences(path, msgspec.structs.replace(read_preferences(path), **changes))


def _kept(path: Path) -> dict[str, Any]:
    """Read what the file holds now."""
    try:
        values = msgspec.json.decode(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except FileNotFoundError:
        return {}
    except (msgspec.DecodeError, UnicodeDecodeError):
        values = None
    if isinstance(values, dict):
        return values
    path.replace(path.with_name(f"{path.name}.damaged"))
    return {}


def _where(message: str) -> tuple[str, str]:
    """Find the key in what msgspec says, such as "Expected `int` … - at `$.server.port`"."""
    at = re.search(r"at `\$\.?([^`]*)`", message)
    key = at[1] if at else ""
    if missing := re.search(r"missing required field `([^`]+)`", message):
        key = f"{key}.{missing[1]}".strip(".")
        return f'The key "{key}" is missing.', ""
    if not key:
        return "It holds something else than settings.", ""
    return f'The key "{key}" has a value that cannot be used.', _MUST_BE.get(key, "")


def _fault(path: Path, why: str, must_be: str) -> SettingsFault:
    fix = "Correct it, or choose the database again in Settings."
    return SettingsFault(
        f"The settings file {path} cannot be used.", why=why, fix=f"{must_be} {fix}".strip()
    )
