"""Which orders are asked for singly, what is overdue, and what only one source knows."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from opside_desktop.domain.sources import ClaimsSource
from opside_desktop.store.reading.deferrals import OpenDeferral
from opside_desktop.store.reading.one_source_claims import OneSourceClaim
from opside_desktop.sync.copying.deferrals import (
    ASKED_SINGLY,
    about_overdue,
    oldest_read_again,
    orders_asked_singly,
)
from opside_desktop.sync.copying.differences import about_differences

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


def deferral(days, order=None, matured=None):
    """One posted so many days ago; `matured` tells how many days ago it was to be released."""
    matures_at = None if matured is None else NOW - matured * DAY
    return OpenDeferral(f"RFD-{days}", order or f"order {days}", NOW - days * DAY, matures_at)


def test_windows_are_read_again_for_the_oldest_of_thirty_days():
    assert oldest_read_again([deferral(31), deferral(30), deferral(2)], NOW) == NOW - 30 * DAY
    assert oldest_read_again([deferral(31)], NOW) is None


def test_older_ones_are_asked_for_by_order_each_once_the_overdue_last():
    open_ = [
        deferral(90, matured=14),
        deferral(60, "A"),
        deferral(59, "A"),
        deferral(40),
        deferral(9),
    ]
    assert orders_asked_singly(open_, NOW) == ["A", "order 40", "order 90"]
    many = [deferral(99 - number) for number in range(ASKED_SINGLY + 5)]
    assert orders_asked_singly(many, NOW) == [f"order {99 - n}" for n in range(ASKED_SINGLY)]


def test_what_is_overdue_for_fourteen_days_is_counted():
    assert about_overdue([deferral(20, matured=13), deferral(50)], NOW) == []
    [sentence] = about_overdue([deferral(50, matured=14), deferral(40, matured=20)], NOW)
    assert sentence == (
        "Amazon still holds the money of 2 claims back, although they were to be released more"
        " than 14 days ago. First: RFD-50 of order order 50."
    )


def test_what_only_one_source_knows_is_one_sentence():
    def known(source, amount, currency="USD"):
        return OneSourceClaim(source, NOW, currency, Decimal(amount))

    newer, older = ClaimsSource
    claims = [known(newer, "-1000.50"), known(newer, "2", "CAD"), known(older, "7.5")]
    assert about_differences(claims) == (
        "Amazon's two ways to claims do not tell the same of a time that both were asked for:"
        " 2 claims (2.00 CAD, -1,000.50 USD) are known from transactions only and"
        " 1 claim (7.50 USD) is known from Finances v0 only."
    )
