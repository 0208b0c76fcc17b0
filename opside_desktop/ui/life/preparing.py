"""Preparing what version 0.1 has stored behind the open window, and telling what was found."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from opside_desktop.domain.ids import UserId
from opside_desktop.ui.frame.main_window import MainWindow
from opside_desktop.ui.kit.banner import Message
from opside_desktop.ui.kit.buttons import Choice
from opside_desktop.ui.kit.theme import Role

if TYPE_CHECKING:
    from opside_desktop.sync.preparing import Preparation


def _tr(text: str) -> str:
    return QCoreApplication.translate("preparing", text)


async def prepare_claims(
    preparation: "Preparation",
    window: MainWindow,
    users: Sequence[UserId],
    *,
    refresh: Callable[[], None],
    show_hidden: Callable[[], None],
) -> None:
    """Prepare all users' claims while the window works, then say once what was found.

    Args:
        users: who may be told in this window.
        refresh: reads the rows on the screen again.
        show_hidden: shows the claims that are hidden as doubles.

    Raises:
        DatabaseFault: the database cannot be read or written.
    """
    try:
        prepared = await preparation.run(lambda done, sentence: window.status.show_work(sentence))
    finally:
        window.status.show_work("")
    if prepared:
        refresh()
    doubles = sum([await preparation.news_for_window(user_id) for user_id in users])
    if doubles:
        window.banners.say(_found(doubles, show_hidden))


def _found(doubles: int, show_hidden: Callable[[], None]) -> Message:
    what = (
        _tr("1 claim was stored twice; the newer one is hidden now.")
        if doubles == 1
        else _tr("{count} claims were stored twice; the newer ones are hidden now.")
    )
    return Message(
        what.format(count=f"{doubles:,}"),
        rest=_tr("Amazon had sent them again in other words. Sums and counts leave them out."),
        role=Role.INFO,
        choices=[Choice(_tr("Show what is hidden"), show_hidden, name="showHidden")],
        outlives=True,
    )
