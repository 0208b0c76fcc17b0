"""A stored column is declared once: in its record, and named by whoever brings or shows it."""

from pathlib import Path

import pytest

import opside_desktop

PACKAGE = Path(opside_desktop.__file__).parent

NOT_OURS = ("store/schema/migrations", "simulator")
"""Migrations are frozen, and the simulator is Amazon."""


@pytest.mark.parametrize("column", ["sales_channel", "fnsku", "order_item_id", "quantity_reserved"])
def test_few_files_name_a_column(column):
    """The record's, the window's title, and each source that brings it or rule about it."""
    files = [
        path
        for path in PACKAGE.rglob("*.py")
        if not path.relative_to(PACKAGE).as_posix().startswith(NOT_OURS)
    ]
    naming = [path for path in files if column in path.read_text("utf-8")]
    assert PACKAGE / "domain/records.py" in naming
    assert len(naming) <= 4, naming
