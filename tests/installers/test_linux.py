"""What the Debian package brings along beside the program."""

import configparser
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINUX = ROOT / "resources" / "installers" / "linux"
CHECKER = Path(sys.executable).with_name("shellcheck")


def test_the_manual_names_all_that_the_help_names():
    told = subprocess.run(
        [sys.executable, "-m", "opside_desktop", "--help"],
        capture_output=True, text=True, check=True, timeout=60,
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
        done = subprocess.run([*check, script], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
