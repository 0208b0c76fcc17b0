"""About this program: version and build, and what it is made of, with all licences."""

import asyncio
import platform

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QWidget,
)

from opside_desktop import __version__
from opside_desktop.about.licences import QT, Component, all_components
from opside_desktop.about.stamp import build_stamp
from opside_desktop.ui.kit.buttons import button
from opside_desktop.ui.kit.dialog import WorkDialog, search_field
from opside_desktop.ui.kit.labels import label
from opside_desktop.ui.kit.layouts import Stretch, add, column, row
from opside_desktop.ui.kit.theme import Space

WIDTH, HEIGHT = 960, 640
PICTURE_PX = 48
_AT = Qt.ItemDataRole.UserRole


class AboutDialog(WorkDialog):
    """Names the program, and shows the licence of each of its parts."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(self.tr("About Opside Desktop"), "aboutDialog", parent)
        self._components: list[Component] = []
        self._find = search_field(self.tr("Find a library or licence"), "aboutFind")
        self._find.textChanged.connect(self._show_found)
        self._list = QListWidget()
        self._list.setObjectName("aboutParts")
        self._list.setAccessibleName(self.tr("What the program is made of"))
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.currentItemChanged.connect(self._on_chosen)
        self._text = QPlainTextEdit(self.tr("Collecting the licences…"), readOnly=True)
        self._text.setObjectName("aboutText")
        self._text.setAccessibleName(self.tr("Licence"))
        notice = self.tr(
            "The program is free software under the MIT licence. It uses Qt under the LGPL, "
            "version 3, as separate libraries that you may replace; its notice, licences and the "
            "offer of its source are below, with those of all other parts."
        )
        # Both give way where the screen is small.
        parts = row(
            Stretch(column(self._find, Stretch(self._list))),
            Stretch(self._text, share=2),
            spacing=Space.M,
        )
        add(
            self.content,
            self._head(),
            label(notice, role="muted", wrap=True, selectable=True, name="aboutNotice"),
            Stretch(parts),
        )
        copy = button(self.tr("Copy these facts"), self._on_copy, name="aboutCopy")
        self._qt = button(
            self.tr("Show Qt's licence"), lambda: self._choose(QT), kind="link", name="aboutQt"
        )
        close = button(self.tr("Close"), self.accept, name="aboutClose")
        add(self.buttons, copy, self._qt, Stretch(), close)
        self.take_size(WIDTH, HEIGHT)
        self._find.setFocus()
        self.tasks.start("licences", self._load())

    @property
    def facts(self) -> str:
        """Version, build and what the program runs on, as text."""
        lines = [
            f"Opside Desktop {__version__}",
            self.tr("Build: {build}").format(build=build_stamp() or self.tr("not packaged")),
            f"Python {platform.python_version()} · Qt {qVersion()} · {platform.platform()}",
        ]
        return "\n".join(lines)

    def _head(self) -> QHBoxLayout:
        picture = QLabel()
        picture.setPixmap(QGuiApplication.windowIcon().pixmap(PICTURE_PX, PICTURE_PX))
        name, *rest = self.facts.split("\n")
        texts = column(
            label(name, font="section", selectable=True, name="aboutVersion"),
            label("\n".join(rest), role="muted", wrap=True, selectable=True, name="aboutBuild"),
            spacing=2,
        )
        head = row(picture, Stretch(texts), spacing=Space.L)
        head.setAlignment(picture, Qt.AlignmentFlag.AlignTop)
        return head

    async def _load(self) -> None:
        self._components = await asyncio.to_thread(all_components)
        for at, each in enumerate(self._components):
            item = QListWidgetItem(f"{each.name} {each.version}")
            item.setData(_AT, at)
            item.setToolTip(each.licence)
            self._list.addItem(item)
        self._show_found()

    def _show_found(self) -> None:
        """Hide what holds none of the words, and keep something chosen."""
        words = self._find.text().casefold().split()
        first: QListWidgetItem | None = None
        for at in range(self._list.count()):
            item = self._list.item(at)
            part = self._components[item.data(_AT)]
            text = f"{part.name} {part.version} {part.licence}".casefold()
            item.setHidden(not all(word in text for word in words))
            if first is None and not item.isHidden():
                first = item
        chosen = self._list.currentItem()
        if first is not None and (chosen is None or chosen.isHidden()):
            self._list.setCurrentItem(first)
        if first is None and self._components:
            self._text.setPlainText(self.tr("No part of the program is called like that."))

    def _on_chosen(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        part = self._components[item.data(_AT)]
        head = "\n".join(line for line in (f"{part.name} {part.version}", part.home) if line)
        licence = self.tr("Licence: {name}").format(name=part.licence)
        self._text.setPlainText(f"{head}\n{licence}\n\n{part.text}".rstrip() + "\n")

    def _choose(self, name: str) -> None:
        self._find.clear()
        for at in range(self._list.count()):
            item = self._list.item(at)
            if self._components[item.data(_AT)].name == name:
                self._list.setCurrentItem(item)
                self._list.scrollToItem(item, QListWidget.ScrollHint.PositionAtCenter)
                return

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.facts)
