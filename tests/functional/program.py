"""The program, called with words: in this process where that is all, in one of its own where more belongs to it.

Starting Python and importing takes longer than most commands. Every test that depends on the environment,
the folder or the end of a stream gets a process of its own (``own_process``, ``environment``, ``cwd``).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from saphena.inference import subset
from saphena.interfaces.cli.app import main

REFUSED = 2
"""Exit status for input that is refused."""
LATEST = 300
"""Seconds that a command may take."""


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def run(
    *words: str | Path,
    given: str | bytes = b"",
    cwd: Path | None = None,
    environment: dict[str, str] | None = None,
    own_process: bool = False,
) -> Done:
    """One call of the program, with what it printed."""
    clean = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "FORCE_COLOR", "NO_COLOR")}
    bytes_given = given.encode() if isinstance(given, str) else given
    if own_process or cwd is not None or (environment or {}).keys() - {"COLUMNS"}:
        status, out, err = _in_its_own(words, bytes_given, cwd, clean | (environment or {}))
    else:
        status, out, err = _in_this(words, bytes_given, clean | (environment or {}))
    done = Done(status, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done


def _in_its_own(
    words: tuple[str | Path, ...], given: bytes, cwd: Path | None, environment: dict[str, str]
) -> tuple[int, bytes, bytes]:
    done = subprocess.run(
        [sys.executable, "-m", "saphena", *map(str, words)],
        input=given,
        capture_output=True,
        cwd=cwd,
        env=environment,
        timeout=LATEST,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def _in_this(words: tuple[str | Path, ...], given: bytes, environment: dict[str, str]) -> tuple[int, bytes, bytes]:
    streams = [TextIOWrapper(BytesIO(data), encoding="utf-8") for data in (given, b"", b"")]
    with (
        patch.dict(os.environ, environment, clear=True),
        patch.object(sys, "argv", ["saphena", *map(str, words)]),
        patch.object(sys, "stdin", streams[0]),
        patch.object(sys, "stdout", streams[1]),
        patch.object(sys, "stderr", streams[2]),
        patch.object(subset, "_loading", subset._Loading()),
    ):
        try:
            main()
            status: object = 0
        except SystemExit as end:
            status = end.code
        for stream in streams[1:]:
            stream.flush()
    out, err = (stream.buffer for stream in streams[1:])
    assert isinstance(out, BytesIO)
    assert isinstance(err, BytesIO)
    return status if isinstance(status, int) else int(status is not None), out.getvalue(), err.getvalue()


def in_one_line(text: str) -> str:
    return " ".join(text.split())


def refused(*words: str | Path, given: str | bytes = b"") -> str:
    """What it says when it refuses: on standard error, with status 2, and nothing else."""
    done = run(*words, given=given, environment={"COLUMNS": "100"})
    assert (done.returncode, done.stdout) == (REFUSED, ""), done.stdout
    assert re.match(r"(One fault|\d+ faults); nothing was done\.\n", done.stderr), done.stderr
    return in_one_line(done.stderr)
