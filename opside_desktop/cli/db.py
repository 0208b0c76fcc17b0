"""The commands `db upgrade` and `db check`."""

from typing import Annotated

import typer

from opside_desktop import __version__
from opside_desktop.cli.execute import execute, run_async, settings_of
from opside_desktop.cli.terminal import Demo, Exit, Json, Terminal, User, scope_of
from opside_desktop.program import Program

app = typer.Typer(help="Look after the database.", no_args_is_help=False)


@app.callback()
def db(ctx: typer.Context, demo: Demo = False, user: User = None, as_json: Json = False) -> None:
    """Look after the database."""
    ctx.obj = scope_of(ctx, demo, user, as_json)


@app.command()
def upgrade(
    ctx: typer.Context,
    sql: Annotated[
        bool, typer.Option("--sql", metavar="", help="Only print the SQL that makes the tables.")
    ] = False,
    demo: Demo = False,
    user: User = None,
    as_json: Json = False,
) -> None:
    """Bring the database up to date.

    Every command that opens the database does so too; a copy of an older file is kept beside it.
    Where this program's user may not change tables on a server, its owner runs what --sql prints.
    """
    scope = scope_of(ctx, demo, user, as_json)
    if not sql:
        execute(scope, _upgraded, of_user=False)
    settings = settings_of(scope)
    terminal = Terminal(as_json=scope.as_json)

    async def print_sql() -> int:
        from opside_desktop.accounts.key_store import KeyStore
        from opside_desktop.accounts.server_password import with_chosen_database
        from opside_desktop.contract.program import SchemaSql
        from opside_desktop.store.maintenance import schema_sql

        chosen = await with_chosen_database(settings, KeyStore())
        statements = await schema_sql(chosen.database_url, __version__)
        terminal.answer(SchemaSql(success=True, sql=statements))
        for statement in statements:
            terminal.say(f"{statement};")
        return Exit.DONE

    raise typer.Exit(run_async(print_sql()))


async def _upgraded(terminal: Terminal, program: Program) -> int:
    from opside_desktop.contract.program import Upgraded

    address = program.db.shown_address
    terminal.answer(Upgraded(success=True, database=address))
    terminal.say(f"The database {address} is up to date.")
    return Exit.DONE


@app.command()
def check(ctx: typer.Context, demo: Demo = False, user: User = None, as_json: Json = False) -> None:
    """Read the whole database, look for damage and count its rows."""
    execute(scope_of(ctx, demo, user, as_json), _check, of_user=False)


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
    for problem in found.problems:
        terminal.say(f"  {problem}")
    if not whole:
        terminal.say(
            "Move the file away and sync again, or put back a copy of it."
            if program.settings.database_url.startswith("sqlite")
            else "Let the server's administrator repair it, or put back a copy of it."
        )
    return Exit.DONE if whole else Exit.ENVIRONMENT
