"""The OpenAPI document, complete enough to drive a client, or a fuzzer."""

from dataclasses import dataclass
from typing import Any, Final, TypeVar

from litestar.datastructures import ResponseHeader
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import (
    Components,
    OpenAPIMediaType,
    OpenAPIType,
    Operation,
    RequestBody,
    Schema,
    SecurityRequirement,
    SecurityScheme,
    Server,
)
from litestar.response import Response

from opside_desktop import __version__
from opside_desktop.api import errors, shapes
from opside_desktop.api.access import COOKIE
from opside_desktop.api.parameters import Queries
from opside_desktop.contract.wire import encode

T = TypeVar("T")

SECURITY: Final[list[SecurityRequirement]] = [{"bearer": []}, {"cookie": []}]
NOBODY: Final[SecurityRequirement] = {}

_SECURITY_SCHEMES: Final = {
    "bearer": SecurityScheme(
        type="http",
        scheme="bearer",
        bearer_format="JWT",
        description="A token signed with HS256 that names the user in `id`, `user_id`, `userId` "
        "or `sub`.",
    ),
    "cookie": SecurityScheme(
        type="apiKey", security_scheme_in="cookie", name=COOKIE, description="The same token."
    ),
}

_REFUSALS: Final[dict[int, tuple[type[shapes.Refusal], str]]] = {
    400: (shapes.Refusal, "A parameter cannot be used: `bad_request`."),
    401: (shapes.Refusal, "No good token: `unauthorized`."),
    403: (shapes.Refusal, "Another web page sent this: `forbidden_origin`."),
    404: (shapes.Refusal, "This user has no such sync: `sync_not_found`."),
    413: (shapes.Refusal, "The body is too large: `payload_too_large`."),
    500: (shapes.Failure, "Something unexpected: `internal_server_error`."),
    503: (shapes.Refusal, "The database cannot be reached: `service_unavailable`."),
}

NO_STORE: Final = ResponseHeader(name="Cache-Control", value="no-store", documentation_only=True)


class Answer(Response[T]):
    """An answer of `contract` in the shape T."""

    def __init__(self, content: dict[str, Any], status_code: int = 200) -> None:
        """Take the answer."""
        super().__init__(
            encode(content),  # type: ignore[arg-type]  # T is for the document only
            status_code=status_code,
            media_type=errors.JSON,
            headers={"Cache-Control": "no-store"},
        )


def refusals(*statuses: int, **others: tuple[type[shapes.Refusal], str]) -> dict[int, ResponseSpec]:
    """Describe the failures of an endpoint with an identity; `_409=…` adds special ones."""
    chosen = {status: _REFUSALS[status] for status in (401, 500, 503, *statuses)}
    chosen |= {int(name.strip("_")): other for name, other in others.items()}
    return {
        status: ResponseSpec(shape, generate_examples=False, description=description)
        for status, (shape, description) in sorted(chosen.items())
    }


def operation(*queries: Queries, takes_object: bool = False) -> type[Operation]:
    """Make the description of an endpoint that reads its query, or its body, by itself."""
    parameters = [query.document for group in queries for query in group]

    @dataclass
    class Described(Operation):
        def __post_init__(self) -> None:
            self.parameters = [*(self.parameters or []), *parameters] or None
            if takes_object:
                schema = Schema(type=OpenAPIType.OBJECT)
                content = {errors.JSON: OpenAPIMediaType(schema=schema)}
                self.request_body = RequestBody(
                    content=content, description="An empty object, or nothing.", required=False
                )

    return Described


def document_config() -> OpenAPIConfig:
    """Where the document is and what stands at its head."""
    return OpenAPIConfig(
        title="Opside Desktop",
        version=__version__,
        description="Syncs of an Amazon seller's claims, FBA inventory and orders, and their rows. "
        "HEAD answers wherever GET does, without a body.",
        components=Components(security_schemes=dict(_SECURITY_SCHEMES)),
        path="/schema",
        render_plugins=[JsonRenderPlugin()],
        servers=[Server(url="/")],
    )
