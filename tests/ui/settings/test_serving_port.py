"""The port of Settings' switch for other programs."""

import pytest

from tests.ui.settings.steps import switch_on


@pytest.mark.parametrize("port", ["0", "99999"])
async def test_a_port_that_is_none_is_told_and_not_remembered(
    open_window, key_store, private_home, port
):
    # A file that names such a port would not be understood when the window opens again.
    opened = await open_window()
    await switch_on(opened, port)
    await opened.until(lambda: opened.find("dialogError") is not None)
    assert "from 1 to 65535" in opened.text("dialogError")
    assert not opened.find("serveSwitch").isChecked()
    assert not (private_home / "settings.json").exists()
