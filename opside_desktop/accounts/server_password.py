"""The password of a database server: it lies in the key store, never in the settings file."""

import asyncio
from dataclasses import replace

from opside_desktop.accounts.key_store import KeyStore
from opside_desktop.domain.errors import DatabaseFault, KeyStoreFault
from opside_desktop.logs.redaction import hide
from opside_desktop.settings.environment import Settings
from opside_desktop.settings.options import DATABASE
from opside_desktop.settings.preferences import DatabaseKind, Server, read_preferences


async def with_chosen_database(settings: Settings, key_store: KeyStore) -> Settings:
    """Put the database that is to be opened into the settings, with its password.

    The environment's comes first, then the file's, then the default. The demo has its own.

    Raises:
        SettingsFault: the file cannot be understood.
        KeyStoreFault: the password cannot be read.
        DatabaseFault: the key store holds no password.
    """
    if settings.demo or settings.database_variable:
        return settings
    chosen = await asyncio.to_thread(read_preferences, settings.settings_file)
    if chosen.database is DatabaseKind.FILE or chosen.server is None:
        return settings
    password = await password_of(chosen.server, key_store)
    return replace(settings, database_url=chosen.server.url(password))


async def password_of(server: Server, key_store: KeyStore) -> str | None:
    """Read a server's password out of the key store; None where it takes none.

    Raises:
        KeyStoreFault: the key store does not answer, or is none.
        DatabaseFault: it holds no password of this server.
    """
    if not server.has_password:
        return None
    fix = (
        "enter the password again in Settings, or name the database and its password in "
        f"{DATABASE.names[0]}."
    )
    try:
        password = await key_store.load_text(server.secret_name)
    except KeyStoreFault as fault:
        raise KeyStoreFault(
            f"The password of the database {server.shown_address} cannot be read.",
            why=fault.reason,
            fix=f"Unlock the key store and try again, {fix}",
        ) from fault
    if password is None:
        raise DatabaseFault(
            f"The database {server.shown_address} cannot be opened.",
            why="The key store holds no password for it.",
            fix=f"Please {fix}",
        )
    hide(password)
    return password


async def keep_password(server: Server, password: str, key_store: KeyStore) -> None:
    """Store a server's password, and read it back.

    Raises:
        KeyStoreFault: the key store does not take it.
    """
    hide(password)
    try:
        await key_store.save_text(server.secret_name, password)
    except KeyStoreFault as fault:
        raise KeyStoreFault(
            "The password could not be stored, so the database stays as it was.",
            why=fault.reason,
            fix="Unlock the key store and try again, or name the database and its password in "
            f"{DATABASE.names[0]}.",
        ) from fault
