"""Runs build.spec as PyInstaller does on another system, and prints what it would build, as JSON.

python dry_build.py win32|darwin

Runs in a copy of the source, which comes first in PYTHONPATH. Only PyInstaller's work is played: it
finds the files of `FOUND`, and writes nothing. The icons and the list of licences are really made.
"""

import importlib
import json
import runpy
import sys
from pathlib import Path

import PyInstaller.compat

FOUND = {
    "win32": (
        "python311.dll", "VCRUNTIME140.dll", "PySide6/Qt6Core.dll", "PySide6/Qt6Widgets.dll",
        "PySide6/Qt6Qml.dll", "PySide6/Qt6Quick.dll", "PySide6/opengl32sw.dll",
        "PySide6/plugins/platforms/qwindows.dll", "PySide6/plugins/platforms/qdirect2d.dll",
        "PySide6/plugins/platforms/qoffscreen.dll", "PySide6/plugins/imageformats/qpdf.dll",
        "PySide6/plugins/styles/qmodernwindowsstyle.dll", "PySide6/translations/qt_de.qm",
    ),
    "darwin": (
        "libssl.3.dylib", "PySide6/Qt/lib/QtCore.framework/Versions/A/QtCore", "QtCore",
        "PySide6/Qt/lib/QtQml.framework/Versions/A/QtQml", "QtQml",
        "PySide6/Qt/lib/QtQml.framework/Resources", "PySide6/Qt/lib/QtPdf.framework/QtPdf",
        "PySide6/Qt/plugins/platforms/libqcocoa.dylib",
        "PySide6/Qt/plugins/platforms/libqoffscreen.dylib",
        "PySide6/Qt/plugins/styles/libqmacstyle.dylib",
        "PySide6/Qt/plugins/imageformats/libqpdf.dylib",
    ),
}  # fmt: skip
"""What PyInstaller finds there, in short: parts in use, and parts that are not."""


class Analysis:
    """Has found the program's own start and `FOUND`."""

    def __init__(self, scripts, *, hiddenimports, datas, **_):
        self.scripts = [("__main__", scripts[0], "PYSOURCE")]
        self.pure = [(name, "", "PYMODULE") for name in hiddenimports]
        # Paths of another system: whose files they are can be told there only.
        self.binaries = [(name, f"there/{name}", "BINARY") for name in FOUND[sys.platform]]
        self.datas = [(target, source, "DATA") for source, target in datas]


class Dry:
    """Remembers what each of PyInstaller's steps was given."""

    def __init__(self):
        self.programs, self.folder, self.bundle = [], None, None

    def exe(self, *_, **words):
        self.programs.append(words)

    def collect(self, *parts, **words):
        files = [entry[0] for part in parts if isinstance(part, list) for entry in part]
        self.folder = {**words, "files": files}

    def bundled(self, *_, **words):
        self.bundle = words


def plain(value):
    """Windows' table of texts as the bytes that go into the file, in hexadecimal."""
    return value.toRaw().hex()


def main(platform):
    # Windows' own, which is not called.
    PyInstaller.compat.win32api = None
    # Loaded before the system is another, whose modules cannot be had here; Debian's Python lacks
    # what `ctypes.util` loads on a Mac.
    for name in ("ctypes.util", "PyInstaller.utils.hooks", "PyInstaller.utils.win32.versioninfo"):
        importlib.import_module(name)
    sys.platform = platform
    dry = Dry()
    steps = {
        "SPECPATH": str(Path.cwd()),
        "Analysis": Analysis,
        "PYZ": lambda modules: modules,
        "EXE": dry.exe,
        "COLLECT": dry.collect,
        "BUNDLE": dry.bundled,
    }
    runpy.run_path("build.spec", steps)
    sys.stdout.write(json.dumps(vars(dry), default=plain))


if __name__ == "__main__":
    main(sys.argv[1])
