"""Which risk factors are worth asking a person about: those that could move most what their answers point to."""

from __future__ import annotations

from math import log

from saphena.case import Case
from saphena.inference.evidence import ImpossibleEvidence
from saphena.inference.observe import observe
from saphena.inference.posterior import posterior
from saphena.inference.subset import TooWide
from saphena.model.network import Model
from saphena.model.schema import RiskFactor


def risk_factors_to_ask(model: Model, case: Case, most: int) -> tuple[str, ...]:
    """At most so many risk factors not answered yet, in the order of the vocabulary.

    Each counts by how far it could move its conditions (first order: probability times its complement times the log
    of the odds ratio), by the harm of missing them, and by how many people have it. Without probabilities there is
    nothing to move, and none.
    """
    if not model.knows_age(case.age):
        return ()
    observation = observe(model, case)
    try:
        inferred = posterior(model, observation)
    except (ImpossibleEvidence, TooWide):
        return ()
    probability = {c.id: c.probability for c in inferred.conditions}
    moves: dict[str, float] = {}
    for condition in model.knowledge.conditions.values():
        p = probability.get(condition.id, 0.0)
        level = condition.must_not_miss.triage if condition.must_not_miss else "routine"
        harm = model.knowledge.settings.harm_of_missing[level].harm
        for factor, ratio in condition.context.items():
            moves[factor] = moves.get(factor, 0.0) + harm * p * (1 - p) * abs(log(ratio.odds_ratio))
    known = case.context.keys() | observation.context.keys()
    worth = {
        factor.id: moves[factor.id] * factor.prevalence.at(case.setting)
        for factor in model.knowledge.risk_factors.values()
        if factor.id in moves and factor.id not in known and _may_have(factor, case)
    }
    chosen = sorted(worth, key=lambda id_: -worth[id_])[:most]
    return tuple(id_ for id_ in model.knowledge.risk_factors if id_ in chosen)


def _may_have(factor: RiskFactor, case: Case) -> bool:
    """Is it possible at this age and sex?"""
    by_sex = factor.only_sex is None or case.sex in (factor.only_sex, "unknown")
    return by_sex and (factor.only_ages is None or factor.only_ages[0] <= case.age <= factor.only_ages[1])
