"""What an adjustment is by its kind, Amazon's AdjustmentType, and the sign of its money."""

from typing import Final

from opside_desktop.claims.event_fields import squashed, words
from opside_desktop.claims.kinds import (
    FEE_CORRECTIONS,
    MONEY_MOVEMENTS,
    REIMBURSEMENTS,
    RENTAL_REFUND,
    RENTAL_REIMBURSEMENTS,
    TAKEN_BACK_ENDINGS,
)
from opside_desktop.domain.claim_types import ClaimType
from opside_desktop.domain.records import Money

_GROUPS: Final = (
    ({squashed(kind): said for kind, said in REIMBURSEMENTS.items()}, ClaimType.REIMBURSEMENT),
    ({squashed(kind): said for kind, said in FEE_CORRECTIONS.items()}, ClaimType.FEE),
)
_RENTALS: Final = {squashed(kind): said for kind, said in RENTAL_REIMBURSEMENTS.items()}
_MOVEMENTS: Final = tuple(squashed(kind) for kind in MONEY_MOVEMENTS)
_ENDINGS: Final = tuple(squashed(ending) for ending in TAKEN_BACK_ENDINGS)
_SAYS_TAKEN_BACK: Final = ("clawback", "retraction_items")


def is_movement(kind: str) -> bool:
    """Tell whether a kind of adjustment only moves money."""
    said = squashed(kind)
    return any(said == one or said.startswith(one + "_") for one in _MOVEMENTS)


def is_known(kind: str) -> bool:
    """Tell whether this is a kind of adjustment, even one that only moves money."""
    said = squashed(kind)
    return (
        any(said in group for group, _ in _GROUPS)
        or rental_text(kind) is not None
        or is_movement(kind)
    )


def read_adjustment(kind: str, money: Money) -> tuple[ClaimType, str]:
    """Give the type of an adjustment that is no movement of money, and say what it is.

    Two accounts of some kinds (REVERSAL_REIMBURSEMENT, COMPENSATED_CLAWBACK) disagree, so the sign
    alone tells a payment from one that is taken back.
    """
    said = squashed(kind)
    type_, what = ClaimType.OTHER, f"Adjustment {kind}".strip()
    for texts, group in _GROUPS:
        if said in texts:
            type_, what = group, texts[said]
    if money.amount < 0:
        if type_ is ClaimType.REIMBURSEMENT:
            type_ = ClaimType.REVERSAL
            if not said.endswith(_SAYS_TAKEN_BACK):
                what = f"Taken back: {what[0].lower()}{what[1:]}"
        elif type_ is ClaimType.OTHER and said.endswith(_ENDINGS):
            type_, what = ClaimType.REVERSAL, f"Taken back: {words(kind).replace('_', ' ')}"
    return type_, what


def rental_text(kind: str | None) -> str | None:
    """Say what a rental's event pays for; None where it is no reimbursement of any kind."""
    said = squashed(kind)
    if said.startswith(squashed(RENTAL_REFUND)):
        return "Rental refund made good"
    return _RENTALS.get(said)


def is_rental_refund(kind: str | None) -> bool:
    """Tell whether a rental's event belongs to a customer's refund: a claim if money comes in."""
    return squashed(kind).startswith(squashed(RENTAL_REFUND))
