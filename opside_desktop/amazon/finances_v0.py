"""Finances v0: the financial events of the whole region's account (listFinancialEvents).

Amazon retires this operation on 27 August 2027 in favour of listTransactions (2024-06-19).
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from opside_desktop.amazon.client import REFUSAL_REPEATS, Client
from opside_desktop.amazon.cutting import is_too_deep, looks_shallow
from opside_desktop.amazon.errors import RefusedWithoutCause
from opside_desktop.amazon.pages import Frame, Page, spell
from opside_desktop.amazon.refusals import too_large
from opside_desktop.amazon.repair import exact_number
from opside_desktop.amazon.usage_plans import Operation
from opside_desktop.domain.errors import BadData
from opside_desktop.domain.records import RawEvent, Skipped
from opside_desktop.domain.waits import WaitListener, unheard

PATH = "/finances/v0/financialEvents"

_SPLIT_FROM = 2
_SHORTEST = timedelta(hours=2)


class _Payload(msgspec.Struct):
    next_token: str | None = msgspec.field(name="NextToken", default=None)
    lists: dict[str, msgspec.Raw] | None = msgspec.field(name="FinancialEvents", default=None)


class _Answer(msgspec.Struct):
    payload: _Payload | None = None


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
    payload = _outline.decode(body).payload or _Payload()
    lists = {name: _decode_list(name, raw) for name, raw in (payload.lists or {}).items()}
    records, skipped = _events(lists, shallow=looks_shallow(body))
    return Page(records, skipped, payload.next_token or None, is_frameless=payload.lists is None)


def _decode_list(name: str, raw: msgspec.Raw) -> Any:
    if name in _SALES:
        try:
            return [
                {"AmazonOrderId": sale.order_id, "PostedDate": sale.posted}
                for sale in _sales.decode(raw)
            ]
        except msgspec.ValidationError:
            pass  # something else than a list of events: told below
    return _exact.decode(raw)


class Finances:
    """The Finances API of one seller."""

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
        on_wait: WaitListener = unheard,
    ) -> Page[RawEvent]:
        """Fetch one page of every kind of event posted in [start, end).

        Events come list by list, each list in Amazon's order, numbers exact (Decimal or int).
        Sales come with their order and date only.

        Args:
            start, end: at most 180 days apart, or Amazon answers nothing; `end` more than 2
                minutes before Amazon's now.
            token: of the page before, with the same other arguments; lives for minutes.
            page_size: 1 to 100.
            repeats, known_unreadable: see `Client.call`.

        Raises:
            PageTokenExpired, AnswerTooLarge: read again, or smaller.
            OpsideError: see `Client.call`.
        """
        is_known = (start, end) in self._too_large
        try:
            return await self._page(
                start,
                end,
                page_size,
                token=token,
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

    async def _page(
        self,
        start: datetime,
        end: datetime,
        page_size: int,
        *,
        token: str | None = None,
        repeats: int,
        known_unreadable: bool = False,
        on_wait: WaitListener,
    ) -> Page[RawEvent]:
        params = {
            "PostedAfter": spell(start),
            "PostedBefore": spell(end),
            "MaxResultsPerPage": str(page_size),
        }
        if token:
            params["NextToken"] = token
        return await self._client.call(
            Operation.LIST_FINANCIAL_EVENTS,
            PATH,
            params,
            _read_page,
            _FRAME,
            continuation=token is not None,
            repeats=repeats,
            known_unreadable=known_unreadable,
            on_wait=on_wait,
        )

    async def _answers_when_smaller(
        self, start: datetime, end: datetime, page_size: int, on_wait: WaitListener
    ) -> bool:
        """Tell whether Amazon answers for half of what it refuses without a word about size."""
        if page_size < _SPLIT_FROM or end - start < _SHORTEST:
            return False
        middle = start + (end - start) / 2
        try:
            await self._page(start, middle, page_size // 2, repeats=0, on_wait=on_wait)
        except BadData:
            return False
        return True


def _events(lists: dict[str, Any], *, shallow: bool) -> tuple[list[RawEvent], list[Skipped]]:
    records: list[RawEvent] = []
    skipped: list[Skipped] = []
    for name, events in lists.items():
        if events is None:
            continue
        if not isinstance(events, list):
            skipped.append(Skipped(name, "Amazon sent something else than a list of events."))
            continue
        for event in events:
            if not shallow and is_too_deep(event):
                skipped.append(Skipped(name, "Amazon sent an event that is nested too deeply."))
            elif isinstance(event, dict):
                records.append(RawEvent(event_list=name, payload=event))
            else:
                skipped.append(Skipped(name, "Amazon sent an event that has no fields."))
    return records, skipped
