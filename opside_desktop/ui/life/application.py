"""Shows the window, before anything that its first frame does not need is loaded."""

import contextlib
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QTimer
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QApplication

from opside_desktop.about.resources import resource
from opside_desktop.settings.environment import Settings
from opside_desktop.ui.frame.main_window import Appearance, MainWindow
from opside_desktop.ui.kit.formats import Formats, ZoneChoice
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.theme import STYLE, Theme, ThemeChoice
from opside_desktop.ui.kit.window_state import WindowState
from opside_desktop.ui.life.single_instance import OnlyWindow

if TYPE_CHECKING:
    from opside_desktop.ui.program.services import OpenProgram

NAME = "Opside Desktop"

C = TypeVar("C", bound=StrEnum)

FIRST_PAINT_LIMIT_MS = 1000
"""A window that is not shown, such as a minimised one, never paints."""


class _Application(QApplication):
    """Ends by closing its windows, whoever asks for it: Cmd+Q and the Dock, or the session's end.

    Qt would leave its loop at once, and with it whatever is being stored.
    """

    @override
    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Quit:
            self.closeAllWindows()
            for window in self.topLevelWidgets():
                # Qt leaves out one that is hidden while its work goes on.
                if isinstance(window, MainWindow) and not window.isVisible():
                    window.close()
            return True
        return super().event(event)


def run(settings: Settings, open_program: "OpenProgram", *, read_only: bool = False) -> int:
    """Show the window until it is closed; returns the exit code.

    `open_program` is entered behind the first painted frame and left when the window has closed.
    Where a window of the same data is open already, that one comes forward instead.
    """
    app = make_application()
    only = OnlyWindow(settings)
    # A window that changes nothing gets in nobody's way. Which database the environment names may
    # differ from start to start.
    if not (read_only or settings.database_variable or only.take()):
        only.call()
        if sys.stderr is not None:  # a program without a console has none
            sys.stderr.write(
                f"Opside Desktop is already open with the data in {settings.home}. "
                "Its window was asked to come to the front.\n"
            )
        return 0
    try:
        window_state = WindowState(settings.window_file, app)
        theme = remembered_choice(window_state, "theme", ThemeChoice.SYSTEM)
        zone = remembered_choice(window_state, "zone", ZoneChoice.LOCAL)
        appearance = Appearance(
            Theme(app, theme, _zoom(window_state)), Formats(app, zone), window_state
        )
        window = MainWindow(appearance, title=window_title(settings))
        only.listen(window)
        window.closed.connect(only.release)
        _paint_first_frame(window)
        # asyncio, too, takes its time to load.
        from opside_desktop.ui.life.shell import run_window

        return run_window(app, window, appearance, settings, open_program, read_only=read_only)
    finally:
        only.release()


def make_application() -> QApplication:
    """Make Qt's application object, or give the one there is."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else _Application([*sys.argv[:1], *STYLE])
    QCoreApplication.setOrganizationName("Opside")
    QCoreApplication.setApplicationName("opside-desktop")
    app.setDesktopFileName("opside-desktop")
    # The last window's end must end our main task in order, not Qt's loop under its feet.
    app.setQuitOnLastWindowClosed(False)
    with contextlib.suppress(FileNotFoundError):
        picture = QPixmap(resource("icons/opside-desktop.svg").as_posix())
        app.setWindowIcon(QIcon(picture))
    return app


def window_title(settings: Settings) -> str:
    """Name the window; it says when nothing in it is real."""
    return f"{NAME} — sample data" if settings.demo else NAME


def _paint_first_frame(window: MainWindow) -> None:
    waiting = QEventLoop()
    window.painted.connect(waiting.quit)
    window.closed.connect(waiting.quit)
    QTimer.singleShot(FIRST_PAINT_LIMIT_MS, waiting.quit)
    window.show_opening()
    window.show()
    waiting.exec()


def remembered_choice(window_state: WindowState, key: str, otherwise: C) -> C:
    """Read what was chosen for the window; `otherwise` where that is nothing that is offered."""
    try:
        return type(otherwise)(window_state.get(key, otherwise))
    except ValueError:
        return otherwise


def _zoom(window_state: WindowState) -> int:
    zoom = window_state.get("zoom")
    return zoom if isinstance(zoom, int) and not isinstance(zoom, bool) else 100
