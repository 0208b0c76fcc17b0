"""The files that ship with the program are found wherever it runs from."""

import pytest

from opside_desktop.about.resources import resource


def test_a_file_is_found_in_the_checkout():
    assert resource("icons/check.svg").read_text().startswith("<svg")


def test_a_frozen_program_finds_its_own_files_first(tmp_path):
    (tmp_path / "resources" / "icons").mkdir(parents=True)
    mine = tmp_path / "resources" / "icons" / "check.svg"
    mine.write_text("<svg/>")
    assert resource("icons/check.svg", str(tmp_path)) == mine
    assert resource("icons/stop.svg", str(tmp_path)).is_file()


def test_a_missing_file_is_named():
    with pytest.raises(FileNotFoundError, match=r"icons/none\.svg"):
        resource("icons/none.svg")
