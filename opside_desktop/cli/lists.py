"""The command `list`."""

from typing import Annotated, Any

import typer
from msgspec.structs import replace

from opside_desktop.cli.execute import on_program
from opside_desktop.cli.terminal import FARTHEST, Exit, Terminal
from opside_desktop.cli.texts import HIDDEN_WORDS, counted, mock_mark
from opside_desktop.domain.datasets import Dataset
from opside_desktop.program import Program
from opside_desktop.sync.progress import ROWS

_SHOWN: dict[Dataset, tuple[tuple[str, str], ...]] = {
    Dataset.CLAIMS: (
        ("claimId", "Claim"),
        ("createdAt", "Posted (UTC)"),
        ("type", "Type"),
        ("amount", "Amount"),
        ("currency", "Currency"),
        ("status", "Status"),
        ("orderId", "Order"),
        ("description", "Description"),
    ),
    Dataset.INVENTORY: (
        ("sku", "SKU"),
        ("asin", "ASIN"),
        ("productName", "Product"),
        ("quantityAvailable", "Available"),
        ("quantityReserved", "Reserved"),
        ("quantityInbound", "Inbound"),
        ("quantityTotal", "Total"),
        ("condition", "Condition"),
    ),
    Dataset.ORDERS: (
        ("orderId", "Order"),
        ("purchaseDate", "Bought (UTC)"),
        ("status", "Status"),
        ("fulfillmentChannel", "By"),
        ("totalAmount", "Total"),
        ("currency", "Currency"),
        ("itemsOrdered", "Ordered"),
        ("itemsShipped", "Shipped"),
        ("salesChannel", "Channel"),
    ),
}
_FOLDS = {
    Dataset.CLAIMS: "Description",
    Dataset.INVENTORY: "Product",
    Dataset.ORDERS: "Channel",
}
Hidden = Annotated[
    bool,
    typer.Option(
        "--hidden",
        metavar="",
        help="With the claims that are left out otherwise: doubles, those of exactly 0.00, and"
        " what is of an unknown kind and came by the dozen.",
    ),
]
"""The option of what lists and writes stored rows."""

_NUMBERS = ("Amount", "Total", "Available", "Reserved", "Inbound", "Ordered", "Shipped")


@on_program
async def list_stored(
    terminal: Terminal,
    program: Program,
    what: Annotated[Dataset, typer.Argument(help="What to list.", show_default=False)],
    search: Annotated[
        str, typer.Option(metavar="TEXT", help="Only rows that hold this text, in any case.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many rows.")] = 100,
    offset: Annotated[
        int, typer.Option(min=0, max=FARTHEST, help="How many rows to pass over.")
    ] = 0,
    hidden: Hidden = False,
) -> int:
    """List stored claims, inventory or orders. Amazon is not asked.

    Claims and orders come newest first, inventory by SKU. With --json an order holds its items.
    """
    from opside_desktop.contract.lists import ROWS_OF, page_of
    from opside_desktop.contract.wire import keys
    from opside_desktop.domain.columns import HIDDEN_COLUMN
    from opside_desktop.store.reading.cursors import list_page
    from opside_desktop.store.reading.queries import RowQuery
    from opside_desktop.store.reading.rows import count

    query = RowQuery(what, (program.settings.user_id,), search=search.strip(), with_hidden=hidden)
    page = await list_page(program.db, query, limit, offset=offset)
    total = await count(program.db, query)
    answer = page_of(
        ROWS_OF[what],
        page.rows,
        total=total,
        limit=limit,
        offset=offset,
        next_cursor=page.next_cursor,
    )
    terminal.answer(answer)
    _show(terminal, what, keys(page.rows), total, offset, program.settings.user)
    if what in HIDDEN_COLUMN and not hidden and not terminal.as_json:
        left_out = await count(program.db, replace(query, with_hidden=True)) - total
        if left_out > 0:
            left = counted(left_out, *ROWS[what])
            terminal.say(f"Left out as hidden: {left}. --hidden shows what is left out, too.")
    return Exit.DONE


def _show(
    terminal: Terminal,
    dataset: Dataset,
    found: list[dict[str, Any]],
    total: int,
    offset: int,
    user: str,
) -> None:
    if not found:
        terminal.say(
            f"No {dataset} of the user {user} to show."
            if total == 0
            else f"There are only {total:,}."
        )
        return
    shown = _SHOWN[dataset]
    mock = any(row["isMock"] for row in found)
    hidden = any(row.get("hiddenReason") for row in found)
    terminal.table(
        [title for _, title in shown] + ["Hidden"] * hidden + ["Data"] * mock,
        [
            [_cell(key, row) for key, _ in shown]
            + [_hidden_words(row.get("hiddenReason"))] * hidden
            + [mock_mark(row["isMock"], row["mockScenario"])] * mock
            for row in found
        ],
        right=_NUMBERS,
        folds=_FOLDS[dataset],
    )
    first = offset + 1
    if total > len(found):
        terminal.say(
            f"Rows {first:,} to {offset + len(found):,} of {total:,}; "
            "--limit and --offset show others."
        )


def _hidden_words(reason: str | None) -> str:
    return HIDDEN_WORDS.get(reason, reason) if reason else ""


def _cell(key: str, row: dict[str, Any]) -> str:
    value = row[key]
    if value is None:
        return ""
    text = str(value)
    if key == "status" and row.get("maturesAt"):
        return f"{text}, due {row['maturesAt'][:10]}"
    # The heading says UTC: the wire's T and Z only cost width.
    return text.replace("T", " ").removesuffix("Z") if key.endswith(("At", "Date")) else text
