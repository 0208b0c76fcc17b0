"""Spoiling an answer on its way: what other programs and lines make of Amazon's JSON."""

import codecs
from collections.abc import Callable
from typing import Final


def _noted(note: bytes) -> Callable[[bytes], bytes]:
    """Put one more member in front, which nobody needs and which is no JSON."""
    return lambda body: b'{"note":"%s",%s' % (note, body[1:])


SPOILERS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "badjson": lambda body: body[: len(body) * 2 // 3],
    "badescape": _noted(rb"Amazon\'s"),
    "nonutf8": _noted(b"caf\xe9"),
    "bom": lambda body: codecs.BOM_UTF8 + body,
}
"""By fault. All but `badjson` leave an answer whole: who repairs it has everything."""
