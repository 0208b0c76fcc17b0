"""How far the claims of one user have been brought over from version 0.1, as it is stored.

A mark stands among the checkpoints of a dataset that is none. It only saves time: that an event has
its sighting is what says that it was brought over, so a mark that is lost costs another look.
"""

from datetime import date
from typing import Final

import msgspec
import sqlalchemy as sa

from opside_desktop.claims.classes import TRANSACTIONS_LIST
from opside_desktop.domain.ids import UserId
from opside_desktop.store.database import read_now
from opside_desktop.store.schema import tables
from opside_desktop.store.writing.bulk import Upsert

_M = tables.sync_checkpoints.c
_UPSERT: Final = Upsert(tables.sync_checkpoints)
_DATASET: Final = "version-0.1"
_WINDOW: Final = "claims"

_E, _C, _L = tables.financial_events.c, tables.amazon_claims.c, tables.event_claims.c


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """How far it has come.

    Attributes:
        total: claims that the user had at the beginning; `done` of them are brought over.
        doubles: claims among them that were hidden because they are others in new words.
        day: the first that is still to be done; None before the first.
        told: where the user has been told of the doubles: in the window, by a sync.
    """

    total: int
    done: int = 0
    doubles: int = 0
    day: date | None = None
    is_finished: bool = False
    told: tuple[str, ...] = ()

    @property
    def fraction(self) -> float:
        """0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 1.0


def load(connection: sa.Connection, user_id: UserId, *, lock: bool = False) -> Mark | None:
    """Read a user's mark; in a writing transaction it may be locked to its end."""
    select = sa.select(_M.state).where(
        _M.user_id == user_id, _M.dataset == _DATASET, _M.window == _WINDOW
    )
    state = connection.execute(select.with_for_update() if lock else select).scalar()
    return None if state is None else msgspec.convert(state, Mark, strict=False)


def save(connection: sa.Connection, user_id: UserId, mark: Mark) -> None:
    """Store a user's mark within a transaction."""
    row = {
        "user_id": user_id,
        "dataset": _DATASET,
        "window": _WINDOW,
        "state": msgspec.to_builtins(mark),
        "updated_at": read_now(connection),
    }
    _UPSERT.run(connection, {name: [value] for name, value in row.items()})


def load_or_make(connection: sa.Connection, user_id: UserId) -> Mark:
    """Read a user's mark and lock it, in a writing transaction; make it where there is none."""
    mark = load(connection, user_id, lock=True)
    if mark is None:
        total = sa.select(sa.func.count()).where(_C.user_id == user_id)
        is_finished = not is_left(connection, user_id)
        mark = Mark(total=connection.execute(total).scalar_one(), is_finished=is_finished)
        save(connection, user_id, mark)
    return mark


def is_left(connection: sa.Connection, user_id: UserId) -> bool:
    """Tell whether any event is without its sighting, and its claim not hidden as another's double.

    Looks at all of a user's events where there is none.
    """
    seen = sa.exists().where(_L.user_id == _E.user_id, _L.claim == _E.claim_id)
    hidden = sa.exists().where(
        _C.user_id == _E.user_id, _C.claim_id == _E.claim_id, _C.hidden_reason.is_not(None)
    )
    old = sa.and_(_E.user_id == user_id, _E.event_list != TRANSACTIONS_LIST)
    left = sa.select(sa.literal(1)).where(old, ~seen, ~hidden).limit(1)
    return connection.execute(left).first() is not None
