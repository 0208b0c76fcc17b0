"""The settings, one section at a time, found by name or by a word that stands in them."""

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from opside_desktop.ui.kit.buttons import button
from opside_desktop.ui.kit.dialog import WorkDialog
from opside_desktop.ui.kit.labels import label
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.theme import ROW, Role, Space
from opside_desktop.ui.settings.section import Section, SettingsContext

WIDTH, HEIGHT = 780, 660
LIST_PX = 180


class SettingsDialog(WorkDialog):
    """A list of sections, the chosen one beside it, and a search that narrows the list."""

    def __init__(self, context: SettingsContext) -> None:
        super().__init__("", "settingsDialog", context.window)
        self.setWindowTitle(self.tr("Settings"))
        self._context = context
        theme = context.appearance.theme
        self._entries = (
            SectionEntry("general", self.tr("General"), self._make_general),
            SectionEntry("database", self.tr("Database"), self._make_database),
            SectionEntry("data", self.tr("Data"), self._make_data),
            SectionEntry("serve", self.tr("Other programs"), self._make_serve),
            SectionEntry("updates", self.tr("New versions"), self._make_updates),
        )
        self._made: dict[str, tuple[Section, QWidget]] = {}
        self._search = QLineEdit()
        self._search.setObjectName("settingsSearch")
        self._search.setPlaceholderText(self.tr("Search settings"))
        self._search.setAccessibleName(self.tr("Search settings"))
        self._search.setClearButtonEnabled(True)
        self._search.addAction(
            theme.icon("search", Role.MUTED), QLineEdit.ActionPosition.LeadingPosition
        )
        self._search.textChanged.connect(self._on_search)
        self._search.installEventFilter(self)
        self._list = QListWidget()
        self._list.setObjectName("settingsSections")
        self._list.setProperty("kind", "sections")
        self._list.setAccessibleName(self.tr("Sections"))
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        wide, high = theme.px(LIST_PX), theme.px(ROW + Space.XS)
        self._list.setFixedWidth(wide)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._pages = QStackedWidget()
        for entry in self._entries:
            item = QListWidgetItem(entry.title)
            item.setSizeHint(QSize(wide - Space.S, high))
            self._list.addItem(item)
        self._nothing = label(role="muted", wrap=True, name="settingsNothing")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._pages.addWidget(self._nothing)
        self._list.currentRowChanged.connect(self._on_row)
        left = QVBoxLayout()
        left.setSpacing(Space.S)
        left.addWidget(self._search)
        left.addWidget(self._list, 1)
        row = QHBoxLayout()
        row.setSpacing(Space.XL)
        row.addLayout(left)
        row.addWidget(self._pages, 1)
        self._search.setFixedWidth(wide)
        self.content.addLayout(row)
        self.buttons.addStretch(1)
        self._close = button(self.tr("Close"), self.reject, name="settingsClose")
        self.buttons.addWidget(self._close)
        self.take_size(theme.px(WIDTH), theme.px(HEIGHT))
        self._list.setCurrentRow(0)
        self._search.setFocus()

    def show_section(self, name: str) -> None:
        """Show the section of that name, whatever is searched for."""
        self._search.clear()
        self._list.setCurrentRow([entry.name for entry in self._entries].index(name))

    @override
    def done(self, result: int) -> None:
        for section, _ in self._made.values():
            section.leave()
        super().done(result)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        is_key = watched is self._search and event.type() is QEvent.Type.KeyPress
        if is_key and isinstance(event, QKeyEvent):
            # Down and Enter lead from the search to what it found; Esc takes it back first.
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._list.setFocus()
                return True
            if event.key() == Qt.Key.Key_Escape and self._search.text():
                self._search.clear()
                return True
        return super().eventFilter(watched, event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and not isinstance(self.focusWidget(), QAbstractButton):
            self._section(self._entries[self._list.currentRow()])[0].submit()
            return
        super().keyPressEvent(event)

    # Sections are made when they are first needed: a dialog full of them takes a tenth of a second.

    def _section(self, entry: "SectionEntry") -> tuple[Section, QWidget]:
        if entry.name not in self._made:
            section = entry.make(entry.title)
            page = _page(section)
            self._made[entry.name] = section, page
            self._pages.addWidget(page)
            # What is made later would come after the last button.
            if (last := self.previousInFocusChain()) is not None:
                QWidget.setTabOrder(last, self._close)
        return self._made[entry.name]

    def _make_general(self, title: str) -> Section:
        from opside_desktop.ui.settings.general import GeneralSection

        return GeneralSection(self, self._context, title)

    def _make_database(self, title: str) -> Section:
        from opside_desktop.ui.settings.database import DatabaseSection

        return DatabaseSection(self, self._context, title)

    def _make_data(self, title: str) -> Section:
        from opside_desktop.ui.settings.data import DataSection
        from opside_desktop.ui.settings.database import DatabaseSection

        database, _ = self._section(self._entries[1])
        assert isinstance(database, DatabaseSection)  # noqa: S101  # made above
        data = DataSection(self, self._context, title, database)
        data.database_wanted.connect(lambda: self.show_section("database"))
        return data

    def _make_serve(self, title: str) -> Section:
        from opside_desktop.ui.settings.http_api import ServeSection

        return ServeSection(self, self._context, title)

    def _make_updates(self, title: str) -> Section:
        from opside_desktop.ui.settings.updates import UpdatesSection

        return UpdatesSection(self, self._context, title)

    def _on_search(self, text: str) -> None:
        found = [
            row for row, each in enumerate(self._entries) if self._section(each)[0].matches(text)
        ]
        for row in range(self._list.count()):
            self._list.setRowHidden(row, row not in found)
        if not found:
            self._nothing.setText(
                self.tr("Nothing here is called “{text}”.").format(text=text.strip())
            )
            self._pages.setCurrentWidget(self._nothing)
        elif self._list.currentRow() in found:
            self._on_row(self._list.currentRow())
        else:
            self._list.setCurrentRow(found[0])

    def _on_row(self, row: int) -> None:
        if row >= 0:
            self.clear_error()
            section, page = self._section(self._entries[row])
            self._pages.setCurrentWidget(page)
            section.enter()


class SectionEntry(NamedTuple):
    """A line of the list, and how its section is made from its title."""

    name: str
    title: str
    make: Callable[[str], Section]


def _page(section: Section) -> QWidget:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(section)
    area.viewport().setAutoFillBackground(False)
    section.setAutoFillBackground(False)
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(Space.S)
    column.addWidget(area, 1)
    column.addLayout(section.footer)
    return page
