"""How long a table waits for a hand that rests, and for its database."""

from typing import Final, NamedTuple


class TableTimings(NamedTuple):
    """The intervals and limits of one table.

    Attributes:
        find_after_s: how long typing must pause before rows are searched, or values offered.
        suggest_s: a database that takes longer to find values is left in peace.
        sum_after_s: how long a choice must rest before it is added up.
        details_after_s: how long the current row must rest before its details are read: keys
            repeat faster.
        busy_after_ms: rows that take longer are said to be on their way.
        note_ms: a sentence in the footer stays so long.
        by_position_from: from so many on, chosen rows are told to the database as stretches of the
            order, not each.
    """

    find_after_s: float = 0.25
    suggest_s: float = 3.0
    sum_after_s: float = 0.12
    details_after_s: float = 0.04
    busy_after_ms: int = 300
    note_ms: int = 6000
    by_position_from: int = 20_000


SHIPPED: Final = TableTimings()
"""What the program goes by."""
