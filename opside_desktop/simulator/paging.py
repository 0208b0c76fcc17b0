"""Page tokens: signed, complete in themselves, and hostile to careless encoding."""

import base64
import binascii
import hashlib
from dataclasses import dataclass

import msgspec

# Amazon's tokens hold characters that mean something in a URL. So do all of ours.
_JOINT = "|/+"
_END = "=="


class PageToken(msgspec.Struct, array_like=True, frozen=True):
    """Where a list goes on.

    Attributes:
        operation: its name; a token is good for no other.
        issued: seconds of the epoch.
        parameters: those of the first call that matter for later pages.
        upper: the list's upper bound, fixed by the first page, in seconds of the epoch.
        after: the position of the last record served; empty before the first.
    """

    operation: str
    issued: float
    parameters: dict[str, str]
    upper: float
    after: tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class TokenSeal:
    """Makes tokens that nobody else can make, and that any run with the same seed understands."""

    key: bytes

    def seal(self, content: object) -> str:
        """A token with that content."""
        payload = msgspec.json.encode(content)
        text = base64.b64encode(payload).decode().rstrip("=")
        return f"{text}{_JOINT}{self._signature(payload)}{_END}"

    def open(self, token: str) -> bytes | None:
        """The content's JSON, or None if no simulator with this key made the token."""
        text, joint, rest = token.partition(_JOINT)
        signature, end, tail = rest.partition(_END)
        if not joint or not end or tail:
            return None
        try:
            payload = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except (binascii.Error, ValueError):
            return None
        return payload if signature == self._signature(payload) else None

    def _signature(self, payload: bytes) -> str:
        return hashlib.blake2b(payload, key=self.key, digest_size=12).hexdigest()

    def open_page(self, token: str, operation: str) -> PageToken | None:
        """The page token, or None if it is not one of that operation."""
        payload = self.open(token)
        if payload is None:
            return None
        try:
            page = msgspec.json.decode(payload, type=PageToken)
        except msgspec.ValidationError:
            return None
        return page if page.operation == operation else None
