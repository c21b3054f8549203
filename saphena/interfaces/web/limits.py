"""How often a secret may be guessed: token buckets by address and by account."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from saphena.interfaces.web.problems import refusal

MOST_KEYS = 100_000
"""So many addresses are remembered; the one seen longest ago is forgotten first."""


class Buckets:
    """For each key a bucket of ``size`` tries that fills up again at so many a minute."""

    def __init__(self, size: int, a_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.size, self.a_second, self.clock = size, a_minute / 60, clock
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def wait(self, key: str) -> int:
        """Seconds until there is a try; 0 if there is one."""
        with self._lock:
            return max(0, math.ceil((1 - self._left(key)) / self.a_second))

    def take(self, key: str) -> None:
        """One try less."""
        with self._lock:
            self._keep(key, max(0.0, self._left(key) - 1))

    def _left(self, key: str) -> float:
        left, then = self._held.get(key, (float(self.size), 0.0))
        return min(float(self.size), left + (self.clock() - then) * self.a_second) if key in self._held else left

    def _keep(self, key: str, left: float) -> None:
        self._held[key] = (left, self.clock())
        self._held.move_to_end(key)
        if len(self._held) > MOST_KEYS:
            self._held.popitem(last=False)


@dataclass(frozen=True)
class Guessable:
    """Addresses behind which a secret can be guessed, and which answers mean that it was wrong."""

    prefix: str
    wrong: frozenset[int]


SECRETS = (
    Guessable("/enter", frozenset((401, 403, 422))),
    Guessable("/password", frozenset((401, 403, 422))),
    Guessable("/handover", frozenset((401, 403, 404, 410, 422))),
    Guessable("/api/v1/handover", frozenset((401, 403, 404, 410, 422))),
    Guessable("/interview/", frozenset((401, 403, 404, 410))),
    Guessable("/diary/", frozenset((401, 403, 404, 410))),
    Guessable("/api/", frozenset((401,))),
)
"""The first that fits counts."""


class Brakes:
    """Slows down whoever guesses; whoever is right is never counted."""

    def __init__(self, app: ASGIApp, wrong_tries: int) -> None:
        self.app = app
        self.buckets = Buckets(wrong_tries, a_minute=max(1.0, wrong_tries / 3))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or say when to try again."""
        secret = _secret(scope["path"]) if scope["type"] == "http" else None
        if secret is None:
            await self.app(scope, receive, send)
            return
        key = f"{secret.prefix} {(scope.get('client') or ('', 0))[0]}"
        wait = self.buckets.wait(key)
        if wait:
            words = f"Too many wrong tries. Wait {wait} seconds and try again."
            await refusal(scope["path"], 429, words, {"Retry-After": str(wait)})(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in secret.wrong:
                self.buckets.take(key)
            await send(message)

        await self.app(scope, receive, answer)


def _secret(path: str) -> Guessable | None:
    return next((one for one in SECRETS if path.startswith(one.prefix)), None)
