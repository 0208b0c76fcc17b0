"""Claims that somebody has deleted from the database by hand: what tells of them goes, too.

A sighting that leads to no claim would keep its event from ever becoming one again.
"""

from collections.abc import Collection

import sqlalchemy as sa

from opside_desktop.domain.ids import UserId
from opside_desktop.store.schema import tables


def forget_claims(connection: sa.Connection, user_id: UserId, claim_ids: Collection[str]) -> None:
    """Delete, within a transaction, what is stored of claims whose rows are gone.

    With their financial events go their keys, so that an event which Amazon tells again is given
    the id that its claim had.
    """
    links, sightings, events = (
        tables.event_claims.c,
        tables.event_sightings.c,
        tables.financial_events.c,
    )
    of_user = links.user_id == user_id
    gone = connection.scalars(
        sa.select(links.sighting).where(of_user, links.claim.in_(claim_ids)).distinct()
    ).all()
    connection.execute(tables.event_claims.delete().where(of_user, links.claim.in_(claim_ids)))
    left = sa.select(links.sighting).where(of_user, links.sighting.in_(gone))
    connection.execute(
        tables.event_sightings.delete().where(
            sightings.user_id == user_id, sightings.id.in_(gone), sightings.id.not_in(left)
        )
    )
    connection.execute(
        tables.financial_events.delete().where(
            events.user_id == user_id, events.claim_id.in_(claim_ids)
        )
    )
