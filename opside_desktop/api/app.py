"""The HTTP application."""

from collections.abc import Iterable

from litestar import Litestar, Router
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from litestar.types import ASGIApp

from opside_desktop.api import account, errors, lists, syncs
from opside_desktop.api.access import Access, Cors
from opside_desktop.api.document import NOBODY, SECURITY, document_config
from opside_desktop.api.service import Service
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
    api = Router(
        "/api",
        route_handlers=[
            syncs.start,
            account.connection,
            lists.claims,
            lists.inventory,
            lists.orders,
            syncs.status,
            syncs.status_of,
            syncs.history,
            syncs.cancel,
            syncs.progress,
        ],
        middleware=[DefineMiddleware(Access, secret=secret, demo_user=demo_user, origins=named)],
        security=[*SECURITY, NOBODY] if demo_user else SECURITY,
        request_max_body_size=LARGEST_BODY,
    )
    app = Litestar(
        [api, account.health],
        exception_handlers={
            OpsideError: errors.on_refusal,
            HTTPException: errors.on_http_error,
            Exception: errors.on_bug,
        },
        openapi_config=document_config(),
        logging_config=None,
        debug=False,
    )
    app.state.service = service
    return Cors(app, named)
