"""How long the key store and the sample seller are waited for, and bucket levels kept."""

from typing import Final, NamedTuple


class AccountTimings(NamedTuple):
    """The intervals and limits of seller accounts.

    Attributes:
        key_store_s: so long the key store may take, which may ask a person for its password.
        save_levels_every_s: bucket levels change with each call; they are saved no more often.
        seller_start_s: so long the demo's sample seller may take to start.
        seller_end_s: and to end, before it is asked in a harder way.
    """

    key_store_s: float = 10.0
    save_levels_every_s: float = 1.0
    seller_start_s: float = 30.0
    seller_end_s: float = 3.0


SHIPPED: Final = AccountTimings()
"""What the program goes by."""
