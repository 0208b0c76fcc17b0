"""The commands `accounts list`, `add`, `test` and `remove`."""

from typing import TYPE_CHECKING, Annotated

import typer

from opside_desktop.app import open_program
from opside_desktop.cli.execute import begin, execute, on_program, run_async
from opside_desktop.cli.prompts import (
    ask_secrets,
    choose_marketplace,
    choose_region,
    confirm,
    marketplace_words,
)
from opside_desktop.cli.sync import how_to_connect
from opside_desktop.cli.terminal import Exit, Scope, Terminal, keep_scope, with_scope
from opside_desktop.domain.accounts import Account, CredentialSource, Participation, Region
from opside_desktop.domain.errors import BadInput, NotConnected, OpsideError
from opside_desktop.domain.standing import standing_of
from opside_desktop.domain.utf8 import encodable
from opside_desktop.program import Program
from opside_desktop.settings.environment import Settings
from opside_desktop.settings.options import REFRESH_TOKEN

if TYPE_CHECKING:
    from opside_desktop.accounts.checks import ConnectionCheck
    from opside_desktop.contract import accounts as wire

app = typer.Typer(help="Connect, test and remove seller accounts.", callback=keep_scope)


@app.command("list")
@on_program
async def list_accounts(terminal: Terminal, program: Program) -> int:
    """List the connected accounts. Secrets are never shown."""
    from opside_desktop.contract.accounts import Accounts
    from opside_desktop.store.runs import sync_runs

    found = await program.connections.accounts()
    accounts = [account_of(program, account) for account in found]
    terminal.answer(Accounts(success=True, accounts=accounts))
    if terminal.as_json:
        return Exit.DONE  # what follows reads their syncs, too
    if not found:
        terminal.say(*how_to_connect(program.settings))
        return Exit.DONE
    terminal.table(
        ("User", "Name", "Region", "Marketplace", "Mode", "State", "Secrets from"),
        [
            (
                account.external_user_id,
                account.display_name,
                account.region.value,
                marketplace_words(account.marketplace_id),
                account.mode.value.upper(),
                standing_of(account, await sync_runs.newest_run(program.db, account.user_id)),
                program.connections.credential_source(account) or "nowhere",
            )
            for account in found
        ],
    )
    return Exit.DONE


def account_of(program: Program, account: Account) -> "wire.Account":
    """One account on the wire."""
    from opside_desktop.contract import accounts as wire
    from opside_desktop.contract.wire import built

    return built(
        wire.Account,
        account,
        user_id=account.external_user_id,
        status=account.credential_status,
        credential_source=program.connections.credential_source(account),
        is_mock=program.connections.endpoint(account).is_mock,
    )


@app.command()
@with_scope
def add(
    scope: Scope,
    region: Annotated[
        Region | None,
        typer.Option(case_sensitive=False, help="NA (Americas), EU (Europe) or FE (Far East)."),
    ] = None,
    marketplace: Annotated[
        str | None,
        typer.Option(metavar="ID", help="The marketplace for inventory, such as ATVPDKIKX0DER."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="What to call the account.")] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", metavar="", help="Replace the secrets of a connected account."),
    ] = False,
) -> None:
    """Connect a seller account with the three secrets of the seller's own private app.

    The secrets are asked for, or taken from AMAZON_CLIENT_ID, AMAZON_CLIENT_SECRET and
    AMAZON_SPAPI_REFRESH_TOKEN; never give them as arguments. They are tested at Amazon and kept in
    the key store of this computer. Each account is one user: --user ID connects a second one.
    """
    name = encodable(name)
    terminal, settings = begin(scope)
    if settings.demo:
        raise BadInput("The demo has its sample seller and takes no other account.")
    connected = run_async(_connected(settings))
    if connected is not None and not replace:
        raise BadInput(
            f"The user {settings.user} already has a connected account.",
            fix="Name another user with --user ID, or replace its secrets with --replace.",
        )
    if connected is not None:
        # Only what is said anew changes.
        name = name or connected.display_name
        if region in (None, connected.region):
            marketplace = marketplace or connected.marketplace_id
    marketplace = marketplace or settings.marketplace_id
    region = choose_region(region, marketplace)
    secrets = ask_secrets(terminal)

    def on_check(check: "ConnectionCheck") -> None:
        terminal.hint(f"  {check.sentence}")

    # Prompts come between two runs of the loop, not within one: there Ctrl-C would wait for Enter.
    async def test() -> list[Participation] | None:
        terminal.hint("Asking Amazon…")
        async with open_program(settings) as program:
            return await program.connections.test(secrets, region, on_check=on_check)

    chosen = choose_marketplace(terminal, region, marketplace, run_async(test()))

    async def connect() -> int:
        from opside_desktop.contract.accounts import AccountAdded

        async with open_program(settings) as program:
            await program.connections.test_datasets(secrets, region, chosen, on_check=on_check)
            account = await program.connections.connect(
                settings.user, name or settings.user, region, chosen, secrets
            )
            store = await program.key_store.check()
            added = account_of(program, account)
            terminal.answer(AccountAdded(success=True, account=added))
        terminal.say(
            f"Connected: {account.display_name} ({region}, {marketplace_words(chosen)}). "
            f"The secrets are kept in the {store}."
        )
        return Exit.DONE

    raise typer.Exit(run_async(connect()))


async def _connected(settings: Settings) -> Account | None:
    """Give the user's account, if one is connected here already; refuse where none can be."""
    from opside_desktop.store import accounts as stored

    async with open_program(settings) as program:
        program.db.check_writable()
        return await stored.get_account(program.db, settings.user_id)


@app.command("test")
@on_program
async def ask_amazon(terminal: Terminal, program: Program) -> int:
    """Ask Amazon whether the stored secrets of an account still work, and for which data."""
    from opside_desktop.contract import accounts as wire
    from opside_desktop.contract.wire import built

    account = await program.connections.account(program.settings.user)
    if account is None:
        raise NotConnected
    checks: list[ConnectionCheck] = []

    def on_check(check: "ConnectionCheck") -> None:
        checks.append(check)
        mark = "ok    " if check.ok else "FAILED" if check.needed else "note  "
        terminal.say(f"{mark}  {check.sentence}")

    try:
        await program.connections.test_account(account, on_check=on_check)
    except OpsideError:
        if all(check.ok or not check.needed for check in checks):
            raise  # no line tells of it
    passed = all(check.ok or not check.needed for check in checks)
    shown = [built(wire.ConnectionCheck, check, message=check.sentence) for check in checks]
    terminal.answer(wire.ConnectionChecks(success=passed, checks=shown))
    return Exit.DONE if passed else Exit.FAILED


@app.command()
@with_scope
def remove(
    scope: Scope,
    yes: Annotated[bool, typer.Option("--yes", "-y", metavar="", help="Do not ask.")] = False,
) -> None:
    """Forget an account and its secrets. Everything copied from Amazon stays in the database."""
    terminal, settings = begin(scope)
    if settings.demo:
        raise BadInput("The demo's sample seller cannot be removed.")

    async def check_removable() -> None:
        async with open_program(settings) as program:
            await program.connections.asked_user()
            await removable(program)

    run_async(check_removable())
    terminal.hint(
        f"The secrets of {settings.user} are removed from this computer. "
        "The claims, inventory, orders and syncs copied so far stay in the database."
    )
    if not yes:
        confirm(
            terminal,
            "Remove the account?",
            fix="Give --yes to remove the account.",
            otherwise="Nothing was removed.",
        )
    execute(scope, _remove)


async def removable(program: Program) -> Account:
    """Give the user's account, which can be removed.

    Raises:
        NotConnected: there is none.
        BadInput: it comes from the environment.
    """
    account = await program.connections.account(program.settings.user)
    if account is None:
        raise NotConnected
    if (
        account.created_at is None
        and program.connections.credential_source(account) is CredentialSource.ENVIRONMENT
    ):
        raise BadInput(
            "This account comes from the environment.",
            fix=f"Unset {REFRESH_TOKEN.names[0]} to disconnect it.",
        )
    return account


async def _remove(terminal: Terminal, program: Program) -> int:
    from opside_desktop.contract.accounts import AccountRemoved

    account = await removable(program)
    await program.connections.remove(account.user_id)
    terminal.answer(AccountRemoved(success=True, user_id=account.external_user_id))
    terminal.say(f"{account.display_name} is no longer connected.")
    return Exit.DONE
