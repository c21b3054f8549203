"""How the answer stands when some of the answers are lost, or wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from saphena.case import ByLeg, Case, Statement
from saphena.evaluation.cases import CaseSet, Shape
from saphena.evaluation.interviews import standing
from saphena.evaluation.metrics import Estimate
from saphena.faults import Faulty
from saphena.inference.observe import observe
from saphena.model.network import Model
from saphena.pathway.triage import LEVELS

Harm = Literal["unknown", "flipped"]
SHARES: dict[Harm, float] = {"unknown": 0.10, "flipped": 0.05}
REPEATS = 200
TRIES = 20
"""Draws of what to harm before a case that would contradict itself is left as it is."""


class Robustness(Shape):
    """Shares over all repeats; intervals are those of the middle 95 % of the repeats."""

    harm: Harm
    share: float
    repeats: int
    before: tuple[float, float]
    """Top 1 and top 3 of the unharmed cases."""
    top_1: Estimate
    top_3: Estimate
    less_urgent: Estimate
    """Share of the cases triaged less urgently than unharmed."""
    emergencies_lost: int
    """Emergencies of the unharmed cases that were no emergency in some repeat."""
    emergencies: int


def robustness(
    model: Model, cases: CaseSet, repeats: int = REPEATS, done: Callable[[], object] = lambda: None
) -> tuple[Robustness, ...]:
    """Harm every case in scope, so many times in each way; ``done`` is called after each case and way."""
    found = []
    for harm, share in SHARES.items():
        before, ranks, urgency = [], [], []
        for number, coded in enumerate(cases.in_scope):
            gold, rng = cases.gold[coded.id], np.random.default_rng([number, repeats])
            try:
                first = standing(model, coded.case, gold)
            except Faulty:
                first = None
            if first is not None:
                before.append(first)
                drawn = [_standing(model, coded.case, gold, harm, share, rng) or first for _ in range(repeats)]
                ranks.append([one.rank or 10**6 for one in drawn])
                urgency.append([LEVELS.index(one.triage) for one in drawn])
            done()
        if not before:
            continue
        table, urgent = np.array(ranks), np.array(urgency)
        at = np.array([LEVELS.index(one.triage) for one in before])
        emergency = at == LEVELS.index("emergency")
        plain = np.array([one.rank or 10**6 for one in before])
        found.append(
            Robustness(
                harm=harm,
                share=share,
                repeats=repeats,
                before=(float((plain <= 1).mean()), float((plain <= 3).mean())),
                top_1=_spread("top 1", (table <= 1).mean(axis=0)),
                top_3=_spread("top 3", (table <= 3).mean(axis=0)),
                less_urgent=_spread("less urgent", (urgent > at[:, None]).mean(axis=0)),
                emergencies_lost=int((urgent[emergency] > 0).any(axis=1).sum()),
                emergencies=int(emergency.sum()),
            )
        )
    return tuple(found)


def harmed(model: Model, case: Case, harm: Harm, share: float, rng: np.random.Generator) -> Case:
    """The case with a share of its findings lost, or turned round; measured values and dates stay."""
    findings = dict(case.findings)
    for id_, said in case.findings.items():
        if id_ not in model.knowledge.findings or rng.random() >= share:
            continue
        findings[id_] = "unknown" if harm == "unknown" else _turned(model, id_, said)
    return case.model_copy(update={"findings": findings})


def _turned(model: Model, id_: str, said: Any) -> Any:
    """Absent for present and the reverse; of what dates the complaint, nothing changes."""
    finding = model.knowledge.findings[id_]
    if finding.scale == "complaint":
        return said
    nothing = {"absent", finding.grades[0] if finding.kind == "graded" else "absent"}

    def turn(word: Any) -> Any:
        return word if word is None or word == "unknown" else "present" if word in nothing else "absent"

    if isinstance(said, ByLeg):
        return ByLeg(right=turn(said.right), left=turn(said.left), both=turn(said.both))
    if isinstance(said, Statement):
        return Statement(value=turn(said.value or said.at_least or said.at_most), leg=said.leg)
    if isinstance(said, tuple):
        return tuple(Statement(value=turn(s.value or s.at_least or s.at_most), leg=s.leg) for s in said)
    return turn(said)


def _standing(model: Model, case: Case, gold: Any, harm: Harm, share: float, rng: np.random.Generator) -> Any:
    for _ in range(TRIES):
        try:
            changed = harmed(model, case, harm, share, rng)
            observe(model, changed)
            return standing(model, changed, gold)
        except Faulty:
            continue
    return None


def _spread(name: str, shares: Any) -> Estimate:
    low, high = np.quantile(shares, [0.025, 0.975])
    return Estimate(name=name, value=float(shares.mean()), low=float(low), high=float(high))
