"""Secrets go into the system's own key store whole, come back whole, and go nowhere else."""

import asyncio
import threading
import time

import keyring
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringError, KeyringLocked, PasswordDeleteError

from opside_desktop.accounts.key_store import KeyStore
from opside_desktop.domain.accounts import AmazonSecrets
from opside_desktop.domain.errors import KeyStoreFault
from opside_desktop.domain.ids import ExternalUserId, stored_user_id

ANN = stored_user_id(ExternalUserId("ann"))
BOB = stored_user_id(ExternalUserId("bob"))
SHORT = AmazonSecrets("client-of-ann", "secret-of-ann", "Atzr|short")
LONG = AmazonSecrets("amzn1.application-oa2-client.1", "amzn1.oa2-cs.v1.2", "Atzr|" + "x" * 2043)
WINDOWS_LIMIT = 1280
"""UTF-16 units that an entry of the Windows Credential Manager holds."""


class MemoryBackend:
    """Entries in memory, with the limits and habits of real key stores."""

    def __init__(self, limit=None):
        self.entries = {}
        self.limit = limit

    def get_password(self, service, username):
        return self.entries.get((service, username))

    def set_password(self, service, username, password):
        if self.limit and len(password.encode("utf-16-le")) > 2 * self.limit:
            raise ValueError(f"The stub received bad data: {password}")
        self.entries[service, username] = password

    def delete_password(self, service, username):
        if (service, username) not in self.entries:
            raise PasswordDeleteError("Not found")
        del self.entries[service, username]


@pytest.fixture
def use_keyring():
    """Make a backend the system's, as keyring sees it."""
    former = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(former)


async def test_secrets_survive_in_a_real_secret_service(secret_service):
    assert await KeyStore().check() == "Secret Service"
    assert await KeyStore().load(ANN) is None
    await KeyStore().save(ANN, LONG)
    await KeyStore().save(BOB, SHORT)
    assert await KeyStore().load(ANN) == LONG
    await KeyStore().save(ANN, SHORT)
    assert await KeyStore().load(ANN) == SHORT
    await KeyStore().delete(ANN)
    assert await KeyStore().load(ANN) is None
    assert await KeyStore().load(BOB) == SHORT
    await KeyStore().delete(BOB)


async def test_removing_leaves_no_entry_behind_in_a_real_secret_service(secret_service):
    import secretstorage

    await KeyStore().save(ANN, LONG)
    await KeyStore().delete(ANN)
    bus = secretstorage.dbus_init()
    items = secretstorage.get_default_collection(bus).get_all_items()
    left = [item for item in items if ANN in str(item.get_attributes())]
    bus.close()
    assert not left


async def test_removing_twice_is_no_error():
    store = KeyStore(MemoryBackend())
    await store.save(ANN, SHORT)
    await store.delete(ANN)
    await store.delete(ANN)


async def test_entries_fit_the_windows_credential_manager():
    backend = MemoryBackend(limit=WINDOWS_LIMIT)
    store = KeyStore(backend)
    await store.save(ANN, LONG)
    assert await store.load(ANN) == LONG
    services = [service for service, _ in backend.entries]
    assert len(services) == len(set(services)) > 2  # Windows renames entries that share a service


@settings(max_examples=50)
@given(st.text(max_size=3000), st.text(max_size=300))
def test_any_secret_comes_back_unchanged(token, secret):
    async def round_trip():
        store = KeyStore(MemoryBackend(limit=WINDOWS_LIMIT))
        await store.save(ANN, LONG)
        await store.save(ANN, AmazonSecrets("id", secret, token))
        return await store.load(ANN)

    with asyncio.Runner() as runner:
        assert runner.run(round_trip()) == AmazonSecrets("id", secret, token)


async def test_replacing_leaves_no_part_of_the_old_secrets():
    backend = MemoryBackend()
    store = KeyStore(backend)
    await store.save(ANN, LONG)
    await store.save(ANN, SHORT)
    assert len(backend.entries) == 2
    assert not any("xxx" in text for text in backend.entries.values())


@pytest.mark.parametrize("writes", range(3))
async def test_a_write_cut_short_keeps_the_old_secrets(writes):
    backend = MemoryBackend()
    await KeyStore(backend).save(ANN, SHORT)

    class Cut(MemoryBackend):
        left = writes

        def set_password(self, service, username, password):
            if not self.left:
                raise KeyringError("cut")
            self.left -= 1
            super().set_password(service, username, password)

    cut = Cut()
    cut.entries = backend.entries
    with pytest.raises(KeyStoreFault):
        await KeyStore(cut).save(ANN, LONG)
    assert await KeyStore(backend).load(ANN) == SHORT
    assert len(backend.entries) == 2


async def test_a_store_that_alters_what_it_is_given_is_found_out():
    class Forgetful(MemoryBackend):
        def set_password(self, service, username, password):
            super().set_password(service, username, password[:100])

    with pytest.raises(KeyStoreFault, match="does not give back"):
        await KeyStore(Forgetful()).save(ANN, LONG)


async def test_a_store_that_removes_nothing_is_found_out():
    class Clinging(MemoryBackend):
        def delete_password(self, service, username):
            raise PasswordDeleteError("no")

    store = KeyStore(Clinging())
    await store.save(ANN, SHORT)
    with pytest.raises(KeyStoreFault, match="did not remove"):
        await store.delete(ANN)


async def test_a_damaged_entry_is_named_and_can_be_replaced():
    backend = MemoryBackend()
    store = KeyStore(backend)
    await store.save(ANN, LONG)
    for key, text in list(backend.entries.items()):
        backend.entries[key] = text[:-1] if len(text) > 30 else text
    with pytest.raises(KeyStoreFault, match="Enter the account's secrets again"):
        await store.load(ANN)
    await store.save(ANN, SHORT)
    assert await store.load(ANN) == SHORT


class PlainText(KeyringBackend):
    """What a stray package brings along: a file that anybody can read."""

    priority = 1

    def get_password(self, service, username, *password):
        raise AssertionError("must not be asked")

    set_password = delete_password = get_password


async def test_a_plain_text_store_is_refused(use_keyring):
    use_keyring(PlainText())
    with pytest.raises(KeyStoreFault, match="not a safe place"):
        await KeyStore().save(ANN, SHORT)
    with pytest.raises(KeyStoreFault, match="not a safe place"):
        await KeyStore().check()


async def test_a_chain_of_stores_uses_the_real_one_only(use_keyring, secret_service):
    from keyring.backends.chainer import ChainerBackend
    from keyring.backends.SecretService import Keyring as SecretServiceKeyring

    class Chain(ChainerBackend):
        backends = (PlainText(), SecretServiceKeyring())

    use_keyring(Chain())
    await KeyStore().save(ANN, SHORT)
    assert await KeyStore().load(ANN) == SHORT
    await KeyStore().delete(ANN)


async def test_a_computer_without_a_key_store_is_told_what_to_do(use_keyring):
    use_keyring(NoKeyring())
    with pytest.raises(KeyStoreFault) as caught:
        await KeyStore().load(ANN)
    assert "no key store" in caught.value.what
    assert caught.value.fix


async def test_a_locked_store_is_named():
    class Locked(MemoryBackend):
        def get_password(self, service, username):
            raise KeyringLocked("Failed to unlock the collection!")

    with pytest.raises(KeyStoreFault, match="locked"):
        await KeyStore(Locked()).load(ANN)


async def test_a_silent_store_gives_up_within_its_limit_and_writes_nothing_later():
    wake, woken = threading.Event(), threading.Event()

    class Silent(MemoryBackend):
        def get_password(self, service, username):
            wake.wait(30)
            woken.set()

    backend = Silent()
    began = time.monotonic()
    with pytest.raises(KeyStoreFault, match="did not answer within"):
        await KeyStore(backend, limit_s=0.2).save(ANN, LONG)
    assert time.monotonic() - began < 5
    late = [thread for thread in threading.enumerate() if thread.name == "key-store"]
    assert late
    assert all(thread.daemon for thread in late)
    wake.set()
    for thread in late:
        thread.join(5)
    assert woken.is_set()
    assert not backend.entries


async def test_no_secret_is_in_any_error(caplog):
    class Talkative(MemoryBackend):
        def set_password(self, service, username, password):
            raise RuntimeError(f"cannot store {password}")

    caplog.set_level("DEBUG")
    with pytest.raises(KeyStoreFault) as caught:
        await KeyStore(Talkative()).save(ANN, LONG)
    chain: BaseException | None = caught.value
    seen = ""
    while chain is not None:
        seen += f"{chain!r} {chain}"
        chain = chain.__cause__ or chain.__context__
    for secret in (LONG.client_secret, LONG.refresh_token[:20], LONG.client_id):
        assert secret not in seen + caplog.text


def test_secrets_are_never_shown_by_themselves():
    assert "secret-of-ann" not in f"{SHORT!r} {SHORT}"
