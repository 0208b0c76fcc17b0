"""CSV and JSON Lines, written batch by batch. Blocking."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import msgspec

from opside_desktop.domain.fields import FieldKind, camel
from opside_desktop.store.exports.plan import Export
from opside_desktop.store.exports.values import CSV, JSON, Convert

_BUFFER = 1 << 17

Batch = Sequence[Sequence[Any]]
"""Rows, each with its values in the order of the export's columns, as the driver gives them."""


class _TextFile:
    _file: IO[Any] | None = None

    def __init__(self, path: Path, converters: Sequence[Convert]) -> None:
        self._path = path
        self._converters = converters

    def finish(self) -> int:
        """Complete the file. Gives how many texts had to be cut: none."""
        if self._file is not None:
            self._file.close()
        return 0

    def close(self) -> None:
        """Let go of the file, whole or not."""
        with suppress(OSError):  # told already, when it was written
            self.finish()

    def _converted(self, batch: Batch) -> Iterator[tuple[Any, ...]]:
        # A column at a time, which is several times as fast as a row at a time.
        columns = zip(self._converters, zip(*batch, strict=True), strict=True)
        return zip(*[convert(values) for convert, values in columns], strict=True)


class CsvFile(_TextFile):
    """RFC 4180: commas, quotes where needed, CRLF; UTF-8, moments in UTC with `Z`."""

    def __init__(self, path: Path, export: Export) -> None:
        super().__init__(path, [CSV[kind] for kind in export.kinds])
        self._titles = CSV[FieldKind.TEXT]([column.title for column in export.columns])
        self._encoding = "utf-8-sig" if export.bom else "utf-8"

    def open(self) -> None:
        """Begin the file with the titles."""
        self._file = file = self._path.open(
            "w", _BUFFER, encoding=self._encoding, errors="replace", newline=""
        )
        self._writer = csv.writer(file)
        self._writer.writerow(self._titles)

    def write(self, batch: Batch) -> None:
        """Add rows."""
        self._writer.writerows(self._converted(batch))


class JsonLinesFile(_TextFile):
    """One JSON object on each line, with the keys of the HTTP API and amounts as exact numbers."""

    def __init__(self, path: Path, export: Export) -> None:
        names = [column.name for column in export.columns]
        kinds = export.kinds
        if export.adds_items:
            names.append("items")
            kinds.append(FieldKind.JSON)
        super().__init__(path, [JSON[kind] for kind in kinds])
        self._keys = [camel(name) for name in names]
        self._encoder = msgspec.json.Encoder(decimal_format="number")

    def open(self) -> None:
        """Begin the file."""
        self._file = file = self._path.open("wb", _BUFFER)
        self._write = file.write

    def write(self, batch: Batch) -> None:
        """Add rows."""
        keys = self._keys
        objects = [dict(zip(keys, row, strict=True)) for row in self._converted(batch)]
        self._write(self._encoder.encode_lines(objects))
