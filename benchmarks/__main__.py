"""Runs the benchmarks named, or all, and writes RESULTS.md when all were run."""

import importlib
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

import PySide6
import sqlalchemy

import opside_desktop
from benchmarks.report import Figure

BENCHMARKS = (
    "package", "quota_waits", "stored_rows", "cold_start", "heartbeat", "bulk_upsert",
    "http_status", "http_listeners", "http_claims", "export_csv", "export_xlsx", "export_heartbeat",
    "million_rows", "matching", "old_events", "repetition",
)  # fmt: skip

HEAD = """# Benchmark results

Written by `make bench`; every ratio is taken within one run on one machine, so ratios travel and
absolute times do not. Version {version}, measured {day} on {machine}.

| figure | measured | yardstick | ratio | goal |
| --- | --- | --- | --- | --- |
"""


def main(names: list[str]) -> int:
    """Run, print a line for each figure, and write the table."""
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        print(
            f"No such benchmark: {', '.join(sorted(unknown))}. There are {', '.join(BENCHMARKS)}."
        )
        return 2
    figures: list[Figure] = []
    for name in names or BENCHMARKS:
        print(f"# {name}", flush=True)
        for figure in importlib.import_module(f"benchmarks.{name}").measure():
            print(figure.line, flush=True)
            figures.append(figure)
    if not names:
        machine = (
            f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, "
            f"PySide6 {PySide6.__version__}, SQLAlchemy {sqlalchemy.__version__}"
        )
        head = HEAD.format(
            version=opside_desktop.__version__,
            day=datetime.now(UTC).date().isoformat(),
            machine=machine,
        )
        rows = "".join(f"{figure.row}\n" for figure in figures)
        Path(__file__).with_name("RESULTS.md").write_text(head + rows, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
