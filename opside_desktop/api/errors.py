"""Every failure as the contract's error body; never a stack trace, a path or a secret."""

import logging
from typing import Any, Final

from litestar import Request
from litestar.exceptions import HTTPException, InternalServerException
from litestar.response import Response

from opside_desktop.contract.wire import encode, error_answer
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

JSON: Final = "application/json"

UNAUTHORIZED: Final = ("unauthorized", "Unauthorized. Please log in.")
FORBIDDEN_ORIGIN: Final = ("forbidden_origin", "Origin not allowed.")
NOT_FOUND: Final = ("not_found", "Not found.")
METHOD_NOT_ALLOWED: Final = ("method_not_allowed", "This method is not allowed here.")
TOO_LARGE: Final = ("payload_too_large", "The request is too large.")
NO_DATABASE: Final = ("service_unavailable", "The database cannot be reached.")
STOPPING: Final = (
    "service_unavailable",
    "The server is stopping and starts no more syncs. Please try again in a minute.",
)
NO_ROOM: Final = (
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


def body_of(code: str, message: str, **extra: Any) -> dict[str, Any]:
    """An error body."""
    return {"success": False, "message": message, "error": code, **extra}


def answer(
    status: int, body: dict[str, Any], headers: dict[str, str] | None = None
) -> Response[bytes]:
    """An error's whole answer."""
    headers = {"Cache-Control": "no-store", **(headers or {})}
    return Response(encode(body), status_code=status, media_type=JSON, headers=headers)


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Answer what the framework refuses: unknown paths, wrong methods, large bodies."""
    status = error.status_code
    if isinstance(error, InternalServerException) and "disconnect" in error.detail:
        # In the middle of its request: this answer reaches nobody, and nothing is wrong here.
        return answer(400, body_of("bad_request", "The request did not arrive as a whole."))
    if status >= 500:
        return on_bug(request, error)
    code, message = _BY_STATUS.get(status, ("bad_request", "The request cannot be understood."))
    kept = {"allow", "www-authenticate"}
    headers = {name: value for name, value in (error.headers or {}).items() if name.lower() in kept}
    return answer(status if status in _BY_STATUS else 400, body_of(code, message), headers)


def on_refusal(request: Request[Any, Any, Any], error: OpsideError) -> Response[bytes]:
    """Answer an error of ours that a person may read."""
    status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), None)
    if status is not None:
        return answer(status, error_answer(error))
    if isinstance(error, DatabaseFault):
        # Its own sentence names the database, which is nobody's business out there.
        log.warning("%s: %s", request.scope["method"], error)
        return answer(503, body_of(*NO_DATABASE))
    if isinstance(error, Interrupted):
        return answer(503, body_of(*STOPPING))
    return on_bug(request, error)


def on_bug(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer what nobody foresaw; the log holds it under the error id."""
    what = f"{request.scope['method']} {request.scope['path']} failed."
    bug = error if isinstance(error, Bug) else log_bug(log, what, error)
    handler = request.scope.get("route_handler")
    message = (handler.opt.get(FAILURE) if handler else None) or (
        f"An unexpected error occurred ({bug.error_id})."
    )
    return answer(500, body_of("internal_server_error", message, errorId=bug.error_id))
