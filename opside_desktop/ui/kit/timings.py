"""How often the window looks, and how long it waits."""

from typing import Final, NamedTuple


class WindowTimings(NamedTuple):
    """The window's intervals and limits; those of a widget's own movements lie beside it.

    Attributes:
        load_after_s: so long the window has to itself, once it is filled.
        close_s: closing waits so long for the program's parts, which have limits of their own.
        finish_s: where work is to stop, so long it may take to reach the end of its page.
        look_every_s: how soon a sync of another process is noticed where the database does not
            tell of it, and a database that has fallen silent.
        count_every_s: how often a running sync's new rows are counted.
        first_rows_after_s: the first rows of an empty table are shown as soon as they are stored.
        freshness_ms: how often what says “5 min ago” is worded anew.
        size_every_ms: how often the database's size is read.
        updates_due_every_s: how often it is asked whether a look for new versions is due.
        updates_every_s: from one look for new versions to the next.
        updates_again_s: so long after a look that failed comes the next one.
    """

    load_after_s: float = 0.5
    close_s: float = 20.0
    finish_s: float = 30.0
    look_every_s: float = 2.0
    count_every_s: float = 2.0
    first_rows_after_s: float = 0.1
    freshness_ms: int = 20_000
    size_every_ms: int = 15_000
    updates_due_every_s: float = 60.0
    updates_every_s: float = 86_400.0
    updates_again_s: float = 3_600.0


SHIPPED: Final = WindowTimings()
"""What the program goes by."""
