"""Keeping secrets out of the log and out of sentences: those known, and what looks like one."""

import re
from urllib.parse import quote

SHORTEST_SECRET = 6
HIDDEN = "[hidden]"

# Compiled by `re` when the first line is written: a start waits for none.
_PATTERNS = (
    (r"(?i)Atz[a-z]?(?:\||%7C)[^\s\"'&,;<>)}\]]+", HIDDEN),
    (r"amzn1\.(?:oa2-c[a-z]|application-oa2-client)\.[^\s\"'&,;<>)}\]]+", HIDDEN),
    (r"\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*", HIDDEN),
    (
        (
            r"(?i)((?:authorization|x-amz-access-token|x-amz-security-token|cookie)"
            r"[\"']?\s*[:=,]\s*)[^\r\n\"'}]*(?:[\"'][^\"'\r\n]*[\"'])?"
        ),
        rf"\1{HIDDEN}",
    ),
    (
        (
            r"(?i)((?:client_?secret|client_?id|refresh_?token|access_?token|session_?token|jwt_secret"
            r"|password|passwd|x-amz-signature|x-amz-credential)"
            r"(?:[\"']|%22)?\s*(?:[:=]|%3D)\s*)(\"[^\"]*\"|'[^']*'|[^\s\"'&,;<>)}\]]+)"
        ),
        rf"\1{HIDDEN}",
    ),
    (r"(://[^\s/:@]*:)[^\s/@]+(@)", rf"\1{HIDDEN}\2"),
)

_known: set[str] = set()


def hide(*values: str | None) -> None:
    """Never write these values to the log, in clear or percent-encoded.

    Values shorter than six characters are not secrets anybody could use, and hiding them would
    make the log unreadable.
    """
    for value in values:
        if value and len(value) >= SHORTEST_SECRET:
            coded = (quote(value, safe=safe, errors="surrogateescape") for safe in ("", "/"))
            _known.update((value, *coded))


def redact(text: str) -> str:
    """Replace everything that is, or looks like, a secret."""
    for value in sorted(_known, key=len, reverse=True):
        text = text.replace(value, HIDDEN)
    for pattern, replacement in _PATTERNS:
        text = re.sub(pattern, replacement, text)
    return text


def tells_secret(text: str) -> bool:
    """Tell whether a text holds something that is or looks like a secret, or a part of one."""
    is_part = len(text) >= SHORTEST_SECRET and any(text in value for value in _known)
    return is_part or redact(text) != text
