"""Whose rows are stored: which seller a refresh token belongs to, as far as Amazon tells it.

A refresh token belongs to one seller for good. So a token that was once seen to be the seller's
needs no second look, and one that was never seen gets one before anything is stored.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from opside_desktop.domain.errors import OtherSeller

ASKED_AGAIN_AFTER: Final = timedelta(hours=24)
"""Where Amazon does not tell whose a token is, it is asked once a day."""


def token_mark(refresh_token: str) -> str:
    """Give what a refresh token is known again by, and cannot be guessed from (32 hex digits)."""
    return hashlib.sha256(f"opside-desktop {refresh_token}".encode()).hexdigest()[:32]


class SellerRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the seller whose rows are stored of a user, from one Amazon.

    Attributes:
        seller_id: Amazon's id of the seller; None as long as it was not told.
        token: the mark of the refresh token that was seen to be this seller's.
        asked: the mark of a token whose seller Amazon did not tell, `asked_at` by its clock.
    """

    seller_id: str | None = None
    token: str | None = None
    asked: str | None = None
    asked_at: datetime | None = None

    def proves(self, mark: str) -> bool:
        """Tell whether a token was seen to be this seller's."""
        return self.seller_id is not None and self.token == mark

    def seller_of(self, refresh_token: str) -> str | None:
        """Give the seller's id for a token that was seen to be this seller's."""
        return self.seller_id if self.proves(token_mark(refresh_token)) else None

    def is_settled(self, mark: str, now: datetime) -> bool:
        """Tell whether there is nothing to ask Amazon of a token at present."""
        if self.proves(mark):
            return True
        return (
            self.asked == mark
            and self.asked_at is not None
            and timedelta(0) <= now - self.asked_at < ASKED_AGAIN_AFTER
        )

    def with_answer(self, mark: str, found: str | None, now: datetime) -> "SellerRecord":
        """Note what Amazon told of a token; None where it told nothing.

        Raises:
            OtherSeller: it is another seller's than the one whose rows are stored.
        """
        if found is None:
            return replace(self, asked=mark, asked_at=now)
        if self.seller_id is not None and found != self.seller_id:
            raise OtherSeller(known=self.seller_id, found=found)
        return SellerRecord(seller_id=found, token=mark)
