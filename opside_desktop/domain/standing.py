"""Whether Amazon lets an account in: one judgement, by the newest fact, for window and terminal."""

from enum import StrEnum

from opside_desktop.domain.accounts import Account, CredentialStatus
from opside_desktop.domain.errors import ErrorCode
from opside_desktop.domain.syncs import DatasetStatus, SyncRun


class Standing(StrEnum):
    """How an account stands with Amazon; the values are words for people."""

    CONNECTED = "connected"
    REFUSED = "refused by Amazon"
    RECONNECT = "reconnect needed"
    DISCONNECTED = "not connected"
    ELSEWHERE = "not connected on this computer"


_OF_STATUS = {
    CredentialStatus.ACTIVE: Standing.CONNECTED,
    CredentialStatus.RECONNECT_REQUIRED: Standing.RECONNECT,
    CredentialStatus.DISCONNECTED: Standing.DISCONNECTED,
}
_OF_CODE = {
    ErrorCode.ACCESS_DENIED: Standing.REFUSED,
    ErrorCode.AUTH_REVOKED: Standing.RECONNECT,
    ErrorCode.AMAZON_NOT_CONNECTED: Standing.DISCONNECTED,
}


def standing_of(account: Account, newest: SyncRun | None) -> Standing:
    """Judge by what is stored of the account and by how its newest sync ended, the later of both.

    A sync in which one dataset was let in was not refused.
    """
    if account.is_elsewhere:
        return Standing.ELSEWHERE
    if newest is not None and not newest.is_running:
        refusal = _OF_CODE.get(newest.error_code) if newest.error_code else None
        ended = newest.completed_at or newest.updated_at
        is_newer = account.updated_at is None or ended >= account.updated_at
        was_let_in = any(one.status is DatasetStatus.SUCCESS for one in newest.results.values())
        if refusal is not None and is_newer and not was_let_in:
            return refusal
    return _OF_STATUS[account.credential_status]
