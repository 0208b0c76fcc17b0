"""Ids of rows by the million: packed, so that they take a few megabytes and no objects."""

from __future__ import annotations

from struct import iter_unpack
from sys import byteorder
from typing import TYPE_CHECKING, Any, TypeAlias, overload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from uuid import UUID

RowId: TypeAlias = "int | UUID"
"""What the database finds a row by: SQLite's own number of it, or on PostgreSQL its primary key."""

NUMBER, KEY = 8, 16
"""Bytes that one id takes, of either kind."""

_AT_ONCE = 100_000
"""Ids that are looked for in one pass, which bounds the memory it takes."""

_PIECE = 5_000
"""Ids that become objects in one go: more would hold up the other threads meanwhile."""


class RowIds:
    """Row ids in order, unchangeable: their number, slices of them, and where one stands."""

    __slots__ = ("_data", "_width")

    def __init__(self, data: bytes | bytearray = b"", width: int = NUMBER) -> None:
        """Take packed ids of `width` bytes each: `NUMBER`, as an array of `q` has them, or `KEY`.

        The data must not change afterwards.
        """
        self._data = data
        self._width = width

    @classmethod
    def of(cls, ids: Iterable[RowId]) -> RowIds:
        """Pack some ids, all of one kind."""
        packed = [_packed(row_id) for row_id in ids]
        return cls(b"".join(packed), len(packed[0]) if packed else NUMBER)

    @classmethod
    def join(cls, parts: Iterable[RowIds]) -> RowIds:
        """Put ids of one kind behind each other."""
        filled = [part for part in parts if part]
        if len(filled) < 2:
            return filled[0] if filled else cls()
        return cls(b"".join(part._data for part in filled), filled[0]._width)  # noqa: SLF001

    def __len__(self) -> int:
        return len(self._data) // self._width

    @overload
    def __getitem__(self, position: int) -> RowId: ...
    @overload
    def __getitem__(self, position: slice) -> RowIds: ...

    def __getitem__(self, position: int | slice) -> RowId | RowIds:
        width = self._width
        if isinstance(position, slice):
            start, stop, step = position.indices(len(self))
            if step != 1:
                return RowIds.of(self[number] for number in range(start, stop, step))
            if (start, stop) == (0, len(self)):
                return self
            return RowIds(self._data[start * width : stop * width], width)
        start = range(len(self))[position] * width
        return self._unpacked(self._data[start : start + width])

    def __iter__(self) -> Iterator[RowId]:
        if self._width == NUMBER:
            return self._units()
        return (_key(data) for (data,) in self._units())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RowIds):
            return NotImplemented
        return self._data == other._data

    __hash__ = None  # type: ignore[assignment]  # as of lists: nobody needs a hash of a million

    def index(self, row_id: RowId) -> int:
        """Tell where an id stands.

        Raises:
            ValueError: it is not among them.
        """
        wanted = _packed(row_id)
        position = self._data.find(wanted)
        while position >= 0 and position % self._width:
            position = self._data.find(wanted, position + 1)
        if position < 0 or len(wanted) != self._width:
            raise ValueError("This id is not among the rows.")
        return position // self._width

    def find(self, wanted: RowIds) -> list[tuple[int, int]]:
        """Tell where ids stand, as first and last places; those that are not here are left out.

        Half a second for a million among a million, so it belongs into a thread.
        """
        if not self or not wanted:
            return []
        if self._data == wanted._data:
            return [(0, len(self) - 1)]
        found = bytearray(len(self))
        for start in range(0, len(wanted), _AT_ONCE):
            some: set[Any] = set()
            for piece in range(start, min(start + _AT_ONCE, len(wanted)), _PIECE):
                some.update(wanted[piece : piece + _PIECE]._units())  # noqa: SLF001
            for position, unit in enumerate(self._units()):
                if unit in some:
                    found[position] = 1
        spans = []
        first = found.find(1)
        while first >= 0:
            after = found.find(0, first)
            after = len(self) if after < 0 else after
            spans.append((first, after - 1))
            first = found.find(1, after)
        return spans

    def _units(self) -> Iterator[Any]:
        """The ids in the form that is compared fastest."""
        if self._width == NUMBER:
            return iter(memoryview(self._data).cast("q"))
        return iter_unpack("16s", self._data)

    def _unpacked(self, data: bytes | bytearray) -> RowId:
        if self._width == KEY:
            return _key(data)
        number: int = memoryview(data).cast("q")[0]
        return number


def _key(data: bytes | bytearray) -> UUID:
    # Loading it takes time that the window's first frame does not have.
    from uuid import UUID

    return UUID(bytes=bytes(data))


def _packed(row_id: RowId) -> bytes:
    if isinstance(row_id, int):
        return row_id.to_bytes(NUMBER, byteorder, signed=True)
    return row_id.bytes
