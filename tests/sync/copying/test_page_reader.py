"""What happens when Amazon refuses a page, or goes round in a circle."""

from datetime import UTC, datetime, timedelta

import pytest

from opside_desktop.amazon.errors import AnswerTooLarge, PageTokenExpired, UnreadableAnswer
from opside_desktop.amazon.pages import Page
from opside_desktop.domain.errors import BadData
from opside_desktop.sync.copying.page_reader import IDLE_PAGES, PageReader, WindowTooLarge
from opside_desktop.sync.copying.resume_state import Scan


class Amazon:
    """Three pages of one record each; refuses what it is told to."""

    def __init__(self, refusals=(), largest=100):
        self.refusals = list(refusals)
        self.largest = largest
        self.asked = []

    async def fetch(self, token, page_size):
        self.asked.append((token, page_size))
        if page_size > self.largest:
            raise AnswerTooLarge("Too large.")
        if token in self.refusals:
            self.refusals.remove(token)
            raise PageTokenExpired("Token is dead.")
        number = int(token or 1)
        return Page([number], next_token=str(number + 1) if number < 3 else None)


START = datetime(2026, 8, 22, tzinfo=UTC)


def make_reader(fetch, *, hours=24, begin=lambda: None, resizable=False, **read):
    async def asked(*, token, page_size, known_unreadable, take):
        return take(await fetch(token, page_size))

    scan = Scan(start=START, end=START + timedelta(hours=hours), **read)
    return PageReader(
        asked, lambda page, again: page, scan, begin=begin, on_answer=list, resizable=resizable
    )


async def read(reader):
    """All records, beginning anew where the reader does."""
    records = []
    while True:
        page = await reader.next()
        records = [*([] if reader.first else records), *page.records]
        if reader.token is None:
            return records


async def test_a_refused_token_is_asked_again_once_then_the_window_begins_again():
    amazon = Amazon(refusals=["3", "3"])
    assert await read(make_reader(amazon.fetch)) == [1, 2, 3]
    assert [token for token, _ in amazon.asked] == [None, "2", "3", "3", None, "2", "3"]


async def test_a_token_of_an_earlier_program_is_not_asked_twice():
    amazon = Amazon(refusals=["2"])
    assert await read(make_reader(amazon.fetch, token="2")) == [1, 2, 3]
    assert [token for token, _ in amazon.asked] == ["2", None, "2", "3"]


async def test_a_saved_token_goes_on_where_it_was():
    assert await read(make_reader(Amazon().fetch, token="2")) == [2, 3]


async def test_repeated_refusals_make_pages_smaller_and_then_the_window():
    amazon = Amazon(refusals=["2"] * 100)
    with pytest.raises(WindowTooLarge):
        await read(make_reader(amazon.fetch, resizable=True))
    assert list(dict.fromkeys(size for _, size in amazon.asked)) == [100, 50, 25, 12]


async def test_an_answer_that_is_too_large_is_asked_for_in_smaller_pages():
    amazon = Amazon(largest=30)
    assert await read(make_reader(amazon.fetch, resizable=True)) == [1, 2, 3]
    with pytest.raises(WindowTooLarge):
        await read(make_reader(Amazon(largest=30).fetch))


class DamagedAmazon:
    """A hundred records, of which one makes every page unreadable that holds it."""

    def __init__(self, damaged):
        self.damaged = damaged
        self.asked = []

    async def fetch(self, token, page_size):
        first = int(token or 0)
        self.asked.append((first, page_size))
        records = list(range(first, min(100, first + page_size)))
        if self.damaged in records:
            raise UnreadableAnswer("Unreadable.")
        after = first + page_size
        return Page(records, next_token=str(after) if after < 100 else None)


async def read_until_damage(reader):
    records = []
    while True:
        try:
            page = await reader.next()
        except WindowTooLarge:
            return records
        records = [*([] if reader.first else records), *page.records]


async def test_an_unreadable_page_of_an_hour_is_cut_down_to_single_records():
    amazon = DamagedAmazon(57)
    reader = make_reader(amazon.fetch, hours=1, resizable=True)
    assert await read_until_damage(reader) == list(range(57))
    assert list(dict.fromkeys(size for _, size in amazon.asked)) == [100, 10, 1]
    assert reader.is_damaged


async def test_an_unreadable_page_of_a_longer_window_is_left_to_its_halves_soon():
    amazon = DamagedAmazon(57)
    assert await read_until_damage(make_reader(amazon.fetch, resizable=True)) == list(range(50))
    amazon = DamagedAmazon(57)
    reader = make_reader(amazon.fetch, token="50", page_size=50, resizable=True)
    assert await read_until_damage(reader) == []
    amazon = DamagedAmazon(57)
    assert await read_until_damage(make_reader(amazon.fetch)) == []
    assert len(amazon.asked) == 1


async def test_a_window_without_one_of_its_lists_stays_marked_until_it_begins_again():
    pages = {None: Page([], next_token="2", is_frameless=True), "2": Page([1])}

    async def fetch(token, page_size):
        return pages[token]

    reader = make_reader(fetch)
    assert await read(reader) == [1]
    assert (reader.scan.is_frameless, reader.scan.records) == (True, 1)

    amazon = Amazon(refusals=["2"])
    reader = make_reader(amazon.fetch, token="2", records=1, is_frameless=True)
    assert await read(reader) == [1, 2, 3]
    assert (reader.scan.is_frameless, reader.scan.records) == (False, 3)


async def test_a_token_seen_twice_ends_the_scan():
    async def fetch(token, page_size):
        number = int(token or 0)
        return Page([number], next_token=str((number + 1) % 3))

    with pytest.raises(BadData, match="circle"):
        await read(make_reader(fetch))


@pytest.mark.parametrize("records", [[], ["the same"]])
async def test_ever_new_tokens_that_bring_nothing_new_end_the_scan(records):
    asked = []

    async def fetch(token, page_size):
        asked.append(token)
        return Page(records, next_token=str(len(asked)))

    with pytest.raises(BadData, match="nothing new"):
        await read(make_reader(fetch))
    assert len(asked) <= IDLE_PAGES + 2


async def test_empty_pages_go_on_while_a_token_comes():
    async def fetch(token, page_size):
        number = int(token or 0)
        return Page(
            [number] if number == 9 else [], next_token=str(number + 1) if number < 9 else None
        )

    assert await read(make_reader(fetch)) == [9]


@pytest.mark.parametrize(("records", "is_known"), [(9, False), (10, True)])
async def test_a_page_that_comes_again_is_known_unless_it_is_short(records, is_known):
    """A few records may be duplicates of others."""
    pages = {None: Page(list(range(records)), next_token="2"), "2": Page(list(range(records)))}

    async def fetch(*, token, page_size, known_unreadable, take):
        return take(pages[token])

    seen = []
    scan = Scan(start=START, end=START)
    reader = PageReader(
        fetch, lambda page, again: seen.append(again) or page, scan, begin=list, on_answer=list
    )
    for _ in pages:
        await reader.next()
    assert seen == [False, is_known]


async def test_counts_begin_anew_with_the_first_page_that_comes_and_not_with_its_refusal():
    begun = []
    answers = [Page([1], next_token="2"), PageTokenExpired("Dead."), PageTokenExpired("Dead.")]
    answers.append(BadData("Refused."))

    async def fetch(token, page_size):
        answer = answers.pop(0)
        if isinstance(answer, BadData):
            raise answer
        return answer

    reader = make_reader(fetch, begin=lambda: begun.append(len(answers)))
    await reader.next()
    with pytest.raises(BadData, match="Refused"):
        await reader.next()
    assert begun == [3]
    assert reader.scan.records == 1
