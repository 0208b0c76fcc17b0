"""The one table of environment variables: their names, what they are for, and their defaults."""

from collections.abc import Mapping
from typing import NamedTuple

from opside_desktop.domain.accounts import DEFAULT_MARKETPLACE
from opside_desktop.domain.errors import SettingsFault
from opside_desktop.domain.utf8 import is_encodable

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
