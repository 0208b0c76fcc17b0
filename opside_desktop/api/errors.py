"""Every failure as the contract's error body; never a stack trace, a path or a secret."""

import logging
from typing import Any, Final

from litestar import Request
from litestar.exceptions import HTTPException, InternalServerException

from opside_desktop.api.answers import Answer
from opside_desktop.contract.refusals import Refusal, refusal, refusal_of
from opside_desktop.domain.errors import (
    BadInput,
    Bug,
    DatabaseFault,
    Interrupted,
    NotConnected,
    OpsideError,
    SyncInProgress,
    SyncNotFound,
    SyncNotRunning,
)
from opside_desktop.logs.bugs import log_bug

log = logging.getLogger(__name__)

UNAUTHORIZED: Final = refusal("unauthorized", "Unauthorized. Please log in.")
FORBIDDEN_ORIGIN: Final = refusal("forbidden_origin", "Origin not allowed.")
NOT_FOUND: Final = refusal("not_found", "Not found.")
METHOD_NOT_ALLOWED: Final = refusal("method_not_allowed", "This method is not allowed here.")
TOO_LARGE: Final = refusal("payload_too_large", "The request is too large.")
NO_DATABASE: Final = refusal("service_unavailable", "The database cannot be reached.")
NO_HTTP: Final = refusal("bad_request", "The request is not HTTP, or its head is too large.")
UNCLEAR: Final = refusal("bad_request", "The request cannot be understood.")
BROKEN_OFF: Final = refusal("bad_request", "The request did not arrive as a whole.")
STOPPING: Final = refusal(
    "service_unavailable",
    "The server is stopping and starts no more syncs. Please try again in a minute.",
)
TOO_MANY_CONNECTIONS: Final = refusal(
    "service_unavailable",
    "The server serves as many connections as it can. Please try again in a minute.",
)

FAILURE: Final = "failure"
"""The option of an endpoint that has words of its own for an unexpected failure."""

_BY_STATUS: Final = {
    401: UNAUTHORIZED,
    403: FORBIDDEN_ORIGIN,
    404: NOT_FOUND,
    405: METHOD_NOT_ALLOWED,
    413: TOO_LARGE,
}

_STATUS: Final[dict[type[OpsideError], int]] = {
    BadInput: 400,
    NotConnected: 400,
    SyncNotFound: 404,
    SyncInProgress: 409,
    SyncNotRunning: 409,
}


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Answer[Refusal]:
    """Answer what the framework refuses: unknown paths, wrong methods, large bodies."""
    status = error.status_code
    if isinstance(error, InternalServerException) and "disconnect" in error.detail:
        # In the middle of its request: this answer reaches nobody, and nothing is wrong here.
        return Answer(BROKEN_OFF, status_code=400)
    if status >= 500:
        return on_bug(request, error)
    kept = {"allow", "www-authenticate"}
    headers = {name: value for name, value in (error.headers or {}).items() if name.lower() in kept}
    known = _BY_STATUS.get(status)
    return Answer(known or UNCLEAR, status_code=status if known else 400, headers=headers)


def on_refusal(request: Request[Any, Any, Any], error: OpsideError) -> Answer[Refusal]:
    """Answer an error of ours that a person may read."""
    status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), None)
    if status is not None:
        return Answer(refusal_of(error), status_code=status)
    if isinstance(error, DatabaseFault):
        # Its own sentence names the database, which is nobody's business out there.
        log.warning("%s: %s", request.scope["method"], error)
        return Answer(NO_DATABASE, status_code=503)
    if isinstance(error, Interrupted):
        return Answer(STOPPING, status_code=503)
    return on_bug(request, error)


def on_bug(request: Request[Any, Any, Any], error: Exception) -> Answer[Refusal]:
    """Answer what nobody foresaw; the log holds it under the error id."""
    what = f"{request.scope['method']} {request.scope['path']} failed."
    bug = error if isinstance(error, Bug) else log_bug(log, what, error)
    handler = request.scope.get("route_handler")
    message = (handler.opt.get(FAILURE) if handler else None) or bug.why
    return Answer(refusal_of(bug, message), status_code=500)
