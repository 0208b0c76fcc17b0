"""What every test shares: a throw-away home, a deterministic loop, and no lost exceptions."""

import asyncio
import gc
import os

import pytest
from hypothesis import HealthCheck, settings

from opside_desktop.logs import redaction
from tests.postgres import (
    bare_postgres_url,
    limited_postgres,
    migrated_postgres,
    postgres_server,
    postgres_url,
)

__all__ = [
    "bare_postgres_url",
    "limited_postgres",
    "migrated_postgres",
    "postgres_server",
    "postgres_url",
]

# How long an example takes says nothing: a busy machine takes as long as it likes.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("LANG", "C.UTF-8")


# What is imported and collected stays to the end: looking for garbage in it takes seconds.
gc.disable()


def pytest_collection_finish():
    """Leave out of every look for garbage what has no part in the tests' own."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def private_home(tmp_path, monkeypatch):
    """No test reads or writes the developer's own data, settings, proxy or Amazon secrets."""
    for name in list(os.environ):
        if name.startswith(("OPSIDE_", "AMAZON_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in ("DATABASE_URL", "MOCK_SCENARIO", "JWT_SECRET", "PORT"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    monkeypatch.setenv("OPSIDE_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def nothing_hidden(monkeypatch):
    """What one test calls a secret, such as “client”, is none in the log of the next."""
    monkeypatch.setattr(redaction, "_known", set())


@pytest.fixture(autouse=True)
def no_lost_exceptions(monkeypatch):
    """An exception in a task that nobody awaited fails the test instead of only being logged."""
    lost: list[dict] = []
    original = asyncio.BaseEventLoop.default_exception_handler

    def record(loop, context):
        lost.append(context)
        original(loop, context)

    monkeypatch.setattr(asyncio.BaseEventLoop, "default_exception_handler", record)
    yield
    assert not lost, lost
