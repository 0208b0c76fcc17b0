"""The one stylesheet of the window, filled with the theme's colours."""

import re
from collections.abc import Mapping

from PySide6.QtCore import QDir

from opside_desktop.about.resources import resource

_RULES = """
QWidget { outline: none; }
QToolTip {
  background: @raised; color: @text; border: 1px solid @line; padding: 4px 6px; font-size: 12px;
}

QLabel[role="muted"] { color: @muted; }
QLabel[role="accent"] { color: @accent; }
QLabel[role="ok"] { color: @ok; }
QLabel[role="warn"] { color: @warn; }
QLabel[role="error"] { color: @error; }
QLabel[role="info"] { color: @info; }
QLabel[type="small"] { font-size: 12px; }
QLabel[type="section"] { font-size: 15px; font-weight: 600; }
QLabel[type="page"] { font-size: 20px; font-weight: 600; }
QLabel[type="strong"] { font-weight: 600; }
QLabel[type="figures"] { font-size: 12px; }

QLabel[kind="badge"] {
  font-size: 11px; font-weight: 600; border: 1px solid @muted; border-radius: 4px; padding: 1px 6px;
}
QLabel[kind="badge"][role="ok"] { border-color: @ok; }
QLabel[kind="badge"][role="warn"] { border-color: @warn; }
QLabel[kind="badge"][role="info"] { border-color: @info; }

QWidget[kind="bar"] { background: @surface; }
QWidget[kind="page"] { background: @window; }
QWidget[kind="surface"] { background: @surface; }
QFrame[kind="line"] { background: @line; border: none; }
QFrame[kind="panel"] { background: @surface; border: none; border-left: 1px solid @line; }
QFrame[kind="chip"] { background: @selection; border: none; border-radius: 6px; }
QFrame[kind="chip"] QLineEdit { padding: 1px 6px; min-height: 16px; font-size: 12px; }
QFrame[kind="chip"] QLineEdit:focus { padding: 0 5px; }
QFrame[kind="popup"] { background: @raised; border: 1px solid @line; }
QFrame[kind="popup"] QListWidget { background: @raised; }
QFrame[kind="popup"] QListWidget::indicator {
  width: 14px; height: 14px; border: 1px solid @muted; border-radius: 4px; background: @surface;
}
QFrame[kind="popup"] QListWidget::indicator:checked {
  border-color: @accent; background: @accent; image: url(@tick);
}
QFrame[kind="popup"] QListWidget::indicator:checked:disabled {
  border-color: @muted; background: @muted;
}
QFrame[kind="skeleton"] { background: @line; border: none; border-radius: 4px; }
QFrame[kind="banner"] { background: @surface; border: none; border-bottom: 1px solid @line; }
QFrame[kind="banner"][role="warn"] { border-left: 3px solid @warn; }
QFrame[kind="banner"][role="error"] { border-left: 3px solid @error; }
QFrame[kind="banner"][role="info"] { border-left: 3px solid @info; }

QPushButton {
  background: @surface; color: @text; border: 1px solid @line; border-radius: 6px;
  padding: 5px 12px; min-height: 18px;
}
QPushButton:hover { border-color: @muted; }
QPushButton:pressed { background: @selection; }
QPushButton:focus { border: 2px solid @accent; padding: 4px 11px; }
QPushButton:disabled { color: @muted; background: @window; border-color: @line; }
QPushButton[kind="primary"] { background: @accent; color: @on_accent; border-color: @accent; }
QPushButton[kind="primary"]:hover { background: @accent_hover; border-color: @accent_hover; }
QPushButton[kind="primary"]:focus { border: 2px solid @text; }
QPushButton[kind="primary"]:disabled {
  background: @window; color: @muted; border: 1px solid @line; padding: 5px 12px;
}
QPushButton[kind="danger"] { color: @error; }
QPushButton[kind="danger"]:hover { border-color: @error; }
QPushButton[kind="link"] { background: transparent; border-color: transparent; color: @accent; }
QPushButton[kind="link"] { padding: 3px 4px; border-width: 2px; }
QPushButton[kind="link"]:hover { text-decoration: underline; }
QPushButton[kind="link"]:focus { border: 2px solid @accent; padding: 3px 4px; }
QPushButton[kind="link"][flush="true"] { padding: 3px 0; }
QPushButton[kind="link"]:disabled { color: @muted; background: transparent; }
QPushButton[kind="switcher"] { background: transparent; font-weight: 600; text-align: left; }
QPushButton[kind="switcher"]::menu-indicator { image: none; width: 0; }

QToolButton { background: transparent; border: 2px solid transparent; border-radius: 6px; }
QToolButton { padding: 3px; color: @text; }
QToolButton:hover { background: @selection; }
QToolButton:focus { border-color: @accent; }
QToolButton:disabled { color: @muted; }
QToolButton::menu-indicator { image: none; width: 0; }
QToolButton[kind="status"] { color: @muted; font-size: 12px; padding: 1px 4px; }
QToolButton[kind="nav"] { text-align: left; padding: 6px 8px; }
QToolButton[kind="nav"]:checked { background: @selection; font-weight: 600; }

QLineEdit, QPlainTextEdit, QComboBox {
  background: @surface; color: @text; border: 1px solid @line; border-radius: 6px;
  padding: 5px 8px; min-height: 18px;
  selection-background-color: @accent; selection-color: @on_accent;
}
QLineEdit:hover, QPlainTextEdit:hover, QComboBox:hover { border-color: @muted; }
QLineEdit:focus, QPlainTextEdit:focus, QComboBox:focus {
  border: 2px solid @accent; padding: 4px 7px;
}
QLineEdit:disabled, QComboBox:disabled { color: @muted; background: @window; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow { image: url(@combo_arrow); width: 12px; height: 12px; }
QComboBox QAbstractItemView {
  background: @raised; border: 1px solid @line; selection-background-color: @selection;
  selection-color: @text; padding: 4px;
}

QRadioButton, QCheckBox { spacing: 8px; padding: 2px; border: 2px solid transparent; }
QRadioButton:focus, QCheckBox:focus { border: 2px solid @accent; border-radius: 6px; }
QRadioButton::indicator, QCheckBox::indicator {
  width: 14px; height: 14px; border: 1px solid @muted; background: @surface;
}
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator { border-radius: 4px; }
QRadioButton::indicator:checked { border: 5px solid @accent; width: 6px; height: 6px; }
QCheckBox::indicator:checked {
  border-color: @accent; background: @accent; image: url(@tick);
}

QMenu { background: @raised; border: 1px solid @line; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 12px; border-radius: 4px; color: @text; }
QMenu::item:selected { background: @selection; }
QMenu::item:disabled { color: @muted; }
QMenu::separator { height: 1px; background: @line; margin: 4px 8px; }
QMenu::icon { padding-left: 8px; }

QDialog { background: @raised; }

QAbstractItemView {
  background: @surface; color: @text; border: none; gridline-color: transparent;
  selection-background-color: @selection; selection-color: @text;
}
QListView[kind="sections"] { background: transparent; }
QListView[kind="sections"]::item {
  padding: 4px 8px; border: 2px solid transparent; border-radius: 6px; color: @text;
}
QListView[kind="sections"]::item:hover { background: @window; }
QListView[kind="sections"]::item:selected { background: @selection; }
QListView[kind="sections"]:focus::item:selected { border-color: @accent; }
QAbstractItemView#suggestions {
  background: @raised; border: 1px solid @line; padding: 0 4px; font-size: 12px;
}
QTableView { font-size: 12px; }
QTableView::item { padding: 0 5px; border: none; }
QTableView::item:hover { background: @window; }
QTableView::item:selected { background: @selection; color: @text; }
QHeaderView { background: @surface; border: none; }
QHeaderView::section {
  background: @surface; color: @muted; border: none; border-bottom: 1px solid @line;
  padding: 0 8px; font-size: 12px; font-weight: 400;
}
QHeaderView::section:first { padding-left: 16px; }
QHeaderView::section:hover { color: @text; }
QHeaderView:focus { border: none; }
QTableCornerButton::section { background: @surface; border: none; }

QProgressBar { background: @line; border: none; max-height: 3px; min-height: 3px; }
QProgressBar::chunk { background: @accent; }
QProgressBar[role="error"]::chunk { background: @error; }
QProgressBar[role="muted"]::chunk { background: @muted; }

QScrollArea { border: none; background: transparent; }
QScrollArea > QWidget > QWidget[kind="page"] { background: @window; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: @scroll; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: @muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSplitter::handle { background: transparent; }
QSplitter::handle:horizontal { width: 1px; }
"""


def build(colors: Mapping[str, str], zoom: int = 100) -> str:
    """Fill the rules with colours by role name, each `#RRGGBB`; `zoom`: the size of texts, in %."""
    values = {
        **colors,
        "accent_hover": _mix(colors["accent"], colors["text"], 0.14),
        "scroll": _mix(colors["line"], colors["muted"], 0.35),
        "tick": f"picture:indicator-tick-on-{_shade(colors['accent'])}.svg",
        "combo_arrow": "picture:combo-arrow.svg",
    }
    text = _RULES
    for name in sorted(values, key=len, reverse=True):
        text = text.replace(f"@{name}", values[name])
    if zoom != 100:
        # Qt makes a control as low as its least height where there is little room.
        text = re.sub(
            r"(font-size|m(?:in|ax)-height): (\d+)px",
            lambda m: f"{m[1]}: {round(int(m[2]) * zoom / 100)}px",
            text,
        )
    return text


def find_pictures() -> None:
    """Let the rules name shipped pictures, by way of Qt's search paths.

    In rules, a path with a quotation mark or other letters than English makes Qt drop all of them.
    """
    QDir.setSearchPaths("picture", [resource("icons/combo-arrow.svg").parent.as_posix()])


def _shade(color: str) -> str:
    return "light" if sum(bytes.fromhex(color[1:])) > 3 * 128 else "dark"


def _mix(first: str, second: str, share: float) -> str:
    pairs = zip(bytes.fromhex(first[1:]), bytes.fromhex(second[1:]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)
