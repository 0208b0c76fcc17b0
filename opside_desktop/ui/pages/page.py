"""What every page of the window can do."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from opside_desktop.domain.accounts import Account
from opside_desktop.domain.syncs import SyncRun
from opside_desktop.ui.kit.buttons import Ground
from opside_desktop.ui.kit.layouts import Stretch, column
from opside_desktop.ui.kit.shortcuts import Shortcut, install
from opside_desktop.ui.kit.tasks import TaskOwner
from opside_desktop.ui.kit.theme import Space
from opside_desktop.ui.program.services import Services


class Page(Ground):
    """One entry of the navigation; the frame calls these methods."""

    name = ""

    is_behind = False
    """Whether a sync has ended whose last rows this page, in sight, is still to show."""

    sync_requested = Signal()
    """The person asked for a sync of the shown accounts."""

    open_requested = Signal(str, object)
    """A link to another page: its name, and what to show there (search text or SyncKey)."""

    account_sync_requested = Signal(object)
    """Account: the person asked for a sync of this one, whichever are shown."""

    accounts_changed = Signal(object)
    """An account was connected, changed or removed here. UserId of a new one, which is to be shown
    from now on, or None."""

    caught_up = Signal()
    """What a sync stored last is shown, or announced: `is_behind` no longer holds."""

    export_requested = Signal(object)
    """Export: rows the person wants in a file."""

    def __init__(self, services: Services) -> None:
        super().__init__("page")
        self.services = services
        self.tasks = TaskOwner(self, services.report)
        self.setObjectName(f"{self.name}Page")

    def panel_shortcuts(self, widen: Callable[[int], object]) -> Sequence[Shortcut]:
        """Give the keys for the width of a panel at this page's end."""
        wider, narrower = "Ctrl+Shift+Left", "Ctrl+Shift+Right"
        if self.isRightToLeft():
            wider, narrower = narrower, wider
        return [
            Shortcut(wider, self.tr("Make the details wider"), partial(widen, 1)),
            Shortcut(narrower, self.tr("Make the details narrower"), partial(widen, -1)),
        ]

    def arrange(self, head: QHBoxLayout, body: QWidget) -> None:
        """Put what the page shows below its head and a line."""
        head.setContentsMargins(Space.L, Space.M, Space.L, Space.M)
        column(head, self.services.theme.hairline(self), Stretch(body), spacing=0, parent=self)

    def install_shortcuts(self) -> None:
        """Let this page's own keys work while it has the focus."""
        install(self, self.page_shortcuts(), Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def page_shortcuts(self) -> Sequence[Shortcut]:
        """Give the keys that only this page knows; they are listed in the help."""
        return ()

    def show_accounts(self, accounts: Sequence[Account]) -> None:
        """Show these accounts' data from now on: one, or all."""

    def activate(self) -> None:
        """The page has become visible: load what is missing or old."""

    def take_focus(self) -> None:
        """Put the keyboard where this page is read."""
        self.setFocus()

    def deactivate(self) -> None:
        """Another page has become visible."""

    def refresh(self) -> None:
        """Read the stored data again; never starts a sync."""

    def on_run(self, run: SyncRun) -> None:
        """A sync of a shown account reports."""

    def focus_find(self) -> None:
        """Put the cursor into the page's find field, if it has one."""

    def open_item(self, what: object) -> None:
        """Show what a link from another page named."""

    def page_state(self) -> object:
        """Tell what is shown, so that `restore` can show it again."""
        return None

    def restore(self, state: object) -> None:
        """Show again what `page_state` told."""

    def close_topmost(self) -> bool:
        """Close the panel, editor or find text on top; tells whether there was one."""
        return False
