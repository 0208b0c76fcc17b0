"""The menus of a table: of a cell, of a column's header, and of the table as a whole."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QObject, QPoint, Qt
from PySide6.QtWidgets import QMenu

from opside_desktop.domain.datasets import Dataset
from opside_desktop.ui.kit.buttons import below
from opside_desktop.ui.kit.labels import literal
from opside_desktop.ui.kit.shortcuts import Shortcut
from opside_desktop.ui.tables.filters.chips import value_words
from opside_desktop.ui.tables.rows.clipboard import CopyFormat
from opside_desktop.ui.tables.rows.model import RAW_ROLE
from opside_desktop.ui.tables.rows.query import Condition, Op
from opside_desktop.ui.tables.rows.table_columns import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opside_desktop.ui.tables.grid.column_list import ColumnList
    from opside_desktop.ui.tables.rows.table_columns import TableColumn
    from opside_desktop.ui.tables.table import RecordsTable

LONGEST = 32
"""Characters of a value that a menu entry shows."""


class TableMenus(QObject):
    """Opens the menus of one table where it asks for them; what they do is the table's.

    `more`: what a page adds to the menu of its table.
    """

    def __init__(self, table: RecordsTable, more: Sequence[Shortcut] = ()) -> None:
        super().__init__(table)
        self._table = table
        self._more = more
        view, filters = table.view, table.filters
        view.menu_asked.connect(lambda index, corner: self.cell_menu(index).popup(corner))
        view.header.menu_asked.connect(lambda n, corner: self.header_menu(n).popup(corner))
        filters.columns_asked.connect(self.choose_columns)
        filters.more_asked.connect(lambda: self.more_menu().popup(below(filters.more_button)))

    def cell_menu(self, index: QModelIndex) -> QMenu:
        """Make the menu of a cell: everything that can be done with it and its row."""
        table = self._table
        column = table.spec.columns[index.column()]
        menu = self._menu("cellMenu")
        menu.addAction(self.tr("Details"), table.details.open)
        self._add_links(menu, index)
        menu.addSeparator()
        self._add_filters(menu, column, index)
        menu.addSeparator()
        menu.addAction(self.tr("Copy this cell"), partial(table.copier.copy_cell, index))
        self._add_copying(menu.addMenu(self.tr("Copy rows")))
        menu.addSeparator()
        of_column = self.header_menu(index.column())
        of_column.setTitle(self.tr("Column “{column}”").format(column=column.name))
        of_column.setParent(menu, of_column.windowFlags())
        menu.addMenu(of_column)
        return menu

    def header_menu(self, section: int) -> QMenu:
        """Make the menu of a column's header."""
        table = self._table
        column, header = table.spec.columns[section], table.view.header
        name, sort = column.field, header.sort
        menu = self._menu("headerMenu")
        menu.addAction(self.tr("Sort ascending"), partial(table.sort_by, name, descending=False))
        menu.addAction(self.tr("Sort descending"), partial(table.sort_by, name, descending=True))
        if any(key.column == name for key in sort) and len(sort) > 1:
            menu.addAction(
                self.tr("Do not sort by this any more"), partial(table.sort_without, name)
            )
        else:
            menu.addAction(
                self.tr("Sort by this as well"), partial(header.sort_asked.emit, name, True)
            ).setEnabled(all(key.column != name for key in sort))
        menu.addSeparator()
        filters = table.filters.chips.menus.of_column(column, menu)
        filters.setTitle(self.tr("Filter"))
        menu.addMenu(filters)
        menu.addSeparator()
        self._add_moves(menu, section)
        menu.addSeparator()
        menu.addAction(
            self.tr("Hide this column"), partial(table.columns.set_hidden, name, True)
        ).setEnabled(not column.key)
        menu.addAction(self.tr("Choose columns…"), self.choose_columns)
        menu.addAction(self.tr("Reset columns"), table.reset_columns)
        return menu

    def more_menu(self) -> QMenu:
        """Make the menu of what concerns the whole table."""
        table = self._table
        menu = self._menu("moreMenu")
        for entry in self._more:
            self._add(menu, entry)
        if self._more:
            menu.addSeparator()
        add_filter, clear = table.filters.chips.open_menu, table.filters.clear
        self._add(menu, Shortcut("F5", self.tr("Read the rows again"), table.refresh))
        self._add(menu, Shortcut("Ctrl+Shift+F", self.tr("Add a filter"), add_filter))
        self._add(menu, Shortcut("Ctrl+L", self.tr("Clear all filters"), clear))
        menu.addSeparator()
        self._add(menu, Shortcut("Ctrl+G", self.tr("Go to a column…"), self.go_to_column))
        menu.addAction(self.tr("Choose columns…"), self.choose_columns)
        menu.addAction(self.tr("Fit all columns"), table.fit_all)
        low = menu.addAction(self.tr("Compact rows"))
        low.setObjectName("lowRows")
        low.setCheckable(True)
        low.setChecked(table.columns.is_compact)
        low.toggled.connect(table.columns.set_compact)
        menu.addSeparator()
        copying = menu.addMenu(self.tr("Copy selected rows"))
        self._add_copying(copying)
        copying.setEnabled(table.selection.count > 0)
        return menu

    def choose_columns(self) -> None:
        """Offer all columns to show or hide."""
        listed = self._column_list(chooses=True)
        listed.toggled.connect(lambda name, shown: self._table.columns.set_hidden(name, not shown))
        listed.reset_asked.connect(self._table.reset_columns)
        listed.pop_up(below(self._table.filters.columns_button))

    def go_to_column(self) -> None:
        """Offer all columns to go to."""
        header = self._table.view.header
        listed = self._column_list(chooses=False)
        listed.gone_to.connect(self._table.show_column)
        listed.pop_up(header.mapToGlobal(QPoint(0, header.height())))

    def _column_list(self, *, chooses: bool) -> ColumnList:
        from opside_desktop.ui.tables.grid.column_list import ColumnList

        columns = self._table.columns
        there_are = columns.available()
        hidden = {column.field for column in there_are if column.field in columns.hidden}
        return ColumnList(there_are, hidden, self._table.theme, chooses=chooses, parent=self._table)

    def _menu(self, name: str) -> QMenu:
        menu = QMenu(self._table)
        menu.setObjectName(name)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def _add(self, menu: QMenu, entry: Shortcut) -> None:
        # Only shown: the page itself listens to the keys, whether or not a menu is open.
        menu.addAction(f"{entry.text}\t{entry.shown}", entry.slot)

    def _add_copying(self, menu: QMenu) -> None:
        for words, form in (
            (self.tr("As cells"), CopyFormat.CELLS),
            (self.tr("As cells with headers (TSV)"), CopyFormat.TSV),
            (self.tr("As CSV"), CopyFormat.CSV),
            (self.tr("As JSON"), CopyFormat.JSON),
            (self.tr("As Markdown"), CopyFormat.MARKDOWN),
        ):
            menu.addAction(words, partial(self._table.copy_rows, form))

    def _add_moves(self, menu: QMenu, section: int) -> None:
        table = self._table
        columns, shown = table.columns, table.columns.shown_numbers()
        position = shown.index(section) if section in shown else 0
        mirrored = table.isRightToLeft()
        left, right = (1, -1) if mirrored else (-1, 1)
        for words, step in ((self.tr("Move left"), left), (self.tr("Move right"), right)):
            menu.addAction(words, partial(columns.move, section, step)).setEnabled(
                0 <= position + step < len(shown)
            )
        menu.addAction(self.tr("Fit to content"), partial(table.view.fit, section))
        if columns.frozen and position < columns.frozen:
            menu.addAction(self.tr("Unfreeze all columns"), partial(columns.set_frozen, 0))
        else:
            menu.addAction(
                self.tr("Freeze the columns up to here"),
                partial(columns.set_frozen, position + 1),
            )

    def _add_filters(self, menu: QMenu, column: TableColumn, index: QModelIndex) -> None:
        add = self._table.add_condition
        value = index.data(RAW_ROLE)
        if column.kind is Kind.MOMENT and value is not None:
            day = value.astimezone(self._table.formats.zone).date()
            shown, iso = self._table.formats.day(day), day.isoformat()
            for text, limits in (
                (self.tr("Only this day: {day}"), (iso, iso)),
                (self.tr("From {day} on"), (iso, None)),
                (self.tr("Until {day}"), (None, iso)),
            ):
                condition = Condition(column.field, Op.DAYS, limits)
                menu.addAction(text.format(day=shown), partial(add, condition))
            return
        if value is None:
            for text, op in (
                (self.tr("Only where this is empty"), Op.EMPTY),
                (self.tr("Only where this is not empty"), Op.FILLED),
            ):
                menu.addAction(text, partial(add, Condition(column.field, op, ())))
            return
        words = literal(value_words(column, value, self._table.formats), LONGEST)
        for text, op in (
            (self.tr("Only this: {value}"), Op.IS),
            (self.tr("Not this: {value}"), Op.IS_NOT),
        ):
            condition = Condition(column.field, op, (value,))
            menu.addAction(text.format(value=words), partial(add, condition))

    def _add_links(self, menu: QMenu, index: QModelIndex) -> None:
        table = self._table
        row = table.model.row(index.row())
        if row is None:
            return
        follow, value = table.link_followed.emit, table.model.value
        match table.spec.dataset:
            case Dataset.CLAIMS:
                if order := value(row, "order_id"):
                    menu.addAction(self.tr("Show the order"), partial(follow, "orders", order))
            case Dataset.ORDERS:
                order = value(row, "order_id")
                menu.addAction(self.tr("Show its claims"), partial(follow, "claims", order))
            case Dataset.INVENTORY:
                words = self.tr("Show orders with this SKU")
                menu.addAction(words, partial(follow, "orders", value(row, "sku")))
