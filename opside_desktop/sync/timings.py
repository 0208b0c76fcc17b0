"""How long syncs wait, and how often they look and tell."""

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
    """The timings of running syncs and of those that are followed.

    Attributes:
        publish_every_s: listeners hear of changes at most so often; of the last one always.
        store_every_s: progress is stored at most so often, and the row is looked at every second
            turn.
        sign_of_life_s: a row that does not change is touched so often.
        outlasted_s: a sync waits so long for its database, then fails; a new one takes it up.
        longest_try_s: what took longer was no try: the computer slept in between.
        first_pause_s: between two tries to reach the database; doubled at each failure.
        longest_pause_s: and no longer than this.
        last_words_s: so long a sync that has failed already tries to store its end.
        poll_s: how often the row of another program's sync is read by those who follow it.
        told_poll_s: the same where the database tells of changes: news may get lost with a
            connection.
        look_again_s: so seldom is the row of a running sync of ours looked at for those who ask.
        look_s: and so long.
        close_dead_s: so long a start waits for another program's write where it closes a dead
            sync first.
        estimate: when a sync's end is foretold.
    """

    publish_every_s: float = 0.1
    store_every_s: float = 0.5
    sign_of_life_s: float = 10.0
    outlasted_s: float = 300.0
    longest_try_s: float = 15.0
    first_pause_s: float = 0.2
    longest_pause_s: float = 5.0
    last_words_s: float = 2.0
    poll_s: float = 1.0
    told_poll_s: float = 5.0
    look_again_s: float = 0.05
    look_s: float = 0.25
    close_dead_s: float = 10.0
    estimate: EstimateTimings = EstimateTimings()


SHIPPED: Final = SyncTimings()
"""What the program goes by."""
