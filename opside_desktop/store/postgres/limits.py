"""How long a server may be silent while it is waited for."""

import asyncio


class StatementLimit:
    """Gives up a connection whose server takes too long for a statement, or for its next rows.

    `was_given_up` says that it was given up because another one waited too long.
    """

    def __init__(self, timeout: asyncio.Timeout, limit_s: float | None) -> None:
        self._timeout = timeout
        self._limit_s = limit_s
        self.was_given_up = False

    def begin(self) -> None:
        """Wait for the server from now on; without a limit for as long as it takes."""
        if self._limit_s is not None:
            self._until(asyncio.get_running_loop().time() + self._limit_s)

    def pause(self) -> None:
        """Do not wait for the server: it has nothing to do for us."""
        self._until(None)

    def give_up(self) -> None:
        """Wait no longer, whatever begins from now on."""
        self._until(asyncio.get_running_loop().time())
        self.was_given_up = True

    def _until(self, moment: float | None) -> None:
        if not (self.was_given_up or self._timeout.expired()):
            self._timeout.reschedule(moment)
