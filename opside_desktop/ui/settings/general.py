"""Settings: colours and the time zone; the status line changes the same two."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from PySide6.QtWidgets import QComboBox

from opside_desktop.ui.kit.dialog import WorkDialog
from opside_desktop.ui.kit.formats import ZoneChoice, local_zone_name
from opside_desktop.ui.kit.theme import Space, ThemeChoice
from opside_desktop.ui.settings.section import Section, SettingsContext

C = TypeVar("C", ThemeChoice, ZoneChoice)


class GeneralSection(Section):
    """How the window looks and in whose time it shows moments. Both change at once."""

    name = "general"

    def __init__(self, dialog: WorkDialog, context: SettingsContext, title: str) -> None:
        super().__init__(dialog, context, title, also=self.tr("dark light colours time zone UTC"))
        theme, formats = context.appearance.theme, context.appearance.formats
        themes = {
            ThemeChoice.SYSTEM: self.tr("As the system"),
            ThemeChoice.LIGHT: self.tr("Light"),
            ThemeChoice.DARK: self.tr("Dark"),
        }
        choose_theme, choose_zone = context.window.choose_theme, context.window.choose_zone
        chooser = _chooser("settingsTheme", themes, theme.choice, choose_theme)
        self.add_field(self.tr("Theme"), chooser)
        self.column.addSpacing(Space.S)
        market = formats.marketplace_zone
        here = self.tr("This computer's time: {zone}").format(zone=local_zone_name())
        zones = {ZoneChoice.LOCAL: here}
        if market is not None:
            there = self.tr("The marketplace's time: {zone}").format(zone=market)
            zones[ZoneChoice.MARKETPLACE] = there
        zones[ZoneChoice.UTC] = self.tr("UTC")
        chooser = _chooser("settingsZone", zones, formats.zone_choice, choose_zone)
        self.add_field(self.tr("Time zone"), chooser)
        if market is None:
            self.add_note(
                self.tr("The shown accounts' marketplaces have no time zone in common to offer.")
            )
        self.column.addStretch(1)


def _chooser(
    name: str, words: Mapping[C, str], chosen: C, choose: Callable[[C], object]
) -> QComboBox:
    offered = list(words)
    made = QComboBox()
    made.setObjectName(name)
    made.addItems(list(words.values()))
    made.setCurrentIndex(offered.index(chosen) if chosen in offered else 0)
    made.activated.connect(lambda at: choose(offered[at]))
    return made
