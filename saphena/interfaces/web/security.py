"""What every answer and every request is held to: headers, origin, size, time, and what a fault of ours tells."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from saphena.interfaces.web.problems import refusal

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
log = logging.getLogger("saphena.web")


class Guard:
    """Refuses what comes from other sites, is too large or too slow; sets the headers of every answer."""

    def __init__(
        self,
        app: ASGIApp,
        body_limit: int,
        secure: bool,
        slowest: float,
        broken: Callable[[Request], Response],
    ) -> None:
        self.app, self.body_limit, self.secure = app, body_limit, secure
        self.slowest, self.broken = slowest, broken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def answer(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if not scope["path"].startswith("/static/"):
                    headers.setdefault("Cache-Control", "no-store")
                if self.secure:
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        try:
            await self._serve(scope, receive, answer)
        except Exception as error:
            log.error("%s", _where(error))  # noqa: TRY400 - its words may hold what somebody entered
            if begun:
                raise ConnectionError from None
            await self.broken(Request(scope))(scope, receive, answer)

    async def _serve(self, scope: Scope, receive: Receive, answer: Send) -> None:
        path = scope["path"]
        if self._from_elsewhere(scope):
            words = "This form was sent from another site. Open Saphena itself."
            await refusal(path, 403, words)(scope, receive, answer)
            return
        try:
            body = await asyncio.wait_for(self._body(receive), self.slowest)
        except TimeoutError:
            words = "The request took too long to arrive. Send it again."
            await refusal(path, 408, words, {"Connection": "close"})(scope, receive, answer)
            return
        if body is None:
            words = f"The request is larger than {self.body_limit} bytes. Send less at once."
            await refusal(path, 413, words, {"Connection": "close"})(scope, receive, answer)
            return
        await self.app(scope, _once(body, receive), answer)

    def _from_elsewhere(self, scope: Scope) -> bool:
        """A request that another site made the browser send."""
        headers = Headers(scope=scope)
        if scope["method"] in SAFE_METHODS:
            return False
        site = headers.get("sec-fetch-site")
        origin = headers.get("origin")
        by_browser = site in ("same-origin", "none")
        by_address = site is None and (origin is None or urlsplit(origin).netloc == headers.get("host"))
        return not (by_browser or by_address)

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


class Compressed(GZipMiddleware):
    """Compresses answers, but for those to an address with a query.

    The length of a compressed answer tells whether what a stranger chose stands in it twice (BREACH): whoever can make
    a browser ask with words of theirs, and can watch the line, could spell out a name in the list of patients. Another
    site can open an address with a query of its choice, and pages repeat it in their links to the other language. It
    can choose nothing in an address without one, and ``Guard`` answers no form from elsewhere.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await (self.app if scope.get("query_string") else super().__call__)(scope, receive, send)


def _where(error: Exception) -> str:
    """What kind of fault and in which lines: never its words, which may hold what somebody entered."""
    frames = traceback.extract_tb(error.__traceback__)
    return "\n".join([type(error).__name__, *(f"  {one.filename}:{one.lineno} {one.name}" for one in frames)])


def _once(body: bytes, receive: Receive) -> Receive:
    """The body that was read, then whatever comes after it."""
    left = [body]

    async def again() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return again
