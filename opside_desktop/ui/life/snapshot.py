"""One window that nobody sees, for the self-test: is it filled and painted?"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtGui import QFontDatabase, QImage
from PySide6.QtWidgets import QApplication, QLabel, QTableView

from opside_desktop.domain.clock import SYSTEM_CLOCK
from opside_desktop.settings.environment import Settings
from opside_desktop.ui.frame.main_window import Appearance, MainWindow
from opside_desktop.ui.kit.formats import Formats, ZoneChoice
from opside_desktop.ui.kit.theme import Theme, ThemeChoice
from opside_desktop.ui.kit.window_state import WindowState
from opside_desktop.ui.life.application import make_application, window_title
from opside_desktop.ui.life.loop import QtLoop
from opside_desktop.ui.life.shell import Shell

if TYPE_CHECKING:
    from opside_desktop.ui.program.services import OpenProgram

FILL_LIMIT_S = 60.0
LOOK_EVERY_S = 0.02
PIXEL_STEP = 3


class Snapshot(NamedTuple):
    """What a window showed.

    Attributes:
        rows: of the table on its first page.
        said: what it said instead, where it could not be filled.
        colours: how many different ones its picture has; an empty one has a few.
        fonts: how many families text could be painted with.
        has_icon: whether the program's picture could be read.
    """

    rows: int
    said: str
    colours: int
    width: int
    height: int
    fonts: int
    has_icon: bool


def take_snapshot(
    settings: Settings, open_program: "OpenProgram", picture: Path | None = None
) -> Snapshot:
    """Fill a window, paint it, and close it again; `picture` keeps what was painted.

    To be called outside any event loop.
    """
    app = make_application()
    with asyncio.Runner(loop_factory=lambda: QtLoop(app)) as runner:
        return runner.run(_take(app, settings, open_program, picture))


async def _take(
    app: QApplication, settings: Settings, open_program: "OpenProgram", picture: Path | None
) -> Snapshot:
    window_state = WindowState(settings.window_file, app)
    appearance = Appearance(
        Theme(app, ThemeChoice.LIGHT), Formats(app, ZoneChoice.UTC), window_state
    )
    window = MainWindow(appearance, title=window_title(settings))
    shell = Shell(window, appearance, settings, open_program)
    try:
        window.show()
        shell.start()
        said = await _until_filled(window)
        image = window.grab().toImage()
        if picture is not None:
            image.save(str(picture))
        return Snapshot(
            rows=_rows(window),
            said=said,
            colours=_colours(image),
            width=image.width(),
            height=image.height(),
            fonts=len(QFontDatabase.families()),
            has_icon=not app.windowIcon().isNull(),
        )
    finally:
        window.hide()
        await shell.close()
        window.deleteLater()


async def _until_filled(window: MainWindow) -> str:
    """Wait for rows; gives what the window says where it cannot be filled."""
    try:
        async with asyncio.timeout(FILL_LIMIT_S):
            while not _rows(window):
                faults = [
                    label.text()
                    for label in window.findChildren(QLabel)
                    if label.objectName() in ("faultWhat", "bannerWhat") and label.isVisible()
                ]
                if faults:
                    return " ".join(faults)
                await SYSTEM_CLOCK.sleep(LOOK_EVERY_S)
    except TimeoutError:
        return ""
    return ""


def _rows(window: MainWindow) -> int:
    """Count the rows of the table in sight, once their cells hold something."""
    for table in window.findChildren(QTableView):
        model = table.model()
        if table.isVisible() and model is not None and model.rowCount() > 0:
            first = model.index(0, 0).data()
            if first not in (None, "", "…"):
                return model.rowCount()
    return 0


def _colours(image: QImage) -> int:
    high, wide = range(0, image.height(), PIXEL_STEP), range(0, image.width(), PIXEL_STEP)
    return len({image.pixel(x, y) for y in high for x in wide})
