"""A million claims in a plain table view: on Qt's own SQL model, or on a list of all rows.

Arguments: `sql` or `list`, and an SQLite file. Prints one JSON line.
"""
# ruff: noqa: N802  # Qt's own names

import json
import os
import random
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtSql import QSqlDatabase, QSqlTableModel
from PySide6.QtWidgets import QApplication, QTableView

_Index = QModelIndex | QPersistentModelIndex
_JUMPS = 100


class ListModel(QAbstractTableModel):
    """All rows, read at once."""

    def __init__(self, path: str) -> None:
        super().__init__()
        with closing(sqlite3.connect(path)) as file:
            self._rows = file.execute(
                "SELECT * FROM amazon_claims ORDER BY created_at DESC"
            ).fetchall()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  # as Qt has it
        """All of them."""
        return len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  # as Qt has it
        """Those of the table."""
        return 13

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The stored value as text."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return str(self._rows[index.row()][index.column()])


def _sql_model(path: str) -> QSqlTableModel:
    base = QSqlDatabase.addDatabase("QSQLITE")
    base.setDatabaseName(path)
    base.open()
    model = QSqlTableModel(None, base)
    model.setTable("amazon_claims")
    model.setSort(model.fieldIndex("created_at"), Qt.SortOrder.DescendingOrder)
    model.select()
    return model


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    view.viewport().repaint()
    return (time.perf_counter() - began) * 1000


app = QApplication(sys.argv)
view = QTableView()
view.resize(1200, 800)
view.show()
app.processEvents()
before = _resident_mb()
make = _sql_model if sys.argv[1] == "sql" else ListModel
models: list[Any] = []


def _open() -> None:
    models.append(make(sys.argv[2]))
    view.setModel(models[0])


def _to_the_end() -> None:
    while models[0].canFetchMore(QModelIndex()):
        models[0].fetchMore(QModelIndex())
    view.scrollToBottom()


first_ms, last_ms = _timed(_open), _timed(_to_the_end)
dice, bar = random.Random(2), view.verticalScrollBar()
jumps = [_timed(lambda: bar.setValue(dice.randrange(bar.maximum()))) for _ in range(_JUMPS)]
grown = _resident_mb() - before
print(json.dumps({"first_ms": first_ms, "last_ms": last_ms, "jumps": jumps, "grown_mb": grown}))
