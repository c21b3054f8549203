"""The connection of one browser: cut off if it does not say in time what it wants."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol


def impatient(seconds: float) -> type[H11Protocol]:
    """HTTP whose clients have so many seconds for the head of each request; bodies are timed by ``Guard``."""

    class Impatient(H11Protocol):
        _cut: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._cut = self.loop.call_later(seconds, self._close_if_waiting)

        def data_received(self, data: bytes) -> None:
            if self._cut is None:  # The first bytes of another request.
                self._cut = self.loop.call_later(seconds, self._close_if_waiting)
            before = self.cycle
            super().data_received(data)
            if self.cycle is not before:
                self._stop_clock()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_clock()
            super().connection_lost(exc)

        def _stop_clock(self) -> None:
            if self._cut is not None:
                self._cut.cancel()
                self._cut = None

        def _close_if_waiting(self) -> None:
            self._cut = None
            if self.cycle is None or self.cycle.response_complete:
                self.transport.close()

    return Impatient
