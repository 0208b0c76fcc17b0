"""Moments, numbers and money as people read them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from opside_desktop.ui.kit import formats as module
from opside_desktop.ui.kit.formats import Formats, ZoneChoice

NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)


@pytest.fixture
def formats(monkeypatch, qapp):
    monkeypatch.setattr(module, "local_zone_name", lambda: "Europe/Berlin")
    return Formats(choice=ZoneChoice.UTC)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("34.9", "EUR", "34.90 EUR"),
        ("-34.90", "EUR", "−34.90 EUR"),
        ("1234567.89", "USD", "1,234,567.89 USD"),
        ("-0.005", "USD", "−0.005 USD"),
        ("12", "JPY", "12 JPY"),
        ("12.5", "JPY", "12.50 JPY"),
        ("0", "EUR", "0.00 EUR"),
        ("12345678901234567.89", "EUR", "12,345,678,901,234,567.89 EUR"),
    ],
)
def test_money_is_exact_and_names_its_currency(formats, amount, currency, text):
    assert formats.money(Decimal(amount), currency) == text


def test_numbers_are_grouped(formats):
    assert [formats.number(n) for n in (7, 999, 1204, -1000000)] == [
        "7", "999", "1,204", "−1,000,000",
    ]  # fmt: skip


def test_moments_follow_the_chosen_zone(formats):
    assert formats.moment(NOW) == "23 Nov 2026 14:05"
    formats.choose_zone(ZoneChoice.LOCAL)
    assert formats.moment(NOW) == "23 Nov 2026 15:05"
    assert formats.zone_name == "Europe/Berlin"


def test_summer_time_is_kept_apart_from_winter_time(formats):
    formats.choose_zone(ZoneChoice.LOCAL)
    assert formats.moment(datetime(2026, 7, 1, 12, tzinfo=UTC)) == "1 Jul 2026 14:00"


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=4), "4 min ago"),
        (timedelta(hours=5), "5 h ago"),
        (timedelta(days=3), "3 d ago"),
        (timedelta(seconds=-30), "just now"),
    ],
)
def test_ages_use_the_largest_fitting_unit(formats, age, text):
    assert formats.ago(NOW - age, NOW) == text


def test_near_moments_are_named_by_their_day(formats):
    assert formats.near(NOW, NOW) == "today 14:05"
    assert formats.near(NOW - timedelta(days=1), NOW) == "yesterday 14:05"
    assert formats.near(NOW - timedelta(days=2), NOW) == "21 Nov 2026 14:05"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (42, "42 s"), (80, "1 min 20 s"), (7500, "2 h 5 min")],
)
def test_durations(formats, seconds, text):
    assert formats.duration(seconds) == text


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1,234.50", "1234.50"), ("-3", "-3"), ("−3.5", "-3.5"), ("12,5", "12.5"), ("1,234", "1234"),
     (" 7 ", "7"), ("", None), ("many", None), ("nan", None), ("1e400000", None), ("-", None)],
)  # fmt: skip
def test_amounts_are_read_as_people_write_them(formats, text, amount):
    assert formats.read_amount(text) == (None if amount is None else Decimal(amount))


@pytest.mark.parametrize(
    "text", ["3 Nov 2026", "2026-11-03", "3 November 2026", "3.11.2026", " 3 nov 2026 "]
)
def test_days_are_read_as_people_write_them(formats, text):
    assert formats.read_day(text) == date(2026, 11, 3)


@pytest.mark.parametrize("text", ["", "soon", "31 Feb 2026", "2026-13-01"])
def test_what_is_no_day_is_not_read(formats, text):
    assert formats.read_day(text) is None


def test_moments_follow_the_marketplace_where_it_is_one(formats):
    changes = []
    formats.changed.connect(lambda: changes.append(formats.zone_name))
    formats.follow_marketplace("America/Los_Angeles")
    assert changes == []
    formats.choose_zone(ZoneChoice.MARKETPLACE)
    assert formats.moment(NOW) == "23 Nov 2026 06:05"
    formats.follow_marketplace(None)
    assert formats.zone_name == "Europe/Berlin"
    assert changes == ["America/Los_Angeles", "Europe/Berlin"]


def test_another_zone_of_the_computer_is_noticed(qapp, monkeypatch, qtbot):
    names = ["Europe/Berlin"]
    monkeypatch.setattr(module, "local_zone_name", lambda: names[0])
    formats = Formats(choice=ZoneChoice.LOCAL)
    assert formats.moment(NOW) == "23 Nov 2026 15:05"
    formats.look_at_clock(NOW)
    names[0] = "America/New_York"
    with qtbot.waitSignal(formats.changed, timeout=1000):
        formats.look_at_clock(NOW)
    assert (formats.zone_name, formats.moment(NOW)) == ("America/New_York", "23 Nov 2026 09:05")
    with qtbot.assertNotEmitted(formats.changed):
        formats.look_at_clock(NOW)


def test_a_new_day_is_noticed(formats, qtbot):
    formats.look_at_clock(NOW)
    with qtbot.waitSignal(formats.changed, timeout=1000):
        formats.look_at_clock(datetime(2026, 11, 24, 0, 0, 5, tzinfo=UTC))
