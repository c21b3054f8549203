"""The compiled kernels of inference: are they there, and if not, compile them beside what the user does.

numba compiles on first use, which takes a minute for what one case needs and as long again for batches, and
keeps the result next to the module (or in ``NUMBA_CACHE_DIR``). A first answer does not wait for that: it is
worked out in NumPy, and the kernels are compiled by a process of their own, once. ``SAPHENA_COMPILE=never``
leaves that to ``saphena compile``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from saphena.inference import subset

NEEDED = {"order_steps": "plan", "run_serial": "kernels", "run_parallel": "kernels"}
"""Compiled function -> module that holds its source."""
PATIENCE = 600.0
"""Seconds after which another process may try to compile."""
FIRST_PAGE = 5.0
"""Seconds that a server has for its first page, before it loads anything beside."""
LOOKS = 2.0
"""Seconds between two looks whether the kernels are there."""


def ready() -> bool:
    """Are the kernels compiled, as far as the files tell?"""
    kept = [(file.name, file.stat().st_mtime) for folder in _folders() for file in folder.glob("*.nbi")]
    return all(
        any(f".{name}-" in file and when >= _source(module).stat().st_mtime for file, when in kept)
        for name, module in NEEDED.items()
    )


def _source(module: str) -> Path:
    return _home() / f"{module}.py"


def _home() -> Path:
    return Path(subset.__file__).parent


def _folders() -> list[Path]:
    elsewhere = os.environ.get("NUMBA_CACHE_DIR")
    return list(Path(elsewhere).glob("*")) if elsewhere else [_home() / "__pycache__"]


def compile_now() -> None:
    """Compile every kernel, by solving a small case of each kind; first those that one case needs."""
    from saphena.case import Case
    from saphena.inference.batch import posterior_batch
    from saphena.model.store import load_model

    warm()
    posterior_batch(load_model(), [Case(age=50, sex="female", setting="primary_care")])


def warm() -> None:
    """Have what one case needs at hand: compiled, or read from where it was kept."""
    import numpy as np

    from saphena.inference import kernels
    from saphena.inference.evidence import Evidence

    for doubt in (0.0, 0.5):
        evidence = Evidence(
            prior=np.full(2, 0.1),
            condition_of=np.arange(2),
            link=np.full((2, 2, 2), 0.5),
            leak=np.full((2, 2), 0.5),
            lowest=np.array([1, 0]),
            highest=np.array([1, 0]),
            mechanism_leak=np.full(1, 0.1),
            mechanism_prior=np.full((2, 1), 0.5),
            mechanism_link=np.full((1, 2, 2), 0.5),
            soft=np.ones(2),
            mechanism_soft=np.ones(1),
            doubt=np.full(2, doubt),
        )
        programme = subset.SubsetProgramme(evidence, "compiled")
        programme.marginals(programme.base)
        programme.marginals(programme.base.repeat(kernels.PARALLEL_FROM // programme.states + 1))


def warm_when_ready() -> None:
    """In a thread beside what this process does, as soon as the kernels are compiled.

    A process that answers one case never loads them for a small one, which NumPy has sooner. One that stays answers
    every case several times faster with them.
    """

    def wait() -> None:
        until = time.monotonic() + PATIENCE
        time.sleep(FIRST_PAGE)
        while not ready():
            if time.monotonic() > until:
                return
            time.sleep(LOOKS)
        warm()

    threading.Thread(target=wait, daemon=True).start()


def without_waiting() -> bool:
    """Keep this process from compiling; True if the kernels are still to be compiled."""
    if ready():
        return False
    subset.stay_with_numpy()
    return True


def compile_beside() -> None:
    """Compile in a process of its own that outlives this one; nothing is printed, and where nothing can be kept
    nothing is tried."""
    if os.environ.get("SAPHENA_COMPILE") == "never":
        return
    mark = Path(os.environ.get("NUMBA_CACHE_DIR") or _home() / "__pycache__") / "saphena.compiling"
    try:
        if mark.exists() and time.time() - mark.stat().st_mtime < PATIENCE:
            return
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
    except OSError:
        return
    subprocess.Popen(
        [sys.executable, "-m", "saphena", "compile"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
