"""The command `accounts delete-data`."""

from typing import Annotated

import typer

from opside_desktop.app import open_program
from opside_desktop.cli.execute import begin, execute, run_async
from opside_desktop.cli.prompts import confirm
from opside_desktop.cli.terminal import Exit, Scope, Terminal, with_scope
from opside_desktop.domain.errors import BadInput
from opside_desktop.program import Program

_WORDS = {
    "amazon_claims": "claims",
    "financial_events": "financial events",
    "amazon_inventory": "SKUs",
    "amazon_orders": "orders",
    "amazon_order_items": "order items",
    "sync_progress": "syncs",
    "sync_events": "timeline entries of syncs",
    "sync_checkpoints": "marks of how far each sync came",
    "rate_buckets": "levels of Amazon's quotas",
    "row_origins": "notes of which sync first brought a row",
    "event_sightings": "notes of what Amazon told of events",
    "event_claims": "notes of which event is which claim",
    "read_spans": "notes of what was read, and when",
}
"""What the rows of each table are, in the words of the window."""


@with_scope
def delete_data(
    scope: Scope,
    disconnect: Annotated[
        bool,
        typer.Option("--disconnect", metavar="", help="Forget the account and its secrets, too."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", metavar="", help="Do not ask.")] = False,
) -> None:
    """Delete all that is stored of a user: claims, inventory, orders, and the history of syncs.

    It says what will go and asks first. Amazon keeps its own data; the next sync copies from the
    start.
    """
    from opside_desktop.contract.program import Deleted

    terminal, settings = begin(scope)
    if disconnect and settings.demo:
        raise BadInput("The demo's sample seller cannot be disconnected.")

    async def count_rows() -> dict[str, int]:
        from opside_desktop.cli.accounts import removable
        from opside_desktop.store.deleting import stored_of

        async with open_program(settings) as program:
            await program.connections.asked_user()
            if disconnect:
                await removable(program)
            return await stored_of(program.db, settings.user_id)

    stored = run_async(count_rows())
    if not stored and not disconnect:
        terminal.answer(Deleted(success=True, user_id=settings.user, rows={}))
        terminal.say(f"Nothing is stored of the user {settings.user}.")
        raise typer.Exit(Exit.DONE)
    terminal.hint(f"Of the user {settings.user} these rows are deleted for good:")
    for name, count in stored.items():
        terminal.hint(f"{count:>12,}  {_WORDS.get(name, name)}")
    if disconnect:
        terminal.hint("The account's secrets are removed from this computer as well.")
    if not yes:
        confirm(
            terminal,
            "Delete all of it?",
            fix="Give --yes to delete the data.",
            otherwise="Nothing was deleted.",
        )

    async def work(terminal: Terminal, program: Program) -> int:
        from opside_desktop.store.deleting import delete_data

        user_id = program.settings.user_id
        gone = await delete_data(program.db, user_id)
        if disconnect:
            await program.connections.remove(user_id)
        terminal.answer(Deleted(success=True, user_id=program.settings.user, rows=gone))
        terminal.say(f"{sum(gone.values()):,} rows of {program.settings.user} were deleted.")
        return Exit.DONE

    execute(scope, work)
