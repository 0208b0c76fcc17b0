"""What the side panel says about a row: the store's answer in words for people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication

from opside_desktop.domain.claim_types import ClaimStatus
from opside_desktop.domain.columns import KEY_COLUMN, named
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.syncs import SyncKey
from opside_desktop.ui.kit.words import source_name
from opside_desktop.ui.tables.details.row_details import Fact, Link, Sheet
from opside_desktop.ui.tables.rows.amazon_words import status_pill, word
from opside_desktop.ui.tables.rows.table_columns import TABLES, Kind
from opside_desktop.ui.tables.rows.texts import (
    cell_words,
    hidden_words,
    pretty_json,
    release_words,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from opside_desktop.domain.ids import UserId
    from opside_desktop.domain.records import OrderItem
    from opside_desktop.store.reading.details import RowDetails, ToldBy
    from opside_desktop.ui.kit.formats import Formats


def _tr(text: str) -> str:
    return QCoreApplication.translate("Sheets", text)


def sheet_of(details: RowDetails, formats: Formats, account: Callable[[UserId], str]) -> Sheet:
    """Write a row's sheet; `account` names the seller account a row belongs to."""
    dataset, facts = details.dataset, details.facts
    key = KEY_COLUMN[dataset]
    status = facts.get("status")
    return Sheet(
        name=str(facts[key]),
        status=status_pill(status) if status else None,
        is_mock=bool(facts.get("is_mock")),
        facts=[*_facts(details, formats), *_origin(details, formats, account)],
        told=[_told(one, details.facts, formats) for one in details.told_by],
        money=_money(details, formats),
        timeline=_timeline(details, formats),
        zone=formats.zone_name,
        related=_related(details, formats),
        raw=_raw(details),
        notes=_notes(facts, formats),
    )


def _notes(facts: Mapping[str, Any], formats: Formats) -> list[str]:
    """Say what a claim is not: paid already, or counted."""
    notes = []
    if facts.get("status") == ClaimStatus.PENDING and "matures_at" in facts:
        notes.append(release_words(facts["matures_at"], formats))
    if reason := facts.get("hidden_reason"):
        notes.append(hidden_words(reason))
    return notes


def _told(told: ToldBy, facts: Mapping[str, Any], formats: Formats) -> Fact:
    """Say what one source told of a claim: its amount only where that is another."""
    posted = _tr("posted {day}").format(day=formats.day(told.day))
    read = _tr("last read {moment}").format(moment=formats.moment(told.last_read))
    differs = (told.amount, told.currency) != (facts["amount"], facts["currency"])
    amount = formats.money(told.amount, told.currency) if differs else ""
    name = source_name(told.source)
    return Fact(name[:1].upper() + name[1:], _joined(_word(told.status), amount, posted, read))


def _raw(details: RowDetails) -> str:
    payload = details.payload if details.event is None else details.event.payload
    return "" if payload is None else pretty_json(payload)


def _facts(details: RowDetails, formats: Formats) -> list[Fact]:
    key = KEY_COLUMN[details.dataset]
    found = []
    for column in TABLES[details.dataset].columns:
        value = details.facts.get(column.field)
        if value is None or column.field in (key, "status", "currency", "hidden_reason"):
            continue
        # Amounts and moments have their own sections.
        if column.kind not in (Kind.MONEY, Kind.MOMENT):
            text = cell_words(column, value, None, formats)
            found.append(Fact(column.name, text, is_id=column.kind is Kind.ID))
    return found


def _origin(details: RowDetails, formats: Formats, account: Callable[[UserId], str]) -> list[Fact]:
    facts = [Fact(_tr("Account"), account(details.user_id))]
    if details.event is not None:
        facts.append(Fact(_tr("Amazon's list"), _breakable(details.event.event_list)))
        if details.event.event_type:
            facts.append(Fact(_tr("Amazon's kind"), _breakable(details.event.event_type)))
    if details.facts.get("mock_scenario"):
        facts.append(Fact(_tr("Mock data of"), str(details.facts["mock_scenario"])))
    return facts


def _timeline(details: RowDetails, formats: Formats) -> list[Fact]:
    """What happened to the row and to what belongs to it, the earliest first."""
    facts = details.facts
    steps: list[tuple[Any, str]] = [
        (facts.get("purchase_date"), _tr("Bought")),
        (facts.get("last_update_date"), _tr("Changed at Amazon")),
        (facts.get("created_at"), _tr("Posted by Amazon")),
        (facts.get("matures_at"), _tr("Release due")),
        (details.first_seen_at, _tr("First brought here")),
        (facts.get("synced_at"), _tr("Last brought here")),
    ]
    if details.order is not None:
        steps.append(
            (named(Dataset.ORDERS, details.order.values)["purchase_date"], _tr("Order bought"))
        )
    for row in details.claims:
        claim = named(Dataset.CLAIMS, row.values)
        steps.append((claim["created_at"], word(str(claim["type"] or claim["claim_id"]))))
    known = sorted((step for step in steps if step[0] is not None), key=lambda step: step[0])
    return [Fact(formats.moment(moment), words) for moment, words in known]


def _money(details: RowDetails, formats: Formats) -> list[Fact]:
    found = [
        Fact(
            column.name,
            formats.money(value, str(details.facts.get(column.currency_field) or "")),
            is_amount=True,
        )
        for column in TABLES[details.dataset].columns
        if column.kind is Kind.MONEY and (value := details.facts.get(column.field)) is not None
    ]
    for item in details.items if details.dataset is Dataset.ORDERS else ():
        if item.price is not None:
            name = item.sku or item.title or _tr("Line {number}").format(number=item.line_number)
            amount = formats.money(item.price, item.currency or "")
            found.append(Fact(name, amount, is_amount=True))
    return found


def _related(details: RowDetails, formats: Formats) -> list[Link]:
    links: list[Link] = []
    order_id = details.facts.get("order_id")
    if details.dataset is Dataset.CLAIMS and order_id:
        if details.order is None:
            about = _tr("Its order has not been copied: it is older, or from another account.")
            links.append(Link(str(order_id), "", "", about))
        else:
            order = named(Dataset.ORDERS, details.order.values)
            links.append(Link(str(order_id), "orders", str(order_id), _order_words(order, formats)))
    links += [_item_link(item, formats) for item in details.items]
    if details.dataset is Dataset.INVENTORY:
        sku = str(details.facts["sku"])
        links.append(Link(_tr("Orders with this SKU"), "orders", sku))
    for row in details.claims:
        claim = named(Dataset.CLAIMS, row.values)
        name = str(claim["claim_id"])
        links.append(Link(name, "claims", name, _claim_words(claim, formats)))
    if details.first_sync_id is not None:
        seen = details.first_seen_at
        about = (
            _tr("The sync that first brought this row.")
            if seen is None
            else _tr("The sync that first brought this row, {moment}.").format(
                moment=formats.moment(seen)
            )
        )
        key = SyncKey(details.user_id, details.first_sync_id)
        links.append(Link(details.first_sync_id, "syncs", key, about))
    return links


def _item_link(item: OrderItem, formats: Formats) -> Link:
    count = "?" if item.quantity_ordered is None else formats.number(item.quantity_ordered)
    about = _tr("{count} × {title}").format(count=count, title=item.title or _tr("no title"))
    if not item.sku:
        return Link(about, "", "")
    return Link(item.sku, "inventory", item.sku, about)


def _order_words(order: Mapping[str, Any], formats: Formats) -> str:
    amount = _amount(order["total_amount"], order["currency"], formats)
    return _joined(_word(order["status"]), formats.day(order["purchase_date"]), amount)


def _claim_words(claim: Mapping[str, Any], formats: Formats) -> str:
    amount = _amount(claim["amount"], claim["currency"], formats)
    return _joined(_word(claim["type"]), _word(claim["status"]), amount)


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _word(value: str | None) -> str:
    return word(value) if value else ""


def _amount(value: Decimal | None, currency: str | None, formats: Formats) -> str:
    return "" if value is None else formats.money(value, currency or "")


def _breakable(name: str) -> str:
    """Let one of Amazon's long names go on in the next line, between its words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=_)", "\u200b", name)
