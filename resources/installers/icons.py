"""Renders the program's icon for the systems that do not take SVG. Run by build.spec.

Writes PNGs of all usual sizes, `opside-desktop.ico` (Windows) and `opside-desktop.icns` (macOS)
into the folder named on the command line. Both are plain containers of PNGs.
"""

import os
import struct
import sys
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

PICTURE = Path(__file__).parent.parent / "icons" / "opside-desktop.svg"
SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
ICO_SIZES = (16, 24, 32, 48, 64, 256)
ICNS_TYPES = {128: b"ic07", 256: b"ic08", 512: b"ic09", 32: b"ic11", 64: b"ic12"}


def main(folder: Path) -> None:
    """Render everything."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    app = QGuiApplication([])
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {size: png(size) for size in SIZES}
    for size, picture in pictures.items():
        (folder / f"{size}.png").write_bytes(picture)
    (folder / "opside-desktop.ico").write_bytes(ico({s: pictures[s] for s in ICO_SIZES}))
    (folder / "opside-desktop.icns").write_bytes(icns(pictures))
    app.quit()


def png(size: int) -> bytes:
    """Render a square of so many pixels."""
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(PICTURE.as_posix()).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    # By position: the names of QImage.save's arguments differ between versions.
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # PySide6 wants bytes, and takes text
    return bytes(buffer.data().data())


def ico(pictures: dict[int, bytes]) -> bytes:
    """Put PNGs into Windows' container: ICONDIR, then one ICONDIRENTRY each, then the pictures."""
    head = struct.pack("<HHH", 0, 1, len(pictures))
    start = len(head) + 16 * len(pictures)
    entries, body = b"", b""
    for size, picture in pictures.items():
        side = size % 256  # 0 stands for 256
        place = start + len(body)
        entries += struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(picture), place)
        body += picture
    return head + entries + body


def icns(pictures: dict[int, bytes]) -> bytes:
    """Put PNGs into Apple's container: a type, a length and a picture each."""
    body = b"".join(
        kind + struct.pack(">I", len(pictures[size]) + 8) + pictures[size]
        for size, kind in ICNS_TYPES.items()
    )
    return b"icns" + struct.pack(">I", len(body) + 8) + body


if __name__ == "__main__":
    main(Path(sys.argv[1]))
