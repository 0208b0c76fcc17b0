"""What the Debian package brings along beside the program."""

import configparser
import gzip
import os
import re
import shutil
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from opside_desktop import __version__
from tests.waiting import LIMIT_S

ROOT = Path(__file__).parents[2]
LINUX = ROOT / "resources" / "installers" / "linux"
CHECKER = Path(sys.executable).with_name("shellcheck")


def test_the_manual_names_all_that_the_help_names():
    told = subprocess.run(
        [sys.executable, "-m", "opside_desktop", "--help"],
        capture_output=True, text=True, check=True, timeout=LIMIT_S,
    ).stdout  # fmt: skip
    manual = (LINUX / "opside-desktop.1").read_text("utf-8").replace("\\-", "-")
    options = set(re.findall(r"│ (--[a-z-]+)", told))
    commands = set(re.findall(r"^│ ([a-z]+)  ", told, re.MULTILINE))
    assert {"--demo", "--self-test"} <= options
    assert {"sync", "serve", "db"} <= commands
    assert {one for one in options if one not in manual} == set()
    assert {one for one in commands if f".B {one}\n" not in manual} == set()


def test_the_desktop_entry_starts_the_program_under_its_own_icon():
    entry = configparser.ConfigParser(interpolation=None)
    entry.read(LINUX / "opside-desktop.desktop", "utf-8")
    main = entry["Desktop Entry"]
    assert main["Exec"] == main["Icon"] == "opside-desktop"
    assert main["Terminal"] == "false"
    assert (LINUX.parents[1] / "icons" / f"{main['Icon']}.svg").is_file()


def test_the_software_centre_finds_the_desktop_entry():
    path = LINUX / "io.github.opside.desktop.metainfo.xml"
    about = ET.parse(path).getroot()  # noqa: S314  # our own file
    launched = about.findtext("launchable")
    assert launched is not None
    assert (LINUX / launched).is_file()
    assert about.findtext("project_license") == "MIT"


@pytest.mark.parametrize(
    "path",
    [
        ".ci/file-lengths",
        ".ci/run",
        ".ci/system-libraries",
        "resources/installers/linux/build-older",
        "resources/installers/linux/test-in-bare-debian",
        "resources/installers/macos/certificate.sh",
        "resources/installers/macos/dmg.sh",
        "resources/installers/macos/try-image.sh",
    ],
)
def test_the_scripts_can_be_read_and_run_by_the_shell(path):
    script = ROOT / path
    assert os.access(script, os.X_OK)
    shell = script.read_text("utf-8").splitlines()[0].split("/")[-1].split()[-1]
    for check in ([shell, "-n"], [CHECKER]):
        done = subprocess.run([*check, script], capture_output=True, text=True, timeout=LIMIT_S)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """A .deb and an archive of a small folder in place of the built one; gives their folder."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("Only Debian and its relatives can make a .deb.")
    root = tmp_path_factory.mktemp("packed")
    shutil.copytree(ROOT / "resources", root / "resources")
    for name in ("LICENSE", "CHANGELOG.md"):
        shutil.copyfile(ROOT / name, root / name)
    program = root / "built" / "opside-desktop"
    stamp = root / "built" / "_internal" / "opside_desktop" / "about" / "build.json"
    stamp.parent.mkdir(parents=True)
    stamp.write_text('{"commit": "0123456789", "date": "2026-11-23"}')
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    subprocess.run(
        [sys.executable, root / "resources/installers/linux/package.py", "built", "--out", "out"],
        cwd=root, check=True, timeout=LIMIT_S,
    )  # fmt: skip
    return root / "out"


def read(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=LIMIT_S).stdout


def test_the_deb_holds_what_debian_expects(packed, tmp_path):
    (deb,) = packed.glob("*.deb")
    assert deb.name.startswith(f"opside-desktop_{__version__}_")
    assert read("dpkg-deb", "-f", deb, "Version").strip() == __version__
    assert "libxcb-cursor0" in read("dpkg-deb", "-f", deb, "Depends")
    # Everything is root's, and only root may write.
    listed = [line.split() for line in read("dpkg-deb", "-c", deb).splitlines()]
    assert {line[1] for line in listed} == {"root/root"}
    assert {line[0] for line in listed} == {"drwxr-xr-x", "-rw-r--r--", "-rwxr-xr-x", "lrwxrwxrwx"}
    read("dpkg-deb", "-R", deb, tmp_path / "there")
    there = tmp_path / "there"
    subprocess.run(
        ["md5sum", "-c", "--quiet", "DEBIAN/md5sums"], cwd=there, check=True, timeout=LIMIT_S
    )
    assert (
        there / "usr/bin/opside-desktop"
    ).resolve() == there / "usr/lib/opside-desktop/opside-desktop"
    doc = there / "usr/share/doc/opside-desktop"
    changes = gzip.decompress((doc / "changelog.gz").read_bytes()).decode()
    assert changes.startswith(f"opside-desktop ({__version__}) unstable; urgency=medium\n")
    assert changes.endswith(">  Mon, 23 Nov 2026 00:00:00 +0000\n")
    assert b"First version" in gzip.decompress((doc / "NEWS.gz").read_bytes())
    terms = (doc / "copyright").read_text("utf-8")
    assert "MIT License" in terms
    assert "/usr/lib/opside-desktop/_internal/resources/licences.json" in terms


def test_the_archive_unpacks_into_one_folder_with_its_licence(packed):
    (path,) = packed.glob("*.tar.xz")
    with tarfile.open(path) as archive:
        names = archive.getnames()
        folder = path.name.removesuffix(".tar.xz")
        assert {name.split("/")[0] for name in names} == {folder}
        assert {(entry.uid, entry.uname) for entry in archive} == {(0, "root")}
        terms = archive.extractfile(f"{folder}/LICENSE").read().decode()
        assert archive.getmember(f"{folder}/opside-desktop").mode & 0o100
    assert "MIT License" in terms
    assert "Qt under the LGPL" in terms
