"""Finances v0: the financial events of the whole region's account (listFinancialEvents).

Amazon retires this operation on 27 August 2027 in favour of listTransactions (2024-06-19).
"""

from datetime import datetime, timedelta
from typing import Any, TypedDict

import msgspec

from opside_desktop.amazon.client import REFUSAL_REPEATS, Client
from opside_desktop.amazon.cutting import is_too_deep, looks_shallow
from opside_desktop.amazon.errors import RefusedWithoutCause
from opside_desktop.amazon.pages import Frame, Page, Take, spell, untouched
from opside_desktop.amazon.refusals import too_large
from opside_desktop.amazon.repair import exact_number
from opside_desktop.amazon.usage_plans import Operation
from opside_desktop.domain.clock import parse_moment
from opside_desktop.domain.errors import BadData
from opside_desktop.domain.records import RawEvent, Skipped
from opside_desktop.domain.sources import ClaimsSource
from opside_desktop.domain.waits import WaitListener, unheard

PATH = "/finances/v0/financialEvents"

_SPLIT_FROM = 2
_SHORTEST = timedelta(hours=2)


class _Payload(TypedDict, total=False):
    NextToken: str | None
    FinancialEvents: dict[str, msgspec.Raw] | None


class _Answer(TypedDict, total=False):
    payload: _Payload | None


_FRAME = Frame(("payload", "FinancialEvents"), by_name=True)


class _Sale(msgspec.Struct):
    order_id: Any = msgspec.field(name="AmazonOrderId", default=None)
    posted: Any = msgspec.field(name="PostedDate", default=None)


_SALES = ("ShipmentEventList", "ShipmentSettleEventList")
"""Nine tenths of a busy seller's events. No claim comes of them, so their amounts stay unread,
which takes a third of the time."""


_outline = msgspec.json.Decoder(_Answer)
_exact = msgspec.json.Decoder(float_hook=exact_number)
_sales = msgspec.json.Decoder(list[_Sale])


def _read_page(body: bytes) -> Page[RawEvent]:
    payload = _outline.decode(body).get("payload") or _Payload()
    lists = payload.get("FinancialEvents")
    page: Page[RawEvent] = Page(
        [], next_token=payload.get("NextToken") or None, is_frameless=lists is None
    )
    is_shallow = looks_shallow(body)
    for name, raw in (lists or {}).items():
        events = _sales_of(raw) if name in _SALES else _exact.decode(raw)
        if events is None:
            continue
        if not isinstance(events, list):
            why = "Amazon sent something else than a list of events."
            page.skipped.append(Skipped(name, why))
            continue
        for event in events:
            if not is_shallow and is_too_deep(event):
                page.skipped.append(
                    Skipped(name, "Amazon sent an event that is nested too deeply.")
                )
            elif isinstance(event, dict):
                page.records.append(raw_event(name, event))
            else:
                page.skipped.append(Skipped(name, "Amazon sent an event that has no fields."))
    return page


def raw_event(event_list: str, payload: dict[str, Any]) -> RawEvent:
    """Read what every event of v0 tells alike: its date, and whether it is deferred."""
    posted = payload.get("PostedDate") or payload.get("postedDate")
    status = payload.get("TransactionStatus", payload.get("transactionStatus"))
    return RawEvent(
        event_list=event_list,
        posted_at=parse_moment(str(posted)) if posted else None,
        status=None if status is None else str(status),
        payload=payload,
    )


def _sales_of(raw: msgspec.Raw) -> Any:
    try:
        return [
            {"AmazonOrderId": sale.order_id, "PostedDate": sale.posted}
            for sale in _sales.decode(raw)
        ]
    except msgspec.ValidationError:  # something else than a list of events
        return _exact.decode(raw)


class FinancesV0:
    """The Finances API v0 of one seller."""

    source = ClaimsSource.EVENTS_V0
    has_page_size = True
    words = "through the older Finances API (v0), which does not show money that is held back still"

    def __init__(self, client: Client) -> None:
        self._client = client
        self._too_large: set[tuple[datetime, datetime]] = set()

    def seconds_for(self, pages: int) -> float:
        """Tell how long Amazon's quota makes so many pages take from now on."""
        return self._client.seconds_for(Operation.LIST_FINANCIAL_EVENTS, pages)

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
        """See `FinancesSource.page`. Events come list by list, each list in Amazon's order.

        Sales come with their order and date only.
        """
        is_known = (start, end) in self._too_large
        try:
            return await self._client.call(
                Operation.LIST_FINANCIAL_EVENTS,
                PATH,
                _params(start, end, page_size, token),
                _read_page,
                _FRAME,
                take=take,
                continuation=token is not None,
                repeats=0 if is_known else repeats,
                known_unreadable=known_unreadable,
                on_wait=on_wait,
            )
        except RefusedWithoutCause as refusal:
            if not is_known and not await self._answers_when_smaller(
                start, end, page_size, on_wait
            ):
                raise
            self._too_large.add((start, end))
            raise too_large(
                Operation.LIST_FINANCIAL_EVENTS, refusal.why, refusal.request_id
            ) from refusal

    async def _answers_when_smaller(
        self, start: datetime, end: datetime, page_size: int, on_wait: WaitListener
    ) -> bool:
        """Tell whether Amazon answers for half of what it refuses without a word about size."""
        if page_size < _SPLIT_FROM or end - start < _SHORTEST:
            return False
        params = _params(start, start + (end - start) / 2, page_size // 2)
        try:
            await self._client.call(
                Operation.LIST_FINANCIAL_EVENTS,
                PATH,
                params,
                _read_page,
                _FRAME,
                take=untouched,
                repeats=0,
                on_wait=on_wait,
            )
        except BadData:
            return False
        return True


def _params(
    start: datetime, end: datetime, page_size: int, token: str | None = None
) -> dict[str, str]:
    params = {
        "PostedAfter": spell(start),
        "PostedBefore": spell(end),
        "MaxResultsPerPage": str(page_size),
    }
    return {**params, "NextToken": token} if token else params
