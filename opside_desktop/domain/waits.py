"""Waiting for Amazon, told to whoever shows it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

WORTH_TELLING_S: Final = 0.25
"""Nobody could read of a shorter pause, nor of an end that moves by less."""


class WaitReason(StrEnum):
    """Why a call does not go on at once."""

    QUOTA = "quota"
    RETRY = "retry"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause that has begun.

    Attributes:
        reason: what the pause is for.
        until: when it is expected to end, UTC.
        attempt: how many attempts of this call have failed so far; 0 where none has.
        why: a sentence for people, or nothing.
    """

    reason: WaitReason
    until: datetime
    attempt: int = 0
    why: str = ""


WaitListener = Callable[[Wait | None], None]
"""Called with a Wait when a pause begins or changes its end, and with None when work goes on."""


def unheard(wait: Wait | None) -> None:
    """Listen to nothing."""
