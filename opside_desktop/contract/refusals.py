"""What every failure looks like, over HTTP and with `--json`."""

from typing import Final

from msgspec.structs import asdict

from opside_desktop.contract.wire import Outcome
from opside_desktop.domain.errors import (
    Bug,
    ErrorCode,
    OpsideError,
    SyncInProgress,
    SyncNotRunning,
)

_SPELLED: Final = {
    ErrorCode.DATABASE: "service_unavailable",
    ErrorCode.INTERNAL: "internal_server_error",
}
"""Codes that a body spells otherwise than a sync's row does."""


class Refusal(Outcome):
    """What every failure looks like."""

    message: str
    error: str


class RefusedStart(Refusal):
    """A sync already runs."""

    existing_sync_id: str


class RefusedCancel(Refusal):
    """The sync has ended."""

    status: str


class Failure(Refusal):
    """Something unexpected; the log holds it under this id."""

    error_id: str


def refusal(code: str, message: str) -> Refusal:
    """Refuse something that needs no more than a code and a sentence."""
    return Refusal(success=False, message=message, error=code)


def refusal_of(error: OpsideError, message: str = "") -> Refusal:
    """Answer an error, in its own words unless there are others."""
    code = _SPELLED.get(error.code, error.code.value)
    plain = refusal(code, message or error.sentence)
    match error:
        case Bug():
            return Failure(**asdict(plain), error_id=error.error_id)
        case SyncInProgress():
            return RefusedStart(**asdict(plain), existing_sync_id=error.existing_sync_id)
        case SyncNotRunning():
            return RefusedCancel(**asdict(plain), status=error.status)
    return plain
