"""Making a page when it is first shown."""

from opside_desktop.ui.pages.page import Page
from opside_desktop.ui.program.services import Services


def make_page(name: str, services: Services) -> Page:
    """Make the page of this name of the navigation."""
    # Pages read the store, whose libraries are slow to load: by now the program has loaded them.
    match name:
        case "syncs":
            from opside_desktop.ui.pages.syncs import SyncsPage

            return SyncsPage(services)
        case "accounts":
            from opside_desktop.ui.pages.accounts import AccountsPage

            return AccountsPage(services)
        case _:
            from opside_desktop.domain.datasets import Dataset
            from opside_desktop.ui.pages.records import RecordsPage

            return RecordsPage(Dataset(name), services)
