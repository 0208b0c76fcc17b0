"""Where the rows of a dataset come from: the words that are stored, and sent as JSON."""

from enum import StrEnum


class ClaimsSource(StrEnum):
    """Amazon's two ways to financial events, the better one first.

    TRANSACTIONS is `listTransactions` (Finances 2024-06-19), EVENTS_V0 `listFinancialEvents`
    (Finances v0, which Amazon ends on 27 August 2027).
    """

    TRANSACTIONS = "transactions"
    EVENTS_V0 = "events-v0"

    @property
    def other(self) -> "ClaimsSource":
        """The other of the two."""
        return ClaimsSource.EVENTS_V0 if self is ClaimsSource.TRANSACTIONS else self.TRANSACTIONS
