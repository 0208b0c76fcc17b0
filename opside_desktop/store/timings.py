"""How long the store waits: for locks, for a server's answers, for its connections."""

from typing import Final, NamedTuple


class LockTimings(NamedTuple):
    """How long a lock of another program is waited for, and held in silence by this one.

    Attributes:
        lock_s: a write gives up after so long, before the silence of its server would be suspected.
        silence_s: the server ends a writing transaction of ours in which it hears nothing for so
            long, as from a computer that sleeps. By then a sync has become stale, so whoever
            waited may go on in its place. The server counts between statements only; within one,
            who waits to start a sync counts, looking every `notify_after_s` (`silent_writers.py`).
        notify_after_s: who starts a sync says after so long what it waits for.
        take_over_s: and gives up after so long. After at most 150 s a sync that fell asleep has
            lost its place.
    """

    lock_s: float = 50.0
    silence_s: float = 125.0
    notify_after_s: float = 5.0
    take_over_s: float = 145.0

    @property
    def statements(self) -> str:
        """What tells them to the server: within a transaction only, as poolers want it."""
        return (
            f" SET LOCAL lock_timeout = {int(self.lock_s * 1000)};"
            f" SET LOCAL idle_in_transaction_session_timeout = {int(self.silence_s * 1000)};"
        )


class ServerTimings(NamedTuple):
    """How long a server and its connections are waited for.

    Attributes:
        read_s: a server that takes longer for one statement of a read has gone, whatever the
            network says.
        write_s: the same for a write, which may wait for another program's.
        ping_s: the same for the smallest question, which the window asks again and again.
        stop_after_s: a cancelled read has so long to end by itself; stopping it costs its
            connection.
        farewell_s: closing connections takes so long at most.
        cramped_s: after a server gave no further connection, so long passes before another is
            asked for.
        room_s: who has none is refused only after so long: one of a program that ends may just
            come free.
        room_pause_s: between two tries to get one.
        proof_s: a notification that takes longer to come does not come at all.
        listen_pause_s: before a lost connection to listen is made again; doubled at each failure.
        longest_listen_pause_s: and no longer than this.
        listen_farewell_s: closing that connection takes so long at most.
    """

    read_s: float = 30.0
    write_s: float = 60.0
    ping_s: float = 5.0
    stop_after_s: float = 0.05
    farewell_s: float = 2.0
    cramped_s: float = 60.0
    room_s: float = 2.0
    room_pause_s: float = 0.1
    proof_s: float = 5.0
    listen_pause_s: float = 1.0
    longest_listen_pause_s: float = 30.0
    listen_farewell_s: float = 1.0


class StoreTimings(NamedTuple):
    """How long a database is waited for.

    Attributes:
        busy_s: for another program's write to a file, or for a connection to a server.
        checkpoint_s: for readers that keep a file's log from being emptied.
        checkpoint_pause_s: between two looks whether it can be.
        locks: on a server, for those of other programs.
        server: for its answers and connections.
    """

    busy_s: float = 10.0
    checkpoint_s: float = 1.0
    checkpoint_pause_s: float = 0.05
    locks: LockTimings = LockTimings()
    server: ServerTimings = ServerTimings()


SHIPPED: Final = StoreTimings()
"""What the program goes by."""
