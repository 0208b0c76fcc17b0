"""The self-test: whether the program is whole, without looking at anything of the person's."""

import subprocess
import sys

import pytest

from opside_desktop.accounts.key_store import KeyStore
from opside_desktop.diagnosis.stores import try_key_store
from opside_desktop.domain.errors import KeyStoreFault
from tests.waiting import LIMIT_S

STEPS = (
    "Program",
    "Modules",
    "Licences",
    "Key store",
    "Certificates",
    "Database",
    "Sync",
    "Export",
    "HTTP API",
    "Window",
)

WITHOUT_A_MODULE = """
import sys
sys.modules["xlsxwriter"] = None
from opside_desktop.cli import run
sys.exit(run(["--self-test"]))
"""

ENTRIES = """
import contextlib, secretstorage
connection = secretstorage.dbus_init()
for collection in secretstorage.get_all_collections(connection):
    for item in collection.get_all_items():
        print(item.get_label(), item.get_attributes())
"""


def lines_of(out):
    """Each line's name, with its mark."""
    found = {}
    for line in out.splitlines():
        mark, _, rest = line.partition("  ")
        name, separator, text = rest.strip().partition(": ")
        if separator:
            found[name] = (mark.strip(), text)
    return found


def test_a_whole_program_passes_and_touches_nothing_of_the_persons(opside):
    # Whatever the environment says, the test keeps to itself.
    done = opside(
        "--self-test",
        OPSIDE_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nowhere",
        MOCK_SCENARIO="high_volume",
        OPSIDE_LOG_LEVEL="DEBUG",
        HTTP_PROXY="http://127.0.0.1:1",
    )
    lines = lines_of(done.out)
    assert tuple(lines) == STEPS, done.out + done.err
    assert {mark for mark, _ in lines.values()} == {"ok"}, done.out
    assert done.code == 0
    assert lines["Sync"][1].endswith("37 claims, 150 inventory, 250 orders.")
    assert lines["Export"][1] == "A workbook of 37 claims was written."
    assert lines["HTTP API"][1] == "It started and listed 37 claims."
    assert "no key store" in lines["Key store"][1]
    assert "37 claims was painted" in lines["Window"][1]
    assert not opside.home.exists()


def test_what_is_missing_is_named_and_the_other_steps_go_on(opside, tmp_path):
    nobody = tmp_path / "nobody.pem"
    nobody.touch()
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_A_MODULE],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        env=opside.environment(SSL_CERT_FILE=str(nobody), SSL_CERT_DIR=str(tmp_path)),
    )
    lines = lines_of(done.stdout)
    assert done.returncode == 1
    assert lines["Modules"][0] == "FAILED"
    assert "xlsxwriter" in lines["Modules"][1]
    assert lines["Certificates"][0] == "FAILED"
    assert "no server could be trusted" in lines["Certificates"][1]
    assert {lines[name][0] for name in ("Database", "Sync", "HTTP API", "Window")} == {"ok"}
    assert "install it again" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_real_key_store_is_left_as_it_was(with_key_store):
    done = with_key_store("--self-test", "--json")
    assert done.code == 0, done.out
    assert done.json["success"] is True
    told = {line["name"]: line["message"] for line in done.json["checks"]}
    assert told["Key store"] == "The Secret Service stored, gave back and deleted an entry."
    left = subprocess.run(
        [sys.executable, "-c", ENTRIES],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=True,
        env=with_key_store.environment(),
    )
    assert "self-test" not in left.stdout


class Sticky:
    """A key store that does not forget."""

    def __init__(self):
        self.entries = {}

    def get_password(self, service, username):
        return self.entries.get((service, username))

    def set_password(self, service, username, password):
        self.entries[service, username] = password

    def delete_password(self, service, username):
        """Keep it all the same."""


async def test_a_key_store_that_keeps_what_it_should_delete_fails():
    with pytest.raises(KeyStoreFault):
        await try_key_store(KeyStore(Sticky()))


def test_it_stands_alone(command):
    done = command("--self-test", "status")
    assert done.code == 2
    assert done.err.strip() == "--self-test stands alone. Leave the command out."


def test_help_names_it(command):
    assert "--self-test" in command("--help").out
