"""The documentation of the HTTP API shows what the server really answers."""

import os
from pathlib import Path

from tests.api.page import write_page

PAGE = Path(__file__).parents[2] / "docs" / "http-api.md"


async def test_the_page_is_true(api):
    written = await write_page(api)
    if os.environ.get("WRITE_DOCS"):
        PAGE.write_text(written, encoding="utf-8")
    assert written == PAGE.read_text(encoding="utf-8"), "Run `make docs`."
