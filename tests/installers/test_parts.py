"""What goes beside the packages: the list of parts with licences, its CycloneDX form, checksums."""

import json
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import cyclonedx.schema
import jsonschema_rs
import pytest

from tests.waiting import LIMIT_S

SCRIPTS = Path(__file__).parents[2] / "resources" / "installers"
SCHEMAS = Path(cyclonedx.schema.__file__).parent / "_res"


def script(name, *words):
    done = subprocess.run(
        [sys.executable, "-W", "error", SCRIPTS / name, *words],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """The list of what is installed."""
    path = tmp_path_factory.mktemp("parts") / "licences.json"
    done = script("licences.py", "--out", path)
    assert done.returncode == 0, done.stderr
    return path


def test_every_part_comes_with_the_text_of_its_licence(parts):
    found = {each["name"]: each for each in json.loads(parts.read_bytes())}
    assert {"opside-desktop", "Python", "httpx", "SQLAlchemy", "litestar", "keyring"} <= set(found)
    assert not {"pytest", "mypy", "hypothesis"} & set(found)
    assert all(each["text"] and each["licence"] and each["version"] for each in found.values())
    built_in = {each["name"]: each for each in found["cryptography"]["holds"]}
    assert built_in["openssl"]["licence"] == "Apache-2.0"
    assert f"openssl {built_in['openssl']['version']}, " in found["cryptography"]["text"]
    assert "cc" not in built_in  # a compiler's helper
    assert not any("file:" in each["purl"] for each in built_in.values())
    qt = found["PySide6_Essentials"]["text"]
    for sentence in (
        "You may replace them",
        "Offer: for at least three years",
        "GNU LESSER GENERAL PUBLIC LICENSE",
        "GNU GENERAL PUBLIC LICENSE",
        "src/3rdparty/harfbuzz-ng",
    ):
        assert sentence in qt


def test_only_what_was_collected_is_listed_and_strangers_are_refused(tmp_path):
    httpx = distribution("httpx").locate_file("httpx/__init__.py")
    sources, out = tmp_path / "files.txt", tmp_path / "licences.json"
    sources.write_text(f"{httpx}\n{SCRIPTS / 'licences.py'}\n")
    assert script("licences.py", "--sources", sources, "--out", out).returncode == 0
    names = {each["name"] for each in json.loads(out.read_bytes())}
    assert names == {"opside-desktop", "Python", "httpx", "pyinstaller"}
    stranger = tmp_path / "libstranger.so"
    stranger.touch()
    sources.write_text(f"{httpx}\n{stranger}\n")
    done = script("licences.py", "--sources", sources, "--out", out)
    assert done.returncode == 1
    assert f"{stranger} belongs to nobody" in done.stderr


def test_the_bill_of_materials_is_valid_and_whole(parts, tmp_path):
    out = tmp_path / "bill.cdx.json"
    assert script("sbom.py", "--licences", parts, "--out", out).returncode == 0
    bill = json.loads(out.read_bytes())
    registry = jsonschema_rs.Registry(
        [
            (f"http://cyclonedx.org/schema/{name}", json.loads((SCHEMAS / name).read_bytes()))
            for name in ("spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json")
        ]
    )
    schema = json.loads((SCHEMAS / "bom-1.6.SNAPSHOT.schema.json").read_bytes())
    validator = jsonschema_rs.validator_for(schema, registry=registry, validate_formats=True)
    assert [error.message for error in validator.iter_errors(bill)] == []
    assert bill["specVersion"] == "1.6"
    assert bill["metadata"]["component"]["name"] == "opside-desktop"
    listed = {each["name"] for each in bill["components"]}
    named = {each["name"] for each in json.loads(parts.read_bytes())}
    assert listed == named - {"opside-desktop"}
    held = {
        each["name"]: {part["name"] for part in each.get("components", ())}
        for each in bill["components"]
    }
    assert "openssl" in held["cryptography"]
    assert "httpx" not in {name for name, parts_of_it in held.items() if parts_of_it}


def test_the_checksums_are_those_that_sha256sum_checks(tmp_path):
    for name in ("b.deb", "a b.tar.xz"):
        (tmp_path / name).write_bytes(name.encode())
    sums = tmp_path / "SHA256SUMS"
    files = [tmp_path / "b.deb", tmp_path / "a b.tar.xz"]
    assert script("checksums.py", *files, "--out", sums).returncode == 0
    check = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    assert subprocess.run(check, cwd=tmp_path, capture_output=True, timeout=LIMIT_S).returncode == 0
    files[0].write_bytes(b"changed")
    assert subprocess.run(check, cwd=tmp_path, capture_output=True, timeout=LIMIT_S).returncode == 1
