"""`python -m opside_desktop.simulator`: the simulator as a program of its own."""

import typer

from opside_desktop.simulator.command import simulator


def main() -> None:
    """Run the command."""
    typer.run(simulator)


if __name__ == "__main__":
    main()
