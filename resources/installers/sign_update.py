"""Makes the key for the news about new versions, signs that news, and checks it.

    python resources/installers/sign_update.py new-key KEY.pem
    python resources/installers/sign_update.py sign --key KEY.pem --version 1.2.0 \\
        --page https://… --out update.json
    python resources/installers/sign_update.py verify update.json --key PUBLIC

`new-key` writes the private key, readable by you only, and prints the public one. The private key
is encrypted with the passphrase that is asked for, or that UPDATE_KEY_PASSPHRASE holds; keep it
away from the source. The public one goes to PUBLIC_KEY in opside_desktop/updates/source.py, the
address at which update.json will be published to ADDRESS there. Programs take the news until it
expires; sign it again before that. They refuse news about an older version than they were told of.
"""

import argparse
import getpass
import os
import re
import sys
from base64 import b64encode
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from opside_desktop.domain.errors import OpsideError
from opside_desktop.updates.signed_news import (
    ReleaseNews,
    read_key,
    read_news,
    write_news,
)
from opside_desktop.updates.source import PUBLIC_KEY

GOOD_FOR = timedelta(days=365)
PASSPHRASE = "UPDATE_KEY_PASSPHRASE"  # noqa: S105  # the name of a variable


def main() -> int:
    """Read the command line and do it."""
    words = parser().parse_args()
    try:
        words.do(words)
    except OpsideError as error:
        return fail(error.sentence)
    except OSError as error:
        return fail(f"{error.filename}: {error.strerror}.")
    except (ValueError, TypeError) as error:
        return fail(str(error))
    return 0


def new_key(words: argparse.Namespace) -> None:
    """Make a key. An existing file is never replaced: whoever has it installed needs it."""
    key = Ed25519PrivateKey.generate()
    phrase = passphrase(is_new=True)
    how: KeySerializationEncryption = NoEncryption()
    if phrase:
        how = BestAvailableEncryption(phrase)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)
    where = os.open(words.file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(where, "wb") as file:
        file.write(text)
    kind = "encrypted" if phrase else "NOT encrypted"
    print(f"The private key is in {words.file}, {kind}. The public key is:", file=sys.stderr)
    print(public(key))


def sign(words: argparse.Namespace) -> None:
    """Write the signed news about a version."""
    key = private(words.key)
    news = ReleaseNews(
        version=words.version, page=words.page, released=words.released, expires=words.expires
    )
    words.out.write_bytes(write_news(news, key))
    if not PUBLIC_KEY:
        print("This source holds no public key yet (updates/source.py).", file=sys.stderr)
    elif public(key) != PUBLIC_KEY:
        print("This is not the key whose public half the program holds.", file=sys.stderr)
    print(f"{words.out}: version {news.version}, released {news.released}, until {news.expires}.")


def verify(words: argparse.Namespace) -> None:
    """Read signed news as the program will."""
    if not words.key:
        raise ValueError("The program holds no public key yet; name one with --key.")
    news = read_news(words.file.read_bytes(), read_key(words.key))
    told = f"Version {news.version}, released {news.released}, from {news.page}"
    print(f"{told} (good until {news.expires})")


def private(path: Path) -> Ed25519PrivateKey:
    """Read a private key."""
    text = path.read_bytes()
    phrase = passphrase(is_new=False) if b"ENCRYPTED" in text else None
    try:
        key = load_pem_private_key(text, phrase)
    except ValueError:
        raise ValueError(f"{path}: this is no key, or the passphrase is wrong.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path}: this is not an Ed25519 key.")
    return key


def public(key: Ed25519PrivateKey) -> str:
    """Give the public half as the program's source holds it."""
    return b64encode(key.public_key().public_bytes_raw()).decode()


def passphrase(*, is_new: bool) -> bytes | None:
    """Take the passphrase from the environment, or ask for it; empty means none."""
    named = os.environ.get(PASSPHRASE)
    if named is not None:
        return named.encode() or None
    if not sys.stdin.isatty():
        raise ValueError(f"Without a terminal, the passphrase must be in {PASSPHRASE}.")
    asked = getpass.getpass("Passphrase of the key (empty: none): ")
    if is_new and asked != getpass.getpass("Once more: "):
        raise ValueError("The two differ.")
    return asked.encode() or None


def fail(sentence: str) -> int:
    """Say what went wrong."""
    print(sentence, file=sys.stderr)
    return 1


def version(text: str) -> str:
    """Read a version."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", text):
        raise argparse.ArgumentTypeError("A version is three numbers, such as 1.2.0.")
    return text


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = made.add_subparsers(required=True, metavar="COMMAND")
    keys = commands.add_parser("new-key", help="make a key")
    keys.add_argument("file", type=Path, help="where to write the private key")
    keys.set_defaults(do=new_key)
    signs = commands.add_parser("sign", help="write the signed news about a version")
    signs.add_argument("--key", type=Path, required=True, help="the private key's file")
    signs.add_argument("--version", type=version, required=True, help="the new version")
    signs.add_argument("--page", required=True, help="the https:// page to get it from")
    today = datetime.now(UTC).date()
    signs.add_argument("--released", type=date.fromisoformat, default=today, help="the day")
    signs.add_argument(
        "--expires",
        type=date.fromisoformat,
        default=today + GOOD_FOR,
        help="the last day on which programs take it; without this, a year from now",
    )
    signs.add_argument("--out", type=Path, default=Path("update.json"), help="where to write it")
    signs.set_defaults(do=sign)
    checks = commands.add_parser("verify", help="read signed news as the program will")
    checks.add_argument("file", type=Path)
    checks.add_argument("--key", default=PUBLIC_KEY, help="the public key, in base64")
    checks.set_defaults(do=verify)
    return made


if __name__ == "__main__":
    sys.exit(main())
