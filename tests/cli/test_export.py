"""`export`: whole files or none, sentences for mistakes, and Ctrl-C."""

import csv
import io
import json
import os
import resource
import signal
import subprocess
import time

import openpyxl
import pytest

from tests.cli.conftest import PROGRAM
from tests.waiting import LIMIT_S, wait_until


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "exports"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("what", "said"),
    [("claims", "37 claims"), ("inventory", "150 SKUs"), ("orders", "250 orders")],
)
def test_the_three_forms_hold_what_list_answers(synced, folder, what, said):
    listed = synced("--demo", "list", what, "--json", "--limit", "1000").json[what]
    for form in ("csv", "xlsx", "json"):
        done = synced("--demo", "export", what, "--format", form, "--out", folder / f"a.{form}")
        assert done.code == 0, done.err
        assert done.out == f"{said} written to {folder / f'a.{form}'}.\n"
    lines = (folder / "a.json").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == listed
    rows = list(csv.DictReader(io.StringIO((folder / "a.csv").read_bytes().decode(), newline="")))
    assert {row["isMock"] for row in rows} == {"true"}
    key = next(iter(rows[0]))
    assert [row[key].removeprefix("'") for row in rows] == [row[key] for row in listed]
    sheet = openpyxl.load_workbook(folder / "a.xlsx").active
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == [row[key] for row in listed]
    assert len(list(folder.iterdir())) == 3


def test_json_answers_one_document(synced, folder):
    out = folder / "orders.xlsx"
    done = synced("--demo", "--json", "export", "orders", "--out", out)
    assert done.json == {
        "success": True,
        "file": str(out),
        "format": "xlsx",
        "rows": 250,
        "sizeBytes": out.stat().st_size,
        "cutTexts": 0,
    }
    assert done.err == ""


def test_a_search_narrows_the_export(synced, folder):
    everything = synced("--demo", "list", "inventory", "--json", "--limit", "1000").json
    sku = everything["inventory"][0]["sku"]
    out = folder / "one.jsonl"
    done = synced("--demo", "export", "inventory", "--search", sku, "--out", out)
    assert (done.code, done.out) == (0, f"1 SKU written to {out}.\n")
    assert [json.loads(line)["sku"] for line in out.read_text().splitlines()] == [sku]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--out", "x.dat"), "The ending of x.dat tells no format. Give --format csv, xlsx or"),
        (("--out", "-", "--format", "csv"), "--out needs the name of a file."),
        (("--out", "x.xlsx", "--bom"), "--bom belongs to CSV."),
        (("--format", "ods", "--out", "x"), "'ods' is not one of"),
        ((), "Missing option '--out'"),
    ],
)
def test_mistakes_are_told_before_anything_is_opened(command, words, sentence):
    done = command("--demo", "export", "claims", *words)
    assert done.code == 2
    assert sentence in done.err


def test_a_folder_that_is_not_there(synced, folder):
    done = synced("--demo", "export", "claims", "--out", folder / "no" / "a.csv")
    assert done.code == 2
    assert done.err == (
        f"{folder}/no/a.csv could not be written. There is no folder {folder}/no. "
        "Make it, or choose another.\n"
    )


@pytest.mark.skipif(os.name != "posix", reason="The limit is POSIX's.")
@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_a_file_that_does_not_fit_leaves_nothing(many, folder, form):
    """A limit on the size of files stands in for a full disk: both come as an error of write()."""
    out = folder / f"a.{form}"
    out.write_text("what was there before")
    limit = 300_000
    done = subprocess.run(
        [*PROGRAM, "--demo", "export", "claims", "--out", out],
        env=many.environment(),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        capture_output=True,
        encoding="utf-8",
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    lines = [line for line in done.stderr.splitlines() if "%" not in line]
    assert "\n".join(lines) == (
        f"{out} could not be written. The system says: File too large. "
        "Choose another name or folder."
    )
    assert out.read_text() == "what was there before"
    assert [one.name for one in folder.iterdir()] == [out.name]


def test_what_a_killed_export_left_is_removed_by_one_a_day_later(many, folder):
    running = many.start("--demo", "export", "claims", "--out", str(folder / "a.csv"))
    wait_for_file(running.process, folder)
    running.process.kill()
    assert running.finish().code != 0
    (left,) = folder.iterdir()
    assert many("--demo", "export", "orders", "--out", folder / "b.csv").code == 0
    assert left.is_dir()  # for all that is known, it is written to
    two_days_ago = time.time() - 2 * 86_400
    for one in (left / "new", left):
        os.utime(one, (two_days_ago, two_days_ago))
    assert many("--demo", "export", "orders", "--out", folder / "b.csv").code == 0
    assert [one.name for one in folder.iterdir()] == ["b.csv"]


@pytest.fixture
def heard():
    """The end of the terminal is not ignored, as it is where these tests run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals for processes.")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_ctrl_c_leaves_nothing(many, folder, form, name, heard):
    out = folder / f"a.{form}"
    running = many.start("--demo", "export", "claims", "--out", str(out))
    wait_for_file(running.process, folder)
    running.process.send_signal(getattr(signal, name))
    done = running.finish()
    assert done.code == 130
    assert done.err.splitlines()[-1] == "The export was stopped. Nothing was written."
    assert list(folder.iterdir()) == []


def wait_for_file(process, folder):
    """Wait until the export has begun to write."""
    wait_until(lambda: any(folder.glob(".opside-export-*/new")))
    assert process.poll() is None
