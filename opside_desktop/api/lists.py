"""Stored rows: claims, inventory, orders. Amazon is not asked."""

import asyncio
from typing import Any, Final, TypeVar

from litestar import get

from opside_desktop.api.document import operation, refusals
from opside_desktop.api.parameters import (
    FARTHEST,
    Queries,
    Query,
    flag,
    moment,
    one_of,
    pattern,
    text,
    whole_number,
)
from opside_desktop.api.service import ApiRequest, service_of
from opside_desktop.contract.lists import Claims, Inventory, Orders, Rows, page_of
from opside_desktop.domain.datasets import Dataset
from opside_desktop.store.reading.cursors import CURSOR_PATTERN, list_page
from opside_desktop.store.reading.listing import list_filters
from opside_desktop.store.reading.queries import RowQuery

R = TypeVar("R", bound=Rows)

LIMIT: Final = whole_number("limit", 1, 1000, 100)
OFFSET: Final = whole_number("offset", 0, FARTHEST, 0, "How many rows to pass over.")
SEARCH: Final = text("search", "Only rows that hold this text, in any case.")
STATUS: Final = text("status", "Only rows of this status; inventory has none and ignores it.")
START: Final = moment("startDate", "Only rows from this day or moment on (UTC).")
END: Final = moment(
    "endDate", "Only rows up to this moment, or the end of this day (UTC).", end_of_day=True
)
TYPE: Final = text("type", "Only claims of this type.")
HIDDEN: Final = flag(
    "hidden",
    "With claims that have a `hiddenReason`, too, which lists leave out: `double`, `zero` or"
    " `unknown`. Inventory and orders have none.",
)
CHANNEL: Final = one_of("fulfillmentChannel", ("FBA", "FBM"), "Only orders fulfilled this way.")

_CURSOR_HELP: Final = (
    "The `nextCursor` of the page before, with the same filters; `offset` then counts for nothing."
)


def _cursor(dataset: Dataset) -> Query[str | None]:
    must_be = "the nextCursor of a former answer"
    return pattern("cursor", CURSOR_PATTERN[dataset], must_be, _CURSOR_HELP)


_CURSORS: Final = {dataset: _cursor(dataset) for dataset in Dataset}


def _queries(dataset: Dataset, *more: Query[Any]) -> Queries:
    return (LIMIT, OFFSET, _CURSORS[dataset], SEARCH, STATUS, START, END, HIDDEN, *more)


async def _answer(request: ApiRequest, answer: type[R]) -> R:
    service, dataset = service_of(request), answer.dataset
    limit, offset, cursor = LIMIT.of(request), OFFSET.of(request), _CURSORS[dataset].of(request)
    filters = list_filters(
        dataset,
        status=STATUS.of(request) or None,
        type=TYPE.of(request) or None if dataset is Dataset.CLAIMS else None,
        fulfillment_channel=CHANNEL.of(request) if dataset is Dataset.ORDERS else None,
        start=START.of(request),
        end=END.of(request),
    )
    search = SEARCH.of(request).strip()
    query = RowQuery(
        dataset,
        (request.user.user_id,),
        search=search,
        filters=filters,
        with_hidden=HIDDEN.of(request),
    )
    page, total = await asyncio.gather(
        list_page(service.db, query, limit, offset=offset, cursor=cursor),
        service.totals.total(query),
    )
    return page_of(
        answer,
        page.rows,
        # A total may be seconds old; what is on this page is there.
        total=max(total, page.offset + len(page.rows)) if page.rows else total,
        limit=limit,
        offset=page.offset,
        next_cursor=page.next_cursor,
    )


def _lists(dataset: Dataset, summary: str, *more: Query[Any]) -> get:
    return get(
        f"/v1/integrations/amazon/{dataset}",
        operation_id=f"list{dataset.capitalize()}",
        summary=summary,
        operation_class=operation(_queries(dataset, *more)),
        responses=refusals(400),
    )


@_lists(Dataset.CLAIMS, "Claims, the newest first", TYPE)
async def claims(request: ApiRequest) -> Claims:
    """List claims."""
    return await _answer(request, Claims)


@_lists(Dataset.INVENTORY, "FBA inventory by SKU")
async def inventory(request: ApiRequest) -> Inventory:
    """List inventory."""
    return await _answer(request, Inventory)


@_lists(Dataset.ORDERS, "Orders with their lines, the newest first", CHANNEL)
async def orders(request: ApiRequest) -> Orders:
    """List orders."""
    return await _answer(request, Orders)
