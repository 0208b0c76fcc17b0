"""Folders of programs, on both databases."""

from contextlib import ExitStack

import pytest

from tests.postgres import database
from tests.postgres_wire import as_asked


@pytest.fixture(params=["sqlite", "postgresql"])
def make_home(request, tmp_path):
    """Makes folders, each with a database of its own and no rows: a file, or one on a server."""
    with ExitStack() as stack:

        def make(name):
            folder = tmp_path / name
            folder.mkdir()
            if request.param == "postgresql":
                server = request.getfixturevalue("postgres_server")
                template = request.getfixturevalue("migrated_postgres")
                url = stack.enter_context(database(server, template))
                url = stack.enter_context(as_asked(url))
                (folder / "database-url").write_text(url)
            return folder

        yield make


@pytest.fixture
def home(make_home):
    """The folder of one program."""
    return make_home("home")
