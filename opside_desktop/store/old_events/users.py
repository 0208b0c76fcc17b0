"""Whose claims are still as version 0.1 left them, and whom to tell of what was found."""

from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from opside_desktop.domain.ids import UserId
from opside_desktop.store.database import Database
from opside_desktop.store.old_events import mark as marks
from opside_desktop.store.users import users_of


class State(NamedTuple):
    """How a database stands.

    Attributes:
        left: users whose claims are not brought over yet, and how much of each is, from 0 to 1.
        doubles: how many doubles of each user were found and hidden, where there are any.
    """

    left: dict[UserId, float]
    doubles: dict[UserId, int]


async def state_of(db: Database) -> State:
    """Read how far each user is. Costs one step for each who is done.

    Raises:
        DatabaseFault: the database cannot be read.
    """
    users = await users_of(db)

    def read(connection: sa.Connection) -> State:
        state = State({}, {})
        for user_id in users:
            mark = marks.load(connection, user_id)
            if mark is None:
                if marks.is_left(connection, user_id):
                    state.left[user_id] = 0.0
                continue
            if not mark.is_finished:
                state.left[user_id] = mark.fraction
            if mark.doubles:
                state.doubles[user_id] = mark.doubles
        return state

    return await db.read(read)


async def take_news(db: Database, user_id: UserId, where: str) -> int:
    """Give how many doubles of a user were hidden, once for each place that tells of them.

    0 where there are none, where they have been told of there, or where nothing can be written.

    Raises:
        DatabaseFault: the database cannot be read or written.
    """
    mark = await db.read(lambda connection: marks.load(connection, user_id))
    if mark is None or not _is_news(mark, where) or db.read_only is not None:
        return 0

    def write(connection: sa.Connection) -> int:
        mark = marks.load(connection, user_id, lock=True)
        if mark is None or not _is_news(mark, where):
            return 0
        marks.save(connection, user_id, msgspec.structs.replace(mark, told=(*mark.told, where)))
        return mark.doubles

    return await db.write(write)


def _is_news(mark: marks.Mark, where: str) -> bool:
    return mark.is_finished and mark.doubles > 0 and where not in mark.told
