"""Settings: colours and the time zone; the status line changes the same two."""

from PySide6.QtWidgets import QComboBox

from opside_desktop.ui.kit.dialog import WorkDialog
from opside_desktop.ui.kit.formats import ZoneChoice, local_zone_name
from opside_desktop.ui.kit.theme import Space, ThemeChoice
from opside_desktop.ui.settings.section import Section, SettingsContext


class GeneralSection(Section):
    """How the window looks and in whose time it shows moments. Both change at once."""

    name = "general"

    def __init__(self, dialog: WorkDialog, context: SettingsContext, title: str) -> None:
        super().__init__(dialog, context, title, also=self.tr("dark light colours time zone UTC"))
        theme, formats = context.appearance.theme, context.appearance.formats
        self._theme = QComboBox()
        self._theme.setObjectName("settingsTheme")
        for choice, text in {
            ThemeChoice.SYSTEM: self.tr("As the system"),
            ThemeChoice.LIGHT: self.tr("Light"),
            ThemeChoice.DARK: self.tr("Dark"),
        }.items():
            self._theme.addItem(text, choice.value)
        self._theme.setCurrentIndex(self._theme.findData(theme.choice.value))
        self._theme.activated.connect(self._on_theme)
        self.add_field(self.tr("Theme"), self._theme)
        self.column.addSpacing(Space.S)
        self._zone = QComboBox()
        self._zone.setObjectName("settingsZone")
        market = formats.marketplace_zone
        self._zone.addItem(
            self.tr("This computer's time: {zone}").format(zone=local_zone_name()),
            ZoneChoice.LOCAL.value,
        )
        if market is not None:
            self._zone.addItem(
                self.tr("The marketplace's time: {zone}").format(zone=market),
                ZoneChoice.MARKETPLACE.value,
            )
        self._zone.addItem(self.tr("UTC"), ZoneChoice.UTC.value)
        self._zone.setCurrentIndex(max(self._zone.findData(formats.zone_choice.value), 0))
        self._zone.activated.connect(self._on_zone)
        self.add_field(self.tr("Time zone"), self._zone)
        if market is None:
            self.add_note(
                self.tr("The shown accounts' marketplaces have no time zone in common to offer.")
            )
        self.column.addStretch(1)

    def _on_theme(self) -> None:
        self.context.window.choose_theme(ThemeChoice(self._theme.currentData()))

    def _on_zone(self) -> None:
        self.context.window.choose_zone(ZoneChoice(self._zone.currentData()))
