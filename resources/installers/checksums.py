"""Writes the SHA-256 sums of the packages, as `sha256sum --check` reads them.

python resources/installers/checksums.py --out SHA256SUMS FILE…
"""

import argparse
import hashlib
import sys
from pathlib import Path


def main() -> int:
    """Write the file; it names no folders, and so belongs beside the packages."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", type=Path, nargs="+", help="the packages")
    parser.add_argument("--out", type=Path, required=True, help="where to write, as SHA256SUMS")
    words = parser.parse_args()
    lines = []
    for path in sorted(words.files, key=lambda each: each.name):
        with path.open("rb") as file:
            lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.name}\n")
    # Everywhere the same bytes: on Windows, too, a line ends with one character.
    words.out.write_bytes("".join(lines).encode())
    print(f"{words.out}: {len(lines)} files.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
