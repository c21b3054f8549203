"""Probabilities of one case: every condition, what it explains, and what each finding did."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import log, log10

import numpy as np

from saphena.inference.causes import Causes, causes
from saphena.inference.evidence import Evidence, Floats, ImpossibleEvidence
from saphena.inference.observation import Observation, Seen
from saphena.inference.prepare import prepare
from saphena.inference.subset import SubsetProgramme, TooWide, with_unobserved
from saphena.inference.wide import Sampled, nothing_explains_of, worlds_of
from saphena.model.network import Model

ASKED_FROM = 0.1
"""Explanation is worked out for conditions at least this probable, or that could explain half a finding."""


@dataclass(frozen=True)
class Weight:
    """What one finding did to one condition, leave-one-out."""

    seen: Seen
    decibans: float
    """10 log10 of the factor on the odds; positive speaks for the condition."""


@dataclass(frozen=True)
class ConditionPosterior:
    """One condition after the evidence. Probabilities are of presence, not of being the cause."""

    id: str
    prior: float
    probability: float
    states: dict[str, float]
    """P(state | evidence) of each state; empty without states."""
    explains: dict[str, float]
    """Present finding -> P(it would go if the condition were absent | evidence)."""
    weights: tuple[Weight, ...]
    """Leave-one-out, strongest first; in a sampled answer those that are sure enough."""
    shared_decibans: float
    """What the weights leave out because findings share or explain away each other."""
    suffices: dict[str, float] = field(default_factory=dict)
    """Present finding -> P(what the condition does alone would leave it as seen | evidence); empty unless asked."""
    standard_error: float | None = None
    """Of the probability, in a sampled answer; None in an exact one."""

    @property
    def explained(self) -> float:
        """Expected number of present findings that would go if the condition were absent."""
        return sum(self.explains.values())


@dataclass(frozen=True)
class Posterior:
    """Everything inference says about a case."""

    conditions: tuple[ConditionPosterior, ...]
    log_evidence: float
    nothing_explains: float | None
    """P(no modelled condition causes any present finding); None without present findings, or if it was not asked for."""
    unexplained: dict[str, float]
    """Present finding -> P(no modelled condition caused it); empty if it was not asked for."""
    poor_fit: float | None
    """Mean of the unexplained shares (0: all explained, 1: nothing); None without present findings."""
    poor_fit_with_others: float | None
    """The same, with findings outside the vocabulary counted as unexplained."""
    sampled: Sampled | None = None
    """How it was estimated, if the case was too wide to be worked out exactly; None in an exact answer."""


@dataclass(frozen=True)
class _Found:
    """What the exact or the sampled way yields."""

    log_evidence: float
    state: Floats
    """(S,)"""
    presence: Floats
    """(1 + J, C) given all findings, and without each; nan where that is unknown."""
    causes: Causes
    asked: list[int]
    """Conditions whose causes were worked out."""
    error: Floats | None = None
    """(C,)"""
    sampled: Sampled | None = None


def posterior(model: Model, observation: Observation, sufficiency: bool = False, reasons: bool = True) -> Posterior:
    """Posterior of a case: exact, or ``sampled`` where it is too wide for that.

    ``sufficiency`` fills ``ConditionPosterior.suffices`` of an exact answer, for about the price of ``explains``
    again. Without ``reasons`` an exact answer has neither weights nor how well the case fits, which saves time.
    Raises ``ImpossibleEvidence``, or ``TooWide`` if not even samples can be drawn.
    """
    evidence = prepare(model, observation)
    seen = observation.seen
    complaint = [k for k, j in enumerate(evidence.positive) if belongs_to_complaint(model, seen[j])]
    try:
        found = _exact(evidence, SubsetProgramme(evidence), len(complaint), sufficiency, reasons)
    except TooWide:
        found = _sampled(evidence, len(complaint))
    prior = evidence.prior @ evidence.membership
    present = [seen[j] for j in evidence.positive]
    none = found.causes.unexplained
    unexplained = {} if none is None else {_label(present[k]): float(none[k]) for k in complaint}
    states = model.network.states
    result = []
    for c, id_ in enumerate(model.conditions):
        members = np.flatnonzero(evidence.condition_of == c)
        condition = model.knowledge.conditions[id_]
        moved, shared = _ledger(seen if reasons else (), found.presence[:, c], float(prior[c]))
        result.append(
            ConditionPosterior(
                id=id_,
                prior=float(prior[c]),
                probability=min(1.0, float(found.presence[0, c])),
                states={states[s].partition(".")[2]: float(found.state[s]) for s in members}
                if condition.states
                else {},
                explains={_label(present[k]): float(found.causes.explained_by[c, k]) for k in complaint}
                if c in found.asked
                else {},
                weights=moved,
                shared_decibans=shared,
                suffices={_label(present[k]): float(found.causes.sufficient[c, k]) for k in complaint}
                if c in found.asked and found.causes.sufficient is not None
                else {},
                standard_error=None if found.error is None else float(found.error[c]),
            )
        )
    shares = list(unexplained.values())
    with_others = [] if none is None else [*shares, *(1.0 for _ in observation.case.other_findings)]
    return Posterior(
        conditions=tuple(result),
        log_evidence=found.log_evidence,
        nothing_explains=found.causes.nothing_explains if present else None,
        unexplained=unexplained,
        poor_fit=sum(shares) / len(shares) if shares else None,
        poor_fit_with_others=sum(with_others) / len(with_others) if with_others else None,
        sampled=found.sampled,
    )


def _exact(evidence: Evidence, programme: SubsetProgramme, complaint: int, sufficiency: bool, reasons: bool) -> _Found:
    """By the subset programme: the case and each finding left out as lanes of one pass."""
    findings = len(evidence.lowest) if reasons else 0
    lanes = programme.base.repeat(1 + findings)
    for j in range(findings):
        with_unobserved(programme, lanes, j + 1, [j])
    marginals = programme.marginals(lanes)
    total = float(marginals.evidence[0])
    if not total > 0:
        raise ImpossibleEvidence(
            "no cause in the model, and no chance without one, can produce these findings together"
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        given = np.where(marginals.evidence[:, None] > 0, marginals.state / marginals.evidence[:, None], np.nan)
    presence = given @ evidence.membership
    asked = _asked(presence[0], complaint)
    return _Found(log(total), given[0], presence, causes(programme, total, asked, sufficiency, reasons), asked)


def _sampled(evidence: Evidence, complaint: int) -> _Found:
    """By weighted worlds."""
    worlds, sampled = worlds_of(evidence)
    presence = worlds.average(worlds.presence)
    asked = _asked(presence, complaint)
    explained_by = np.full((evidence.conditions, len(evidence.positive)), np.nan)
    unexplained, errors = worlds.unexplained()
    largest = max(sampled.standard_error, errors.max(initial=0.0))
    for c in asked:
        explained_by[c], errors = worlds.explained_by(c)
        largest = max(largest, errors.max(initial=0.0))
    return _Found(
        worlds.log_evidence,
        worlds.average(worlds.chances),
        np.concatenate([presence[None], worlds.without_each()[0]]),
        Causes(explained_by, unexplained, nothing_explains_of(worlds), None),
        asked,
        # Worlds that no draw has met cannot widen an error that is worked out from the draws.
        np.maximum(worlds.error(worlds.presence, presence), 1 / sampled.effective),
        replace(sampled, standard_error=float(max(largest, 1 / sampled.effective))),
    )


def _asked(presence: Floats, complaint: int) -> list[int]:
    """Conditions whose part in the complaint is worth working out."""
    return [c for c, p in enumerate(presence) if p >= ASKED_FROM or p * complaint >= 0.5]


def belongs_to_complaint(model: Model, seen: Seen) -> bool:
    """Does the finding belong to the complaint, rather than dating it or being found by chance?"""
    finding = model.knowledge.findings[seen.finding]
    return (
        finding.scale == "finding"
        and not finding.incidental
        and model.knowledge.obtained_by[seen.finding] not in ("laboratory", "imaging")
    )


def _label(seen: Seen) -> str:
    return seen.finding if not seen.leg else f"{seen.finding}@{seen.leg}"


def _ledger(seen: tuple[Seen, ...], presence: Floats, prior: float) -> tuple[tuple[Weight, ...], float]:
    """Leave-one-out weights and the line that makes the column add up to the log odds."""
    with_all = _log_odds(float(presence[0]))
    start = _log_odds(prior)
    if with_all is None or start is None:
        return (), 0.0
    weights = []
    for j, one in enumerate(seen):
        without = _log_odds(float(presence[j + 1]))
        if without is not None:
            weights.append(Weight(one, with_all - without))
    shared = with_all - start - sum(w.decibans for w in weights)
    return tuple(sorted(weights, key=lambda w: -abs(w.decibans))), shared


def _log_odds(p: float) -> float | None:
    """Log odds in decibans; None where a condition is certain or impossible."""
    if not 0 < p < 1:
        return None
    return 10 * log10(p / (1 - p))
