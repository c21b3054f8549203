"""Many people, planned for and checked, in two processes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

from saphena.assessment.planning import planned
from saphena.case import Case
from saphena.evaluation.plan_check.checks import Answered, Checked, Rated, Violation, check
from saphena.evaluation.plan_check.people import ENOUGH, Pair, People
from saphena.evaluation.plan_check.remedies import Remedies, read_remedies
from saphena.faults import Faulty
from saphena.inference.evidence import ImpossibleEvidence
from saphena.inference.observe import observe
from saphena.inference.posterior import Posterior, posterior
from saphena.inference.subset import TooWide
from saphena.model.network import Model
from saphena.pathway.differential import differential
from saphena.pathway.plan import plan
from saphena.pathway.triage import triage

VARIANTS = 2
"""Plans made of one inference, beside the first."""
BATCH = 50
KEPT = 20
"""Violations of one kind and rule that are kept with their cases; all are counted."""

_HELD: list[tuple[Model, Remedies, Any]] = []
"""What a process that was started here works with, and where it counts."""


@dataclass
class PlanCheck:
    """What was checked, and what was found."""

    cases: int = 0
    refused: int = 0
    """Cases that do not fit the vocabulary, or that nothing in the model can produce."""
    seconds: float = 0.0
    checks: Counter[str] = field(default_factory=Counter)
    forced: Counter[Pair] = field(default_factory=Counter)
    alone: Counter[Pair] = field(default_factory=Counter)
    unjudged: Counter[str] = field(default_factory=Counter)
    pairs: tuple[Pair, ...] = ()
    """Every treatment with each of its contraindications."""
    violations: list[Violation] = field(default_factory=list)
    found: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Violations by kind, treatment and rule."""

    def add(self, case: Checked) -> None:
        """Count one case."""
        self.cases += 1
        self.checks += case.counts
        self.forced += case.forced
        self.alone += case.alone
        self.unjudged += case.unjudged
        self._keep(case.violations)

    def _keep(self, violations: list[Violation]) -> None:
        for one in violations:
            key = (one.kind, one.treatment or "", one.rule)
            self.found[key] += 1
            if self.found[key] <= KEPT:
                self.violations.append(one)

    def merge(self, other: PlanCheck) -> None:
        """Add what was found elsewhere."""
        self.cases += other.cases
        self.refused += other.refused
        self.checks += other.checks
        self.forced += other.forced
        self.alone += other.alone
        self.unjudged += other.unjudged
        for one in other.violations:
            if self.found[one.kind, one.treatment or "", one.rule] < KEPT:
                self.violations.append(one)
        self.found += other.found

    @property
    def enough(self) -> tuple[Pair, ...]:
        """Contraindications that held often enough."""
        return tuple(pair for pair in self.pairs if self.forced[pair] >= ENOUGH)

    @property
    def fewer(self) -> tuple[tuple[Pair, int], ...]:
        """Those that did not, with how often they did; the least first."""
        short = [(pair, self.forced[pair]) for pair in self.pairs if self.forced[pair] < ENOUGH]
        return tuple(sorted(short, key=lambda one: one[1]))


class Planner:
    """The fast way from a case to a plan: no intervals, and nothing of an assessment that no check reads."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def answers(self, case: Case, variants: Callable[[Answered], Iterator[Case]]) -> Iterator[tuple[Case, Answered]]:
        """The plan of a case, and those of its variants, which must not differ in what inference reads."""
        observation = observe(self.model, case)
        inferred = posterior(self.model, observation) if self.model.knows_age(case.age) else None
        first = self._answered(case, inferred)
        yield case, first
        for other in variants(first):
            yield other, self._answered(other, inferred)

    def _answered(self, case: Case, inferred: Posterior | None) -> Answered:
        observation = observe(self.model, case)
        urgency = triage(self.model, observation, inferred)
        entries = differential(self.model, observation, inferred, urgency) if inferred else ()
        made = plan(self.model, observation, inferred, entries, urgency, [])
        rated = {e.posterior.id: Rated(e.group, e.posterior.probability, e.posterior.states) for e in entries}
        return Answered(planned(self.model, made, "en", {}), rated)


def check_plans(
    model: Model,
    count: int,
    seed: int = 0,
    workers: int = 1,
    seconds: float | None = None,
    remedies: Remedies | None = None,
    done: Callable[[int], object] = lambda _: None,
) -> PlanCheck:
    """Plan for ``count`` people and check each plan; fewer if ``seconds`` are over before.

    ``done`` is called with the number of people that were added.
    """
    import saphena.inference.kernels  # noqa: F401 - compiled passes pay off over so many

    read = remedies or read_remedies()
    started = time.monotonic()
    until = None if seconds is None else time.time() + seconds
    result = PlanCheck(pairs=tuple((r.id, b.id) for r, b in read.forbidding()))
    if workers <= 1 or count < workers * BATCH:
        for part in _parts(model, read, count, seed, until):
            result.merge(part)
            done(part.cases + part.refused)
    else:
        shares = [count // workers + (i < count % workers) for i in range(workers)]
        # Started afresh: compiled kernels run threads, and a process with threads must not be copied.
        context = get_context("spawn")
        counter = context.Value("i", 0)
        with ProcessPoolExecutor(workers, context, _start, (model, read, counter)) as pool:
            waiting = {
                pool.submit(_of_worker, share, seed + i, until, -(-ENOUGH // workers)) for i, share in enumerate(shares)
            }
            told = 0
            while waiting:
                finished, waiting = wait(waiting, timeout=1, return_when=FIRST_COMPLETED)
                for future in finished:
                    result.merge(future.result())
                before, told = told, counter.value
                done(told - before)
    result.seconds = time.monotonic() - started
    return result


def _start(model: Model, remedies: Remedies, counter: Any) -> None:
    """Once in every process."""
    import saphena.inference.kernels  # noqa: F401

    _HELD.append((model, remedies, counter))


def _of_worker(count: int, seed: int, until: float | None, enough: int) -> PlanCheck:
    """One share of the people; those that were tried least come next, so it is not divided further."""
    model, remedies, counter = _HELD[0]
    result = PlanCheck()
    for part in _parts(model, remedies, count, seed, until, enough):
        result.merge(part)
        with counter.get_lock():
            counter.value += part.cases + part.refused
    return result


def _parts(
    model: Model, remedies: Remedies, count: int, seed: int, until: float | None, enough: int = ENOUGH
) -> Iterator[PlanCheck]:
    """Results of a few people at a time."""
    people, planner = People(model, remedies, seed, enough), Planner(model)
    left = count
    while left > 0 and (until is None or time.time() < until):
        part = PlanCheck()
        while part.cases + part.refused < min(BATCH, left):
            _one(people, planner, remedies, part, min(BATCH, left) - part.cases - part.refused)
        left -= part.cases + part.refused
        yield part


def _one(people: People, planner: Planner, remedies: Remedies, part: PlanCheck, most: int) -> None:
    """One person and some variants, at most so many."""
    case = people.next()

    def variants(first: Answered) -> Iterator[Case]:
        listed = [remedies.remedies[id_] for id_ in dict.fromkeys(o.id for o in first.plan.options)]
        yield from people.variants(case, listed, min(VARIANTS, most - 1))

    for _ in range(8):
        try:
            for one, answer in planner.answers(case, variants):
                checked = check(remedies, one, answer)
                people.tried(checked.forced, checked.alone)
                part.add(checked)
        except (ImpossibleEvidence, TooWide):
            break
        except Faulty as error:
            repaired = _without(case, [fault.path for fault in error.faults])
            if repaired is None:
                break
            case = repaired
        else:
            return
    part.refused += 1


def _without(case: Case, places: list[str]) -> Case | None:
    """The case without the findings that are refused; None where it is something else."""
    ids = {place.partition(".")[2].partition(".")[0] for place in places if place.startswith("findings.")}
    ids = {id_.partition("[")[0] for id_ in ids} & set(case.findings)
    if not ids:
        return None
    return case.model_copy(update={"findings": {k: v for k, v in case.findings.items() if k not in ids}})
