"""What the environment and the first options ask for, read and checked once.

Order: the account's key store entry, then the environment, then the default. Values are checked
here once; a wrong one is refused with the name of its variable, and a secret's value is never
shown.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from opside_desktop.domain.accounts import (
    DEFAULT_MARKETPLACE,
    MARKETPLACES,
    AmazonSecrets,
    Endpoint,
    is_loopback,
)
from opside_desktop.domain.database_address import FileAddress
from opside_desktop.domain.errors import BadInput, DatabaseFault, OpsideError, SettingsFault
from opside_desktop.domain.ids import (
    DEMO_USER,
    ExternalUserId,
    UserId,
    external_user_id,
    stored_user_id,
)
from opside_desktop.settings.home import find_home
from opside_desktop.settings.options import (
    BASE_URL,
    CLIENT_ID,
    CLIENT_SECRET,
    DATABASE,
    LOG_LEVEL,
    LOG_LEVELS,
    LWA,
    MARKETPLACE,
    REFRESH_TOKEN,
    SCENARIO,
    SCENARIOS,
    TIME_SCALE,
    USER,
    Option,
    given,
)  # fmt: skip

DATABASE_FILE: Final = "opside.db"


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
    base_url: str | None = None
    lwa_url: str | None = None
    marketplace_id: str | None = None
    env_secrets: AmazonSecrets | None = field(default=None, repr=False)
    missing_secrets: tuple[str, ...] = ()
    scenario: str
    time_scale: float = 1.0
    database_variable: str | None = None
    user_option: str | None = None

    @property
    def user_id(self) -> UserId:
        """The user as the database names them."""
        return stored_user_id(self.user)

    @property
    def log_file(self) -> Path:
        """The newest log file."""
        return self.home / "logs" / "opside.log"

    @property
    def database_file(self) -> Path:
        """The database where no other is chosen."""
        return self.home / DATABASE_FILE

    @property
    def settings_file(self) -> Path:
        """What was chosen in Settings."""
        return self.home / "settings.json"

    @property
    def window_file(self) -> Path:
        """Where the window keeps its layout; losing it harms nobody."""
        return self.home / "window.json"


def read_settings(environ: Mapping[str, str], *, demo: bool, user: str | None) -> Settings:
    """Combine the environment with the options `--demo` and `--user`.

    Touches no file. With `demo` everything real is out of reach: folder, database, user, secrets
    and hosts are the demo's own.

    Raises:
        SettingsFault: an environment variable cannot be used; the sentence names it.
        BadInput: `user` is not a user id, or an address is not an encrypted web address.
    """
    home = find_home(environ)
    log_level = _choice(environ, LOG_LEVEL, LOG_LEVELS)
    scenario = _choice(environ, SCENARIO, SCENARIOS)
    scale = _time_scale(environ)
    if demo:
        home = home / "demo"
        return Settings(
            home=home,
            database_url=_own_database(home),
            user=DEMO_USER,
            env_user=DEMO_USER,
            log_level=log_level,
            demo=True,
            scenario=scenario,
            time_scale=scale,
        )
    named_user = given(environ, USER)
    env_user = _user(*named_user or (USER.names[0], USER.default), SettingsFault)
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
        database_url=_own_database(home) if database is None else _database_url(*database),
        user=env_user if user is None else _user("--user", user, BadInput),
        user_option="--user" if user is not None else named_user and named_user[0],
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


def _own_database(home: Path) -> str:
    return FileAddress((home / DATABASE_FILE).as_posix()).url


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


def _user(name: str, text: str, fault: type[OpsideError]) -> ExternalUserId:
    try:
        return external_user_id(text)
    except ValueError:
        raise fault(
            f"{name} is not a user id.", fix="It must have 1 to 200 printable characters."
        ) from None


def _choice(environ: Mapping[str, str], option: Option, allowed: tuple[str, ...]) -> str:
    """Read one of a few words, in any case."""
    named = given(environ, option)
    if named is None:
        return option.default
    name, text = named
    value = next((one for one in allowed if one.lower() == text.lower()), None)
    if value is None:
        raise SettingsFault(
            f"{name} has a value this program does not know.",
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
