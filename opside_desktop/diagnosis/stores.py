"""Where things are kept: the database and the key store, those in use and new ones."""

import importlib
import uuid

from opside_desktop.accounts.key_store import KeyStore
from opside_desktop.diagnosis.check import Doubtful, Unsound
from opside_desktop.domain.accounts import CredentialSource
from opside_desktop.domain.errors import KeyStoreFault
from opside_desktop.program import Program
from opside_desktop.settings.environment import Settings


async def check_open_database(program: Program) -> str:
    """Name the open database, and what is not done in it, may only be read or is not encrypted."""
    from opside_desktop.store.maintenance import describe
    from opside_desktop.store.old_events.users import state_of
    from opside_desktop.sync.preparing import about_left

    db = program.db
    text = f"{db.shown_address} is open and up to date ({await describe(db)})."
    state = await state_of(db)
    if state.left:
        raise Doubtful(
            f"{db.shown_address} is open ({await describe(db)}).",
            why=about_left(state),
            fix="Run `opside-desktop db upgrade`; the window and each sync do the same."
            if db.read_only is None
            else "Let somebody who may write run `opside-desktop db upgrade`.",
        )
    if db.read_only is not None:
        raise Doubtful(text, why=db.read_only.why, fix=db.read_only.fix)
    if db.warning:
        raise Doubtful(text, why=db.warning)
    return text


async def check_new_database(program: Program) -> str:
    """See that a database just made is sound, and that a server's driver is there."""
    from opside_desktop.store.maintenance import describe, examine

    found = await examine(program.db)
    if found.problems:
        raise Unsound("The new database is not sound.", why=" ".join(found.problems))
    # The module in C that speaks PostgreSQL.
    importlib.import_module("asyncpg.protocol.protocol")
    return (
        f"A new one was made ({await describe(program.db)}, schema {found.version}); PostgreSQL's "
        "driver can be loaded."
    )


async def check_key_store(program: Program | None, settings: Settings) -> str:
    """Ask the key store something. It matters only to accounts whose secrets lie there."""
    if settings.demo:
        return "The demo needs none."
    try:
        name = await KeyStore().check()
    except KeyStoreFault as error:
        if program is not None and any(
            program.connections.credential_source(account) is CredentialSource.KEYRING
            for account in await program.connections.accounts()
        ):
            raise
        raise Doubtful(error.what, why=error.why, fix=error.fix) from None
    return f"The {name} answers."


async def try_key_store(key_store: KeyStore | None = None) -> str:
    """Store, read and delete a throwaway entry, where there is a key store.

    Raises:
        KeyStoreFault: it answers, but does not keep or forget what it is given.
    """
    key_store = key_store or KeyStore()
    try:
        called = await key_store.check()
    except KeyStoreFault as fault:
        return f"Not tried, because none can be used here. {fault.what}"
    name, text = f"self-test/{uuid.uuid4()}", uuid.uuid4().hex
    try:
        await key_store.save_text(name, text)
    finally:
        await key_store.delete(name)
    if await key_store.load_text(name) is not None:
        raise KeyStoreFault(f"The {called} did not delete the test's entry {name}.")
    return f"The {called} stored, gave back and deleted an entry."
