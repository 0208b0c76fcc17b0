"""The command `simulator`. It imports the server only when it runs."""

import asyncio
import contextlib
import errno
import gc
import json
import os
import signal
import sys
import threading
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

DEFAULT_PORT = 8_765


def simulator(
    ctx: typer.Context,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port on 127.0.0.1; 0 takes a free one.")
    ] = DEFAULT_PORT,
    scenario: Annotated[
        str,
        typer.Option(
            envvar="MOCK_SCENARIO", help="One of normal_week, high_volume and with_issues."
        ),
    ] = "normal_week",
    orders: Annotated[int | None, typer.Option(min=0, help="Number of orders.")] = None,
    claims: Annotated[int | None, typer.Option(min=0, help="Number of claims.")] = None,
    skus: Annotated[int | None, typer.Option(min=0, help="Number of SKUs.")] = None,
    seed: Annotated[int, typer.Option(help="Chooses the data and the order of faults.")] = 1,
    epoch: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Day that all data lies 3 to 75 days before. Default: Monday of last week.",
        ),
    ] = None,
    usage_plans: Annotated[
        Literal["amazon", "none"],
        typer.Option(help="Throttle as Amazon does, or not at all."),
    ] = "amazon",
    time_scale: Annotated[
        float, typer.Option(help="Multiplies the rates of the usage plans.")
    ] = 1.0,
    faults: Annotated[
        str,
        typer.Option(
            help="name=value pairs separated by commas: 429, 500, 503, cut, badjson, badescape, "
            "nonutf8, bom, html, errors200, dripping, expiredtoken, deadtoken, empty, oldversion, "
            "shortstock (probabilities per request), revoked=1, secretexpired=1, denied=NAME "
            "(finances, transactions, inventory, orders or searchOrders), first400=NAME (finances, "
            "inventory or orders), latency=SECONDS."
        ),
    ] = "",
    now: Annotated[
        datetime | None,
        typer.Option(
            formats=[
                "%Y-%m-%d",
                *(f"%Y-%m-%dT%H:%M{end}" for end in ("", ":%S", ":%S%z", ":%S.%f%z")),
            ],
            help="Where the simulated clock starts (UTC), which Date headers, windows, token lives "
            'and deferrals go by. POST /_simulator/clock with {"advanceDays": N} moves it on. '
            "Default: the real time.",
        ),
    ] = None,
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            help="Fill the days since the scenario's own data, as they pass, with orders, events, "
            "stock and changes of open orders. Without it only days do so that the clock is moved "
            "over.",
        ),
    ] = False,
    other_seller: Annotated[
        str,
        typer.Option(
            metavar="TOKEN",
            help="A refresh token of another seller: transactions name that seller to whoever "
            "comes with it. All else is the same for both.",
        ),
    ] = "",
    ledger: Annotated[
        Path | None,
        typer.Option(
            help="File for the ledger, what really happened to the seller's money and which "
            "finance API shows it: written at the start and after each move of the clock. "
            "GET /_simulator/ledger answers the same."
        ),
    ] = None,
    until_eof: Annotated[
        bool, typer.Option("--until-eof", help="Stop when standard input is closed.")
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", metavar="", help="Say as one JSON document where it listens."),
    ] = False,
    demo: Annotated[bool, typer.Option("--demo", hidden=True)] = False,
    user: Annotated[str | None, typer.Option("--user", hidden=True)] = None,
) -> None:
    """Play Amazon's part: a seller behind the Selling Partner API, on this machine only."""
    # --demo and --user hold for every command, and change nothing here.
    as_json = as_json or bool(getattr(ctx.obj, "as_json", False))
    from opside_desktop.simulator.faults import parse_faults
    from opside_desktop.simulator.options import Options

    try:
        options = Options(
            scenario=scenario.strip().lower() or "normal_week",
            orders=orders,
            claims=claims,
            skus=skus,
            seed=seed,
            epoch=_day(epoch),
            usage_plans=usage_plans,
            time_scale=time_scale,
            faults=faults,
            port=port,
            now=now,
            live=live,
            other_seller=other_seller,
            ledger=ledger,
        )
        parse_faults(faults)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None

    async def run() -> None:
        from opside_desktop.simulator.server import serve

        stop = asyncio.Event()
        _stop_on_signals(stop)
        if until_eof:
            _stop_on_eof(stop)
        async with serve(options) as base_url:
            # The seller lives as long as the program: looking for garbage in him only costs.
            gc.freeze()
            text = f"Simulator of scenario {options.scenario} listening on {base_url}"
            if as_json:
                text = json.dumps({"success": True, "scenario": options.scenario, "url": base_url})
            with contextlib.suppress(BrokenPipeError):  # nobody has to listen
                typer.echo(text)
                sys.stdout.flush()
            await stop.wait()

    try:
        asyncio.run(run())
    except OSError as error:
        text = _why_not(error, port)
        if as_json:
            raise typer.BadParameter(text) from None
        typer.echo(text, err=True)
        raise typer.Exit(2) from None


def _why_not(error: OSError, port: int) -> str:
    """Say why the simulator did not start: a file is named where the ledger failed."""
    if error.filename is not None:
        return (
            f"The ledger cannot be written to {error.filename}: {error.strerror}. "
            "Choose another file with --ledger."
        )
    # What asyncio adds names the address once more; Windows' numbers have no os.strerror.
    in_use = error.errno == errno.EADDRINUSE
    reason = "another program uses it" if in_use else "the system refuses it"
    return (
        f"The simulator cannot listen on port {port} of 127.0.0.1: {reason}. "
        "Choose another port with --port, or 0 for any free one."
    )


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows' loop knows no signals
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))


def _stop_on_eof(stop: asyncio.Event) -> None:
    """Watch standard input from a thread that does not keep the program alive."""
    loop = asyncio.get_running_loop()

    def watch() -> None:
        with contextlib.suppress(OSError):  # a closed descriptor is an end as well
            while os.read(0, 4_096):
                pass
        with contextlib.suppress(RuntimeError):  # the loop may have ended before
            loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=watch, name="until-eof", daemon=True).start()
