"""Connecting an app that may not ask for the seller's marketplaces: no sync asks for them."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox

from tests.gate import DATASETS, MARKETPLACES, gate_before
from tests.ui.pages.test_accounts import connected, fill_in, is_kept, ready


@pytest.fixture
async def behind_gate(amazon, amazon_at):
    """Put a gate that denies these paths before a simulated seller."""
    gates = []

    async def open_gate(*denied):
        gates.append(gate_before(await amazon(), *denied))
        amazon_at(gates[-1].__enter__())

    yield open_gate
    for gate in gates:
        gate.__exit__(None, None, None)


async def test_the_marketplace_is_chosen_by_hand_where_amazon_does_not_tell_it(
    open_window, behind_gate
):
    await behind_gate(MARKETPLACES)
    opened = await open_window()
    opened.click("connectFirst")
    await fill_in(opened)
    await opened.until(lambda: ready(opened))
    assert opened.outcome("marketplaces") == "warn"
    assert "Selling Partner" not in opened.text("check_permission")
    choices = opened.find("connectMarketplace", QComboBox)
    assert [choices.itemText(n) for n in range(choices.count())] == [
        "United States (US)",
        "Canada (CA)",
        "Mexico (MX)",
        "Brazil (BR)",
    ]
    # Another choice is tried before it can be connected.
    choices.setFocus()
    opened.press(Qt.Key.Key_Down)
    await opened.until(lambda: not ready(opened))
    await opened.until(lambda: ready(opened))
    opened.click("connectNext")
    await opened.until(lambda: is_kept(opened))
    opened.click("connectNext")
    await opened.until(lambda: "last sync" in opened.text("stripSentence"))
    assert opened.state("stripState") == "Done"


@pytest.mark.parametrize("also", [(MARKETPLACES,), ()], ids=["no marketplaces", "marketplaces"])
async def test_an_app_that_may_read_nothing_is_not_connected(open_window, behind_gate, also):
    await behind_gate(*DATASETS, *also)
    opened = await open_window()
    opened.click("connectFirst")
    await fill_in(opened)
    await opened.until(lambda: opened.text("connectNext") == "Test again")
    assert opened.outcome("permission") == "ok"
    for dataset in ("claims", "inventory", "orders"):
        assert opened.outcome(dataset) == "warn"
    assert "Finance and Accounting" in opened.text("check_claims")


async def test_a_test_of_a_connected_account_only_notes_what_no_sync_needs(
    open_window, behind_gate
):
    await behind_gate(MARKETPLACES)
    opened = await open_window()
    opened.click("connectFirst")
    await connected(opened)
    opened.click("connectCancel")
    await opened.appears("testAccount")
    opened.click("testAccount")
    await opened.until(lambda: opened.text("check_orders") == "Amazon answers for orders.")
    assert opened.outcome("permission") == "ok"
    assert opened.outcome("marketplaces") == "warn"


async def test_long_answers_in_large_texts_are_whole(open_window, behind_gate, theme):
    await behind_gate(MARKETPLACES, "/orders")
    theme.set_zoom(200)
    try:
        opened = await open_window()
        opened.click("connectFirst")
        await fill_in(opened)
        await opened.until(lambda: ready(opened))
        for name in ("marketplaces", "orders"):
            line = opened.find(f"check_{name}")
            await opened.until(lambda line=line: line.height() >= line.heightForWidth(line.width()))
    finally:
        theme.set_zoom(100)
