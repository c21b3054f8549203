"""Compiled kernels: a first answer never waits for them, and they are compiled beside it, once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from saphena.interfaces.cli import kernels
from tests.conftest import ROOT

ASSESS = [sys.executable, "-m", "saphena", "assess", "examples/evening_heaviness.yaml", "--draws", "0", "--next", "0"]


def run(command: list[str], cache: Path | None, compile_: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SAPHENA_COMPILE": compile_}
    if cache is not None:
        environment["NUMBA_CACHE_DIR"] = str(cache)
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=900)


def test_nothing_is_compiled_where_that_is_forbidden(tmp_path: Path) -> None:
    assert run(ASSESS, tmp_path / "cache", "never").returncode == 0
    assert not (tmp_path / "cache").exists()


def test_a_first_answer_starts_compiling_beside_it_and_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("SAPHENA_COMPILE", "")
    monkeypatch.setattr(subprocess, "Popen", lambda command, **_: started.append(command))
    assert not kernels.ready()
    kernels.compile_beside()
    kernels.compile_beside()
    assert [command[1:] for command in started] == [["-m", "saphena", "compile"]]
    old = time.time() - kernels.PATIENCE - 1
    os.utime(tmp_path / "saphena.compiling", (old, old))
    kernels.compile_beside()
    assert len(started) == 2


def test_where_nothing_can_be_kept_nothing_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file" / "cache"))
    monkeypatch.setenv("SAPHENA_COMPILE", "")
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("started"))
    kernels.compile_beside()


def test_a_server_has_them_as_soon_as_they_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    looks, warmed = iter([False, False, True]), threading.Event()
    monkeypatch.setattr(kernels, "LOOKS", 0.001)
    monkeypatch.setattr(kernels, "ready", lambda: next(looks))
    monkeypatch.setattr(kernels, "warm", warmed.set)
    kernels.warm_when_ready()
    assert warmed.wait(10)
    assert list(looks) == []


def test_compiling_makes_them_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the place where every other test finds them: compiling them twice takes minutes."""
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    done = run([sys.executable, "-m", "saphena", "compile"], None, "never")
    assert done.stdout == "The kernels are compiled.\n", done.stderr
    assert kernels.ready()
