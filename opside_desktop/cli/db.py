"""The commands `db upgrade`, `db check` and `db copy`."""

import dataclasses
import getpass
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from opside_desktop import __version__
from opside_desktop.cli.execute import begin, execute, run_async, until_done
from opside_desktop.cli.progress import ProgressBar
from opside_desktop.cli.terminal import Exit, Scope, Terminal, keep_scope, with_scope
from opside_desktop.cli.texts import counted
from opside_desktop.domain.errors import BadInput, Cancelled, DatabaseFault
from opside_desktop.logs.redaction import hide
from opside_desktop.program import Program

if TYPE_CHECKING:
    from opside_desktop.domain.ids import UserId
    from opside_desktop.store.copy_database import CopyProgress
    from opside_desktop.store.database import Database

TARGET = "OPSIDE_TARGET_DATABASE_URL"

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
    with ProgressBar(terminal.err, "Preparing stored claims…") as bar:
        await until_done(
            program.preparation.run(lambda done, words: bar.show(int(100 * done), words)),
            Cancelled(
                "The upgrade was stopped.",
                why="What was prepared so far is kept.",
                fix="Give the command again to go on.",
            ),
        )
    terminal.answer(Upgraded(success=True, database=address))
    terminal.say(f"The database {address} is up to date.")
    await _say_what_was_found(terminal, program)
    return Exit.DONE


async def _say_what_was_found(terminal: Terminal, program: Program) -> None:
    """Say what an upgrade has kept and hidden, and of how many users it is not done yet."""
    from opside_desktop.store.old_events.users import state_of
    from opside_desktop.store.upgrade import kept_copies
    from opside_desktop.sync.preparing import about_doubles, about_left

    state = await state_of(program.db)
    doubles = sum(state.doubles.values())
    if doubles:
        terminal.say(about_doubles(doubles))
    if state.left:
        terminal.say(about_left(state))
    copies = kept_copies(program.db.file) if program.db.file is not None else []
    if copies:
        terminal.say(
            f"The file as it was before the last upgrade is kept as {copies[-1]}. To go back to "
            "the version before, close this program and put that copy in the place of the file."
        )


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
    _show_rows(terminal, found.rows)
    terminal.say("It is whole." if whole else "It is damaged:")
    terminal.say(*(f"  {problem}" for problem in found.problems))
    await _say_what_was_found(terminal, program)
    if not whole:
        terminal.say(
            "Move the file away and sync again, or put back a copy of it."
            if program.settings.database_url.startswith("sqlite")
            else "Let the server's administrator repair it, or put back a copy of it."
        )
    return Exit.DONE if whole else Exit.ENVIRONMENT


def _show_rows(terminal: Terminal, by_table: Mapping[str, int]) -> None:
    counts = [(name, f"{count:,}") for name, count in by_table.items()]
    terminal.table(("Table", "Rows"), counts, right=("Rows",))


@app.command()
@with_scope
def copy(
    scope: Scope,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="URL",
            help="Where to: the path of an SQLite file, or postgresql://USER@HOST/DATABASE "
            f"without a password. Default: {TARGET}.",
        ),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", metavar="", help="Delete what the other database holds of the user first."
        ),
    ] = False,
) -> None:
    """Copy all that is stored to another database, SQLite or PostgreSQL, and compare both.

    Everybody's data is copied, or only that of --user. This database stays as it is. A copy that
    was stopped goes on when the command is given again, and nothing is doubled. The password of a
    server is asked for, or part of the address in OPSIDE_TARGET_DATABASE_URL; never give it as an
    argument. Set OPSIDE_DATABASE_URL afterwards to work with the copy.
    """
    url = _target(to)

    async def work(terminal: Terminal, program: Program) -> int:
        from opside_desktop.contract.program import Copied
        from opside_desktop.store.opening import open_database
        from opside_desktop.store.users import users_of

        user_ids = (
            await users_of(program.db)
            if scope.user is None and not scope.demo
            else [program.settings.user_id]
        )
        target = await open_database(url, app_version=__version__)
        try:
            copied = await _copied(terminal, program.db, target, user_ids, replace)
        finally:
            await target.close()
        address = target.shown_address
        users = len(user_ids)
        terminal.answer(Copied(success=True, database=address, users=users, rows=copied))
        _show_rows(terminal, copied)
        terminal.say(
            f"Copied to {address}: {counted(sum(copied.values()), 'row', 'rows')} of "
            f"{counted(users, 'user', 'users')}. "
            "Counts and sums are the same on both sides."
        )
        return Exit.DONE

    # Without --user everybody's rows are copied.
    execute(scope, work, of_user=scope.user is not None)


async def _copied(
    terminal: Terminal,
    source: "Database",
    target: "Database",
    user_ids: "list[UserId]",
    replace: bool,
) -> dict[str, int]:
    from opside_desktop.store.copy_database import NotEmpty, copy_data

    with ProgressBar(terminal.err, "Counting…") as bar:

        def show(progress: "CopyProgress") -> None:
            words = (
                "Comparing both databases…"
                if progress.is_checking
                else f"{progress.done:,} of {progress.total:,} rows, {progress.table}"
            )
            bar.show(progress.percent, words)

        try:
            return await until_done(
                copy_data(source, target, user_ids, show, replace=replace),
                Cancelled(
                    "The copy was stopped.",
                    why="What was copied so far is kept.",
                    fix="Give the command again to go on.",
                ),
            )
        except NotEmpty as error:
            error.fix = "Name an empty database, or give --replace to delete them there first."
            raise


def _target(to: str | None) -> str:
    """Find out where to copy to, and the password.

    Raises:
        BadInput: nothing is named, or a password is among the arguments.
    """
    from opside_desktop.domain.address_parsing import looks_like_address, parse_address
    from opside_desktop.domain.database_address import FileAddress

    named = os.environ.get(TARGET, "").strip()
    if to is None and not named:
        raise BadInput("The other database is missing.", fix=f"Give --to URL, or set {TARGET}.")
    if to is not None and not looks_like_address(to):
        return FileAddress(Path(to).expanduser().absolute().as_posix()).url
    try:
        address = parse_address(named if to is None else to)
    except DatabaseFault as fault:
        what = "The other database's address cannot be used."
        raise BadInput(what, why=fault.why, fix=fault.fix) from None
    if isinstance(address, FileAddress):
        return address.url
    if to is None:
        hide(address.password)
        return address.url
    if address.password:
        raise BadInput(
            "--to holds a password.",
            why="Other users of this computer can read a running command's arguments.",
            fix=f"Leave it out and enter it when asked, or set {TARGET} instead of --to.",
        )
    if sys.stdin.isatty():
        asked = f"Password of {address.user or 'the server'} (not shown): "
        address = dataclasses.replace(address, password=getpass.getpass(asked))
        hide(address.password)
    return address.url
