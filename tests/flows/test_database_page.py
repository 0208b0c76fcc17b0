"""docs/database.md names what is there, and its examples give right sums on both databases."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from opside_desktop.domain.datasets import Dataset
from opside_desktop.store.reading import rows
from opside_desktop.store.reading.queries import Filter, FilterOp, RowQuery
from opside_desktop.store.schema import tables
from tests.flows.world import account_of, world

PAGE = (Path(__file__).parents[2] / "docs" / "database.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sql\n(.+?)```", PAGE, re.DOTALL)
USER = account_of().user_id


@pytest.fixture
async def synced(monkeypatch, home):
    """A small seller's rows, of which one claim is hidden and one held back."""
    async with world(monkeypatch, home, scenario="with_issues", orders=30, skus=30) as program:
        assert (await program.sync()).status == "completed"
        claim = tables.amazon_claims.c
        ids = await program.db.read(
            lambda one: one.scalars(
                sa.select(claim.claim_id).where(claim.hidden_reason.is_(None)).order_by(claim.id)
            ).all()
        )
        for claim_id, changed in (
            (ids[0], {"hidden_reason": "double"}),
            (ids[1], {"status": "pending"}),
        ):
            update = sa.update(tables.amazon_claims).where(claim.claim_id == claim_id)
            await program.db.write(
                lambda one, update=update, changed=changed: (
                    one.execute(update.values(**changed)) and None
                )
            )
        yield program.db


async def asked(db, words):
    """Run the one example that holds these words, as a person would run it."""
    [example] = [one for one in EXAMPLES if words in one]

    def read(connection):
        found = connection.execute(sa.text(example), {"user": USER})
        return [dict(row._mapping) for row in found]

    is_file = db.__class__.__name__.startswith("Sqlite")
    return await db.read(read), Decimal(100 if is_file else 1)


def named_tables():
    """The tables of the page with their columns: of each a part, or a line of the last one."""
    found = {}
    for part in re.split(r"^#{2,3} ", PAGE, flags=re.MULTILINE)[1:]:
        if heading := re.match(r"`(\w+)`\n", part):
            lines = re.findall(r"^\| (`.+?) \|", part, re.MULTILINE)
            found[heading[1]] = [one for line in lines for one in re.findall(r"`(\w+)`", line)]
        for name, columns in re.findall(r"^\| `(\w+)` \| (`.+?) \| ", part, re.MULTILINE):
            if not heading:
                found[name] = re.findall(r"`(\w+)`", columns)
    return found


async def test_the_page_names_exactly_the_tables_and_columns_that_there_are(synced):
    def read(connection):
        inspector = sa.inspect(connection)
        return {
            name: sorted(column["name"] for column in inspector.get_columns(name))
            for name in inspector.get_table_names()
        }

    there = await synced.read(read)
    assert {name: sorted(columns) for name, columns in named_tables().items()} == there


async def test_claims_add_up_by_currency_as_the_program_says(synced):
    found, unit = await asked(synced, "GROUP BY currency, status")
    query = RowQuery(Dataset.CLAIMS, (USER,))
    sums = {}
    for row in found:
        amount = Decimal(str(row["amount"])) / unit
        sums[row["currency"]] = sums.get(row["currency"], Decimal(0)) + amount
    assert sums == await rows.sums(synced, query)
    assert sum(row["claims"] for row in found) == await rows.count(synced, query)
    assert {"approved", "denied", "pending"} == {row["status"] for row in found}


async def test_months_add_up_to_what_is_not_pending(synced):
    found, unit = await asked(synced, "AS month")
    assert all(re.fullmatch(r"\d{4}-\d\d", row["month"] or "0000-00") for row in found)
    settled = Filter("status", FilterOp.IS_NOT, ("pending",))
    expected = await rows.sums(synced, RowQuery(Dataset.CLAIMS, (USER,), filters=(settled,)))
    for currency, amount in expected.items():
        parts = [Decimal(str(row["amount"])) for row in found if row["currency"] == currency]
        assert sum(parts) / unit == amount


async def test_what_is_held_back_and_what_is_hidden_is_found(synced):
    pending = Filter("status", FilterOp.IS, ("pending",))
    query = RowQuery(Dataset.CLAIMS, (USER,), filters=(pending,))
    held, _ = await asked(synced, "ORDER BY matures_at")
    assert len(held) == await rows.count(synced, query) >= 1
    hidden, _ = await asked(synced, "GROUP BY hidden_reason")
    everything = RowQuery(Dataset.CLAIMS, (USER,), with_hidden=True)
    shown = await rows.count(synced, RowQuery(Dataset.CLAIMS, (USER,)))
    assert sum(row["claims"] for row in hidden) == await rows.count(synced, everything) - shown
    assert "double" in {row["hidden_reason"] for row in hidden}


async def test_the_parts_of_all_stock_add_up(synced):
    found, _ = await asked(synced, "quantity_unfulfillable")
    assert found == []
    parts = tables.amazon_inventory.c.quantity_unfulfillable
    known = sa.select(sa.func.count(parts), sa.func.sum(parts))
    count, total = await synced.read(lambda one: one.execute(known).one())
    assert count == 30
    assert total > 0


@pytest.mark.parametrize("words", ["event_sightings", "amazon_orders", "read_spans"])
async def test_every_other_example_runs(synced, words):
    found, _ = await asked(synced, words)
    assert found or words == "event_sightings"
