"""Identifiers: one type and one spelling for each."""

import re
from typing import Final, NewType

ExternalUserId = NewType("ExternalUserId", str)
"""The user as people and other systems name them, 1 to 200 printable characters."""

UserId = NewType("UserId", str)
"""The user as the database names them: a UUID, 36 lower-case characters with hyphens."""

SyncId = NewType("SyncId", str)
"""`sync_<user>_<epoch milliseconds>`, unique for each user."""

EventKey = NewType("EventKey", str)
"""64 hex digits that identify a financial event by its content."""

_NIL: Final = "00000000-0000-0000-0000-000000000000"
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

DEMO_USER = ExternalUserId("demo-user")


def external_user_id(text: str) -> ExternalUserId:
    """Check and trim a user id given by a person or a token.

    Raises:
        ValueError: the id is empty, longer than 200 characters, not printable, or the nil UUID.
    """
    trimmed = text.strip()
    if not 1 <= len(trimmed) <= 200 or not trimmed.isprintable():
        raise ValueError("A user id has 1 to 200 printable characters.")
    if trimmed == _NIL:
        raise ValueError("The nil UUID is nobody's id.")
    return ExternalUserId(trimmed)


def stored_user_id(external: ExternalUserId) -> UserId:
    """Map an external id to the UUID under which rows are stored.

    A UUID stays itself, in lower case. Anything else is hashed by the rule of the existing
    backend, so that rows written by either program belong to the same user.
    """
    if _UUID.fullmatch(external):
        return UserId(external.lower())
    import hashlib  # slow to load, and the window's first frame does not need it

    h = hashlib.sha256(f"clario-user-{external}".encode()).hexdigest()
    return UserId(f"{h[0:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:32]}")


def sync_id(external: ExternalUserId, epoch_ms: int) -> SyncId:
    """Name a sync after its user and the millisecond of its start."""
    return SyncId(f"sync_{re.sub(r'[^A-Za-z0-9._-]', '_', external)}_{epoch_ms}")
