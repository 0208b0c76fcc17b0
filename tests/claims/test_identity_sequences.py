"""Sequences of readings and the claims that must come of them: how many, what sum, which ids."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from opside_desktop.claims.classes import EventClass
from opside_desktop.claims.identity.outcomes import NoteKind
from opside_desktop.claims.sightings import Told
from opside_desktop.domain.claim_types import ClaimStatus, HiddenReason
from tests.claims.event_memory import TX, V0, Memory, at, told

S5 = at(0, 5)
GUARANTEE, ADJUSTMENT, FEE = EventClass.GUARANTEE, EventClass.ADJUSTMENT, EventClass.FEE


def v0(
    amount: str = "-10", when: datetime | date = S5, order: str | None = "A", **more: Any
) -> Told:
    return told(V0, amount, when, order=order, **more)


def tx(
    *ids: str, amount: str = "-10", when: datetime | date = S5, order: str | None = "A", **more: Any
) -> Told:
    return told(TX, amount, when, order=order, ids=ids, **more)


T1_DEFERRED = tx("T1", status="DEFERRED")
T1_RELEASED = tx("T1", status="DEFERRED_RELEASED")
T2_OF_T1 = tx("T2", "T1", when=at(9, 1))
V0_RELEASE = v0(when=at(9, 1))

SEQUENCES: dict[str, tuple[list[list[Told]], str, int]] = {
    "1: the same again": ([[v0()], [v0()]], "-10", 1),
    "2: released in place": ([[T1_DEFERRED], [T1_RELEASED]], "-10", 1),
    "3: released in place and by a copy": ([[T1_DEFERRED], [T1_RELEASED, T2_OF_T1]], "-10", 1),
    "4: released in the other source": ([[T1_DEFERRED], [V0_RELEASE]], "-10", 1),
    "5: an order only in transactions": (
        [
            [v0("30", order=None, sku="S", event_class=ADJUSTMENT)],
            [tx("T1", amount="30", sku="S", event_class=ADJUSTMENT)],
        ],
        "30",
        1,
    ),
    "6: a guarantee typed Refund": ([[v0(event_class=GUARANTEE)], [tx("T1")]], "-10", 1),
    "8: two that are one transaction": (
        [[v0(sku="S"), v0("-20", sku="T")], [tx("T1", amount="-30")]],
        "-30",
        2,
    ),
    "11: the other SKU first": (
        [
            [v0("9", order=None, sku="A", event_class=ADJUSTMENT)],
            [
                v0("9", order=None, sku="B", event_class=ADJUSTMENT),
                v0("9", order=None, sku="A", event_class=ADJUSTMENT),
            ],
        ],
        "18",
        2,
    ),
    "12: a fee without a date": (
        [
            [v0("1.25", at(3).date(), None, event_class=FEE)],
            [tx("T1", amount="1.25", when=at(3, 77), order=None, event_class=FEE)],
        ],
        "1.25",
        1,
    ),
    "15: another amount, the old one no longer sent": ([[v0()], [v0("-30")]], "-30", 1),
    "19: another amount beside the old one": ([[v0()], [v0(), v0("-30")]], "-40", 2),
    "27: the first date after the release": ([[T1_RELEASED, T2_OF_T1], [v0()]], "-10", 1),
    "23: a copy before its deferral": ([[T2_OF_T1, T1_RELEASED]], "-10", 1),
}


@pytest.mark.parametrize("name", SEQUENCES)
@pytest.mark.parametrize("pages", ["one page", "a page for each event"])
def test_sequences_end_with_their_claims(name: str, pages: str) -> None:
    scans, total, count = SEQUENCES[name]
    memory = Memory()
    ids: set[str] = set()
    for scan in [*scans, *scans[-1:], *scans[-1:]]:
        cut = [scan] if pages == "one page" else [[event] for event in scan]
        memory.scan(*cut)
        assert ids <= {claim.claim_id for claim in memory.shown()}
        ids = {claim.claim_id for claim in memory.shown()}
        assert not memory.waiting()

    assert (len(memory.shown()), memory.total()) == (count, Decimal(total))


def test_what_is_released_is_approved_under_its_id() -> None:
    for release in ([T1_RELEASED], [T1_RELEASED, T2_OF_T1], [T2_OF_T1, T1_DEFERRED], [V0_RELEASE]):
        memory = Memory()
        memory.scan([T1_DEFERRED])
        (pending,) = memory.shown()
        assert pending.status is ClaimStatus.PENDING
        memory.scan(release)
        (claim,) = memory.shown()
        assert claim.status is ClaimStatus.APPROVED
        assert (claim.claim_id, claim.created_at) == (pending.claim_id, S5)


def test_twins_on_two_pages_of_one_scan_are_two() -> None:
    twin = v0("7.50", order=None, sku="S", event_class=ADJUSTMENT)
    memory = Memory()
    for _ in range(3):
        memory.scan([twin], [twin])
        assert (len(memory.shown()), memory.total()) == (2, Decimal(15))


def test_another_sku_of_one_second_leaves_the_first_claim_what_it_is() -> None:
    first = v0("9", order=None, sku="A", event_class=ADJUSTMENT)
    memory = Memory()
    memory.scan([first])
    (claim,) = memory.shown()
    memory.scan([v0("9", order=None, sku="B", event_class=ADJUSTMENT)], [first])
    assert memory.claims[claim.claim_id].sku == "A"
    assert {claim.sku for claim in memory.shown()} == {"A", "B"}


def test_currencies_are_never_one() -> None:
    memory = Memory()
    memory.scan([v0("-20", currency="CAD")])
    memory.scan([tx("T1", amount="-14.60")])
    assert len(memory.shown()) == 2
    assert (memory.total("CAD"), memory.total("USD")) == (Decimal(-20), Decimal("-14.60"))


def test_a_changed_amount_is_noted_once() -> None:
    memory = Memory()
    memory.scan([v0()])
    for _ in range(3):
        memory.scan([v0("-30")])
    (note,) = memory.notes
    assert (note.kind, note.before, note.told) == (
        NoteKind.AMOUNT_CHANGED, Decimal(-10), Decimal(-30),
    )  # fmt: skip


@pytest.mark.parametrize("status", ["DEFERRED", "RELEASED"])
def test_two_transactions_of_one_order_in_two_windows_are_two(status: str) -> None:
    memory = Memory()
    third = tx("T3", when=at(3), status=status, was_deferred=True)
    memory.page([T1_DEFERRED], memory.reading(TX, at(0), at(1)), is_last=True)
    memory.page([third], memory.reading(TX, at(3), at(4)), is_last=True)
    assert (len(memory.shown()), memory.total()) == (2, Decimal(-20))


def test_a_copy_in_a_newer_window_before_its_deferral_in_an_older_one() -> None:
    memory = Memory()
    memory.page([T2_OF_T1], memory.reading(TX, at(9), at(10)), is_last=True)
    memory.page([T1_RELEASED], memory.reading(TX, at(0), at(1)), is_last=True)
    (claim,) = memory.shown()
    assert (claim.amount, claim.created_at) == (Decimal(-10), S5)
    (sighting,) = memory.sightings.values()
    assert sighting.seconds == (S5, at(9, 1))
    assert sighting.transaction_ids == ("T2", "T1")


TEN = [v0(f"{n}", order=None, sku=f"S{n}", event_class=ADJUSTMENT) for n in range(1, 11)]
ONE = tx("T1", amount="55", event_class=ADJUSTMENT)


@pytest.mark.parametrize(("scans", "count"), [([TEN, [ONE], TEN], 10), ([[ONE], TEN, [ONE]], 1)])
def test_ten_events_that_are_one_transaction_and_back(scans: list[list[Told]], count: int) -> None:
    memory = Memory()
    for scan in scans:
        memory.scan(*([event] for event in scan))
        assert (len(memory.shown()), memory.total()) == (count, Decimal(55))


@pytest.mark.parametrize("first", [TX, V0])
def test_amounts_that_differ_by_tax_are_one_and_noted_once(first: object) -> None:
    scans = [[v0("-10")], [tx("T1", amount="-11.90")]]
    if first is TX:
        scans.reverse()
    memory = Memory()
    for scan in [*scans, *scans, *scans]:
        memory.scan(scan)
    assert (len(memory.shown()), memory.total()) == (1, Decimal("-11.90"))
    assert [note.kind for note in memory.notes] == [NoteKind.SOURCES_DIFFER]


def test_a_twin_that_comes_late_is_a_claim_of_its_own() -> None:
    memory = Memory()
    memory.scan([v0(), v0()])
    memory.scan([tx("T1")])
    memory.scan([tx("T1"), tx("T2")])
    memory.scan([v0(), v0()])
    assert (len(memory.shown()), memory.total()) == (2, Decimal(-20))


def test_two_transactions_that_an_id_proves_to_be_one_leave_the_older_claim() -> None:
    memory = Memory()
    memory.scan([tx("T1", status="DEFERRED")])
    memory.scan([tx("T1", status="DEFERRED"), tx("T2", when=at(9))])
    older, newer = memory.shown()
    memory.scan([tx("T1", "T2", status="DEFERRED_RELEASED"), tx("T2", when=at(9))])
    assert [claim.claim_id for claim in memory.shown()] == [older.claim_id]
    assert memory.claims[newer.claim_id].hidden is HiddenReason.DOUBLE


def test_a_release_that_is_named_later_joins_what_finances_v0_told() -> None:
    memory = Memory()
    memory.scan([tx("T1")])
    memory.scan([V0_RELEASE])
    older, newer = memory.shown()
    memory.scan([tx("T1"), T2_OF_T1])
    assert [claim.claim_id for claim in memory.shown()] == [older.claim_id]
    assert memory.claims[newer.claim_id].hidden is HiddenReason.DOUBLE


def test_what_waits_is_settled_by_the_last_page_however_often_the_window_breaks_off() -> None:
    memory = Memory()
    memory.scan([T1_DEFERRED])
    window = memory.reading(V0)
    memory.page([V0_RELEASE], window, is_last=False)
    assert len(memory.waiting()) == 1
    assert memory.total() == Decimal(-10)
    memory.broken_off(window)
    assert len(memory.waiting()) == 1
    memory.scan([V0_RELEASE])
    assert not memory.waiting()
    assert (len(memory.shown()), memory.total()) == (1, Decimal(-10))


def test_what_waits_is_new_after_two_further_readings_that_broke_off() -> None:
    memory = Memory()
    memory.scan([v0()])
    for number in range(3):
        window = memory.reading(V0)
        memory.page([v0("-30")], window, is_last=False)
        assert len(memory.waiting()) == 1, number
        memory.broken_off(window)
    assert not memory.waiting()
    assert (len(memory.shown()), memory.total()) == (2, Decimal(-40))


def test_what_has_no_counterpart_is_new_at_once() -> None:
    memory = Memory()
    memory.scan([v0()])
    window = memory.reading(V0)
    memory.page([v0("-30", order="B")], window, is_last=False)
    assert (len(memory.shown()), memory.total()) == (2, Decimal(-40))


@pytest.mark.parametrize("status", ["RELEASED", "DEFERRED_RELEASED"])
def test_a_transaction_whose_date_changes_is_told_with_what_it_says_now(status: str) -> None:
    memory = Memory()
    memory.scan([T1_DEFERRED if status == "DEFERRED_RELEASED" else tx("T1")])
    memory.scan([tx("T1", amount="-12", when=at(7), status=status)])
    [claim] = memory.shown()
    assert (claim.amount, claim.status) == (Decimal(-12), ClaimStatus.APPROVED)


def unknown(event: Told, *, hidden: bool = False) -> Told:
    reading = replace(event.reading, unknown="Bond")
    return replace(event, reading=reading, hidden=HiddenReason.UNKNOWN if hidden else None)


def test_a_claim_of_an_unknown_kind_that_is_shown_stays_so_however_many_come_later() -> None:
    memory = Memory()
    memory.scan([unknown(v0())])
    memory.scan([unknown(v0(), hidden=True)])
    assert memory.total() == -10


def test_a_claim_of_an_unknown_kind_is_shown_once_its_kind_is_known() -> None:
    memory = Memory()
    memory.scan([unknown(v0(), hidden=True)])
    memory.scan([unknown(v0())])
    assert memory.total() == 0
    memory.scan([tx("T1")])
    assert memory.total() == -10


def test_an_event_taken_for_a_release_moves_to_its_own_claim() -> None:
    memory = Memory()
    memory.scan([T1_DEFERRED])
    memory.scan([V0_RELEASE])
    memory.scan([T1_DEFERRED, tx("T3", when=at(9, 1))])
    assert (len(memory.shown()), memory.total()) == (2, Decimal(-20))
    assert {claim.status for claim in memory.shown()} == {
        ClaimStatus.PENDING, ClaimStatus.APPROVED,
    }  # fmt: skip
    # The claim that it left may be met by a release again.
    memory.scan([V0_RELEASE, v0(when=at(12))])
    assert (len(memory.shown()), memory.total()) == (2, Decimal(-20))
    assert {claim.status for claim in memory.shown()} == {ClaimStatus.APPROVED}
