"""The list of a table's columns, with a search: to choose the shown ones, or to go to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem, QWidget

from opside_desktop.ui.kit import layouts
from opside_desktop.ui.kit.buttons import button
from opside_desktop.ui.kit.dialog import search_field
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.theme import ROW_COMPACT, FontRole, Role, Space
from opside_desktop.ui.tables.rows.table_columns import Kind, TableColumn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QPoint

    from opside_desktop.ui.kit.theme import Theme

WIDTH = 260
MOST_LINES = 16

_FIELD = Qt.ItemDataRole.UserRole


class ColumnList(QFrame):
    """Pops up, is searched by typing, and goes away with Esc or a click beside it."""

    toggled = Signal(str, bool)
    """field, shown: in a list to choose from."""

    gone_to = Signal(str)
    """field: in a list to go to."""

    reset_asked = Signal()

    def __init__(
        self,
        columns: Sequence[TableColumn],
        hidden: set[str],
        theme: Theme,
        *,
        chooses: bool,
        parent: QWidget,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("columnList")
        self.setProperty("kind", "popup")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._chooses = chooses
        self._theme = theme
        self.search = search_field(self.tr("Find a column"), "columnSearch")
        self.search.textChanged.connect(self._on_text_changed)
        self.search.returnPressed.connect(lambda: self._press(self.entries.currentItem()))
        self.search.installEventFilter(self)
        self.entries: QListWidget = QListWidget()
        self.entries.setObjectName("columnEntries")
        self.entries.setAccessibleName(
            self.tr("Columns to show") if chooses else self.tr("Columns to go to")
        )
        self.entries.itemClicked.connect(self._on_item_clicked)
        self.entries.itemActivated.connect(self._press)
        self.entries.itemChanged.connect(self._on_item_changed)
        self._fill(columns, hidden)
        whole = layouts.column(self.search, self.entries, margins=(Space.S,) * 4, parent=self)
        if chooses:
            again = button(self.tr("Reset columns"), self.reset_asked.emit, kind="link")
            again.setObjectName("resetColumns")
            again.clicked.connect(self.close)
            whole.addWidget(again, 0, Qt.AlignmentFlag.AlignLeading)
        self.setFixedWidth(max(theme.px(WIDTH), WIDTH))
        lines = min(self.entries.count(), MOST_LINES)
        room = self.screen().availableGeometry().height() * 2 // 3
        high = lines * theme.px(ROW_COMPACT) + 2 * Space.XS
        self.entries.setFixedHeight(min(high, room))

    def pop_up(self, corner: QPoint) -> None:
        """Show the list with the keyboard in its search field, within the screen."""
        self.adjustSize()
        screen = self.screen().availableGeometry()
        left = min(corner.x(), screen.right() - self.width())
        top = min(corner.y(), screen.bottom() - self.height())
        self.move(max(left, screen.left()), max(top, screen.top()))
        self.show()
        self.search.setFocus()
        self._choose_first()

    def _fill(self, columns: Sequence[TableColumn], hidden: set[str]) -> None:
        groups = {
            self.tr("Names and texts"): (Kind.ID, Kind.TEXT),
            self.tr("Kinds and states"): (Kind.CHOICE, Kind.STATUS),
            self.tr("Figures"): (Kind.MONEY, Kind.NUMBER),
            self.tr("Dates"): (Kind.MOMENT,),
        }
        for title, kinds in groups.items():
            found = [column for column in columns if column.kind in kinds]
            if not found:
                continue
            heading = QListWidgetItem(title, self.entries)
            heading.setFlags(Qt.ItemFlag.NoItemFlags)
            heading.setForeground(self._theme.color(Role.MUTED))
            heading.setFont(self._theme.font(FontRole.SMALL))
            heading.setSizeHint(QSize(0, self._theme.px(ROW_COMPACT)))
            for column in found:
                item = QListWidgetItem(column.name)
                item.setSizeHint(QSize(0, self._theme.px(ROW_COMPACT)))
                item.setData(_FIELD, column.field)
                flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
                if self._chooses:
                    if column.key:
                        flags = Qt.ItemFlag.ItemIsSelectable
                    item.setFlags(flags | Qt.ItemFlag.ItemIsUserCheckable)
                    shown = column.field not in hidden
                    item.setCheckState(Qt.CheckState.Checked if shown else Qt.CheckState.Unchecked)
                else:
                    item.setFlags(flags)
                    if column.field in hidden:
                        item.setText(self.tr("{column} (hidden)").format(column=column.name))
                self.entries.addItem(item)

    def _items(self) -> list[QListWidgetItem]:
        return [self.entries.item(line) for line in range(self.entries.count())]

    def _on_text_changed(self, text: str) -> None:
        words = text.casefold().split()
        heading: QListWidgetItem | None = None
        for item in self._items():
            if item.data(_FIELD) is None:
                heading = item
                heading.setHidden(True)
                continue
            fits = all(word in item.text().casefold() for word in words)
            item.setHidden(not fits)
            if fits and heading is not None:
                heading.setHidden(False)
        self._choose_first()

    def _choose_first(self) -> None:
        self.entries.setCurrentRow(-1)
        self._step(1)

    def _on_item_clicked(self, item: QListWidgetItem) -> None:
        if not self._chooses:
            self._press(item)

    def _press(self, item: QListWidgetItem | None) -> None:
        if item is None or item.isHidden() or not item.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        if self._chooses:
            checked = item.checkState() is Qt.CheckState.Checked
            item.setCheckState(Qt.CheckState.Unchecked if checked else Qt.CheckState.Checked)
        else:
            field = item.data(_FIELD)
            self.close()
            self.gone_to.emit(field)

    def _on_item_changed(self, item: QListWidgetItem) -> None:
        field = item.data(_FIELD)
        if self._chooses and field is not None and self.isVisible():
            self.toggled.emit(field, item.checkState() is Qt.CheckState.Checked)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrows move in the list while a person types."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None:
                self._step(step)
                return True
        return super().eventFilter(watched, event)

    def _step(self, step: int) -> None:
        line = self.entries.currentRow() + step
        while 0 <= line < self.entries.count():
            item = self.entries.item(line)
            if not item.isHidden() and item.flags() & Qt.ItemFlag.ItemIsEnabled:
                self.entries.setCurrentItem(item)
                return
            line += step

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
            return
        super().keyPressEvent(event)
