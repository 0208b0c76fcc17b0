"""The question for a view's name, which tells before another view is replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit

from opside_desktop.ui.kit.buttons import button
from opside_desktop.ui.kit.dialog import WorkDialog, make_default
from opside_desktop.ui.kit.labels import label
from opside_desktop.ui.tables.views.saved_views import MOST_CHARACTERS

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from opside_desktop.ui.tables.views.saved_views import SavedViews

MIN_WIDTH = 460


class ViewNameDialog(WorkDialog):
    """Asks for a name.

    `before` is the name that a view has already; it may keep it. The name of a new one, with
    nothing before, may be that of another view, which is replaced.
    """

    name_given = Signal(str)

    def __init__(
        self,
        views: SavedViews,
        title: str,
        words: str,
        parent: QWidget,
        *,
        before: str,
    ) -> None:
        super().__init__(title, "viewName", parent)
        self._views = views
        self._before = before
        asked = label(words, wrap=True)
        self._field = QLineEdit(before)
        self._field.setObjectName("viewNameField")
        self._field.setMaxLength(MOST_CHARACTERS)
        self._field.setAccessibleName(words)
        self._field.selectAll()
        asked.setBuddy(self._field)
        self._told = label(role="muted", font="small", wrap=True, name="viewNameTold")
        self._told.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
        self.content.addWidget(asked)
        self.content.addWidget(self._field)
        self.content.addWidget(self._told, 1)
        self._save = make_default(
            button(self.tr("Save"), self._on_save, kind="primary", name="viewNameSave")
        )
        self.buttons.addStretch(1)
        self.buttons.addWidget(button(self.tr("Cancel"), self.reject, name="viewNameCancel"))
        self.buttons.addWidget(self._save)
        self.setMinimumWidth(MIN_WIDTH)
        # Two lines are kept free, so that nothing moves while a name is written.
        self._told.setMinimumHeight(2 * self._told.fontMetrics().lineSpacing())
        self._field.textChanged.connect(self._judge)
        self._judge(before)

    def _judge(self, name: str) -> None:
        """Tell, while a name is written, whether another view has it already."""
        found = self._views.named(name)
        other = found if found is not None and found.name != self._before else None
        replaces = other is not None and other.is_own and not self._before
        pattern = (
            self.tr("“{view}” is there already. Its filters, order and columns will be replaced.")
            if replaces
            else self.tr("“{view}” is there already. Choose another name.")
        )
        told = "" if other is None else pattern.format(view=other.name)
        self._told.setText(told)
        self._field.setAccessibleDescription(told)
        self._save.setText(self.tr("Replace") if replaces else self.tr("Save"))
        self._save.setEnabled(bool(name.strip()) and (other is None or replaces))

    def _on_save(self) -> None:
        name = self._field.text()
        self.accept()
        self.name_given.emit(name)
