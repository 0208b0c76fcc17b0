"""The log: one file of bounded size, readable by its owner only, that never holds a secret."""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Iterable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO, Any, cast

from opside_desktop.domain.errors import SettingsFault
from opside_desktop.logs.folding import FIRST_FLUSH_S, Folding
from opside_desktop.logs.redaction import redact

MAX_BYTES = 2_000_000
KEPT_FILES = 3
MAX_ENTRY = 20_000
"""Characters of one entry; more is cut, so that one bad answer cannot fill the log."""

_QUIET = (
    "httpx",
    "httpcore",
    "sqlalchemy",
    "asyncpg",
    "keyring",
    "jeepney",
    "alembic",
)
"""Libraries that would write addresses, tokens or rows below WARNING."""


class _Redacting(logging.Formatter):
    """Redacts the finished entry, so that arguments and tracebacks are covered too."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        # What is far beyond the end of the entry need not be searched.
        text = redact(super().format(record)[: 5 * MAX_ENTRY])
        return text if len(text) <= MAX_ENTRY else f"{text[:MAX_ENTRY]}… (cut)"


class _LogFile(RotatingFileHandler):
    """A rotating file that several programs may share, and whose faults never reach the screen.

    Repeats are folded, so that no flood of messages pushes the others out.
    """

    def __init__(self, path: Path, max_bytes: int, first_flush_s: float) -> None:
        super().__init__(path, maxBytes=max_bytes, backupCount=KEPT_FILES, encoding="utf-8")
        self._folding = Folding(first_flush_s=first_flush_s)
        self._alarm: threading.Timer | None = None

    def _open(self) -> Any:
        def private(path: str, flags: int) -> int:
            return os.open(path, flags, 0o600)

        # A path may hold bytes that are no UTF-8.
        stream: IO[str] = open(  # noqa: SIM115
            self.baseFilename, "a", encoding="utf-8", errors="backslashreplace", opener=private
        )
        with contextlib.suppress(OSError):
            Path(self.baseFilename).chmod(0o600)
        return stream

    def emit(self, record: logging.LogRecord) -> None:
        """Write an entry, or count it where it repeats another."""
        self._write_all(self._folding.passed(record))

    def _flush_due(self) -> None:
        self.acquire()
        try:
            self._alarm = None
            self._write_all(self._folding.due())
        finally:
            self.release()

    def _write_all(self, records: Iterable[logging.LogRecord]) -> None:
        """Write what is due, and see that the next count is written in its time."""
        for each in records:
            self._write(each)
        due_in_s = self._folding.due_in_s
        if due_in_s is not None and self._alarm is None:
            self._alarm = threading.Timer(due_in_s, self._flush_due)
            self._alarm.daemon = True  # it keeps no program alive
            self._alarm.start()

    def _write(self, record: logging.LogRecord) -> None:
        """Write to the new file if another program has rotated the old one away."""
        try:
            if self.stream is not None and not self._is_current(self.stream.fileno()):
                self.stream.close()
                self.stream = cast("Any", self._open())
        except OSError:
            self.handleError(record)
            return
        super().emit(record)

    def _is_current(self, descriptor: int) -> bool:
        try:
            on_disk = Path(self.baseFilename).stat()
        except FileNotFoundError:
            return False
        opened = os.fstat(descriptor)
        return (on_disk.st_dev, on_disk.st_ino) == (opened.st_dev, opened.st_ino)

    def doRollover(self) -> None:  # noqa: N802
        """Begin a new file; where the old one cannot be put aside now, go on in it.

        Windows moves no file that another program has open. Python would have lost the older files
        one by one by then, and the entry.
        """
        base = Path(self.baseFilename)
        aside = base.with_name(f"{base.name}.{os.getpid()}")
        stream, self.stream = self.stream, None
        if stream is not None:
            with contextlib.suppress(OSError):  # a full disk
                stream.close()
        with contextlib.suppress(OSError):
            base.replace(aside)
            for number in range(self.backupCount, 1, -1):
                with contextlib.suppress(FileNotFoundError):
                    Path(f"{base}.{number - 1}").replace(f"{base}.{number}")
            aside.replace(f"{base}.1")
        self.stream = cast("Any", self._open())

    def close(self) -> None:
        """Close the file, though what is still to be written does not fit on the disk."""
        self.acquire()
        try:
            if self._alarm is not None:
                self._alarm.cancel()
            for each in self._folding.rest():
                self._write(each)
        finally:
            self.release()
        with contextlib.suppress(OSError):
            super().close()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """A full disk must not fill the screen with tracebacks."""


def start_logging(
    path: Path,
    level: str,
    *,
    max_bytes: int = MAX_BYTES,
    first_flush_s: float = FIRST_FLUSH_S,
) -> logging.Handler:
    """Write this process's log to `path` from now on.

    Calling it again moves the log; the old handler is closed.

    Args:
        max_bytes: a file that would exceed it is put aside; so many are kept.
        first_flush_s: see `Folding`.

    Raises:
        SettingsFault: the file cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = _LogFile(path, max_bytes, first_flush_s)
    except OSError as error:
        raise SettingsFault(
            f"The log {path} cannot be written.",
            why=f"The system says: {error.strerror or type(error).__name__}.",
            fix="Make its folder writable, or name another folder with OPSIDE_HOME.",
        ) from None
    handler.setFormatter(
        _Redacting(
            "%(asctime)s.%(msecs)03dZ %(levelname)s %(process)d %(name)s %(message)s",
            datefmt="%Y-%m-%dT%H:%M:%S",
        )
    )
    root = logging.getLogger()
    stop_logging()
    root.addHandler(handler)
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    return handler


def stop_logging() -> None:
    """Close this process's log file, if one is open."""
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _LogFile)]:
        root.removeHandler(handler)
        handler.close()
