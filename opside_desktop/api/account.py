"""The connection to Amazon, and the server's own health."""

import asyncio
import logging
from typing import Final

from litestar import get
from litestar.openapi import ResponseSpec

from opside_desktop import __version__
from opside_desktop.api import shapes
from opside_desktop.api.document import Answer, operation, refusals
from opside_desktop.api.service import ApiRequest, service_of
from opside_desktop.domain.accounts import CredentialStatus
from opside_desktop.domain.clock import iso
from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.store.runs import sync_runs

log = logging.getLogger(__name__)

_HEALTH_LIMIT_S: Final = 5.0


@get(
    "/v1/integrations/amazon/status",
    operation_id="amazonStatus",
    summary="Whether Amazon is connected",
    operation_class=operation(),
    responses=refusals(),
)
async def connection(request: ApiRequest) -> Answer[shapes.Connection]:
    """Tell of the user's account at Amazon."""
    service, user = service_of(request), request.user
    account = await service.connections.account(user.external)
    source = None if account is None else service.connections.credential_source(account)
    running = await service.manager.checked(user.user_id)
    running = running or await sync_runs.running_run(service.db, user.user_id)
    status = CredentialStatus.DISCONNECTED
    if account is not None and source is not None:
        status = account.credential_status
    return Answer(
        {
            "success": True,
            "connected": status is CredentialStatus.ACTIVE,
            "status": status,
            "sandbox": account is not None and service.connections.endpoint(account).is_mock,
            "sellerId": account.seller_id if account else None,
            "marketplaceId": account.marketplace_id if account else None,
            "region": account.region if account else None,
            "credentialSource": source,
            "lastSync": iso(await sync_runs.last_completed(service.db, user.user_id)),
            "activeSyncId": running.sync_id if running else None,
        }
    )


@get(
    "/health",
    operation_id="health",
    summary="Whether the server can work",
    responses={
        503: ResponseSpec(
            shapes.Health, generate_examples=False, description="The database cannot be reached."
        )
    },
)
async def health(request: ApiRequest) -> Answer[shapes.Health]:
    """Tell whether the database answers."""
    try:
        async with asyncio.timeout(_HEALTH_LIMIT_S):
            await service_of(request).db.check_usable()
    except (DatabaseFault, TimeoutError) as fault:
        log.warning("The health is degraded: %s", fault or "the database does not answer")
        return Answer({"status": "degraded", "version": __version__}, status_code=503)
    return Answer({"status": "ok", "version": __version__})
