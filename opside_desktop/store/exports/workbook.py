"""Excel workbooks, written row by row in constant memory. Blocking."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, cast

import xlsxwriter
from xlsxwriter.exceptions import XlsxFileError
from xlsxwriter.utility import xl_range

from opside_desktop.domain.fields import FieldKind
from opside_desktop.store.exports.csv_and_json_lines import Batch
from opside_desktop.store.exports.plan import Export
from opside_desktop.store.exports.values import as_amount
from opside_desktop.store.schema.types import moment_read

ROWS_PER_SHEET: Final = 1_048_576
"""Excel's limit, the header among them."""

CUT: Final = -2
"""What xlsxwriter answers when a text is longer than Excel's 32,767 characters and was cut."""

_WHOLE_CURRENCIES: Final = frozenset({"JPY", "KRW", "CLP", "VND", "ISK"})
_ORIGIN: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel's dates know no zone
_FIRST_DAY: Final = datetime(1900, 3, 1)  # noqa: DTZ001
"""Excel takes 1900 for a leap year: earlier dates would be a day off."""
_LAST_SECOND: Final = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001
"""Excel's calendar ends here: what is later, if only by rounding, is an error in a cell."""

_WIDTHS: Final = {
    FieldKind.ID: 22,
    FieldKind.TEXT: 20,
    FieldKind.INTEGER: 12,
    FieldKind.MONEY: 14,
    FieldKind.MOMENT: 20,
    FieldKind.BOOLEAN: 10,
}


class WorkbookFile:
    """Ids as text, amounts and dates as numbers; further sheets where one is full."""

    def __init__(self, path: Path, export: Export, rows_per_sheet: int = ROWS_PER_SHEET) -> None:
        self._kinds = export.kinds
        self._titles = [
            f"{column.title} ({export.zone_name})" if kind is FieldKind.MOMENT else column.title
            for column, kind in zip(export.columns, self._kinds, strict=True)
        ]
        self._name = export.query.dataset.value.capitalize()
        self._zone = export.zone
        self._rows_per_sheet = rows_per_sheet
        names = [column.name for column in export.columns]
        self._currency = names.index("currency") if "currency" in names else None
        self._out = path.open("wb")
        self._book: Any = xlsxwriter.Workbook(
            self._out, {"constant_memory": True, "tmpdir": str(path.parent)}
        )
        self._book.use_zip64()
        self._bold = self._book.add_format({"bold": True})
        self._text = self._book.add_format({"num_format": "@"})
        self._date = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._cents = self._book.add_format({"num_format": "#,##0.00"})
        self._whole = self._book.add_format({"num_format": "#,##0"})
        self._sheets = 0
        self._cut = 0
        self._begin_sheet()

    def write(self, batch: Batch) -> None:
        """Add rows."""
        writers = [self._writer(kind) for kind in self._kinds]
        for row in batch:
            if self._row == self._rows_per_sheet:
                self._end_sheet()
                self._begin_sheet()
                writers = [self._writer(kind) for kind in self._kinds]
            currency = None if self._currency is None else row[self._currency]
            for column_number, value in enumerate(row):
                if value is not None and value != "":
                    writers[column_number](self._row, column_number, value, currency)
            self._row += 1

    def finish(self) -> int:
        """Pack the workbook. Gives how many texts had to be cut."""
        self._end_sheet()
        try:
            self._book.close()
        except XlsxFileError as error:
            # It wraps what the system says, which is to be told as for any other file.
            if error.args and isinstance(error.args[0], OSError):
                raise error.args[0] from error
            raise
        self._out.close()
        return self._cut

    def close(self) -> None:
        """Let go of all files, if the workbook was not finished."""
        if self._out.closed:
            return
        # The rows of each sheet lie in a file of its own, which is open until it is packed.
        for sheet in self._book.worksheets():
            with suppress(OSError):
                sheet._opt_close()  # noqa: SLF001 - there is no other way to let go of it
        with suppress(OSError):  # told already, when it was written
            self._out.close()

    def _begin_sheet(self) -> None:
        self._sheets += 1
        name = self._name if self._sheets == 1 else f"{self._name} {self._sheets}"
        self._sheet: Any = self._book.add_worksheet(name)
        for column_number, (title, kind) in enumerate(zip(self._titles, self._kinds, strict=True)):
            self._sheet.set_column(column_number, column_number, max(_WIDTHS[kind], len(title) + 3))
        for column_number, title in enumerate(self._titles):
            self._sheet.write_string(0, column_number, title, self._bold)
        self._sheet.freeze_panes(1, 0)
        self._row = 1

    def _end_sheet(self) -> None:
        last = max(self._row - 1, 1)
        self._sheet.autofilter(0, 0, last, len(self._titles) - 1)
        ids = [
            column_number for column_number, kind in enumerate(self._kinds) if kind is FieldKind.ID
        ]
        areas = (xl_range(1, column_number, last, column_number) for column_number in ids)
        self._sheet.ignore_errors({"number_stored_as_text": " ".join(areas)})
        if self._sheets > 1 or self._row == self._rows_per_sheet:
            self._sheet._opt_close()  # noqa: SLF001 - a full sheet needs no open file

    def _writer(self, kind: FieldKind) -> Callable[[int, int, Any, str | None], None]:
        sheet = self._sheet

        def text(row: int, column_number: int, value: str, currency: str | None) -> None:
            # xlsxwriter takes such a text for one that brings its own markup.
            if value.startswith("<r>") and value.endswith("</r>"):
                value += " "
            if sheet.write_string(row, column_number, value, style) == CUT:
                self._cut += 1

        def number(row: int, column_number: int, value: int, currency: str | None) -> None:
            sheet.write_number(row, column_number, value)

        def money(row: int, column_number: int, value: int | Decimal, currency: str | None) -> None:
            style = self._whole if currency in _WHOLE_CURRENCIES else self._cents
            amount = as_amount(value)
            if amount.is_finite():
                sheet.write_number(row, column_number, float(amount), style)
            else:
                sheet.write_string(row, column_number, str(amount))

        def moment(
            row: int, column_number: int, value: str | datetime, currency: str | None
        ) -> None:
            local = self._local(value)
            if local is None:
                utc = moment_read(value).replace(tzinfo=None)
                sheet.write_string(row, column_number, f"{utc.isoformat(' ')} UTC")
            elif _FIRST_DAY <= local <= _LAST_SECOND:
                days = (local - _ORIGIN) / timedelta(days=1)
                sheet.write_number(row, column_number, days, self._date)
            else:
                sheet.write_string(row, column_number, local.isoformat(" "))

        def truth(row: int, column_number: int, value: object, currency: str | None) -> None:
            sheet.write_boolean(row, column_number, bool(value))

        style = self._text if kind is FieldKind.ID else None
        return cast(
            "Callable[[int, int, Any, str | None], None]",
            {
                FieldKind.TEXT: text,
                FieldKind.ID: text,
                FieldKind.INTEGER: number,
                FieldKind.MONEY: money,
                FieldKind.MOMENT: moment,
                FieldKind.BOOLEAN: truth,
            }[kind],
        )

    def _local(self, value: str | datetime) -> datetime | None:
        """Give the wall-clock time in the export's zone; None where the calendar ends before."""
        try:
            return moment_read(value).astimezone(self._zone).replace(tzinfo=None)
        except OverflowError:
            return None
