"""Answers in Amazon's form, good and bad."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder()

JSON = "application/json"
HTML = "text/html; charset=UTF-8"

_ERROR_TYPES = {
    400: "InvalidInputException",
    403: "AccessDeniedException",
    404: "NotFoundException",
    405: "MethodNotAllowedException",
    413: "RequestTooLargeException",
    429: "TooManyRequestsException",
    500: "InternalFailureException",
    503: "ServiceUnavailableException",
}


@dataclass(slots=True)
class Answer:
    """What goes back over the wire.

    Attributes:
        error_type: the header `x-amzn-ErrorType`.
        from_api: whether Amazon's API wrote it; a gateway's page lacks the API's headers.
        when_served: called once the answer goes out whole; changes of data hang on it.
    """

    status: int
    body: bytes
    content_type: str = JSON
    error_type: str | None = None
    from_api: bool = True
    when_served: Callable[[], None] | None = None


class ApiError(Exception):
    """A refusal in Amazon's words."""

    def __init__(self, status: int, code: str, message: str, details: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details

    def answer(self) -> Answer:
        """The refusal as an answer."""
        error = {"code": self.code, "message": self.message, "details": self.details}
        return Answer(
            self.status,
            encode({"errors": [error]}),
            error_type=_ERROR_TYPES.get(self.status),
        )


def encode(value: Any) -> bytes:
    """JSON."""
    return _ENCODER.encode(value)


def invalid_input(message: str, details: str = "") -> ApiError:
    """400: the request cannot be served as it stands."""
    return ApiError(400, "InvalidInput", message, details)


def access_denied(details: str = "") -> ApiError:
    """403; the reason, if Amazon tells one, is in the details."""
    return ApiError(403, "Unauthorized", "Access to requested resource is denied.", details)


def not_found(message: str = "The requested resource was not found.") -> ApiError:
    """404."""
    return ApiError(404, "NotFound", message)


def quota_exceeded() -> ApiError:
    """429."""
    return ApiError(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")


def internal_failure() -> ApiError:
    """500."""
    return ApiError(
        500, "InternalFailure", "We encountered an internal error. Please try again later."
    )


def service_unavailable() -> ApiError:
    """503."""
    return ApiError(
        503, "ServiceUnavailable", "Service is temporarily unavailable. Please try again later."
    )


def gateway_page() -> Answer:
    """What a gateway in front of the API says when it gets no answer."""
    page = (
        b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
        b"<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
    )
    return Answer(502, page, content_type=HTML, from_api=False)
