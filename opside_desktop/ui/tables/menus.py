"""The menus of a table: of a cell, and of its columns."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QObject, QPoint, Qt
from PySide6.QtWidgets import QMenu

from opside_desktop.ui.tables.chips import value_words
from opside_desktop.ui.tables.columns import Kind
from opside_desktop.ui.tables.copying import CopyForm
from opside_desktop.ui.tables.filter_menu import StayOpenMenu
from opside_desktop.ui.tables.model import RAW_ROLE
from opside_desktop.ui.tables.query import Condition, Op

if TYPE_CHECKING:
    from opside_desktop.ui.tables.columns import Column
    from opside_desktop.ui.tables.table import RecordsTable

LONGEST = 32
"""Characters of a value that a menu entry shows."""


class TableMenus(QObject):
    """Makes the menus of one table; what they do is the table's."""

    def __init__(self, table: RecordsTable) -> None:
        super().__init__(table)
        self._table = table

    def cell_menu(self, index: QModelIndex) -> QMenu:
        """Make the menu of a cell: everything that can be done with it and its row."""
        table = self._table
        column = table.spec.columns[index.column()]
        menu = self._menu("cellMenu")
        menu.addAction(self.tr("Details"), table.open_details)
        self._add_links(menu, index)
        menu.addSeparator()
        self._add_filters(menu, column, index)
        menu.addSeparator()
        menu.addAction(self.tr("Copy this cell"), partial(table.copier.copy_cell, index))
        rows = menu.addMenu(self.tr("Copy rows"))
        for words, form in (
            (self.tr("As cells"), CopyForm.CELLS),
            (self.tr("As cells with headers"), CopyForm.TSV),
            (self.tr("As CSV"), CopyForm.CSV),
            (self.tr("As JSON"), CopyForm.JSON),
        ):
            rows.addAction(words, partial(table.copy_rows, form))
        menu.addSeparator()
        of_column = table.view.header.menu_for(index.column())
        of_column.setTitle(self.tr("Column “{column}”").format(column=column.name))
        of_column.setParent(menu, of_column.windowFlags())
        menu.addMenu(of_column)
        return menu

    def choose_columns(self, place: QPoint) -> None:
        """Offer all columns to show or hide."""
        table = self._table
        menu = StayOpenMenu(table)
        menu.setObjectName("columnMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for column in table.spec.columns:
            action = menu.addAction(column.name)
            action.setCheckable(True)
            action.setChecked(not table.columns.is_hidden(column.field))
            action.setEnabled(not column.key)
            action.toggled.connect(partial(self._on_column_toggled, column.field))
        menu.addSeparator()
        menu.addAction(self.tr("Reset columns"), table.view.header.reset_asked.emit)
        menu.popup(place)

    def _on_column_toggled(self, field: str, shown: bool) -> None:
        self._table.columns.set_hidden(field, not shown)

    def _menu(self, name: str) -> QMenu:
        menu = QMenu(self._table)
        menu.setObjectName(name)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def _add_filters(self, menu: QMenu, column: Column, index: QModelIndex) -> None:
        if column.kind is Kind.MOMENT:
            return
        value = index.data(RAW_ROLE)
        words = value_words(column, value, self._table.formats)
        if len(words) > LONGEST:
            words = words[:LONGEST] + "…"
        for text, op in (
            (self.tr("Only this: {value}"), Op.IS),
            (self.tr("Not this: {value}"), Op.IS_NOT),
        ):
            condition = Condition(column.field, op, (value,))
            menu.addAction(text.format(value=words), partial(self._table.add_condition, condition))

    def _add_links(self, menu: QMenu, index: QModelIndex) -> None:
        table = self._table
        row = table.model.row(index.row())
        if row is None:
            return
        if table.spec.dataset.value == "claims" and (order := table.model.value(row, "order_id")):
            menu.addAction(
                self.tr("Show the order"), partial(table.link_followed.emit, "orders", order)
            )
        if table.spec.dataset.value == "orders":
            order = table.model.value(row, "order_id")
            menu.addAction(
                self.tr("Show its claims"), partial(table.link_followed.emit, "claims", order)
            )
