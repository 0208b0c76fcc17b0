"""An Amazon whose answers are spoiled on their way, and whose clock shows what a test wants."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs

import msgspec

from tests.flows.world import PATHS, World

BOUNDS = {
    "claims": ("PostedAfter", "PostedBefore"),
    "orders": ("lastUpdatedAfter", "lastUpdatedBefore"),
}

Answer = Callable[[datetime, datetime, dict[str, str]], bytes | None]
"""Gives what is answered in the place of a window's page; None: what the simulator says."""


class SpoiledAmazon:
    """Stands before the simulator.

    Attributes:
        answers: for each dataset, what its windows are answered with.
        ahead: how far the clock of all answers is ahead of the real time.
        login_ahead: the same of the answers to sign-ins, where it is another.
        asked: the windows that were asked for, with what else was sent, in their order.
    """

    def __init__(self, program: World) -> None:
        self.answers: dict[str, Answer] = {}
        self.ahead: timedelta | None = None
        self.login_ahead: timedelta | None = None
        self.asked: list[tuple[datetime, datetime]] = []
        self._tap = program.tap
        self._app = program.tap.app
        program.tap.app = self

    def close(self) -> None:
        self._app.close()

    def now(self) -> datetime:
        return datetime.now(UTC) + (self.ahead or timedelta())

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = self._spoiled(scope)
        if body is not None:
            headers = [(b"date", spelled(self.now())), (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return

        is_login = scope["path"] == "/auth/o2/token"
        ahead = self.login_ahead if is_login and self.login_ahead else self.ahead

        async def dated(message: Any) -> None:
            if ahead is not None and message["type"] == "http.response.start":
                others = [(name, value) for name, value in message["headers"] if name != b"date"]
                date = spelled(datetime.now(UTC) + ahead)
                message = {**message, "headers": [*others, (b"date", date)]}
            await send(message)

        await self._app(scope, receive, dated)

    def _spoiled(self, scope: Any) -> bytes | None:
        query = {
            name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()
        }
        for dataset, names in BOUNDS.items():
            if scope["path"] == PATHS[dataset]:
                start, end = (datetime.fromisoformat(query[name]) for name in names)
                self.asked.append((start, end))
                answer = self.answers.get(dataset)
                return answer(start, end, query) if answer else None
        return None


def spelled(moment: datetime) -> bytes:
    return format_datetime(moment, usegmt=True).encode()


def seller(posted: list[datetime], *, spoiled: Answer = lambda start, end, query: None) -> Answer:
    """A seller to whom a reimbursement was paid at each moment; `spoiled` comes first."""

    def answer(start: datetime, end: datetime, query: dict[str, str]) -> bytes:
        instead = spoiled(start, end, query)
        if instead is not None:
            return instead
        size = int(query["MaxResultsPerPage"])
        first = int(query.get("NextToken", 0))
        all_of_it = [moment for moment in posted if start <= moment < end]
        payload: dict[str, Any] = {
            "FinancialEvents": {
                "AdjustmentEventList": [
                    reimbursement(moment) for moment in all_of_it[first : first + size]
                ]
            }
        }
        if first + size < len(all_of_it):
            payload["NextToken"] = str(first + size)
        return msgspec.json.encode({"payload": payload})

    return answer


def reimbursement(moment: datetime) -> dict[str, Any]:
    return {
        "AdjustmentType": "WAREHOUSE_LOST",
        "PostedDate": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "AdjustmentAmount": {"CurrencyCode": "USD", "CurrencyAmount": 7.5},
    }


def moments(first: datetime, last: datetime, every: timedelta) -> list[datetime]:
    """Whole seconds at even distances, from one moment to just before another."""
    count = int((last - first) / every)
    return [first.replace(microsecond=0) + number * every for number in range(count)]
