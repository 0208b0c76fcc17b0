"""Opening the demo beside this window, as a program of its own that never touches its data."""

from PySide6.QtCore import QCoreApplication, QProcess

from opside_desktop.children import own_command
from opside_desktop.ui.kit.banner import Message
from opside_desktop.ui.kit.theme import Role


def open_demo() -> Message:
    """Start it, and say so, or how to start it by hand."""
    program, *words = own_command()
    started, _ = QProcess.startDetached(program, [*words, "--demo"])
    if started:
        return Message(
            _tr("The demo opens in a window of its own."),
            rest=_tr("It shows the sample seller and keeps a database of its own."),
            role=Role.INFO,
        )
    return Message(
        _tr("The demo could not be started."),
        rest=_tr("Start it yourself in a terminal: opside-desktop --demo"),
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("WindowController", text)
