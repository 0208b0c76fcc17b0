"""A session: everything one seller's account can be asked, on one line to Amazon."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Self

from opside_desktop.amazon.client import Client
from opside_desktop.amazon.finances_2024 import Finances2024
from opside_desktop.amazon.finances_v0 import FinancesV0
from opside_desktop.amazon.inventory import Inventory
from opside_desktop.amazon.orders_2026 import Orders2026
from opside_desktop.amazon.orders_v0 import OrdersV0
from opside_desktop.amazon.pacing import Pacer
from opside_desktop.amazon.sellers import Sellers
from opside_desktop.amazon.selling_partner import SellingPartner
from opside_desktop.amazon.timings import Limits
from opside_desktop.domain.accounts import AmazonSecrets, Endpoint
from opside_desktop.domain.clock import Clock
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.waits import WaitListener, unheard

if TYPE_CHECKING:
    from opside_desktop.amazon.finances import FinancesSource
    from opside_desktop.amazon.orders import OrdersSource

FinancesApi = Literal["2024-06-19", "v0"]
OrdersApi = Literal["2026-01-01", "v0"]

SeeSeller = Callable[["AmazonSession", WaitListener], Awaitable[None]]
"""Sees that a session is of the seller who is meant."""


class AmazonSession:
    """One seller's APIs; nothing is sent yet. Close it, or use it as an async context manager.

    It belongs to one loop.

    Args:
        finances_api, orders_api: the one to begin with; from the newer one there is a way to the
            older.
        pacer: the one of this account and base URL, shared by all its sessions.
        on_secrets: told when Amazon hands out another refresh token, so that it can be stored.
        see_seller: belongs to signing in; what it raises, that raises.

    Raises:
        SettingsFault: this computer's proxy settings cannot be used.

    Attributes:
        finances_sources: where financial events may come from, the best first.
        finances: the one in use; whoever finds it refused uses the next.
        orders_sources: where orders may come from, the best first.
        orders: the one in use; whoever finds it refused uses the next.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        secrets: AmazonSecrets,
        *,
        pacer: Pacer,
        clock: Clock,
        app_version: str,
        finances_api: FinancesApi = "2024-06-19",
        orders_api: OrdersApi = "2026-01-01",
        limits: Limits | None = None,
        on_secrets: Callable[[AmazonSecrets], None] | None = None,
        see_seller: SeeSeller | None = None,
    ) -> None:
        self._see_seller = see_seller
        client = self._client = Client(
            endpoint,
            secrets,
            pacer=pacer,
            clock=clock,
            app_version=app_version,
            limits=limits or Limits(),
            on_secrets=on_secrets,
        )
        self.sellers = Sellers(client)
        self.selling_partner = SellingPartner(client)
        self.finances_sources: tuple[FinancesSource, ...] = (
            (Finances2024(client), FinancesV0(client))
            if finances_api == "2024-06-19"
            else (FinancesV0(client),)
        )
        self.finances: FinancesSource = self.finances_sources[0]
        self.inventory = Inventory(client)
        older = OrdersV0(client, self.sellers)
        self.orders_sources: tuple[OrdersSource, ...] = (
            (Orders2026(client), Orders2026(client, with_fulfillment=False), older)
            if orders_api == "2026-01-01"
            else (older,)
        )
        self.orders: OrdersSource = self.orders_sources[0]

    async def sign_in(self, on_wait: WaitListener = unheard) -> None:
        """Take an access token, if there is no good one, and see whose it is; see `Login.token`.

        Raises:
            OtherSeller: it is not of the seller who is meant.
        """
        await self._client.login.token(on_wait)
        if self._see_seller is not None:
            await self._see_seller(self, on_wait)
            self._see_seller = None

    def now(self) -> datetime:
        """Tell the time by Amazon's clock, as far as its answers show it."""
        return self._client.server_now()

    def seconds_for(self, dataset: Dataset, pages: int) -> float:
        """Tell how long Amazon's quota makes so many pages of a dataset take from now on."""
        match dataset:
            case Dataset.CLAIMS:
                return self.finances.seconds_for(pages)
            case Dataset.INVENTORY:
                return self.inventory.seconds_for(pages)
            case Dataset.ORDERS:
                return self.orders.seconds_for(pages)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
