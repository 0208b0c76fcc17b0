"""The line at the window's foot: how long a running sync still takes."""

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtWidgets import QLabel

from opside_desktop.domain.ids import ExternalUserId, SyncId, UserId
from opside_desktop.domain.syncs import SyncRun, SyncStatus
from opside_desktop.ui.frame.activity_strip import ActivityStrip
from opside_desktop.ui.kit.formats import Formats, ZoneChoice
from opside_desktop.ui.program.shown_syncs import NamedRun


@pytest.mark.parametrize(
    ("left", "waits", "told"),
    [
        (timedelta(hours=3, minutes=56), True, "about 4 h left"),
        (timedelta(hours=2, minutes=20), True, "about 2 h 15 min left"),
        (timedelta(minutes=56), False, "about 56 min left"),
        (timedelta(seconds=40), False, "less than a minute left"),
        (None, True, None),
    ],
)
def test_hours_are_told_even_while_a_wait_is_on(qtbot, theme, left, waits, told):
    now = datetime.now(UTC)
    run = SyncRun(
        sync_id=SyncId("sync_alice_1"),
        user_id=UserId("u"),
        external_user_id=ExternalUserId("alice"),
        status=SyncStatus.RUNNING,
        message="Orders: waiting 3 min 00 s for Amazon's quota",
        started_at=now,
        updated_at=now,
        estimated_completion=now + left if left else None,
        wait_until=now + timedelta(seconds=180) if waits else None,
    )
    strip = ActivityStrip(theme, Formats(choice=ZoneChoice.UTC))
    qtbot.addWidget(strip)
    strip.show_runs([NamedRun("Alice", run)], None)
    shown = strip.findChild(QLabel, "stripLeft")
    assert shown.isHidden() == (told is None)
    assert shown.text() == (told or "")
    # The wait itself is told once, by the sentence.
    every = [one.text() for one in strip.findChildren(QLabel) if not one.isHidden()]
    assert sum("3 min 00 s" in text or "3:00" in text for text in every) == 1
