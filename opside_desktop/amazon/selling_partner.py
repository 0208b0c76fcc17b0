"""Who the seller is: Amazon names it beside each transaction (listTransactions), nowhere else."""

from datetime import timedelta
from typing import Final

import msgspec

from opside_desktop.amazon.client import Client
from opside_desktop.amazon.finances_2024 import FRAME, PATH, Payload, outline
from opside_desktop.amazon.pages import Page, spell, untouched
from opside_desktop.amazon.repair import UNREADABLE
from opside_desktop.amazon.usage_plans import Operation
from opside_desktop.domain.waits import WaitListener, unheard
from opside_desktop.logs.redaction import redact

_LOOKED_AT: Final = timedelta(days=90)
"""A page has a size of its own, so that a long stretch costs no more than a short one."""

_SETTLED: Final = timedelta(minutes=3)
_MOST_PAGES: Final = 3
"""Pages may be empty and still lead on."""

_LONGEST: Final = 100
"""Characters of an id; Amazon's have 13 or 14."""


class _Metadata(msgspec.Struct, rename="camel"):
    selling_partner_id: str | None = None


class _Transaction(msgspec.Struct, rename="camel"):
    selling_partner_metadata: _Metadata | None = None


_transaction = msgspec.json.Decoder(_Transaction)


class SellingPartner:
    """The seller behind one permission."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def seller_id(self, on_wait: WaitListener = unheard) -> str | None:
        """Ask for the seller's id. None where no transaction tells it, or they tell several.

        It costs one call where anything was posted in the last 90 days.

        Raises:
            OpsideError: see `Client.call`.
        """
        end = self._client.server_now() - _SETTLED
        asked = {"postedAfter": spell(end - _LOOKED_AT), "postedBefore": spell(end)}
        found: set[str] = set()
        token: str | None = None
        for _ in range(_MOST_PAGES):
            page = await self._client.call(
                Operation.LIST_TRANSACTIONS,
                PATH,
                {**asked, "nextToken": token} if token else asked,
                _read_page,
                FRAME,
                take=untouched,
                continuation=token is not None,
                repeats=0,
                on_wait=on_wait,
            )
            found.update(page.records)
            token = page.next_token
            if found or token is None:
                break
        return found.pop() if len(found) == 1 else None


def _read_page(body: bytes) -> Page[str]:
    payload = outline.decode(body).get("payload") or Payload()
    raws, token = payload.get("transactions"), payload.get("nextToken")
    ids: dict[str, None] = {}
    for raw in raws or ():
        try:
            told = _transaction.decode(raw).selling_partner_metadata
        except UNREADABLE:
            continue  # whoever copies it names it
        seller = (told.selling_partner_id or "").strip() if told else ""
        if seller and len(seller) <= _LONGEST and seller.isprintable() and redact(seller) == seller:
            ids[seller] = None
    next_token = token if isinstance(token, str) and token else None
    return Page(list(ids), next_token=next_token, is_frameless=raws is None)
