"""A PostgreSQL server of the tests' own: Debian's program, a folder that goes away, a port that is free."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


def binaries() -> Path | None:
    """Where Debian keeps the newest PostgreSQL, if it is installed."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(found, key=lambda path: int(path.parent.name), default=None)


@contextmanager
def started(programs: Path) -> Iterator[str]:
    """Address of a running server, without the name of a database; the server refuses to run as root."""
    user = "postgres" if os.getuid() == 0 else None
    memory = Path("/dev/shm")  # A database is a thousand files, which a disk takes its time over.
    home = Path(tempfile.mkdtemp(prefix="saphena-pg-", dir=memory if os.access(memory, os.W_OK) else None))
    if user is not None:
        shutil.chown(home, user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = home / "data"
    try:
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "saphena", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
            user=user, check=True, capture_output=True, cwd=home,
        )  # fmt: skip
        # Only clients are killed here, never the server, so it need not wait for the disk.
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, "-k", home, "-p", str(port), "-c", "listen_addresses=127.0.0.1",
             "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=60"],
            user=user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=home,
        )  # fmt: skip
        try:
            address = f"postgresql://saphena@127.0.0.1:{port}"
            _answering(address, server)
            yield address
        finally:
            server.send_signal(signal.SIGQUIT)  # At once: nothing of it is kept.
            server.wait(30)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _answering(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(3000):
        try:
            psycopg.connect(f"{address}/postgres", connect_timeout=5).close()
        except psycopg.OperationalError:
            try:
                server.wait(0.01)
            except subprocess.TimeoutExpired:
                continue
            raise
        else:
            return
    raise TimeoutError("PostgreSQL does not answer")
