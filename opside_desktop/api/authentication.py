"""Who may ask: the identity of a request, and which web pages it may come from."""

from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import ASGIApp

from opside_desktop.api.tokens import BadToken, User, user_of
from opside_desktop.domain.accounts import is_loopback
from opside_desktop.domain.ids import DEMO_USER

COOKIE: Final = "session_token"
_CHANGING: Final = ("POST", "PUT", "PATCH", "DELETE")


class Authentication(AbstractAuthenticationMiddleware):
    """Lets in requests with a good token, first; then looks at the web page they come from."""

    def __init__(
        self, app: ASGIApp, *, secret: str, demo_user: bool, origins: frozenset[str]
    ) -> None:
        """Take the tokens' key, and whether requests without any credential are `demo-user`'s."""
        super().__init__(app)
        self._secret = secret
        self._demo_user = demo_user
        self._origins = origins

    async def authenticate_request(
        self, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> AuthenticationResult:
        """Find the user.

        Raises:
            NotAuthorizedException: the request has no good token.
            PermissionDeniedException: another web page sent it with the browser's cookie.
        """
        kind, user = self._identity(connection)
        if kind != "bearer" and connection.scope.get("method") in _CHANGING:
            self._check_origin(connection)
        return AuthenticationResult(user=user, auth=kind)

    def _identity(self, connection: ASGIConnection[Any, Any, Any, Any]) -> tuple[str, User]:
        given = connection.headers.getall("authorization", [])
        try:
            # Of two, another program on the way may have looked at the other one.
            if len(given) > 1:
                raise BadToken
            scheme, _, credentials = "".join(given).strip().partition(" ")
            if scheme.lower() == "bearer":
                return "bearer", user_of(credentials.strip(), self._secret)
            token = _cookie(connection.headers.getall("cookie", []))
            if token is not None:
                return "cookie", user_of(token, self._secret)
        except BadToken:
            pass
        else:
            if not given and self._demo_user and self._is_asked_by_own_name(connection):
                return "nothing", User(DEMO_USER)
        raise NotAuthorizedException(headers={"WWW-Authenticate": "Bearer"})

    def _check_origin(self, connection: ASGIConnection[Any, Any, Any, Any]) -> None:
        own = f"{connection.scope['scheme']}://{connection.headers.get('host', '')}"
        for origin in connection.headers.getall("origin", []):
            if origin in self._origins:
                continue
            if origin.lower() != own.lower() or not self._is_asked_by_own_name(connection):
                raise PermissionDeniedException

    def _is_asked_by_own_name(self, connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
        """Tell whether the address in the browser can be ours.

        Any web page may give its own name the address of this computer (DNS rebinding), and is
        then of one origin with what answers there.
        """
        server = connection.scope.get("server")
        if server is None or not is_loopback(f"//{_bracketed(server[0])}"):
            return True
        host = connection.headers.get("host", "").lower()
        if not host or any(origin.partition("://")[2] == host for origin in self._origins):
            return True
        try:
            return is_loopback(f"//{host}")
        except ValueError:
            return False


def _cookie(headers: list[str]) -> str | None:
    """Find the token among the cookies, which a proxy may have sent on in several headers.

    Of several the first counts: browsers send the one of the closest path first. None: there is no
    such cookie.
    """
    for part in "; ".join(headers).split(";"):
        name, equals, value = part.partition("=")
        if equals and name.strip() == COOKIE:
            return value.strip().strip('"')
    return None


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
