"""CORS: which web pages may read the answers in a browser.

The framework's own would refuse another page's question in plain text instead of the contract's
body, and would not tell caches that answers without an origin differ from those with one.
"""

from litestar.types import ASGIApp, Message, Receive, Scope, Send


class Cors:
    """Tells browsers that the web pages of named origins may use the answers."""

    def __init__(self, app: ASGIApp, origins: frozenset[str]) -> None:
        """Take the origins, as browsers spell them: scheme, host and port."""
        self._app = app
        self._origins = {origin.encode("ascii"): origin for origin in origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer a browser's question about it."""
        if not self._origins:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        origin = headers.get(b"origin")
        allowed = [(b"vary", b"Origin")]
        if origin is not None and origin in self._origins:
            allowed += [
                (b"access-control-allow-origin", origin),
                (b"access-control-allow-credentials", b"true"),
            ]

        async def send_allowed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *allowed]
            await send(message)

        asks = scope.get("method") == "OPTIONS" and b"access-control-request-method" in headers
        if not asks or len(allowed) == 1:
            await self._app(scope, receive, send_allowed)
            return
        preflight = [
            (b"access-control-allow-methods", b"GET, POST"),
            (b"access-control-allow-headers", b"Authorization, Content-Type"),
            (b"access-control-max-age", b"600"),
        ]
        await send_allowed({"type": "http.response.start", "status": 204, "headers": preflight})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
