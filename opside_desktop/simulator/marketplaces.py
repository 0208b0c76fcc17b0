"""The marketplaces the simulated seller takes part in: one account of the North America region."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One marketplace as Amazon describes it, with what a price of one US dollar costs there."""

    id: str
    name: str
    country: str
    currency: str
    language: str
    domain: str
    sales_channel: str
    order_prefixes: tuple[str, ...]
    exchange: float


US = Marketplace(
    "ATVPDKIKX0DER",
    "Amazon.com",
    "US",
    "USD",
    "en_US",
    "www.amazon.com",
    "Amazon.com",
    ("111", "112", "113", "114"),
    1.0,
)
CA = Marketplace(
    "A2EUQ1WTGCTBG2",
    "Amazon.ca",
    "CA",
    "CAD",
    "en_CA",
    "www.amazon.ca",
    "Amazon.ca",
    ("701", "702"),
    1.37,
)
MX = Marketplace(
    "A1AM78C64UM0Y8",
    "Amazon.com.mx",
    "MX",
    "MXN",
    "es_MX",
    "www.amazon.com.mx",
    "Amazon.com.mx",
    ("701", "702"),
    18.4,
)

MARKETPLACES = (US, CA, MX)
BY_ID = {marketplace.id: marketplace for marketplace in MARKETPLACES}
