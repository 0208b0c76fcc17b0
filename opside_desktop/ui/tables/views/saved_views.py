"""Saved views: what a table shows and how its columns stand, under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace
from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from opside_desktop.domain.claim_types import ClaimStatus
from opside_desktop.domain.datasets import Dataset
from opside_desktop.ui.tables.grid.column_layout import Layout, read_layout
from opside_desktop.ui.tables.rows.query import NEW_IN_LAST_SYNC, Condition, Op, Period, TableQuery
from opside_desktop.ui.tables.views.query_json import query_json, read_query, read_sort

if TYPE_CHECKING:
    from opside_desktop.ui.kit.window_state import Memory
    from opside_desktop.ui.tables.grid.column_layout import ColumnLayout
    from opside_desktop.ui.tables.rows.table_columns import TableSpec

SAVE_AFTER_MS = 300
MOST_VIEWS = 50
MOST_CHARACTERS = 60
EVERYTHING = "all"


def _tr(text: str) -> str:
    return QCoreApplication.translate("SavedViews", text)


class SavedView(msgspec.Struct, frozen=True):
    """A named way of looking at a table. `is_own`: a person made it, and may change it."""

    key: str
    name: str
    query: TableQuery
    layout: Layout
    is_own: bool = False


class SavedViews(QObject):
    """The views of one table: which one is shown, and whether it has been changed since.

    Widths and the order of rows are remembered for each view without being asked; everything
    else changes a saved view only when a person saves it.
    """

    changed = Signal()
    """Another view, another name, or the mark of a change."""

    def __init__(
        self, spec: TableSpec, memory: Memory, layout: ColumnLayout, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._spec = spec
        self._memory = memory
        self._layout = layout
        self._ready = ready_views(spec)
        state = memory.load()
        self._state: dict[str, Any] = state if isinstance(state, dict) else {}
        self._own = self._read_own()
        self._touched = self._read_touched()
        wanted = str(self._state.get("view"))
        self._current = next((v.key for v in self.all() if v.key == wanted), EVERYTHING)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_AFTER_MS)
        self._timer.timeout.connect(self.save)
        layout.changed.connect(self._on_touched)
        self._query = self._apply(self.current)

    @property
    def current(self) -> SavedView:
        """The view that is shown, as it was saved."""
        return next(view for view in self.all() if view.key == self._current)

    @property
    def query(self) -> TableQuery:
        """What the table shows now, with whatever was changed since the view was chosen."""
        return self._query

    @property
    def is_changed(self) -> bool:
        """Whether what is shown differs from the view as it was saved."""
        view, layout = self.current, self._layout.layout
        if view.key == EVERYTHING:
            return self._query.is_narrowed
        return self._query != view.query or layout.seen != view.layout.seen

    @property
    def is_full(self) -> bool:
        """Whether there are as many views as are remembered."""
        return len(self._own) >= MOST_VIEWS

    def all(self) -> list[SavedView]:
        """List everything there is to choose: all rows, the ready ones, a person's own."""
        return [*self._ready, *self._own.values()]

    def named(self, name: str) -> SavedView | None:
        """Find the view of a name, however it is capitalised; a person's own before a ready one."""
        wanted = _plain(name)
        views = (*self._own.values(), *self._ready)
        return next((view for view in views if _plain(view.name) == wanted), None)

    def choose(self, key: str) -> TableQuery:
        """Show another view from now on, or the present one as it was saved; gives its rows."""
        self.save()
        found = [view for view in self.all() if view.key == key]
        if found:
            self._current = key
            self._query = self._apply(found[0])
            self._on_touched()
        return self._query

    def note(self, query: TableQuery) -> None:
        """Learn what the table shows now."""
        if query != self._query:
            self._query = query
            self._on_touched()

    def put_back(self) -> TableQuery:
        """Undo all changes since the view was saved."""
        self._touched.pop(self._current, None)
        self._query = self._apply(self.current)
        self._on_touched()
        return self._query

    def keep(self, name: str) -> None:
        """Save what is shown as a view of this name; a person's own of that name is replaced."""
        name = name.strip()[:MOST_CHARACTERS]
        same = self.named(name)
        if not name or (not same.is_own if same else self.is_full):
            return
        self._remember()
        key = same.key if same else self._free_key()
        self._own[key] = SavedView(key, name, self._query, self._layout.layout, is_own=True)
        self._current = key
        self._on_touched()

    def rename(self, name: str) -> None:
        """Give the present view another name, if it is a person's own and no other has it."""
        view, name = self._own.get(self._current), name.strip()[:MOST_CHARACTERS]
        if view is not None and name and self.named(name) in (None, view):
            self._own[view.key] = replace(view, name=name)
            self._on_touched()

    def remove(self) -> TableQuery:
        """Take the present view away, if it is a person's own, and show everything."""
        if self._own.pop(self._current, None) is not None:
            self._touched.pop(self._current, None)
            self._current = EVERYTHING
            self._query = self._apply(self.current)
            self._on_touched()
        return self._query

    def save(self) -> None:
        """Write what is not yet written."""
        self._timer.stop()
        self._remember()
        self._memory.save(
            {
                "view": self._current,
                "layouts": self._touched,
                "views": [
                    {
                        "key": view.key,
                        "name": view.name,
                        "query": query_json(view.query),
                        "layout": view.layout.to_json(),
                    }
                    for view in self._own.values()
                ],
            }
        )

    def _remember(self) -> None:
        self._touched[self._current] = {
            **self._layout.layout.to_json(),
            "sort": query_json(self._query)["sort"],
        }

    def _apply(self, view: SavedView) -> TableQuery:
        touched = self._touched.get(view.key)
        if touched is None:
            self._layout.apply(view.layout)
            return view.query
        self._layout.apply(read_layout(touched, self._spec))
        return replace(view.query, sort=read_sort(touched.get("sort"), self._spec))

    def _on_touched(self) -> None:
        self._timer.start()
        self.changed.emit()

    def _free_key(self) -> str:
        return next(key for n in range(MOST_VIEWS + 1) if (key := f"own-{n}") not in self._own)

    def _read_own(self) -> dict[str, SavedView]:
        saved = self._state.get("views")
        found: dict[str, SavedView] = {}
        for each in (saved if isinstance(saved, list) else [])[:MOST_VIEWS]:
            if not isinstance(each, dict) or not isinstance(each.get("name"), str):
                continue
            key = str(each.get("key"))
            if key in found:
                key = f"own-{len(found)}"
            found[key] = SavedView(
                key,
                each["name"][:MOST_CHARACTERS],
                read_query(each.get("query"), self._spec),
                read_layout(each.get("layout"), self._spec),
                is_own=True,
            )
        return found

    def _read_touched(self) -> dict[str, dict[str, Any]]:
        saved = self._state.get("layouts")
        if isinstance(saved, dict):
            return {k: v for k, v in saved.items() if isinstance(v, dict)}
        # The first version kept a single layout.
        return {EVERYTHING: self._state} if "columns" in self._state else {}


def _plain(name: str) -> str:
    return name.strip().casefold()


def ready_views(spec: TableSpec) -> list[SavedView]:
    """List the views that come with a table: all rows first."""
    match spec.dataset:
        case Dataset.CLAIMS:
            every = _tr("All claims")
            denied = Condition("status", Op.IS, (ClaimStatus.DENIED.value,))
            pending = Condition("status", Op.IS, (ClaimStatus.PENDING.value,))
            more = {
                "denied": (_tr("Denied or clawed back"), denied),
                "month": (_tr("This month"), _this_month("created_at")),
                "pending": (_tr("Held back by Amazon"), pending),
                "hidden": (_tr("Hidden"), Condition("hidden_reason", Op.FILLED, ())),
            }
        case Dataset.INVENTORY:
            every = _tr("All SKUs")
            none = Condition("quantity_available", Op.AT_MOST, (0,))
            coming = Condition("quantity_inbound", Op.AT_LEAST, (1,))
            more = {
                "out": (_tr("Nothing left to sell"), none),
                "inbound": (_tr("On the way to Amazon"), coming),
            }
        case Dataset.ORDERS:
            every = _tr("All orders")
            waiting = Condition("status", Op.IS, ("Pending", "Unshipped", "PartiallyShipped"))
            more = {
                "waiting": (_tr("Still to be shipped"), waiting),
                "month": (_tr("This month"), _this_month("purchase_date")),
            }
    narrowed = {"new": (_tr("New since last sync"), NEW_IN_LAST_SYNC), **more}
    plain = read_query(None, spec)
    layout = read_layout(None, spec)
    return [
        SavedView(EVERYTHING, every, plain, layout),
        *(
            SavedView(
                key,
                name,
                replace(plain, conditions=(condition,)),
                replace(layout, hidden=layout.hidden - {_SHOWS.get(key, "")}),
            )
            for key, (name, condition) in narrowed.items()
        ),
    ]


_SHOWS = {"pending": "matures_at", "hidden": "hidden_reason"}
"""The column that a ready view adds to the usual ones."""


def _this_month(field: str) -> Condition:
    return Condition(field, Op.DURING, (Period.THIS_MONTH.value,))
