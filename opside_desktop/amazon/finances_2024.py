"""Finances 2024-06-19: the transactions of the whole region's account (listTransactions).

They show money that Amazon holds back still, which Finances v0 hides until its release.
"""

from datetime import datetime
from typing import Any, Final, TypedDict

import msgspec

from opside_desktop.amazon.client import REFUSAL_REPEATS, Client
from opside_desktop.amazon.cutting import is_too_deep, looks_shallow
from opside_desktop.amazon.pages import (
    Frame,
    Page,
    Take,
    UnreadableRecord,
    spell,
    untouched,
)
from opside_desktop.amazon.repair import UNREADABLE, exact_number
from opside_desktop.amazon.usage_plans import Operation
from opside_desktop.domain.clock import parse_moment
from opside_desktop.domain.records import RawEvent, Skipped
from opside_desktop.domain.sources import TRANSACTIONS_LIST, ClaimsSource
from opside_desktop.domain.waits import WaitListener, unheard
from opside_desktop.logs.redaction import redact

PATH = "/finances/2024-06-19/transactions"

FRAME = Frame(("payload", "transactions"))

_SALE: Final = "shipment"
"""Nine tenths of a busy seller's transactions are sales. No claim comes of them, so that only what
they are and when is read."""


class Payload(TypedDict, total=False):
    """What stands around the transactions of a page."""

    nextToken: Any
    transactions: list[msgspec.Raw] | None


class _Answer(TypedDict, total=False):
    payload: Payload | None


class _Head(msgspec.Struct, rename="camel"):
    transaction_type: Any = None
    transaction_id: Any = None
    transaction_status: Any = None
    posted_date: Any = None


outline = msgspec.json.Decoder(_Answer)
_heads = msgspec.json.Decoder(_Head)
_exact = msgspec.json.Decoder(float_hook=exact_number)


def _read_page(body: bytes) -> Page[RawEvent]:
    payload = outline.decode(body).get("payload") or Payload()
    raws = payload.get("transactions")
    page: Page[RawEvent] = Page(
        [], next_token=_plain(payload.get("nextToken")), is_frameless=raws is None
    )
    is_shallow = looks_shallow(body)
    for raw in raws or ():
        head = _Head()
        try:
            head = _heads.decode(raw)
            page.records.append(_read(raw, head, is_shallow))
        except UnreadableRecord as error:
            page.skipped.append(_skipped(head, str(error)))
        except UNREADABLE:
            page.skipped.append(_skipped(head, "Amazon sent something else than a transaction."))
    return page


def _skipped(head: _Head, why: str) -> Skipped:
    return Skipped(f"transaction {redact(_plain(head.transaction_id) or '')}".strip(), why)


def _read(raw: msgspec.Raw, head: _Head, is_shallow: bool) -> RawEvent:
    if _is_sale(head.transaction_type):
        return transaction(msgspec.to_builtins(head))
    payload = _exact.decode(raw)
    if not is_shallow and is_too_deep(payload):
        raise UnreadableRecord("Amazon sent a transaction that is nested too deeply.")
    return transaction(payload)


def transaction(payload: dict[str, Any]) -> RawEvent:
    """Read what every transaction tells alike: its date, and how far its money is."""
    posted = _plain(payload.get("postedDate"))
    return RawEvent(
        event_list=TRANSACTIONS_LIST,
        posted_at=parse_moment(posted),
        status=_plain(payload.get("transactionStatus")),
        payload=payload,
    )


def _is_sale(kind: Any) -> bool:
    return isinstance(kind, str) and kind.strip().casefold() == _SALE


def _plain(value: Any) -> str | None:
    """Give a plain value as text; None where there is none, or something with parts."""
    return str(value) if isinstance(value, str | int) and value != "" else None


class Finances2024:
    """The Finances API 2024-06-19 of one seller."""

    source = ClaimsSource.TRANSACTIONS
    words = "with all that Amazon holds back still (listTransactions)"
    has_page_size = False

    def __init__(self, client: Client) -> None:
        self._client = client

    def seconds_for(self, pages: int) -> float:
        """Tell how long Amazon's quota makes so many pages take from now on."""
        return self._client.seconds_for(Operation.LIST_TRANSACTIONS, pages)

    async def page(
        self,
        start: datetime,
        end: datetime,
        *,
        token: str | None = None,
        page_size: int = 100,
        repeats: int = REFUSAL_REPEATS,
        known_unreadable: bool = False,
        take: Take[RawEvent, Any] = untouched,
        on_wait: WaitListener = unheard,
    ) -> Page[Any]:
        """See `FinancesSource.page`. Transactions of every status come, up to 500 a page.

        Amazon orders them by kind, not by time. Sales come with their type, id, status and date
        only.
        """
        asked = {"postedAfter": spell(start), "postedBefore": spell(end)}
        return await self._page(asked, token, repeats, known_unreadable, take, on_wait)

    async def page_of_order(
        self,
        order_id: str,
        *,
        token: str | None = None,
        repeats: int = REFUSAL_REPEATS,
        known_unreadable: bool = False,
        take: Take[RawEvent, Any] = untouched,
        on_wait: WaitListener = unheard,
    ) -> Page[Any]:
        """Fetch one page of everything that was ever posted for one order; else as `page` does."""
        asked = {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": order_id}
        return await self._page(asked, token, repeats, known_unreadable, take, on_wait)

    async def _page(
        self,
        asked: dict[str, str],
        token: str | None,
        repeats: int,
        known_unreadable: bool,
        take: Take[RawEvent, Any],
        on_wait: WaitListener,
    ) -> Page[Any]:
        return await self._client.call(
            Operation.LIST_TRANSACTIONS,
            PATH,
            {**asked, "nextToken": token} if token else asked,
            _read_page,
            FRAME,
            take=take,
            continuation=token is not None,
            repeats=repeats,
            known_unreadable=known_unreadable,
            on_wait=on_wait,
        )
