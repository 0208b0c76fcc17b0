"""The steps of the self-test: each gives one line, and one that fails does not stop the others."""

import asyncio
import http.client
import importlib
import importlib.util
import json
import logging
import os
import ssl
import sys
import tempfile
import uuid
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from opside_desktop.about.stamp import version_line
from opside_desktop.accounts.key_store import KeyStore
from opside_desktop.app import open_program, prepare
from opside_desktop.diagnosis.doctor import Check, State, failed
from opside_desktop.diagnosis.imports import load_all
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import EnvironmentFault, KeyStoreFault, OpsideError
from opside_desktop.domain.syncs import SyncRequest, SyncStatus
from opside_desktop.logs.file import stop_logging
from opside_desktop.settings.environment import Settings, read_settings

if TYPE_CHECKING:
    from opside_desktop.app import Program

log = logging.getLogger(__name__)

EXPECTED = {Dataset.CLAIMS: 37, Dataset.INVENTORY: 150, Dataset.ORDERS: 250}
"""What a sync of the sample seller `normal_week` brings."""

FEWEST_COLOURS = 32
"""An empty window has a few; text and icons have many shades."""

STEP_LIMIT_S = 90.0
KEY_STORE_LIMIT_S = 10.0
_AMAZON_API = "/api/v1/integrations/amazon"


class _Fault(EnvironmentFault):
    """A step did not find what it must."""


def check_all(tell: Callable[[Check], None]) -> bool:
    """Run all steps in a folder of their own; `tell` gets each line at once.

    Tells whether everything is well. To be called outside any event loop.

    Raises:
        EnvironmentFault: there is no place for temporary files.
    """
    is_well = True

    async def headless(settings: Settings) -> None:
        nonlocal is_well
        async for line in _check_headless(settings):
            is_well &= line.state is State.OK
            tell(line)

    with temporary_home() as folder:
        settings = private_settings(Path(folder))
        asyncio.run(headless(settings))
        line = check_window(settings)
        tell(line)
        stop_logging()
    return is_well and line.state is State.OK


def temporary_home() -> "tempfile.TemporaryDirectory[str]":
    """Make a folder that goes away with everything in it.

    Raises:
        EnvironmentFault: there is no place for temporary files.
    """
    try:
        return tempfile.TemporaryDirectory(prefix="opside-self-test-", ignore_cleanup_errors=True)
    except OSError as error:
        raise EnvironmentFault(
            "The self-test found no place for its temporary files.",
            why=f"The system says: {error.strerror or type(error).__name__}.",
            fix="Make room on the disk, or name another folder with TMPDIR.",
        ) from None


def private_settings(folder: Path) -> Settings:
    """Give the sample seller's settings in a folder, whatever the environment says."""
    return read_settings({"OPSIDE_HOME": str(folder)}, demo=True, user=None)


async def _check_headless(settings: Settings) -> AsyncIterator[Check]:
    packaged = "packaged" if getattr(sys, "frozen", False) else "not packaged"
    yield Check(
        "Program",
        State.OK,
        f"Opside Desktop {version_line()}, {packaged}, Python {sys.version.split()[0]}.",
    )
    yield await _step("Modules", _check_modules)
    yield await _step("Licences", _check_licences)
    yield await _step("Key store", check_key_store)
    yield await _step("Certificates", _check_certificates)
    try:
        if (fault := prepare(settings)) is not None:
            raise fault
        async with open_program(settings) as program:
            yield await _step("Database", lambda: _check_database(program))
            yield await _step("Sync", lambda: _check_sync(program))
            yield await _step("Export", lambda: _check_export(program, settings))
            yield await _step("HTTP API", lambda: _check_api(program))
    except Exception as error:  # noqa: BLE001  # said in the line, and the test has failed
        yield _not_done("Database", error)


def check_window(settings: Settings) -> Check:
    """Fill a window with the rows that were synced, and paint it where nobody sees it."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    try:
        from opside_desktop.ui.life.snapshot import take_snapshot

        shown = take_snapshot(settings, open_program)
    except Exception as error:  # noqa: BLE001  # said in the line, and the test has failed
        return _not_done("Window", error)
    wrong = [
        sentence
        for is_wrong, sentence in (
            (shown.rows != EXPECTED[Dataset.CLAIMS], f"It showed {shown.rows} claims."),
            (shown.colours < FEWEST_COLOURS, "Its picture is empty."),
            (not shown.fonts, "There is no font to write with."),
            (not shown.has_icon, "The program's own picture cannot be read."),
        )
        if is_wrong
    ]
    if wrong:
        said = [f"It said: {shown.said}"] if shown.said else []
        return Check("Window", State.FAILED, " ".join([*wrong, *said]))
    return Check(
        "Window",
        State.OK,
        f"A window with {shown.rows} claims was painted, {shown.width} × {shown.height} points "
        f"in {shown.colours} colours.",
    )


async def _step(name: str, work: Callable[[], Awaitable[str]]) -> Check:
    try:
        async with asyncio.timeout(STEP_LIMIT_S):
            return Check(name, State.OK, await work())
    except Exception as error:  # noqa: BLE001  # said in the line, and the test has failed
        return _not_done(name, error)


def _not_done(name: str, error: Exception) -> Check:
    if isinstance(error, OpsideError):
        return failed(name, error)
    log.error("The step %s failed.", name, exc_info=error)
    if isinstance(error, TimeoutError):
        return Check(name, State.FAILED, f"This took longer than {STEP_LIMIT_S:g} seconds.")
    return Check(name, State.FAILED, f"This failed with {type(error).__name__}: {error}.")


async def _check_modules() -> str:
    # Not in a thread: the window's modules are loaded by the thread that shows the window.
    number, missing = load_all()
    if missing:
        named = "; ".join(f"{each.name} ({each.why})" for each in missing)
        raise _Fault(f"{len(missing)} of {number} modules cannot be loaded: {named}.")
    return f"All {number} modules that the program names can be loaded."


async def _check_licences() -> str:
    from opside_desktop.about.licences import all_components

    found = await asyncio.to_thread(all_components)
    silent = [each.name for each in found if not each.text]
    if silent:
        raise _Fault(f"The licences of these parts have no text: {', '.join(silent)}.")
    return f"About shows the licences of {len(found)} parts."


async def check_key_store(key_store: KeyStore | None = None) -> str:
    """Store, read and delete a throwaway entry, where there is a key store.

    Raises:
        KeyStoreFault: it answers, but does not keep or forget what it is given.
    """
    key_store = key_store or KeyStore(limit_s=KEY_STORE_LIMIT_S)
    try:
        called = await key_store.check()
    except KeyStoreFault as fault:
        return f"Not tried, because none can be used here. {fault.what}"
    name, text = f"self-test/{uuid.uuid4()}", uuid.uuid4().hex
    try:
        await key_store.save_text(name, text)
    finally:
        await key_store.delete_text(name)
    if await key_store.load_text(name) is not None:
        raise KeyStoreFault(f"The {called} did not delete the test's entry {name}.")
    return f"The {called} stored, gave back and deleted an entry."


async def _check_certificates() -> str:
    import truststore

    # Truststore loads the system's authorities when a connection begins; this one never does.
    tls = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    line = tls.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost")
    if sys.platform == "darwin":
        return "The system's own check of certificates can be used."
    if sys.platform == "win32":
        found = len(ssl.enum_certificates("ROOT"))
    else:
        found = line.context.cert_store_stats()["x509_ca"] or _authorities_in_files()
    if not found:
        raise _Fault(
            "The system's store holds no certificate authority, so no server could be trusted.",
            fix="Install the system's certificates; on Debian, the package ca-certificates.",
        )
    return f"The system's store holds {found} certificate authorities."


def _authorities_in_files() -> int:
    """Count those that lie one in a file, which are loaded when a server names them."""
    folder = ssl.get_default_verify_paths().capath
    return len(list(Path(folder).glob("*.0"))) if folder else 0


async def _check_database(program: "Program") -> str:
    from opside_desktop.store.maintenance import describe, examine

    found = await examine(program.db)
    if found.problems:
        raise _Fault("The new database is not sound.", why=" ".join(found.problems))
    # The module in C that speaks PostgreSQL.
    importlib.import_module("asyncpg.protocol.protocol")
    return (
        f"A new one was made ({await describe(program.db)}, schema {found.version}); PostgreSQL's "
        "driver can be loaded."
    )


async def _check_sync(program: "Program") -> str:
    account = await program.connections.account(program.settings.user)
    if account is None:
        raise _Fault("The sample seller is not connected.")
    endpoint = program.connections.endpoint(account)
    started = await program.manager.start(
        account, SyncRequest(trigger="self-test"), endpoint=endpoint
    )
    run = await program.manager.wait(started.user_id, started.sync_id)
    if run.status is not SyncStatus.COMPLETED:
        raise _Fault("The sync of the sample seller did not complete.", why=run.error or "")
    found = {dataset: run.result(dataset).count for dataset in EXPECTED}
    told = ", ".join(f"{number} {dataset}" for dataset, number in found.items())
    if found != EXPECTED:
        expected = ", ".join(f"{number} {dataset}" for dataset, number in EXPECTED.items())
        raise _Fault(f"The sync brought {told} instead of {expected}.")
    return f"The sample seller was synced over HTTP: {told}."


async def _check_export(program: "Program", settings: Settings) -> str:
    """Write a workbook, which is done by a process of its own: this program, started again."""
    from opside_desktop.store.exports.plan import Export, Form, plain_columns
    from opside_desktop.store.exports.run import export_rows
    from opside_desktop.store.reading.queries import RowQuery

    dataset = Dataset.CLAIMS
    users = tuple(each.user_id for each in await program.connections.accounts())
    plan = Export(
        query=RowQuery(dataset, users),
        form=Form.XLSX,
        target=settings.home / "claims.xlsx",
        columns=plain_columns(dataset),
    )
    done = await export_rows(program.db, plan)
    if done.rows != EXPECTED[dataset] or not zipfile.is_zipfile(done.path):
        raise _Fault(f"The workbook of {done.rows} claims is not whole.")
    return f"A workbook of {done.rows} claims was written."


async def _check_api(program: "Program") -> str:
    if any(importlib.util.find_spec(name) is None for name in ("litestar", "jwt")):
        return "Not tried, because it is not installed."
    from opside_desktop.api.server import start_server
    from opside_desktop.api.tokens import make_token, new_secret

    secret = new_secret()
    server = await start_server(program, secret=secret, port=0)
    try:
        token = make_token(secret, program.settings.user)
        port = int(server.url.rpartition(":")[2])
        total = await asyncio.to_thread(_count_claims, port, token)
    finally:
        await server.stop()
    if total != EXPECTED[Dataset.CLAIMS]:
        raise _Fault(f"The HTTP API lists {total} claims instead of {EXPECTED[Dataset.CLAIMS]}.")
    return f"It started and listed {total} claims."


def _count_claims(port: int, token: str) -> int:
    # This way no proxy is asked.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=KEY_STORE_LIMIT_S)
    try:
        connection.request(
            "GET", f"{_AMAZON_API}/claims?limit=1", headers={"Authorization": f"Bearer {token}"}
        )
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            raise _Fault(f"The HTTP API answered with the status {answer.status}.")
        return int(json.loads(body)["pagination"]["total"])
    finally:
        connection.close()
