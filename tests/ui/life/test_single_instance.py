"""One window for each data folder: who may open one, and what a second start does to the first."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QWidget

from opside_desktop.domain.ids import ExternalUserId
from opside_desktop.settings.environment import read_settings
from opside_desktop.ui.life.single_instance import OnlyWindow

ELSEWHERE = "4711\nopside-desktop\nanother-computer\n0123\n4567\n"


@pytest.fixture
def settings(private_home):
    return read_settings({"OPSIDE_HOME": str(private_home)}, demo=True, user=None)


@pytest.fixture
def only(qapp, settings):
    window = OnlyWindow(settings)
    assert window.take()
    yield window
    window.release()


def names(settings):
    return sorted(each.suffix for each in settings.home.iterdir())


async def test_a_second_start_brings_back_a_minimised_window(only, settings, until):
    window = QWidget()
    window.showMinimized()
    only.listen(window)
    second = OnlyWindow(settings)
    assert not second.take()
    second.call()
    await until(lambda: not window.isMinimized())
    assert window.isVisible()
    window.close()
    window.deleteLater()


def test_a_closed_window_leaves_nothing_and_is_not_brought_back(only, settings):
    window = QWidget()
    only.listen(window)
    assert names(settings) == [".lock", ".wanted"]
    only.release()
    only.release()
    assert names(settings) == []
    assert OnlyWindow(settings).take()
    assert not window.isVisible()
    window.deleteLater()


def test_each_user_may_have_a_window(only, settings):
    other = OnlyWindow(replace(settings, user=ExternalUserId("ann " * 50)))
    assert other.take()
    other.release()


def test_the_lock_of_another_computer_keeps_nobody_out(qapp, settings):
    with_lock = OnlyWindow(settings)
    assert with_lock.take()
    [lock] = settings.home.glob("*.lock")
    with_lock.release()
    lock.write_text(ELSEWHERE)
    window = OnlyWindow(settings)
    assert window.take()
    window.listen(QWidget())
    window.release()
    assert lock.read_text() == ELSEWHERE


def test_where_nothing_can_be_locked_the_window_opens(qapp, settings):
    settings.home.parent.write_text("no folder")
    window = OnlyWindow(settings)
    assert window.take()
    window.listen(QWidget())
    window.release()
