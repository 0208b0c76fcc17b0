"""Who asks: signed tokens (JWT, HS256) and the user they name."""

import secrets
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import jwt
from jwt.types import Options

from opside_desktop.domain.clock import SYSTEM_CLOCK, Clock
from opside_desktop.domain.errors import SettingsFault
from opside_desktop.domain.ids import ExternalUserId, UserId, external_user_id, stored_user_id

SHORTEST_SECRET: Final = 32
"""Characters a key must have, so that nobody finds it by trying."""

_ALGORITHM: Final = "HS256"
_USER_CLAIMS: Final = ("id", "user_id", "userId", "sub")
_LEEWAY_S: Final = 10
"""The clocks of two computers may differ so much."""

_FAR_OFF: Final = 2**53
"""A later end of a token is no other; what is larger is no clock's number."""

_CHECKS: Final[Options] = {
    "verify_signature": True,
    "verify_exp": True,
    "verify_nbf": True,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


@dataclass(frozen=True)
class User:
    """Who asks, and until when the token is taken (seconds since 1970; None: for ever)."""

    external: ExternalUserId
    until: int | None = None

    @cached_property
    def user_id(self) -> UserId:
        """Whose rows they may see."""
        return stored_user_id(self.external)


class BadToken(Exception):
    """The token names nobody. Why is told to nobody either."""


def check_secret(secret: str) -> str:
    """Give the key back if it is long enough.

    Raises:
        SettingsFault: it is missing or too short.
    """
    if len(secret) < SHORTEST_SECRET:
        raise SettingsFault(
            "The HTTP API cannot start without a key for its tokens."
            if not secret
            else "The key for the tokens of the HTTP API is too short.",
            why="Without a good key anybody could read and change your rows.",
            fix=f"Set JWT_SECRET to at least {SHORTEST_SECRET} random characters.",
        )
    return secret


def new_secret() -> str:
    """Make a random key."""
    return secrets.token_urlsafe(SHORTEST_SECRET)


def make_token(
    secret: str,
    user: ExternalUserId,
    *,
    lasts_s: float | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> str:
    """Make a token that names a user.

    Args:
        secret: the server's key.
        lasts_s: after so many seconds it is refused; None: never.
    """
    now = clock.now()
    claims: dict[str, Any] = {"sub": user, "iat": int(now)}
    if lasts_s is not None:
        claims["exp"] = int(now + lasts_s)
    return jwt.encode(claims, check_secret(secret), algorithm=_ALGORITHM)


def user_of(token: str, secret: str) -> User:
    """Read a token.

    Raises:
        BadToken: it is forged, expired, not valid yet, or names no user.
    """
    try:
        claims = jwt.decode(
            token, secret, algorithms=[_ALGORITHM], options=_CHECKS, leeway=_LEEWAY_S
        )
    except (jwt.PyJWTError, ValueError, TypeError, ArithmeticError, RecursionError):
        raise BadToken from None
    for moment in ("exp", "nbf"):
        # The library reads texts and truth values as numbers too.
        if moment in claims and type(claims[moment]) not in (int, float):
            raise BadToken
    until = min(int(claims["exp"]) + _LEEWAY_S, _FAR_OFF) if "exp" in claims else None
    for claim in _USER_CLAIMS:
        name = claims.get(claim)
        if isinstance(name, str) and name.strip():
            try:
                return User(external_user_id(name), until)
            except ValueError:
                raise BadToken from None
    raise BadToken
