"""Settings: one table of environment names, how they combine, and where things live on disk.

Order: the account's key store entry, then the environment, then the default. Values are checked
here once; a wrong one is refused with the name of its variable, and a secret's value is never
shown.
"""

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from opside_desktop.domain.accounts import (
    DEFAULT_MARKETPLACE,
    MARKETPLACES,
    AmazonSecrets,
    Endpoint,
    is_loopback,
)
from opside_desktop.domain.errors import BadInput, DatabaseFault, SettingsFault
from opside_desktop.domain.ids import DEMO_USER, ExternalUserId, external_user_id
from opside_desktop.domain.texts import is_encodable

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
SCENARIOS = ("normal_week", "high_volume", "with_issues")


class Option(NamedTuple):
    """One environment variable: its names (the first wins), what it is for, and its default.

    `in_demo` says whether the demo, which lives apart from everything real, follows it.
    """

    names: tuple[str, ...]
    help: str
    default: str = ""
    secret: bool = False
    in_demo: bool = False


HOME = Option(("OPSIDE_HOME",), "The data folder.", in_demo=True)
DATABASE = Option(
    ("OPSIDE_DATABASE_URL", "DATABASE_URL"),
    "The database; by default the one chosen in Settings, else an SQLite file in the data folder.",
    secret=True,
)
USER = Option(("OPSIDE_USER",), "Whose account and rows to work with.", "local-user")
LOG_LEVEL = Option(
    ("OPSIDE_LOG_LEVEL",), "How much the log tells: " + ", ".join(LOG_LEVELS), "INFO", in_demo=True
)
CLIENT_ID = Option(
    ("AMAZON_CLIENT_ID", "AMAZON_SPAPI_CLIENT_ID"), "The app's client id.", secret=True
)
CLIENT_SECRET = Option(
    ("AMAZON_CLIENT_SECRET", "AMAZON_SPAPI_CLIENT_SECRET"), "The app's client secret.", secret=True
)
REFRESH_TOKEN = Option(
    ("AMAZON_SPAPI_REFRESH_TOKEN", "AMAZON_REFRESH_TOKEN"),
    "The seller's refresh token.",
    secret=True,
)
BASE_URL = Option(("AMAZON_SPAPI_BASE_URL",), "Amazon's address; by default the region's own.")
LWA = Option(("AMAZON_LWA_URL",), "The address of Login with Amazon.")
MARKETPLACE = Option(
    ("AMAZON_MARKETPLACE_ID",), "The marketplace for inventory.", DEFAULT_MARKETPLACE
)
SCENARIO = Option(
    ("MOCK_SCENARIO",),
    "The sample seller: " + ", ".join(SCENARIOS),
    SCENARIOS[0],
    in_demo=True,
)
TIME_SCALE = Option(
    ("OPSIDE_TIME_SCALE",),
    "Multiplies the program's own usage plans, to match a simulator's --time-scale.",
    "1",
    in_demo=True,
)
JWT_SECRET = Option(("JWT_SECRET",), "The key of the HTTP API's tokens.", secret=True, in_demo=True)
ALLOW_DEMO_USER = Option(
    ("ALLOW_DEMO_USER",),
    "Whether the HTTP API serves requests without a token, as demo-user.",
    "false",
    in_demo=True,
)
CORS_ORIGINS = Option(
    ("CORS_ALLOW_ORIGINS",),
    "Web pages of which origins may use the HTTP API; separated by commas.",
    in_demo=True,
)
PORT = Option(("PORT",), "The port of the HTTP API.", "3001", in_demo=True)
UPDATE_URL = Option(("OPSIDE_UPDATE_URL",), "Where the news about new versions is.")
UPDATE_KEY = Option(
    ("OPSIDE_UPDATE_KEY",), "The public key of that news, where it is not the project's own."
)

OPTIONS = (
    HOME, DATABASE, USER, LOG_LEVEL, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, BASE_URL, LWA,
    MARKETPLACE, SCENARIO, TIME_SCALE, JWT_SECRET, ALLOW_DEMO_USER, CORS_ORIGINS, PORT,
    UPDATE_URL, UPDATE_KEY,
)  # fmt: skip
"""Every environment variable this program reads."""

_PATHS = (HOME, DATABASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment and the first options ask for.

    `home` is the folder of everything this run may write: the data folder, or `demo` inside it.
    `base_url` and `lwa_url` replace Amazon's own hosts where given. `time_scale` is 1 against
    Amazon. `env_secrets` belong to `env_user` and to nobody else. `database_variable` names the
    variable that gives the database; without one, Settings may give another (`preferences`).
    `user_option` is what names the user, `--user` or a variable; None where nobody did.
    """

    home: Path
    database_url: str = field(repr=False)
    user: ExternalUserId
    env_user: ExternalUserId
    log_level: str
    demo: bool
    base_url: str | None
    lwa_url: str | None
    marketplace_id: str | None
    env_secrets: AmazonSecrets | None = field(repr=False)
    missing_secrets: tuple[str, ...] = ()
    scenario: str
    time_scale: float = 1.0
    database_variable: str | None = None
    user_option: str | None = None

    @property
    def log_file(self) -> Path:
        """The newest log file."""
        return self.home / "logs" / "opside.log"

    @property
    def database_file(self) -> Path:
        """The database where no other is chosen."""
        return self.home / "opside.db"

    @property
    def settings_file(self) -> Path:
        """What was chosen in Settings."""
        return self.home / "settings.json"

    @property
    def window_file(self) -> Path:
        """Where the window keeps its layout; losing it harms nobody."""
        return self.home / "window.json"


def given(environ: Mapping[str, str], option: Option) -> tuple[str, str] | None:
    """Find the name and the trimmed value under which an option is set; empty counts as unset.

    Raises:
        SettingsFault: the value is no text, and names no file, for which that would do.
    """
    for name in option.names:
        value = environ.get(name, "").strip()
        if value:
            if option not in _PATHS and not is_encodable(value):
                raise SettingsFault(
                    f"{name} is not a text in UTF-8.", fix="Set it again, without odd characters."
                )
            return name, value
    return None


def read_settings(environ: Mapping[str, str], *, demo: bool, user: str | None) -> Settings:
    """Combine the environment with the options `--demo` and `--user`.

    Touches no file. With `demo` everything real is out of reach: folder, database, user, secrets
    and hosts are the demo's own.

    Raises:
        SettingsFault: an environment variable cannot be used; the sentence names it.
        BadInput: `user` is not a user id, or an address is not an encrypted web address.
    """
    home = _home(environ)
    log_level = _choice(environ, LOG_LEVEL, LOG_LEVELS, str.upper)
    scenario = _choice(environ, SCENARIO, SCENARIOS, str.lower)
    scale = _time_scale(environ)
    if demo:
        home = home / "demo"
        return Settings(
            home=home,
            database_url=_sqlite_url(home),
            user=DEMO_USER,
            env_user=DEMO_USER,
            log_level=log_level,
            demo=True,
            base_url=None,
            lwa_url=None,
            marketplace_id=None,
            env_secrets=None,
            scenario=scenario,
            time_scale=scale,
        )
    env_user = _env_user(environ)
    base_url, lwa_url = _hosts(environ)
    if scale != 1 and not (base_url and is_loopback(base_url)):
        raise SettingsFault(
            "OPSIDE_TIME_SCALE may not be used with Amazon itself.",
            why="It would break Amazon's usage plans.",
            fix="Unset it, or point AMAZON_SPAPI_BASE_URL to a simulator on this computer.",
        )
    secrets, missing = _secrets(environ)
    database = given(environ, DATABASE)
    return Settings(
        home=home,
        database_url=_sqlite_url(home) if database is None else _database_url(*database),
        user=_user(user) if user is not None else env_user,
        user_option=_user_option(environ, user),
        env_user=env_user,
        log_level=log_level,
        demo=False,
        base_url=base_url,
        lwa_url=lwa_url,
        marketplace_id=_marketplace(environ),
        env_secrets=secrets,
        missing_secrets=missing,
        scenario=scenario,
        time_scale=scale,
        database_variable=None if database is None else database[0],
    )


def prepare_home(home: Path) -> None:
    """Make the data folder, readable by its owner only, and see that it can be written.

    Raises:
        SettingsFault: the folder cannot be made or written; the sentence says where and why.
    """
    probe = home / f".writable-{os.getpid()}"
    try:
        make_home(home)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SettingsFault(
            f"The data folder {home} cannot be written.",
            why=f"The system says: {error.strerror or type(error).__name__}.",
            fix="Make it writable, or name another folder with OPSIDE_HOME.",
        ) from None


def make_home(home: Path) -> None:
    """Make the data folder, readable by its owner only.

    Raises:
        OSError: it cannot be made.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)


def _home(environ: Mapping[str, str]) -> Path:
    named = given(environ, HOME)
    if named is None:
        from platformdirs import user_data_path

        return user_data_path("opside-desktop", appauthor=False)
    name, value = named
    try:
        return Path(value).expanduser().absolute()
    except (RuntimeError, ValueError, OSError):
        raise SettingsFault(
            f"{name} does not name a folder.", fix="Give the full path of a folder."
        ) from None


def _sqlite_url(home: Path) -> str:
    path = (home / "opside.db").as_posix()
    # A folder may be called anything; in an address these two mean something.
    return f"sqlite:///{path.replace('%', '%25').replace('?', '%3F')}"


def _database_url(name: str, text: str) -> str:
    from opside_desktop.domain.address_parsing import parse_address
    from opside_desktop.domain.database_address import ServerAddress
    from opside_desktop.domain.server_address import placeholder

    try:
        address = parse_address(text)
        if isinstance(address, ServerAddress) and address.has_placeholder:
            raise placeholder()
        return address.url
    except DatabaseFault as fault:
        # The value may hold a password, so it is not shown.
        raise SettingsFault(
            f"{name} is not a database address this program can use.", why=fault.why, fix=fault.fix
        ) from None


def _env_user(environ: Mapping[str, str]) -> ExternalUserId:
    named = given(environ, USER)
    if named is None:
        return ExternalUserId(USER.default)
    try:
        return external_user_id(named[1])
    except ValueError:
        raise SettingsFault(
            f"{named[0]} is not a user id.", fix="It must have 1 to 200 printable characters."
        ) from None


def _user_option(environ: Mapping[str, str], user: str | None) -> str | None:
    if user is not None:
        return "--user"
    named = given(environ, USER)
    return None if named is None else named[0]


def _user(text: str) -> ExternalUserId:
    try:
        return external_user_id(text)
    except ValueError:
        raise BadInput(
            "--user is not a user id.", fix="It must have 1 to 200 printable characters."
        ) from None


def _choice(
    environ: Mapping[str, str],
    option: Option,
    allowed: tuple[str, ...],
    fold: Callable[[str], str],
) -> str:
    named = given(environ, option)
    if named is None:
        return option.default
    value = fold(named[1])
    if value not in allowed:
        raise SettingsFault(
            f"{named[0]} has a value this program does not know.",
            fix=f"It must be one of {', '.join(allowed)}.",
        )
    return value


def _time_scale(environ: Mapping[str, str]) -> float:
    named = given(environ, TIME_SCALE)
    if named is None:
        return 1.0
    try:
        scale = float(named[1])
    except ValueError:
        scale = math.nan
    if not (math.isfinite(scale) and scale > 0):
        raise SettingsFault(f"{named[0]} must be a number greater than 0, such as 1 or 60.")
    return scale


def _hosts(environ: Mapping[str, str]) -> tuple[str | None, str | None]:
    base, lwa = given(environ, BASE_URL), given(environ, LWA)
    base_url = base[1].rstrip("/") if base else None
    lwa_url = lwa[1] if lwa else None
    if base_url and lwa_url is None and is_loopback(base_url):
        # A simulator's secrets mean nothing to Amazon's own login, which it brings along.
        lwa_url = f"{base_url}/auth/o2/token"
    for named, url in ((base, base_url), (lwa, lwa_url)):
        if named and url:
            try:
                Endpoint(url, url)
            except (BadInput, ValueError):
                raise SettingsFault(
                    f"{named[0]} is not an encrypted web address.",
                    why="Amazon's secrets would travel in the open.",
                    fix="It must begin with https:// and name a host; plain http:// is accepted "
                    "only for this computer itself, such as http://127.0.0.1:8080.",
                ) from None
            if not _is_plain(url):
                # The value may hold a password, so it is not shown.
                raise SettingsFault(
                    f"{named[0]} is not a plain web address.",
                    fix="It may name a host, a port up to 65535 and a path; leave out user names, "
                    "passwords, ? and #.",
                )
    return base_url, lwa_url


def _is_plain(url: str) -> bool:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        return False
    return port != 0 and not (parts.username or parts.password or parts.query or parts.fragment)


def _marketplace(environ: Mapping[str, str]) -> str | None:
    named = given(environ, MARKETPLACE)
    if named is None:
        return None
    if named[1] not in MARKETPLACES:
        raise SettingsFault(
            f"{named[0]} is not one of Amazon's marketplace ids.",
            fix=f"It must be an id such as {DEFAULT_MARKETPLACE} (United States).",
        )
    return named[1]


def _secrets(environ: Mapping[str, str]) -> tuple[AmazonSecrets | None, tuple[str, ...]]:
    """Find the three secrets, or the names of those missing where only some are set."""
    found = {option: given(environ, option) for option in (CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN)}
    values = [named[1] for named in found.values() if named is not None]
    if len(values) == len(found):
        return AmazonSecrets(*values), ()
    if not values:
        return None, ()
    return None, tuple(option.names[0] for option, named in found.items() if named is None)
