"""A real, private key store: D-Bus and gnome-keyring of our own, with nobody else's entries."""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager

import pytest

from tests.waiting import LIMIT_S

NEEDED = ("dbus-daemon", "gnome-keyring-daemon")
PROBE = """
import time
from keyring.backends.SecretService import Keyring
end = time.monotonic() + 20
while True:
    try:
        Keyring().get_password("probe", "probe")
        break
    except Exception:
        if time.monotonic() > end:
            raise
        time.sleep(0.05)
"""


@contextmanager
def private_secret_service():
    """Run a Secret Service; gives the environment of programs that should find it.

    Skips where the two programs it takes are not installed.
    """
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
        _wait_for(private)
        yield private
    finally:
        for process in (keys, bus):
            process.terminate()
            process.wait(5)
        bus.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(environment):
    """Wait until the Secret Service answers, in a process of its own: failed tries leave litter."""
    subprocess.run(
        [sys.executable, "-c", PROBE],
        env={**os.environ, **environment},
        timeout=LIMIT_S,
        check=True,
    )
