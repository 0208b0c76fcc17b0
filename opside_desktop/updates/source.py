"""Where the news about new versions is, and whose signature it must carry."""

import os
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from opside_desktop.domain.accounts import is_loopback
from opside_desktop.domain.errors import SettingsFault
from opside_desktop.settings.options import UPDATE_KEY, UPDATE_URL, given

ADDRESS: Final = ""
"""Where the project publishes its news; empty until it does."""

PUBLIC_KEY: Final = ""
"""The project's own key, in base64, as `resources/installers/sign_update.py new-key` gives it;
empty until the project has one. Its other half is kept by the makers and never comes here."""


class Source(NamedTuple):
    """Address and public key (base64); either may be missing.

    `variable` names the environment variable that gives the address, where one does.
    """

    address: str
    key: str
    variable: str | None = None


def find_source(chosen: str | None, environ: Mapping[str, str] = os.environ) -> Source:
    """Find them: the environment first, then what was chosen in Settings, then the project's."""
    named = given(environ, UPDATE_URL)
    key = given(environ, UPDATE_KEY)
    return Source(
        address=named[1] if named else (chosen or ADDRESS),
        key=key[1] if key else PUBLIC_KEY,
        variable=named[0] if named else None,
    )


def check_address(address: str) -> str:
    """Give back an address that can be asked.

    Raises:
        SettingsFault: it is no encrypted web address, or holds a name or password.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise bad_address() from None
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(address))
    is_plain = address.isascii() and address.isprintable() and " " not in address
    if not (is_safe and is_plain and parts.hostname) or port == 0 or "@" in parts.netloc:
        raise bad_address()
    return address


def bad_address() -> SettingsFault:
    """Say what an address must be."""
    return SettingsFault(
        "The address for news about new versions cannot be used.",
        fix="It must begin with https:// and name a host; leave out user names and passwords.",
    )
