"""Many clinicians at once on a real server; how fast it is, is measured by hand and not here."""

import asyncio
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks import serve_load


def test_many_clinicians_at_once_are_all_answered(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-u",
        "-m",
        "saphena",
        "serve",
        "--port",
        "0",
        "--database",
        f"sqlite:///{tmp_path}/r.db",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"(http://\S+?)/enter\?token=(\S+)", server.stdout.readline())
            assert found
            with ThreadPoolExecutor(1) as apart:  # A browser of other tests may keep a loop running in this thread.
                traffic = serve_load.traffic(found[1], found[2], clinicians=20, seconds=3, wait=1)
                told = apart.submit(asyncio.run, traffic).result()
        finally:
            server.terminate()
    assert not told.errors
    assert {"differential beside the form", "assess by the API"} <= set(told.seconds)
    assert sum(map(len, told.seconds.values())) >= 20
