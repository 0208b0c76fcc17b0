"""The commands `status`, `history` and `cancel`."""

from typing import Annotated

import typer

from opside_desktop.cli.execute import on_program
from opside_desktop.cli.sync import how_to_connect
from opside_desktop.cli.terminal import FARTHEST, Exit, Terminal
from opside_desktop.cli.texts import count_of, mock_mark, moment, note, status_word, sync_summary
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.durations import duration
from opside_desktop.domain.ids import SyncId
from opside_desktop.domain.standing import standing_of
from opside_desktop.domain.syncs import SyncRun, SyncStatus
from opside_desktop.domain.utf8 import encodable
from opside_desktop.program import Program


@on_program
async def status(terminal: Terminal, program: Program) -> int:
    """Show the running sync, or else the last one, and whether Amazon is connected."""
    from opside_desktop.store.runs import sync_runs

    user_id = program.settings.user_id
    run = await program.board.present(user_id)
    if terminal.as_json:
        from opside_desktop.contract.syncs import newest_of

        terminal.answer(newest_of(run))
        return Exit.DONE
    account = await program.connections.asked_user()
    source = None if account is None else program.connections.credential_source(account)
    if account is None or source is None:
        terminal.say(*how_to_connect(program.settings))
    else:
        state = standing_of(account, run)
        endpoint = program.connections.endpoint(account)
        mark = mock_mark(endpoint.is_mock, endpoint.mock_scenario)
        terminal.say(
            f"{account.display_name}: {account.region}, marketplace {account.marketplace_id}, "
            f"{state}, secrets from the {source}.  {mark}".rstrip()
        )
    if run is None:
        demo = "--demo " if program.settings.demo else ""
        terminal.say(f"No sync has run yet. Run `opside-desktop {demo}sync`.")
        return Exit.DONE
    read = await sync_runs.last_read(program.db, user_id)
    terminal.say(
        f"Up to date as of {moment(read)} UTC." if read else "No sync has been completed yet."
    )
    terminal.say(*sync_summary(run))
    return Exit.DONE


@on_program
async def history(
    terminal: Terminal,
    program: Program,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many, the newest first.")] = 20,
    offset: Annotated[int, typer.Option(min=0, max=FARTHEST, help="How many to pass over.")] = 0,
    only_status: Annotated[
        SyncStatus | None, typer.Option("--status", help="Only those in this state.")
    ] = None,
) -> int:
    """List past syncs, the newest first."""
    from opside_desktop.contract.lists import history_of
    from opside_desktop.store.runs import sync_runs

    users = (program.settings.user_id,)
    runs, total = await sync_runs.history(
        program.db, users, limit=limit, offset=offset, status=only_status
    )
    terminal.answer(history_of(runs, total=total, limit=limit, offset=offset))
    _show_history(terminal, runs, total)
    return Exit.DONE


def _show_history(terminal: Terminal, runs: list[SyncRun], total: int) -> None:
    if not runs:
        terminal.say("No sync to show.")
        return
    terminal.table(
        ("Started (UTC)", "Result", "Took", "Claims", "Inventory", "Orders", "Sync", "Note"),
        [
            (
                moment(run.started_at),
                status_word(run),
                duration(run.duration_s),
                *(count_of(run, dataset) for dataset in Dataset),
                run.sync_id,
                note(run),
            )
            for run in runs
        ],
        right=("Took", "Claims", "Inventory", "Orders"),
        folds="Note",
    )
    if total > len(runs):
        terminal.say(f"{len(runs):,} of {total:,} syncs; --limit and --offset show others.")


@on_program
async def cancel(
    terminal: Terminal,
    program: Program,
    sync_id: Annotated[str, typer.Argument(metavar="SYNC_ID", help="As `status` shows it.")],
) -> int:
    """Stop a running sync, whichever program runs it. What it has copied stays.

    Exit code 1 if the sync is unknown or has ended.
    """
    from opside_desktop.contract.syncs import SyncCancelled

    wanted = SyncId(encodable(sync_id.strip()))
    run = await program.manager.cancel(program.settings.user_id, wanted)
    terminal.answer(SyncCancelled(success=True, sync_id=run.sync_id, status="cancelled"))
    terminal.say(f"Sync {run.sync_id} is cancelled. What it has copied stays.")
    return Exit.DONE
