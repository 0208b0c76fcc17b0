"""The window: a frame around the pages. It arranges; the pages and the controller decide."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QByteArray, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QWidget

from opside_desktop.ui.frame.activity_strip import ActivityStrip
from opside_desktop.ui.frame.navigation import Navigation, NavigationEntry
from opside_desktop.ui.frame.status_line import StatusLine
from opside_desktop.ui.frame.top_bar import TopBar
from opside_desktop.ui.kit.banner import BannerArea, Message
from opside_desktop.ui.kit.focus import FocusKeeper, Region, focus_first, go_on
from opside_desktop.ui.kit.formats import Formats, ZoneChoice
from opside_desktop.ui.kit.layouts import Stretch, column, row
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.placeholders import Skeleton
from opside_desktop.ui.kit.shortcuts import Shortcut, install
from opside_desktop.ui.kit.theme import Theme, ThemeChoice
from opside_desktop.ui.kit.timings import SHIPPED
from opside_desktop.ui.kit.window_state import WindowState

if TYPE_CHECKING:
    from opside_desktop.ui.frame.stand_in_pages import FaultPage

MIN_WIDTH, MIN_HEIGHT = 1024, 640
FIRST_WIDTH, FIRST_HEIGHT = 1280, 800
FRAME_PX = 40
"""Kept free on a small screen for the system's title bar and edges, which Qt does not know yet."""
NARROW_BELOW_PX = 1000


ShortcutGroups = Callable[[], Sequence[tuple[str, Sequence[Shortcut]]]]
"""Gives titles and shortcuts of whatever is shown now."""


class Appearance(NamedTuple):
    """What the frame is built with before the program is open."""

    theme: Theme
    formats: Formats
    window_state: WindowState


class MainWindow(QMainWindow):
    """Bar, navigation, pages, activity strip and status line."""

    closed = Signal()
    """The person closed the window."""

    painted = Signal()
    """The first frame has been painted."""

    retry_clicked = Signal()
    """Open the program again, after it could not be opened."""

    settings_clicked = Signal()
    """The settings are wanted."""

    page_chosen = Signal(str)
    """The page of this name is wanted."""

    cancel_pressed = Signal()
    refresh_pressed = Signal()
    find_pressed = Signal()
    rows_wanted = Signal()
    """The keyboard is to go to what the page shows."""

    back_pressed = Signal()
    forward_pressed = Signal()
    escape_pressed = Signal()

    def __init__(
        self, appearance: Appearance, *, title: str, freshness_ms: int = SHIPPED.freshness_ms
    ) -> None:
        super().__init__()
        self._appearance = appearance
        self._is_painted = False
        self.is_closed = False
        self.may_close: Callable[[], bool] = lambda: True
        """Asked before the window closes; where not, it says so itself and closes it later."""
        self.setObjectName("mainWindow")
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setWindowTitle(title)
        self.entries = (
            NavigationEntry("claims", self.tr("Claims")),
            NavigationEntry("inventory", self.tr("Inventory")),
            NavigationEntry("orders", self.tr("Orders")),
            NavigationEntry("syncs", self.tr("Syncs")),
            NavigationEntry("accounts", self.tr("Accounts")),
        )
        self.top_bar = TopBar(appearance.theme, appearance.formats)
        self.navigation = Navigation(appearance.theme, self.entries)
        self.banners = BannerArea(appearance.theme)
        self.strip = ActivityStrip(appearance.theme, appearance.formats)
        self.status = StatusLine(appearance.theme, appearance.formats)
        self.stack = QStackedWidget()
        self._skeleton = Skeleton()
        self._fault: FaultPage | None = None
        self.stack.addWidget(self._skeleton)
        self._arrange()
        self.navigation.chosen.connect(self.page_chosen)
        self.status.settings_clicked.connect(self.settings_clicked)
        self.status.theme_chosen.connect(self.choose_theme)
        self.status.zone_chosen.connect(self.choose_zone)
        self.status.help_clicked.connect(self.show_shortcuts)
        self.status.about_clicked.connect(self.show_about)
        self.shortcuts = self._shortcuts()
        install(self, self.shortcuts)
        appearance.theme.changed.connect(self._fit_navigation)
        self._freshness = QTimer(self)
        self._freshness.setInterval(freshness_ms)
        self._freshness.timeout.connect(appearance.formats.look_at_clock)
        self._freshness.timeout.connect(self.top_bar.tick)
        self._freshness.timeout.connect(self.strip.write)
        self._freshness.start()
        self._page_shortcuts: ShortcutGroups = tuple
        self._restore_geometry()
        FocusKeeper(self, self.stack, self.rows_wanted.emit)
        # Else Qt gives the keyboard, while the pages are still closed, to the last line.
        self.stack.setFocus()

    def show_opening(self) -> None:
        """Show grey bars until the program is open."""
        self.stack.setCurrentWidget(self._skeleton)
        self.set_usable(is_usable=False)

    def show_fault(self, error: BaseException) -> None:
        """Say on the whole page why the program cannot open."""
        if self._fault is None:
            from opside_desktop.ui.frame.stand_in_pages import FaultPage

            self._fault = FaultPage(
                on_retry=self.retry_clicked.emit, on_settings=self.settings_clicked.emit
            )
            self.stack.addWidget(self._fault)
        self._fault.say(error)
        self.stack.setCurrentWidget(self._fault)
        self.set_usable(is_usable=False)
        self._fault.focus()

    def set_usable(self, *, is_usable: bool) -> None:
        """Allow or refuse what needs the open program."""
        self.navigation.setEnabled(is_usable)
        self.strip.setVisible(is_usable)
        if is_usable:
            self.status.show_zone()

    def add_bar(self, bar: QWidget) -> None:
        """Put a bar above the activity strip."""
        self._column.insertWidget(self._column.indexOf(self.strip), bar)

    def list_more_shortcuts(self, groups: ShortcutGroups) -> None:
        """Let the help list these too."""
        self._page_shortcuts = groups

    def report(self, error: BaseException) -> None:
        """Show an error above the page."""
        self.banners.say(Message.of(error))

    def show_shortcuts(self) -> None:
        """Open the list of what the keyboard can do."""
        from opside_desktop.ui.dialogs.shortcuts import ShortcutsDialog

        groups = [(self.tr("Everywhere"), self.shortcuts), *self._page_shortcuts()]
        ShortcutsDialog(groups, self).open()

    def show_about(self) -> None:
        """Show version, build and licences."""
        from opside_desktop.ui.dialogs.about import AboutDialog

        AboutDialog(self).open()

    def choose_theme(self, choice: ThemeChoice) -> None:
        """Change the colours, and remember it."""
        self._appearance.theme.choose(choice)
        self._appearance.window_state.put("theme", choice.value)

    def _go_on(self, step: int) -> None:
        parts = [self.top_bar, self.navigation, self.strip, self.status]
        regions: list[Region] = [(part, partial(focus_first, part)) for part in parts]
        regions.insert(2, (self.stack, self.rows_wanted.emit))
        go_on(regions, step)

    def _zoom(self, step: int) -> None:
        theme = self._appearance.theme
        if step:
            theme.step_zoom(step)
        else:
            theme.set_zoom(100)
        self._appearance.window_state.put("zoom", theme.zoom)

    def choose_zone(self, choice: ZoneChoice) -> None:
        """Show moments in another zone, and remember it."""
        self._appearance.formats.choose_zone(choice)
        self.status.show_zone()
        self._appearance.window_state.put("zone", choice.value)

    def save_layout(self) -> None:
        """Remember size and place."""
        text = bytes(self.saveGeometry().toBase64().data()).decode()
        self._appearance.window_state.put("geometry", text)
        self._appearance.window_state.save()

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.may_close():
            event.ignore()
            return
        self.save_layout()
        event.accept()
        self.is_closed = True
        self.closed.emit()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._is_painted:
            self._is_painted = True
            QTimer.singleShot(0, self.painted.emit)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_navigation()

    def _fit_navigation(self) -> None:
        # Larger texts need more room than a window may have.
        narrow_below = max(self._appearance.theme.px(NARROW_BELOW_PX), NARROW_BELOW_PX)
        self.navigation.show_narrow(is_narrow=self.width() < narrow_below)

    def _arrange(self) -> None:
        theme = self._appearance.theme
        content = column(self.banners, Stretch(self.stack), spacing=0)
        edge = theme.hairline(self, vertical=True)
        middle = row(self.navigation, edge, Stretch(content), spacing=0)
        central = QWidget()
        self._column = column(
            self.top_bar,
            theme.hairline(self),
            Stretch(middle),
            theme.hairline(self),
            self.strip,
            theme.hairline(self),
            self.status,
            spacing=0,
            parent=central,
        )
        self.setCentralWidget(central)

    def _shortcuts(self) -> list[Shortcut]:
        pages = [
            Shortcut(
                f"Ctrl+{number}",
                self.tr("Go to {page}").format(page=entry.title),
                partial(self.page_chosen.emit, entry.name),
            )
            for number, entry in enumerate(self.entries, 1)
        ]
        return [
            *pages,
            Shortcut("Ctrl+Shift+S", self.tr("Sync now"), self.top_bar.sync_button.click),
            Shortcut("Ctrl+.", self.tr("Cancel the running sync"), self.cancel_pressed.emit),
            Shortcut("F5 Ctrl+R", self.tr("Show what is stored now"), self.refresh_pressed.emit),
            Shortcut("Ctrl+F", self.tr("Find in the table"), self.find_pressed.emit),
            Shortcut("Alt+Left", self.tr("Go back"), self.back_pressed.emit),
            Shortcut("Alt+Right", self.tr("Go forward again"), self.forward_pressed.emit),
            Shortcut("Ctrl+Shift+A", self.tr("Choose the account"), self.top_bar.open_switcher),
            Shortcut(
                "Esc", self.tr("Close the panel or the message on top"), self.escape_pressed.emit
            ),
            Shortcut("Ctrl+,", self.tr("Settings"), self.settings_clicked.emit),
            Shortcut("Ctrl++ Ctrl+=", self.tr("Larger text"), partial(self._zoom, 1)),
            Shortcut("Ctrl+-", self.tr("Smaller text"), partial(self._zoom, -1)),
            Shortcut("Ctrl+0", self.tr("Text of the usual size"), partial(self._zoom, 0)),
            Shortcut("F6", self.tr("Next part of the window"), partial(self._go_on, 1)),
            Shortcut("Shift+F6", self.tr("Part of the window before"), partial(self._go_on, -1)),
            Shortcut("F1 ?", self.tr("Show this list"), self.show_shortcuts),
        ]

    def _restore_geometry(self) -> None:
        screen = QGuiApplication.primaryScreen().availableGeometry()
        width, height = screen.width(), max(screen.height() - FRAME_PX, 0)
        self.setMinimumSize(min(MIN_WIDTH, width), min(MIN_HEIGHT, height))
        saved = self._appearance.window_state.get("geometry")
        if isinstance(saved, str) and self.restoreGeometry(
            QByteArray.fromBase64(QByteArray(saved.encode("ascii", "replace")))
        ):
            return
        self.resize(min(FIRST_WIDTH, width), min(FIRST_HEIGHT, height))
