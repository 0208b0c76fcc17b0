"""How long and how often Amazon is asked."""

from dataclasses import dataclass

from opside_desktop.net.transport import ConnectionLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits(ConnectionLimits):
    """How long and how often to try; seconds unless the name says otherwise.

    Amazon's finance pages were seen to take 200 s, hence `read_s`, and `call_s` for the whole of a
    try.
    """

    call_s: float = 300
    tries: int = 10
    first_pause_s: float = 0.2
    longest_pause_s: float = 30
    longest_network_pause_s: float = 5
    throttled_s: float = 1800
    frameless_pauses_s: tuple[float, ...] = (1, 4)
    refusal_tries: int = 5
    refusal_pauses_s: tuple[float, ...] = (10, 30, 50)
    unreadable_tries: int = 3
    unreadable_s: float = 60

    def backoff_s(self, failures: int, jitter: float) -> float:
        """Tell the pause after so many failures in a row (from 1); `jitter` is 0 to 1."""
        growing = self.first_pause_s * 2.0 ** min(failures - 1, 30)
        return min(self.longest_pause_s, growing) * (1 + 0.25 * jitter)
