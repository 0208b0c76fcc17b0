"""Sellers v1: the marketplaces a seller takes part in; the cheapest proof that secrets work."""

import msgspec

from opside_desktop.amazon.client import Client
from opside_desktop.amazon.usage_plans import Operation
from opside_desktop.domain.accounts import Participation
from opside_desktop.domain.waits import WaitListener, unheard

PATH = "/sellers/v1/marketplaceParticipations"


class _Marketplace(msgspec.Struct, rename="camel"):
    id: str
    name: str = ""
    country_code: str = ""
    default_currency_code: str = ""


class _Participation(msgspec.Struct, rename="camel"):
    is_participating: bool = False


class _Entry(msgspec.Struct, rename="camel"):
    marketplace: _Marketplace
    participation: _Participation
    store_name: str | None = None


class _Answer(msgspec.Struct):
    payload: list[_Entry]


_decode = msgspec.json.Decoder(_Answer).decode


class Sellers:
    """The Sellers API of one seller."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def marketplace_participations(
        self, on_wait: WaitListener = unheard
    ) -> list[Participation]:
        """Ask which marketplaces of the region the seller is in. Raises: see `Client.call`."""
        answer = await self._client.call(
            Operation.GET_MARKETPLACE_PARTICIPATIONS, PATH, {}, _decode, on_wait=on_wait
        )
        return [
            Participation(
                marketplace_id=entry.marketplace.id,
                name=entry.marketplace.name,
                country_code=entry.marketplace.country_code,
                currency=entry.marketplace.default_currency_code,
                is_participating=entry.participation.is_participating,
                store_name=entry.store_name or None,
            )
            for entry in answer.value.payload
        ]
