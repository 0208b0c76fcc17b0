"""Who may call: Amazon wants to know a program's language."""

import re
from typing import Final

from opside_desktop.simulator.answers import ApiError, invalid_input

_LONGEST: Final = 500
_LANGUAGE: Final = re.compile(r"\((?:.*[;\s])?Language=[^;)]")
_KNOWN: Final = ("amazon-selling-partner-api-sdk/", "python-sp-api-")
"""How programs begin that name themselves in another form and that Amazon serves all the same."""


def names_language(user_agent: str) -> bool:
    """Whether Amazon takes a header like `App/1.0 (Language=Python/3.12; Platform=Linux)`."""
    if len(user_agent) > _LONGEST:
        return False
    return user_agent.startswith(_KNOWN) or _LANGUAGE.search(user_agent) is not None


def refused() -> ApiError:
    """400."""
    return invalid_input(
        "The User-Agent header is missing or invalid: it must name the Language, with at most "
        f"{_LONGEST} characters."
    )
