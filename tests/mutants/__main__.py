"""Makes each change in a copy of the tree, and shows that its test fails there.

python -m tests.mutants            all of them
python -m tests.mutants cursor     those whose description holds the word
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.util import cache_from_source
from pathlib import Path

from tests.mutants.table import MUTANTS, Mutant, name_of_test, only_place, sources
from tests.postgres import own_server

TREE = Path(__file__).resolve().parents[2]
PARTS = ("opside_desktop", "tests", "resources", "docs", "pyproject.toml", "README.md")
PASSED, FAILED = 0, 1  # of pytest; others tell that it could not run the test


def passes(tree: Path, *tests: str) -> bool:
    """Run tests in a tree.

    Raises:
        SystemExit: they could not be run.
    """
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    env = {**os.environ, "PYTHONPATH": str(tree), "QT_QPA_PLATFORM": "offscreen"}
    ran = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=False)
    if ran.returncode not in (PASSED, FAILED):
        raise SystemExit(f"{' '.join(tests)} could not be run:\n{ran.stdout}{ran.stderr}")
    return ran.returncode == PASSED


def is_caught(tree: Path, mutant: Mutant) -> bool:
    """Make a change in a tree, run its test, and take the change back."""
    modules = sources(tree / "opside_desktop")
    file = only_place(mutant.old, modules)
    before = modules[file]
    after = before.replace(mutant.old, mutant.new)
    compile(after, str(file), "exec")
    file.write_text(after, encoding="utf-8")
    compiled = Path(cache_from_source(str(file)))
    compiled.unlink(missing_ok=True)  # it may look as new as the change
    try:
        return not passes(tree, name_of_test(mutant, sources(tree / "tests")))
    finally:
        file.write_text(before, encoding="utf-8")
        compiled.unlink(missing_ok=True)


def main() -> None:
    """Make those changes whose description holds all the words given."""
    words = sys.argv[1:]
    chosen = [one for one in MUTANTS if all(word in one.what for word in words)]
    survived = []
    with tempfile.TemporaryDirectory() as folder, own_server() as server:
        os.environ["TEST_PG_DSN"] = server.dsn
        for part in PARTS:
            copy = shutil.copytree if (TREE / part).is_dir() else shutil.copy
            copy(TREE / part, Path(folder, part))
        tests = sources(Path(folder, "tests"))
        if not passes(Path(folder), *{name_of_test(one, tests) for one in chosen}):
            raise SystemExit("The tests fail without any change. See `make test`.")
        for mutant in chosen:
            began = time.monotonic()
            caught = is_caught(Path(folder), mutant)
            if not caught:
                survived.append(mutant)
            said = "caught  " if caught else "SURVIVED"
            print(f"{said} {time.monotonic() - began:5.1f} s  {mutant.what}", flush=True)  # noqa: T201
    if survived:
        raise SystemExit("\n".join(f"{one.test} lets pass: {one.what}" for one in survived))


if __name__ == "__main__":
    main()
