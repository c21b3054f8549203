"""The server of the web application."""

from __future__ import annotations

import asyncio
import logging
import os
import socket

import anyio.to_thread
import typer
import uvicorn
from threadpoolctl import threadpool_limits

from saphena.faults import Fault, Faulty
from saphena.interfaces.web.app import create_app
from saphena.interfaces.web.listening import impatient
from saphena.interfaces.web.settings import Settings

KEPT_OPEN = 75
"""Seconds until an idle connection is closed: later than browsers' pauses between two answers, and than a proxy closes its own."""
QUEUE = 2048
"""Connections that may wait until somebody is there to answer."""
THREADS_OF_A_CORE = 2
"""One computes while another waits for the database."""


def serve(settings: Settings) -> None:
    """Serve until it is stopped. Raises ``Faulty`` where the address cannot be listened on."""
    listening = _listen(settings)
    app = create_app(settings)
    shown = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared, not opened
    address = f"http://{shown}:{listening.getsockname()[1]}/"
    typer.echo(f"Open {address}enter?token={app.state.doors.token}" if settings.mode == "local" else f"Open {address}")
    typer.echo("It runs until you press Ctrl+C.")
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    # Addresses may hold what somebody looked for, so requests are not logged.
    config = uvicorn.Config(
        app,
        http=impatient(settings.slowest),
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=KEPT_OPEN,
    )
    try:
        # One request, one core: many answer many clinicians sooner than each of them on every core.
        with threadpool_limits(1):
            asyncio.run(_answer(uvicorn.Server(config), listening))
    finally:
        app.state.record.close()


async def _answer(server: uvicorn.Server, listening: socket.socket) -> None:
    """As many requests at a time as there is something to answer them with; the others wait, and take no memory."""
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS_OF_A_CORE * (os.cpu_count() or 1)
    await server.serve([listening])


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(QUEUE)  # Before the address is shown: who opens it at once waits, and is not refused.
    except OSError as error:
        raise Faulty(
            [
                Fault(
                    "settings",
                    None,
                    "port",
                    f"{settings.host}:{settings.port} cannot be listened on ({error.strerror})",
                    "Stop what uses it, or give another with --port; 0 takes any free one",
                )
            ]
        ) from None
    return listening
