"""The simulator's own switches, beside Amazon's interface: its clock and its ledger."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import msgspec

from opside_desktop.simulator.answers import Answer, ApiError, access_denied, encode, not_found
from opside_desktop.simulator.clock import SimulatedClock
from opside_desktop.simulator.days import Days
from opside_desktop.simulator.event_log import EventLog
from opside_desktop.simulator.ledger import ledger
from opside_desktop.simulator.seller import Seller
from opside_desktop.simulator.times import DAY, iso

PREFIX: Final = "/_simulator/"

_MOST_DAYS: Final = 1_000


class _Move(msgspec.Struct):
    advance: float = msgspec.field(name="advanceDays")


@dataclass(slots=True)
class Controls:
    """What tests and people do with the simulator itself.

    Attributes:
        file: where the ledger is written to, at the start and after each move of the clock.
    """

    seller: Seller
    log: EventLog
    clock: SimulatedClock
    days: Days
    file: Path | None = None

    def answer(self, scope: Mapping[str, Any], body: bytes) -> Answer:
        """Answer a request below `PREFIX`; only this machine may ask."""
        try:
            client = scope.get("client")
            if client is None or not ip_address(client[0]).is_loopback:
                raise access_denied("Only this machine may ask.")
            asked = (scope["method"], scope["path"].removeprefix(PREFIX))
            if asked == ("POST", "clock"):
                return self._move(body)
            if asked == ("GET", "clock"):
                return Answer(200, encode({"now": iso(int(self.clock.now()))}))
            if asked == ("GET", "ledger"):
                return Answer(200, self._ledger())
            raise not_found("There is POST /_simulator/clock and GET /_simulator/ledger.")
        except ApiError as error:
            return error.answer()

    def write_ledger(self) -> None:
        """Write the ledger to its file, if it has one; whoever reads it meanwhile gets it whole.

        Raises:
            OSError: the file cannot be written.
        """
        if self.file is not None:
            draft = self.file.with_name(f"{self.file.name}.new")
            draft.write_bytes(self._ledger())
            draft.replace(self.file)

    def _move(self, body: bytes) -> Answer:
        """POST /_simulator/clock: go forward by `advanceDays`, a number from 0 to 1,000."""
        try:
            days = msgspec.json.decode(body, type=_Move).advance
        except (msgspec.MsgspecError, UnicodeDecodeError):
            days = math.nan
        if not 0 <= days <= _MOST_DAYS:
            message = f'The body must be {{"advanceDays": N}}, N from 0 to {_MOST_DAYS}.'
            raise ApiError(400, "InvalidInput", message)
        before = self.clock.now()
        self.clock.advance(days * DAY)
        self.days.skip(before, self.clock.now())
        self.write_ledger()
        return Answer(200, encode({"now": iso(int(self.clock.now()))}))

    def _ledger(self) -> bytes:
        return encode(ledger(self.seller, self.log, self.clock.now()))
