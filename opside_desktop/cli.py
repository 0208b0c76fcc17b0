"""The command line."""

import typer

from opside_desktop.simulator.command import simulator

app = typer.Typer(no_args_is_help=True)
app.command()(simulator)


@app.callback()
def root() -> None:
    """Opside Desktop."""
