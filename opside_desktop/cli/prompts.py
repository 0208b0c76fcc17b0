"""Asking a person in the terminal for what connecting an account needs."""

import getpass
import os
import sys

import typer

from opside_desktop.cli.terminal import Exit, Terminal
from opside_desktop.domain.accounts import (
    DEFAULT_MARKETPLACE,
    MARKETPLACES,
    AmazonSecrets,
    Participation,
    Region,
)
from opside_desktop.domain.errors import BadInput
from opside_desktop.settings.options import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, Option, given


def choose_region(region: Region | None, marketplace: str | None) -> Region:
    """Give the region that was named, or the marketplace's, else ask for it.

    Raises:
        BadInput: there is nobody to ask, or what was named does not fit.
    """
    from opside_desktop.accounts.checks import check_marketplace

    if marketplace is not None:
        known = MARKETPLACES.get(marketplace)
        region = region or (known.region if known else Region.NA)
        check_marketplace(marketplace, region)
        return region
    if region is not None:
        return region
    if not sys.stdin.isatty():
        raise BadInput("The region is missing.", fix="Give --region NA, EU or FE.")
    answer = ask("Region: NA (Americas), EU (Europe) or FE (Far East) [NA]: ") or Region.NA
    try:
        return Region(answer.upper())
    except ValueError:
        raise BadInput(f"{answer!r} is not a region.", fix="Choose NA, EU or FE.") from None


def ask_secrets(terminal: Terminal) -> AmazonSecrets:
    """Take the secrets from the environment if all three are there, else ask for them."""
    options = (CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN)
    found = [given(os.environ, option) for option in options]
    if all(found):
        terminal.hint("Taking the three secrets from the environment.")
        values = [named[1] for named in found if named]
    else:
        words = ("Client id", "Client secret", "Refresh token")
        values = [_ask_secret(word, option) for word, option in zip(words, options, strict=True)]
    return AmazonSecrets(*values)


def _ask_secret(word: str, option: Option) -> str:
    if sys.stdin.isatty():
        value = getpass.getpass(f"{word} (not shown): ").strip()
    else:
        value = sys.stdin.readline().strip()  # a pipe shows nothing to anybody
    if not value:
        raise BadInput(
            f"The {word.lower()} is missing.", fix=f"Enter it, or set {option.names[0]}."
        )
    if not value.isprintable() or " " in value:
        raise BadInput(
            f"The {word.lower()} holds blanks or line breaks.", fix="Copy it again, in one piece."
        )
    return value


def choose_marketplace(
    terminal: Terminal, region: Region, wished: str | None, found: list[Participation] | None
) -> str:
    """Choose the marketplace for inventory; all of the region where Amazon tells none (None)."""
    of_region = [each.id for each in MARKETPLACES.values() if each.region is region]
    if found is None:
        ids = of_region
    else:
        ids = [each.marketplace_id for each in found if each.is_participating] or [
            each.marketplace_id for each in found
        ]
    if wished is not None:
        if ids and wished not in ids:
            raise BadInput(
                f"The seller does not sell in {marketplace_words(wished)}.",
                fix=f"Choose one of {', '.join(ids)} with --marketplace.",
            )
        return wished
    known = [each for each in ids if each in of_region]
    if not known:
        raise BadInput(
            f"The seller takes part in no marketplace of the region {region}.",
            fix="Choose the region in which the permission was given.",
        )
    if found is None and DEFAULT_MARKETPLACE not in known and not sys.stdin.isatty():
        raise BadInput(
            "The marketplace for inventory is missing.",
            fix=f"Give --marketplace with one of {', '.join(known)}.",
        )
    default = DEFAULT_MARKETPLACE if DEFAULT_MARKETPLACE in known else known[0]
    if len(known) == 1 or not sys.stdin.isatty():
        return default
    for number, each in enumerate(known, 1):
        terminal.hint(f"  {number}  {marketplace_words(each)}")
    answer = ask(f"Marketplace for inventory [{known.index(default) + 1}]: ")
    if not answer:
        return default
    if answer in known:
        return answer
    if answer.isdecimal() and 1 <= int(answer) <= len(known):
        return known[int(answer) - 1]
    raise BadInput(f"{answer!r} is not one of the marketplaces.", fix="Give its number or its id.")


def confirm(terminal: Terminal, question: str, *, fix: str, otherwise: str) -> None:
    """Leave the command unless somebody says yes.

    Raises:
        BadInput: there is nobody to ask; `fix` says what to do instead.
    """
    if not sys.stdin.isatty():
        raise BadInput("Nobody can be asked here.", fix=fix)
    if ask(f"{question} [y/N] ").lower() not in ("y", "yes"):
        terminal.hint(otherwise)
        raise typer.Exit(Exit.FAILED)


def ask(question: str) -> str:
    """Ask on standard error, so that standard output holds answers only."""
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def marketplace_words(marketplace_id: str) -> str:
    """Give a marketplace's id with its name, where it has one."""
    marketplace = MARKETPLACES.get(marketplace_id)
    return f"{marketplace_id} ({marketplace.name})" if marketplace else marketplace_id
