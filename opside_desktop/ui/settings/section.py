"""What the sections of Settings share."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from opside_desktop.settings.environment import Settings
from opside_desktop.ui.kit.dialog import WorkDialog
from opside_desktop.ui.kit.labels import label, title_of
from opside_desktop.ui.kit.layouts import add, column
from opside_desktop.ui.kit.theme import Space

if TYPE_CHECKING:
    from opside_desktop.program import Program
    from opside_desktop.ui.frame.main_window import Appearance, MainWindow
    from opside_desktop.ui.program.serving import Serving
    from opside_desktop.ui.program.updates import Updates


class SettingsContext(NamedTuple):
    """What the dialog works on.

    `settings` are those of environment and options; `program` is None where it is not open.
    `refusal` says why another database cannot be opened now, or nothing; `restart` opens it.
    """

    window: "MainWindow"
    appearance: "Appearance"
    settings: Settings
    program: "Program | None"
    serving: "Serving"
    read_only: bool
    refusal: Callable[[], str]
    restart: Callable[[str], None]
    updates: "Updates"


class Section(QWidget):
    """One page of Settings."""

    name = ""

    def __init__(
        self, dialog: WorkDialog, context: SettingsContext, title: str, *, also: str = ""
    ) -> None:
        """Make an empty section; `also` holds words under which it is found as well."""
        super().__init__()
        self.dialog = dialog
        self.context = context
        self.title = title
        self._also = also
        self.setObjectName(f"settings_{self.name}")
        self.column = column(
            label(title, font="section"), margins=(Space.XS, 0, Space.M, Space.S), parent=self
        )
        self.footer = column(margins=(Space.XS, 0, Space.M, 0))
        """What stays in sight below the section where that is longer than the dialog."""

    def matches(self, text: str) -> bool:
        """Tell whether every word of a search stands somewhere in this section."""
        shown = [each.text() for each in self.findChildren(QLabel)]
        shown += [each.text() for each in self.findChildren(QAbstractButton)]
        everything = " ".join((self.title, self._also, *shown)).casefold()
        return all(word in everything for word in text.casefold().split())

    def enter(self) -> None:
        """The section has become visible."""

    def submit(self) -> None:
        """Enter was pressed in a field."""

    def leave(self) -> None:
        """The dialog closes."""

    def run(self, key: str, work: Coroutine[Any, Any, None]) -> None:
        """Do something in the background; what goes wrong is shown in the dialog."""
        self.dialog.clear_error()
        self.dialog.tasks.start(key, work)

    def add_note(self, text: str, *, role: str | None = "muted", name: str = "") -> QLabel:
        """Add a paragraph."""
        made = label(text, role=role, wrap=True, name=name, selectable=True)
        self.column.addWidget(made)
        return made

    def add_field(self, title: str, field: QWidget) -> QLabel:
        """Add a field below its title."""
        buddy = title_of(field, title)
        add(self.column, buddy, field)
        return buddy
