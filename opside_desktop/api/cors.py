"""CORS: which web pages may read the answers in a browser.

The framework's own would refuse another page's question in plain text instead of the contract's
body, and would not tell caches that answers without an origin differ from those with one.
"""

from collections.abc import Collection

from litestar.types import ASGIApp, Message, Receive, Scope, Send


def with_cors(app: ASGIApp, origins: Collection[str]) -> ASGIApp:
    """Tell browsers that the web pages of these origins may use the answers of an application.

    Args:
        origins: as browsers spell them: scheme, host and port.
    """
    if not origins:
        return app
    named = {origin.encode("ascii") for origin in origins}

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        origin = headers.get(b"origin")
        allowed = [(b"vary", b"Origin")]
        if origin is not None and origin in named:
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
            await app(scope, receive, send_allowed)
            return
        preflight = [
            (b"access-control-allow-methods", b"GET, POST"),
            (b"access-control-allow-headers", b"Authorization, Content-Type"),
            (b"access-control-max-age", b"600"),
        ]
        await send_allowed({"type": "http.response.start", "status": 204, "headers": preflight})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return answer
