"""Amazon: whether it accepts the permission, and what time it has."""

import asyncio
from typing import TYPE_CHECKING, Final

from opside_desktop.diagnosis.check import CheckResult, Doubtful, State
from opside_desktop.domain.accounts import Account
from opside_desktop.domain.clock import Clock
from opside_desktop.domain.errors import KeyStoreFault, NetworkDown
from opside_desktop.program import Program

if TYPE_CHECKING:
    from opside_desktop.domain.waits import Wait

CLOCK_OFF_S: Final = 60.0
"""Amazon refuses times that lie in its future, and ours decide how far a sync reads."""


async def check_amazon(program: Program, clock: Clock, limit_s: float) -> list[CheckResult]:
    """Exchange the user's permission, and compare this computer's clock with Amazon's."""
    account = await program.connections.account(program.settings.user)
    if account is None or program.connections.credential_source(account) is None:
        raise Doubtful(
            f"No account is connected for the user {program.settings.user}.",
            fix="Run `opside-desktop accounts add`.",
        )
    try:
        return await _ask_amazon(program, account, clock, limit_s)
    except KeyStoreFault:
        # What is wrong with the key store has its own line.
        raise Doubtful(
            "Amazon was not asked, because the account's secrets lie in the key store."
        ) from None


async def _ask_amazon(
    program: Program, account: Account, clock: Clock, limit_s: float
) -> list[CheckResult]:
    waits: list[Wait] = []
    async with await program.connections.open(account) as session:
        try:
            async with asyncio.timeout(limit_s):
                await session.sign_in(lambda wait: waits.append(wait) if wait else None)
        except TimeoutError:
            raise NetworkDown(
                f"Amazon did not answer within {limit_s:g} seconds.",
                why=waits[-1].why if waits else "",
                fix="See whether this computer is online, and whether a firewall or a proxy stands "
                "in between.",
            ) from None
        off_s = clock.now() - session.now().timestamp()
    source = program.connections.credential_source(account)
    host = program.connections.endpoint(account)
    mark = f" MOCK ({host.mock_scenario})." if host.is_mock else ""
    accepted = f"The permission is accepted (secrets from the {source}).{mark}"
    timed = CheckResult("Clock", State.OK, "This computer's clock agrees with Amazon's.")
    if abs(off_s) > CLOCK_OFF_S:
        way = "ahead of" if off_s > 0 else "behind"
        timed = CheckResult(
            "Clock",
            State.FAILED,
            f"This computer's clock is {abs(off_s):,.0f} s {way} Amazon's.",
            "Let the system set the clock from the network.",
        )
    return [CheckResult("Amazon", State.OK, accepted), timed]
