"""Everything that can go wrong, as one tree by the reaction it asks for.

OpsideError
├── RetryLater        nothing to do but wait or try again
│   ├── Throttled, AmazonUnavailable, NetworkDown
├── NeedsUser         a person has to connect, permit or correct something
│   ├── NotConnected, AuthRevoked (OtherSeller), AccessDenied, BadInput (UnknownUser)
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

    def __init_subclass__(cls, *, code: ErrorCode | None = None) -> None:
        super().__init_subclass__()
        if code is not None:
            cls.code = code

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


class Throttled(RetryLater, code=ErrorCode.THROTTLED):
    """Amazon keeps refusing calls although we waited as its usage plan asks."""


class AmazonUnavailable(RetryLater, code=ErrorCode.AMAZON_UNAVAILABLE):
    """Amazon answered with server errors, or with something unreadable, ten times in a row."""


class NetworkDown(RetryLater, code=ErrorCode.NETWORK):
    """No connection at all for 60 seconds."""


class NeedsUser(OpsideError):
    """Only a person can mend this."""


class NotConnected(NeedsUser, code=ErrorCode.AMAZON_NOT_CONNECTED):
    """The account has no Amazon secrets; in the contract's words, unless it is told in others."""

    def __init__(
        self,
        what: str = "Amazon account not connected.",
        *,
        fix: str = "Please connect your Amazon account first.",
    ) -> None:
        super().__init__(what, fix=fix)


class AuthRevoked(NeedsUser, code=ErrorCode.AUTH_REVOKED):
    """Amazon no longer accepts the refresh token or the app's own secret."""


class OtherSeller(AuthRevoked):
    """The permission is another seller's than the one whose rows are stored."""

    def __init__(self, *, known: str, found: str) -> None:
        super().__init__(
            "The refresh token belongs to another seller than this account.",
            why=f"Amazon names the seller {found}; what is stored here is of the seller {known}. "
            "Nothing was mixed: no row of the other seller was stored.",
            fix="Connect the other seller as an account of its own (in a terminal: "
            "`opside-desktop accounts add --user ID`), or give this account a token of its own "
            "seller.",
        )


class AccessDenied(NeedsUser, code=ErrorCode.ACCESS_DENIED):
    """The permission lacks a role, or the seller is not in that region or marketplace."""


class BadInput(NeedsUser, code=ErrorCode.BAD_REQUEST):
    """A value given by a person does not fit; the message names it and what it must be."""


class UnknownUser(BadInput):
    """The named user has no account here, and the database holds nothing of them."""


class Refused(OpsideError):
    """The request does not fit the present state of things."""


class SyncInProgress(Refused, code=ErrorCode.SYNC_IN_PROGRESS):
    """A sync of this user already runs."""

    def __init__(self, existing: SyncId) -> None:
        super().__init__(
            f"Sync already in progress ({existing}).",
            fix="Please wait for it to complete or cancel it first.",
        )
        self.existing_sync_id = existing


class SyncNotFound(Refused, code=ErrorCode.SYNC_NOT_FOUND):
    """No sync of that id belongs to this user."""

    def __init__(self) -> None:
        super().__init__("Sync not found.")


class SyncNotRunning(Refused, code=ErrorCode.SYNC_NOT_RUNNING):
    """The sync has ended, so it cannot be cancelled."""

    def __init__(self, status: str) -> None:
        super().__init__(f"Sync is not running ({status}).")
        self.status = status


class BadData(OpsideError, code=ErrorCode.BAD_DATA):
    """Amazon's answer, or one record of it, cannot be understood."""


class EnvironmentFault(OpsideError):
    """Something about this computer."""


class DatabaseFault(EnvironmentFault, code=ErrorCode.DATABASE):
    """The database cannot be reached, read or written."""


class FileFault(EnvironmentFault, code=ErrorCode.FILE):
    """A file that a person asked for cannot be written."""


class DatabaseGone(DatabaseFault):
    """It cannot be used at present, and may come back by itself: a restart, a lost network, a lock.

    What was being written is stored as a whole or not at all; which of the two is not known.
    """


class DatabaseBusy(DatabaseGone):
    """Another program writes there and did not let go in time. Nothing was stored."""


class KeyStoreFault(EnvironmentFault, code=ErrorCode.KEY_STORE):
    """The operating system's key store is missing, locked or silent."""


class SettingsFault(EnvironmentFault, code=ErrorCode.SETTINGS):
    """A setting or an environment variable cannot be used."""


class Interrupted(OpsideError, code=ErrorCode.INTERRUPTED):
    """The program that ran the sync ended before the sync did."""


class Cancelled(OpsideError, code=ErrorCode.CANCELLED):
    """A person stopped the sync."""


class Bug(OpsideError):
    """Our mistake; the log holds the details under `error_id`."""

    def __init__(self, what: str, *, error_id: str) -> None:
        super().__init__(what, why=f"An unexpected error occurred ({error_id}).")
        self.error_id = error_id
