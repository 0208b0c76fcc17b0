"""Login with Amazon (LWA): the refresh token is exchanged for access tokens that live an hour."""

import asyncio
import dataclasses
import logging
import math
import re
from collections.abc import AsyncGenerator, Callable
from typing import Any, TypeGuard, TypeVar

import httpx
import msgspec

from opside_desktop.amazon import repair
from opside_desktop.amazon.headers import request_id_of
from opside_desktop.amazon.retry_policy import RetryPolicy
from opside_desktop.amazon.timings import Limits
from opside_desktop.domain.accounts import AmazonSecrets
from opside_desktop.domain.clock import Clock
from opside_desktop.domain.errors import AmazonUnavailable, AuthRevoked
from opside_desktop.domain.waits import WaitListener, unheard
from opside_desktop.logs.redaction import hide, redact
from opside_desktop.net.reachability import Reachability

log = logging.getLogger(__name__)

T = TypeVar("T")

EARLY_S = 60.0
"""A new access token is taken so long before the old one ends."""


class _Grant(msgspec.Struct):
    access_token: str
    expires_in: Any = None
    refresh_token: Any = None


class _Refusal(msgspec.Struct):
    error: str


_LIFE_S = 3600.0
"""Of an access token of which Amazon does not say how long it lives."""

_DAY_S = 86_400.0


@dataclasses.dataclass(frozen=True, slots=True)
class _AccessToken:
    value: str = dataclasses.field(repr=False)
    taken_at: float
    good_until: float


_PERMISSION = (
    "Amazon no longer accepts the permission of this account.",
    "The refresh token was revoked, has expired or was not pasted whole.",
    "Authorise the app again in Seller Central and reconnect the account with the new token.",
)
_REFUSALS: dict[str, tuple[str, str, str]] = {
    "invalid_grant": _PERMISSION,
    "access_denied": _PERMISSION,
    "invalid_client": (
        "Amazon does not accept the app's client id and client secret.",
        "The secret was renewed, which Amazon demands every 180 days, or one of them is wrong.",
        "Replace the account's secrets with the present ones from Amazon's developer console.",
    ),
    "unauthorized_client": (
        "The refresh token belongs to another app than the client id.",
        "Amazon gives a refresh token to one app only.",
        "Reconnect the account with the three secrets of one and the same app.",
    ),
    "invalid_request": (
        "Amazon could not read the secrets of this account.",
        "One of the three is empty or holds characters that do not belong there.",
        "Reconnect the account and paste the three secrets again.",
    ),
}


_CODE = re.compile(r"[a-z_]{1,40}", re.ASCII)


class Login(httpx.Auth):
    """Keeps one access token for one seller in one region, and signs requests with it.

    However many calls wait, one exchange serves them all. A permission that Amazon refused once
    is not asked for again by this object.

    Args:
        on_secrets: told when Amazon hands out another refresh token, so that it can be kept.
        on_answer: shown each of Amazon's answers here (for its clock).
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        lwa_url: str,
        secrets: AmazonSecrets,
        *,
        reachability: Reachability,
        clock: Clock,
        limits: Limits,
        on_secrets: Callable[[AmazonSecrets], None] | None,
        on_answer: Callable[[httpx.Response], None],
    ) -> None:
        hide(secrets.client_id, secrets.client_secret, secrets.refresh_token)
        self._http = http
        self._lwa_url = lwa_url
        self._secrets = secrets
        self._reachability = reachability
        self._clock = clock
        self._limits = limits
        self._on_secrets = on_secrets
        self._on_answer = on_answer
        self._lock = asyncio.Lock()
        self._token: _AccessToken | None = None
        self._refused: tuple[str, str, str, str | None] | None = None

    async def token(self, on_wait: WaitListener = unheard) -> str:
        """Give an access token that is good for at least the next minute.

        Raises:
            AuthRevoked: Amazon refuses the refresh token or the app's own secret.
            AmazonUnavailable, NetworkDown: no answer in all the tries.
        """
        if (token := self._present()) is not None:
            return token
        async with self._lock:
            if (token := self._present()) is not None:
                return token
            async with self._reachability.watched():
                self._token = await self._exchange(on_wait)
            return self._token.value

    def forget(self, token: str) -> None:
        """Drop an access token that Amazon refused, unless a newer one has taken its place."""
        if self._token is not None and self._token.value == token:
            self._token = None

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Sign a request. What its answer says of the token is for the caller to tell (`forget`),
        who also decides about repeating the call, because that costs quota.
        """
        request.headers["x-amz-access-token"] = await self.token()
        yield request

    def _present(self) -> str | None:
        if self._refused is not None:
            what, why, fix, request_id = self._refused
            raise AuthRevoked(what, why=why, fix=fix, request_id=request_id)
        token, now = self._token, self._clock.now()
        # Before taken_at: the clock was set back, so nobody knows how old the token is.
        if token is None or not token.taken_at <= now < token.good_until:
            return None
        return token.value

    async def _exchange(self, on_wait: WaitListener) -> _AccessToken:
        retry = RetryPolicy("the sign-in", self._reachability, self._clock, self._limits, on_wait)
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self._secrets.refresh_token,
            "client_id": self._secrets.client_id,
            "client_secret": self._secrets.client_secret,
        }
        unread = 0
        while True:
            answer = await retry.answer(self._http.post(self._lwa_url, data=form))
            if answer is None:
                continue
            self._on_answer(answer)
            request_id = request_id_of(answer)
            log.info("LWA token exchange: %d, request %s", answer.status_code, request_id)
            if answer.is_success:
                grant = _decoded(answer, _grants)
                if grant is not None and _can_be_sent(grant.access_token):
                    return self._accept(grant)
            if (told := _decoded(answer, _refusals)) is not None and _is_final(answer, told.error):
                self._refused = (*_explained(told.error), request_id)
                self._present()
            if told is None and _refuses(answer):
                unread += 1
                if unread == self._limits.refusal_tries:
                    raise _unreadable_refusal(answer.status_code, request_id)
            await retry.fault(
                "Its answer could not be read."
                if answer.is_success
                else f"Its sign-in service answered with status {answer.status_code}.",
                request_id,
            )

    def _accept(self, grant: _Grant) -> _AccessToken:
        if redact(grant.access_token) == grant.access_token:
            hide(grant.access_token)
        new = grant.refresh_token
        if _can_be_sent(new) and new != self._secrets.refresh_token:
            hide(new)
            self._secrets = dataclasses.replace(self._secrets, refresh_token=new)
            if self._on_secrets is not None:
                self._on_secrets(self._secrets)
        now = self._clock.now()
        life_s = _seconds(grant.expires_in)
        return _AccessToken(grant.access_token, now, now + life_s - min(EARLY_S, life_s / 2))


def _refuses(answer: httpx.Response) -> bool:
    return 400 <= answer.status_code < 500 and answer.status_code not in (408, 429)


def _is_final(answer: httpx.Response, code: str) -> bool:
    """Tell whether this is a refusal that no repetition cures."""
    passes = code in ("server_error", "temporarily_unavailable")
    return (answer.is_success or _refuses(answer)) and not passes


def _explained(code: str) -> tuple[str, str, str]:
    return _REFUSALS.get(code) or (
        "Amazon refused to sign this account in.",
        # Anything else than a code, such as the request sent back, could hold the secrets.
        f"Its answer was “{code}”." if _CODE.fullmatch(code) and redact(code) == code else "",
        "Reconnect the account; if that does not help, look for a newer version.",
    )


def _unreadable_refusal(status: int, request_id: str | None) -> AmazonUnavailable:
    return AmazonUnavailable(
        f"The sign-in at Amazon was refused with the status {status}.",
        why="What came with it cannot be read: it may be a proxy's or a network's own page.",
        fix="Check that this network lets the program through, then start the sync again.",
        request_id=request_id,
    )


_grants = msgspec.json.Decoder(_Grant)
_refusals = msgspec.json.Decoder(_Refusal)


def _decoded(answer: httpx.Response, decoder: msgspec.json.Decoder[T]) -> T | None:
    try:
        return repair.decode(decoder.decode, answer.content, "LWA token exchange")
    except repair.UNREADABLE:
        return None


def _can_be_sent(token: Any) -> TypeGuard[str]:
    """Tell whether this is a token, and fits into a header."""
    return isinstance(token, str) and token.isascii() and token.isprintable() and token != ""


def _seconds(told: Any) -> float:
    """Read how long an access token lives, which some write as text; never more than a day."""
    try:
        seconds = float(told)
    except (TypeError, ValueError, OverflowError):
        return _LIFE_S
    return min(seconds, _DAY_S) if math.isfinite(seconds) and seconds > 0 else _LIFE_S
