"""The commands `db upgrade` and `db check`."""

from typing import Annotated

import typer

from opside_desktop import __version__
from opside_desktop.cli.execute import begin, execute, run_async
from opside_desktop.cli.terminal import Exit, Scope, Terminal, keep_scope, with_scope
from opside_desktop.program import Program

app = typer.Typer(help="Look after the database.", callback=keep_scope)


@app.command()
@with_scope
def upgrade(
    scope: Scope,
    sql: Annotated[
        bool, typer.Option("--sql", metavar="", help="Only print the SQL that makes the tables.")
    ] = False,
) -> None:
    """Bring the database up to date.

    Every command that opens the database does so too; a copy of an older file is kept beside it.
    Where this program's user may not change tables on a server, its owner runs what --sql prints.
    """
    if not sql:
        execute(scope, _upgraded, of_user=False)
    terminal, settings = begin(scope)

    async def print_sql() -> int:
        from opside_desktop.accounts.key_store import KeyStore
        from opside_desktop.accounts.server_password import with_chosen_database
        from opside_desktop.contract.program import SchemaSql
        from opside_desktop.store.maintenance import schema_sql

        chosen = await with_chosen_database(settings, KeyStore())
        statements = await schema_sql(chosen.database_url, __version__)
        terminal.answer(SchemaSql(success=True, sql=statements))
        terminal.say(*(f"{statement};" for statement in statements))
        return Exit.DONE

    raise typer.Exit(run_async(print_sql()))


async def _upgraded(terminal: Terminal, program: Program) -> int:
    from opside_desktop.contract.program import Upgraded

    address = program.db.shown_address
    terminal.answer(Upgraded(success=True, database=address))
    terminal.say(f"The database {address} is up to date.")
    return Exit.DONE


@app.command()
@with_scope
def check(scope: Scope) -> None:
    """Read the whole database, look for damage and count its rows."""
    execute(scope, _check, of_user=False)


async def _check(terminal: Terminal, program: Program) -> int:
    from opside_desktop.contract.program import DatabaseState
    from opside_desktop.contract.wire import built
    from opside_desktop.store.maintenance import examine

    found = await examine(program.db)
    address = program.db.shown_address
    whole = not found.problems
    terminal.answer(built(DatabaseState, found, success=whole, database=address))
    terminal.say(
        f"The database {address} has the schema {found.version} and "
        f"{found.size_bytes / 1e6:,.1f} MB."
    )
    terminal.table(
        ("Table", "Rows"),
        [(name, f"{count:,}") for name, count in found.rows.items()],
        right=("Rows",),
    )
    terminal.say("It is whole." if whole else "It is damaged:")
    terminal.say(*(f"  {problem}" for problem in found.problems))
    if not whole:
        terminal.say(
            "Move the file away and sync again, or put back a copy of it."
            if program.settings.database_url.startswith("sqlite")
            else "Let the server's administrator repair it, or put back a copy of it."
        )
    return Exit.DONE if whole else Exit.ENVIRONMENT
