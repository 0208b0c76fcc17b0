"""Colours, fonts and distances by role: the only place that names any of them."""

from enum import IntEnum, StrEnum

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QIcon, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QFrame, QWidget

from opside_desktop.ui.kit import stylesheet
from opside_desktop.ui.kit.icons import TintedIcon, render


class Role(StrEnum):
    """What a colour is for."""

    WINDOW = "window"
    SURFACE = "surface"
    RAISED = "raised"
    LINE = "line"
    TEXT = "text"
    MUTED = "muted"
    ACCENT = "accent"
    ON_ACCENT = "on_accent"
    SELECTION = "selection"
    OK = "ok"
    WARN = "warn"
    ERROR = "error"
    INFO = "info"


class FontRole(StrEnum):
    """What a text is."""

    BODY = "body"
    SMALL = "small"
    SECTION = "section"
    PAGE = "page"
    MONO = "mono"
    FIGURES = "figures"


class ThemeChoice(StrEnum):
    """What a person chose; `system` follows the desktop while the program runs."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Space(IntEnum):
    """Distances in logical pixels, on a grid of four."""

    XS = 4
    S = 8
    M = 12
    L = 16
    XL = 24


CORNER = 6
ROW = 28
ROW_COMPACT = 24
ICON = 16
ICON_NAV = 20

_LIGHT = {
    Role.WINDOW: "#F6F7F9",
    Role.SURFACE: "#FFFFFF",
    Role.RAISED: "#FFFFFF",
    Role.LINE: "#DDE1E7",
    Role.TEXT: "#1B2430",
    Role.MUTED: "#5A6675",
    Role.ACCENT: "#0B6E6E",
    Role.ON_ACCENT: "#FFFFFF",
    Role.SELECTION: "#D6ECEB",
    Role.OK: "#1E7B45",
    Role.WARN: "#8A5A00",
    Role.ERROR: "#B3261E",
    Role.INFO: "#1F5FA8",
}
_DARK = {
    Role.WINDOW: "#14181D",
    Role.SURFACE: "#1B2027",
    Role.RAISED: "#222933",
    Role.LINE: "#323B47",
    Role.TEXT: "#E6EAF0",
    Role.MUTED: "#9AA7B6",
    Role.ACCENT: "#4FC3BE",
    Role.ON_ACCENT: "#0B1416",
    Role.SELECTION: "#1F4A4A",
    Role.OK: "#6CCB8E",
    Role.WARN: "#E3B341",
    Role.ERROR: "#FF8A80",
    Role.INFO: "#7FB6F2",
}
_PIXELS = {
    FontRole.BODY: 13,
    FontRole.SMALL: 12,
    FontRole.SECTION: 15,
    FontRole.PAGE: 20,
    FontRole.MONO: 12,
    FontRole.FIGURES: 12,
}

ZOOMS = (80, 90, 100, 110, 125, 150, 175, 200)
"""Sizes of texts in percent that a person can choose."""

_WORN = "fontRole"

STYLE = ("-style", "fusion")
"""Arguments for the application: the one style that follows a palette on every system.

Setting it from Python would load all names of Qt's styles, which takes 11 ms.
"""


class Theme(QObject):
    """Light or dark, by choice or as the desktop says. One for each program, handed around.

    The application has to be made with `STYLE`.
    """

    changed = Signal()
    """Colours, or the size of texts, differ from now on."""

    def __init__(
        self, app: QApplication, choice: ThemeChoice = ThemeChoice.SYSTEM, zoom: int = 100
    ) -> None:
        super().__init__(app)
        self._zoom = max(ZOOMS[0], min(zoom, ZOOMS[-1]))
        self._app = app
        self._choice = choice
        self._pixmaps: dict[tuple[str, str, int, float], QPixmap] = {}
        stylesheet.find_pictures()
        app.setFont(self.font(FontRole.BODY))
        app.styleHints().colorSchemeChanged.connect(self._on_system_changed)
        self._colors = _LIGHT
        self._apply()

    @property
    def choice(self) -> ThemeChoice:
        """What was chosen."""
        return self._choice

    def choose(self, choice: ThemeChoice) -> None:
        """Change the theme at once, everywhere."""
        self._choice = choice
        self._apply()

    @property
    def zoom(self) -> int:
        """How large texts are, in percent."""
        return self._zoom

    def set_zoom(self, percent: int) -> None:
        """Make all texts larger or smaller, within the limits of `ZOOMS`."""
        percent = max(ZOOMS[0], min(percent, ZOOMS[-1]))
        if percent == self._zoom:
            return
        self._zoom = percent
        self._app.setFont(self.font(FontRole.BODY))
        self._set_style()
        # After the stylesheet, which would put back the fonts it knows.
        for widget in self._app.allWidgets():
            role = widget.property(_WORN)
            if role is not None:
                widget.setFont(self.font(FontRole(role)))
        self.changed.emit()

    def step_zoom(self, step: int) -> None:
        """Go one step of `ZOOMS` up for 1, down for -1."""
        nearest = min(range(len(ZOOMS)), key=lambda n: abs(ZOOMS[n] - self._zoom))
        self.set_zoom(ZOOMS[max(0, min(nearest + step, len(ZOOMS) - 1))])

    def px(self, length: int) -> int:
        """Give a length around texts in their present size."""
        return round(length * self._zoom / 100)

    def wear(self, widget: QWidget, role: FontRole) -> None:
        """Give a widget the font of a role, in whatever size texts have."""
        widget.setFont(self.font(role))
        widget.setProperty(_WORN, role.value)

    def color(self, role: Role) -> QColor:
        """Give the present colour of a role; ask again after `changed`."""
        return QColor(self._colors[role])

    def font(self, role: FontRole) -> QFont:
        """Give the font of a role. Figures are tabular: all digits have one width."""
        system = (
            QFontDatabase.SystemFont.FixedFont
            if role is FontRole.MONO
            else QFontDatabase.SystemFont.GeneralFont
        )
        font = QFont(QFontDatabase.systemFont(system))
        font.setPixelSize(self.px(_PIXELS[role]))
        if role in (FontRole.SECTION, FontRole.PAGE):
            font.setWeight(QFont.Weight.DemiBold)
        if role is FontRole.FIGURES:
            font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def icon(self, name: str, role: Role = Role.TEXT) -> QIcon:
        """Give an icon that takes the role's colour whenever it is painted."""
        return QIcon(TintedIcon(name, lambda: self.color(role), lambda: self.color(Role.MUTED)))

    def pixmap(self, name: str, role: Role, size_px: int = ICON, dpr: float = 1.0) -> QPixmap:
        """Give an icon as a picture, for delegates; made once for each colour and size."""
        color = self._colors[role]
        key = (name, color, size_px, dpr)
        if key not in self._pixmaps:
            self._pixmaps[key] = render(name, QColor(color), QSize(size_px, size_px), dpr)
        return self._pixmaps[key]

    def hairline(self, parent: QWidget, *, vertical: bool = False) -> QFrame:
        """Make a line of one pixel."""
        line = QFrame(parent)
        line.setProperty("kind", "line")
        if vertical:
            line.setFixedWidth(1)
        else:
            line.setFixedHeight(1)
        return line

    def _on_system_changed(self) -> None:
        if self._choice is ThemeChoice.SYSTEM:
            self._apply()

    def _wants_dark(self) -> bool:
        if self._choice is ThemeChoice.SYSTEM:
            return QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
        return self._choice is ThemeChoice.DARK

    def _apply(self) -> None:
        self._colors = _DARK if self._wants_dark() else _LIGHT
        self._app.setPalette(self._palette())
        self._set_style()
        self.changed.emit()

    def _set_style(self) -> None:
        colors = {str(k): v for k, v in self._colors.items()}
        self._app.setStyleSheet(stylesheet.build(colors, self._zoom))

    def _palette(self) -> QPalette:
        palette = QPalette()
        group, roles = QPalette.ColorGroup, QPalette.ColorRole
        for target, source in {
            roles.Window: Role.WINDOW,
            roles.WindowText: Role.TEXT,
            roles.Base: Role.SURFACE,
            roles.AlternateBase: Role.WINDOW,
            roles.ToolTipBase: Role.RAISED,
            roles.ToolTipText: Role.TEXT,
            roles.PlaceholderText: Role.MUTED,
            roles.Text: Role.TEXT,
            roles.Button: Role.SURFACE,
            roles.ButtonText: Role.TEXT,
            roles.BrightText: Role.ERROR,
            roles.Link: Role.ACCENT,
            roles.LinkVisited: Role.ACCENT,
            roles.Highlight: Role.SELECTION,
            roles.HighlightedText: Role.TEXT,
            roles.Accent: Role.ACCENT,
            roles.Mid: Role.LINE,
            roles.Dark: Role.LINE,
            roles.Light: Role.RAISED,
        }.items():
            palette.setColor(target, self.color(source))
        for target in (roles.WindowText, roles.Text, roles.ButtonText):
            palette.setColor(group.Disabled, target, self.color(Role.MUTED))
        return palette
