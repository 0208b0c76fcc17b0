"""How long a lock of another program is waited for, and held in silence by this one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Waits:
    """The waiting for locks of other programs, in seconds.

    Attributes:
        lock_s: a write gives up after so long, before the silence of its server would be suspected.
        silence_s: the server ends a writing transaction of ours in which it hears nothing for so
            long, as from a computer that sleeps. By then a sync has become stale, so whoever
            waited may go on in its place. The server counts between statements only; within one,
            who waits to start a sync counts, looking every `told_after_s` (`postgres_silent.py`).
        told_after_s: who starts a sync says after so long what it waits for.
        take_over_s: and gives up after so long.
    """

    lock_s: float = 50.0
    silence_s: float = 125.0
    told_after_s: float = 5.0
    take_over_s: float = 145.0

    @property
    def statements(self) -> str:
        """What tells them to the server: within a transaction only, as poolers want it."""
        return (
            f" SET LOCAL lock_timeout = {int(self.lock_s * 1000)};"
            f" SET LOCAL idle_in_transaction_session_timeout = {int(self.silence_s * 1000)};"
        )


SHIPPED = Waits()
"""What the program goes by. After at most 150 s a sync that fell asleep has lost its place."""
