"""The last line: time zone, database, theme, keys and version."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton

from opside_desktop import __version__
from opside_desktop.ui.kit.buttons import Ground, text_button
from opside_desktop.ui.kit.formats import Formats, ZoneChoice
from opside_desktop.ui.kit.labels import ElidedLabel, label
from opside_desktop.ui.kit.layouts import Stretch, row
from opside_desktop.ui.kit.theme import Role, Space, Theme, ThemeChoice

NOTE_STRETCH = 1000


class StatusLine(Ground):
    """Quiet facts about this program; the zone and the theme change by a click."""

    theme_chosen = Signal(object)
    zone_chosen = Signal(object)
    """The `ZoneChoice` a person made."""

    help_clicked = Signal()
    settings_clicked = Signal()
    about_clicked = Signal()

    def __init__(self, theme: Theme, formats: Formats) -> None:
        super().__init__("bar")
        self._theme = theme
        self._formats = formats
        self._notes = "", ""
        """What holds as long as the window is open, and what is done behind it."""
        self._zone = self._button("globe", "zone", self._on_zone_clicked)
        # A sentence of any length must not make the window wider than its screen.
        self._note = ElidedLabel("readOnlyNote", font="small")
        self._note.setProperty("role", Role.WARN.value)
        self._note.hide()
        self._database = label(role="muted", font="small", name="database")
        self._theme_button = self._button("theme", "themeMenu", self._on_theme_clicked)
        self._theme_button.setText(self.tr("Theme"))
        self._theme_button.setToolTip(self.tr("Choose light or dark"))
        self._menu = QMenu(self._theme_button)
        self._fill_menu()
        keys = self._button("keyboard", "shortcutHelp", self.help_clicked.emit)
        keys.setText(self.tr("Keys"))
        keys.setToolTip(self.tr("Show what the keyboard can do (F1)"))
        settings = self._button("settings", "settings", self.settings_clicked.emit)
        settings.setText(self.tr("Settings"))
        settings.setToolTip(self.tr("Choose the database, and more (Ctrl+,)"))
        self._version = self._button("info", "version", self.about_clicked.emit)
        self._version.setText(f"v{__version__}")
        self._version.setToolTip(self.tr("About this program, and its licences"))
        row(
            self._zone,
            self._database,
            Stretch(self._note, NOTE_STRETCH),
            Stretch(),
            self._theme_button,
            keys,
            settings,
            self._version,
            spacing=Space.M,
            margins=(Space.M, 2, Space.M, 2),
            parent=self,
        )
        formats.changed.connect(self.show_zone)
        theme.changed.connect(self._show_choice)

    def show_database(self, text: str) -> None:
        """Name the database, without any password, and its size."""
        self._database.setText(text)

    def show_note(self, text: str) -> None:
        """Say something that holds as long as the window is open."""
        self._notes = text, self._notes[1]
        self._show_notes()

    def show_work(self, text: str) -> None:
        """Say what is done behind the window, beside the note; nothing once it is done."""
        self._notes = self._notes[0], text
        self._show_notes()

    def _show_notes(self) -> None:
        text = "  ·  ".join(filter(None, self._notes))
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

    def _button(self, icon: str, name: str, slot: Callable[[], object]) -> QToolButton:
        made = text_button(self._theme, icon, "", slot, name=name)
        made.setProperty("kind", "status")
        made.setIconSize(QSize(14, 14))
        return made

    def _fill_menu(self) -> None:
        group = QActionGroup(self)
        words = {
            ThemeChoice.SYSTEM: self.tr("As the system"),
            ThemeChoice.LIGHT: self.tr("Light"),
            ThemeChoice.DARK: self.tr("Dark"),
        }
        for choice, text in words.items():
            action = self._menu.addAction(text)
            action.setObjectName(f"theme_{choice}")
            action.setCheckable(True)
            action.setChecked(choice is self._theme.choice)
            action.triggered.connect(lambda _=False, c=choice: self.theme_chosen.emit(c))
            group.addAction(action)

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
        _open_above(self._zone, menu)

    def _on_theme_clicked(self) -> None:
        _open_above(self._theme_button, self._menu)


def _open_above(anchor: QToolButton, menu: QMenu) -> None:
    corner = anchor.mapToGlobal(anchor.rect().topLeft())
    corner.setY(corner.y() - menu.sizeHint().height())
    menu.popup(corner)
