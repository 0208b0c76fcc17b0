"""A real, private key store: D-Bus and gnome-keyring of our own, with nobody else's entries."""

import os
import shutil
import subprocess
import tempfile
import time

import pytest

NEEDED = ("dbus-daemon", "gnome-keyring-daemon")


@pytest.fixture(scope="session")
def _secret_service():
    """The environment of programs that should find the private Secret Service."""
    missing = [program for program in NEEDED if shutil.which(program) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed (Debian: dbus gnome-keyring)")
    folder = tempfile.mkdtemp(prefix="opside-keys-")
    private = dict.fromkeys(
        ("HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), folder
    )
    environment = {**os.environ, **private}
    bus = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    private["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
    environment |= private
    keys = subprocess.Popen(
        ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    keys.stdin.write(b"test-password")
    keys.stdin.close()
    try:
        yield private
    finally:
        for process in (keys, bus):
            process.terminate()
            process.wait(5)
        bus.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def secret_service(_secret_service, monkeypatch):
    """Let keyring find the private Secret Service, and nothing else."""
    import keyring
    from keyring.backends import SecretService

    for name, value in _secret_service.items():
        monkeypatch.setenv(name, value)
    backend = SecretService.Keyring()
    deadline = time.monotonic() + 10
    while True:
        try:
            backend.get_password("probe", "probe")
            break
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    former = keyring.get_keyring()
    keyring.set_keyring(backend)
    yield _secret_service
    keyring.set_keyring(former)
