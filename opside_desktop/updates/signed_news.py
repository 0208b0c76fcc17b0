"""The news about the newest version: a small file, signed with Ed25519.

    {"news": "{\\"version\\":\\"1.2.0\\",\\"page\\":\\"https://…\\",
               \\"released\\":\\"2026-11-23\\",\\"expires\\":\\"2027-11-23\\"}",
     "signature": "base64 of 64 bytes"}

The signature covers the text under `news`, byte by byte, behind a prefix that keeps it from
standing for anything else that the same key may sign. Nothing in the file is looked at before its
signature was found good. It expires, so that nobody can hold back what is newer for ever by handing
out an old file.
"""

import binascii
import re
from base64 import b64decode, b64encode
from datetime import date
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Meta

from opside_desktop.domain.clock import SYSTEM_CLOCK, Clock, utc
from opside_desktop.domain.errors import ErrorCode, OpsideError, SettingsFault

KEY_BYTES: Final = 32

_PREFIX: Final = b"opside-desktop news 1\n"
_NUMBERS: Final = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})")


class BadNews(OpsideError, code=ErrorCode.BAD_DATA):
    """What came is not news that can be believed, so it was left aside."""


class ReleaseNews(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The newest version, and the web page to get it from; good through the UTC day `expires`."""

    version: Annotated[str, Meta(pattern=r"^\d{1,6}\.\d{1,6}\.\d{1,6}\Z")]
    page: Annotated[str, Meta(max_length=500, pattern=r"^https://[!-~]+\Z")]
    released: date
    expires: date

    def is_newer_than(self, present: str) -> bool:
        """Compare with a version of this program; `1.2.0.dev3` comes before `1.2.0`."""
        match = _NUMBERS.match(present)
        if match is None:
            return False
        mine, theirs = _numbers(match[0]), _numbers(self.version)
        is_unfinished = match.end() < len(present) and not present[match.end() :].startswith("+")
        return theirs > mine or (theirs == mine and is_unfinished)

    def is_older_than(self, seen: str) -> bool:
        """Compare with a version that such news told before; what is none is never newer."""
        match = _NUMBERS.fullmatch(seen)
        return match is not None and _numbers(self.version) < _numbers(seen)


class _Signed(msgspec.Struct, frozen=True):
    news: str
    signature: str


def read_key(text: str) -> bytes:
    """Read a public key as it is written in settings.

    Raises:
        SettingsFault: it is none.
    """
    try:
        key = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise SettingsFault(
            "The key for the news about new versions cannot be used.",
            fix="It must be the base64 of an Ed25519 public key, 44 characters.",
        )
    return key


def read_news(content: bytes, key: bytes, clock: Clock = SYSTEM_CLOCK) -> ReleaseNews:
    """Check the signature, then read what was signed.

    Raises:
        BadNews: it is not signed with that key, has expired, or cannot be understood.
    """
    try:
        signed = msgspec.json.decode(content, type=_Signed)
        signature = b64decode(signed.signature, validate=True)
        text = signed.news.encode()
    except (msgspec.MsgspecError, ValueError):
        raise BadNews(
            "What came is not news about Opside Desktop.",
            why="The address may be wrong, or a page of this network may have come instead.",
            fix="Look at the address in Settings.",
        ) from None
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, _PREFIX + text)
    except (InvalidSignature, ValueError):
        raise BadNews(
            "What came is not signed by the makers of this program, so it was left aside.",
            why="Somebody may have changed it on its way.",
            fix="Look for new versions where you got this one.",
        ) from None
    try:
        news = msgspec.json.decode(text, type=ReleaseNews)
        if not urlsplit(news.page).hostname:
            raise ValueError(news.page)
    except (msgspec.MsgspecError, ValueError):
        raise BadNews(
            "The news about new versions cannot be understood by this version.",
            fix="Look for new versions where you got this one.",
        ) from None
    if news.expires < utc(clock.now()).date():
        raise BadNews(
            f"The news about new versions was good until {news.expires}, so it was left aside.",
            why="Somebody may hold back newer news, or the clock of this computer is wrong.",
            fix="Look at the clock, and for new versions where you got this one.",
        )
    return news


def write_news(news: ReleaseNews, key: Ed25519PrivateKey) -> bytes:
    """Sign news, as the maker of a version does.

    Raises:
        ValueError: `read_news` would not take it.
    """
    text = msgspec.json.encode(news).decode()
    signature = b64encode(key.sign(_PREFIX + text.encode())).decode()
    content = msgspec.json.encode(_Signed(text, signature)) + b"\n"
    try:
        read_news(content, key.public_key().public_bytes_raw())
    except BadNews as error:
        raise ValueError(error.sentence) from None
    return content


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
