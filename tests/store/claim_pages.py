"""Claims and events as a test words them, stored under the ids that it gives them.

What Amazon tells is stored by `event_pages`, which gives ids itself.
"""

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.records import Claim, FinancialEvent
from opside_desktop.store.schema import tables
from opside_desktop.store.writing.bulk import RecordRows
from opside_desktop.store.writing.page_write import PageWrite

_CLAIMS = RecordRows(tables.amazon_claims, Claim)
_EVENTS = RecordRows(tables.financial_events, FinancialEvent)


async def write_claims_page(db, run, events, claims, **progress):
    """Store them with a page's progress; gives how many claims counted anew."""
    by_id = {claim.claim_id: claim for claim in claims}
    page = PageWrite(run, Dataset.CLAIMS, keys=list(by_id), **progress)

    def write(connection):
        with page.written(connection) as now:
            page.look_up(connection)
            _EVENTS.put(connection, run, events, now)
            _CLAIMS.put(connection, run, by_id.values(), now)
        return page.counted

    return await db.write(write)
