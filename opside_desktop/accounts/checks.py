"""Testing a connection: what Amazon says of an account's secrets, one check at a time."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from opside_desktop.domain.accounts import DEFAULT_MARKETPLACE, MARKETPLACES, Participation, Region
from opside_desktop.domain.clock import Clock
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.durations import waiting_time
from opside_desktop.domain.errors import (
    AccessDenied,
    AmazonUnavailable,
    AuthRevoked,
    BadInput,
    NetworkDown,
    OpsideError,
)
from opside_desktop.domain.waits import Wait, WaitListener, WaitReason

if TYPE_CHECKING:
    from opside_desktop.amazon.session import AmazonSession

log = logging.getLogger(__name__)

_LONGEST_WAIT_S: Final = 10.0
"""A test is looked at by somebody who waits for it."""

_ORDERS_OF: Final = timedelta(minutes=10)
"""The older API takes a call for each order."""


_NO_STOCK: Final = (
    "Amazon tells of no stock (FBA), as it answers for sellers without any; if there is some, test"
    " the connection again later."
)


class ConnectionCheck(msgspec.Struct, frozen=True):
    """One line of a connection test: what was asked, whether it works, and a sentence.

    Without what is not `needed` a sync brings every row all the same.
    """

    name: str
    ok: bool
    sentence: str
    needed: bool = True


CheckListener = Callable[[ConnectionCheck], None]


def ignore(check: ConnectionCheck) -> None:
    """Listen to nothing."""


def check_marketplace(marketplace_id: str, region: Region) -> None:
    """See that a marketplace exists and lies in a region.

    Raises:
        BadInput: it does not.
    """
    marketplace = MARKETPLACES.get(marketplace_id)
    if marketplace is None:
        raise BadInput(
            f"{marketplace_id} is not one of Amazon's marketplace ids.",
            fix=f"It must be an id such as {DEFAULT_MARKETPLACE} (United States).",
        )
    if marketplace.region is not region:
        raise BadInput(
            f"The marketplace {marketplace.name} is not in the region {region}.",
            fix=f"It belongs to {marketplace.region}, which needs an authorisation of its own.",
        )


async def check_seller(
    session: "AmazonSession", on_check: CheckListener
) -> list[Participation] | None:
    """Try the permission, and ask for the seller's marketplaces.

    Gives None where Amazon does not tell them: no sync asks for them, and some apps may not.

    Raises:
        AuthRevoked, RetryLater: Amazon refuses the secrets, or cannot be asked.
    """
    await session.sign_in()
    on_check(ConnectionCheck("permission", True, "Amazon accepts the permission."))
    try:
        found = await session.sellers.marketplace_participations()
    except (AuthRevoked, NetworkDown):
        raise
    except OpsideError as error:
        log.info("The seller's marketplaces are not told: %s", error)
        on_check(
            ConnectionCheck(
                "marketplaces",
                False,
                "Amazon does not tell in which marketplaces the seller sells. No sync needs it: "
                f"choose the marketplace for inventory yourself. {error.what}",
                needed=False,
            )
        )
        return None
    taking_part = [each.country_code for each in found if each.is_participating]
    on_check(
        ConnectionCheck(
            "marketplaces",
            bool(taking_part),
            f"The seller sells in {', '.join(sorted(taking_part))}."
            if taking_part
            else "The seller takes part in no marketplace of this region.",
        )
    )
    return found


async def check_datasets(
    session: "AmazonSession", marketplace_id: str, on_check: CheckListener, clock: Clock
) -> None:
    """Ask for one page of each dataset: only Amazon knows which roles the app really has.

    A dataset that is refused is told to `on_check` and raises nothing while another one answers.

    Raises:
        OpsideError: no dataset answers; the error of the first.
    """
    from opside_desktop.amazon.errors import RefusedWithoutCause

    end = session.now() - timedelta(minutes=3)
    start = end - timedelta(days=1)
    calls: dict[Dataset, Callable[[WaitListener], Awaitable[object]]] = {
        Dataset.CLAIMS: lambda on_wait: _any_claims(session, start, end, on_wait),
        Dataset.INVENTORY: lambda on_wait: session.inventory.page(
            marketplace_id, repeats=0, on_wait=on_wait
        ),
        Dataset.ORDERS: lambda on_wait: _any_orders(session, end, marketplace_id, on_wait),
    }
    refusals: list[OpsideError] = []
    for name, call in calls.items():
        answer = f"Amazon answers for {name}."
        try:
            await call(partial(_refuse_to_wait, session, name, clock))
        except _QuotaUsedUp:
            again = waiting_time(session.seconds_for(name, 1))
            answer = f"Amazon's quota for {name} is used up; it can be asked again in {again}."
        except (AuthRevoked, NetworkDown):
            raise
        except OpsideError as error:
            has_no_stock = (
                name is Dataset.INVENTORY
                and isinstance(error, RefusedWithoutCause)
                and error.amazon_code == "InvalidInput"
            )
            if not has_no_stock:
                refusals.append(error)
                on_check(ConnectionCheck(name, False, error.sentence))
                continue
            answer = _NO_STOCK
        on_check(ConnectionCheck(name, True, answer))
    if len(refusals) == len(calls):
        raise refusals[0]


async def _any_claims(
    session: "AmazonSession", start: datetime, end: datetime, on_wait: WaitListener
) -> None:
    """Ask for claims as a sync does: one way that Amazon does not deny is enough."""
    refusal: AccessDenied | None = None
    for source in session.finances_sources:
        try:
            await source.page(start, end, page_size=1, repeats=0, on_wait=on_wait)
        except AccessDenied as error:
            refusal = refusal or error
        else:
            return
    if refusal is not None:
        raise refusal


async def _any_orders(
    session: "AmazonSession", end: datetime, marketplace_id: str, on_wait: WaitListener
) -> None:
    """Ask for orders as a sync does: one way that Amazon does not deny is enough."""
    from opside_desktop.amazon.errors import DeniedWithoutCause

    start = end - _ORDERS_OF
    refusal: OpsideError | None = None
    for source in session.orders_sources:
        try:
            await source.page(start, end, marketplace_id=marketplace_id, on_wait=on_wait)
        except AccessDenied as error:
            if refusal is None and not isinstance(error, DeniedWithoutCause):
                raise
            refusal = refusal or error
        else:
            return
    if refusal is not None:
        raise refusal


class _QuotaUsedUp(Exception):
    """Amazon's quota would make a test wait for minutes, as in the middle of a long sync."""


def _refuse_to_wait(
    session: "AmazonSession", dataset: Dataset, clock: Clock, wait: Wait | None
) -> None:
    if wait is None:
        return
    if wait.reason is WaitReason.QUOTA and session.seconds_for(dataset, 0) > _LONGEST_WAIT_S:
        raise _QuotaUsedUp
    left_s = wait.until.timestamp() - clock.now()
    if wait.reason is WaitReason.RETRY and left_s > _LONGEST_WAIT_S:
        raise AmazonUnavailable(
            f"Amazon does not answer for {dataset} at present.",
            why=wait.why,
            fix="Test the connection again later.",
        )
