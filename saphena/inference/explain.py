"""Why one condition stands where it stands: groups of findings, rivals, and what would move it."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10

import numpy as np

from saphena.inference.causes import sufficient
from saphena.inference.evidence import Floats, possible
from saphena.inference.next_finding import candidates
from saphena.inference.observation import Observation
from saphena.inference.posterior import belongs_to_complaint
from saphena.inference.prepare import prepare
from saphena.inference.steps import ABSENT
from saphena.inference.subset import SubsetProgramme, TooWide, with_unobserved
from saphena.inference.wide import worlds_of
from saphena.inference.worlds import FEWEST, LEAST_SURE, Worlds
from saphena.model.network import Model


@dataclass(frozen=True)
class GroupWeight:
    """What all findings of one kind did together, leave-out."""

    group: str
    """history, examination, laboratory or imaging."""
    findings: tuple[str, ...]
    decibans: float


@dataclass(frozen=True)
class Rival:
    """Another condition that takes over, or shares, the explanation of the findings."""

    condition: str
    probability_without: float
    """P(the explained condition | evidence, the rival absent)."""


@dataclass(frozen=True)
class Lever:
    """An answer that would move the condition."""

    finding: str
    answer: str
    chance: float
    probability: float
    """P(condition | evidence, that answer)."""


@dataclass(frozen=True)
class Explanation:
    """Everything about one condition that its ledger does not say."""

    condition: str
    probability: float
    groups: tuple[GroupWeight, ...]
    explained_away_by: tuple[Rival, ...]
    """Rivals without which the condition would be more probable, strongest first."""
    raised_by: tuple[Lever, ...]
    lowered_by: tuple[Lever, ...]
    accounts_alone_for: tuple[str, ...]
    """Present findings that it would more likely than not bring about by itself, given that it is present; empty
    also where the answer is estimated from samples."""
    of: int
    """Number of present findings that belong to the complaint."""


def explain(model: Model, observation: Observation, condition: str, most: int = 4) -> Explanation:
    """Explain one condition.

    Raises ``KeyError`` for an unknown one, and ``ImpossibleEvidence`` or ``TooWide`` as ``posterior`` does.
    """
    at = model.conditions.index(condition) if condition in model.conditions else None
    if at is None:
        raise KeyError(condition)
    evidence = prepare(model, observation)
    kinds: dict[str, list[int]] = {}
    for j, seen in enumerate(observation.seen):
        kinds.setdefault(model.knowledge.obtained_by[seen.finding], []).append(j)
    present = [observation.seen[j] for j in evidence.positive]
    try:
        programme = SubsetProgramme(evidence)
        presence = _exactly(programme, at, list(kinds.values()))
        total = possible(float(programme.evidence_of(programme.base)[0]))
        alone = sufficient(programme, total, [at])[at]
    except TooWide:
        presence = _from_worlds(worlds_of(evidence)[0], at, list(kinds.values()))
        alone = np.zeros(len(present))  # Not worked out.
    now, first_rival = float(presence[0]), 1 + len(kinds)
    groups = tuple(
        GroupWeight(
            kind, tuple(observation.seen[j].finding for j in of), _log_odds(now) - _log_odds(float(presence[lane]))
        )
        for lane, (kind, of) in enumerate(kinds.items(), start=1)
        if not np.isnan(presence[lane])
    )
    rivals = [
        Rival(id_, float(presence[first_rival + c]))
        for c, id_ in enumerate(model.conditions)
        if c != at and presence[first_rival + c] - now > 0.005
    ]
    complaint = [(slot, seen) for slot, seen in enumerate(present) if belongs_to_complaint(model, seen)]
    levers = [
        Lever(c.finding, answer, chance, float(after[at]))
        for c in candidates(model, observation)
        for answer, chance, after in zip(c.answers, c.chances, c.after, strict=True)
        if chance > 0.001
    ]
    return Explanation(
        condition,
        now,
        groups,
        tuple(sorted(rivals, key=lambda r: -r.probability_without)[:most]),
        tuple(sorted((v for v in levers if v.probability > now + 0.005), key=lambda v: -v.probability)[:most]),
        tuple(sorted((v for v in levers if v.probability < now - 0.005), key=lambda v: v.probability)[:most]),
        tuple(seen.finding for slot, seen in complaint if now > 0 and alone[slot] >= now / 2),
        len(complaint),
    )


def _exactly(programme: SubsetProgramme, at: int, groups: list[list[int]]) -> Floats:
    """P(one condition | evidence), without each group of findings, and with each condition absent; nan where
    that is impossible."""
    members = programme.evidence.membership
    lanes = programme.base.repeat(1 + len(groups) + members.shape[1])
    for lane, of in enumerate(groups, start=1):
        with_unobserved(programme, lanes, lane, of)
    for c in range(members.shape[1]):
        lanes.weight[1 + len(groups) + c, members[:, c] > 0] = 0.0
    found = programme.marginals(lanes)
    present = (found.state @ members)[:, at]
    return np.asarray(np.divide(present, found.evidence, out=np.full_like(present, np.nan), where=found.evidence > 0))


def _from_worlds(worlds: Worlds, at: int, groups: list[list[int]]) -> Floats:
    """The same, estimated; nan also where that is not sure enough. Without a group the case is another one,
    which may well be narrow enough to be worked out exactly."""
    chance = _presence(worlds, at)
    presence = [float(worlds.average(chance))]
    for of in groups:
        rest = worlds.evidence.without(of)
        try:
            presence.append(_exactly(SubsetProgramme(rest), at, [])[0])
        except TooWide:
            others = worlds_of(rest)[0]
            presence.append(_if_sure(others, _presence(others, at)))
    for c in range(worlds.evidence.conditions):
        absent = worlds.state[:, c] == ABSENT
        presence.append(_if_sure(worlds.only(absent), chance[absent]))
    return np.array(presence, dtype=float)


def _presence(worlds: Worlds, at: int) -> Floats:
    """(N,) P(one condition | the rest of the world, evidence)."""
    return np.asarray(np.clip(worlds.given(at).chance[:, 1:].sum(axis=1), 0.0, 1.0))


def _if_sure(worlds: Worlds | None, chance: Floats) -> float:
    """P(one condition), of which ``chance`` is given in each world; nan without enough worlds, or with too large an
    error of its log odds."""
    if worlds is None or worlds.effective < FEWEST:
        return np.nan
    p = float(worlds.average(chance))
    error = 10 / np.log(10) * float(worlds.error(chance, p))
    return p if error <= LEAST_SURE * p * (1 - p) else np.nan


def _log_odds(p: float) -> float:
    """In decibans, held within what rounding can tell apart."""
    p = min(max(p, 1e-12), 1 - 1e-12)
    return 10 * log10(p / (1 - p))
