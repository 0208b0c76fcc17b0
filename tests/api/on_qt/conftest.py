"""The same server inside the window's own loop."""

from opside_desktop.ui.life.application import make_application
from opside_desktop.ui.life.loop import QtLoop


def pytest_asyncio_loop_factories(config, item):
    return {"qt": lambda: QtLoop(make_application())}
