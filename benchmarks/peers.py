"""Other engines, each in a process of its own: memory is bounded, and what takes too long is stopped.

Run as a script it needs nothing but the engine: a job comes in as JSON, and each line that goes out
is one timed inference, in processor time of one thread. Building the network is not timed; entering the evidence,
inference and reading all posteriors are.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEMORY = 10 * 2**30
"""Bytes an engine may use."""
ALONE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

Answer = dict[int, float]
"""Condition -> P(present | evidence)."""


@dataclass(frozen=True)
class Timed:
    """One inference of a peer."""

    seconds: float
    posterior: Answer
    evidence: float | None


@dataclass(frozen=True)
class Outcome:
    """What a peer managed within its limits."""

    done: tuple[Timed, ...]
    failure: str
    """Empty, or why there is no more."""


def ask(engine: str, problems: list[dict[str, Any]], limit: float, python: str = sys.executable, **job: Any) -> Outcome:
    """Have ``engine`` solve the problems one after the other, within ``limit`` seconds of processor time each."""
    text = json.dumps({"engine": engine, "problems": problems, "limit": limit, **job})
    command = [python, "-W", "ignore", str(Path(__file__).resolve())]
    whole = 60 + 5 * limit * max(1, len(problems))  # By the clock, in case it does not even compute.
    with subprocess.Popen(  # noqa: S603 - Our own file.
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, **ALONE},
    ) as process:  # fmt: skip
        try:
            out, _ = process.communicate(text, timeout=whole)
            failure = "" if process.returncode == 0 else _why(process.returncode, limit)
        except subprocess.TimeoutExpired:
            process.kill()
            out, _ = process.communicate()
            failure = f"stopped after {whole:g} s by the clock"
    done = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    return Outcome(
        tuple(Timed(d["seconds"], {int(c): p for c, p in d["posterior"].items()}, d["evidence"]) for d in done), failure
    )


def _why(code: int, limit: float) -> str:
    if code == -27:  # SIGPROF
        return f"stopped after {limit:g} s"
    return {3: "not installed", 4: "out of memory"}.get(code, f"ended with status {code}")


# --- the other process ---------------------------------------------------------------------------

Solve = Callable[[dict[str, Any]], tuple[float, Answer, float | None]]


def main() -> None:
    """Solve the problems of standard input."""
    import resource
    import signal

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    job = json.load(sys.stdin)
    try:
        solve: Iterator[tuple[float, Answer, float | None]] = {
            "pyagrum": by_pyagrum,
            "pyagrum_reused": by_pyagrum_reused,
            "pgmpy": by_pgmpy,
        }[job["engine"]](job, lambda: signal.setitimer(signal.ITIMER_PROF, job["limit"]))
        for seconds, posterior, evidence in solve:
            signal.setitimer(signal.ITIMER_PROF, 0)
            sys.stdout.write(json.dumps({"seconds": seconds, "posterior": posterior, "evidence": evidence}) + "\n")
            sys.stdout.flush()
    except ImportError:
        sys.exit(3)
    except MemoryError:
        sys.exit(4)
    except Exception as error:  # The engine's own exceptions: pyAgrum reports bad_alloc in one of them.
        sys.stderr.write(f"{error}\n")
        sys.exit(4 if "alloc" in str(error).lower() else 5)


def by_pyagrum(job: dict[str, Any], start: Callable[[], object]) -> Iterator[tuple[float, Answer, float | None]]:
    """Lazy propagation, one network and one engine a problem."""
    for problem in job["problems"]:
        network, seen = _pyagrum_network(problem)
        start()
        before = time.thread_time()
        engine = _lazy(network)
        engine.setEvidence(dict.fromkeys(seen, 1))
        engine.makeInference()
        posterior = {int(c): engine.posterior(f"c{c}")[1] for c in problem["prior"]}
        seconds = time.thread_time() - before
        yield seconds, posterior, engine.evidenceProbability() * problem["constant"]


def by_pyagrum_reused(job: dict[str, Any], start: Callable[[], object]) -> Iterator[tuple[float, Answer, float | None]]:
    """One engine for all problems, which differ only in factors on the conditions; its tree is kept."""
    problem = job["problems"][0]
    network, seen = _pyagrum_network(problem)
    engine = _lazy(network)
    start()
    engine.setEvidence(dict.fromkeys(seen, 1) | {f"c{c}": [1.0, 0.999] for c in problem["prior"]})
    engine.makeInference()
    for factors in job["factors"]:
        start()
        before = time.thread_time()
        for c in problem["prior"]:
            engine.chgEvidence(f"c{c}", [1.0, factors[int(c)]])
        engine.makeInference()
        posterior = {int(c): engine.posterior(f"c{c}")[1] for c in problem["prior"]}
        seconds = time.thread_time() - before
        yield seconds, posterior, engine.evidenceProbability() * problem["constant"]


def _lazy(network: Any) -> Any:
    import pyagrum

    gum: Any = pyagrum
    engine = gum.LazyPropagation(network)
    if hasattr(engine, "setNumberOfThreads"):
        engine.setNumberOfThreads(1)
    return engine


def _pyagrum_network(problem: dict[str, Any]) -> tuple[Any, list[str]]:
    import pyagrum

    gum: Any = pyagrum
    network = gum.BayesNet()
    for c, p in problem["prior"].items():
        network.add(gum.LabelizedVariable(f"c{c}", "", 2))
        network.cpt(f"c{c}").fillWith([1 - p, p])
    seen: list[str] = []
    for name, above, c, low, q in _steps(problem, seen):
        network.add(gum.LabelizedVariable(name, "", 2))
        if above:
            network.addArc(above, name)
        network.addArc(f"c{c}", name)
        for d in (0, 1):
            off = low * (1 - q) ** d
            if above:
                network.cpt(name)[{above: 0, f"c{c}": d}] = [off, 1 - off]
                network.cpt(name)[{above: 1, f"c{c}": d}] = [0.0, 1.0]
            else:
                network.cpt(name)[{f"c{c}": d}] = [off, 1 - off]
    return network, seen


def _steps(problem: dict[str, Any], seen: list[str]) -> Iterator[tuple[str, str, int, float, float]]:
    """(name, step above or "", condition, 1 - leak, q) of every step of the chains; the last of each is seen."""
    for j, chain in enumerate(problem["chains"]):
        above, low = "", 1 - chain["leak"]
        for k, (c, q) in enumerate(chain["links"]):
            name = f"f{j}_{k}"
            yield name, above, c, low, q
            above, low = name, 1.0
        seen.append(above)


def by_pgmpy(job: dict[str, Any], start: Callable[[], object]) -> Iterator[tuple[float, Answer, float | None]]:
    """Variable elimination, one query a condition (its only way to all marginals)."""
    from importlib import import_module  # Not a dependency: nothing is known of its types.

    table: Any = import_module("pgmpy.factors.discrete").TabularCPD
    elimination: Any = import_module("pgmpy.inference").VariableElimination
    model: Any = import_module("pgmpy.models").DiscreteBayesianNetwork
    for problem in job["problems"]:
        network = model()
        network.add_nodes_from([f"c{c}" for c in problem["prior"]])
        tables = [table(f"c{c}", 2, [[1 - p], [p]]) for c, p in problem["prior"].items()]
        seen: list[str] = []
        for name, above, c, low, q in _steps(problem, seen):
            network.add_edge(f"c{c}", name)
            off = [low, low * (1 - q)]
            if above:
                network.add_edge(above, name)
                off += [0.0, 0.0]
            parents = [above, f"c{c}"] if above else [f"c{c}"]
            tables.append(table(name, 2, [off, [1 - x for x in off]], parents, [2] * len(parents)))
        network.add_cpds(*tables)
        start()
        before = time.thread_time()
        engine = elimination(network)
        evidence = dict.fromkeys(seen, 1)
        posterior = {
            int(c): float(engine.query([f"c{c}"], evidence=evidence, show_progress=False).values[1])
            for c in problem["prior"]
        }
        yield time.thread_time() - before, posterior, None


if __name__ == "__main__":
    main()
