"""The changes. Each is found by its text, and its test by its name, so that files may move."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mutant:
    """What is wrong then; the text that stands once in the package; what it becomes; the test."""

    what: str
    old: str
    new: str
    test: str


def sources(folder: Path) -> dict[Path, str]:
    """Read every module below a folder."""
    return {file: file.read_text(encoding="utf-8") for file in sorted(folder.rglob("*.py"))}


def only_place(text: str, modules: Mapping[Path, str]) -> Path:
    """Find the module that holds a text.

    Raises:
        LookupError: there is none, or it is there more than once.
    """
    found = {file: module.count(text) for file, module in modules.items() if text in module}
    if list(found.values()) != [1]:
        places = ", ".join(f"{count} times in {file}" for file, count in found.items())
        raise LookupError(f"Not once, but {places or 'nowhere'}: {text}")
    return next(iter(found))


def name_of_test(mutant: Mutant, tests: Mapping[Path, str]) -> str:
    """Name a mutant's test as pytest does.

    Raises:
        LookupError: there is no test of that name, or several.
    """
    return f"{only_place(f'def {mutant.test}(', tests)}::{mutant.test}"


MUTANTS = (
    # Money
    Mutant(
        "cents between -0.99 and -0.01 lose a digit in a CSV",
        'else f"{value:04d}"',
        'else f"{value:03d}"',
        "test_cents_of_either_sign_are_whole_in_a_csv",
    ),
    Mutant(
        "half a cent is rounded to the even one",
        "int((value * 100).to_integral_value(ROUND_HALF_UP))",
        "int((value * 100).to_integral_value())",
        "test_a_third_decimal_is_rounded_half_away_from_zero",
    ),
    Mutant(
        "a total of 0.00 counts although its parts say more",
        "return sum_amounts(*parts) if not told.amount and has_amount(*parts) else told",
        "return told",
        "test_a_total_of_nothing_beside_parts_of_something_is_no_total",
    ),
    Mutant(
        "an item without a total is worth one unit, however many there are",
        'unit.amount * units(quantity), "CurrencyCode"',
        'unit.amount, "CurrencyCode"',
        "test_an_item_of_which_only_the_units_amount_is_told",
    ),
    Mutant(
        "amounts in different currencies are added up",
        "if len({money.currency for money in counted}) > 1:",
        "if len({money.currency for money in counted}) > 9:",
        "test_an_unreadable_event_is_skipped_with_a_sentence",
    ),
    Mutant(
        "stock that cannot be sold is not kept",
        "unfulfillable=unfulfillable.total_unfulfillable_quantity,",
        "unfulfillable=None,",
        "test_stock_is_mapped_and_missing_numbers_are_not_known",
    ),
    Mutant(
        "an SKU of version 0.1 that is sold out counts as one that has stock",
        "return any(one != 0 for one in older) or bool(unfulfillable or researching)",
        "return any(one != 0 for one in self.quantities)",
        "test_stock_of_version_0_1_is_judged_by_what_was_stored_then",
    ),
    Mutant(
        "what Amazon once sent of an SKU is told of it still when it is gone",
        "payload=None, synced_at=now",
        "synced_at=now",
        "test_what_amazon_sent_of_an_item_is_kept_until_it_is_gone",
    ),
    Mutant(
        "one id makes the ids of an order whole",
        "all(item.order_item_id for item in lines)",
        "any(item.order_item_id for item in lines)",
        "test_an_order_tells_whether_each_line_has_amazons_id",
    ),
    Mutant(
        "hidden claims are not listed, whoever asks",
        "with_hidden=HIDDEN.of(request),",
        "with_hidden=False,",
        "test_they_are_there_and_counted_where_they_are_asked_for",
    ),
    Mutant(
        "an order that was cancelled keeps its total",
        "priced = known if told.total_amount is None and not is_newer else told",
        "priced = known if told.total_amount is None else told",
        "test_a_newer_version_without_money_has_none",
    ),
    # What is a claim, and of what status
    Mutant(
        "whatever begins like a movement of money is one",
        'said.startswith(one + "_")',
        "said.startswith(one)",
        "test_a_kept_event_becomes_its_claim",
    ),
    Mutant(
        "a movement of money with more behind its name is a claim",
        'said == one or said.startswith(one + "_")',
        "said == one",
        "test_sales_charges_and_money_movements_are_no_claims",
    ),
    Mutant(
        "a transaction status under the newer API's name is not read",
        'payload.get("TransactionStatus", payload.get("transactionStatus"))',
        'payload.get("TransactionStatus")',
        "test_an_event_that_amazon_defers_is_pending_and_keeps_its_key_when_released",
    ),
    Mutant(
        "service fees that add up to exactly 0 are a claim",
        "if money.amount <= 0:\n        return None\n    return Reading(\n        type_,",
        "if money.amount < 0:\n        return None\n    return Reading(\n        type_,",
        "test_sales_charges_and_money_movements_are_no_claims",
    ),
    Mutant(
        "a chargeback that Amazon took is called approved",
        "in DENIED_IF_NEGATIVE and amount < 0",
        "in DENIED_IF_NEGATIVE and amount > 0",
        "test_a_kept_event_becomes_its_claim",
    ),
    Mutant(
        "what Amazon takes for shipping is a chargeback of the buyer's bank",
        'said = _NO_CHARGEBACK.sub("", squashed(text))',
        "said = squashed(text)",
        "test_where_type_and_description_say_nothing_the_breakdowns_do",
    ),
    Mutant(
        "a claim of exactly 0.00 is shown",
        "if hidden is None and reading.money.amount == 0:",
        "if hidden is None and reading.money.amount == 1:",
        "test_a_claim_of_nothing_is_kept_and_hidden",
    ),
    Mutant(
        "a release does not name its deferral",
        'ids.own("DEFERRED_TRANSACTION_ID", "RELEASE_TRANSACTION_ID")',
        'ids.own("RELEASE_TRANSACTION_ID")',
        "test_ids_are_its_own_then_those_of_its_deferral_and_release",
    ),
    Mutant(
        "a transaction without a total is worth its first breakdown",
        'return sum_amounts(*_leaves(payload.get("breakdowns"), _DEEPEST)), unread',
        'return sum_amounts(next(_leaves(payload.get("breakdowns"), _DEEPEST))), unread',
        "test_it_is_worth_its_total_or_the_sum_of_its_breakdowns",
    ),
    # Identity
    Mutant(
        "duplicates of one window have one key",
        'f"{content}\\n{day}\\n{ordinal}"',
        'f"{content}\\n{day}"',
        "test_keys_are_what_they_were_in_the_first_release",
    ),
    Mutant(
        "the order of an event's items is part of its key",
        "return sorted(items, key=_encoder.encode) or None",
        "return items or None",
        "test_a_key_survives_what_says_nothing_new",
    ),
    Mutant(
        "two keys that read the same side by side name one row",
        '"\\0".join(parts).encode()',
        '"".join(parts).encode()',
        "test_rows_have_the_same_ids_in_every_database",
    ),
    Mutant(
        "more dateless events in a half than known become claims",
        "min(n, on_the_left.get(content, 0))",
        "on_the_left.get(content, 0)",
        "test_a_half_with_more_dateless_events_than_known_adds_none",
    ),
    Mutant(
        "a page that comes twice is counted twice",
        "again = not self._is_new and len(page.records) >= _NO_DUPLICATES",
        "again = False",
        "test_a_page_that_comes_again_is_known_unless_it_is_short",
    ),
    Mutant(
        "a window that ends at midnight has no day",
        "last = self.end - timedelta(microseconds=1)",
        "last = self.end",
        "test_halving_a_window_comes_down_to_single_days",
    ),
    # Stored columns
    Mutant(
        "two columns are swapped on the way to their row",
        "self._fields = [(one.name, attrgetter(one.name)) for one in fields_of(record)]",
        "names = [one.name for one in fields_of(record)]\n"
        "        others = [*names[:2], names[3], names[2], *names[4:]]\n"
        "        self._fields = list(zip(names, map(attrgetter, others)))",
        "test_each_field_lies_in_the_column_of_its_name",
    ),
    Mutant(
        "a line lies under the order of another",
        "order_id=[order for order, _ in items]",
        "order_id=[item.order_item_id for _, item in items]",
        "test_a_line_lies_under_its_order",
    ),
    # Cursors
    Mutant(
        "a sync that begins after the last cursor leaves a gap behind it",
        "until = min(until, known)",
        "until = max(until, known)",
        "test_a_sync_that_begins_after_the_cursor_leaves_it_before_the_gap",
    ),
    Mutant(
        "claims are read from some days ago, however long ago the last sync was",
        "start = min(read.until, until) - back",
        "start = until - back",
        "test_a_sync_after_a_long_time_reads_on_where_the_last_one_ended",
    ),
    Mutant(
        "orders are read from some days ago, however long ago the last sync was",
        "return midnight(min(cursor.until, until) - overlap(cursor.per_day))",
        "return midnight(until - overlap(cursor.per_day))",
        "test_a_sync_after_a_long_time_reads_on_where_the_last_one_ended",
    ),
    Mutant(
        "an interrupted sync that is too old is resumed",
        "now - state.started_at >= EXPIRES_AFTER",
        "now - state.started_at < EXPIRES_AFTER",
        "test_an_unfinished_state_is_resumed_for_seven_days",
    ),
    Mutant(
        "a page of a list begins with the last row of the page before",
        "key < after.id",
        "key <= after.id",
        "test_a_whole_list_by_cursor",
    ),
    Mutant(
        "a list ends before the rows without a moment",
        "return [sa.tuple_(moment, key) < position, moment.is_(None)]",
        "return [sa.tuple_(moment, key) < position]",
        "test_a_whole_list_by_cursor",
    ),
    Mutant(
        "rows that were stored while the clock was ahead are never counted",
        "if at is None or not start <= at <= now",
        "if at is None or not start <= at",
        "test_rows_stored_while_the_clock_was_ahead_are_counted_by_the_next_sync",
    ),
    # What is shown
    Mutant(
        "the last window of a table is not read ahead",
        "newest = (len(self.ids) - 1) // WINDOW",
        "newest = (len(self.ids) - 1) // WINDOW - 1",
        "test_neighbours_are_what_lies_around_the_view_and_is_missing",
    ),
    Mutant(
        "a window behind the last row is read ahead",
        "newest = (len(self.ids) - 1) // WINDOW",
        "newest = len(self.ids) // WINDOW",
        "test_the_last_window_ends_with_the_last_row",
    ),
    Mutant(
        "the oldest wanted window of a table is read first",
        "chosen = near[-MOST_AT_ONCE:]",
        "chosen = near[:MOST_AT_ONCE]",
        "test_the_newest_wanted_on_screen_are_read_and_what_was_scrolled_past_is_forgotten",
    ),
    Mutant(
        "where a table was scrolled on, the window it passed is read",
        "[next(reversed(self._wanted))]",
        "[next(iter(self._wanted))]",
        "test_where_none_is_on_screen_the_newest_wanted_is_read",
    ),
    Mutant(
        "a table's first rows fit any ids",
        "return list(ids[: len(shown)]) == shown",
        "return True",
        "test_the_first_rows_are_held_against_the_ids",
    ),
    Mutant(
        "a table forgets what was looked at last",
        "self._kept.popitem(last=False)",
        "self._kept.popitem(last=True)",
        "test_what_is_looked_at_longest_ago_makes_room",
    ),
    Mutant(
        "a refreshed table does not keep the row on top",
        "return top if row_id is None else ids.index(row_id)",
        "return top",
        "test_a_refresh_keeps_the_rows_under_the_eyes_where_they_are",
    ),
    Mutant(
        "an id is found across the border of two others",
        "while position >= 0 and position % self._width:",
        "while False:",
        "test_what_lies_across_the_border_of_two_ids_is_none",
    ),
    Mutant(
        "an id behind an odd place is passed over",
        "position = self._data.find(wanted, position + 1)",
        "position = self._data.find(wanted, position + self._width)",
        "test_what_lies_across_the_border_of_two_ids_is_none",
    ),
)
