"""The sample seller, from Amazon's answers to a painted window: synced, written, served, shown."""

import asyncio
import http.client
import importlib.util
import json
import os
import zipfile
from typing import Final

from opside_desktop.app import open_program
from opside_desktop.diagnosis.check import Unsound
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.syncs import SyncRequest, SyncStatus
from opside_desktop.program import Program
from opside_desktop.settings.environment import Settings

EXPECTED: Final = {Dataset.CLAIMS: 37, Dataset.INVENTORY: 150, Dataset.ORDERS: 250}
"""What a sync of the sample seller `normal_week` brings."""

FEWEST_COLOURS: Final = 32
"""An empty window has a few; text and icons have many shades."""

API_LIMIT_S: Final = 10.0
_CLAIMS: Final = "/api/v1/integrations/amazon/claims?limit=1"


async def check_sync(program: Program) -> str:
    """Sync the sample seller, as a user would."""
    account = await program.connections.account(program.settings.user)
    if account is None:
        raise Unsound("The sample seller is not connected.")
    endpoint = program.connections.endpoint(account)
    started = await program.manager.start(
        account, SyncRequest(trigger="self-test"), endpoint=endpoint
    )
    run = await program.manager.wait(started.user_id, started.sync_id)
    if run.status is not SyncStatus.COMPLETED:
        raise Unsound("The sync of the sample seller did not complete.", why=run.error or "")
    found = {dataset: run.result(dataset).count for dataset in EXPECTED}
    counts = ", ".join(f"{number} {dataset}" for dataset, number in found.items())
    if found != EXPECTED:
        expected = ", ".join(f"{number} {dataset}" for dataset, number in EXPECTED.items())
        raise Unsound(f"The sync brought {counts} instead of {expected}.")
    return f"The sample seller was synced over HTTP: {counts}."


async def check_export(program: Program, settings: Settings) -> str:
    """Write a workbook, which is done by a process of its own: this program, started again."""
    from opside_desktop.domain.export_formats import ExportFormat
    from opside_desktop.store.exports.plan import Export, plain_columns
    from opside_desktop.store.exports.run import export_rows
    from opside_desktop.store.reading.queries import RowQuery

    dataset = Dataset.CLAIMS
    users = tuple(each.user_id for each in await program.connections.accounts())
    plan = Export(
        query=RowQuery(dataset, users),
        form=ExportFormat.XLSX,
        target=settings.home / "claims.xlsx",
        columns=plain_columns(dataset),
    )
    done = await export_rows(program.db, plan)
    if done.rows != EXPECTED[dataset] or not zipfile.is_zipfile(done.path):
        raise Unsound(f"The workbook of {done.rows} claims is not whole.")
    return f"A workbook of {done.rows} claims was written."


async def check_api(program: Program) -> str:
    """Serve the rows that were synced, where that is installed."""
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
        raise Unsound(f"The HTTP API lists {total} claims instead of {EXPECTED[Dataset.CLAIMS]}.")
    return f"It started and listed {total} claims."


def _count_claims(port: int, token: str) -> int:
    # This way no proxy is asked.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=API_LIMIT_S)
    try:
        connection.request("GET", _CLAIMS, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            raise Unsound(f"The HTTP API answered with the status {answer.status}.")
        return int(json.loads(body)["pagination"]["total"])
    finally:
        connection.close()


def check_window(settings: Settings) -> str:
    """Fill a window with the rows that were synced, and paint it where nobody sees it.

    To be called outside any event loop: the window runs its own.
    """
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from opside_desktop.ui.life.snapshot import take_snapshot

    shown = take_snapshot(settings, open_program)
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
        raise Unsound(" ".join([*wrong, *said]))
    return (
        f"A window with {shown.rows} claims was painted, {shown.width} × {shown.height} points "
        f"in {shown.colours} colours."
    )
