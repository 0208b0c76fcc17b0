"""The settings, one section at a time, found by name or by a word that stands in them."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QWidget,
)

from opside_desktop.ui.kit.buttons import button
from opside_desktop.ui.kit.dialog import WorkDialog, scrolling, search_field
from opside_desktop.ui.kit.labels import label
from opside_desktop.ui.kit.layouts import Stretch, add, column, row
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.theme import ROW, Role, Space
from opside_desktop.ui.settings.data import DataSection
from opside_desktop.ui.settings.database import DatabaseSection
from opside_desktop.ui.settings.general import GeneralSection
from opside_desktop.ui.settings.http_api import ServeSection
from opside_desktop.ui.settings.section import Section, SettingsContext
from opside_desktop.ui.settings.updates import UpdatesSection

WIDTH, HEIGHT = 780, 660
LIST_PX = 180


class SettingsDialog(WorkDialog):
    """A list of sections, the chosen one beside it, and a search that narrows the list."""

    def __init__(self, context: SettingsContext) -> None:
        super().__init__(self.tr("Settings"), "settingsDialog", context.window)
        self._context = context
        theme = context.appearance.theme
        self._kinds: tuple[tuple[type[Section], str], ...] = (
            (GeneralSection, self.tr("General")),
            (DatabaseSection, self.tr("Database")),
            (DataSection, self.tr("Data")),
            (ServeSection, self.tr("Other programs")),
            (UpdatesSection, self.tr("New versions")),
        )
        self._made: dict[int, tuple[Section, QWidget]] = {}
        self._search = search_field(self.tr("Search settings"), "settingsSearch")
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
        for _, title in self._kinds:
            item = QListWidgetItem(title)
            item.setSizeHint(QSize(wide - Space.S, high))
            self._list.addItem(item)
        self._nothing = label(role="muted", wrap=True, name="settingsNothing")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._pages.addWidget(self._nothing)
        self._list.currentRowChanged.connect(self._on_row)
        self._search.setFixedWidth(wide)
        left = column(self._search, Stretch(self._list))
        self.content.addLayout(row(left, Stretch(self._pages), spacing=Space.XL))
        self._close = button(self.tr("Close"), self.reject, name="settingsClose")
        add(self.buttons, Stretch(), self._close)
        self.take_size(theme.px(WIDTH), theme.px(HEIGHT))
        self._list.setCurrentRow(0)
        self._search.setFocus()

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
            self._section(self._list.currentRow())[0].submit()
            return
        super().keyPressEvent(event)

    # Sections are made when they are first needed: a dialog full of them takes a tenth of a second.

    def _section(self, at: int) -> tuple[Section, QWidget]:
        """Give the section of a line of the list, and the page that holds it."""
        if at not in self._made:
            kind, title = self._kinds[at]
            section = (
                self._make_data(title) if kind is DataSection else kind(self, self._context, title)
            )
            page = QWidget()
            column(Stretch(scrolling(section)), section.footer, parent=page)
            self._made[at] = section, page
            self._pages.addWidget(page)
            # What is made later would come after the last button.
            if (last := self.previousInFocusChain()) is not None:
                QWidget.setTabOrder(last, self._close)
        return self._made[at]

    def _make_data(self, title: str) -> Section:
        at = [kind for kind, _ in self._kinds].index(DatabaseSection)
        database, _ = self._section(at)
        assert isinstance(database, DatabaseSection)  # noqa: S101  # by its kind
        data = DataSection(self, self._context, title, database)
        data.database_wanted.connect(self._search.clear)
        data.database_wanted.connect(lambda: self._list.setCurrentRow(at))
        return data

    def _on_search(self, text: str) -> None:
        found = [at for at in range(len(self._kinds)) if self._section(at)[0].matches(text)]
        for at in range(len(self._kinds)):
            self._list.setRowHidden(at, at not in found)
        if not found:
            self._nothing.setText(
                self.tr("Nothing here is called “{text}”.").format(text=text.strip())
            )
            self._pages.setCurrentWidget(self._nothing)
        elif self._list.currentRow() in found:
            self._on_row(self._list.currentRow())
        else:
            self._list.setCurrentRow(found[0])

    def _on_row(self, at: int) -> None:
        if at >= 0:
            self.clear_error()
            section, page = self._section(at)
            self._pages.setCurrentWidget(page)
            section.enter()
