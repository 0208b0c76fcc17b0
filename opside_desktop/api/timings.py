"""How long the HTTP API waits for its clients, and how often it tells them."""

from typing import Final, NamedTuple


class ApiTimings(NamedTuple):
    """The intervals and limits of one server.

    Attributes:
        keep_alive_s: so long is the next request on a connection awaited; whole seconds.
        request_s: so long may a request take to arrive as a whole; whoever drips it in would hold
            its place.
        stall_s: so long may a reader take nothing of an answer before the connection is cut.
        hang_up_s: so long what refuses a broken request may take to be read.
        heartbeat_s: a silent stream says so often that it is alive; proxies close silent ones.
        per_listener_s: for each listener of a sync they all hear of changes so much more seldom: a
            thousand do once a second, because the loop has other things to do as well.
        fresh_s: a total older than this is counted anew behind the answer,
        usable_s: one older than this before it: counting a million rows takes a tenth of a second.
        health_s: a database that takes longer is no good health.
        finish_s: so long may running syncs take to reach the end of a page when the server stops,
        last_events_s: so long the streams of syncs that have ended then to tell so,
        last_answers_s: and so long the answers that are under way.
    """

    keep_alive_s: int = 75
    request_s: float = 30.0
    stall_s: float = 60.0
    hang_up_s: float = 1.0
    heartbeat_s: float = 10.0
    per_listener_s: float = 0.001
    fresh_s: float = 3.0
    usable_s: float = 30.0
    health_s: float = 5.0
    finish_s: float = 10.0
    last_events_s: float = 1.0
    last_answers_s: float = 2.0


SHIPPED: Final = ApiTimings()
"""What the program goes by."""
