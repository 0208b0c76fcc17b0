"""Texts from outside that cannot be written as UTF-8.

A path, an argument or a variable may hold any bytes. Python keeps those that are no text as halves
of surrogate pairs, which lead back to the file; no encoder, database or screen takes them.
"""

import re
from typing import Any, Final

_HALVES: Final = re.compile("[\ud800-\udfff]")


def encodable(value: Any) -> Any:
    """Put U+FFFD for what cannot be encoded, in a text or at any depth of lists and objects."""
    if isinstance(value, str):
        return _HALVES.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {encodable(name): encodable(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [encodable(part) for part in value]
    return value


def is_encodable(text: str) -> bool:
    """Tell whether a text can be written as UTF-8."""
    return _HALVES.search(text) is None
