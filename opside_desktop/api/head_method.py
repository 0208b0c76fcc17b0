"""HEAD: the head of what GET answers. The framework would call it a wrong method."""

from typing import cast

from litestar.types import ASGIApp, Message, Receive, Scope, Send


def with_head(app: ASGIApp) -> ASGIApp:
    """Answer HEAD wherever an application answers GET, and say so where the methods are listed."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        is_head = scope.get("method") == "HEAD"
        has_ended = False

        async def send_head(message: Message) -> None:
            nonlocal has_ended
            if message["type"] == "http.response.start":
                message["headers"] = [_with_head(*header) for header in message.get("headers", [])]
            elif is_head and message["type"] == "http.response.body":
                if has_ended:
                    return
                # A stream would go on; whoever sends it now hears that nobody listens.
                has_ended = True
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        if is_head:
            scope = cast("Scope", {**scope, "method": "GET"})
        await app(scope, receive, send_head)

    return answer


def _with_head(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    if name.lower() != b"allow":
        return name, value
    methods = [method.strip() for method in value.split(b",")]
    if b"GET" in methods and b"HEAD" not in methods:
        methods.append(b"HEAD")
    return name, b", ".join(methods)
