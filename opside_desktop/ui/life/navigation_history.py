"""The way a person has come through the pages, to go back and forth on."""

from typing import NamedTuple

MOST_STEPS = 50


class PageState(NamedTuple):
    """A page, and what it showed: whatever the page itself understands."""

    page: str
    state: object


class NavigationHistory:
    """The pages before and after the present one, each with what it showed."""

    def __init__(self) -> None:
        self._before: list[PageState] = []
        self._after: list[PageState] = []

    def leave(self, state: PageState) -> None:
        """Go on from a page to a new one."""
        if not self._before or self._before[-1] != state:
            self._before = [*self._before, state][-MOST_STEPS:]
        self._after.clear()

    def back(self, present: PageState) -> PageState | None:
        """Give the page before; the present one is then the next."""
        if not self._before:
            return None
        self._after.append(present)
        return self._before.pop()

    def forward(self, present: PageState) -> PageState | None:
        """Give the page from which a person went back."""
        if not self._after:
            return None
        self._before.append(present)
        return self._after.pop()
