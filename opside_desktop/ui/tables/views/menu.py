"""The menu of a table's saved views, and the small questions it asks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QMessageBox, QWidget

from opside_desktop.ui.kit.labels import literal
from opside_desktop.ui.tables.views.saved_views import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Callable

    from opside_desktop.ui.tables.views.saved_views import SavedViews


class ViewsMenu(QObject):
    """Chooses, saves, renames and removes views."""

    chosen = Signal(object)
    """TableQuery: the rows of the view that is shown from now on."""

    def __init__(self, views: SavedViews, parent: QWidget) -> None:
        super().__init__(parent)
        self._views = views
        self._parent = parent

    def pop_up(self, corner: QPoint) -> None:
        """Show the menu."""
        views = self._views
        menu = QMenu(self._parent)
        menu.setObjectName("viewsMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        group = QActionGroup(menu)
        was_own = False
        for view in views.all():
            if view.is_own and not was_own:
                menu.addSeparator()
                was_own = True
            action = menu.addAction(literal(view.name))
            action.setData(view.key)
            action.setCheckable(True)
            action.setChecked(view.key == views.current.key)
            action.triggered.connect(partial(self._choose, view.key))
            group.addAction(action)
        menu.addSeparator()
        self._add_changes(menu)
        menu.popup(corner)

    def save_as(self) -> None:
        """Ask for a name and save what is shown under it."""
        self._ask_name(
            self.tr("Save as a view"),
            self.tr("Filters, order and columns are saved under this name:"),
            "",
            self._views.keep,
        )

    def _add_changes(self, menu: QMenu) -> None:
        views = self._views
        current, is_changed = views.current, views.is_changed
        name = literal(current.name)
        if current.is_own and is_changed:
            menu.addAction(
                self.tr("Save the changes to “{view}”").format(view=name),
                partial(views.keep, current.name),
            ).setObjectName("saveView")
        new = menu.addAction(self.tr("Save as a new view…"), self.save_as)
        new.setObjectName("saveViewAs")
        new.setEnabled(not views.is_full)
        if current.key != EVERYTHING and is_changed:
            menu.addAction(self.tr("Put “{view}” back").format(view=name), self._put_back)
        if current.is_own:
            menu.addAction(self.tr("Rename “{view}”…").format(view=name), self._rename)
            menu.addAction(self.tr("Delete “{view}”…").format(view=name), self._delete)

    def _choose(self, key: str) -> None:
        self.chosen.emit(self._views.choose(key))

    def _put_back(self) -> None:
        self.chosen.emit(self._views.put_back())

    def _rename(self) -> None:
        self._ask_name(
            self.tr("Rename the view"),
            self.tr("The view's new name:"),
            self._views.current.name,
            self._views.rename,
        )

    def _delete(self) -> None:
        name = self._views.current.name
        box = QMessageBox(self._parent)
        box.setObjectName("deleteView")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(self.tr("Delete a view"))
        box.setTextFormat(Qt.TextFormat.PlainText)  # a name may hold a < that is no tag
        box.setText(self.tr("Delete the view “{view}”?").format(view=name))
        box.setInformativeText(self.tr("Only its filters and columns go; no row is deleted."))
        delete = box.addButton(self.tr("Delete the view"), QMessageBox.ButtonRole.DestructiveRole)
        keep = box.addButton(self.tr("Keep it"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        delete.clicked.connect(lambda: self.chosen.emit(self._views.remove()))
        box.open()

    def _ask_name(self, title: str, words: str, before: str, take: Callable[[str], object]) -> None:
        from opside_desktop.ui.tables.views.name_dialog import ViewNameDialog

        dialog = ViewNameDialog(self._views, title, words, self._parent, before=before)
        dialog.name_given.connect(take)
        dialog.open()
