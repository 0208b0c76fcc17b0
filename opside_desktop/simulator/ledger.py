"""The ledger: what happened to the seller's money, and which finance API shows it by now."""

from typing import Any

from opside_desktop.simulator.call import TWO_MINUTES
from opside_desktop.simulator.event_facts import facts_of
from opside_desktop.simulator.event_log import EventLog
from opside_desktop.simulator.seller import Seller
from opside_desktop.simulator.times import iso
from opside_desktop.simulator.transaction_wording import DEFERRED, RELEASED


def ledger(seller: Seller, log: EventLog, now: float) -> dict[str, Any]:
    """Tell every event of the seller's history once, as things stand at `now`.

    What several events of v0 are one transaction of stands there as several; a release that posts
    a copy is no event of its own.

    Returns:
        `now`, and `events` with `class` (as transactions tell it), `classInV0`, `postedAt` (the
        first date), `orderId`, `sku`, `currency`, `amount`, `status` (DEFERRED or RELEASED),
        `claim` (whether a seller would call it one), `visible` and `visibleInV0`.
    """
    events: list[dict[str, Any]] = []
    latest = now - TWO_MINUTES  # nothing newer can be asked for
    for entry in sorted(log.v0, key=lambda entry: (entry.event.posted, entry.key)):
        event = entry.event
        facts = facts_of(event)
        as_refund = facts.class_in_v0 == "guarantee" and seller.guarantees_are_refunds
        deferred = event.deferral is not None and now < entry.visible_from
        events.append(
            {
                "class": "refund" if as_refund else facts.class_in_v0,
                "classInV0": facts.class_in_v0,
                "postedAt": iso(event.posted),
                "orderId": facts.order_id,
                "sku": facts.sku,
                "currency": facts.currency,
                "amount": facts.amount / 100,
                "status": DEFERRED if deferred else RELEASED,
                "claim": event.kept,
                "visible": event.appears <= now and event.posted < latest,
                "visibleInV0": entry.visible_from <= now and entry.posted < latest,
            }
        )
    return {"now": iso(int(now)), "events": events}
