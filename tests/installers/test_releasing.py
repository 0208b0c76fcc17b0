"""The steps of a release, held against what there is."""

import os
import re
import shlex
import subprocess
import sys

from opside_desktop.updates.signed_news import read_key, read_news
from tests.installers.commands import ROOT, missing
from tests.waiting import LIMIT_S

TEXT = (ROOT / "docs" / "releasing.md").read_text("utf-8")
BLOCKS = re.findall(r"```\n(.*?)```", TEXT, re.DOTALL)
SIGNS = ".venv/bin/python resources/installers/sign_update.py"


def test_all_that_they_name_is_there():
    assert missing("\n".join(map(str.strip, "\n".join(BLOCKS).splitlines()))) == []
    assert missing("\n".join(re.findall(r"`([^`\n]+)`", TEXT))) == []


def test_the_readme_leads_there():
    assert "(docs/releasing.md)" in (ROOT / "README.md").read_text("utf-8")


def test_the_commands_for_the_news_do_what_they_say(tmp_path):
    lines = [line for block in BLOCKS for line in block.splitlines() if line.startswith(SIGNS)]
    public = ""
    for line in lines:
        words = shlex.split(line.removeprefix(SIGNS).replace("https://…", "https://example.com/1"))
        if words[0] == "verify":  # this source may hold no key yet
            words += ["--key", public]
        done = subprocess.run(
            [sys.executable, ROOT / SIGNS.split()[1], *words],
            cwd=tmp_path,
            env={**os.environ, "UPDATE_KEY_PASSPHRASE": "correct horse"},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        assert done.returncode == 0, done.stderr
        public = public or done.stdout.strip()
    assert [line.split()[2] for line in lines] == ["new-key", "sign", "verify"]
    news = read_news((tmp_path / "update.json").read_bytes(), read_key(public))
    assert (news.version, news.page) == ("1.2.0", "https://example.com/1")
