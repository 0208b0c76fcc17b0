"""What a table shows: search words, conditions in words, and the order. Plain values, no SQL."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from opside_desktop.domain.columns import HIDDEN_COLUMN, column
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.ids import SyncId, UserId
from opside_desktop.store.reading.queries import Filter, FilterOp, FilterValue, RowQuery, Sort


class Op(StrEnum):
    """How a condition compares."""

    IS = "is"
    IS_NOT = "is_not"
    CONTAINS = "contains"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    BETWEEN = "between"
    DURING = "during"
    DAYS = "days"
    EMPTY = "empty"
    FILLED = "filled"
    NEW = "new"


_REPLACES = (
    frozenset({Op.IS}),
    frozenset({Op.DURING, Op.DAYS}),
    frozenset({Op.AT_LEAST, Op.BETWEEN}),
    frozenset({Op.AT_MOST, Op.BETWEEN}),
    frozenset({Op.EMPTY, Op.FILLED}),
)
"""Of these, a newer condition on a column takes the place of an older one."""


class Period(StrEnum):
    """A stretch of days named in words; its limits move with the calendar."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    LAST_7_DAYS = "last_7_days"
    LAST_30_DAYS = "last_30_days"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    THIS_YEAR = "this_year"


class Condition(msgspec.Struct, frozen=True):
    """One chip. `values` are raw values; None stands for "nothing there".

    IS and IS_NOT take any number of values, DURING one `Period`, BETWEEN two values (both
    included), DAYS the first and the last day as ISO dates of the reader's calendar (None: no
    limit), EMPTY, FILLED and NEW none, the others one value. NEW concerns the whole row, so its
    field is empty.
    """

    field: str
    op: Op
    values: tuple[FilterValue, ...]


NEW_IN_LAST_SYNC = Condition("", Op.NEW, ())
"""Keeps the rows that the newest sync of the shown accounts was the first to bring."""


HIDDEN_DOUBLES = Condition("hidden_reason", Op.IS, ("double",))
"""Shows the claims that are hidden because they are others once more."""


class TableQuery(msgspec.Struct, frozen=True):
    """Everything that decides which rows a table shows, and in which order."""

    search: str = ""
    conditions: tuple[Condition, ...] = ()
    sort: tuple[Sort, ...] = ()

    @property
    def is_narrowed(self) -> bool:
        """Whether search words or conditions leave rows out."""
        return bool(self.search or self.conditions)

    def with_condition(self, condition: Condition) -> "TableQuery":
        """Add a condition; it replaces one on the same column that it leaves no sense to."""
        kept = tuple(
            other
            for other in self.conditions
            if other != condition
            and not (
                other.field == condition.field
                and any({other.op, condition.op} <= group for group in _REPLACES)
            )
        )
        return replace(self, conditions=(*kept, condition))

    def exchanged(self, old: Condition | None, new: Condition | None) -> "TableQuery":
        """Put a condition where another was; None for `old` adds, None for `new` takes away."""
        if new is None:
            return self if old is None else self.without_condition(old)
        if old is None or old not in self.conditions:
            return self.with_condition(new)
        return replace(self, conditions=tuple(new if c == old else c for c in self.conditions))

    def without_condition(self, condition: Condition) -> "TableQuery":
        """Drop one condition."""
        return replace(self, conditions=tuple(c for c in self.conditions if c != condition))

    def sorted_by(self, field: str, *, add: bool = False) -> "TableQuery":
        """Sort by a column; the same column again turns the direction round.

        With `add` the column becomes the last key behind those already there.
        """
        present = {key.column: key for key in self.sort}
        turned = Sort(field, field in present and not present[field].descending)
        if not add:
            return replace(self, sort=(turned,))
        if field in present:
            return replace(self, sort=tuple(turned if k.column == field else k for k in self.sort))
        return replace(self, sort=(*self.sort, turned))

    def rows(
        self,
        dataset: Dataset,
        user_ids: tuple[UserId, ...],
        zone: tzinfo,
        now: datetime,
        newest_syncs: tuple[SyncId, ...] = (),
    ) -> RowQuery:
        """Spell the query for the store. Periods become the moments they mean in `zone` now.

        Args:
            newest_syncs: the last one of each account; without any, no row is new.
        """
        filters = tuple(f for c in self.conditions for f in _filters(c, dataset, zone, now))
        new_in = newest_syncs if NEW_IN_LAST_SYNC in self.conditions else None
        hides = HIDDEN_COLUMN.get(dataset)
        # Who asks for hidden rows by why they are hidden means to see them.
        with_hidden = any(condition.field == hides for condition in self.conditions)
        return RowQuery(
            dataset, user_ids, self.search, filters, self.sort, new_in, with_hidden=with_hidden
        )


def period_limits(period: Period, zone: tzinfo, now: datetime) -> tuple[datetime, datetime]:
    """Give a period's first moment and the first moment after it, in UTC.

    Days begin at midnight of `zone`, so that "today" is the reader's own day.
    """
    today = now.astimezone(zone).date()
    month = today.replace(day=1)
    tomorrow = today + timedelta(days=1)
    starts: dict[Period, tuple[date, date]] = {
        Period.TODAY: (today, tomorrow),
        Period.YESTERDAY: (today - timedelta(days=1), today),
        Period.LAST_7_DAYS: (today - timedelta(days=6), tomorrow),
        Period.LAST_30_DAYS: (today - timedelta(days=29), tomorrow),
        Period.THIS_MONTH: (month, tomorrow),
        Period.LAST_MONTH: ((month - timedelta(days=1)).replace(day=1), month),
        Period.THIS_YEAR: (today.replace(month=1, day=1), tomorrow),
    }
    first, after = starts[period]
    return _midnight(first, zone), _midnight(after, zone)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def days_limits(
    first: str | None, last: str | None, zone: tzinfo
) -> tuple[datetime | None, datetime | None]:
    """Give the first moment of the first day and the first one after the last day, in UTC."""
    start = None
    if first is not None:
        # In other zones the calendar begins and ends on other days.
        earliest = date.min + timedelta(days=2)
        start = _midnight(max(date.fromisoformat(first), earliest), zone)
    end = None
    if last is not None:
        after = min(date.fromisoformat(last), date.max - timedelta(days=2)) + timedelta(days=1)
        end = _midnight(after, zone)
    return start, end


def _filters(condition: Condition, dataset: Dataset, zone: tzinfo, now: datetime) -> list[Filter]:
    field, values = condition.field, condition.values
    match condition.op:
        case Op.IS:
            return [Filter(field, FilterOp.ONE_OF, values)]
        case Op.IS_NOT:
            return [Filter(field, FilterOp.IS_NOT, (value,)) for value in values]
        case Op.DURING:
            return _within(field, *period_limits(Period(str(values[0])), zone, now))
        case Op.DAYS:
            first, last = (None if value is None else str(value) for value in values)
            return _within(field, *days_limits(first, last, zone))
        case Op.CONTAINS:
            return [Filter(field, FilterOp.CONTAINS, values)]
        case Op.AT_LEAST:
            return [Filter(field, FilterOp.AT_LEAST, values)]
        case Op.AT_MOST:
            return [Filter(field, FilterOp.AT_MOST, values)]
        case Op.BETWEEN:
            return [Filter(field, FilterOp.BETWEEN, values)]
        case Op.EMPTY:
            return [Filter(field, FilterOp.IS_EMPTY)]
        case Op.FILLED:
            filled = [Filter(field, FilterOp.IS_NOT, (None,))]
            if column(dataset, field).kind.is_text:
                filled.append(Filter(field, FilterOp.IS_NOT, ("",)))
            return filled
        case Op.NEW:
            return []


def _within(field: str, start: datetime | None, end: datetime | None) -> list[Filter]:
    found = []
    if start is not None:
        found.append(Filter(field, FilterOp.AT_LEAST, (start,)))
    if end is not None:
        found.append(Filter(field, FilterOp.AT_MOST, (end - timedelta(microseconds=1),)))
    return found
