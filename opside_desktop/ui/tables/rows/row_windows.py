"""A few windows of rows in memory, out of a million that are known by their ids."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opside_desktop.store.reading.packed_ids import RowIds
    from opside_desktop.store.reading.queries import Row
    from opside_desktop.ui.tables.rows.source import RowSource

WINDOW = 200
"""Rows read at once."""

KEPT_WINDOWS = 20

MOST_AT_ONCE = 3
"""Windows read together: more than a screen shows are of rows that were scrolled past."""


class Windows:
    """The windows of one list of ids, and which of them somebody waits for.

    What was asked for stays asked for until it is put here or dropped.
    """

    def __init__(
        self, ids: RowIds | None = None, kept: Mapping[int, Sequence[Row | None]] | None = None
    ) -> None:
        self.ids = ids
        """All of them in order; None while only the first rows are known."""
        self.visible: tuple[int, int] | None = None
        """The first and the last window that a view shows."""
        self._kept = OrderedDict(kept or {})
        self._wanted: dict[int, None] = {}
        self._coming: set[int] = set()

    def numbers(self) -> list[int]:
        """List the windows in memory."""
        return sorted(self._kept)

    def row(self, row_number: int) -> Row | None:
        """Give a row that is in memory, and not gone."""
        rows = self._kept.get(row_number // WINDOW)
        number = row_number % WINDOW
        return rows[number] if rows is not None and number < len(rows) else None

    def want(self, row_number: int) -> bool:
        """Ask for a row's window; tells whether that is news."""
        number = row_number // WINDOW
        if self.ids is None or number in self._kept or self.is_wanted(number):
            return False
        self._wanted[number] = None
        return True

    def is_wanted(self, number: int) -> bool:
        """Tell whether somebody waits for a window."""
        return number in self._wanted or number in self._coming

    def take_wanted(self) -> list[int]:
        """Take what is to be read now: windows on screen; what was scrolled past is forgotten."""
        if not self._wanted:
            return []
        near = [n for n in self._wanted if self.visible and self.visible[0] <= n <= self.visible[1]]
        chosen = near[-MOST_AT_ONCE:] or [next(reversed(self._wanted))]
        self._wanted.clear()
        self._coming.update(chosen)
        return chosen

    def neighbours(self) -> list[int]:
        """List what a view shows when it is scrolled on, as far as that is missing."""
        if self.visible is None or self.ids is None or self._wanted:
            return []
        newest = (len(self.ids) - 1) // WINDOW
        around = (self.visible[1] + 1, self.visible[0] - 1)
        return [
            n for n in around if 0 <= n <= newest and n not in self._kept and not self.is_wanted(n)
        ]

    def put(self, windows: Mapping[int, Sequence[Row | None]]) -> None:
        """Keep what was read, and forget what nobody has looked at for longest."""
        for number, rows in windows.items():
            self._kept[number] = rows
            self._kept.move_to_end(number)
            self._wanted.pop(number, None)
            self._coming.discard(number)
        while len(self._kept) > KEPT_WINDOWS:
            self._kept.popitem(last=False)

    def give_up(self) -> None:
        """Wait for nothing any more."""
        self._wanted.clear()
        self._coming.clear()

    def first_ids_are(self, ids: RowIds) -> bool:
        """Tell whether the rows of the first window are the first of these ids."""
        shown = [row.row_id for row in self._kept.get(0, ()) if row is not None]
        return list(ids[: len(shown)]) == shown


async def read_windows(
    source: RowSource, ids: RowIds, numbers: Sequence[int]
) -> dict[int, Sequence[Row | None]]:
    """Read some windows of a list of ids in one query."""
    parts = [ids[number * WINDOW : (number + 1) * WINDOW] for number in numbers]
    wanted = ids.join(parts)
    if not wanted:
        return {}
    rows = await source.rows(wanted)
    windows: dict[int, Sequence[Row | None]] = {}
    begin = 0
    # The last window of all may be shorter, wherever it stands among those asked for.
    for number, part in zip(numbers, parts, strict=True):
        windows[number] = rows[begin : begin + len(part)]
        begin += len(part)
    return windows
