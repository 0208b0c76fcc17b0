"""Syncs: start, state, history, cancel, and their progress as a stream."""

import logging
from typing import Annotated, Final

import msgspec
from litestar import get, post
from litestar.openapi import ResponseSpec
from litestar.params import Parameter
from litestar.response import Stream

from opside_desktop.api import errors
from opside_desktop.api.document import operation, refusals
from opside_desktop.api.lists import OFFSET
from opside_desktop.api.parameters import STATUS_OF_SYNC, SYNC_ID, pattern, whole_number
from opside_desktop.api.service import ApiRequest, Service, service_of
from opside_desktop.contract.lists import History, history_of
from opside_desktop.contract.refusals import Refusal, RefusedCancel, RefusedStart
from opside_desktop.contract.syncs import SyncCancelled, SyncEvent, SyncStarted, SyncState, state_of
from opside_desktop.domain.durations import estimate
from opside_desktop.domain.errors import (
    BadInput,
    Interrupted,
    NotConnected,
    SyncInProgress,
    SyncNotFound,
)
from opside_desktop.domain.ids import SyncId, UserId
from opside_desktop.domain.syncs import SyncRequest, SyncRun, SyncStatus
from opside_desktop.store.runs import sync_runs

log = logging.getLogger(__name__)

_LIMIT: Final = whole_number("limit", 1, 200, 20)
_CURSOR: Final = pattern(
    "cursor",
    "^[0-9]{1,15}$",
    "the nextCursor of a former answer",
    "The `nextCursor` of the page before; `offset` then counts for nothing.",
)
_PAST_SYNCS: Final = 3

PathId = Annotated[str, Parameter(description="As the answer to its start gave it.")]


@post(
    "/v1/integrations/amazon/sync",
    status_code=200,
    operation_id="startSync",
    summary="Start a sync",
    operation_class=operation(takes_object=True),
    responses=refusals(
        403,
        413,
        _400=(Refusal, "`bad_request`, or `amazon_not_connected`."),
        _409=(RefusedStart, "One of this user already runs: `sync_in_progress`."),
    ),
    opt={errors.FAILURE: "Failed to start sync. Please try again later."},
)
async def start(request: ApiRequest) -> SyncStarted:
    """Begin a sync; answers before Amazon is asked. One that only reads history gives way."""
    service, user = service_of(request), request.user
    _check_object(await request.body())
    if service.is_stopping:
        raise Interrupted("The server is stopping.")
    async with service.one_start_at_a_time(user.user_id):
        running = await service.board.confirmed(user.user_id)
        if running is not None and not running.only_reads_history:
            raise SyncInProgress(running.sync_id)
        account = await service.connections.account(user.external)
        if account is None or service.connections.credential_source(account) is None:
            raise NotConnected
        past, _ = await sync_runs.history(
            service.db, [user.user_id], limit=_PAST_SYNCS, status=SyncStatus.COMPLETED
        )
        run = await service.manager.start(
            account,
            SyncRequest(trigger="http"),
            endpoint=service.connections.endpoint(account),
        )
    log.info("%s was started over HTTP", run.sync_id)
    return SyncStarted(
        success=True,
        sync_id=run.sync_id,
        message="Sync started successfully",
        status="in_progress",
        estimated_duration=estimate([run.duration_s for run in past]),
    )


@get(
    "/sync/status",
    operation_id="syncStatus",
    summary="The state of a sync",
    operation_class=operation((SYNC_ID,)),
    responses=refusals(400, 404),
)
async def status(request: ApiRequest) -> SyncState:
    """Tell how the named sync stands, else the running one, else the newest."""
    name = SYNC_ID.of(request)
    return await _state(request, SyncId(name) if name else None)


@get(
    "/sync/status/{syncId:str}",
    operation_id="syncStatusById",
    summary="The state of one sync",
    responses=refusals(400, 404),
)
async def status_of(request: ApiRequest, syncId: PathId) -> SyncState:  # noqa: N803  # the document's name
    """Tell how one sync stands."""
    return await _state(request, SyncId(syncId))


@get(
    "/sync/history",
    operation_id="syncHistory",
    summary="Past syncs, the newest first",
    operation_class=operation((_LIMIT, OFFSET, _CURSOR, STATUS_OF_SYNC)),
    responses=refusals(400),
)
async def history(request: ApiRequest) -> History:
    """List syncs."""
    limit, offset, cursor = _LIMIT.of(request), OFFSET.of(request), _CURSOR.of(request)
    wanted = STATUS_OF_SYNC.of(request)
    left = None if cursor is None else int(cursor)
    runs, total = await sync_runs.history(
        service_of(request).db,
        [request.user.user_id],
        limit=limit,
        offset=offset,
        left=left,
        status=SyncStatus(wanted) if wanted else None,
    )
    if left is not None:
        offset = max(0, total - left)
    return history_of(runs, total=total, limit=limit, offset=offset)


@post(
    "/sync/cancel/{syncId:str}",
    status_code=200,
    operation_id="cancelSync",
    summary="Cancel a sync",
    responses=refusals(
        400,
        403,
        404,
        _409=(RefusedCancel, "It has ended in another way: `sync_not_running`."),
    ),
)
async def cancel(request: ApiRequest, syncId: PathId) -> SyncCancelled:  # noqa: N803  # the document's name
    """Cancel a sync, whichever program runs it; repeated, it changes nothing."""
    run = await service_of(request).manager.cancel(request.user.user_id, _storable(syncId))
    log.info("%s was cancelled over HTTP", run.sync_id)
    return SyncCancelled(success=True, sync_id=run.sync_id, status="cancelled")


@get(
    "/sse/sync-progress/{syncId:str}",
    operation_id="syncProgress",
    summary="The progress of a sync as Server-Sent Events",
    media_type="text/event-stream",
    responses={
        **refusals(400, 404, 413),
        200: ResponseSpec(
            SyncEvent,
            generate_examples=False,
            media_type="text/event-stream",
            description="`sync_progress` with the present state, then with each newer one; at the "
            "end `sync_complete`. The data are a Sync. Where the token expires first, "
            "`unauthorized` with an error body ends the stream.",
        ),
    },
)
async def progress(request: ApiRequest, syncId: PathId) -> Stream:  # noqa: N803  # the document's name
    """Stream a sync's state."""
    service = service_of(request)
    run = await _named(service, request.user.user_id, SyncId(syncId))
    # What comes after this is that the listener has gone.
    await request.body()
    return Stream(
        service.feeds.listen(run, until=request.user.until),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _state(request: ApiRequest, sync_id: SyncId | None) -> SyncState:
    service, user_id = service_of(request), request.user.user_id
    run = await _named(service, user_id, sync_id) if sync_id is not None else None
    newest = run if run is not None and run.is_running else await service.board.present(user_id)
    return state_of(run or newest, is_active=newest is not None and newest.is_running)


async def _named(service: Service, user_id: UserId, sync_id: SyncId) -> SyncRun:
    """Find one sync of a user.

    Raises:
        SyncNotFound: this user has no such sync.
    """
    run = await service.board.find(user_id, _storable(sync_id))
    if run is None:
        raise SyncNotFound
    return run


def _storable(sync_id: str) -> SyncId:
    """Give an id that a database can be asked for.

    Raises:
        SyncNotFound: no stored id can be like this.
    """
    if not sync_id.isprintable() or len(sync_id) > 255:
        raise SyncNotFound
    return SyncId(sync_id)


def _check_object(body: bytes) -> None:
    """See that a body is a JSON object or nothing; what the object holds counts for nothing.

    Raises:
        BadInput: it is anything else.
    """
    if not body.strip():
        return
    try:
        given = msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise BadInput("The body must be a JSON object, such as {}, or empty.")
