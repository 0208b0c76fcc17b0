"""What Amazon's refusals mean: from status and error body to what to do, or to what to tell."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

import msgspec

from opside_desktop.amazon.errors import (
    AnswerTooLarge,
    DeniedWithoutCause,
    PageTokenExpired,
    RecordNotFound,
    RefusedWithoutCause,
)
from opside_desktop.amazon.repair import UNREADABLE, repaired
from opside_desktop.amazon.usage_plans import Operation, role_words
from opside_desktop.domain.errors import AccessDenied, AuthRevoked, BadData, OpsideError
from opside_desktop.logs.redaction import redact

_SEARCHED: Final = 4000
_SHOWN: Final = 300
"""Characters of what Amazon says; its own sentences are shorter."""


class WireError(msgspec.Struct, frozen=True):
    """One entry of `errors` in Amazon's error body."""

    code: str = ""
    message: str = ""
    details: str = ""

    @property
    def told(self) -> tuple[str, ...]:
        """What it tells; the details say more than the sentence that every denial has."""
        is_usual = self.message == _DENIED and self.details
        return (self.details,) if is_usual else (self.message, self.details)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that refuses a call; `errors` is empty where its body cannot be read."""

    status: int
    errors: tuple[WireError, ...]
    request_id: str | None

    @property
    def code(self) -> str:
        """Amazon's first code: a word, or nothing."""
        codes = (error.code for error in self.errors if _CODE.fullmatch(error.code))
        return next((code for code in codes if redact(code) == code), "")

    @property
    def text(self) -> str:
        """Everything that Amazon says, on one line."""
        said = " ".join(part for error in self.errors for part in error.told)
        return " ".join(said[:_SEARCHED].split())

    @property
    def said(self) -> str:
        """What Amazon says, to be shown and kept: without secrets, and not endless."""
        if _NO_WORDS in self.text:
            return ""
        said = "".join(char for char in redact(self.text) if char.isprintable())
        return said if len(said) <= _SHOWN else f"{said[:_SHOWN]}…"


class Reaction(Enum):
    """What to do after a refusal."""

    WAIT_FOR_QUOTA = auto()
    TAKE_FOR_FAULT = auto()
    TAKE_NEW_TOKEN = auto()
    ASK_AGAIN_SOON = auto()
    ASK_AGAIN_LATER = auto()
    GIVE_UP = auto()


_DENIED: Final = "Access to requested resource is denied."

_CODE: Final = re.compile(r"\w{1,60}", re.ASCII)

_STATUSES: Final = {
    "quotaexceeded": 429,
    "toomanyrequests": 429,
    "unauthorized": 403,
    "accessdenied": 403,
    "missingauthenticationtoken": 403,
    "invalidinput": 400,
    "notfound": 404,
    "internalfailure": 500,
    "internalerror": 500,
    "serviceunavailable": 503,
}

_SECRET_EXPIRED: Final = re.compile(r"(lwa|client) secret\b.*\bexpired", re.I | re.S)
_TOKEN_REFUSED: Final = re.compile(
    r"access token .*(expired|revoked|malformed|invalid|missing)", re.I | re.S
)
_NO_WORDS: Final = "$errorResponse.Message"
_PASSING: Final = re.compile(r"security token.*expired|\$errorResponse", re.I | re.S)
"""Amazon's own trouble: it answered so at random for days in July 2023, and it passes."""

_ABOUT_TOKEN: Final = re.compile(
    r"token.*(not valid|invalid|expired|duration|must match)|invalid.*token", re.I | re.S
)
_ABOUT_SIZE: Final = re.compile(
    r"too (large|big|many(?! requests))|10 ?mb|maximum (response|payload)|size limit"
    r"|\bsize\b.*\bexceed|\bexceed.*\bsize\b",
    re.I | re.S,
)
_ABOUT_DATES: Final = re.compile(
    r"\bminutes\b|\bdates?\b|date.?time|(posted|created|updated|start|end)_?(after|before|date)"
    r"|retention|must specify",
    re.I,
)
_NAMES_CAUSE: Final = re.compile(rf"{_ABOUT_DATES.pattern}|invalid value for|must (not )?be", re.I)

_untyped: Final = msgspec.json.Decoder()


def read_errors(body: bytes) -> tuple[WireError, ...]:
    """Read the body of a refusal; empty if there is nothing to read, as of a gateway's HTML."""
    tree = _read(body)
    if not isinstance(tree, dict):
        return ()
    # A gateway in front of Amazon's API sends one such error without a list around it.
    return _errors(tree.get("errors") or tree)


def errors_within(body: bytes) -> tuple[WireError, ...]:
    """Read the errors of an answer that says by its status that all is well; empty for none."""
    tree = _read(body)
    if not isinstance(tree, dict) or not tree.get("errors"):
        return ()
    return _errors(tree["errors"]) or (WireError(),)


def status_of(errors: Sequence[WireError]) -> int:
    """Tell the status that errors stand for; of unknown ones 500."""
    known = (_STATUSES.get(error.code.lower().removesuffix("exception")) for error in errors)
    return next((status for status in known if status), 500)


def _read(body: bytes) -> Any:
    try:
        return _untyped.decode(body)
    except UNREADABLE:
        pass
    try:
        return _untyped.decode(repaired(body))
    except UNREADABLE:
        return None


def _errors(tree: Any) -> tuple[WireError, ...]:
    found = []
    for each in tree if isinstance(tree, list) else [tree]:
        if isinstance(each, str):
            found.append(WireError(message=each))
        elif isinstance(each, dict):
            named = {str(name).lower(): text for name, text in each.items()}
            texts = (named.get(name) for name in ("code", "message", "details"))
            found.append(WireError(*(text if isinstance(text, str) else "" for text in texts)))
    return tuple(error for error in found if error != WireError())


def reaction(refusal: Refusal, *, continuation: bool) -> Reaction:
    """Tell what a refusal asks for. Where asking again is of no use after all, `explain` it.

    Args:
        continuation: whether a page token was sent.
    """
    status, text = refusal.status, refusal.text
    if status == 429:
        return Reaction.WAIT_FOR_QUOTA
    if not 400 <= status < 500 or status == 408:
        return Reaction.TAKE_FOR_FAULT
    if _SECRET_EXPIRED.search(text):
        return Reaction.GIVE_UP
    if _is_about_access_token(refusal):
        return Reaction.TAKE_NEW_TOKEN
    if not refusal.errors or _PASSING.search(text):
        return Reaction.ASK_AGAIN_SOON
    if status != 400 or _ABOUT_SIZE.search(text):
        return Reaction.GIVE_UP
    if continuation:
        return Reaction.GIVE_UP if _ABOUT_TOKEN.search(text) else Reaction.ASK_AGAIN_SOON
    return Reaction.GIVE_UP if _NAMES_CAUSE.search(text) else Reaction.ASK_AGAIN_LATER


def _is_about_access_token(refusal: Refusal) -> bool:
    """Tell whether another access token may cure it; a gateway's 401 says nothing of Amazon's."""
    if refusal.status == 401:
        return bool(refusal.errors)
    return refusal.status == 403 and any(_TOKEN_REFUSED.search(e.details) for e in refusal.errors)


def explain(refusal: Refusal, operation: Operation, *, continuation: bool) -> OpsideError:
    """Make the error that people read of a refusal that stays."""
    error = _explained(refusal, operation, continuation=continuation)
    error.request_id = refusal.request_id
    return error


def _explained(refusal: Refusal, operation: Operation, *, continuation: bool) -> OpsideError:
    if _SECRET_EXPIRED.search(refusal.text):
        return AuthRevoked(
            "The client secret of this account's app has expired.",
            why=_answered(refusal) + " A client secret lives for 180 days.",
            fix=(
                "Renew it in Amazon's developer console, and replace the account's client"
                " secret with the new one; the refresh token stays good."
            ),
        )
    if _is_about_access_token(refusal):
        return AuthRevoked(
            "Amazon refuses the access tokens that it has just given out.",
            why=_answered(refusal),
            fix="Reconnect the account; if that does not help, ask Amazon's support.",
        )
    match refusal.status:
        case 413:
            return too_large(operation, _answered(refusal))
        case 403:
            return _denied(refusal, operation)
        case 404 if operation is Operation.GET_ORDER_ITEMS:
            return RecordNotFound(
                "Amazon does not know this order, or no longer.",
                why="It keeps orders for two years.",
            )
        case 404:
            return _unknown_address(refusal, operation)
        case 400:
            return _bad_request(refusal, operation, continuation=continuation)
        case _:
            return BadData(
                f"Amazon refused the request for {operation.words} (status {refusal.status}).",
                why=_answered(refusal),
                fix="Start the sync again later; if it stays so, tell Amazon's support.",
            )


def _answered(refusal: Refusal) -> str:
    if not refusal.errors:
        return f"It answered with the status {refusal.status} and nothing that can be read."
    said = refusal.said or refusal.code
    if not said:
        return ""
    end = "" if said.endswith((".", "!", "?", "…")) else "."
    return f"Amazon answered: {said}{end}"


def _denied(refusal: Refusal, operation: Operation) -> OpsideError:
    """Explain a 403 that no new access token can cure."""
    if any(error.code == "MissingAuthenticationToken" for error in refusal.errors):
        return _unknown_address(refusal, operation)
    has_details = any(error.details.strip() for error in refusal.errors)
    says_the_status_only = bool(refusal.errors) and refusal.said in ("", _DENIED, "Forbidden")
    kind = AccessDenied if has_details else DeniedWithoutCause
    return kind(
        f"Amazon denied access to {operation.words}.",
        why="Amazon gives no reason; one of four things is missing."
        if says_the_status_only and not has_details
        else _answered(refusal),
        fix=(
            f"Check that your app has {role_words(operation)}, and was authorised again after the"
            " role was added; that the account's region is the one the permission was given"
            " for; that the seller takes part in the chosen marketplace; and that the"
            " authorisation still stands in Seller Central under “Manage Your Apps”."
        ),
    )


def _unknown_address(refusal: Refusal, operation: Operation) -> BadData:
    old = "This program may be older than a change of Amazon's interface."
    return BadData(
        f"Amazon does not know the address of {operation.words}.",
        why=f"{_answered(refusal)} {old}".lstrip() if refusal.status == 403 else old,
        fix="Check the base URL if you have set one, and look for a newer version.",
    )


def _bad_request(refusal: Refusal, operation: Operation, *, continuation: bool) -> OpsideError:
    """Explain a 400 by its text, and by whether a page token was sent."""
    why = _answered(refusal)
    if _ABOUT_SIZE.search(refusal.text):
        return too_large(operation, why)
    if continuation:
        return PageTokenExpired(
            f"Amazon no longer accepts the page token of {operation.words}.",
            why=f"{why} Page tokens live for seconds to minutes only.".lstrip(),
            fix="The pages have to be read again from the first.",
        )
    what = f"Amazon refused the request for {operation.words} as not valid."
    if _ABOUT_DATES.search(refusal.text):
        fix = "Check the date and time of this computer, then start the sync again."
        return BadData(what, why=why, fix=fix)
    if _NAMES_CAUSE.search(refusal.text):
        fix = "Look for a newer version of this program, and keep the request id for support."
        return BadData(what, why=why, fix=fix)
    error = RefusedWithoutCause(
        what,
        why=why or "Amazon gives no reason.",
        fix="Start the sync again later; if it stays so, tell Amazon's support the request id.",
    )
    error.amazon_code = refusal.code
    return error


def too_large(operation: Operation, why: str, request_id: str | None = None) -> AnswerTooLarge:
    """Say that fewer records have to be asked for at a time."""
    return AnswerTooLarge(
        f"The answer with {operation.words} is too large for Amazon to send.",
        why=why,
        fix="Fewer records have to be asked for at a time.",
        request_id=request_id,
    )
