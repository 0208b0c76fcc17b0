"""Sellers v1: the marketplaces a seller takes part in; the cheapest proof that secrets work."""

import msgspec

from opside_desktop.amazon.client import Client
from opside_desktop.amazon.pages import Frame, Page, UnreadableRecord, read_page, untouched
from opside_desktop.amazon.usage_plans import Operation
from opside_desktop.domain.accounts import Participation
from opside_desktop.domain.errors import AmazonUnavailable
from opside_desktop.domain.waits import WaitListener, unheard
from opside_desktop.logs.redaction import redact

PATH = "/sellers/v1/marketplaceParticipations"


class _Marketplace(msgspec.Struct, rename="camel"):
    id: str
    name: str | None = None
    country_code: str | None = None
    default_currency_code: str | None = None


class _Participation(msgspec.Struct, rename="camel"):
    is_participating: bool = False


class _Entry(msgspec.Struct, rename="camel"):
    marketplace: _Marketplace
    participation: _Participation
    store_name: str | None = None


class _Answer(msgspec.Struct):
    payload: list[msgspec.Raw] | None = None


_FRAME = Frame(("payload",))
_answer = msgspec.json.Decoder(_Answer)
_entry = msgspec.json.Decoder(_Entry)


class Sellers:
    """The Sellers API of one seller."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def marketplace_participations(
        self, on_wait: WaitListener = unheard
    ) -> list[Participation]:
        """Ask which marketplaces of the region the seller is in.

        Raises:
            AmazonUnavailable: Amazon answers without a list, which is not the same as an empty one.
            OpsideError: see `Client.call`.
        """
        page = await self._client.call(
            Operation.GET_MARKETPLACE_PARTICIPATIONS,
            PATH,
            {},
            _read_page,
            _FRAME,
            take=untouched,
            on_wait=on_wait,
        )
        if page.is_frameless:
            raise AmazonUnavailable(
                "Amazon did not tell the seller's marketplaces (getMarketplaceParticipations).",
                why="Its answer came without the list, also when asked again.",
                fix="Try again later.",
                request_id=page.request_id,
            )
        return page.records


def _read_page(body: bytes) -> Page[Participation]:
    return read_page(_answer.decode(body).payload, _entry, _converted, ["storeName"])


def _converted(entry: _Entry, _: msgspec.Raw) -> Participation:
    if not entry.marketplace.id:
        raise UnreadableRecord("Amazon sent a marketplace without its id.")
    return Participation(
        marketplace_id=entry.marketplace.id,
        name=redact(entry.marketplace.name or ""),
        country_code=entry.marketplace.country_code or "",
        currency=entry.marketplace.default_currency_code or "",
        is_participating=entry.participation.is_participating,
        store_name=redact(entry.store_name or "") or None,
    )
