"""A database as version 0.1 left it, on both kinds: `cases/version-0.1-doubled.db`.

Two syncs, between which Amazon worded events anew: 87 claims, −3,198.75 USD, of which 19 are others
again. `before` tells its claims as they were.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from opside_desktop.domain.ids import ExternalUserId, stored_user_id
from opside_desktop.store.copy_database import copy_data
from opside_desktop.store.opening import open_database

CASE = Path(__file__).parent / "cases" / "version-0.1-doubled.db"
USER = stored_user_id(ExternalUserId("local-user"))


def open_old(url):
    return open_database(url, app_version="0.2.0", backup=False)


async def copied_to(url, file):
    """Copy the file to a server, whose tables are today's then."""
    source, target = await open_old(f"sqlite:///{file}"), await open_old(url)
    await copy_data(source, target, [USER], lambda progress: None)
    await source.close()
    await target.close()


@pytest.fixture
def old_file(tmp_path):
    """A copy of the file that may be changed before it is opened."""
    file = tmp_path / "old.db"
    shutil.copyfile(CASE, file)
    return file


@pytest.fixture
def before():
    """The claims as version 0.1 has them: ids, with the sync that brought each."""
    with closing(sqlite3.connect(f"file:{CASE}?mode=ro&immutable=1", uri=True)) as case:
        return dict(case.execute("SELECT row_key, sync_id FROM row_origins"))


@pytest.fixture
def old_url(kind, old_file, request):
    """Where that database is: the file itself, or a server's copy of it. Not brought over yet."""
    if kind == "sqlite":
        return f"sqlite:///{old_file}"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
async def old(kind, old_url, old_file):
    """The open database, whose tables are today's and whose claims are not brought over yet."""
    if kind == "postgresql":
        await copied_to(old_url, old_file)
    db = await open_old(old_url)
    yield db
    await db.close()
