"""Other ways to put the same conditions in order, with the same numbers and the same observations.

Each gives a value for every condition, the larger the earlier. What is known beforehand takes no place.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from saphena.case import Case
from saphena.evaluation.cases import Shape
from saphena.evaluation.metrics import Figure, Paired, paired, wilson
from saphena.inference.evidence import Evidence, possible
from saphena.inference.observation import Observation
from saphena.inference.observe import observe
from saphena.inference.posterior import Posterior
from saphena.inference.prepare import prepare
from saphena.inference.subset import SubsetProgramme, with_unobserved
from saphena.model.instruments import InstrumentFile
from saphena.model.network import Model
from saphena.pathway.truth import LEGS, Rules

Floats = NDArray[np.float64]
TINY = 1e-300
LIKELY = 0.5
"""Probability from which the model is taken to say yes where a condition has no threshold of its own."""

SHOWN = "as shown"
NAMES = {
    "presence": "by presence (posterior)",
    "cause": "by cause (findings explained)",
    "sufficiency": "by sufficiency (findings it would account for alone)",
    "single": "single disorder (exactly one condition present)",
    "naive": "naive Bayes (findings independent)",
    "prior": "prior only (age, sex, setting, risk factors)",
}


def orders(model: Model, observation: Observation, inferred: Posterior) -> dict[str, tuple[str, ...]]:
    """Conditions in the order of each baseline; ``inferred`` with sufficiency."""
    evidence = prepare(model, observation)
    found = inferred.conditions
    values: dict[str, Floats] = {
        "presence": np.array([c.probability for c in found]),
        "cause": np.array([c.explained for c in found]),
        "sufficiency": np.array([sum(c.suffices.values()) for c in found]),
        "single": single_disorder(evidence),
        "naive": naive_bayes(evidence),
        "prior": np.array([c.prior for c in found]),
    }
    ties = values["presence"]  # Most conditions explain nothing; these stand by probability.
    free = [c for c, id_ in enumerate(model.conditions) if id_ not in observation.known]
    return {
        name: tuple(model.conditions[c] for c in sorted(free, key=lambda c: (-value[c], -ties[c], c)))
        for name, value in values.items()
    }


def single_disorder(evidence: Evidence) -> Floats:
    """(C,) P(the condition is present | evidence, exactly one condition is present).

    Conditions known beforehand stay present beside it. Raises ``ImpossibleEvidence`` where no single condition
    can produce the evidence.
    """
    programme = SubsetProgramme(evidence)
    count = evidence.conditions
    lanes = programme.base.repeat(count)
    member = evidence.membership > 0
    certain = evidence.absent <= 0
    for c in range(count):
        lanes.weight[c, ~(member[:, c] | member[:, certain].any(axis=1))] = 0.0
        lanes.absent[c, c] = 0.0
    joint = programme.marginals(lanes).evidence
    return np.asarray(joint / possible(float(joint.sum())))


def naive_bayes(evidence: Evidence) -> Floats:
    """(C,) each condition judged by itself: prior odds times one likelihood ratio for each finding.

    The ratio is P(finding | condition) / P(finding | not the condition), whatever else is present; findings
    are taken to be independent given either, which is what makes it naive.
    """
    count = len(evidence.lowest)
    hard = replace(evidence, soft=np.ones_like(evidence.soft), mechanism_soft=np.ones_like(evidence.mechanism_soft))
    programme = SubsetProgramme(hard)
    lanes = programme.base.repeat(max(1, count))
    for j in range(count):
        with_unobserved(programme, lanes, j, [i for i in range(count) if i != j])
    found = programme.marginals(lanes)
    prior = evidence.prior @ evidence.membership
    with_it = found.state[:count] @ evidence.membership
    without = np.maximum(found.evidence[:count, None] - with_it, 0.0)
    start = _unmentioned(evidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        given, otherwise = with_it / prior, without / (1 - prior)
        log_ratio = np.log(np.maximum(given, TINY)) - np.log(np.maximum(otherwise, TINY))
        log_odds = np.log(start) - np.log1p(-start) + np.where(np.isnan(log_ratio), 0.0, log_ratio).sum(axis=0)
    return np.asarray(
        np.where(prior <= 0, 0.0, np.where(prior >= 1, 1.0, 1 / (1 + np.exp(-np.clip(log_odds, -700, 700)))))
    )


def _unmentioned(evidence: Evidence) -> Floats:
    """(C,) P(condition) when all that is known is what a narrative does not mention."""
    nothing = replace(
        evidence,
        link=evidence.link[:, :0],
        leak=evidence.leak[:0],
        lowest=evidence.lowest[:0],
        highest=evidence.highest[:0],
        doubt=evidence.doubt[:0],
        mechanism_link=evidence.mechanism_link[:, :0],
    )
    programme = SubsetProgramme(nothing)
    found = programme.marginals(programme.base)
    return np.asarray(found.state[0] @ evidence.membership / possible(float(found.evidence[0])))


# --- published scores ------------------------------------------------------------------------


class ScoreResult(Shape):
    """A published score against the model, on the cases where the score applies.

    The model is positive from its own threshold on, or from ``LIKELY`` where the condition has none.
    """

    score: str
    condition: str
    cases: int
    score_sensitivity: Figure
    score_specificity: Figure
    model_sensitivity: Figure
    model_specificity: Figure
    correct: Paired
    """Right by the score alone, right by the model alone."""


def points(model: Model, case: Case, score: InstrumentFile) -> float | None:
    """Points of the worse leg, what is unknown counting nothing; None where the score does not apply."""
    rules = Rules(model, observe(model, case))
    if score.applies is None or not rules.holds(score.applies):
        return None
    lowest = {item.id: item.range[0] for item in score.items}
    found = [rules.score(score, leg) for leg in LEGS]
    return max(one.lowest - sum(lowest[id_] for id_ in one.unknown) for one in found)


def score_result(score: InstrumentFile, by_score: list[bool], by_model: list[bool], gold: list[bool]) -> ScoreResult:
    """Sensitivity and specificity of both, on the same cases."""

    def share(name: str, said: list[bool], of: bool) -> Figure:
        mine = [s == of for s, g in zip(said, gold, strict=True) if g == of]
        return wilson(name, sum(mine), len(mine))

    return ScoreResult(
        score=score.id,
        condition=score.about or "",
        cases=len(gold),
        score_sensitivity=share("sensitivity", by_score, True),
        score_specificity=share("specificity", by_score, False),
        model_sensitivity=share("sensitivity", by_model, True),
        model_specificity=share("specificity", by_model, False),
        correct=paired(
            [s == g for s, g in zip(by_score, gold, strict=True)], [m == g for m, g in zip(by_model, gold, strict=True)]
        ),
    )


class Baseline(Shape):
    """One way of ordering on all cases in scope, compared with what Saphena shows."""

    id: str
    name: str
    figures: tuple[Figure, ...]
    reciprocal_rank: float
    first_place: Paired
    """First as shown but not so; first so but not as shown."""
