"""CSV and JSON Lines, written batch by batch. Blocking."""

import csv
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import msgspec

from opside_desktop.domain.fields import FieldKind, camel
from opside_desktop.store.exports.plan import ExportColumn
from opside_desktop.store.exports.values import csv_converter, json_converter

_BUFFER = 1 << 17

Batch = Sequence[Sequence[Any]]
"""Rows, each with its values in the order of the export's columns, as the driver gives them."""


class _TextFile:
    """A file that is closed when its block is left."""

    _file: IO[Any] | None = None

    def finish(self) -> int:
        """Complete the file. Gives how many texts had to be cut: none."""
        if self._file is not None:
            self._file.close()
        return 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):  # told already, when it was written
            self.finish()


class CsvFile(_TextFile):
    """RFC 4180: commas, quotes where needed, CRLF; UTF-8, moments in UTC with `Z`."""

    def __init__(
        self,
        path: Path,
        columns: Sequence[ExportColumn],
        kinds: Sequence[FieldKind],
        *,
        bom: bool,
    ) -> None:
        self._path = path
        self._titles = csv_converter(FieldKind.TEXT)([column.title for column in columns])
        self._converters = [csv_converter(kind) for kind in kinds]
        self._encoding = "utf-8-sig" if bom else "utf-8"

    def open(self) -> None:
        """Begin the file with the titles."""
        self._file = file = self._path.open(
            "w", _BUFFER, encoding=self._encoding, errors="replace", newline=""
        )
        self._writer = csv.writer(file)
        self._writer.writerow(self._titles)

    def write(self, batch: Batch) -> None:
        """Add rows."""
        # A column at a time, which is several times as fast as a row at a time.
        values = zip(*batch, strict=True)
        cells = [convert(one) for convert, one in zip(self._converters, values, strict=True)]
        self._writer.writerows(zip(*cells, strict=True))


class JsonLinesFile(_TextFile):
    """One JSON object on each line, with the keys of the HTTP API and amounts as exact numbers."""

    def __init__(
        self, path: Path, columns: Sequence[ExportColumn], kinds: Sequence[FieldKind]
    ) -> None:
        self._keys = [camel(column.name) for column in columns]
        self._converters = [json_converter(kind) for kind in kinds]
        self._encoder = msgspec.json.Encoder(decimal_format="number")
        self._path = path

    def open(self) -> None:
        """Begin the file."""
        self._file = file = self._path.open("wb", _BUFFER)
        self._write = file.write

    def write(self, batch: Batch, items: Sequence[Any] | None = None) -> None:
        """Add rows; `items` are the lines of each, where they are orders."""
        keys = self._keys
        values = zip(*batch, strict=True)
        cells = [convert(one) for convert, one in zip(self._converters, values, strict=True)]
        objects = [dict(zip(keys, row, strict=True)) for row in zip(*cells, strict=True)]
        if items is not None:
            for one, lines in zip(objects, items, strict=True):
                one["items"] = lines
        self._write(self._encoder.encode_lines(objects))
