"""What was read when: later readings take the place of earlier ones."""

import random
from datetime import UTC, datetime, timedelta

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.ids import ExternalUserId, stored_user_id
from opside_desktop.store.writing import read_spans
from opside_desktop.store.writing.read_spans import ReadSpan

USER = stored_user_id(ExternalUserId("acme"))
START = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def span(first, last, read, source="transactions"):
    return ReadSpan(source, START + first * DAY, START + last * DAY, START + read * DAY)


async def put(db, *spans, user=USER, dataset=Dataset.CLAIMS):
    await db.write(lambda connection: read_spans.put(connection, user, dataset, spans))


async def test_a_later_reading_cuts_out_what_it_covers(db):
    await put(db, span(0, 10, 10), span(0, 10, 11, "events-v0"))
    await put(db, span(3, 5, 12))
    await put(db, span(9, 14, 14))
    assert await read_spans.load(db, USER, Dataset.CLAIMS) == [
        span(0, 10, 11, "events-v0"),
        span(0, 3, 10),
        span(3, 5, 12),
        span(5, 9, 10),
        span(9, 14, 14),
    ]


async def test_another_user_and_another_dataset_have_their_own(db):
    await put(db, span(0, 10, 10))
    await put(db, span(0, 10, 11), dataset=Dataset.ORDERS)
    await put(db, span(0, 10, 12), user=stored_user_id(ExternalUserId("other")))
    assert await read_spans.load(db, USER, Dataset.CLAIMS) == [span(0, 10, 10)]
    assert await read_spans.load(db, USER, Dataset.ORDERS) == [span(0, 10, 11)]


async def test_each_day_was_last_read_by_the_last_reading_that_held_it(db):
    chance = random.Random(7)
    for history in range(12):
        last = {}
        user = stored_user_id(ExternalUserId(f"user {history}"))
        for number in range(chance.randint(1, 7)):
            first, days = chance.randint(0, 12), chance.randint(1, 6)
            await put(db, span(first, first + days, number), user=user)
            last |= dict.fromkeys(range(first, first + days), number)
        read = [
            ((one.start - START).days + day, (one.read_at - START).days)
            for one in await read_spans.load(db, user, Dataset.CLAIMS)
            for day in range((one.end - one.start).days)
        ]
        assert sorted(read) == sorted(last.items())
