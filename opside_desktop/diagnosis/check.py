"""What a check is: a name and a question, answered by one line or several."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
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


Answer = str | list[CheckResult]
"""A sentence where all is well and there is no more to say."""


class Check(NamedTuple):
    """One question. `ask` raises an `OpsideError` where something is wrong, `Doubtful` to warn."""

    name: str
    ask: Callable[[], Awaitable[Answer]]


class Unsound(EnvironmentFault):
    """A check did not find what it must."""


class Doubtful(EnvironmentFault):
    """A check found what harms nothing yet."""


async def run(*checks: Check) -> AsyncIterator[CheckResult]:
    """Give the lines of some checks, one after another; each may fail in any way."""
    for check in checks:
        try:
            async with asyncio.timeout(LIMIT_S):
                answer = await check.ask()
        except Exception as error:  # noqa: BLE001  # said in the line, and the next check goes on
            yield failed(check.name, error)
            continue
        if isinstance(answer, str):
            yield CheckResult(check.name, State.OK, answer)
        else:
            for line in answer:
                yield line


def failed(name: str, error: Exception) -> CheckResult:
    """Turn an error into a line; one that nobody expected is logged."""
    state = State.WARNING if isinstance(error, Doubtful) else State.FAILED
    if isinstance(error, OpsideError):
        return CheckResult(name, state, error.reason, error.fix)
    log.error("The check of %s failed.", name, exc_info=error)
    if isinstance(error, TimeoutError):
        return CheckResult(name, state, f"This took longer than {LIMIT_S:g} seconds.")
    return CheckResult(name, state, redact(f"This failed with {type(error).__name__}: {error}."))
