"""The command line: every command of the program but the window. Imports no Qt."""

import functools
from collections.abc import Sequence
from typing import Annotated

import typer

from opside_desktop import __version__
from opside_desktop.about.stamp import build_stamp, version_line
from opside_desktop.cli import accounts, db
from opside_desktop.cli.delete_data import delete_data
from opside_desktop.cli.doctor import doctor
from opside_desktop.cli.doctor import self_test as run_self_test
from opside_desktop.cli.execute import guarded
from opside_desktop.cli.export import export
from opside_desktop.cli.lists import list_stored
from opside_desktop.cli.serve import serve
from opside_desktop.cli.status import cancel, history, status
from opside_desktop.cli.sync import run_sync, sync
from opside_desktop.cli.terminal import Demo, Json, Terminal, User, scope_of
from opside_desktop.domain.errors import BadInput
from opside_desktop.domain.syncs import SyncRequest
from opside_desktop.launch import has_display, open_window
from opside_desktop.simulator.command import simulator

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _show_version(ctx: typer.Context, wanted: bool) -> None:
    if wanted:
        # Heard before the other options, and so before --json.
        if "--json" in (ctx.obj or ()):
            import msgspec

            from opside_desktop.contract.program import Version

            build = build_stamp() or msgspec.UNSET
            answer = Version(success=True, version=__version__, build=build)
            Terminal(as_json=True).answer(answer)
        else:
            typer.echo(f"opside-desktop {version_line()}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    ctx: typer.Context,
    demo: Demo = False,
    user: User = None,
    as_json: Json = False,
    read_only: Annotated[
        bool,
        typer.Option("--read-only", metavar="", help="The window shows rows and changes nothing."),
    ] = False,
    self_test: Annotated[
        bool,
        typer.Option(
            "--self-test",
            metavar="",
            help="See whether this program is whole, in a folder of its own, and leave.",
        ),
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            metavar="",
            callback=_show_version,
            is_eager=True,
            help="Show the version and leave.",
        ),
    ] = False,
) -> None:
    """See and keep what Amazon owes you: claims, FBA inventory and orders.

    Without a command it opens the window. --demo, --user and --json may stand before or after any
    command.
    """
    ctx.obj = scope_of(ctx, demo, user, as_json)
    if self_test:
        if ctx.invoked_subcommand is not None:
            raise BadInput("--self-test stands alone.", fix="Leave the command out.")
        raise typer.Exit(run_self_test(as_json=as_json))
    if ctx.invoked_subcommand is not None:
        if read_only:
            raise BadInput("--read-only belongs to the window.", fix="Leave it out of commands.")
        return
    if demo and not has_display():
        raise typer.Exit(run_sync(ctx.obj, SyncRequest(trigger="terminal")))
    if as_json:
        raise BadInput("--json needs a command.", fix="See `opside-desktop --help`.")
    raise typer.Exit(open_window(demo=demo, read_only=read_only, user=user))


app.command()(sync)
app.command()(status)
app.command()(history)
app.command()(cancel)
app.command("list")(list_stored)
app.command()(export)
accounts.app.command("delete-data")(delete_data)
app.add_typer(accounts.app, name="accounts")
app.add_typer(db.app, name="db")
app.command()(serve)
app.command()(doctor)
app.command()(simulator)


def run(words: Sequence[str]) -> int:
    """Run the command line and give its exit code."""
    command = typer.main.get_command(app)
    return guarded(
        functools.partial(
            command.main,
            list(words),
            prog_name="opside-desktop",
            standalone_mode=False,
            obj=tuple(words),
        ),
        as_json="--json" in words,
    )
