"""What Amazon's refusals mean: from status and error body to an error that people may read."""

import re
from collections.abc import Sequence

import msgspec

from opside_desktop.amazon.usage_plans import Operation, role_words
from opside_desktop.domain.errors import AccessDenied, BadData, OpsideError
from opside_desktop.logs import redact


class PageTokenExpired(BadData):
    """Amazon no longer accepts the page token: the window has to be read again from its start."""


class AnswerTooLarge(BadData):
    """The answer would pass Amazon's limit: ask for smaller pages, or for a shorter window."""


class UnreadableAnswer(BadData):
    """The answer comes whole, and fails at the same place however often it is asked for: ask for
    less at a time, so that only what is damaged stays unread.
    """


class RefusedWithoutCause(BadData):
    """Amazon refuses a first page as not valid (400), names no cause, and stays with that.

    Attributes:
        amazon_code: its code of the refusal, such as `InvalidInput`.
        said: its own words, without secrets, in one short line; empty where it said nothing.
    """

    def __init__(
        self,
        what: str,
        *,
        why: str = "",
        fix: str = "",
        request_id: str | None = None,
        amazon_code: str = "",
        said: str = "",
    ) -> None:
        super().__init__(what, why=why, fix=fix, request_id=request_id)
        self.amazon_code = amazon_code
        self.said = said


class DeniedWithoutCause(AccessDenied):
    """Amazon denies access (403) and gives no reason."""


class NoFbaInventory(BadData):
    """The seller has no FBA stock in this marketplace, which Amazon answers as an error."""


class RecordNotFound(BadData):
    """Amazon does not know the record, or no longer: orders are kept for two years."""


class WireError(msgspec.Struct, kw_only=True):
    """One entry of `errors` in Amazon's error body."""

    code: str = ""
    message: str | None = None
    details: str | None = None


class _ErrorBody(msgspec.Struct):
    errors: list[WireError]


_decoder = msgspec.json.Decoder(_ErrorBody)


def read_errors(body: bytes) -> list[WireError] | None:
    """Read an error body; None if it is none, as gateways answer with HTML or nothing."""
    try:
        return _decoder.decode(body).errors or None
    except msgspec.MsgspecError:
        return None


_TOKEN_REFUSED = re.compile(r"access token .*(expired|revoked|malformed|invalid|missing)", re.I)


def refuses_access_token(errors: Sequence[WireError]) -> bool:
    """Tell whether a 401 or 403 is about the access token, which a new one may cure."""
    return any(_TOKEN_REFUSED.search(error.details or "") for error in errors)


def access_denied(
    operation: Operation, errors: Sequence[WireError], request_id: str | None
) -> OpsideError:
    """Explain a 403 that no new access token can cure: Amazon itself gives no reason."""
    if any(error.code == "MissingAuthenticationToken" for error in errors):
        return _unknown_address(operation, request_id)
    return AccessDenied(
        f"Amazon denied access to {operation.words}.",
        why="Amazon gives no reason; one of four things is missing.",
        fix=(
            f"Check that your app has {role_words(operation)}, and was authorised again after the"
            " role was added; that the account's region is the one the permission was given"
            " for; that the seller takes part in the chosen marketplace; and that the"
            " authorisation still stands in Seller Central under “Manage Your Apps”."
        ),
        request_id=request_id,
    )


def not_found(operation: Operation, request_id: str | None) -> OpsideError:
    """Explain a 404: an order that is gone, or an address that nobody knows."""
    if operation is Operation.GET_ORDER_ITEMS:
        return RecordNotFound(
            "Amazon does not know this order, or no longer.",
            why="It keeps orders for two years.",
            request_id=request_id,
        )
    return _unknown_address(operation, request_id)


def _unknown_address(operation: Operation, request_id: str | None) -> BadData:
    return BadData(
        f"Amazon does not know the address of {operation.words}.",
        why="This program may be older than a change of Amazon's interface.",
        fix="Check the base URL if you have set one, and look for a newer version.",
        request_id=request_id,
    )


_ABOUT_TOKEN = re.compile(
    r"token.*(not valid|invalid|expired|duration|must match)|invalid.*token", re.I | re.S
)
_ABOUT_SIZE = re.compile(r"too (large|big|many)|10 ?mb|maximum (response|payload)|size limit", re.I)
_ABOUT_DATES = re.compile(r"minute|date|posted(after|before)|retention|must specify", re.I)
_PASSING = "$errorResponse.Message"

_SEARCHED = 4000
_SHOWN = 300
"""Characters of what Amazon says; its own sentences are shorter."""


def passes_by_itself(errors: Sequence[WireError], *, continuation: bool) -> bool:
    """Tell whether a 400 on a page after the first is worth asking again.

    Amazon answered so for days in July 2023, at random (`$errorResponse.Message`).
    """
    text = _text(errors)
    return continuation and not _ABOUT_TOKEN.search(text) and not _ABOUT_SIZE.search(text)


def bad_request(
    operation: Operation,
    errors: Sequence[WireError],
    request_id: str | None,
    *,
    continuation: bool,
) -> OpsideError:
    """Classify a 400 by operation, by its text, and by whether a page token was sent."""
    text = _text(errors)
    if _ABOUT_SIZE.search(text):
        return _too_large(operation, request_id)
    if continuation:
        return PageTokenExpired(
            f"Amazon no longer accepts the page token of {operation.words}.",
            why="Page tokens live for seconds to minutes only.",
            fix="The pages have to be read again from the first.",
            request_id=request_id,
        )
    invalid_input = any(error.code == "InvalidInput" for error in errors)
    if operation is Operation.GET_INVENTORY_SUMMARIES and invalid_input:
        return NoFbaInventory(
            "This seller has no FBA stock in the chosen marketplace.",
            fix="If there should be some, choose another marketplace for the account.",
            request_id=request_id,
        )
    if (
        operation is Operation.LIST_FINANCIAL_EVENTS
        and invalid_input
        and not _ABOUT_DATES.search(text)
    ):
        return _too_large(operation, request_id)
    return BadData(
        f"Amazon refused the request for {operation.words} as not valid.",
        why=f"Amazon answered: {text}" if text and _PASSING not in text else "",
        fix="Look for a newer version of this program, and keep the request id for support.",
        request_id=request_id,
    )


def _too_large(operation: Operation, request_id: str | None) -> AnswerTooLarge:
    return AnswerTooLarge(
        f"The answer with {operation.words} is too large for Amazon to send.",
        fix="Fewer records have to be asked for at a time.",
        request_id=request_id,
    )


def _text(errors: Sequence[WireError]) -> str:
    """Join what Amazon says: a text to show and to keep, so without secrets and not endless."""
    said = " ".join(part for e in errors for part in (e.message, e.details) if part)
    said = redact(" ".join(said[:_SEARCHED].split()))
    said = "".join(char for char in said if char.isprintable())
    return said if len(said) <= _SHOWN else f"{said[:_SHOWN]}…"
