"""Everything that can go wrong, as one tree by the reaction it asks for.

OpsideError
├── RetryLater        nothing to do but wait or try again
│   ├── Throttled, AmazonUnavailable, NetworkDown
├── NeedsUser         a person has to connect, permit or correct something
│   ├── NotConnected, AuthRevoked, AccessDenied, BadInput (UnknownUser)
├── Refused           the request does not fit the present state
│   ├── SyncInProgress, SyncNotFound, SyncNotRunning
├── BadData           Amazon's answer cannot be understood
├── EnvironmentFault  this computer: database, disk, key store, settings
│   ├── DatabaseFault (DatabaseGone, DatabaseBusy), FileFault, KeyStoreFault, SettingsFault
├── Interrupted, Cancelled
└── Bug               our mistake
"""

from enum import StrEnum

from opside_desktop.domain.ids import SyncId


class ErrorCode(StrEnum):
    """The short code beside every error sentence; part of the program's contract."""

    AMAZON_NOT_CONNECTED = "amazon_not_connected"
    AUTH_REVOKED = "auth_revoked"
    ACCESS_DENIED = "access_denied"
    THROTTLED = "throttled"
    AMAZON_UNAVAILABLE = "amazon_unavailable"
    NETWORK = "network"
    BAD_DATA = "bad_data"
    DATABASE = "database"
    FILE = "file"
    KEY_STORE = "key_store"
    SETTINGS = "settings"
    INTERRUPTED = "interrupted"
    CANCELLED = "cancelled"
    INTERNAL = "internal"
    BAD_REQUEST = "bad_request"
    SYNC_IN_PROGRESS = "sync_in_progress"
    SYNC_NOT_FOUND = "sync_not_found"
    SYNC_NOT_RUNNING = "sync_not_running"


class OpsideError(Exception):
    """An error that a person may read: what happened, why, and what to do.

    `what`, `why` and `fix` are whole sentences and hold no secret. `request_id` is Amazon's, for
    its support.
    """

    code: ErrorCode = ErrorCode.INTERNAL

    def __init__(
        self, what: str, *, why: str = "", fix: str = "", request_id: str | None = None
    ) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix
        self.request_id = request_id

    @property
    def sentence(self) -> str:
        """The whole message as one line of text."""
        return " ".join(part for part in (self.what, self.why, self.fix) if part)

    @property
    def reason(self) -> str:
        """What happened and why, without what to do."""
        return " ".join(part for part in (self.what, self.why) if part)

    def __str__(self) -> str:
        """Give the whole message, so that logs and consoles show the same words as the window."""
        return self.sentence


class RetryLater(OpsideError):
    """Amazon or the network cannot answer now."""


class Throttled(RetryLater):
    """Amazon keeps refusing calls although we waited as its usage plan asks."""

    code = ErrorCode.THROTTLED


class AmazonUnavailable(RetryLater):
    """Amazon answered with server errors, or with something unreadable, ten times in a row."""

    code = ErrorCode.AMAZON_UNAVAILABLE


class NetworkDown(RetryLater):
    """No connection at all for 60 seconds."""

    code = ErrorCode.NETWORK


class NeedsUser(OpsideError):
    """Only a person can mend this."""


class NotConnected(NeedsUser):
    """The account has no Amazon secrets."""

    code = ErrorCode.AMAZON_NOT_CONNECTED


class AuthRevoked(NeedsUser):
    """Amazon no longer accepts the refresh token or the app's own secret."""

    code = ErrorCode.AUTH_REVOKED


class AccessDenied(NeedsUser):
    """The permission lacks a role, or the seller is not in that region or marketplace."""

    code = ErrorCode.ACCESS_DENIED


class BadInput(NeedsUser):
    """A value given by a person does not fit; the message names it and what it must be."""

    code = ErrorCode.BAD_REQUEST


class UnknownUser(BadInput):
    """The named user has no account here, and the database holds nothing of them."""


class Refused(OpsideError):
    """The request does not fit the present state of things."""


class SyncInProgress(Refused):
    """A sync of this user already runs."""

    code = ErrorCode.SYNC_IN_PROGRESS

    def __init__(self, existing: SyncId) -> None:
        super().__init__(
            f"Sync already in progress ({existing}).",
            fix="Please wait for it to complete or cancel it first.",
        )
        self.existing_sync_id = existing


class SyncNotFound(Refused):
    """No sync of that id belongs to this user."""

    code = ErrorCode.SYNC_NOT_FOUND

    def __init__(self) -> None:
        super().__init__("Sync not found.")


class SyncNotRunning(Refused):
    """The sync has ended, so it cannot be cancelled."""

    code = ErrorCode.SYNC_NOT_RUNNING

    def __init__(self, status: str) -> None:
        super().__init__(f"Sync is not running ({status}).")
        self.status = status


class BadData(OpsideError):
    """Amazon's answer, or one record of it, cannot be understood."""

    code = ErrorCode.BAD_DATA


class EnvironmentFault(OpsideError):
    """Something about this computer."""


class DatabaseFault(EnvironmentFault):
    """The database cannot be reached, read or written."""

    code = ErrorCode.DATABASE


class FileFault(EnvironmentFault):
    """A file that a person asked for cannot be written."""

    code = ErrorCode.FILE


class DatabaseGone(DatabaseFault):
    """It cannot be used at present, and may come back by itself: a restart, a lost network, a lock.

    What was being written is stored as a whole or not at all; which of the two is not known.
    """


class DatabaseBusy(DatabaseGone):
    """Another program writes there and did not let go in time. Nothing was stored."""


class KeyStoreFault(EnvironmentFault):
    """The operating system's key store is missing, locked or silent."""

    code = ErrorCode.KEY_STORE


class SettingsFault(EnvironmentFault):
    """A setting or an environment variable cannot be used."""

    code = ErrorCode.SETTINGS


class Interrupted(OpsideError):
    """The program that ran the sync ended before the sync did."""

    code = ErrorCode.INTERRUPTED


class Cancelled(OpsideError):
    """A person stopped the sync."""

    code = ErrorCode.CANCELLED


class Bug(OpsideError):
    """Our mistake; the log holds the details under `error_id`."""

    def __init__(self, what: str, *, error_id: str) -> None:
        super().__init__(what, why=f"An unexpected error occurred ({error_id}).")
        self.error_id = error_id
