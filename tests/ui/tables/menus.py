"""What tests do with the menus and lists of a table."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from opside_desktop.ui.tables.filters.chips import Chip


def close_menus():
    while (menu := QApplication.activePopupWidget()) is not None:
        menu.close()


def words(menu):
    return [action.text() for action in menu.actions() if not action.isSeparator()]


def choose(menu, text):
    """Activate a menu's entry by what it reads; a submenu opens."""
    for action in menu.actions():
        if action.text().partition("\t")[0] == text:
            assert action.isEnabled(), text
            if action.menu() is not None:
                action.menu().popup(menu.pos())
                return action.menu()
            action.trigger()
            menu.close()
            return None
    pytest.fail(f"no entry {text!r} among {words(menu)}")


def popup():
    """The menu or list that is open."""
    return QApplication.activePopupWidget()


def press_menu_of_header(table, field):
    """Open the menu of a column's header by the keyboard."""
    close_menus()
    table.view.header.go_to(number_of(table, field))
    QTest.keyClick(table.view.header, Qt.Key.Key_Menu)
    return popup()


def number_of(table, field):
    return [column.field for column in table.spec.columns].index(field)


def names(table):
    return [table.model.index(row, 0).data() for row in range(table.model.rowCount())]


def fields(table):
    return [column.field for column in table.visible_columns()]


def chips(table):
    return [chip.text for chip in table.findChildren(Chip) if chip.isVisible()]


def visible(table, name):
    return next(w for w in table.findChildren(QWidget, name) if w.isVisible())


def settled(table):
    return table.model.is_count_exact and not table.model.is_loading
