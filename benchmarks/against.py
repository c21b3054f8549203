"""Our engine beside pyAgrum and pgmpy, on the same cases in the same run; answers are compared.

Their networks come in the encoding that suits them best (``encoding``), and building these is not
counted; ours is the full call. Both are processor time of one thread. What a peer did not finish enters the median with its time limit, so
that the ratio is then a lower bound.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import numpy as np

from benchmarks.encoding import chained
from benchmarks.engine import answered, full_call, next_questions, posterior, threads, unanswered
from benchmarks.figures import Figure, seconds_of
from benchmarks.peers import Outcome, Timed, ask
from benchmarks.synthetic import Floats, Synthetic, case
from saphena.inference.plan import INDEX

RATIO = {5: 40.0, 8: 100.0, 10: 1000.0}
RATIO_NEXT = {5: 500.0, 8: 2000.0}
MEASURED = 20
"""Candidate questions that the peer is timed on; its time for all is scaled from these."""


@dataclass
class Comparison:
    """What one peer did in one setting, over the seeds."""

    peer: str
    layout: str
    ratios: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    difference: float = 0.0
    unfinished: list[str] = field(default_factory=list)

    def add(self, outcome: Outcome, ours: float, given: Floats, limit: float) -> None:
        """One case."""
        if not outcome.done:
            self.unfinished.append(outcome.failure)
            self.theirs.append(limit)
        else:
            timed = min(outcome.done, key=lambda t: t.seconds)
            self.theirs.append(timed.seconds)
            self.difference = max(self.difference, apart(timed, given))
        self.ratios.append(self.theirs[-1] / ours)

    def figure(self, positives: int, target: float | None) -> Figure:
        """Median ratio, with the rest in the note."""
        section = "One case against others"
        name = f"{positives} positive, {self.peer}, {self.layout}"
        if self.unfinished and set(self.unfinished) == {"not installed"}:
            return Figure(section, name, None, "times", target, True, note="not installed")
        note = (
            f"{1e3 * float(np.median(self.theirs)):.3g} ms, slowest {1e3 * max(self.theirs):.3g} ms; "
            f"greatest ratio {max(self.ratios):,.0f}; answers differ by at most {self.difference:.0e}"
        )
        if self.unfinished:
            note += f"; {len(self.unfinished)} of {len(self.ratios)} {self.unfinished[0]}, counted with that time"
        return Figure(section, name, float(np.median(self.ratios)), "times", target, True, note)


def apart(timed: Timed, given: Floats) -> float:
    """Largest difference of any posterior."""
    return max((abs(p - float(given[c])) for c, p in timed.posterior.items()), default=0.0)


def one_case(net: Synthetic, seeds: range, quick: bool, pgmpy: str | None) -> list[Figure]:
    """Ratios of one case, for two layouts of the chains."""
    figures = []
    limit = 5.0 if quick else 20.0
    for positives in (3, 5, 8, 10):
        by_index = Comparison("pyAgrum", "chains by index")
        by_plan = Comparison("pyAgrum", "chains in the order of our plan")
        other = Comparison("pgmpy", "chains in the order of our plan")
        for number, seed in enumerate(seeds):
            evidence, seen = case(net, positives, seed)
            with threads(1):
                ours = seconds_of(partial(posterior, evidence)).processor
            programme, _ = full_call(evidence)
            given = posterior(evidence)
            order = [int(c) for c in programme.plan.steps[:, INDEX]]
            plain = chained(net, seen[:positives], seen[positives:])
            planned = chained(net, seen[:positives], seen[positives:], order)
            # The best of three, where that does not take long: the first includes what an engine sets up once.
            repeats = 3 if positives < 10 else 1
            by_index.add(ask("pyagrum", [plain] * repeats, limit), ours, given, limit)
            by_plan.add(ask("pyagrum", [planned] * repeats, limit), ours, given, limit)
            if pgmpy and number < (1 if quick else 3) and not (quick and positives > 5):
                other.add(ask("pgmpy", [planned], limit, pgmpy), ours, given, limit)
        figures += [c.figure(positives, RATIO.get(positives)) for c in (by_index, by_plan)]
        figures += [other.figure(positives, None)] if other.ratios else []
    return figures


def next_question(net: Synthetic, seeds: range, quick: bool) -> list[Figure]:
    """Every unanswered finding, absent and present: a loop over the peer, and its tree reused."""
    figures = []
    limit = 10.0 if quick else 60.0
    wanted = 5 if quick else MEASURED
    for positives in (5, 8):
        loops, reused, difference, theirs, failures = [], [], 0.0, [], []
        for seed in seeds:
            evidence, seen = case(net, positives, seed)
            candidates = unanswered(net, seen)
            with threads(1):
                ours = seconds_of(partial(next_questions, net, evidence, candidates)).processor
            _, absent, present = next_questions(net, evidence, candidates)
            programme, _ = full_call(evidence)
            order = [int(c) for c in programme.plan.steps[:, INDEX]]
            yes, no = seen[:positives], seen[positives:]
            measured = candidates[:: max(1, len(candidates) // wanted)][:wanted]
            problems = []
            for j in measured:
                problems.append(chained(net, yes, [*no, j], order))
                problems.append(chained(net, [*yes, j], no, _order_with(net, seen, positives, j)))
            loop = ask("pyagrum", problems, limit)
            if loop.failure:
                failures.append(loop.failure)
            if loop.done:
                whole = sum(t.seconds for t in loop.done) / len(loop.done) * 2 * len(candidates)
                loops.append(whole / ours)
                theirs.append(whole)
                for k, timed in enumerate(loop.done):
                    given = (absent, present)[k % 2][candidates.index(measured[k // 2])]
                    difference = max(difference, apart(timed, given))
            kept = ask(
                "pyagrum_reused", [chained(net, yes, no, order)], limit, factors=(1 - net.q[:, measured]).T.tolist()
            )
            if kept.done:
                reused.append(float(np.mean([t.seconds for t in kept.done])) * len(candidates) / ours)
        note = (
            (
                f"{np.median(theirs):.3g} s, greatest ratio {max(loops):,.0f}; {wanted} of {len(candidates)} questions "
                f"measured and scaled; answers differ by at most {difference:.0e}"
            )
            if loops
            else "nothing finished"
        )
        note += f"; {len(failures)} of {len(seeds)} {failures[0]}" if failures else ""
        section, name = "All next questions against others", f"{positives} positive, pyAgrum"
        figures.append(Figure(
            section, f"{name}, an inference for each answer", float(np.median(loops)) if loops else None, "times",
            RATIO_NEXT[positives], True, note,
        ))  # fmt: skip
        figures.append(Figure(
            section, f"{name}, one engine kept, absent only and present by subtraction as we do",
            float(np.median(reused)) if reused else None, "times", note="not how it is used, but its best",
        ))  # fmt: skip
    return figures


def _order_with(net: Synthetic, seen: list[int], positives: int, candidate: int) -> list[int]:
    """Our plan's order with the candidate present as well."""
    value = [1] * positives + [0] * (len(seen) - positives)
    programme, _ = full_call(answered(net, [*seen, candidate], [*value, 1]))
    return [int(c) for c in programme.plan.steps[:, INDEX]]
