"""Packs the built folder for Debian and its relatives (.deb), and as an archive for the others.

python resources/installers/linux/package.py FOLDER --out dist

FOLDER is what build.spec has made. Needs dpkg-deb and xz.
"""

import argparse
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from datetime import UTC, datetime
from email.utils import format_datetime
from io import BytesIO
from pathlib import Path

from opside_desktop import __version__

HERE = Path(__file__).parent
ROOT = HERE.parent.parent.parent
NAME = "opside-desktop"
APP_ID = "io.github.opside.desktop"
MODE_FOLDER, MODE_FILE, MODE_PROGRAM = 0o755, 0o644, 0o755

# Libraries that Qt opens and build.spec leaves to the system. Either name of GLib: distributions
# renamed it when their clocks got 64 bits.
DEPENDS = (
    "libc6 (>= 2.34)", "ca-certificates", "libgl1", "libegl1", "libxcb-cursor0", "libxcb-icccm4",
    "libxcb-keysyms1", "libxcb-image0", "libxcb-render-util0", "libxcb-shape0", "libxcb-xkb1",
    "libxkbcommon-x11-0", "libdbus-1-3", "libfontconfig1", "libstdc++6", "zlib1g",
    "libexpat1", "libuuid1",
    "libglib2.0-0 | libglib2.0-0t64",
)  # fmt: skip
RECOMMENDS = ("gnome-keyring | kwalletmanager | keepassxc", "fonts-noto-core")

MAINTAINER = "Opside Desktop contributors <noreply@opside.invalid>"
OTHERS = """
The program comes with parts of others, among them Qt under the LGPL, version 3 (on Debian also in
/usr/share/common-licenses/LGPL-3). Their licences, and the offer of Qt's source, are in
{where}/_internal/resources/licences.json, and are shown by the program itself: choose the version
at the bottom right of its window.
"""

CONTROL = """Package: {name}
Version: {version}
Section: misc
Priority: optional
Architecture: {architecture}
Maintainer: {maintainer}
Installed-Size: {kilobytes}
Depends: {depends}
Recommends: {recommends}
Description: See and keep what Amazon owes you
 Opside Desktop copies an Amazon seller's claims, FBA inventory and orders into
 a database of the seller's own, with one click, and shows them in tables that
 stay fast at a million rows. Amazon's secrets stay in the system's key store.
"""


def main() -> int:
    """Pack both."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="the built folder")
    parser.add_argument("--out", type=Path, required=True, help="where the packages go")
    parser.add_argument("--no-archive", action="store_true", help="make the .deb only")
    words = parser.parse_args()
    words.out.mkdir(parents=True, exist_ok=True)
    made = [deb(words.folder, words.out)]
    if not words.no_archive:
        made.append(archive(words.folder, words.out))
    for path in made:
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    return 0


def deb(folder: Path, out: Path) -> Path:
    """Make the Debian package."""
    architecture = run("dpkg", "--print-architecture")
    root = ROOT / "build" / "package" / "deb"
    shutil.rmtree(root, ignore_errors=True)
    lay_out(folder, root)
    files = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    kilobytes = sum(path.stat().st_size for path in files) // 1024
    control = root / "DEBIAN"
    control.mkdir()
    text = CONTROL.format(
        name=NAME,
        maintainer=MAINTAINER,
        version=__version__,
        architecture=architecture,
        kilobytes=kilobytes,
        depends=", ".join(DEPENDS),
        recommends=", ".join(RECOMMENDS),
    )
    (control / "control").write_text(text, "utf-8")
    sums = (f"{md5(path)}  {path.relative_to(root)}\n" for path in files)
    (control / "md5sums").write_text("".join(sums), "utf-8")
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            path.chmod(mode(path))
    made = out / f"{NAME}_{__version__}_{architecture}.deb"
    run("dpkg-deb", "--root-owner-group", "-Zxz", "-z9", "--build", str(root), str(made))
    return made


def lay_out(folder: Path, root: Path) -> None:
    """Put everything where a Debian system expects it."""
    share = root / "usr" / "share"
    program = root / "usr" / "lib" / NAME
    shutil.copytree(folder, program, symlinks=True)
    (root / "usr" / "bin").mkdir()
    (root / "usr" / "bin" / NAME).symlink_to(f"../lib/{NAME}/{NAME}")
    put(HERE / f"{NAME}.desktop", share / "applications")
    put(HERE / f"{APP_ID}.metainfo.xml", share / "metainfo")
    icons = share / "icons" / "hicolor"
    put(ROOT / "resources" / "icons" / f"{NAME}.svg", icons / "scalable" / "apps")
    for picture in (ROOT / "build" / "package" / "icons").glob("*.png"):
        size = f"{picture.stem}x{picture.stem}"
        put(picture, icons / size / "apps", f"{NAME}.png")
    manual = share / "man" / "man1" / f"{NAME}.1.gz"
    manual.parent.mkdir(parents=True)
    manual.write_bytes(gzip.compress((HERE / f"{NAME}.1").read_bytes(), 9, mtime=0))
    doc = share / "doc" / NAME
    doc.mkdir(parents=True)
    own = (ROOT / "LICENSE").read_text("utf-8")
    (doc / "copyright").write_text(own + OTHERS.format(where=f"/usr/lib/{NAME}"), "utf-8")
    built = json.loads(
        (folder / "_internal" / "opside_desktop" / "about" / "build.json").read_bytes()
    )
    for name, text in (
        ("changelog.gz", changelog(built["date"])),
        ("NEWS.gz", (ROOT / "CHANGELOG.md").read_text("utf-8")),
    ):
        (doc / name).write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def changelog(day: str) -> str:
    """In Debian's form; what is new is in NEWS. `day` is the source's, where it is known."""
    try:
        date = datetime.fromisoformat(day).replace(tzinfo=UTC)
    except ValueError:
        date = datetime.now(UTC)
    return (
        f"{NAME} ({__version__}) unstable; urgency=medium\n\n  * See NEWS.gz.\n\n"
        f" -- {MAINTAINER}  {format_datetime(date)}\n"
    )


def put(source: Path, folder: Path, name: str | None = None) -> None:
    """Copy one file."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, folder / (name or source.name))


def mode(path: Path) -> int:
    """What others may do with a file: nobody but root writes any."""
    if path.is_dir():
        return MODE_FOLDER
    return MODE_PROGRAM if os.access(path, os.X_OK) and path.name == NAME else MODE_FILE


def archive(folder: Path, out: Path) -> Path:
    """Make the archive: unpack it anywhere and start the program in it."""
    name = f"{NAME}-{__version__}-linux-{os.uname().machine}"
    made = out / f"{name}.tar.xz"

    def nobody(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        return entry

    with tarfile.open(made, "w:xz", preset=6) as file:
        file.add(folder, name, filter=nobody)
        text = ((ROOT / "LICENSE").read_text("utf-8") + OTHERS.format(where=".")).encode()
        entry = tarfile.TarInfo(f"{name}/LICENSE")
        entry.size, entry.mode = len(text), MODE_FILE
        file.addfile(nobody(entry), BytesIO(text))
    return made


def md5(path: Path) -> str:
    """As dpkg wants it, to find damage; it protects from nothing else."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def run(*words: str) -> str:
    """Run a program of the system and give its line."""
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
