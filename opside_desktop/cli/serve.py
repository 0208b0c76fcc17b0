"""The command `serve`."""

import asyncio
import gc
import importlib.util
import logging
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from opside_desktop.app import open_program
from opside_desktop.cli.execute import begin, interrupts, run_async
from opside_desktop.cli.terminal import Exit, Scope, Terminal, with_scope
from opside_desktop.domain.accounts import is_loopback
from opside_desktop.domain.errors import BadInput, SettingsFault
from opside_desktop.logs.redaction import hide
from opside_desktop.settings.options import ALLOW_DEMO_USER, CORS_ORIGINS, JWT_SECRET, PORT, given

if TYPE_CHECKING:
    from opside_desktop.api.server import ApiServer

log = logging.getLogger(__name__)

_YES = ("1", "true", "yes", "on")
_NO = ("0", "false", "no", "off")


@dataclass(frozen=True, slots=True)
class _Options:
    secret: str = field(repr=False)
    host: str
    port: int
    demo_user: bool
    origins: tuple[str, ...]


@with_scope
def serve(
    scope: Scope,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen; 0.0.0.0 is everywhere.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Which port; 0 is any free one. Default: PORT, 3001."),
    ] = None,
    demo_user: Annotated[
        bool,
        typer.Option("--demo-user", metavar="", help="Let anybody in without a token: demo-user."),
    ] = False,
    cors_origin: Annotated[
        list[str] | None,
        typer.Option(metavar="ORIGIN", help="Let web pages of this origin in; may be given again."),
    ] = None,
) -> None:
    """Serve syncs and stored rows over HTTP, for other programs, until Ctrl-C.

    Each request needs a token (JWT, HS256) signed with JWT_SECRET, as `Authorization: Bearer` or as
    the cookie `session_token`; the token names the user. The answers are described at
    `/schema/openapi.json`.
    """
    options = _read_options(host, port, demo_user, cors_origin or [])
    terminal, settings = begin(scope)
    hide(options.secret)

    async def main() -> int:
        from opside_desktop.api.server import start_server

        stop = asyncio.Event()
        with interrupts(stop):
            async with open_program(settings) as program:
                server = await start_server(program, **asdict(options))
                try:
                    # The first sync must not wait for it.
                    await program.manager.load()
                    program.db.listen()
                    # What is loaded stays: looking for garbage in it would hold up answers.
                    gc.collect()
                    gc.freeze()
                    _announce(terminal, scope, options, server)
                    program.preparation.start()
                    await stop.wait()
                    terminal.hint("Stopping; running syncs may finish the page they are at…")
                finally:
                    await server.stop(stop_syncs=True)
        return Exit.DONE

    raise typer.Exit(run_async(main()))


def _announce(terminal: Terminal, scope: Scope, options: _Options, server: "ApiServer") -> None:
    from opside_desktop.contract.program import Serving

    if options.demo_user:
        warning = "WARNING: --demo-user lets ANYBODY in without a token, as demo-user."
        log.warning(warning)
        terminal.hint(warning)
    if not is_loopback(server.url):
        terminal.hint(
            "This server can be reached from other computers, unencrypted: "
            "put it behind a proxy that speaks HTTPS."
        )
    if scope.user is not None:
        terminal.hint("--user counts for nothing here: each request's token names its user.")
    what = "the sample seller " if scope.demo else ""
    terminal.answer(Serving(success=True, url=server.url))
    terminal.say(f"Serving {what}on {server.url}; Ctrl-C stops.")


def _read_options(host: str, port: int | None, demo_user: bool, origins: list[str]) -> _Options:
    if importlib.util.find_spec("litestar") is None or importlib.util.find_spec("jwt") is None:
        raise SettingsFault(
            "The HTTP API is not installed.",
            fix="Install it with `pip install 'opside-desktop[server]'`.",
        )
    from opside_desktop.api.tokens import check_secret

    if not host.strip():
        # The system would take it for everywhere.
        raise BadInput(
            "--host names no address.",
            fix="Leave it out to serve this computer only; 0.0.0.0 is everywhere.",
        )
    named = given(os.environ, JWT_SECRET)
    secret = check_secret(named[1] if named else "")
    in_environment = given(os.environ, CORS_ORIGINS)
    if not origins and in_environment is not None:
        origins = in_environment[1].split(",")
    return _Options(
        secret=secret,
        host=host.strip(),
        port=port if port is not None else _port(),
        demo_user=demo_user or _demo_user(),
        origins=tuple(_origin(each.strip()) for each in origins if each.strip()),
    )


def _port() -> int:
    name, value = given(os.environ, PORT) or (PORT.names[0], PORT.default)
    if not (value.isascii() and value.isdigit() and int(value) <= 65535):
        raise SettingsFault(f"{name} must be a port, from 0 to 65535.")
    return int(value)


def _demo_user() -> bool:
    name, value = given(os.environ, ALLOW_DEMO_USER) or (ALLOW_DEMO_USER.names[0], "false")
    if value.lower() not in (*_YES, *_NO):
        raise SettingsFault(f"{name} must be true or false.")
    return value.lower() in _YES


def _origin(text: str) -> str:
    """Spell an origin as browsers do.

    Raises:
        BadInput: it is none; `*` is none either, since the answers are private.
    """
    bad = BadInput(
        f"{text!r} is not the origin of a web page.",
        fix="It must be like https://app.example.com or http://localhost:3000, without a path.",
    )
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise bad from None
    is_plain = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    if parts.scheme not in ("http", "https") or not parts.hostname or not is_plain:
        raise bad
    if not text.isascii() or "*" in text:
        raise bad
    standard = port in (None, {"http": 80, "https": 443}[parts.scheme])
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if standard else f":{port}")
