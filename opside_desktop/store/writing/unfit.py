"""Which row, of many, cannot be copied, and why. Looked for only once a batch has failed."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.store.writing.fit_records import shown, wrong_with

_BATCH: Final = 1000

_OF_VALUES: Final = ("22", "23")
"""The classes of SQLSTATEs that refuse a value for what it is, or a row for what it holds."""


class Unfit(NamedTuple):
    """A row that cannot be copied: the columns that name it, and what is wrong with it.

    `why` is a sentence.
    """

    name: Mapping[str, Any]
    why: str

    @property
    def sentence(self) -> str:
        """Name the row and say what is wrong with it."""
        if not self.name:
            return self.why
        named = ", ".join(f"{column} {_quoted(value)}" for column, value in self.name.items())
        return f"It is the row with {named}. {self.why}"


def value_error(error: BaseException) -> Exception | None:
    """Give what a driver or a conversion said of a value; None for a failure of another kind."""
    if isinstance(error, DatabaseFault):
        # A rule that a table's owner added, put into words already, and named less exactly.
        error = error.__cause__ or error
    # A blob where a text belongs is a TypeError of the driver.
    if isinstance(error, IntegrityError | DataError | ValueError | ArithmeticError | TypeError):
        return error
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None)
        return error if str(state or "").startswith(_OF_VALUES) else None
    return None


def unwritable(
    columns: Sequence[sa.Column[Any]], row: Sequence[Any], names: Sequence[str], error: Exception
) -> Unfit:
    """Say which row it is that could not be written, and why."""
    values = dict(zip((column.name for column in columns), row, strict=True))
    name = {each: values[each] for each in names if each in values}
    for column in columns:
        wrong = wrong_with(column, values[column.name])
        if wrong is not None:
            return Unfit(name, f"Its {column.name} {wrong}.")
    return Unfit(name, f"The database says: {_words(error)}.")


def find_unreadable(
    connection: sa.Connection,
    table: sa.Table,
    wanted: sa.ColumnElement[bool],
    names: Sequence[str],
    keep: Callable[[], None],
) -> Unfit | None:
    """Find the first row with a value that cannot be read as what it should be.

    Args:
        names: the columns that name a row of the table.
        keep: called often; raises where the search is to stop.
    """
    order = [table.c[name] for name in names]
    all_of_them = sa.select(table).where(wanted).order_by(*order)
    before = 0
    with suppress(ValueError, ArithmeticError):
        with connection.execute(all_of_them, execution_options={"yield_per": _BATCH}) as rows:
            for batch in rows.partitions():
                keep()
                before += len(batch)
        return None

    def read(number: int, *columns: sa.Column[Any]) -> sa.Row[Any] | None:
        select = sa.select(*columns).where(wanted).order_by(*order).offset(number).limit(1)
        return connection.execute(select).first()

    def wrong(number: int, *columns: sa.Column[Any]) -> Exception | None:
        try:
            read(number, *columns)
        except (ValueError, ArithmeticError) as error:
            return error
        return None

    for number in range(before, before + _BATCH):
        keep()
        if wrong(number, *table.columns) is None:
            continue
        odd = {one.name: said for one in table.columns if (said := wrong(number, one)) is not None}
        named = [column for column in order if column.name not in odd]
        found = read(number, *named) if named else None
        for name, said in odd.items():
            values = {} if found is None else dict(found._mapping)  # noqa: SLF001 - public API
            return Unfit(values, f"Its {name} cannot be read: {_words(said)}.")
    return None


def _words(error: Exception) -> str:
    """Give the first line of what the other side said, in its own words."""
    said = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(said, ArithmeticError):
        return "it is no number or date that can be told"
    lines = str(said).strip().splitlines()
    return shown(lines[0].rstrip(".")) if lines else type(said).__name__


def _quoted(value: Any) -> str:
    return str(value) if isinstance(value, int) else f"“{shown(str(value))}”"
