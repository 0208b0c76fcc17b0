"""The board of syncs as Qt's signals."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from opside_desktop.domain.syncs import SyncKey, SyncRun

if TYPE_CHECKING:
    from opside_desktop.sync.board import SyncBoard


class SyncSignals(QObject):
    """Says when something on the board changes."""

    changed = Signal(object)
    """SyncRun: a newer record of a sync, at most ten a second for each."""

    ended = Signal(object)
    """SyncRun: a sync that was seen running has reached its final state."""

    def __init__(self, board: "SyncBoard", parent: QObject) -> None:
        super().__init__(parent)
        self._seen_running: set[SyncKey] = set()
        self._unsubscribe = board.subscribe(self._on_change)

    def stop(self) -> None:
        """Say nothing any more."""
        self._unsubscribe()

    def _on_change(self, run: SyncRun) -> None:
        self.changed.emit(run)
        if run.is_running:
            self._seen_running.add(run.key)
        elif run.key in self._seen_running:
            self._seen_running.discard(run.key)
            self.ended.emit(run)
