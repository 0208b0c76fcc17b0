"""The kinds of files that rows are written to."""

from enum import StrEnum


class ExportFormat(StrEnum):
    """The kinds of files. JSON is JSON Lines: one object on each line."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"

    @property
    def suffix(self) -> str:
        """What a file's name of this kind ends with."""
        return ".jsonl" if self is ExportFormat.JSON else f".{self.value}"
