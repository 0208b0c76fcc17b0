"""Fixtures for everything that keeps secrets."""

import keyring
import pytest
from keyring.backends import SecretService

from tests.accounts.private_store import private_secret_service


@pytest.fixture(scope="session")
def _secret_service():
    with private_secret_service() as environment:
        yield environment


@pytest.fixture
def secret_service(_secret_service, monkeypatch):
    """Let keyring find a private Secret Service, and nothing else."""
    for name, value in _secret_service.items():
        monkeypatch.setenv(name, value)
    former = keyring.get_keyring()
    keyring.set_keyring(SecretService.Keyring())
    yield _secret_service
    keyring.set_keyring(former)
