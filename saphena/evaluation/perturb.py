"""Does the answer stand when numbers are wrong? All priors, all sensitivities or all leaks moved at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from saphena.evaluation.cases import Shape
from saphena.evaluation.coded import Answered
from saphena.evaluation.variants import with_leaks, with_links, with_priors
from saphena.inference.batch import ANSWERED, posterior_batch
from saphena.model.network import Model

DRAWS = 20
PRIOR_FACTOR = 3.0
LINK_SPREAD = 0.8
LEAK_FACTOR = 3.0


class Perturbed(Shape):
    """Coded cases under other numbers."""

    kind: str
    draws: int
    top_1: float
    """Mean over draws; with the numbers as authored in ``Perturbation``."""
    top_1_low: float
    top_1_high: float
    """Lowest and highest of the draws."""
    leader_changes: float
    """Mean share of cases whose leader is another one."""
    wrong_above_95: float
    """Mean share of cases with a leader above 0.95 that is not accepted."""


class Perturbation(Shape):
    """All three, and the numbers as authored."""

    cases: int
    top_1: float
    kinds: tuple[Perturbed, ...]


def perturb(
    model: Model, cases: list[Answered], draws: int = DRAWS, seed: int = 4, tell: Callable[[], None] = lambda: None
) -> Perturbation:
    """Priors times 3^U(-1, 1), sensitivities by 0.8 on the log odds (standard deviation), leaks times 3."""
    rng = np.random.default_rng(seed)
    states, findings, conditions = len(model.network.states), len(model.knowledge.findings), len(model.conditions)

    def priors() -> Model:
        return with_priors(model, PRIOR_FACTOR ** rng.uniform(-1, 1, conditions))

    def links() -> Model:
        return with_links(model, rng.normal(0.0, LINK_SPREAD, (states, findings)))

    def leaks() -> Model:
        return with_leaks(model, LEAK_FACTOR)

    kinds = (
        (f"priors x {PRIOR_FACTOR:g}^U(-1, 1)", priors, draws),
        (f"sensitivities, log odds +- {LINK_SPREAD:g}", links, draws),
        (f"leaks x {LEAK_FACTOR:g}", leaks, 1),
    )
    result = []
    for kind, made, times in kinds:
        each = []
        for _ in range(times):
            tell()
            each.append(_outcome(made(), cases))
        first, changed, wrong = np.array(each).T
        result.append(
            Perturbed(
                kind=kind, draws=times, top_1=float(first.mean()), top_1_low=float(first.min()),
                top_1_high=float(first.max()), leader_changes=float(changed.mean()), wrong_above_95=float(wrong.mean()),
            )
        )  # fmt: skip
    return Perturbation(cases=len(cases), top_1=_outcome(model, cases)[0], kinds=tuple(result))


def _outcome(model: Model, cases: list[Answered]) -> tuple[float, float, float]:
    """Share of cases with an accepted condition first, with another leader than before, and confidently wrong."""
    found = posterior_batch(model, [one.case for one in cases])
    first = changed = wrong = 0
    for one, presence, status in zip(cases, found.presence.filled(0.0), found.status, strict=True):
        if status != ANSWERED:
            changed += 1
            continue
        standing, now = one.leader.standing(presence), one.leader.standing(one.presence)
        leader = int(standing.argmax())
        first += int(one.place(presence)) == 1
        changed += leader != int(now.argmax())
        wrong += presence[leader] > 0.95 and leader not in one.gold
    return first / len(cases), changed / len(cases), wrong / len(cases)
