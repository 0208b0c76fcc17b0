"""Stored values in words for people, with an icon and a colour role for states."""

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from opside_desktop.domain.claim_types import ClaimStatus, ClaimType, HiddenReason
from opside_desktop.ui.kit.pills import PillStyle
from opside_desktop.ui.kit.theme import Role

_WORDS: dict[str, object] = {
    ClaimStatus.APPROVED: QT_TRANSLATE_NOOP("Words", "Approved"),
    ClaimStatus.PENDING: QT_TRANSLATE_NOOP("Words", "Pending"),
    ClaimStatus.DENIED: QT_TRANSLATE_NOOP("Words", "Denied"),
    ClaimType.LIQUIDATION: QT_TRANSLATE_NOOP("Words", "Liquidation reimbursement"),
    ClaimType.REIMBURSEMENT: QT_TRANSLATE_NOOP("Words", "Reimbursement"),
    ClaimType.REVERSAL: QT_TRANSLATE_NOOP("Words", "Reimbursement taken back"),
    ClaimType.FEE: QT_TRANSLATE_NOOP("Words", "Fee adjustment"),
    ClaimType.SAFET: QT_TRANSLATE_NOOP("Words", "SAFE-T reimbursement"),
    ClaimType.REFUND: QT_TRANSLATE_NOOP("Words", "Refund"),
    ClaimType.GUARANTEE: QT_TRANSLATE_NOOP("Words", "A-to-z Guarantee claim"),
    ClaimType.CHARGEBACK: QT_TRANSLATE_NOOP("Words", "Chargeback"),
    ClaimType.OTHER: QT_TRANSLATE_NOOP("Words", "Other adjustment"),
    "DEFERRED": QT_TRANSLATE_NOOP("Words", "Held back"),
    "DEFERRED_RELEASED": QT_TRANSLATE_NOOP("Words", "Held back, then released"),
    "RELEASED": QT_TRANSLATE_NOOP("Words", "Released"),
    HiddenReason.DOUBLE: QT_TRANSLATE_NOOP("Words", "Double"),
    HiddenReason.ZERO: QT_TRANSLATE_NOOP("Words", "Exactly 0.00"),
    HiddenReason.UNKNOWN: QT_TRANSLATE_NOOP("Words", "Unknown kind"),
    "Pending": QT_TRANSLATE_NOOP("Words", "Pending"),
    "PendingAvailability": QT_TRANSLATE_NOOP("Words", "Not yet available"),
    "Unshipped": QT_TRANSLATE_NOOP("Words", "Unshipped"),
    "PartiallyShipped": QT_TRANSLATE_NOOP("Words", "Partly shipped"),
    "Shipped": QT_TRANSLATE_NOOP("Words", "Shipped"),
    "InvoiceUnconfirmed": QT_TRANSLATE_NOOP("Words", "Invoice open"),
    "Canceled": QT_TRANSLATE_NOOP("Words", "Cancelled"),
    "Unfulfillable": QT_TRANSLATE_NOOP("Words", "Cannot be shipped"),
    "NewItem": QT_TRANSLATE_NOOP("Words", "New"),
}

_STATUS_PILLS = {
    ClaimStatus.APPROVED: ("check", Role.OK),
    ClaimStatus.PENDING: ("clock", Role.INFO),
    ClaimStatus.DENIED: ("stop", Role.ERROR),
    "Pending": ("clock", Role.INFO),
    "PendingAvailability": ("clock", Role.INFO),
    "Unshipped": ("clock", Role.WARN),
    "PartiallyShipped": ("clock", Role.WARN),
    "Shipped": ("check", Role.OK),
    "InvoiceUnconfirmed": ("warning", Role.WARN),
    "Canceled": ("cancelled", Role.MUTED),
    "Unfulfillable": ("stop", Role.ERROR),
}


def word(value: str) -> str:
    """Say one of Amazon's words for people; a word nobody knows is shown as it came."""
    known = _WORDS.get(value)
    return QCoreApplication.translate("Words", str(known)) if known else value


def status_pill(status: str) -> PillStyle:
    """Give a status its word, icon and colour; quiet where the status is unknown."""
    icon, role = _STATUS_PILLS.get(status, ("info", Role.MUTED))
    return PillStyle(word(status), icon, role)
