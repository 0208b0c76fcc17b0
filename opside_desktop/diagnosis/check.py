"""What a check is: a name and a question, answered by one line or several."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from opside_desktop.domain.errors import EnvironmentFault, OpsideError
from opside_desktop.logs.redaction import redact

LIMIT_S: Final = 90.0
"""So long one check may take; those that ask somebody have limits of their own."""

log = logging.getLogger(__name__)


class State(StrEnum):
    """How a check ended. A warning harms nothing yet."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line of an examination, and where something is wrong, what to do."""

    name: str
    state: State
    message: str
    fix: str = ""


Answer = str | CheckResult | list[CheckResult]
"""A sentence where all is well and there is no more to say."""


class Check(NamedTuple):
    """One question. `ask` raises an `OpsideError` where something is wrong."""

    name: str
    ask: Callable[[], Awaitable[Answer]]


class Unsound(EnvironmentFault):
    """A check did not find what it must."""


async def run(check: Check) -> list[CheckResult]:
    """Give the lines of one check, which may fail in any way."""
    try:
        async with asyncio.timeout(LIMIT_S):
            answer = await check.ask()
    except Exception as error:  # noqa: BLE001  # said in the line, and the next check goes on
        return [failed(check.name, error)]
    if isinstance(answer, str):
        return [CheckResult(check.name, State.OK, answer)]
    return [answer] if isinstance(answer, CheckResult) else answer


def failed(name: str, error: Exception, state: State = State.FAILED) -> CheckResult:
    """Turn an error into a line; one that nobody expected is logged."""
    if isinstance(error, OpsideError):
        message = " ".join(part for part in (error.what, error.why) if part)
        return CheckResult(name, state, message, error.fix)
    log.error("The check of %s failed.", name, exc_info=error)
    if isinstance(error, TimeoutError):
        return CheckResult(name, state, f"This took longer than {LIMIT_S:g} seconds.")
    return CheckResult(name, state, redact(f"This failed with {type(error).__name__}: {error}."))
