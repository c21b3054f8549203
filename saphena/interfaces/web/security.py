"""What every answer and every request is held to: headers, origin, size, time."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SLOWEST = 30.0
"""Seconds within which the body of a request must have come."""


class Guard:
    """Refuses what comes from other sites, is too large or too slow; sets the headers of every answer."""

    def __init__(self, app: ASGIApp, body_limit: int, secure: bool) -> None:
        self.app, self.body_limit, self.secure = app, body_limit, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if not scope["path"].startswith("/static/"):
                    headers.setdefault("Cache-Control", "no-store")
                if self.secure:
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        refused = self._refusal(scope)
        if refused is not None:
            await refused(scope, receive, answer)
            return
        try:
            body = await asyncio.wait_for(self._body(receive), SLOWEST)
        except TimeoutError:
            await PlainTextResponse("The request took too long to arrive. Send it again.", 408)(scope, receive, answer)
            return
        if body is None:
            limit = f"The request is larger than {self.body_limit} bytes. Send less at once."
            await PlainTextResponse(limit, 413)(scope, receive, answer)
            return
        await self.app(scope, _once(body, receive), answer)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        """A request that another site made the browser send."""
        headers = Headers(scope=scope)
        if scope["method"] in SAFE_METHODS:
            return None
        site = headers.get("sec-fetch-site")
        origin = headers.get("origin")
        by_browser = site in ("same-origin", "none")
        by_address = site is None and (origin is None or urlsplit(origin).netloc == headers.get("host"))
        if by_browser or by_address:
            return None
        return PlainTextResponse("This form was sent from another site. Open Saphena itself.", 403)

    async def _body(self, receive: Receive) -> bytes | None:
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return b"".join(parts)
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self.body_limit:
                return None
            if not message.get("more_body", False):
                return b"".join(parts)


def _once(body: bytes, receive: Receive) -> Receive:
    """The body that was read, then whatever comes after it."""
    left = [body]

    async def again() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return again
