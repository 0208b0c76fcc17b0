"""Lists everything a package holds, with all licences: resources/licences.json of the package.

    python resources/installers/licences.py --sources FILES.txt --out licences.json

FILES.txt names the files that were collected, one source path in each line. Each belongs to an
installed Python library, to Python itself, to a package of Debian (whose copyright file is taken),
or to this source; what belongs to nobody is an error, so that nothing is shipped without its
licence. Without --sources the list is that of the installed libraries the program needs.
"""

import argparse
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

import msgspec

from opside_desktop.about.licences import (
    PROGRAM,
    Component,
    component_of,
    in_order,
    installed_components,
    python_component,
)

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ROOT / "resources" / "licences"
COMMON = Path("/usr/share/common-licenses")
MICROSOFT = ("vcruntime", "msvcp", "ucrtbase", "api-ms-win", "concrt")


def main() -> int:
    """Write the list."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sources", type=Path, help="what was collected, a path in each line")
    parser.add_argument("--out", type=Path, required=True, help="where to write the list")
    words = parser.parse_args()
    if words.sources is None:
        found, strange = installed_components(TEXTS), list[Path]()
    else:
        lines = words.sources.read_text("utf-8").splitlines()
        found, strange = collected({Path(line) for line in lines if line.strip()})
    for path in strange:
        print(f"{path} belongs to nobody whose licence is known.", file=sys.stderr)
    silent = [each.name for each in found if not each.text]
    for name in silent:
        print(f"{name} brings no text of its licence.", file=sys.stderr)
    words.out.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1))
    print(f"{words.out}: {len(found)} parts.")
    return 1 if strange or silent else 0


def collected(sources: set[Path]) -> tuple[list[Component], list[Path]]:
    """Find whose the files are; gives the parts, and the files of nobody."""
    owners = owned_by(distributions())
    # PyInstaller's own start code is in every package.
    parts = {name: distribution(name) for name in (PROGRAM, "pyinstaller")}
    rest: list[Path] = []
    is_windows_runtime = False
    for path in sorted(sources):
        owner = owners.get(path) or owners.get(path.resolve())
        if owner is not None:
            parts.setdefault(owner.metadata["Name"], owner)
        elif path.name.lower().startswith(MICROSOFT):
            is_windows_runtime = True
        elif not (is_pythons(path) or path.resolve().is_relative_to(ROOT)):
            rest.append(path)
    debian, strange = of_debian(rest)
    found = [component_of(each, TEXTS) for each in parts.values()]
    if is_windows_runtime:
        found.append(windows_runtime())
    return in_order([python_component(), *found, *debian]), strange


def owned_by(all_of_them: Iterable[Distribution]) -> dict[Path, Distribution]:
    """Map every file to the library that installed it."""
    return {
        Path(str(each.locate_file(file))).resolve(): each
        for each in all_of_them
        for file in each.files or ()
    }


def is_pythons(path: Path) -> bool:
    """Tell whether a file belongs to Python; on Windows and macOS that brings OpenSSL and more."""
    if path.name == "base_library.zip":  # PyInstaller's archive of the standard library
        return True
    homes = (sysconfig.get_path("stdlib"), sys.base_prefix)
    is_there = any(path.resolve().is_relative_to(Path(home).resolve()) for home in homes)
    system = sys.base_prefix in ("/usr", "/") and not path.resolve().is_relative_to(
        Path(homes[0]).resolve()
    )
    return is_there and "site-packages" not in path.parts and not system


def of_debian(paths: list[Path]) -> tuple[list[Component], list[Path]]:
    """Ask Debian's package manager for the packages of libraries."""
    if shutil.which("dpkg") is None:
        return [], paths
    packages: dict[str, Component] = {}
    strange: list[Path] = []
    for path in paths:
        for name in packages_with(path):
            packages.setdefault(name, debian_component(name))
            break
        else:
            strange.append(path)
    return list(packages.values()), strange


def packages_with(path: Path) -> Iterator[str]:
    """Name the packages that hold a file; /lib and /usr/lib are one folder today."""
    for each in dict.fromkeys((path.resolve(), path, Path(str(path).removeprefix("/usr")))):
        done = subprocess.run(
            ["dpkg", "-S", str(each)], capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            yield done.stdout.partition(": ")[0].split(",")[0].strip()


def debian_component(package: str) -> Component:
    """Describe a package by its copyright file."""
    name = package.partition(":")[0]
    told = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}\n${Homepage}", package],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    version, _, home = told.partition("\n")
    copyright_file = Path("/usr/share/doc", name, "copyright")
    text = copyright_file.read_text("utf-8", "replace") if copyright_file.is_file() else ""
    # Debian has these texts once for all; elsewhere the reference would lead nowhere.
    for common in sorted(set(re.findall(r"/usr/share/common-licenses/([\w.-]*\w)", text))):
        text += f"\n\n\n{common}:\n\n" + (COMMON / common).read_text("utf-8", "replace")
    names = [
        line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("License:")
    ]
    return Component(
        name=name,
        version=version,
        licence=" AND ".join(sorted({each for each in names if each})) or "see its text",
        text=text.strip(),
        home=home.strip(),
        purl=f"pkg:deb/debian/{name}@{version}",
    )


def windows_runtime() -> Component:
    """Describe Microsoft's libraries, which Python brings on Windows."""
    return Component(
        name="Microsoft Visual C++ Runtime",
        version="14",
        licence="Microsoft Software License Terms",
        text="Redistributed unchanged under Microsoft's terms for Visual Studio, of which these "
        "files are distributable code: https://visualstudio.microsoft.com/license-terms/",
        home="https://learn.microsoft.com/cpp/windows/latest-supported-vc-redist",
        purl="pkg:generic/vcruntime@14",
    )


if __name__ == "__main__":
    sys.exit(main())
