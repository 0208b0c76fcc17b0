"""Where things were in the window last time. Losing it harms nobody."""

import json
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from PySide6.QtCore import QObject, QTimer

log = logging.getLogger(__name__)

SAVE_AFTER_MS = 1000


class Memory(NamedTuple):
    """How one part of the window remembers: what was saved, or None, and a way to save a value."""

    load: Callable[[], Any]
    save: Callable[[Any], None]


class WindowState(QObject):
    """A small JSON file of named values; writing is debounced to a second after the last change."""

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._values = _read(path)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_AFTER_MS)
        self._timer.timeout.connect(self.save)

    def get(self, key: str, default: Any = None) -> Any:
        """Give a remembered JSON value. Check its type: a person may have edited the file."""
        return self._values.get(key, default)

    def put(self, key: str, value: Any) -> None:
        """Remember a JSON value."""
        if self._values.get(key) != value:
            self._values[key] = value
            self._timer.start()

    def memory(self, key: str) -> Memory:
        """Give a part of the window what it needs to remember one value."""
        return Memory(partial(self.get, key), partial(self.put, key))

    def save(self) -> None:
        """Write what is not yet written; a failure is only logged."""
        self._timer.stop()
        text = json.dumps(self._values, indent=1, sort_keys=True)
        part = self._path.with_suffix(".part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(text, "utf-8")
            part.replace(self._path)
        except OSError as error:
            log.warning("The window's layout could not be saved: %s", error.strerror)


def _read(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        log.warning("The window's saved layout could not be read; the window starts afresh.")
        return {}
    return values if isinstance(values, dict) else {}
