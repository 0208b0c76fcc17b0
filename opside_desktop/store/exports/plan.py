"""What an export is asked for, and what it tells of itself: plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path

from opside_desktop.domain.columns import OWNER_COLUMN, column, columns
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.export_formats import ExportFormat
from opside_desktop.domain.fields import FieldKind
from opside_desktop.domain.ids import UserId
from opside_desktop.store.reading.packed_ids import RowId, RowIds
from opside_desktop.store.reading.queries import RowQuery


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column of the file: the database's name, and the title above it.

    JSON Lines name their keys as the HTTP API does, whatever the title.
    """

    name: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Which rows go where, and how.

    `ids` narrows the query to rows of these ids, in their order. `zone` is that of the dates in a
    workbook, where `zone_name` stands in the header; the other forms write UTC. `bom` puts a byte
    order mark before a CSV, by which older versions of Excel know UTF-8. `with_items` adds an
    order's lines to its JSON object. `is_gentle` lets a window of the same process go first.
    `names` are the accounts', for a column that tells whose row it is.
    """

    query: RowQuery
    form: ExportFormat
    target: Path
    columns: tuple[ExportColumn, ...]
    ids: RowIds | Sequence[RowId] | None = None
    zone: tzinfo = UTC
    zone_name: str = "UTC"
    bom: bool = False
    with_items: bool = False
    is_gentle: bool = False
    names: Mapping[UserId, str] = field(default_factory=dict)

    @property
    def kinds(self) -> list[FieldKind]:
        """What each of the columns holds."""
        return [column(self.query.dataset, one.name).kind for one in self.columns]

    @property
    def adds_items(self) -> bool:
        """Whether each row has an order's lines behind its columns."""
        is_json = self.form is ExportFormat.JSON
        return self.with_items and is_json and self.query.dataset is Dataset.ORDERS


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """How far an export is. `is_finishing`: all rows are read, and the file is being completed."""

    done: int
    total: int
    is_finishing: bool = False

    @property
    def percent(self) -> int:
        """0 to 99: a file is whole only when the export has returned."""
        if self.is_finishing:
            return 99
        return min(99, self.done * 100 // self.total) if self.total else 0


@dataclass(frozen=True, slots=True)
class Exported:
    """A finished export. `cut_cells`: texts too long for a cell of Excel, which were cut."""

    path: Path
    rows: int
    size_bytes: int
    cut_cells: int = 0


def plain_columns(dataset: Dataset) -> tuple[ExportColumn, ...]:
    """List all columns of a dataset under the names that the HTTP API gives them."""
    return tuple(
        ExportColumn(one.name, one.json_key) for one in columns(dataset) if one.name != OWNER_COLUMN
    )
