"""The HTTP application."""

import asyncio
from collections.abc import Iterable, Sequence

from litestar import Litestar, Router, get
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from litestar.openapi.config import OpenAPIConfig
from litestar.response import Response
from litestar.types import ASGIApp, ControllerRouterHandler

from opside_desktop.api import amazon_connection, errors, lists, syncs
from opside_desktop.api.answers import Answer
from opside_desktop.api.authentication import Authentication
from opside_desktop.api.cors import with_cors
from opside_desktop.api.document import NOBODY, SECURITY, Words, document_config
from opside_desktop.api.head_method import with_head
from opside_desktop.api.service import ApiRequest, Service
from opside_desktop.contract.wire import encode
from opside_desktop.domain.errors import OpsideError

LARGEST_BODY = 64 * 1024
"""Bytes. The only body that means anything is `{}`."""


def make_app(
    service: Service, *, secret: str, demo_user: bool = False, origins: Iterable[str] = ()
) -> ASGIApp:
    """Put the endpoints together.

    Args:
        secret: the tokens' key, at least 32 characters.
        demo_user: requests without any credential are `demo-user`'s.
        origins: whose web pages may use the API from a browser.
    """
    named = frozenset(origins)
    access = DefineMiddleware(Authentication, secret=secret, demo_user=demo_user, origins=named)
    document: list[bytes] = []

    # The framework would serve the document itself, and pages in HTML around it.
    @get("/schema/openapi.json", include_in_schema=False)
    async def openapi(request: ApiRequest) -> Response[bytes]:
        if not document:
            document.append(await asyncio.to_thread(_document, access, demo_user))
        return Response(document[0], media_type="application/vnd.oai.openapi+json")

    app = _put_together([_api(access, demo_user), amazon_connection.health, openapi], None)
    app.state.service = service
    return with_cors(with_head(app), named)


def _api(access: DefineMiddleware, demo_user: bool) -> Router:
    return Router(
        "/api",
        route_handlers=[
            syncs.start,
            amazon_connection.connection,
            lists.claims,
            lists.inventory,
            lists.orders,
            syncs.status,
            syncs.status_of,
            syncs.history,
            syncs.cancel,
            syncs.progress,
        ],
        middleware=[access],
        security=[*SECURITY, NOBODY] if demo_user else SECURITY,
        request_max_body_size=LARGEST_BODY,
    )


def _put_together(
    parts: Sequence[ControllerRouterHandler], config: OpenAPIConfig | None
) -> Litestar:
    return Litestar(
        parts,
        response_class=Answer,
        plugins=[Words()],
        exception_handlers={
            OpsideError: errors.on_refusal,
            HTTPException: errors.on_http_error,
            Exception: errors.on_bug,
        },
        openapi_config=config,
        logging_config=None,
        debug=False,
    )


def _document(access: DefineMiddleware, demo_user: bool) -> bytes:
    app = _put_together([_api(access, demo_user), amazon_connection.health], document_config())
    return encode(app.openapi_schema.to_schema())
