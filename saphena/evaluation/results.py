"""What Saphena says about one case, and where its published diagnosis stands in it."""

from __future__ import annotations

from saphena.assessment import Assessment, ConditionAssessment, assess
from saphena.case import Case
from saphena.evaluation.baselines import orders
from saphena.evaluation.cases import CodedCase, Gold, Shape
from saphena.evaluation.levels import LEVELS, Level, withheld
from saphena.faults import Faulty
from saphena.inference.evidence import ImpossibleEvidence
from saphena.inference.observe import observe
from saphena.inference.posterior import posterior
from saphena.inference.subset import TooWide
from saphena.model.network import Model

PAIR_FROM = 0.05
"""Probability from which a condition counts in the calibration of all pairs."""


class Entry(Shape):
    """One line of the ledger: a finding and its decibans."""

    finding: str
    decibans: float


class Ledger(Shape):
    """What spoke for and against one condition."""

    condition: str
    prior: float
    probability: float
    weights: tuple[Entry, ...]
    shared_decibans: float


class CaseResult(Shape):
    """One case as assessed."""

    id: str
    gold: str | None
    rank: int | None
    probability: float | None
    leader: str
    leader_probability: float
    leader_right: bool
    right_ranks: tuple[int, ...]
    """Places of every condition that counts as present; those not listed are missing."""
    pairs: tuple[tuple[str, float, bool], ...]
    """Conditions above ``PAIR_FROM``: probability, and whether they count as present."""
    levels: dict[Level, int | None]
    """Rank of the diagnosis by what is known."""
    baselines: dict[str, int | None]
    """Rank of the diagnosis by other ways of ordering."""
    must_not_miss: tuple[str, ...]
    """Conditions above their threshold."""
    exact_set: bool | None
    """Is the most probable set exactly what is published? None with one condition."""
    poor_fit: float | None
    fit: str
    triage: str
    ledgers: tuple[Ledger, ...] = ()
    """Of the diagnosis and of what came first, where they differ."""
    fault: str | None = None


def run(model: Model, coded: CodedCase, gold: Gold) -> CaseResult:
    """Assess a case at every level of evidence, and order it by every baseline."""
    accepted = gold.accepted
    first = accepted[0] if accepted else None
    try:
        answer = assess(model, coded.case)
    except Faulty as error:
        return refused(coded, first, str(error))
    order = ranking(answer)
    rank = place(order, accepted)
    by_id = {c.id: c for c in answer.differential}
    leader = by_id[order[0]] if order else None
    ledgers: list[Ledger] = []
    if accepted and leader is not None and rank != 1:
        wanted = by_id[order[rank - 1]] if rank else by_id.get(accepted[0])
        ledgers = [_ledger(c) for c in (wanted, leader) if c is not None]
    return CaseResult(
        id=coded.id,
        gold=first,
        rank=rank,
        probability=by_id[order[rank - 1]].probability if rank else None,
        leader=leader.id if leader else "-",
        leader_probability=leader.probability if leader else 0.0,
        leader_right=leader is not None and leader.id in gold.present,
        right_ranks=tuple(r for id_ in gold.present if (r := place(order, (id_,))) is not None),
        pairs=tuple(
            (c.id, c.probability, c.id in gold.present)
            for c in answer.differential
            if c.group != "known" and c.probability > PAIR_FROM
        ),
        levels={
            level: rank if known == coded.case else _rank_of(model, known, accepted)
            for level, known in ((level, withheld(model, coded.case, level)) for level in LEVELS)
        },
        baselines=_baselines(model, coded.case, accepted) if accepted else {},
        must_not_miss=tuple(t.condition for t in answer.triage.must_not_miss),
        exact_set=_exact(answer, gold) if gold.also else None,
        poor_fit=answer.fit.poor_fit,
        fit=answer.fit.level,
        triage=answer.triage.level,
        ledgers=tuple(ledgers),
    )


def refused(coded: CodedCase, gold: str | None, fault: str) -> CaseResult:
    """A case that cannot be assessed: a miss that says why."""
    return CaseResult(
        id=coded.id,
        gold=gold,
        rank=None,
        probability=None,
        leader="-",
        leader_probability=0.0,
        leader_right=False,
        right_ranks=(),
        pairs=(),
        levels=dict.fromkeys(LEVELS, None),
        baselines={},
        must_not_miss=(),
        exact_set=None,
        poor_fit=None,
        fit="-",
        triage="-",
        fault=fault,
    )


def ranking(answer: Assessment) -> list[str]:
    """Conditions in the order shown; what is known beforehand takes no place."""
    return [c.id for c in answer.differential if c.group != "known"]


def place(order: list[str] | tuple[str, ...], accepted: tuple[str, ...]) -> int | None:
    """Rank of the first accepted condition; None if none is listed."""
    return next((i for i, id_ in enumerate(order, 1) if id_ in accepted), None)


def _rank_of(model: Model, case: Case, accepted: tuple[str, ...]) -> int | None:
    try:
        return place(ranking(assess(model, case)), accepted)
    except Faulty:
        return None  # A child of a finding that is withheld.


def _baselines(model: Model, case: Case, accepted: tuple[str, ...]) -> dict[str, int | None]:
    if not model.knows_age(case.age):
        return {}
    observation = observe(model, case)
    try:
        found = orders(model, observation, posterior(model, observation, sufficiency=True))
    except (ImpossibleEvidence, TooWide):
        return {}
    return {name: place(order, accepted) for name, order in found.items()}


def _exact(answer: Assessment, gold: Gold) -> bool:
    first = answer.sets[0].states if answer.sets else ()
    return {s.partition(".")[0] for s in first} == set(gold.present)


def _ledger(condition: ConditionAssessment) -> Ledger:
    return Ledger(
        condition=condition.id,
        prior=condition.prior,
        probability=condition.probability,
        weights=tuple(
            Entry(finding=f"{w.finding}{f' ({w.leg})' if w.leg else ''}: {w.value}", decibans=w.decibans)
            for w in condition.weights
        ),
        shared_decibans=condition.shared_decibans,
    )
