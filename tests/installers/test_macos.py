"""The parts for macOS, as far as another system can check them."""

import plistlib
import re
from pathlib import Path

import pytest
from PySide6.QtGui import QImageReader

from opside_desktop import __version__
from tests.installers.dry import dry_build

FOLDER = Path(__file__).parents[2] / "resources" / "installers" / "macos"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return dry_build(
        "darwin",
        tmp_path_factory.mktemp("macos"),
        CODESIGN_IDENTITY="Developer ID Application: Somebody (ABCDE12345)",
        ENTITLEMENTS_FILE="resources/installers/macos/entitlements.plist",
    )


def test_the_bundle_has_what_macos_asks_for(built):
    bundle = built.bundle
    assert bundle["name"] == "Opside Desktop.app"
    assert re.fullmatch(r"[a-z]+(\.[a-z]+)+", bundle["bundle_identifier"])
    about = bundle["info_plist"]
    assert about["CFBundleDisplayName"] == "Opside Desktop"
    assert about["CFBundleShortVersionString"] == about["CFBundleVersion"] == __version__
    assert about["LSMinimumSystemVersion"] == "13.0"
    assert about["NSHighResolutionCapable"] is True
    assert about["LSBackgroundOnly"] is False
    assert about["LSApplicationCategoryType"].startswith("public.app-category.")


def test_the_program_has_a_dock_icon_and_is_signed_with_the_hardened_runtimes_rights(built):
    (program,) = built.programs
    assert program["console"] is False
    assert program["codesign_identity"].startswith("Developer ID Application")
    assert (built.root / program["entitlements_file"]).is_file()
    # Stripping breaks a signature.
    assert (program["strip"], built.folder["strip"]) == (False, False)


def test_the_rights_are_few_and_known():
    rights = plistlib.loads((FOLDER / "entitlements.plist").read_bytes())
    assert rights == {
        "com.apple.security.cs.allow-jit": True,
        "com.apple.security.cs.allow-unsigned-executable-memory": True,
    }


def test_only_the_parts_in_use_are_packed(built):
    files = set(built.folder["files"])
    assert {
        "libssl.3.dylib",
        "PySide6/Qt/lib/QtCore.framework/Versions/A/QtCore",
        "QtCore",
        "PySide6/Qt/plugins/platforms/libqcocoa.dylib",
        "PySide6/Qt/plugins/styles/libqmacstyle.dylib",
        "resources/licences.json",
    } <= files
    assert {name for name in files if re.search("Qml|Pdf|qpdf", name)} == set()


def test_the_icon_holds_pictures_of_every_size(built):
    icon = built.root / "build/package/icons/opside-desktop.icns"
    assert built.bundle["icon"] == str(icon)
    reader = QImageReader(str(icon), b"icns")
    sizes = set()
    for number in range(reader.imageCount()):
        reader.jumpToImage(number)
        picture = reader.read()
        assert not picture.isNull()
        sizes.add(picture.width())
    assert sizes == {32, 64, 128, 256, 512}
