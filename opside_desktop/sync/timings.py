"""How often syncs are looked at, told of and stored, and how long what is silent is waited for."""

from typing import Final, NamedTuple


class EstimateTimings(NamedTuple):
    """When a sync's end is foretold.

    Attributes:
        trusted_after_s: nothing is shown before so much syncing,
        agreed_s: nor before guesses have come for so long.
        guess_every_s: guesses are taken at most so often,
        smoothed_s: and kept so long.
    """

    trusted_after_s: float = 20.0
    agreed_s: float = 10.0
    guess_every_s: float = 1.0
    smoothed_s: float = 60.0


class SyncTimings(NamedTuple):
    """The timings of running syncs and of those that are watched; all but one in seconds.

    Attributes:
        notify_every_s: who watches hears of one sync's changes at most so often; of its beginning
            and its end always, and at once.
        elsewhere_every: users who are not connected here may be many: only each so-manieth look
            is at them, too.
        poll_s: how often the row of another program's running sync is read.
        poll_notified_s: the same where a server tells of changes: that may be lost with a
            connection.
        retry_s: the pause after such a row could not be read.
        confirm_every_s: so seldom is the row of a running sync of ours read for those who ask.
        confirm_limit_s: and so long at most.
        silent_after_s: a living sync touches its row more often; its program may be gone.
        store_every_s: progress is stored at most so often, and the row is looked at every second
            turn.
        sign_of_life_s: a row that does not change is touched so often.
        database_gone_s: a sync waits so long for its database, then fails; a new one takes it up.
        longest_try_s: what took longer was no try: the computer slept in between.
        first_pause_s: between two tries to reach the database; doubled at each failure.
        longest_pause_s: and no longer than this.
        last_words_s: so long a sync that has failed already tries to store its end.
        close_dead_s: so long a start waits for another program's write where it closes a dead
            sync first.
        preparing_poll_s: so often it is looked whether the sync has ended that writes claims which
            are to be prepared.
        history_poll_s: so often it is looked whether the sync has ended to which one gave way.
        estimate: when a sync's end is foretold.
    """

    notify_every_s: float = 0.1
    elsewhere_every: int = 10
    poll_s: float = 1.0
    poll_notified_s: float = 5.0
    retry_s: float = 2.0
    confirm_every_s: float = 0.05
    confirm_limit_s: float = 0.25
    silent_after_s: float = 20.0
    store_every_s: float = 0.5
    sign_of_life_s: float = 10.0
    database_gone_s: float = 300.0
    longest_try_s: float = 15.0
    first_pause_s: float = 0.2
    longest_pause_s: float = 5.0
    last_words_s: float = 2.0
    close_dead_s: float = 10.0
    preparing_poll_s: float = 2.0
    history_poll_s: float = 5.0
    estimate: EstimateTimings = EstimateTimings()


SHIPPED: Final = SyncTimings()
"""What the program goes by."""
