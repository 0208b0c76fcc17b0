"""Which page the window shows, and the way back to those before."""

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QWidget

from opside_desktop.domain.accounts import Account
from opside_desktop.ui.frame.main_window import MainWindow
from opside_desktop.ui.kit.layouts import take_away
from opside_desktop.ui.kit.shortcuts import Shortcut
from opside_desktop.ui.life.navigation_history import NavigationHistory, PageState
from opside_desktop.ui.pages.making import make_page
from opside_desktop.ui.pages.page import Page
from opside_desktop.ui.program.services import Services


class PageSwitcher:
    """Shows one page at a time, each made when it is first wanted.

    `connect` is given each page once; `make_welcome` makes what is shown while there is no account.
    """

    def __init__(
        self,
        window: MainWindow,
        services: Services,
        connect: Callable[[Page], None],
        make_welcome: Callable[[], QWidget],
    ) -> None:
        self._window = window
        self._services = services
        self._connect = connect
        self._make_welcome = make_welcome
        self._made: dict[str, Page] = {}
        self._welcome: QWidget | None = None
        self._accounts: Sequence[Account] = ()
        self._shown = ""
        self._history = NavigationHistory()

    @property
    def made(self) -> Sequence[Page]:
        """The pages that have been shown so far."""
        return tuple(self._made.values())

    @property
    def shortcut_groups(self) -> Sequence[tuple[str, Sequence[Shortcut]]]:
        """The keys of the shown page, under its title."""
        titles = {entry.name: entry.title for entry in self._window.entries}
        page = self._made.get(self._shown)
        return [] if page is None else [(titles[self._shown], page.page_shortcuts())]

    def show(self, name: str, what: object = None, *, is_new: bool = True) -> None:
        """Show a page; with `what`, the thing on it that a link named.

        With `is_new` the keys for going back lead to what is shown before.
        """
        self._services.window_state.put("page", name)
        self._window.navigation.show_chosen(name)
        leaves = self._made.get(self._shown)
        if is_new and leaves is not None and (self._shown != name or what is not None):
            self._history.leave(PageState(self._shown, leaves.page_state()))
        if leaves is not None and self._shown != name:
            leaves.deactivate()
        self._shown = name
        if not self._accounts and name != "accounts":
            self._show_welcome()
            return
        page = self._page(name)
        self._window.stack.setCurrentWidget(page)
        page.activate()
        if what is not None:
            page.open_item(what)

    def show_accounts(self, accounts: Sequence[Account]) -> None:
        """Show these accounts' data on every page from now on."""
        self._accounts = accounts
        for page in self.made:
            page.show_accounts(accounts)

    def refresh_all(self) -> None:
        """Show the present page anew, and let all read their rows again."""
        self.show(self._shown)
        for page in self.made:
            page.refresh()

    def go_back(self) -> None:
        """Go back to the page before and what it showed then, filters included."""
        self._go(self._history.back)

    def go_forward(self) -> None:
        """Go to the page from which a person went back."""
        self._go(self._history.forward)

    def with_shown(self, action: Callable[[Page], object]) -> None:
        """Do something with the shown page; nothing while there is none."""
        page = self._window.stack.currentWidget()
        if isinstance(page, Page):
            action(page)

    def close_topmost(self) -> bool:
        """Close what lies on top of the shown page; tells whether there was anything."""
        page = self._window.stack.currentWidget()
        return isinstance(page, Page) and page.close_topmost()

    def clear(self) -> None:
        """Take all pages out of the window."""
        for each in (*self.made, self._welcome):
            if each is not None:
                self._window.stack.removeWidget(each)
                take_away(each)

    def _go(self, step: Callable[[PageState], PageState | None]) -> None:
        shown = self._made.get(self._shown)
        to = step(PageState(self._shown, None if shown is None else shown.page_state()))
        if to is not None:
            self.show(to.page, is_new=False)
            self.with_shown(lambda page: page.restore(to.state))

    def _page(self, name: str) -> Page:
        page = self._made.get(name)
        if page is None:
            page = self._made[name] = make_page(name, self._services)
            page.install_shortcuts()
            self._connect(page)
            self._window.stack.addWidget(page)
            page.show_accounts(self._accounts)
        return page

    def _show_welcome(self) -> None:
        if self._welcome is None:
            self._welcome = self._make_welcome()
            self._window.stack.addWidget(self._welcome)
        self._window.stack.setCurrentWidget(self._welcome)
        self._welcome.setFocus()
