"""Seeing that a permission is of the seller whose rows are stored, before more are stored."""

import logging
from typing import TYPE_CHECKING

from opside_desktop.domain.errors import AuthRevoked, OpsideError, RetryLater
from opside_desktop.domain.sellers import SellerRecord
from opside_desktop.domain.waits import WaitListener, unheard

if TYPE_CHECKING:
    from opside_desktop.amazon.session import AmazonSession

log = logging.getLogger(__name__)


async def checked_seller(
    session: "AmazonSession", record: SellerRecord, mark: str, on_wait: WaitListener = unheard
) -> SellerRecord:
    """See that a session's token is of the seller of a record; give what is known now.

    Where Amazon does not tell whose it is, nothing is claimed.

    Args:
        mark: of the session's refresh token.

    Raises:
        OtherSeller: it is another's.
        AuthRevoked: Amazon accepts it no more.
        RetryLater: Amazon cannot be asked, and there is a seller to compare with.
    """
    if record.is_settled(mark, session.now()):
        return record
    try:
        found = await session.selling_partner.seller_id(on_wait)
    except AuthRevoked:
        raise
    except RetryLater as error:
        if record.seller_id is not None:
            raise
        log.info("Whose the refresh token is could not be asked: %s", error)
        return record
    except OpsideError as error:
        log.info("Amazon does not tell whose the refresh token is: %s", error)
        found = None
    return record.with_answer(mark, found, session.now())
