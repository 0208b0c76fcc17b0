"""The side panel: everything about one row, and the ways to what belongs to it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QPlainTextEdit,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from opside_desktop.ui.kit import layouts
from opside_desktop.ui.kit.buttons import button, tool_button
from opside_desktop.ui.kit.labels import CopyLabel, label, literal
from opside_desktop.ui.kit.layouts import Stretch, add
from opside_desktop.ui.kit.pills import StatusPill
from opside_desktop.ui.kit.theme import FontRole, Role, Space

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QLayout

    from opside_desktop.domain.syncs import SyncKey
    from opside_desktop.ui.kit.pills import PillStyle
    from opside_desktop.ui.kit.theme import Theme

WIDTH = 360
MIN_WIDTH = 280
RAW_HEIGHT = 280


class Fact(msgspec.Struct, frozen=True):
    """A line of a section. `is_id`: shown in the fixed-width font, a click copies it."""

    name: str
    text: str
    is_id: bool = False
    is_amount: bool = False


class Link(msgspec.Struct, frozen=True):
    """A way to another row: a page, what to look for there, and what is said about it."""

    words: str
    page: str
    target: str | SyncKey
    about: str = ""


class Sheet(msgspec.Struct, frozen=True):
    """What the panel shows about one row.

    `notes` are sentences to be read before all else. `told` is what each of Amazon's sources told.
    `raw` is Amazon's own JSON, empty where none is kept.
    """

    name: str
    status: PillStyle | None = None
    is_mock: bool = False
    facts: Sequence[Fact] = ()
    told: Sequence[Fact] = ()
    money: Sequence[Fact] = ()
    timeline: Sequence[Fact] = ()
    zone: str = ""
    related: Sequence[Link] = ()
    raw: str = ""
    notes: Sequence[str] = ()


class DetailsPanel(QFrame):
    """Shows a sheet; asks for other pages by `link_followed`."""

    link_followed = Signal(str, object)
    """page, target."""

    close_asked = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._raw_open = False
        self.setProperty("kind", "panel")
        self.setObjectName("detailsPanel")
        self.setAccessibleName(self.tr("Details"))
        self._take_width()
        theme.changed.connect(self._take_width)
        self._title = label(self.tr("Details"), font="section", name="detailsTitle")
        self._mock = label(self.tr("MOCK"), role="warn", name="detailsMock")
        self._mock.setProperty("kind", "badge")
        self._mock.setToolTip(self.tr("This row is not from a real seller's account."))
        words = self.tr("Close the details")
        close = tool_button(theme, "close", words, self.close_asked.emit, name="closeDetails")
        margins = (Space.L, Space.M, Space.S, Space.S)
        top = layouts.row(self._title, self._mock, Stretch(), close, margins=margins)
        top.setAlignment(self._mock, Qt.AlignmentFlag.AlignVCenter)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scrolled = Stretch(self._scroll)
        layouts.column(top, scrolled, spacing=0, margins=(1, 0, 0, 0), parent=self)
        self.show_sheet(None)

    def _take_width(self) -> None:
        self.setMinimumWidth(max(self._theme.px(MIN_WIDTH), MIN_WIDTH))

    def show_sheet(self, sheet: Sheet | None) -> None:
        """Show a row; None while it is being read, or when it is gone."""
        body = QWidget()
        body.setProperty("kind", "surface")
        column = layouts.column(margins=(Space.L, 0, Space.L, Space.L), parent=body)
        self._mock.setVisible(sheet is not None and sheet.is_mock)
        if sheet is None:
            column.addWidget(label(self.tr("Choose a row to see everything about it."), wrap=True))
        else:
            self._fill(column, sheet)
        column.addStretch(1)
        self._scroll.setWidget(body)

    def say(self, text: str) -> None:
        """Say why there is nothing to show."""
        self.show_sheet(Sheet(name="", notes=(text,)))

    def _fill(self, column: QVBoxLayout, sheet: Sheet) -> None:
        if sheet.name:
            name = CopyLabel(self._theme, self.tr("the identifier"), sheet.name)
            name.setObjectName("detailsName")
            column.addWidget(name, 0, Qt.AlignmentFlag.AlignLeading)
        if sheet.status is not None:
            column.addWidget(StatusPill(self._theme, sheet.status, name="detailsStatus"))
        for note in sheet.notes:
            column.addWidget(label(note, role="muted", font="small", wrap=True, name="detailsNote"))
        if sheet.facts:
            self._section(column, self.tr("Facts"), self._grid(sheet.facts))
        if sheet.told:
            self._section(column, self.tr("Told by Amazon"), self._grid(sheet.told))
        if sheet.money:
            self._section(column, self.tr("Money"), self._grid(sheet.money))
        if sheet.timeline:
            title = self.tr("Timeline ({zone})").format(zone=sheet.zone)
            self._section(column, title, self._grid(sheet.timeline))
        if sheet.related:
            self._section(column, self.tr("Related"), self._links(sheet.related))
        if sheet.raw:
            self._add_raw(column, sheet.raw)

    def _section(self, column: QVBoxLayout, title: str, content: QLayout) -> None:
        add(column, Space.S, self._theme.hairline(self), label(title, font="strong"), content)

    def _grid(self, facts: Sequence[Fact]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(Space.M)
        grid.setVerticalSpacing(Space.XS)
        grid.setColumnMinimumWidth(0, self._theme.px(88))
        grid.setColumnStretch(1, 1)
        for line, fact in enumerate(facts):
            name = label(fact.name, role="muted", font="small")
            grid.addWidget(name, line, 0, Qt.AlignmentFlag.AlignTop)
            if fact.is_id:
                name.setContentsMargins(0, CopyLabel.EDGE, 0, 0)  # on the line of the identifier
                copy = CopyLabel(self._theme, fact.name, fact.text)
                grid.addWidget(copy, line, 1, Qt.AlignmentFlag.AlignLeading)
                continue
            value = label(fact.text, font="small", wrap=not fact.is_amount, selectable=True)
            value.setObjectName("fact")
            if fact.is_amount:
                self._theme.wear(value, FontRole.FIGURES)
                grid.addWidget(value, line, 1, Qt.AlignmentFlag.AlignTrailing)
            else:
                grid.addWidget(value, line, 1)
        return grid

    def _links(self, links: Sequence[Link]) -> QVBoxLayout:
        column = layouts.column(spacing=2)
        for link in links:
            if link.target:
                go = button(
                    literal(link.words),
                    partial(self.link_followed.emit, link.page, link.target),
                    kind="link",
                    name="relatedLink",
                )
                go.setProperty("flush", True)
                go.setAccessibleName(link.words)
                self._theme.wear(go, FontRole.MONO)
                column.addWidget(go, 0, Qt.AlignmentFlag.AlignLeading)
            else:
                column.addWidget(label(link.words, font="small", wrap=True))
            if link.about:
                about = label(link.about, role="muted", font="small", wrap=True)
                about.setContentsMargins(2, 0, 0, Space.XS)
                column.addWidget(about)
        return column

    def _add_raw(self, column: QVBoxLayout, raw: str) -> None:
        add(column, Space.S, self._theme.hairline(self))
        fold = QToolButton()
        fold.setObjectName("rawFold")
        fold.setText(self.tr("Raw JSON"))
        fold.setAccessibleName(self.tr("Show or hide Amazon's own JSON"))
        fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        fold.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        fold.setCheckable(True)
        text = QPlainTextEdit(raw)
        text.setObjectName("rawText")
        text.setAccessibleName(self.tr("Amazon's own JSON"))
        text.setReadOnly(True)
        self._theme.wear(text, FontRole.MONO)
        text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        text.setMinimumHeight(RAW_HEIGHT)
        column.addWidget(fold, 0, Qt.AlignmentFlag.AlignLeading)
        column.addWidget(text)

        def show(is_open: bool) -> None:
            self._raw_open = is_open
            text.setVisible(is_open)
            icon = "chevron-down" if is_open else "chevron-right"
            fold.setIcon(self._theme.icon(icon, Role.MUTED))

        fold.toggled.connect(show)
        fold.setChecked(self._raw_open)
        show(self._raw_open)
