"""The program's one entry point."""

from opside_desktop.cli import app


def main() -> None:
    """Run the command line; without a subcommand it opens the window."""
    app()


if __name__ == "__main__":
    main()
