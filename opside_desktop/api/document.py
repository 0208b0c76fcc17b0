"""The OpenAPI document, complete enough to drive a client, or a fuzzer."""

from dataclasses import dataclass
from typing import Any, Final

import msgspec
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
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

from opside_desktop import __version__
from opside_desktop.api.answers import JSON
from opside_desktop.api.authentication import COOKIE
from opside_desktop.api.parameters import Queries
from opside_desktop.contract.refusals import Failure, Refusal

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

_REFUSALS: Final[dict[int, tuple[type[Refusal], str]]] = {
    400: (Refusal, "A parameter cannot be used: `bad_request`."),
    401: (Refusal, "No good token: `unauthorized`."),
    403: (Refusal, "Another web page sent this: `forbidden_origin`."),
    404: (Refusal, "This user has no such sync: `sync_not_found`."),
    413: (Refusal, "The body is too large: `payload_too_large`."),
    500: (Failure, "Something unexpected: `internal_server_error`."),
    503: (Refusal, "The database cannot be reached: `service_unavailable`."),
}


class Words(OpenAPISchemaPlugin):
    """Describes the contract's keys: those of a few words in place, others as their type says."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Tell whether this knows more of a key than the framework."""
        return field_definition.is_enum or bool(_said(field_definition))

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """Describe a key."""
        words = list(field_definition.annotation) if field_definition.is_enum else None
        known = {"type": OpenAPIType.STRING, "enum": words, **_said(field_definition)}
        return Schema(**known)


def _said(field: FieldDefinition) -> dict[str, Any]:
    metas = [one for one in field.metadata if isinstance(one, msgspec.Meta)]
    return (metas and metas[0].extra_json_schema) or {}


def refusals(*statuses: int, **others: tuple[type[Refusal], str]) -> dict[int, ResponseSpec]:
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
                content = {JSON: OpenAPIMediaType(schema=schema)}
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
