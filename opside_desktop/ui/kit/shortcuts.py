"""The keyboard: one table of shortcuts, which also feeds the help."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget


class Shortcut(NamedTuple):
    """Keys, what they do in words, and the slot that does it.

    `keys` are Qt's portable names; several ways to the same thing are separated by spaces.
    """

    keys: str
    text: str
    slot: Callable[[], object]

    @property
    def sequences(self) -> list[QKeySequence]:
        """The keys, one sequence for each way."""
        return [QKeySequence(keys) for keys in self.keys.split()]

    @property
    def shown(self) -> str:
        """The keys as this system writes them."""
        native = QKeySequence.SequenceFormat.NativeText
        return "  ".join(sequence.toString(native) for sequence in self.sequences)


def install(
    owner: QWidget,
    shortcuts: Sequence[Shortcut],
    context: Qt.ShortcutContext = Qt.ShortcutContext.WindowShortcut,
) -> None:
    """Let the keys work in `owner`."""
    for shortcut in shortcuts:
        for sequence in shortcut.sequences:
            key = QShortcut(sequence, owner)
            key.setContext(context)
            key.activated.connect(shortcut.slot)
