"""The top bar: whose data, from where, how fresh, and the one primary button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QLabel, QMenu

from opside_desktop.ui.kit.buttons import ElidedButton, Ground, below, button, refuse
from opside_desktop.ui.kit.labels import ElidedLabel, label, literal, set_role
from opside_desktop.ui.kit.layouts import Stretch, row
from opside_desktop.ui.kit.pills import StatusPill
from opside_desktop.ui.kit.theme import ICON, Role, Space, Theme
from opside_desktop.ui.program.shown_syncs import History

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opside_desktop.domain.accounts import Account, Endpoint
    from opside_desktop.domain.ids import UserId
    from opside_desktop.ui.kit.formats import Formats
    from opside_desktop.ui.kit.pills import PillStyle
    from opside_desktop.ui.program.shown_syncs import Freshness


def _modes(endpoints: Sequence[Endpoint]) -> list[PillStyle]:
    if not endpoints:
        return []
    # What accounts are is loaded behind the first frame.
    from opside_desktop.ui.kit.words import mode_pill

    return list(dict.fromkeys(map(mode_pill, endpoints)))


class TopBar(Ground):
    """Shows the account, the mode and the freshness; offers the account switcher and Sync now."""

    sync_clicked = Signal()

    account_chosen = Signal(object)
    """UserId, or None for all accounts."""

    def __init__(self, theme: Theme, formats: Formats) -> None:
        super().__init__("bar")
        self._formats = formats
        self._freshness: Freshness | None = None
        self._refused = ""
        self.setFixedHeight(52)
        # Both names may be long: they end in `…` before anything beside them is cut off.
        self._name = ElidedLabel("accountName", font="strong", hugs=True)
        self._switcher = ElidedButton()
        self._switcher.setObjectName("switcher")
        self._switcher.setProperty("kind", "switcher")
        self._switcher.setCursor(Qt.CursorShape.PointingHandCursor)
        self._switcher.setAutoDefault(True)
        self._switcher.clicked.connect(self._on_switcher_clicked)
        self._switcher.setIcon(theme.icon("chevron-down", Role.MUTED))
        self._switcher.setToolTip(self.tr("Choose the account"))
        directions = Qt.LayoutDirection
        self._switcher.setLayoutDirection(
            directions.LeftToRight if self.isRightToLeft() else directions.RightToLeft
        )
        # Not the button's: that reads the other way round, so that its arrow stands behind.
        self._menu = QMenu(self)
        self._menu.setObjectName("switcherMenu")
        self._group = QActionGroup(self)
        self._badge = label(name="modeBadge")
        self._badge.setProperty("kind", "badge")
        self._standing = StatusPill(theme, name="standing")
        self._standing.hide()
        self._data = label(role="muted", name="freshness")
        self._history = ElidedLabel("history", hugs=True)
        set_role(self._history, Role.MUTED)
        self._failed_icon = QLabel()
        self._failed = ElidedLabel("lastAttempt", hugs=True)
        set_role(self._failed, Role.ERROR)
        self._theme = theme
        self.sync_button = button(
            self.tr("Sync now"), self.sync_clicked.emit, kind="primary", name="syncNow"
        )
        self.sync_button.setIcon(theme.icon("syncs", Role.ON_ACCENT))
        self.sync_button.setIconSize(QSize(ICON, ICON))
        row(
            self._name,
            self._switcher,
            self._badge,
            self._standing,
            self._data,
            self._history,
            self._failed_icon,
            self._failed,
            Stretch(),
            self.sync_button,
            spacing=Space.M,
            margins=(Space.L, 0, Space.L, 0),
            parent=self,
        ).setAlignment(self._badge, Qt.AlignmentFlag.AlignVCenter)
        theme.changed.connect(self._paint_failed)
        formats.changed.connect(self.tick)
        self.show_accounts((), {}, None)

    def show_accounts(
        self,
        accounts: Sequence[Account],
        endpoints: Mapping[UserId, Endpoint],
        chosen: UserId | None,
    ) -> None:
        """Offer these accounts and show the chosen one, or all for None."""
        several = len(accounts) > 1
        shown = [each for each in accounts if chosen is None or each.user_id == chosen]
        name = shown[0].display_name if len(shown) == 1 else self.tr("All accounts")
        self._name.setText(name if accounts else "Opside Desktop")
        self._name.setVisible(not several)
        self._switcher.setText(literal(name))
        self._switcher.setAccessibleName(self.tr("Account: {name}").format(name=name))
        self._switcher.setVisible(several)
        self.sync_button.setVisible(bool(accounts))
        modes = _modes([endpoints[each.user_id] for each in shown])
        self._badge.setText(" + ".join(mode.word for mode in modes))
        if modes:
            set_role(self._badge, modes[0].role if len(modes) == 1 else Role.WARN)
            live = modes[0].word == "LIVE" and len(modes) == 1
            self._badge.setToolTip(
                self.tr("A real seller's data, from Amazon itself.")
                if live
                else self.tr("Not, or not only, a real seller's data.")
            )
        self._badge.setVisible(bool(modes))
        self._fill_menu(accounts, chosen)
        if not accounts:
            self.show_freshness(None)
            self.show_standing(None)

    def show_freshness(self, freshness: Freshness | None) -> None:
        """Tell how fresh the shown data is; None says nothing."""
        self._freshness = freshness
        self.tick()

    def tick(self) -> None:
        """Write the freshness again, because time has passed."""
        known = self._freshness
        self._data.setVisible(known is not None)
        self._history.setVisible(known is not None and known.history is not None)
        failed = known is not None and known.failed_attempt is not None
        self._failed.setVisible(failed)
        self._failed_icon.setVisible(failed)
        if known is None:
            return
        text, tip = self._data_words(known)
        self._data.setText(text)
        self._data.setToolTip(tip)
        self._history.setText(self._history_words(known))
        if known.failed_attempt is not None:
            ended = known.failed_attempt.completed_at or known.failed_attempt.updated_at
            self._failed.setText(
                self.tr("Last attempt failed {ago}").format(ago=self._formats.ago(ended))
            )
            self._paint_failed()

    def _data_words(self, known: Freshness) -> tuple[str, str]:
        """Say how old the data is, and by what that is known."""
        formats, none = self._formats, self.tr("No sync has completed yet.")
        moment = known.last_success or known.newest_row
        if known.last_success is None and known.is_syncing:
            return self.tr("Data: arriving"), none
        if known.last_success is None and not known.has_rows:
            return self.tr("Data: never synced"), none
        if moment is None:
            return self.tr("Data: of unknown age"), none
        words = {"moment": formats.near(moment), "ago": formats.ago(moment)}
        exact = {"moment": formats.moment(moment), "zone": formats.zone_name}
        if known.last_success is None:
            tip = self.tr("No sync has completed yet; the newest row was stored {moment} {zone}.")
            return self.tr("Newest row: {moment} ({ago})").format(**words), tip.format(**exact)
        tip = self.tr("Everything up to then was read: {moment} {zone}").format(**exact)
        if known.complete_since is not None:
            day = self._formats.utc_day(known.complete_since)
            tip += "\n" + self.tr("Complete since {day}, UTC").format(day=day)
        return self.tr("Data: {moment} ({ago})").format(**words), tip

    def _history_words(self, known: Freshness) -> str:
        """Say how far back all has been read, while older rows are still to come."""
        if known.history is None:
            return ""
        goes_on = known.history is History.GOES_ON
        if known.complete_since is None:
            return self.tr("history goes on") if goes_on else self.tr("history is still to be read")
        pattern = (
            self.tr("complete since {day}; history goes on")
            if goes_on
            else self.tr("complete since {day}; history is still to be read")
        )
        return pattern.format(day=self._formats.utc_day(known.complete_since))

    def show_standing(self, style: PillStyle | None) -> None:
        """Say that Amazon does not let the shown account in; None says nothing."""
        self._standing.setVisible(style is not None)
        if style is not None:
            self._standing.show_style(style)

    def show_syncing(self, *, is_syncing: bool) -> None:
        """Disable the button while all shown accounts are syncing."""
        self.sync_button.setText(self.tr("Syncing…") if is_syncing else self.tr("Sync now"))
        self.sync_button.setEnabled(not is_syncing and not self._refused)

    def refuse_sync(self, reason: str) -> None:
        """Keep Sync now disabled and say why."""
        self._refused = reason
        refuse(self.sync_button, reason)
        self.sync_button.setEnabled(False)

    def open_switcher(self) -> None:
        """Open the list of accounts, if there are several."""
        if self._switcher.isVisible():
            self._on_switcher_clicked()

    def _fill_menu(self, accounts: Sequence[Account], chosen: UserId | None) -> None:
        self._menu.clear()
        entries: list[tuple[str, UserId | None]] = [(self.tr("All accounts"), None)]
        entries += [(each.display_name, each.user_id) for each in accounts]
        for text, user_id in entries:
            action = self._menu.addAction(literal(text))
            action.setCheckable(True)
            action.setChecked(user_id == chosen)
            action.triggered.connect(lambda _=False, u=user_id: self.account_chosen.emit(u))
            self._group.addAction(action)

    def _on_switcher_clicked(self) -> None:
        self._menu.popup(below(self._switcher))

    def _paint_failed(self) -> None:
        dpr = self.devicePixelRatioF()
        self._failed_icon.setPixmap(self._theme.pixmap("warning", Role.ERROR, ICON, dpr))
