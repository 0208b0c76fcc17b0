"""What this program is made of, and under which licences.

A package brings a list that was made when it was built (`read_components`). Otherwise the list is
that of the installed libraries the program asks for, and theirs (`installed_components`).
"""

import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

import msgspec

from opside_desktop.about.resources import resource

PROGRAM: Final = "opside-desktop"
QT: Final = "PySide6_Essentials"

_QT_TEXTS: Final = {
    QT: ("Qt-notice", "LGPL-3.0", "GPL-3.0", "Qt-third-party"),
    "shiboken6": ("Qt-notice", "LGPL-3.0", "GPL-3.0"),
}
"""Qt's libraries bring no texts of their own; these lie in the program's folder `licences`."""

_UNTOLD: Final = {"openssl": "Apache-2.0"}
"""Licences of parts that are listed without one."""

_TEXTS = re.compile(r"(licen[cs]e|copying|notice)", re.IGNORECASE)
_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][\w.-]*)\s*(?:\[([^\]]*)\])?")
_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What was built into a part, such as OpenSSL into a library that encrypts."""

    name: str
    version: str
    licence: str
    purl: str = ""


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """One part: `licence` is a name, `text` all that its makers want to be read."""

    name: str
    version: str
    licence: str
    text: str
    home: str = ""
    purl: str = ""
    """Its package address, such as `pkg:pypi/httpx@0.28.1`."""
    holds: tuple[Held, ...] = ()


class _Licence(msgspec.Struct):
    id: str = ""
    name: str = ""


class _Choice(msgspec.Struct):
    expression: str = ""
    license: _Licence = msgspec.field(default_factory=_Licence)


class _Listed(msgspec.Struct):
    name: str
    version: str = ""
    purl: str = ""
    scope: str = ""
    licenses: list[_Choice] = []


class _Bill(msgspec.Struct):
    """What is read of a CycloneDX file that a library brings of its own parts."""

    components: list[_Listed] = []


def read_components(path: Path) -> list[Component]:
    """Read the list of a package. Blocking.

    Raises:
        OSError, msgspec.MsgspecError: the file cannot be read.
    """
    return msgspec.json.decode(path.read_bytes(), type=list[Component])


def installed_components(texts: Path) -> list[Component]:
    """List Python and the installed libraries that the program needs. Blocking, some 0.2 s.

    `texts` is the folder of those texts that the libraries do not bring.
    """
    return in_order([python_component(), *(component_of(each, texts) for each in needed())])


def in_order(components: Iterable[Component]) -> list[Component]:
    """Sort by name, the program itself first."""
    return sorted(components, key=lambda each: (each.name != PROGRAM, each.name.casefold()))


def needed() -> Iterator[Distribution]:
    """Give the installed distributions that the program needs, its extra `server` included."""
    waiting = [(PROGRAM, frozenset({"server"}))]
    seen: dict[str, frozenset[str]] = {}
    while waiting:
        name, extras = waiting.pop()
        key = re.sub(r"[-_.]+", "-", name).lower()
        is_known = key in seen
        if is_known and extras <= seen[key]:
            continue
        seen[key] = extras | seen.get(key, frozenset())
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue  # for another system or Python, or an extra that is not installed
        if not is_known:
            yield found
        for requirement in found.requires or ():
            words, _, marker = requirement.partition(";")
            wanted = _EXTRA.search(marker)
            match = _REQUIREMENT.match(words)
            if match and (wanted is None or wanted[1] in seen[key]):
                more = {extra.strip() for extra in (match[2] or "").split(",") if extra.strip()}
                waiting.append((match[1], frozenset(more)))


def component_of(found: Distribution, texts: Path) -> Component:
    """Describe a distribution from its own metadata."""
    data = found.metadata
    holds = _held_by(found)
    text = _text_of(found, texts)
    if text and holds:
        lines = (f"{each.name} {each.version}, {each.licence}" for each in holds)
        text = "\n".join(
            (text, "\n\nBuilt into it, with the licences that its makers name:\n", *lines)
        )
    return Component(
        name=data["Name"],
        version=found.version,
        licence=_licence_of(found),
        text=text,
        holds=holds,
        home=_home_of(found),
        purl=f"pkg:pypi/{re.sub(r'[-_.]+', '-', data['Name']).lower()}@{found.version}",
    )


def python_component() -> Component:
    """Describe the Python that runs."""
    version = ".".join(map(str, sys.version_info[:3]))
    text = ""
    base = Path(sys.base_prefix)
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for path in (base / "lib" / name / "LICENSE.txt", base / "LICENSE.txt", base / "LICENSE"):
        if path.is_file():
            text = path.read_text("utf-8", errors="replace")
            break
    return Component(
        name="Python",
        version=version,
        licence="PSF-2.0",
        text=text or f"{sys.copyright}\n\nhttps://docs.python.org/3/license.html\n",
        home="https://www.python.org",
        purl=f"pkg:generic/python@{version}",
    )


def _licence_of(found: Distribution) -> str:
    stated = _fields(found, "License-Expression")[:1]
    stated += [text.strip() for text in _fields(found, "License") if _is_name(text.strip())]
    if not stated:
        classes = [each for each in _fields(found, "Classifier") if each.startswith("License")]
        stated = [" OR ".join(line.rpartition("::")[2].strip() for line in classes)]
    return stated[0] or "see its text"


def _is_name(text: str) -> bool:
    """Some put the whole text where the name belongs."""
    return bool(text) and "\n" not in text and len(text) < 160


def _fields(found: Distribution, name: str) -> list[str]:
    return list(found.metadata.get_all(name) or ())


def _text_of(found: Distribution, folder: Path) -> str:
    texts = [
        (folder / f"{name}.txt").read_text("utf-8").strip()
        for name in _QT_TEXTS.get(found.metadata["Name"], ())
    ]
    for file in found.files or ():
        if ".dist-info/" in file.as_posix() and _TEXTS.search(file.name):
            path = Path(str(found.locate_file(file)))
            if path.is_file():
                texts.append(path.read_text("utf-8", errors="replace").strip())
    return "\n\n\n".join(dict.fromkeys(texts))


def _held_by(found: Distribution) -> tuple[Held, ...]:
    """Read the lists of parts that a library was built with; tools of its making are left out."""
    held: dict[tuple[str, str], Held] = {}
    for file in found.files or ():
        if ".dist-info/sboms/" not in file.as_posix() or not file.name.endswith(".json"):
            continue
        try:
            bill = msgspec.json.decode(file.read_binary(), type=_Bill)
        except (OSError, msgspec.MsgspecError):
            continue  # of another form; the library's own licence is listed all the same
        for each in bill.components:
            if each.scope != "excluded":
                names = [
                    one.expression or one.license.id or one.license.name for one in each.licenses
                ]
                held[each.name.casefold(), each.version] = Held(
                    name=each.name,
                    version=each.version,
                    licence=" AND ".join(filter(None, names)) or _UNTOLD.get(each.name, "not told"),
                    # Where its makers had it on their disk is of no use.
                    purl=each.purl.partition("?")[0],
                )
    return tuple(held[key] for key in sorted(held))


def _home_of(found: Distribution) -> str:
    named = (line.partition(",") for line in _fields(found, "Project-URL"))
    links = {label.strip().lower(): url.strip() for label, _, url in named}
    for label in ("homepage", "source", "source code", "repository", "documentation"):
        if label in links:
            return links[label]
    return next(iter((*_fields(found, "Home-page"), *links.values())), "")


def all_components() -> list[Component]:
    """Read the package's list; a program that is not packaged looks at what is installed.

    Blocking, some 0.2 s.

    Raises:
        FileNotFoundError: the installation lacks its files.
    """
    try:
        return read_components(resource("licences.json"))
    except FileNotFoundError:
        return installed_components(resource("licences/Qt-notice.txt").parent)
