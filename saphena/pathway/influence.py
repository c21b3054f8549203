"""How far the model's numbers carry the answer: its leader, the order, and triage.

Red flags depend on no number; thresholds of what must not be missed do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saphena.inference.influence import at_ends, contrasts, correlations
from saphena.inference.observation import Observation
from saphena.inference.posterior import Posterior, posterior
from saphena.inference.uncertainty import DRAWS, Drawn, Number, bank_of, draw
from saphena.model.network import Model
from saphena.pathway.differential import Leader, differential
from saphena.pathway.stopping import Thresholds
from saphena.pathway.triage import LEVELS, Triage, triage

Ints = NDArray[np.int64]

BEYOND_CHANCE = 4.0
"""Standard errors from which an effect on triage counts: among a thousand idle numbers about one reaches 3.3."""
MOVERS = 5
"""Numbers listed for triage alone, besides those listed for the condition."""


@dataclass(frozen=True)
class Stability:
    """Does the answer stay the same when every number is drawn from its own range?"""

    leader: str | None
    """The condition that explains most with the numbers as authored."""
    leader_first: float | None
    """Share of the draws in which it still does; None without a leader."""
    triage_same: float
    """Share of the draws with the same level of triage."""
    draws: int


@dataclass(frozen=True)
class NumberInfluence:
    """What one authored number does to one case."""

    number: Number
    correlation: float
    """With the log odds of the condition over the draws."""
    share_of_spread: float
    """Its square: the share of the spread of the log odds that goes with this number."""
    low: float
    high: float
    """Probability of the condition at the two ends of the number's 95 % interval, others as authored; ascending."""
    rank_change: float
    """Mean place of the condition in the order of explanation, highest less lowest tenth of the number's draws."""
    rank_error: float
    """Standard error of that."""
    triage_change: dict[str, float]
    """By level: change of the share of draws whose triage by probability is that urgent or more."""
    triage_error: dict[str, float]


@dataclass(frozen=True)
class CaseInfluence:
    """Everything the numbers do to one case."""

    condition: str
    probability: float
    """As authored (plug-in)."""
    stability: Stability
    at_least: dict[str, float]
    """By level: share of draws whose triage by probability alone is that urgent or more."""
    numbers: tuple[NumberInfluence, ...]
    """By correlation; then those that move triage alone."""


def stability(model: Model, observation: Observation, posterior: Posterior, urgency: Triage, drawn: Drawn) -> Stability:
    """Shares of the draws in which leader and triage are those of the numbers as authored."""
    leader = Leader(model, observation, posterior)
    now = int(leader.first(np.array([c.probability for c in posterior.conditions])))
    level = levels(model, observation, leader, urgency, drawn)
    return Stability(
        leader=model.conditions[now] if now >= 0 else None,
        leader_first=float((leader.standing(drawn.presence).argmax(axis=1) == now).mean()) if now >= 0 else None,
        triage_same=float((level == LEVELS.index(urgency.level)).mean()),
        draws=len(drawn),
    )


def influence(
    model: Model, observation: Observation, condition: str | None = None, top: int = 12, draws: int = DRAWS
) -> CaseInfluence:
    """Influence of every authored number that bears on a case; on the leader, unless a condition is named.

    Raises ``ImpossibleEvidence``, ``TooWide``, and ``KeyError`` for an unknown condition.
    """
    if condition is not None and condition not in model.conditions:
        raise KeyError(condition)
    inferred = posterior(model, observation)
    urgency = triage(model, observation, inferred)
    drawn = draw(model, observation, draws)
    first = next(e.posterior.id for e in differential(model, observation, inferred, urgency) if e.group != "known")
    chosen = condition or first
    at = model.conditions.index(chosen)
    leader = Leader(model, observation, inferred)
    standing = leader.standing(drawn.presence)
    rank = 1.0 + (standing > standing[:, [at]]).sum(axis=1)
    by_probability = _by_probability(Thresholds(model, observation), drawn)
    reached = (by_probability[:, None] <= np.arange(len(LEVELS))).astype(float)
    strength = correlations(model, drawn, at)
    on_rank, on_triage = contrasts(model, drawn, rank), contrasts(model, drawn, reached)
    order = np.argsort(-np.abs(strength), kind="stable")
    listed = [int(n) for n in order[:top] if strength[n] != 0]
    clear = np.abs(on_triage.change) > BEYOND_CHANCE * np.maximum(on_triage.error, 1 / len(drawn))
    reach = np.where(clear, np.abs(on_triage.change), 0.0).max(axis=1, initial=0.0)
    movers = [int(n) for n in np.argsort(-reach, kind="stable")[:MOVERS] if reach[n] > 0]
    listed += [n for n in movers if n not in listed]
    ends = at_ends(model, observation, drawn.used[listed])[:, :, at]
    bank = bank_of(model)
    return CaseInfluence(
        condition=chosen,
        probability=next(c.probability for c in inferred.conditions if c.id == chosen),
        stability=stability(model, observation, inferred, urgency, drawn),
        at_least={level: float(reached[:, i].mean()) for i, level in enumerate(LEVELS[:3])},
        numbers=tuple(
            NumberInfluence(
                number=bank.numbers[drawn.used[n]],
                correlation=float(strength[n]),
                share_of_spread=float(strength[n] ** 2),
                low=float(end.min()),
                high=float(end.max()),
                rank_change=float(on_rank.change[n]),
                rank_error=float(on_rank.error[n]),
                triage_change={level: float(on_triage.change[n, i]) for i, level in enumerate(LEVELS[:3])},
                triage_error={level: float(on_triage.error[n, i]) for i, level in enumerate(LEVELS[:3])},
            )
            for n, end in zip(listed, ends, strict=True)
        ),
    )


def levels(model: Model, observation: Observation, leader: Leader, urgency: Triage, drawn: Drawn) -> Ints:
    """(D,) level of triage in each draw, flags included, as a place in ``LEVELS``."""
    by_flag = min((LEVELS.index(r.flag.triage) for r in urgency.raised), default=len(LEVELS))
    set_by = np.minimum(by_flag, _by_probability(Thresholds(model, observation), drawn))
    otherwise = np.full(len(drawn), LEVELS.index("routine"))
    if urgency.reason in ("benign", "default") and not any(flag.plausible for flag in urgency.open):
        first = leader.first(drawn.presence)
        benign = np.array([c.benign for c in model.knowledge.conditions.values()])
        otherwise[(first >= 0) & benign[first]] = LEVELS.index("self_care")
    return np.where(set_by < len(LEVELS), set_by, otherwise)


def _by_probability(thresholds: Thresholds, drawn: Drawn) -> Ints:
    """(D,) most urgent level whose threshold is passed; ``len(LEVELS)`` for none."""
    passed = np.where(thresholds.passed(drawn.state), thresholds.level, len(LEVELS))
    return np.asarray(passed.min(axis=1, initial=len(LEVELS)))
