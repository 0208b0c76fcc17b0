"""The command `export`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from opside_desktop.cli.execute import execute, until_done
from opside_desktop.cli.lists import Hidden
from opside_desktop.cli.progress import ProgressBar
from opside_desktop.cli.terminal import Exit, Scope, Terminal, with_scope
from opside_desktop.cli.texts import counted
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import BadInput, Cancelled
from opside_desktop.domain.export_formats import ExportFormat
from opside_desktop.program import Program
from opside_desktop.sync.progress import ROWS

if TYPE_CHECKING:
    from opside_desktop.store.exports.plan import Export, Exported, ExportProgress

_BY_ENDING = {
    **{one.suffix: one for one in ExportFormat},
    **dict.fromkeys((".json", ".ndjson"), ExportFormat.JSON),
}


@with_scope
def export(
    scope: Scope,
    what: Annotated[Dataset, typer.Argument(help="What to export.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The file to write.")],
    form: Annotated[
        ExportFormat | None,
        typer.Option(
            "--format",
            case_sensitive=False,
            help="csv, xlsx (Excel), or json: JSON Lines, one object on each line. "
            "Default: by the file's ending.",
        ),
    ] = None,
    search: Annotated[
        str, typer.Option(metavar="TEXT", help="Only rows that hold this text, in any case.")
    ] = "",
    bom: Annotated[
        bool,
        typer.Option(
            "--bom", metavar="", help="Begin a CSV with the mark by which Excel knows UTF-8."
        ),
    ] = False,
    hidden: Hidden = False,
) -> None:
    """Write stored claims, inventory or orders to a file. Amazon is not asked.

    All columns are written, under the names of `list --json`, claims and orders newest first,
    inventory by SKU. Times are UTC. In a CSV, texts that a spreadsheet would run as a formula
    begin with an apostrophe. A file of that name is replaced once the new one is whole.
    """
    if str(out) == "-":
        # Elsewhere this means standard output; nobody wants a file of that name.
        raise BadInput("--out needs the name of a file.", fix="Name one, such as claims.csv.")
    chosen = form or _by_ending(out)
    if bom and chosen is not ExportFormat.CSV:
        raise BadInput("--bom belongs to CSV.", fix="Leave it out, or give --format csv.")

    async def work(terminal: Terminal, program: Program) -> int:
        from opside_desktop.contract import program as wire
        from opside_desktop.store.exports.plan import Export, plain_columns
        from opside_desktop.store.reading.queries import RowQuery

        query = RowQuery(
            what, (program.settings.user_id,), search=search.strip(), with_hidden=hidden
        )
        plan = Export(
            query=query,
            form=chosen,
            target=out.expanduser().absolute(),
            columns=plain_columns(what),
            bom=bom,
            with_items=chosen is ExportFormat.JSON,
        )
        done = await _exported(terminal, program, plan)
        terminal.answer(
            wire.Exported(
                success=True,
                file=str(done.path),
                format=chosen.value,
                rows=done.rows,
                size_bytes=done.size_bytes,
                cut_texts=done.cut_cells,
            )
        )
        terminal.say(f"{counted(done.rows, *ROWS[what])} written to {done.path}.")
        if done.cut_cells:
            terminal.say(f"{done.cut_cells:,} texts were cut to the 32,767 characters Excel takes.")
        return Exit.DONE

    execute(scope, work)


def _by_ending(out: Path) -> ExportFormat:
    known = _BY_ENDING.get(out.suffix.lower())
    if known is None:
        raise BadInput(
            f"The ending of {out.name} tells no format.", fix="Give --format csv, xlsx or json."
        )
    return known


async def _exported(terminal: Terminal, program: Program, plan: "Export") -> "Exported":
    """Export; Ctrl-C stops it and leaves nothing."""
    from opside_desktop.store.exports.run import export_rows

    with ProgressBar(terminal.err, "Counting…") as bar:

        def show(progress: "ExportProgress") -> None:
            bar.show(
                progress.percent,
                "Completing the file…"
                if progress.is_finishing
                else f"{progress.done:,} of {progress.total:,} rows",
            )

        return await until_done(
            export_rows(program.db, plan, show),
            Cancelled("The export was stopped.", why="Nothing was written."),
        )
