"""Asking what is to be exported, and where to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths, Signal
from PySide6.QtWidgets import QButtonGroup, QFileDialog, QRadioButton, QWidget

from opside_desktop.domain.columns import columns
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.export_formats import ExportFormat
from opside_desktop.store.exports.plan import Export, ExportColumn
from opside_desktop.ui.kit.buttons import button
from opside_desktop.ui.kit.dialog import WorkDialog, check_box, make_default
from opside_desktop.ui.kit.labels import label
from opside_desktop.ui.kit.layouts import Stretch, add, column
from opside_desktop.ui.kit.theme import Space
from opside_desktop.ui.kit.words import count_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opside_desktop.domain.ids import UserId
    from opside_desktop.store.reading.packed_ids import RowId, RowIds
    from opside_desktop.store.reading.queries import RowQuery
    from opside_desktop.ui.program.services import Services
    from opside_desktop.ui.tables.rows.table_columns import TableColumn

MEMORY = "export"
"""The name under which the window remembers what was chosen last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a table has to export.

    `count` is the number of rows it shows, or None while they are being counted; `chosen` holds
    the ids of the chosen ones. `shown` are the visible columns from left to right, `every` all
    that the table knows. `names` are the accounts' by user id.
    """

    query: RowQuery
    count: int | None
    chosen: RowIds | Sequence[RowId]
    shown: Sequence[TableColumn]
    every: Sequence[TableColumn]
    names: Mapping[UserId, str] = field(default_factory=dict)


class ExportDialog(WorkDialog):
    """Rows, columns and form; then the system's own dialog for the file."""

    decided = Signal(object)
    """Export: what the person wants."""

    def __init__(self, services: Services, offer: Offer, parent: QWidget) -> None:
        dataset = offer.query.dataset
        title = {
            Dataset.CLAIMS: self.tr("Export claims"),
            Dataset.INVENTORY: self.tr("Export inventory"),
            Dataset.ORDERS: self.tr("Export orders"),
        }[dataset]
        super().__init__(title, "exportDialog", parent)
        self._services = services
        self._offer = offer
        self.setMinimumWidth(420)
        formats = services.formats
        known = services.window_state.get(MEMORY)
        self._memory = known if isinstance(known, dict) else {}
        everything = (
            self.tr("Everything the table shows")
            if offer.count is None
            else self.tr("Everything the table shows: {rows}").format(
                rows=count_words(dataset, offer.count, formats)
            )
        )
        chosen = self.tr("Only what is selected: {rows}").format(
            rows=count_words(dataset, len(offer.chosen), formats)
        )
        self._rows = self._choice(
            self.tr("Rows"), [("exportShown", everything), ("exportChosen", chosen)]
        )
        self._rows.button(1).setEnabled(bool(offer.chosen))
        # A single chosen row is only where the person last clicked.
        self._rows.button(1 if len(offer.chosen) > 1 else 0).setChecked(True)
        visible = self.tr("The {count} that the table shows").format(count=len(offer.shown))
        self._columns = self._choice(
            self.tr("Columns"),
            [("exportView", visible), ("exportAll", self.tr("All columns"))],
        )
        self._columns.button(1 if self._memory.get("all") is True else 0).setChecked(True)
        self._forms = self._choice(
            self.tr("Format"),
            [
                ("exportXlsx", self.tr("Excel workbook (.xlsx)")),
                ("exportCsv", self.tr("CSV, for any spreadsheet (.csv)")),
                ("exportJson", self.tr("JSON Lines, for programs (.jsonl)")),
            ],
        )
        form = self._memory.get("form")
        number = _FORMATS.index(ExportFormat(form)) if form in list(ExportFormat) else 0
        self._forms.button(number).setChecked(True)
        self._bom = check_box(
            self.tr("Mark the CSV as UTF-8, as older versions of Excel need"), "exportBom"
        )
        self._bom.setChecked(self._memory.get("bom") is not False)
        self.content.addWidget(self._bom)
        self._forms.idToggled.connect(lambda: self._show_form())
        self._show_form()
        cancel = button(self.tr("Cancel"), self.reject, name="exportCancel")
        go = button(self.tr("Choose a file…"), self._on_go, kind="primary", name="exportGo")
        add(self.buttons, Stretch(), cancel, make_default(go))
        go.setFocus()

    @property
    def _form(self) -> ExportFormat:
        return _FORMATS[self._forms.checkedId()]

    def _choice(self, title: str, options: Sequence[tuple[str, str]]) -> QButtonGroup:
        group = QButtonGroup(self)
        choices = column(label(title, font="strong"), spacing=Space.XS)
        for number, (name, text) in enumerate(options):
            one = QRadioButton(text)
            one.setObjectName(name)
            one.setAccessibleDescription(title)
            group.addButton(one, number)
            choices.addWidget(one)
        self.content.addLayout(choices)
        return group

    def _show_form(self) -> None:
        self._bom.setEnabled(self._form is ExportFormat.CSV)

    def _on_go(self) -> None:
        form = self._form
        picker = QFileDialog(self, self.windowTitle())
        picker.setObjectName("exportFile")
        picker.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        picker.setFileMode(QFileDialog.FileMode.AnyFile)
        picker.setDefaultSuffix(form.suffix.removeprefix("."))
        picker.setNameFilter(f"*{form.suffix}")
        picker.setDirectory(self._folder())
        day = self._services.formats.today().isoformat()
        picker.selectFile(f"{self._offer.query.dataset.value}-{day}{form.suffix}")
        picker.fileSelected.connect(self._on_file)
        picker.finished.connect(picker.deleteLater)
        picker.open()

    def _folder(self) -> str:
        folder = self._memory.get("folder")
        if isinstance(folder, str) and Path(folder).is_dir():
            return folder
        kinds = QStandardPaths.StandardLocation
        return QStandardPaths.writableLocation(kinds.DocumentsLocation)

    def _on_file(self, name: str) -> None:
        target = Path(name)
        everything = self._columns.checkedId() == 1
        self._services.window_state.put(
            MEMORY,
            {
                "all": everything,
                "form": self._form.value,
                "bom": self._bom.isChecked(),
                "folder": str(target.parent),
            },
        )
        offer, formats = self._offer, self._services.formats
        self.decided.emit(
            Export(
                query=offer.query,
                form=self._form,
                target=target,
                columns=self._completed(offer.every if everything else offer.shown),
                ids=offer.chosen if self._rows.checkedId() == 1 else None,
                zone=formats.zone,
                zone_name=formats.zone_name,
                bom=self._form is ExportFormat.CSV and self._bom.isChecked(),
                with_items=self._form is ExportFormat.JSON and everything,
                names=offer.names,
                is_gentle=True,
            )
        )
        self.accept()

    def _completed(self, table: Sequence[TableColumn]) -> tuple[ExportColumn, ...]:
        """Add what an export is never without.

        The currency of an amount, why hidden rows are hidden, and what is simulated.
        """
        chosen = [ExportColumn(one.field, one.name) for one in table]
        have = {one.name for one in chosen}
        every = [one.name for one in columns(self._offer.query.dataset)]
        if "currency" not in have and have & set(_MONEY):
            after = next(n for n, one in enumerate(chosen, 1) if one.name in _MONEY)
            chosen.insert(after, ExportColumn("currency", self.tr("Currency")))
        if self._offer.query.with_hidden and "hidden_reason" not in have:
            chosen.append(ExportColumn("hidden_reason", self.tr("Hidden")))
        for name, title in (
            ("is_mock", self.tr("Mock data")),
            ("mock_scenario", self.tr("Mock scenario")),
        ):
            if name in every and name not in have:
                chosen.append(ExportColumn(name, title))
        return tuple(chosen)


_FORMATS = (ExportFormat.XLSX, ExportFormat.CSV, ExportFormat.JSON)
_MONEY = ("amount", "total_amount")
