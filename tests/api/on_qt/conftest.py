"""The same server inside the window's own loop."""

from opside_desktop.ui.application import make_application
from opside_desktop.ui.loop import QtLoop


def pytest_asyncio_loop_factories(config, item):
    return {"qt": lambda: QtLoop(make_application())}
