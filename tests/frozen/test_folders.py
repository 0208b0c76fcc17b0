"""Folders of every kind: read-only, full, not writable, on another disk, with odd names."""

import os
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from tests.frozen.program import PACKAGED, ended, is_open, posix_only, until

UNKIND = "Zoë 日本 & co"
SOURCE = Path(__file__).parents[2]


def contents(folder):
    """Every file of a folder with what it holds."""
    files = sorted(each for each in folder.rglob("*") if each.is_file())
    return {str(each.relative_to(folder)): each.read_bytes() for each in files}


def protect(folder):
    """Take the right to write away from a folder and all folders in it."""
    for each in (folder, *(one for one in folder.rglob("*") if one.is_dir())):
        each.chmod(0o555)


def unprotect(folder):
    for each in (folder, *(one for one in folder.rglob("*") if one.is_dir())):
        each.chmod(0o755)


@pytest.fixture
def protected_program(obedient, tmp_path):
    """The program in a folder of its own with an unkind name, which may only be read."""
    folder = tmp_path / UNKIND
    if PACKAGED:
        program = Path(obedient.program[0])
        shutil.copytree(program.parent, folder, symlinks=True)
        obedient.program = [str(folder / program.name)]
    else:
        for name in ("opside_desktop", "resources"):
            without = shutil.ignore_patterns("__pycache__")
            shutil.copytree(SOURCE / name, folder / name, ignore=without)
        obedient.cwd = folder
    protect(folder)
    yield obedient, folder
    unprotect(folder)


def test_a_program_folder_that_may_only_be_read_is_enough(protected_program):
    opside, folder = protected_program
    before = contents(folder)
    assert opside("--demo", "sync").code == 0
    assert opside.rows("demo") == [37, 150, 250]
    window = opside.window("--demo")
    until(lambda: is_open(window), window)
    assert ended(window).code == 0
    assert contents(folder) == before


@pytest.fixture
def unwritable(obedient, synced_home):
    """A data folder with rows, which may only be read; there is no log in it yet."""
    shutil.copytree(synced_home, obedient.home, ignore=shutil.ignore_patterns("logs"))
    before = contents(obedient.home)
    protect(obedient.home)
    yield obedient
    unprotect(obedient.home)
    assert contents(obedient.home) == before


def test_a_data_folder_that_may_not_be_written_is_named(unwritable):
    for words in (("status",), ("--demo", "sync")):
        done = unwritable(*words)
        assert done.code == 2
        assert "cannot be written" in done.err
        assert str(unwritable.home) in done.err
        assert "OPSIDE_HOME" in done.err


@posix_only
def test_a_window_over_a_folder_that_may_not_be_written_stays_and_says_why(unwritable):
    window = unwritable.window("--demo")
    told = window.stderr.readline()
    assert "cannot be written" in told
    assert str(unwritable.home) in told
    assert ended(window).code == 0


def test_a_data_folder_that_cannot_be_made_is_named(opside):
    opside.user_home.mkdir()
    taken = opside.user_home / "file"
    taken.write_text("mine")
    opside.home = taken / "data"
    done = opside("--demo", "sync")
    assert done.code == 2
    assert str(taken) in done.err
    assert "OPSIDE_HOME" in done.err
    assert taken.read_text() == "mine"


def fill(folder, leave):
    """Use up the disk but for some bytes."""
    free = shutil.disk_usage(folder).free
    (folder / "other").write_bytes(b"x" * max(0, free - leave))


def test_a_disk_without_any_room_is_a_sentence(opside, disk_of):
    disk = disk_of("1m")
    opside.home = disk / "home"
    fill(disk, 0)
    done = opside("--demo", "sync")
    assert done.code == 2
    assert "full" in done.err or "No space left" in done.err
    assert str(disk) in done.err
    (disk / "other").unlink()
    assert opside("--demo", "status").code == 0


def test_a_disk_that_fills_up_in_mid_sync_loses_nothing(opside, disk_of):
    disk = disk_of("4m")
    opside.home = disk / "home"
    assert opside("--demo", "status").code == 0
    fill(disk, 300_000)
    done = opside("--demo", "sync")
    assert done.code in (2, 5)
    assert "The disk is full." in done.err + done.out
    (disk / "other").unlink()
    assert opside("--demo", "db", "check").code == 0
    assert opside("--demo", "sync").code == 0
    assert opside.rows("demo") == [37, 150, 250]


@posix_only
def test_a_window_over_a_full_disk_says_so_and_keeps_the_rows(synced, disk_of):
    disk = disk_of("4m")
    synced.home = Path(shutil.move(synced.home, disk / "home"))
    # What is left is enough to say it, and not enough to read the database.
    fill(disk, 12_000)
    window = synced.window("--demo")
    until(lambda: "The disk is full." in synced.log("demo"), window)
    assert ended(window).code == 0
    (disk / "other").unlink()
    assert synced.rows("demo") == [37, 150, 250]
    assert synced("--demo", "db", "check").code == 0


ODD = [UNKIND, "100% sure; #1 = 50%25"]
if sys.platform != "win32":
    ODD += ['"what?" back\\slash']


@pytest.mark.parametrize("name", ODD)
def test_a_data_folder_may_be_called_anything(opside, synced_home, tmp_path, name):
    opside.home = tmp_path / name
    shutil.copytree(synced_home, opside.home)
    book = opside.home / "claims.xlsx"
    assert opside("--demo", "export", "claims", "--format", "xlsx", "--out", str(book)).code == 0
    with zipfile.ZipFile(book) as parts:
        assert parts.read("xl/worksheets/sheet1.xml").count(b"<row ") == 37 + 1
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([name, "user"])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps the place of its data apart")
def test_a_person_whose_name_is_no_ascii_has_a_data_folder(opside):
    opside.user_home = opside.user_home.with_name(UNKIND)
    opside.env["OPSIDE_HOME"] = ""
    assert opside("--demo", "sync").code == 0
    [database] = opside.user_home.rglob("opside.db")
    opside.home = database.parent
    assert opside.rows() == [37, 150, 250]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="there are no links here")
def test_a_data_folder_on_another_disk_behind_a_link_works_like_any(opside, disk_of, tmp_path):
    share = disk_of("8m")
    opside.home = tmp_path / "share"
    opside.home.symlink_to(share, target_is_directory=True)
    assert opside("--demo", "sync").code == 0
    assert opside.rows("demo") == [37, 150, 250]
    assert (share / "demo" / "opside.db").exists()
    assert not (share / "demo" / "opside.db-wal").exists()
