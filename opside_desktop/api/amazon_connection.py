"""The connection to Amazon, and the server's own health."""

import asyncio
import logging

from litestar import get
from litestar.openapi import ResponseSpec

from opside_desktop import __version__
from opside_desktop.api.answers import Answer
from opside_desktop.api.document import operation, refusals
from opside_desktop.api.service import ApiRequest, service_of
from opside_desktop.contract.accounts import Connection
from opside_desktop.contract.program import Health
from opside_desktop.domain.accounts import CredentialStatus
from opside_desktop.domain.clock import iso
from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.store.runs import sync_runs

log = logging.getLogger(__name__)


@get(
    "/v1/integrations/amazon/status",
    operation_id="amazonStatus",
    summary="Whether Amazon is connected",
    operation_class=operation(),
    responses=refusals(),
)
async def connection(request: ApiRequest) -> Connection:
    """Tell of the user's account at Amazon."""
    service, user = service_of(request), request.user
    account = await service.connections.account(user.external)
    source = None if account is None else service.connections.credential_source(account)
    run = await service.board.present(user.user_id)
    status = CredentialStatus.DISCONNECTED
    if account is not None and source is not None:
        status = account.credential_status
    return Connection(
        success=True,
        connected=status is CredentialStatus.ACTIVE,
        status=status,
        sandbox=account is not None and service.connections.endpoint(account).is_mock,
        seller_id=account.seller_id if account else None,
        marketplace_id=account.marketplace_id if account else None,
        region=account.region if account else None,
        credential_source=source,
        last_sync=iso(await sync_runs.last_read(service.db, user.user_id)),
        active_sync_id=run.sync_id if run and run.is_running else None,
    )


@get(
    "/health",
    operation_id="health",
    summary="Whether the server can work",
    responses={
        503: ResponseSpec(
            Health, generate_examples=False, description="The database cannot be reached."
        )
    },
)
async def health(request: ApiRequest) -> Answer[Health]:
    """Tell whether the database answers."""
    service = service_of(request)
    try:
        async with asyncio.timeout(service.timings.health_s):
            await service.db.check_usable()
    except (DatabaseFault, TimeoutError) as fault:
        log.warning("The health is degraded: %s", fault or "the database does not answer")
        return Answer(Health(status="degraded", version=__version__), status_code=503)
    return Answer(Health(status="ok", version=__version__))
