"""Finances 2024-06-19: listTransactions, which shows deferred money from its first day."""

from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from opside_desktop.simulator.answers import Answer, ApiError, encode, invalid_input
from opside_desktop.simulator.call import TWO_MINUTES, Call
from opside_desktop.simulator.event_log import Entry, EventLog, page_of
from opside_desktop.simulator.paging import PageToken, TokenSeal
from opside_desktop.simulator.seller import Seller
from opside_desktop.simulator.times import DAY
from opside_desktop.simulator.transaction_wording import (
    DEFERRED,
    DEFERRED_RELEASED,
    RELEASED,
    group_id,
    status_of,
    transaction_of,
)

_PAGE: Final = 500
_TOKEN_LIFE: Final = 25 * 60
_WIDEST: Final = 180 * DAY
_IDENTIFIERS: Final = ("ORDER_ID", "FINANCIAL_EVENT_GROUP_ID")
_ARGUMENTS: Final = (
    "postedAfter",
    "postedBefore",
    "marketplaceId",
    "transactionStatus",
    "relatedIdentifierName",
    "relatedIdentifierValue",
)
"""A later page repeats all of these exactly."""


def dead_token() -> ApiError:
    """The refusal of a token that is broken, foreign, too old or sent with other arguments."""
    return invalid_input("The nextToken is not valid or has expired.")


@dataclass(slots=True)
class Transactions:
    """The operation."""

    seller: Seller
    log: EventLog
    seal: TokenSeal
    _settled: dict[str, msgspec.Raw] = field(default_factory=dict)

    def list_transactions(self, call: Call) -> Answer:
        """GET /finances/2024-06-19/transactions: up to 500 a page, whatever the caller wants."""
        arguments = {name: call.parameters[name] for name in _ARGUMENTS if name in call.parameters}
        token = self._token(call, arguments)
        query = Call(arguments, "", call.now if token is None else token.issued)
        identifier = self._identifier(query)
        after = query.settled_instant("postedAfter")
        before = query.settled_instant("postedBefore")
        if after is None and identifier is None:
            raise invalid_input(
                "Either postedAfter or relatedIdentifierName and relatedIdentifierValue must be "
                "specified."
            )
        if before is not None and after is None and identifier is None:
            raise invalid_input("postedBefore cannot be specified without postedAfter.")
        if token is not None:
            before = token.upper
        elif before is None:
            before = call.now - TWO_MINUTES
        if after is not None and before <= after:
            raise invalid_input("postedBefore must be after postedAfter.")
        marketplaces = query.marketplaces("marketplaceId")
        statuses = query.one_of("transactionStatus", (DEFERRED, RELEASED, DEFERRED_RELEASED))
        now = call.now

        def wanted(entry: Entry) -> bool:
            return (
                entry.visible_from <= now
                and (not statuses or status_of(entry, now) in statuses)
                and (not marketplaces or self.log.filed_under(entry.event)[1] in marketplaces)
                and (identifier is None or self._named(entry, identifier, now))
            )

        position = token.after if token else ()
        found: list[Entry] = []
        more = call.withhold
        if not more and (after is None or before - after <= _WIDEST):
            entries = self.log.transactions
            found, more = page_of(entries, after or 0, before, position, _PAGE, wanted)
        if found:
            position = (found[-1].posted, found[-1].key)
        payload: dict[str, Any] = {"transactions": [self._worded(entry, call) for entry in found]}
        if more:
            payload["nextToken"] = self.seal.seal(
                PageToken("listTransactions", now, arguments, before, position)
            )
        return Answer(200, encode({"payload": payload}))

    def _worded(self, entry: Entry, call: Call) -> msgspec.Raw:
        """An entry's JSON; of what was never deferred it stays what it is, and wording costs."""
        now = call.now
        if call.is_other:
            wire = transaction_of(self.seller, self.log, entry, now, is_other=True)
            return msgspec.Raw(encode(wire))
        worded = self._settled.get(entry.key)
        if worded is None:
            worded = msgspec.Raw(encode(transaction_of(self.seller, self.log, entry, now)))
            if entry.event.deferral is None:
                self._settled[entry.key] = worded
        return worded

    def _identifier(self, call: Call) -> tuple[str, str] | None:
        name = call.one_of("relatedIdentifierName", _IDENTIFIERS)
        value = call.text("relatedIdentifierValue")
        if bool(name) != (value is not None) or len(name) > 1:
            raise invalid_input(
                "relatedIdentifierName and relatedIdentifierValue must be specified together."
            )
        return (name[0], value) if name and value is not None else None

    def _named(self, entry: Entry, identifier: tuple[str, str], now: float) -> bool:
        name, value = identifier
        if name == "ORDER_ID":
            return self.log.filed_under(entry.event)[0] == value
        return group_id(self.seller, entry, now) == value

    def _token(self, call: Call, arguments: dict[str, str]) -> PageToken | None:
        text = call.text("nextToken")
        if text is None:
            return None
        token = self.seal.open_page(text, "listTransactions")
        if token is None or call.now > token.issued + _TOKEN_LIFE or arguments != token.parameters:
            raise dead_token()
        return token
