"""Why one condition stands where it stands: groups of findings, rivals, and what would move it."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10

import numpy as np

from saphena.inference.causes import sufficient
from saphena.inference.evidence import possible
from saphena.inference.next_finding import candidates
from saphena.inference.observe import Observation
from saphena.inference.posterior import belongs_to_complaint
from saphena.inference.prepare import prepare
from saphena.inference.subset import SubsetProgramme, with_unobserved
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
    """Present findings that it would more likely than not bring about by itself, given that it is present."""
    of: int
    """Number of present findings that belong to the complaint."""


def explain(model: Model, observation: Observation, condition: str, most: int = 4) -> Explanation:
    """Explain one condition.

    Raises ``KeyError`` for an unknown one, and ``ImpossibleEvidence`` or ``TooWide`` as ``posterior`` does.
    """
    at = model.conditions.index(condition) if condition in model.conditions else None
    if at is None:
        raise KeyError(condition)
    programme = SubsetProgramme(prepare(model, observation))
    members = programme.evidence.membership
    kinds: dict[str, list[int]] = {}
    for j, seen in enumerate(observation.seen):
        kinds.setdefault(model.knowledge.obtained_by[seen.finding], []).append(j)
    lanes = programme.base.repeat(1 + len(kinds) + len(model.conditions))
    for lane, of in enumerate(kinds.values(), start=1):
        with_unobserved(programme, lanes, lane, of)
    first_rival = 1 + len(kinds)
    for c in range(len(model.conditions)):
        lanes.weight[first_rival + c, members[:, c] > 0] = 0.0
    found = programme.marginals(lanes)
    possible(float(found.evidence[0]))
    # What is known cannot be absent: that lane has probability 0, and is left out below.
    joint = (found.state @ members)[:, at]
    presence = np.divide(joint, found.evidence, out=np.zeros_like(joint), where=found.evidence > 0)
    now = float(presence[0])
    groups = tuple(
        GroupWeight(
            kind, tuple(observation.seen[j].finding for j in of), _log_odds(now) - _log_odds(float(presence[lane]))
        )
        for lane, (kind, of) in enumerate(kinds.items(), start=1)
    )
    rivals = [
        Rival(id_, float(presence[first_rival + c]))
        for c, id_ in enumerate(model.conditions)
        if c != at and found.evidence[first_rival + c] > 0 and presence[first_rival + c] - now > 0.005
    ]
    complaint = [
        (slot, observation.seen[j])
        for slot, j in enumerate(programme.present)
        if belongs_to_complaint(model, observation.seen[j])
    ]
    alone = sufficient(programme, float(found.evidence[0]), [at])[at]
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


def _log_odds(p: float) -> float:
    """In decibans, held within what rounding can tell apart."""
    p = min(max(p, 1e-12), 1 - 1e-12)
    return 10 * log10(p / (1 - p))
