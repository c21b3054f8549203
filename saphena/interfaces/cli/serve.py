"""``saphena serve``: the web application on this computer."""

from __future__ import annotations

from typing import Annotated, Literal

import typer


def serve_command(
    host: Annotated[str | None, typer.Option(help="Address to listen on; this computer only by default.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes any free one.")] = None,
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="sqlite:///FILE or postgresql://USER@HOST/NAME.")
    ] = None,
    mode: Annotated[
        Literal["local", "clinic"] | None, typer.Option(help="local: one person; clinic: accounts with roles.")
    ] = None,
    country: Annotated[str | None, typer.Option(help="Two letters; decides the emergency number shown.")] = None,
) -> None:
    """Serve the pages on this computer; nothing is opened to the network by itself.

    Every option may also be set in the environment: SAPHENA_HOST, SAPHENA_PORT, SAPHENA_DATABASE, SAPHENA_MODE,
    SAPHENA_COUNTRY; and there SAPHENA_SECURE, SAPHENA_HOSTS, SAPHENA_REPORT_TO, SAPHENA_BODY_LIMIT.
    """
    # Imported here: the other commands need no web framework, and start faster without it.
    from saphena.interfaces.cli import kernels
    from saphena.interfaces.web.serve import serve
    from saphena.interfaces.web.settings import Settings

    # Nobody who answers a question waits until the fast kernels are compiled.
    if kernels.without_waiting():
        kernels.compile_beside()
    kernels.warm_when_ready()
    serve(Settings.read({"host": host, "port": port, "database": database, "mode": mode, "country": country}))
