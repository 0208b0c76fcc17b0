"""The parts for Windows, as far as another system can check them: names, versions, rights."""

import fnmatch
import os
import re
import struct
from pathlib import Path, PureWindowsPath

import pytest
import tree_sitter
import tree_sitter_powershell
from platformdirs import windows
from PySide6.QtGui import QImageReader

from opside_desktop import __version__
from tests.installers.dry import dry_build

FOLDER = Path(__file__).parents[2] / "resources" / "installers" / "windows"
INSTALLER = (FOLDER / "opside-desktop.iss").read_text("utf-8")
TRIAL = (FOLDER / "try-installer.ps1").read_text("utf-8")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return dry_build("win32", tmp_path_factory.mktemp("windows"))


def defined():
    """What the script's `#define`s stand for, with the root of the source as `.`."""
    names = {"SourcePath": "./resources/installers/windows"}
    for name, words in re.findall(r"^\s*#define (\w+) (.+)$", INSTALLER, re.MULTILINE):
        if "GetStringFileInfo" in words:
            names[name] = __version__
            continue
        parts = re.findall(r'"([^"]*)"|AddBackslash\((\w+)\)|(\w+)', words)
        names[name] = "".join(
            text or (names[added] + "\\" if added else names[other]) for text, added, other in parts
        )
    return names


def filled(text):
    """Put in what is defined, and tidy a path that begins at the root."""
    for name, value in defined().items():
        text = text.replace(f"{{#{name}}}", value)
    if not text.startswith("./"):
        return text
    return os.path.normpath(PureWindowsPath(text).as_posix())


def section(name):
    found = re.search(rf"^\[{name}\]\n(.*?)(?=^\[|\Z)", INSTALLER, re.MULTILINE | re.DOTALL)
    lines = found[1].splitlines() if found else []
    return [line for line in lines if line.strip() and not line.startswith((";", "#"))]


def setup():
    return {
        key: filled(text) for key, _, text in (line.partition("=") for line in section("Setup"))
    }


def entries(name):
    """The lines of a section as parameters and their values."""
    found = [dict(re.findall(r'(\w+): (?:"([^"]*)")', line)) for line in section(name)]
    return [{key: filled(text) for key, text in each.items()} for each in found]


def test_one_program_has_a_console_and_one_a_window(built):
    programs = {each["name"]: each["console"] for each in built.programs}
    assert programs == {"opside-desktop": True, "Opside Desktop": False}
    assert built.bundle is None


def test_only_the_parts_in_use_are_packed(built):
    files = set(built.folder["files"])
    assert {
        "python311.dll",
        "PySide6/Qt6Core.dll",
        "PySide6/plugins/platforms/qwindows.dll",
        "PySide6/plugins/styles/qmodernwindowsstyle.dll",
        "resources/licences.json",
        "opside_desktop/store/schema/migrations/versions",
    } <= files
    assert {
        name for name in files if re.search("Qml|Quick|pdf|opengl32sw|direct2d|qt_de", name)
    } == set()


def test_the_files_properties_tell_the_version_that_the_installer_reads(built):
    major, minor, patch = map(int, re.findall(r"\d+", __version__))
    for program in built.programs:
        table = bytes.fromhex(program["version"])
        told = table.decode("utf-16-le", "replace")
        for name in ("ProductVersion", "FileVersion"):
            found = re.search(rf"{name}\0+([^\0]+)\0", told)
            assert found is not None
            assert found[1] == __version__
        # VS_FIXEDFILEINFO: its mark, its form's version, then the file's version as two numbers.
        # PyInstaller writes them as long as this system's.
        fixed = struct.unpack_from("4L", table, table.index(b"\xbd\x04\xef\xfe"))
        assert fixed[2:] == (major << 16 | minor, patch << 16)
    assert 'GetStringFileInfo(Folder + "\\" + Command, PRODUCT_VERSION)' in INSTALLER


def test_the_icon_holds_every_size(built):
    icon = built.root / "build/package/icons/opside-desktop.ico"
    assert {each["icon"] for each in built.programs} == {str(icon)}
    assert filled(setup()["SetupIconFile"]) == "build/package/icons/opside-desktop.ico"
    reader = QImageReader(str(icon), b"ico")
    sizes = set()
    for number in range(reader.imageCount()):
        reader.jumpToImage(number)
        picture = reader.read()
        assert not picture.isNull()
        sizes.add(picture.width())
    assert sizes == {16, 24, 32, 48, 64, 256}


def test_the_installer_takes_what_the_build_has_made(built):
    packed = entries("Files")
    assert [each["Source"] for each in packed] == [f"dist/{built.folder['name']}/*"]
    names = {f"{{app}}\\{each['name']}.exe" for each in built.programs}
    named = [each["Filename"] for each in entries("Icons") + entries("Run")]
    named.append(setup()["UninstallDisplayIcon"])
    assert named == ["{app}\\Opside Desktop.exe"] * 4
    assert set(named) <= names
    assert defined()["Command"] == "opside-desktop.exe"
    made = f"{setup()['OutputDir']}/{setup()['OutputBaseFilename']}.exe"
    assert fnmatch.fnmatch(os.path.normpath(made), f"dist/*-{__version__}-setup.exe")


def test_it_installs_for_one_user_and_asks_for_no_other_rights():
    asked = setup()
    assert asked["PrivilegesRequired"] == "lowest"
    assert not {"PrivilegesRequiredOverridesAllowed", "ChangesEnvironment"} & set(asked)
    assert asked["DefaultDirName"] == "{autopf}\\Opside Desktop"
    assert all(each["DestDir"] == "{app}" for each in entries("Files"))
    places = {each["Name"].split("\\")[0] for each in entries("Icons")}
    assert places == {"{autoprograms}", "{autodesktop}"}
    assert "[Registry]" not in INSTALLER
    # In silence nothing opens and nothing is asked.
    assert all("skipifsilent" in line for line in section("Run"))
    assert "UninstallSilent" in INSTALLER


def test_the_uninstaller_leaves_the_data(data_folder):
    for each in entries("UninstallDelete") + entries("InstallDelete"):
        assert each["Name"].startswith("{app}")
    installed = "%LOCALAPPDATA%\\Programs\\Opside Desktop"
    assert data_folder == "%LOCALAPPDATA%\\opside-desktop"
    assert not PureWindowsPath(data_folder).is_relative_to(installed)
    assert data_folder.replace("%", "%%") in INSTALLER  # said to who removes it


@pytest.fixture
def data_folder(monkeypatch):
    """Where the program keeps its data on Windows."""
    monkeypatch.setattr(windows, "get_win_folder", lambda _: "%LOCALAPPDATA%")
    path = windows.Windows("opside-desktop", appauthor=False).user_data_dir
    return str(PureWindowsPath(path))


def test_every_block_of_the_installers_code_is_closed():
    code = re.sub(r"\{[^}]*\}|'[^']*'", "", INSTALLER.partition("[Code]")[2])
    words = re.findall(r"\b(begin|try|case|end|repeat|until)\b", code)
    opened = sum(words.count(word) for word in ("begin", "try", "case"))
    assert opened == words.count("end") > 0
    assert words.count("repeat") == words.count("until")


def faults(source):
    """Where PowerShell's grammar does not hold."""
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    waiting, found = [parser.parse(source.encode()).root_node], []
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            found.append((node.start_point.row + 1, node.type))
        waiting.extend(node.children)
    return found


def test_the_trial_can_be_read_by_powershell():
    assert faults(TRIAL) == []
    assert faults(TRIAL.replace('gone." }', 'gone."')) != []


def test_the_trial_looks_where_the_installer_installs(data_folder):
    texts = dict(re.findall(r'^\$(\w+) = "(.*)"$', TRIAL, re.MULTILINE))
    assert (
        texts["folder"]
        == "$env:LOCALAPPDATA\\Programs\\" + setup()["DefaultDirName"].split("\\")[1]
    )
    assert texts["data"].replace("$env:LOCALAPPDATA", "%LOCALAPPDATA%") == data_folder
    identity = setup()["AppId"].removeprefix("{")  # an opening brace is written twice
    assert texts["listing"].endswith(f"\\Uninstall\\{identity}_is1")
    assert TRIAL.count('"/VERYSILENT"') == 3  # install, update, remove
