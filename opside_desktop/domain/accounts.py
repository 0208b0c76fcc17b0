"""Seller accounts: a seller in one region, its marketplaces, and where its Amazon lives."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlsplit

from opside_desktop.domain.errors import BadInput
from opside_desktop.domain.ids import ExternalUserId, UserId


class Region(StrEnum):
    """One authorisation at Amazon covers one region."""

    NA = "NA"
    EU = "EU"
    FE = "FE"


class Mode(StrEnum):
    """Whose data an account shows. Everything but production is mock."""

    PRODUCTION = "production"
    SANDBOX = "sandbox"
    DEMO = "demo"


class CredentialStatus(StrEnum):
    """What is known of an account's permission at Amazon."""

    ACTIVE = "active"
    DISCONNECTED = "disconnected"
    RECONNECT_REQUIRED = "reconnect_required"


class CredentialSource(StrEnum):
    """Where an account's three Amazon secrets come from."""

    KEYRING = "keyring"
    ENVIRONMENT = "environment"
    DEMO = "demo"


class Marketplace(NamedTuple):
    """One of Amazon's stores. `zone` is the one in which it counts its days (IANA)."""

    id: str
    country_code: str
    name: str
    region: Region
    currency: str
    zone: str


def _marketplaces() -> dict[str, Marketplace]:
    na, eu, fe = Region.NA, Region.EU, Region.FE
    # In which Amazon's own reports on its North American stores count days.
    pacific = "America/Los_Angeles"
    rows = [
        ("ATVPDKIKX0DER", "US", "United States", na, "USD", pacific),
        ("A2EUQ1WTGCTBG2", "CA", "Canada", na, "CAD", pacific),
        ("A1AM78C64UM0Y8", "MX", "Mexico", na, "MXN", pacific),
        ("A2Q3Y263D00KWC", "BR", "Brazil", na, "BRL", "America/Sao_Paulo"),
        ("A1F83G8C2ARO7P", "GB", "United Kingdom", eu, "GBP", "Europe/London"),
        ("A1PA6795UKMFR9", "DE", "Germany", eu, "EUR", "Europe/Berlin"),
        ("A13V1IB3VIYZZH", "FR", "France", eu, "EUR", "Europe/Paris"),
        ("APJ6JRA9NG5V4", "IT", "Italy", eu, "EUR", "Europe/Rome"),
        ("A1RKKUPIHCS9HS", "ES", "Spain", eu, "EUR", "Europe/Madrid"),
        ("A28R8C7NBKEWEA", "IE", "Ireland", eu, "EUR", "Europe/Dublin"),
        ("A1805IZSGTT6HS", "NL", "Netherlands", eu, "EUR", "Europe/Amsterdam"),
        ("AMEN7PMS3EDWL", "BE", "Belgium", eu, "EUR", "Europe/Brussels"),
        ("A2NODRKZP88ZB9", "SE", "Sweden", eu, "SEK", "Europe/Stockholm"),
        ("A1C3SOZRARQ6R3", "PL", "Poland", eu, "PLN", "Europe/Warsaw"),
        ("A33AVAJ2PDY3EV", "TR", "Turkey", eu, "TRY", "Europe/Istanbul"),
        ("ARBP9OOSHTCHU", "EG", "Egypt", eu, "EGP", "Africa/Cairo"),
        ("A17E79C6D8DWNP", "SA", "Saudi Arabia", eu, "SAR", "Asia/Riyadh"),
        ("A2VIGQ35RCS4UG", "AE", "United Arab Emirates", eu, "AED", "Asia/Dubai"),
        ("A21TJRUUN4KGV", "IN", "India", eu, "INR", "Asia/Kolkata"),
        ("AE08WJ6YKNBMC", "ZA", "South Africa", eu, "ZAR", "Africa/Johannesburg"),
        ("A19VAU5U5O7RUS", "SG", "Singapore", fe, "SGD", "Asia/Singapore"),
        ("A39IBJ37TRP1C6", "AU", "Australia", fe, "AUD", "Australia/Sydney"),
        ("A1VC38T7YXB528", "JP", "Japan", fe, "JPY", "Asia/Tokyo"),
    ]
    return {row[0]: Marketplace(*row) for row in rows}


MARKETPLACES = _marketplaces()
"""By marketplace id (Amazon's list of marketplace ids, 2026)."""

DEFAULT_MARKETPLACE = "ATVPDKIKX0DER"

PRODUCTION_HOSTS = {
    Region.NA: "https://sellingpartnerapi-na.amazon.com",
    Region.EU: "https://sellingpartnerapi-eu.amazon.com",
    Region.FE: "https://sellingpartnerapi-fe.amazon.com",
}
SANDBOX_HOSTS = {
    region: host.replace("https://", "https://sandbox.")
    for region, host in PRODUCTION_HOSTS.items()
}
LWA_URL = "https://api.amazon.com/auth/o2/token"


def is_loopback(url: str) -> bool:
    """Tell whether a URL names this computer itself."""
    host = urlsplit(url).hostname or ""
    if host in ("localhost", "127.0.0.1"):
        return True
    import ipaddress  # slow to load, and no address but Amazon's own needs it

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where Amazon answers: two URLs, the only thing that tells production from a simulator.

    `base_url` has no trailing slash. `scenario` names the simulated seller where it is known.
    """

    base_url: str
    lwa_url: str = LWA_URL
    scenario: str | None = None

    def __post_init__(self) -> None:
        """Refuse plain http to anything but this computer: it would show the secrets."""
        for url in (self.base_url, self.lwa_url):
            parts = urlsplit(url)
            if parts.scheme not in ("https", "http") or not parts.hostname:
                raise BadInput(
                    f"The address {url!r} is not a web address.",
                    fix="It must begin with https:// and name a host.",
                )
            if parts.scheme == "http" and not is_loopback(url):
                raise BadInput(
                    f"The address {url!r} is not encrypted.",
                    why="Amazon's secrets would travel in the open.",
                    fix="Use https://; plain http is accepted only for this computer itself.",
                )

    @property
    def is_mock(self) -> bool:
        """Whether rows from here are not a real seller's."""
        return self.base_url not in PRODUCTION_HOSTS.values()

    @property
    def origin(self) -> str:
        """Whose data comes from here: a simulator's port changes, production tells the region."""
        return f"mock {self.mock_scenario}" if self.is_mock else self.base_url

    @property
    def mock_scenario(self) -> str | None:
        """What to write into `mock_scenario`: None for production."""
        if not self.is_mock:
            return None
        if self.scenario:
            return self.scenario
        return "sandbox" if self.base_url in SANDBOX_HOSTS.values() else "simulator"


@dataclass(frozen=True, slots=True)
class AmazonSecrets:
    """The three secrets of a seller's own private app. Never printed, logged or stored in clear."""

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One connected seller; a row of `seller_accounts`, which never holds a secret.

    `marketplace_id` is the one chosen for inventory; orders are asked of all the seller's
    marketplaces, and claims are region-wide. One that `is_elsewhere` is a user of whom the
    database holds rows or syncs only: it is not connected on this computer.
    """

    user_id: UserId
    external_user_id: ExternalUserId
    display_name: str
    seller_id: str | None = None
    marketplace_id: str = DEFAULT_MARKETPLACE
    region: Region = Region.NA
    mode: Mode = Mode.PRODUCTION
    credential_status: CredentialStatus = CredentialStatus.DISCONNECTED
    created_at: datetime | None = None
    updated_at: datetime | None = None
    is_elsewhere: bool = False


class Participation(NamedTuple):
    """A marketplace the seller takes part in, as Amazon's Sellers API tells it."""

    marketplace_id: str
    name: str
    country_code: str
    currency: str
    is_participating: bool
    store_name: str | None = None


def marketplace_zone(accounts: Sequence[Account]) -> str | None:
    """Give the zone of these accounts' marketplace; None where they have none in common."""
    known = [MARKETPLACES.get(account.marketplace_id) for account in accounts]
    zones = {None if each is None else each.zone for each in known}
    return zones.pop() if len(zones) == 1 else None
