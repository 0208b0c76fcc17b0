"""One window for each data folder: a second start brings the open window to the front."""

import contextlib
import logging
import zlib

from PySide6.QtCore import QFileSystemWatcher, QLockFile, QObject, QSysInfo, Qt
from PySide6.QtWidgets import QWidget

from opside_desktop.settings.environment import Settings

log = logging.getLogger(__name__)


class OnlyWindow(QObject):
    """Holds a lock file in the data folder, and comes forward when another start finds it held.

    Where nothing can be locked, windows open beside each other, which harms no data: the database
    keeps them apart.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._folder = settings.home
        # Each user has a window; the name of a user may be too long for a file.
        name = f"window-{zlib.crc32(settings.user.encode()):08x}"
        self._lock = QLockFile(str(self._folder / f"{name}.lock"))
        # Held for as long as the window is open; that its process has ended Qt sees all the same.
        self._lock.setStaleLockTime(0)
        self._bell = self._folder / f"{name}.wanted"
        self._watcher: QFileSystemWatcher | None = None

    def take(self) -> bool:
        """Become the only window; False where another one is open on this computer."""
        with contextlib.suppress(OSError):  # opening the program will say what is wrong
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._lock.tryLock(0) or not self._is_held_here()

    def call(self) -> None:
        """Ask the window that is open to come forward."""
        with contextlib.suppress(OSError), self._bell.open("ab") as bell:
            bell.write(b"!")

    def listen(self, window: QWidget) -> None:
        """Bring the window forward whenever it is called, until it is closed."""
        if not self._lock.isLocked():
            return
        with contextlib.suppress(OSError):
            self._bell.write_bytes(b"")
        self._watcher = QFileSystemWatcher([str(self._bell)])
        self._watcher.fileChanged.connect(lambda _: self._on_called(window))

    def release(self) -> None:
        """Let another window open. May be called twice."""
        if self._lock.isLocked():
            self._watcher = None
            with contextlib.suppress(OSError):
                self._bell.unlink(missing_ok=True)
            self._lock.unlock()

    @staticmethod
    def _on_called(window: QWidget) -> None:
        bring_forward(window)
        log.info("Another start of the program brought this window to the front.")

    def _is_held_here(self) -> bool:
        # A folder of the network may hold the lock of a computer that was switched off.
        _, host, _ = self._lock.getLockInfo()
        is_held = self._lock.error() is QLockFile.LockError.LockFailedError
        return is_held and host == QSysInfo.machineHostName()


def bring_forward(window: QWidget) -> None:
    """Show a window that is hidden, minimised or behind others."""
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.raise_()
    window.activateWindow()
