"""Sellers v1: getMarketplaceParticipations."""

from opside_desktop.simulator.answers import Answer, encode
from opside_desktop.simulator.call import Call
from opside_desktop.simulator.marketplaces import MARKETPLACES

STORE_NAME = "Alder & Finch Home"


def get_marketplace_participations(call: Call) -> Answer:
    """GET /sellers/v1/marketplaceParticipations."""
    del call
    payload = [
        {
            "marketplace": {
                "id": marketplace.id,
                "name": marketplace.name,
                "countryCode": marketplace.country,
                "defaultCurrencyCode": marketplace.currency,
                "defaultLanguageCode": marketplace.language,
                "domainName": marketplace.domain,
            },
            "participation": {"isParticipating": True, "hasSuspendedListings": False},
            "storeName": STORE_NAME,
        }
        for marketplace in MARKETPLACES
    ]
    return Answer(200, encode({"payload": payload}))
