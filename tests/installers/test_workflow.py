"""The workflow that builds on three systems, as far as it can be checked without them."""

import re
import subprocess

import pytest
import yaml

from tests.installers.commands import ROOT, missing
from tests.installers.test_linux import CHECKER
from tests.installers.test_windows import faults
from tests.waiting import LIMIT_S

PATH = ROOT / ".github" / "workflows" / "package.yml"
TEXT = PATH.read_text("utf-8")
JOBS = yaml.safe_load(TEXT)["jobs"]
SYSTEMS = ("linux", "windows", "macos")


def commands(job):
    return [step["run"] for step in JOBS[job]["steps"] if "run" in step]


def uploads(job):
    return {
        step["with"]["name"]: step["with"]["path"].split()
        for step in JOBS[job]["steps"]
        if step.get("uses", "").startswith("actions/upload-artifact@")
    }


def everything(job):
    """All that a job names: its commands, and the values they read."""
    values = [str(each) for step in JOBS[job]["steps"] for each in step.get("env", {}).values()]
    return "\n".join([*commands(job), *values])


@pytest.mark.parametrize("job", JOBS)
def test_all_that_it_names_is_there(job):
    assert missing(everything(job)) == []


def test_what_is_not_there_is_noticed():
    told = "make nothing\nresources/installers/none.py\npython other.py\ntests/none"
    assert missing(told) == [
        "make nothing",
        "resources/installers/none.py",
        "other.py",
        "tests/none",
    ]


@pytest.mark.parametrize("job", SYSTEMS)
def test_every_system_builds_tries_and_keeps(job):
    told = everything(job)
    if job == "linux":
        assert "make package-test" in told
    else:
        for step in ("PyInstaller --noconfirm build.spec", "--self-test", "pytest -q tests/frozen"):
            assert step in told
    assert "dist/*.cdx.json" in uploads(job)[job]
    assert JOBS[job]["timeout-minutes"] <= 60


def test_the_packages_come_together_with_their_checksums():
    assert set(JOBS["together"]["needs"]) == set(SYSTEMS)
    taken = next(
        step["with"]["pattern"]
        for step in JOBS["together"]["steps"]
        if "pattern" in step.get("with", {})
    )
    assert set(taken.strip("{}").split(",")) == set(SYSTEMS)
    # Beside the packages: the file names no folder.
    assert "--out all/SHA256SUMS all/*" in everything("together")
    assert uploads("together") == {"release": ["all/"]}
    bills = re.findall(
        r"opside-desktop-(\w+)\.cdx\.json", TEXT + (ROOT / "Makefile").read_text("utf-8")
    )
    assert set(bills) == set(SYSTEMS)


def test_it_may_read_only_and_reaches_for_known_actions_only():
    whole = yaml.safe_load(TEXT)
    assert whole["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in JOBS.values())
    used = {
        step["uses"].split("@")[0]
        for job in JOBS.values()
        for step in job["steps"]
        if "uses" in step
    }
    assert all(name.startswith("actions/") for name in used)
    assert "://" not in TEXT
    # A secret goes into the environment of the step that needs it, never into its command.
    assert "secrets." not in "\n".join(line for job in JOBS for line in commands(job))


def test_every_secret_it_reads_is_explained():
    named = set(re.findall(r"secrets\.(\w+)", TEXT))
    told = (ROOT / "docs" / "releasing.md").read_text("utf-8")
    assert {name for name in named if f"`{name}`" not in told} == set()


@pytest.mark.parametrize("job", ["linux", "macos", "together"])
def test_the_shell_can_read_its_commands(job, tmp_path):
    for number, command in enumerate(commands(job)):
        path = tmp_path / f"{job}-{number}"
        path.write_text(f"#!/bin/bash\n{command}\n")
        done = subprocess.run([CHECKER, path], capture_output=True, text=True, timeout=LIMIT_S)
        assert done.stdout == ""


def test_powershell_can_read_its_commands():
    assert [faults(command) for command in commands("windows")] == [[] for _ in commands("windows")]
