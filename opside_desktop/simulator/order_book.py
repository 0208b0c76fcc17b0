"""The seller's orders as both order interfaces see them: sorted, filtered, changing while read."""

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from opside_desktop.simulator.answers import invalid_input
from opside_desktop.simulator.call import TWO_MINUTES, TWO_YEARS, Call
from opside_desktop.simulator.orders import (
    CANCELED,
    PENDING,
    SHIPPED,
    UNSHIPPED,
    Order,
    set_status,
)
from opside_desktop.simulator.seller import Seller

SortBy = Literal["placed", "updated"]
Position = tuple[int | str, ...]
"""A time and an order id: the last order served."""

_PAGE = 100
NEXT_STATUS = {PENDING: UNSHIPPED, UNSHIPPED: SHIPPED}
"""What becomes of an open order next, if it is not cancelled."""


@dataclass(frozen=True, slots=True)
class _Change:
    order: Order
    status: str
    updated: int


@dataclass(slots=True)
class OrderBook:
    """All orders, by the time they were placed and by the time of their last change.

    In a scenario with issues some orders change between two pages of a list. An order that changes
    moves to the end of the list by last change, so that one scan may serve it twice, but none
    misses it.
    """

    seller: Seller
    _by_id: dict[str, Order] = field(default_factory=dict)
    _sorted: dict[SortBy, list[tuple[int, str]]] = field(default_factory=dict)
    _changes: dict[int, list[_Change]] = field(default_factory=dict)
    _pages_served: int = 0
    _shown: deque[str] = field(default_factory=deque)
    _open: dict[str, Order] = field(default_factory=dict)

    def __post_init__(self) -> None:
        orders = self.seller.orders
        self._by_id = {order.order_id: order for order in orders}
        self._sorted = {
            "placed": sorted((order.placed, order.order_id) for order in orders),
            "updated": sorted((order.updated, order.order_id) for order in orders),
        }
        self._open = {order.order_id: order for order in orders if order.status in NEXT_STATUS}
        if self.seller.issues:
            self._changes = _planned_changes(self.seller)

    def get(self, order_id: str) -> Order | None:
        """The order of that id."""
        return self._by_id.get(order_id)

    def open_orders(self) -> list[Order]:
        """The orders that are still to be shipped."""
        return list(self._open.values())

    def add(self, order: Order) -> None:
        """Take in an order that was placed since; one that is there already is left alone."""
        if order.order_id in self._by_id:
            return
        self._by_id[order.order_id] = order
        insort(self._sorted["placed"], (order.placed, order.order_id))
        insort(self._sorted["updated"], (order.updated, order.order_id))
        if order.status in NEXT_STATUS:
            self._open[order.order_id] = order

    def change(self, order: Order, status: str, updated: int) -> None:
        """Move an order to a state at a second later than its last change."""
        rows = self._sorted["updated"]
        del rows[bisect_left(rows, (order.updated, order.order_id))]
        order.updated = updated
        set_status(order, status)
        insort(rows, (order.updated, order.order_id))
        if status not in NEXT_STATUS:
            self._open.pop(order.order_id, None)

    def page(
        self,
        window: "Window",
        position: Position,
        size: int,
        wanted: Callable[[Order], bool],
    ) -> tuple[Sequence[Order], bool]:
        """Up to `size` wanted orders of a window that stand after a position.

        Returns:
            The orders, and whether more follow.
        """
        rows = self._sorted[window.sort_by]
        index = bisect_left(rows, (window.after, ""))
        if position:
            index = max(index, bisect_right(rows, (position[0], position[1])))
        found: list[Order] = []
        more = False
        while index < len(rows) and rows[index][0] <= window.before:
            order = self._by_id[rows[index][1]]
            if order.placed >= window.oldest and wanted(order):
                if len(found) == size:
                    more = True
                    break
                found.append(order)
            index += 1
        shown = set(self._shown)
        self._shown.extend(order.order_id for order in found if order.order_id not in shown)
        return found, more

    def older_version(self, wanted: Callable[[Order], bool]) -> Order | None:
        """An older version of a wanted order that a list has shown before, each order in turn."""
        for _ in range(len(self._shown)):
            order = self._by_id[self._shown.popleft()]
            self._shown.append(order.order_id)
            if wanted(order) and order.placed < order.updated:
                older = replace(
                    order,
                    updated=order.placed,
                    lines=[replace(line) for line in order.lines],
                )
                set_status(older, PENDING)
                return older
        return None

    def page_served(self) -> None:
        """Note that a page of a list went out: what was to change after it changes now."""
        self._pages_served += 1
        for change in self._changes.pop(self._pages_served, ()):
            # A day that passed may have moved the order on already.
            if change.order.order_id in self._open and change.order.updated < change.updated:
                self.change(change.order, change.status, change.updated)


@dataclass(frozen=True, slots=True)
class Window:
    """Which time of an order counts, from when to when; both ends belong to it.

    Orders placed before `oldest` are not shown any more.
    """

    sort_by: SortBy
    after: float
    before: float
    oldest: float

    def position(self, order: Order) -> Position:
        """Where an order stands in a list of this window."""
        return (order.placed if self.sort_by == "placed" else order.updated, order.order_id)


def read_window(call: Call, created: str, updated: str) -> Window:
    """Read a call's window, whose parameters begin with these names.

    Raises:
        ApiError: no time, two kinds of times, an end that is too late or before the beginning.
    """
    ends: dict[str, tuple[float | None, float | None]] = {
        name: (call.instant(f"{name}After"), call.settled_instant(f"{name}Before"))
        for name in (created, updated)
    }
    placed, changed = ends[created], ends[updated]
    if (placed[0] is None) == (changed[0] is None):
        message = f"Exactly one of {created}After and {updated}After must be specified."
        raise invalid_input(message)
    name, other = (created, updated) if changed[0] is None else (updated, created)
    after, before = ends[name]
    if ends[other][1] is not None or after is None:
        message = f"{other}Before cannot be specified together with {name}After."
        raise invalid_input(message)
    if before is None:
        before = call.now - TWO_MINUTES
    if before < after:
        message = f"{name}Before must not be earlier than {name}After."
        raise invalid_input(message)
    oldest = call.now - TWO_YEARS
    return Window("placed" if name == created else "updated", after, before, oldest)


def _planned_changes(seller: Seller) -> dict[int, list[_Change]]:
    """Changes by the number of list pages served before them; all within two complete scans.

    An old order changes right after a page that showed it, so that the same scan shows it again.
    """
    pages_per_scan = -(-len(seller.orders) // _PAGE)
    moments = range(1, 2 * pages_per_scan)
    shown = sorted(seller.orders, key=lambda order: (order.updated, order.order_id))
    still_open = [
        (place // _PAGE + 1, order)
        for place, order in enumerate(shown)
        if order.status in NEXT_STATUS
    ]
    changes: dict[int, list[_Change]] = {}
    for number, (page, order) in enumerate(still_open):
        status = CANCELED if number % 5 == 4 else NEXT_STATUS[order.status]
        # The last changes of all lie just before the end of the data, one every 90 seconds.
        updated = seller.end - 90 * (len(still_open) - number)
        moment = page if page < pages_per_scan else moments[number % len(moments)]
        changes.setdefault(moment, []).append(_Change(order, status, updated))
    return changes
