"""The command `sync`."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from opside_desktop.app import open_program
from opside_desktop.cli.execute import begin, interrupts, is_done, run_async, unless_stopped
from opside_desktop.cli.progress import SyncProgress
from opside_desktop.cli.terminal import Scope, Terminal, run_exit_code, with_scope
from opside_desktop.cli.texts import sync_summary
from opside_desktop.domain.accounts import Account
from opside_desktop.domain.clock import SYSTEM_CLOCK, utc
from opside_desktop.domain.datasets import ALL_DATASETS, Dataset
from opside_desktop.domain.errors import BadInput, Cancelled, NotConnected, SyncNotRunning
from opside_desktop.domain.sources import SOURCES
from opside_desktop.domain.syncs import SyncRequest, SyncRun
from opside_desktop.program import Program
from opside_desktop.settings.environment import Settings
from opside_desktop.settings.options import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN

REACH = timedelta(days=730)
"""Amazon keeps orders and financial events for two years."""


@with_scope
def sync(
    scope: Scope,
    only: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES", help="Copy only these: claims, inventory, orders (with commas)."
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="Read claims and orders from this day on (2026-09-01, UTC) instead of from where "
            "the last sync ended, or of 90 days back at first.",
        ),
    ] = None,
    recent: Annotated[
        bool,
        typer.Option(
            "--recent",
            metavar="",
            help="End once the last 30 days are read; a later sync goes on with the history.",
        ),
    ] = False,
    source: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Read a dataset from this source only: claims=transactions or events-v0, "
            "orders=orders-2026 or orders-v0 (with commas). Without it the best that answers.",
        ),
    ] = None,
) -> None:
    """Copy claims, inventory and orders from Amazon into the database.

    The last 30 days come first, then the history. Running it twice changes nothing; a sync that was
    cut short goes on where it stopped, and one that only reads history any more, in whichever
    program, gives way to this one. Ctrl-C cancels, and what was copied so far stays.

    Exit codes: 0 done, 1 failed, 2 wrong usage or environment, 3 Amazon not connected or permission
    revoked, 4 a sync already runs, 5 failed in part, 130 cancelled.
    """
    datasets = datasets_of(only)
    request = SyncRequest(
        datasets=datasets,
        since=since_of(since),
        sources=sources_of(source, datasets),
        trigger="terminal",
        recent=recent,
    )
    raise typer.Exit(run_sync(scope, request))


def run_sync(scope: Scope, request: SyncRequest) -> int:
    """Run one sync to its end and give the exit code."""
    terminal, settings = begin(scope)

    async def main() -> int:
        stop = asyncio.Event()
        with interrupts(stop):
            async with open_program(settings) as program:
                return await _sync(terminal, program, request, stop)

    return run_async(main())


async def _account(terminal: Terminal, program: Program) -> Account:
    account = await program.connections.asked_user()
    if account is None or program.connections.credential_source(account) is None:
        if terminal.as_json:
            raise NotConnected
        raise NotConnected(" ".join(how_to_connect(program.settings)), fix="")
    return account


def how_to_connect(settings: Settings) -> list[str]:
    """Say how to connect the settings' user."""
    if settings.missing_secrets and settings.user == settings.env_user:
        return [
            "Amazon's secrets in the environment are incomplete.",
            f"Set {', '.join(settings.missing_secrets)} too.",
        ]
    names = ", ".join(option.names[0] for option in (CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN))
    return [
        f"The user {settings.user} is not connected on this computer.",
        f"Run `opside-desktop accounts add`, or set {names}.",
        "To try the program without Amazon: `opside-desktop --demo sync`.",
    ]


async def _sync(
    terminal: Terminal, program: Program, request: SyncRequest, stop: asyncio.Event
) -> int:
    from opside_desktop.contract.syncs import sync_of

    account = await _account(terminal, program)
    if stop.is_set():
        raise Cancelled("The sync was stopped before it began.")
    endpoint = program.connections.endpoint(account)
    starting = program.manager.start(account, request, endpoint=endpoint, on_wait=terminal.hint)
    run = await unless_stopped(starting, stop, Cancelled("The sync was stopped before it began."))
    with SyncProgress(terminal.err) as progress:
        if endpoint.is_mock and not terminal.as_json:
            progress.note(f"MOCK: simulated data ({endpoint.mock_scenario}), not a real seller's.")

        def show(latest: SyncRun) -> None:
            if latest.key == run.key:
                progress.follow(latest)

        unsubscribe = program.board.subscribe(show)
        try:
            run = await _until_end(program, run, stop, progress)
        finally:
            unsubscribe()
    terminal.answer(sync_of(run))
    terminal.say(*sync_summary(run))
    return run_exit_code(run)


async def _until_end(
    program: Program, run: SyncRun, stop: asyncio.Event, progress: SyncProgress
) -> SyncRun:
    waiting = asyncio.ensure_future(program.manager.wait(run.user_id, run.sync_id))
    try:
        if not await is_done(waiting, stop):
            progress.note("Stopping…")
            with contextlib.suppress(SyncNotRunning):
                await program.manager.cancel(run.user_id, run.sync_id)
        return await waiting
    finally:
        waiting.cancel()


def datasets_of(only: str | None) -> frozenset[Dataset]:
    """Read `--only`.

    Raises:
        BadInput: it names nothing, or something that is no dataset.
    """
    if only is None:
        return ALL_DATASETS
    names = [name.strip().lower() for name in only.split(",") if name.strip()]
    known = ", ".join(Dataset)
    if not names:
        raise BadInput("--only names nothing.", fix=f"Choose from {known}.")
    for name in names:
        if name not in set(Dataset):
            raise BadInput(
                f"--only names {name!r}, which is not copied.", fix=f"Choose from {known}."
            )
    return frozenset(Dataset(name) for name in names)


def sources_of(text: str | None, datasets: frozenset[Dataset]) -> dict[Dataset, str]:
    """Read `--source`, as `claims=events-v0,orders=orders-v0`.

    Raises:
        BadInput: it names no dataset that is copied, or no source of its dataset.
    """
    if text is None:
        return {}
    sources: dict[Dataset, str] = {}
    for part in filter(None, map(str.strip, text.lower().split(","))):
        name, _, source = map(str.strip, part.partition("="))
        if not source:
            raise BadInput(
                f"--source {part!r} names no dataset with its source.",
                fix="Write it as claims=events-v0, several with commas.",
            )
        if name not in set(datasets):
            raise BadInput(
                f"--source names {name!r}, which is not copied.",
                fix=f"Choose from {', '.join(one for one in Dataset if one in datasets)}.",
            )
        dataset = Dataset(name)
        if source not in SOURCES[dataset]:
            raise BadInput(
                f"--source names {source!r}, from where no {name} come.",
                fix=f"Choose from {', '.join(SOURCES[dataset])}.",
            )
        if sources.setdefault(dataset, source) != source:
            raise BadInput(
                f"--source names two sources of {name}.", fix="Name one of each dataset."
            )
    if not sources:
        raise BadInput(
            "--source names nothing.", fix="Write it as claims=events-v0, several with commas."
        )
    return sources


def since_of(text: str | None) -> datetime | None:
    """Read `--since` as midnight UTC.

    Raises:
        BadInput: it is no date, lies in the future, or further back than Amazon remembers.
    """
    if text is None:
        return None
    try:
        day = datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise BadInput(
            f"--since {text!r} is not a date.", fix="Write it as 2026-09-01 (year, month, day)."
        ) from None
    now = utc(SYSTEM_CLOCK.now())
    if day > now:
        raise BadInput(
            f"--since {text} lies in the future.", fix="Name a day that has begun (UTC)."
        )
    if day < now - REACH:
        raise BadInput(
            f"--since {text} is too long ago.",
            why="Amazon keeps orders and financial events for two years.",
            fix=f"Name a day from {(now - REACH).date() + timedelta(days=1)} on.",
        )
    return day
