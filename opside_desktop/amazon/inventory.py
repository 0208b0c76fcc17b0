"""FBA inventory v1: what Amazon holds of each SKU in one marketplace (getInventorySummaries)."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from opside_desktop.amazon.client import REFUSAL_REPEATS, Client
from opside_desktop.amazon.pages import Frame, Page, Take, UnreadableRecord, read_page, untouched
from opside_desktop.amazon.usage_plans import Operation
from opside_desktop.domain.records import InventorySummary, Quantities, sum_if_known
from opside_desktop.domain.waits import WaitListener, unheard

PATH = "/fba/inventory/v1/summaries"

_MOST_SKUS = 50
_MOST_CHARACTERS = 2000
"""So many SKUs can be asked for by name in one call, and so long may their names be together: an
address must not become endless."""


class _Reserved(msgspec.Struct, rename="camel"):
    total_reserved_quantity: int | None = None


class _Unfulfillable(msgspec.Struct, rename="camel"):
    total_unfulfillable_quantity: int | None = None


class _Researching(msgspec.Struct, rename="camel"):
    total_researching_quantity: int | None = None


class _Details(msgspec.Struct, rename="camel"):
    fulfillable_quantity: int | None = None
    inbound_working_quantity: int | None = None
    inbound_shipped_quantity: int | None = None
    inbound_receiving_quantity: int | None = None
    reserved_quantity: _Reserved | None = None
    unfulfillable_quantity: _Unfulfillable | None = None
    researching_quantity: _Researching | None = None


class _Summary(msgspec.Struct, rename="camel"):
    asin: str | None = None
    fn_sku: str | None = None
    seller_sku: str | None = None
    condition: str | None = None
    product_name: str | None = None
    total_quantity: int | None = None
    inventory_details: _Details | None = None


class _Payload(msgspec.Struct, rename="camel"):
    inventory_summaries: list[msgspec.Raw] | None = None


class _Pagination(msgspec.Struct, rename="camel"):
    next_token: str | None = None


class _Answer(msgspec.Struct):
    payload: _Payload | None = None
    pagination: _Pagination | None = None


_FRAME = Frame(("payload", "inventorySummaries"), key="sku")
_answer = msgspec.json.Decoder(_Answer)
_summary = msgspec.json.Decoder(_Summary)


class Inventory:
    """The FBA Inventory API of one seller."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def seconds_for(self, pages: int) -> float:
        return self._client.seconds_for(Operation.GET_INVENTORY_SUMMARIES, pages)

    @staticmethod
    def groups(skus: Iterable[str]) -> Iterator[list[str]]:
        """Part SKUs into groups that can be asked for at once; one with a comma goes alone."""
        group: list[str] = []
        characters = 0
        for sku in skus:
            if "," in sku:
                yield [sku]
                continue
            length = len(quote(sku, safe="")) + len("%2C")
            if group and (len(group) == _MOST_SKUS or characters + length > _MOST_CHARACTERS):
                yield group
                group, characters = [], 0
            group.append(sku)
            characters += length
        if group:
            yield group

    async def page(
        self,
        marketplace_id: str,
        *,
        skus: Sequence[str] = (),
        token: str | None = None,
        repeats: int = REFUSAL_REPEATS,
        known_unreadable: bool = False,
        take: Take[InventorySummary, Any] = untouched,
        on_wait: WaitListener = unheard,
    ) -> Page[Any]:
        """Fetch one page of the stock in a marketplace.

        Args:
            skus: asks for these only, one of `groups`, instead of all; a refusal is believed at
                once then.
            token: of the page before; it lives for 30 seconds only, so store pages after fetching.
            repeats, known_unreadable: see `Client.call`.
            take: makes what is given of the page, in the thread that decodes it.

        Raises:
            RefusedWithoutCause: with `InvalidInput` perhaps because there is no FBA stock.
            PageTokenExpired: read again from the first page.
            OpsideError: see `Client.call`.
        """
        params = {
            "details": "true",
            "granularityType": "Marketplace",
            "granularityId": marketplace_id,
            "marketplaceIds": marketplace_id,
        }
        if skus:
            # A comma within an SKU would part it; the parameter for a single one takes it whole.
            params["sellerSku" if "," in skus[0] else "sellerSkus"] = ",".join(skus)
        if token:
            params["nextToken"] = token
        return await self._client.call(
            Operation.GET_INVENTORY_SUMMARIES,
            PATH,
            params,
            _read_page,
            _FRAME,
            take=take,
            continuation=token is not None,
            repeats=0 if skus else repeats,
            known_unreadable=known_unreadable,
            on_wait=on_wait,
        )


def _read_page(body: bytes) -> Page[InventorySummary]:
    wire = _answer.decode(body)
    return read_page(
        (wire.payload or _Payload()).inventory_summaries,
        _summary,
        _converted,
        ["sellerSku", "fnSku", "asin"],
        next_token=(wire.pagination or _Pagination()).next_token,
    )


def _converted(wire: _Summary, raw: msgspec.Raw) -> InventorySummary:
    if not wire.seller_sku:
        raise UnreadableRecord("Amazon sent stock without its SKU.")
    details = wire.inventory_details or _Details()
    reserved = details.reserved_quantity or _Reserved()
    unfulfillable = details.unfulfillable_quantity or _Unfulfillable()
    researching = details.researching_quantity or _Researching()
    inbound = (
        details.inbound_working_quantity,
        details.inbound_shipped_quantity,
        details.inbound_receiving_quantity,
    )
    return InventorySummary(
        sku=wire.seller_sku,
        asin=wire.asin or None,
        fnsku=wire.fn_sku or None,
        product_name=wire.product_name or None,
        condition=wire.condition or None,
        quantities=Quantities(
            available=details.fulfillable_quantity,
            reserved=reserved.total_reserved_quantity,
            inbound=sum_if_known(inbound),
            total=wire.total_quantity,
            unfulfillable=unfulfillable.total_unfulfillable_quantity,
            researching=researching.total_researching_quantity,
        ),
        payload=bytes(raw),
    )
