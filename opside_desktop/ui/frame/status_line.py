"""The last line: time zone, database, theme, keys and version."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from opside_desktop import __version__
from opside_desktop.ui.kit.buttons import press_by_key
from opside_desktop.ui.kit.formats import Formats, ZoneChoice
from opside_desktop.ui.kit.labels import ElidedLabel, label
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.theme import Role, Space, Theme, ThemeChoice

NOTE_STRETCH = 1000


class StatusLine(QWidget):
    """Quiet facts about this program; the zone and the theme change by a click."""

    theme_chosen = Signal(object)
    zone_chosen = Signal(object)
    """The `ZoneChoice` a person made."""

    help_clicked = Signal()
    settings_clicked = Signal()
    about_clicked = Signal()

    def __init__(self, theme: Theme, formats: Formats) -> None:
        super().__init__()
        self._theme = theme
        self._formats = formats
        self.setProperty("kind", "bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._zone = self._button("globe", "zone")
        self._zone.clicked.connect(self._on_zone_clicked)
        # A sentence of any length must not make the window wider than its screen.
        self._note = ElidedLabel("readOnlyNote")
        self._note.setProperty("role", Role.WARN.value)
        self._note.setProperty("type", "small")
        self._note.hide()
        self._database = label(role="muted", font="small", name="database")
        self._theme_button = self._button("theme", "themeMenu")
        self._theme_button.setText(self.tr("Theme"))
        self._theme_button.setToolTip(self.tr("Choose light or dark"))
        self._menu = QMenu(self._theme_button)
        self._theme_button.clicked.connect(self._on_theme_clicked)
        self._fill_menu()
        keys = self._button("keyboard", "shortcutHelp")
        keys.setText(self.tr("Keys"))
        keys.setToolTip(self.tr("Show what the keyboard can do (F1)"))
        keys.clicked.connect(self.help_clicked)
        settings = self._button("settings", "settings")
        settings.setText(self.tr("Settings"))
        settings.setToolTip(self.tr("Choose the database, and more (Ctrl+,)"))
        settings.clicked.connect(self.settings_clicked)
        self._version = self._button("info", "version")
        self._version.setText(f"v{__version__}")
        self._version.setToolTip(self.tr("About this program, and its licences"))
        self._version.clicked.connect(self.about_clicked)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.M, 2, Space.M, 2)
        row.setSpacing(Space.M)
        row.addWidget(self._zone)
        row.addWidget(self._database)
        row.addWidget(self._note, NOTE_STRETCH)
        row.addStretch(1)
        row.addWidget(self._theme_button)
        row.addWidget(keys)
        row.addWidget(settings)
        row.addWidget(self._version)
        formats.changed.connect(self.show_zone)
        theme.changed.connect(self._show_choice)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not press_by_key(event):
            super().keyPressEvent(event)

    def show_database(self, text: str) -> None:
        """Name the database, without any password, and its size."""
        self._database.setText(text)

    def show_note(self, text: str) -> None:
        """Say something that holds as long as the window is open."""
        self._note.setText(text)
        self._note.setAccessibleName(text)
        self._note.setVisible(bool(text))

    def show_update(self, version: str) -> None:
        """Say that there is a newer version."""
        self._version.setText(
            self.tr("v{present} · {version} is available").format(
                present=__version__, version=version
            )
        )

    def _button(self, icon: str, name: str) -> QToolButton:
        made = QToolButton()
        made.setObjectName(name)
        made.setProperty("kind", "status")
        made.setIcon(self._theme.icon(icon, Role.MUTED))
        made.setIconSize(QSize(14, 14))
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return made

    def _fill_menu(self) -> None:
        group = QActionGroup(self)
        words = {
            ThemeChoice.SYSTEM: self.tr("As the system"),
            ThemeChoice.LIGHT: self.tr("Light"),
            ThemeChoice.DARK: self.tr("Dark"),
        }
        for choice, text in words.items():
            action = QAction(text, self._menu)
            action.setObjectName(f"theme_{choice}")
            action.setCheckable(True)
            action.setChecked(choice is self._theme.choice)
            action.triggered.connect(lambda _=False, c=choice: self.theme_chosen.emit(c))
            group.addAction(action)
            self._menu.addAction(action)

    def _show_choice(self) -> None:
        for action in self._menu.actions():
            action.setChecked(action.objectName() == f"theme_{self._theme.choice}")

    def show_zone(self) -> None:
        """Name the zone in which moments are shown."""
        self._zone.setText(self._formats.zone_name)
        self._zone.setToolTip(self.tr("All times are shown in this zone. Click for another."))
        self._zone.setAccessibleName(
            self.tr("Time zone: {zone}").format(zone=self._formats.zone_name)
        )

    def _on_zone_clicked(self) -> None:
        formats = self._formats
        menu = QMenu(self)
        menu.setObjectName("zoneMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        market = formats.marketplace_zone
        words = {
            ZoneChoice.LOCAL: self.tr("This computer's time"),
            ZoneChoice.MARKETPLACE: self.tr("The marketplace's time: {zone}").format(zone=market)
            if market is not None
            else self.tr("The marketplace's time: the shown accounts have several"),
            ZoneChoice.UTC: self.tr("UTC"),
        }
        for choice, text in words.items():
            action = menu.addAction(text)
            action.setObjectName(f"zone_{choice}")
            action.setCheckable(True)
            action.setChecked(choice is formats.zone_choice)
            action.setEnabled(choice is not ZoneChoice.MARKETPLACE or market is not None)
            action.triggered.connect(lambda _=False, c=choice: self.zone_chosen.emit(c))
        corner = self._zone.mapToGlobal(self._zone.rect().topLeft())
        corner.setY(corner.y() - menu.sizeHint().height())
        menu.popup(corner)

    def _on_theme_clicked(self) -> None:
        corner = self._theme_button.mapToGlobal(self._theme_button.rect().topLeft())
        corner.setY(corner.y() - self._menu.sizeHint().height())
        self._menu.popup(corner)
