"""Folds a log's repeats: no message can push the others out, however often and long it comes."""

import logging
import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from traceback import walk_tb
from typing import Final

from opside_desktop.domain.clock import SYSTEM_CLOCK, Clock

SHARE: Final = 200_000
"""Characters that messages of one kind may write at once: a fortieth of the log."""

_REGAINED_PER_S: Final = 20_000 / 3_600
"""A flood without end takes a fortnight to fill the log so, and a line a minute is kept whole."""

FIRST_FLUSH_S: Final = 10.0
_SAME_WITHIN_S: Final = 60.0
_LONGEST_FLUSH_S: Final = 3_600.0
"""A count is told so soon at first, then after twice the time each, at last once an hour."""

_MOST_KINDS: Final = 500
_MOST_TEXTS: Final = 8
"""So many kinds one line of code writes, as asyncio's does; what else comes from it is one more."""

_LONGEST_TEXT: Final = 300
_BESIDE: Final = 80
"""Characters of time, level, process and logger."""

_TRACEBACK: Final = 3_000

_Key = tuple[str, int, str, int, str, str]


@dataclass(slots=True, eq=False)
class _Kind:
    """The messages that one line of code writes, but for numbers and what is filled in."""

    seen_at: float
    left_at: float
    flush_after_s: float
    text: str = ""
    trace: tuple[tuple[str, int], ...] = ()
    left: float = float(SHARE)
    folded: int = 0
    folded_since: float = 0.0
    last_folded: logging.LogRecord | None = None

    @property
    def due_at(self) -> float:
        return self.folded_since + self.flush_after_s


class Folding:
    """Passes records on, or counts them. Its owner sees that only one thread at a time comes.

    A message that comes again within a minute is counted instead, and so is what would exceed the
    share of its kind. The counts are written as messages of their own. A traceback that stood
    there before is left out.

    Args:
        first_flush_s: the first count of a message is written after so long.
    """

    def __init__(
        self, clock: Clock = SYSTEM_CLOCK, *, first_flush_s: float = FIRST_FLUSH_S
    ) -> None:
        self._clock = clock
        self._first_flush_s = first_flush_s
        self._kinds: OrderedDict[_Key, _Kind] = OrderedDict()
        self._counted: dict[_Kind, None] = {}
        self._texts: dict[_Key, set[str]] = {}

    @property
    def due_in_s(self) -> float | None:
        """After how long the next count is due; None: nothing is counted now."""
        moments = [kind.due_at for kind in self._counted]
        return max(0.0, min(moments) - self._clock.monotonic()) if moments else None

    def passed(self, record: logging.LogRecord) -> Iterator[logging.LogRecord]:
        """Give what is to be written now that this record has come."""
        now = self._clock.monotonic()
        text = _text_of(record)
        yield from self.due()
        key = self._key_of(record)
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = _Kind(now, now, self._first_flush_s)
            if len(self._kinds) > _MOST_KINDS:
                _, oldest = self._kinds.popitem(last=False)
                yield from self._flush(oldest, now)
        self._kinds.move_to_end(key)
        is_same = text == kind.text and now <= kind.seen_at + _SAME_WITHIN_S
        if now > kind.seen_at + max(_SAME_WITHIN_S, kind.flush_after_s):
            kind.flush_after_s = self._first_flush_s
        kind.seen_at = now
        kind.left = min(float(SHARE), kind.left + _REGAINED_PER_S * (now - kind.left_at))
        kind.left_at = now
        trace = _trace_of(record)
        is_traced = bool(trace) and trace == kind.trace
        cost = len(text) + _BESIDE + (_TRACEBACK if trace and not is_traced else 0)
        if is_same or cost > kind.left:
            if not kind.folded:
                kind.folded_since = now
                self._counted[kind] = None
            kind.folded += 1
            # Not the record itself: its traceback would keep alive what failed.
            kind.last_folded = _copied(record, text)
            return
        kind.text, kind.trace = text, trace
        kind.left -= cost
        same = f"{text} (The traceback is the same as before.)"
        yield _copied(record, same) if is_traced else record

    def due(self) -> Iterator[logging.LogRecord]:
        """Give the counts that are due by now."""
        now = self._clock.monotonic()
        for kind in [each for each in self._counted if now >= each.due_at]:
            kind.flush_after_s = min(2 * kind.flush_after_s, _LONGEST_FLUSH_S)
            yield from self._flush(kind, now)

    def rest(self) -> Iterator[logging.LogRecord]:
        """Give all counts: the log ends."""
        now = self._clock.monotonic()
        for kind in list(self._counted):
            yield from self._flush(kind, now)

    def _key_of(self, record: logging.LogRecord) -> _Key:
        """Name a record's kind: by its line of code, its error, and how its own text begins."""
        error = record.exc_info[0] if record.exc_info else None
        name = "" if error is None else error.__qualname__
        origin = record.name, record.levelno, record.pathname, record.lineno
        texts = self._texts.setdefault((*origin, "", name), set())
        text = re.sub(r"\d+", "0", str(record.msg).partition("\n")[0][:200])
        if len(texts) < _MOST_TEXTS:
            texts.add(text)
        return *origin, text if text in texts else "", name

    def _flush(self, kind: _Kind, now: float) -> Iterator[logging.LogRecord]:
        """Tell how many messages of a kind were counted, and count anew."""
        self._counted.pop(kind, None)
        last, count = kind.last_folded, kind.folded
        kind.last_folded, kind.folded = None, 0
        if last is None:
            return
        text = last.msg.strip().partition("\n")[0]
        if len(text) > _LONGEST_TEXT:
            text = f"{text[:_LONGEST_TEXT]}…"
        times = "once more" if count == 1 else f"{count:,} more times"
        seconds = max(1, round(now - kind.folded_since))
        yield _copied(last, f"This came {times} within {seconds:,} s: {text}")


def _text_of(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001  # whatever was to be filled in: the formatter tells of it
        return str(record.msg)


def _trace_of(record: logging.LogRecord) -> tuple[tuple[str, int], ...]:
    if not record.exc_info:
        return ()
    return tuple((frame.f_code.co_filename, line) for frame, line in walk_tb(record.exc_info[2]))


def _copied(record: logging.LogRecord, text: str) -> logging.LogRecord:
    copy = logging.makeLogRecord(record.__dict__)
    copy.msg, copy.args = text, None
    copy.exc_info = copy.exc_text = copy.stack_info = None
    return copy
