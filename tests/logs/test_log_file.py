"""The log tells what happened, stays small, and holds no secret."""

import logging
import os
import re
import subprocess
import sys

import pytest

from opside_desktop.domain.errors import SettingsFault
from opside_desktop.logs.bugs import log_bug
from opside_desktop.logs.file import KEPT_FILES, start_logging, stop_logging
from opside_desktop.logs.folding import SHARE, Folding
from opside_desktop.logs.redaction import hide
from tests.clocks import MovedClock
from tests.waiting import LIMIT_S, wait_until

log = logging.getLogger("opside_desktop.tests")


@pytest.fixture
def log_file(tmp_path):
    path = tmp_path / "logs" / "opside.log"
    level = logging.getLogger().level
    start_logging(path, "DEBUG")
    yield path
    stop_logging()
    logging.getLogger().setLevel(level)


CANARY = "k3y-CANARY-9f8e7d"


@pytest.mark.parametrize(
    "entry",
    [
        "refresh with Atzr|IwEB" + CANARY,
        "url https://x/?t=Atza%7CIw" + CANARY,
        "secret amzn1.oa2-cs.v1." + CANARY,
        "client amzn1.application-oa2-client." + CANARY,
        f"grant_type=refresh_token&client_secret={CANARY}&x=1",
        f'{{"refresh_token": "{CANARY}", "a": 1}}',
        f"{{'client_secret': '{CANARY}'}}",
        f"Authorization: Bearer {CANARY}",
        f"Headers({{'x-amz-access-token': '{CANARY}'}})",
        f"[(b'x-amz-access-token', b'{CANARY}')]",
        f"Cookie: session_token={CANARY}; b=2",
        f"postgresql+asyncpg://user:{CANARY}@host/db",
        f"https://bucket.s3.amazonaws.com/r?X-Amz-Signature={CANARY}",
        f"eyJhbGciOi.eyJ{CANARY.replace('-', '')}.sig",
    ],
)
def test_what_looks_like_a_secret_is_hidden(log_file, entry):
    log.info("before %s", entry)
    text = log_file.read_text()
    assert "before" in text
    assert CANARY not in text
    assert CANARY.replace("-", "") not in text


def test_a_known_secret_is_hidden_wherever_it_stands(log_file):
    hide("pl4in+secret/value")
    try:
        raise ValueError("pl4in+secret/value was refused")
    except ValueError as error:
        log.exception("at https://x/?s=pl4in%%2Bsecret%%2Fvalue %s", error)
    text = log_file.read_text()
    assert "ValueError" in text
    assert "pl4in" not in text


def test_ordinary_words_stay_readable(log_file):
    log.info("Token bucket of getOrders at 3.2; the client gave 250 orders; authorization revoked")
    assert "getOrders at 3.2; the client gave 250 orders" in log_file.read_text()


def test_libraries_do_not_write_addresses(log_file):
    logging.getLogger("httpx").info("HTTP Request: GET https://amazon/secret-report")
    logging.getLogger("httpcore.http11").debug("send_request_headers")
    logging.getLogger("httpcore").debug("executing")
    assert log_file.read_text() == ""


def test_the_log_is_its_owners_only_and_bounded(tmp_path):
    log_file = tmp_path / "logs" / "opside.log"
    start_logging(log_file, "INFO", max_bytes=50_000)
    for number in range(20):
        log.warning("%d %s", number, "x" * 19_000)
        log.warning("y" * 1_000_000)
    stop_logging()
    files = sorted(log_file.parent.iterdir())
    assert len(files) == KEPT_FILES + 1
    assert sum(file.stat().st_size for file in files) <= (KEPT_FILES + 1) * 50_000
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_a_file_rotated_away_by_another_program_is_left_alone(log_file):
    log.info("first")
    log_file.rename(log_file.with_suffix(".log.1"))
    log.info("second")
    assert "second" in log_file.read_text()
    assert "second" not in log_file.with_suffix(".log.1").read_text()


def test_a_log_that_cannot_be_put_aside_is_written_on(tmp_path):
    log_file = tmp_path / "logs" / "opside.log"
    older = log_file.with_suffix(".log.1")
    # As on Windows, where another program has the file open.
    obstacle = log_file.with_suffix(f".log.{os.getpid()}")
    obstacle.mkdir(parents=True)
    older.write_text("older")
    start_logging(log_file, "INFO", max_bytes=2_000)
    for number in range(4):
        log.warning("entry %d %s", number, "x" * 1_500)
    assert [f"entry {number}" in log_file.read_text() for number in range(4)] == [True] * 4
    assert older.read_text() == "older"
    obstacle.rmdir()
    log.warning("last")
    stop_logging()
    assert "entry 3" in older.read_text()
    assert "last" in log_file.read_text()


def whole_log(log_file):
    """Everything that the files still hold, after the log's end."""
    stop_logging()
    return "".join(file.read_text() for file in log_file.parent.iterdir())


def test_repeats_are_counted_and_push_nothing_out(log_file):
    log.warning("The first entry.")
    for _ in range(5_000):
        log.error("socket.accept() out of system resource\nsocket: <fd=17> %s", "x" * 300)
    log.info("The last entry.")
    text = whole_log(log_file)
    assert "The first entry." in text
    assert text.count("<fd=17>") == 1
    # A slow machine tells in between.
    told = re.findall(r"ERROR .* This came ([\d,]+) more times within \d+ s: socket.accept", text)
    assert sum(int(count.replace(",", "")) for count in told) == 4_999
    assert "The last entry." in text


@pytest.mark.parametrize("entry", ["request %d failed: {}", "request {} failed: %d"])
def test_a_flood_whose_entries_differ_pushes_nothing_out(log_file, entry):
    log.warning("The first entry.")
    for number in range(1_000):
        log.warning(entry.format(number), number, stacklevel=1)
        log.warning("%d %s", number, "y" * 15_000)
    text = whole_log(log_file)
    assert "The first entry." in text
    assert len(text) < 2 * SHARE + 10_000
    assert re.search(r"This came [\d,]+ more times within \d+ s: 999 yyy", text)


def test_one_line_of_code_has_few_kinds_of_entries(log_file):
    """As where a library puts a name into the text itself."""
    log.warning("The first entry.")
    for number in range(3_000):
        log.warning(f"{number:b} ".replace("0", "o").replace("1", "i") + "z" * 1_500)  # noqa: G003
    text = whole_log(log_file)
    assert "The first entry." in text
    assert len(text) < 2 * SHARE


def test_a_count_is_told_while_nothing_else_happens(log_file):
    start_logging(log_file, "INFO", first_flush_s=0.05)
    for _ in range(3):
        log.warning("The disk is slow.")
    told = re.compile(r"This came 2 more times within \d+ s: The disk is slow\.")
    wait_until(lambda: told.search(log_file.read_text()))


def test_a_message_that_comes_again_later_is_written_again():
    clock = MovedClock()
    folding = Folding(clock)

    def came(text, *args):
        record = logging.LogRecord("a", logging.INFO, "a.py", 1, text, args, None)
        return [each.getMessage() for each in folding.passed(record)]

    assert came("It is late.") == ["It is late."]
    clock.seconds = 59
    assert came("It is late.") == []
    assert folding.due_in_s == 10
    clock.seconds = 200
    told = "This came once more within 141 s: It is late."
    assert came("It is late.") == [told, "It is late."]
    assert folding.due_in_s is None
    # A line each minute is kept for ever, and so is what comes once in a while.
    for minute in range(10_000):
        clock.seconds += 60
        assert came("%d rows", minute) == [f"{minute} rows"]


def test_a_flood_without_end_is_told_ever_more_seldom():
    clock = MovedClock()
    folding = Folding(clock)
    written = []
    for second in range(86_400):
        clock.seconds = second
        record = logging.LogRecord("a", logging.INFO, "a.py", 1, "again", (), None)
        written += [each.getMessage() for each in folding.passed(record)]
    assert len(written) < 40
    counts = [int(found.replace(",", "")) for found in re.findall(r"came ([\d,]+)", str(written))]
    assert sum(counts) + 1 + sum("once" in one for one in written) > 86_400 - 3_700


def test_the_kinds_of_entries_are_not_remembered_for_ever():
    folding = Folding()
    for number in range(5_000):
        record = logging.LogRecord("a", logging.INFO, "a.py", number, "text", (), None)
        assert list(folding.passed(record))[-1] is record
        assert list(folding.passed(record)) == []
    assert len(folding._kinds) <= 500


def test_a_traceback_stands_there_once_and_each_error_id_too(log_file):
    ids = []
    for number in range(40):
        try:
            raise KeyError(number)
        except KeyError as error:
            ids.append(log_bug(log, "It failed.", error).error_id)
    text = whole_log(log_file)
    assert text.count("Traceback (most recent call last)") == 1
    assert all(error_id in text for error_id in ids)
    assert "The traceback is the same as before." in text


def test_an_entry_of_bytes_that_are_no_text_is_written(log_file):
    record = {"msg": "The folder %s is missing.", "args": (os.fsdecode(b"/data/\xff"),)}
    for handler in logging.getLogger().handlers:
        # Only our own: pytest's could not pass such a text on.
        if getattr(handler, "baseFilename", None) == str(log_file):
            handler.handle(logging.makeLogRecord(record))
    assert r"/data/\udcff is missing." in log_file.read_text()


def test_an_unexpected_error_can_be_found_by_its_number(log_file):
    try:
        raise KeyError("oops")
    except KeyError as error:
        bug = log_bug(log, "The sync did not finish.", error)
    assert bug.error_id in bug.sentence
    assert "KeyError" not in bug.sentence
    text = log_file.read_text()
    assert bug.error_id in text
    assert "KeyError" in text


def test_a_log_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "logs").touch()
    with pytest.raises(SettingsFault, match=r"opside\.log cannot be written"):
        start_logging(tmp_path / "logs" / "opside.log", "INFO")


FULL_DISK = """
import logging, resource, sys
from pathlib import Path
from opside_desktop.logs.folding import SHARE, Folding
from opside_desktop.logs.file import start_logging, stop_logging

resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
start_logging(Path(sys.argv[1]), "DEBUG")
logging.getLogger("opside_desktop.tests").warning("This does not fit.")
stop_logging()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no limits of this kind")
def test_a_full_disk_stops_neither_the_program_nor_its_end(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, tmp_path / "opside.log"],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
