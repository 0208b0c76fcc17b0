"""In which zone a marketplace counts its days."""

from collections.abc import Sequence

from opside_desktop.domain.accounts import MARKETPLACES, Account

_ZONES = {
    # Amazon's own reports on its North American stores count days in Pacific time.
    "US": "America/Los_Angeles",
    "CA": "America/Los_Angeles",
    "MX": "America/Los_Angeles",
    "BR": "America/Sao_Paulo",
    "GB": "Europe/London",
    "DE": "Europe/Berlin",
    "FR": "Europe/Paris",
    "IT": "Europe/Rome",
    "ES": "Europe/Madrid",
    "IE": "Europe/Dublin",
    "NL": "Europe/Amsterdam",
    "BE": "Europe/Brussels",
    "SE": "Europe/Stockholm",
    "PL": "Europe/Warsaw",
    "TR": "Europe/Istanbul",
    "EG": "Africa/Cairo",
    "SA": "Asia/Riyadh",
    "AE": "Asia/Dubai",
    "IN": "Asia/Kolkata",
    "ZA": "Africa/Johannesburg",
    "SG": "Asia/Singapore",
    "AU": "Australia/Sydney",
    "JP": "Asia/Tokyo",
}
"""IANA names by country."""


def marketplace_zone(accounts: Sequence[Account]) -> str | None:
    """Give the zone of these accounts' marketplace; None where they have none in common."""
    known = [MARKETPLACES.get(account.marketplace_id) for account in accounts]
    zones = {None if each is None else _ZONES.get(each.country_code) for each in known}
    return zones.pop() if len(zones) == 1 else None
