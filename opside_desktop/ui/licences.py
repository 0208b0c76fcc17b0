"""Finds the list of what the program is made of. Knows no Qt."""

from opside_desktop.licences import Component, installed_components, read_components
from opside_desktop.ui.resources import resource


def all_components() -> list[Component]:
    """Read the package's list; a program that is not packaged looks at what is installed.

    Blocking, some 0.2 s.

    Raises:
        FileNotFoundError: the installation lacks its files.
    """
    try:
        return read_components(resource("licences.json"))
    except FileNotFoundError:
        return installed_components(resource("licences/Qt-notice.txt").parent)
