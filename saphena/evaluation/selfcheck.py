"""The model against itself: people drawn from it, answered by it, and the truth it drew.

Where every number is as authored and the engine is right, conditions said to have a probability of
0.3 are there in 30 of 100, whatever was recorded, as long as recording does not depend on what was
found. A wrong engine, or one that reads other numbers than people were drawn from, shows here. Nothing
follows for real people: tier T0, self-consistency.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_matrix
from scipy.stats import chi2, norm, poisson

from saphena.evaluation.cases import Shape
from saphena.evaluation.metrics import wilson
from saphena.inference.batch import ANSWERED, posterior_batch
from saphena.inference.crowd import Crowd, Recording, crowd
from saphena.inference.evidence import Floats
from saphena.model.network import Model

LABEL = "self-consistency, tier T0"
CAUTION = (
    "People drawn from the model itself. This tests the engine and the compilation, not the medicine: "
    "nothing follows for real people."
)
BINS = (0.0, 0.05, 0.2, 0.5, 0.8, 0.95, 1.0)
RARE = 25.0
"""Variance of a count below which it is compared by the Poisson distribution."""
DOUBT = 0.001
"""Chance with which a model that is right fails each of the verdicts."""
FEWEST = 5.0
"""Expected people with a finding and a condition from which the pair is looked at."""
CERTAIN = 1e-12
THRESHOLDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


class Bin(Shape):
    """Of all (person, condition) pairs whose said probability lies in a range: what was said, and what is true."""

    low: float
    high: float
    count: int
    said: float
    true: float
    true_low: float
    """95 % Wilson interval of the true share, pairs taken as independent."""
    true_high: float
    errors: float
    """True less said in standard errors, people (not pairs) taken as independent."""


class Deviation(Shape):
    """A condition, alone or with a finding, that is there more or less often than was said."""

    condition: str
    finding: str | None
    """Among people in whom it was recorded as present; None for all people."""
    expected: float
    seen: int
    p_value: float


class NetBenefit(Shape):
    """Of acting on a condition from a probability on, in true positives a thousand people."""

    condition: str
    threshold: float
    own: bool
    """Is it the threshold that the knowledge states?"""
    by_model: float
    act_all: float
    """Acting on nobody is 0."""
    present: int


class Calibration(Shape):
    """Said against true over all pairs."""

    people: int
    unanswered: int
    bins: tuple[Bin, ...]
    brier: float
    log_loss: float
    """Mean over pairs."""
    p_value: float
    """Of the deviations of all bins together (Wald, people as clusters)."""


class SelfConsistency(Shape):
    """Sampled cases, answered."""

    label: str = LABEL
    caution: str = CAUTION
    setting: str
    seed: int
    recorded: float
    calibration: Calibration
    deviations: tuple[Deviation, ...]
    """Beyond chance, the least likely first; those looked at are counted."""
    looked_at: int
    consistent: bool
    decision_curves: tuple[NetBenefit, ...]


@dataclass(frozen=True)
class Answered:
    """People with an answer: said and true."""

    crowd: Crowd
    said: Floats
    """(N, C)"""
    true: Floats
    """(N, C)"""
    state: Floats
    """(N, S) said."""
    unanswered: int


def answered(model: Model, people: Crowd) -> Answered:
    """Everybody's posterior; people without one (too wide) are left out and counted."""
    found = posterior_batch(model, people.rows)
    some = found.status == ANSWERED
    kept = people.of(some)
    return Answered(
        kept, found.presence.filled(0.0)[some], kept.presence(), found.state.filled(0.0)[some], int((~some).sum())
    )


def self_consistency(
    model: Model,
    count: int = 20_000,
    setting: str = "primary_care",
    seed: int = 0,
    recorded: float = 0.08,
    drawn_from: Model | None = None,
) -> SelfConsistency:
    """``count`` people drawn with equal recording, answered by the model.

    ``drawn_from`` draws them from another model, which is to show that a difference is seen.
    """
    people = crowd(drawn_from or model, count, setting, np.random.default_rng(seed), Recording(recorded, recorded))
    answers = answered(model, people)
    overall = calibration(answers)
    off, looked_at = deviations(model, answers)
    return SelfConsistency(
        setting=setting,
        seed=seed,
        recorded=recorded,
        calibration=overall,
        deviations=off,
        looked_at=looked_at,
        consistent=overall.p_value > DOUBT and not off and overall.unanswered <= count / 100,
        decision_curves=decision_curves(model, answers),
    )


def calibration(answers: Answered) -> Calibration:
    """Reliability over all pairs, with one verdict on all bins."""
    said, true = answers.said, answers.true
    bins, excesses = [], []
    place = np.clip(np.searchsorted(BINS, said, side="right") - 1, 0, len(BINS) - 2)
    for i, (low, high) in enumerate(pairwise(BINS)):
        inside = place == i
        count, hits = int(inside.sum()), int(true[inside].sum())
        excess = ((true - said) * inside).sum(axis=1)
        excesses.append(excess)
        # People with like conditions may all deviate the same way; no less than independent pairs would.
        variance = max(float((excess**2).sum()), float((said * (1 - said) * inside).sum()))
        share = wilson("true", hits, count)
        bins.append(
            Bin(
                low=low,
                high=high,
                count=count,
                said=float(said[inside].mean()) if count else 0.0,
                true=share.share,
                true_low=share.low,
                true_high=share.high,
                errors=float(excess.sum() / np.sqrt(variance)) if variance > 0 else 0.0,
            )
        )
    p = np.clip(said, CERTAIN, 1 - CERTAIN)
    return Calibration(
        people=len(said),
        unanswered=answers.unanswered,
        bins=tuple(bins),
        brier=float(((said - true) ** 2).mean()),
        log_loss=float(-(true * np.log(p) + (1 - true) * np.log(1 - p)).mean()),
        p_value=_together(np.stack(excesses, axis=1)),
    )


def _together(excess: Floats) -> float:
    """P-value of all columns (N, B) having mean zero, rows independent (Wald)."""
    total = excess.sum(axis=0)
    spread = excess.T @ excess
    held = np.flatnonzero(np.diag(spread) > 0)
    if not len(held):
        return 1.0
    matrix = spread[np.ix_(held, held)]
    statistic = float(total[held] @ np.linalg.pinv(matrix) @ total[held])
    return float(chi2.sf(statistic, np.linalg.matrix_rank(matrix)))


def deviations(model: Model, answers: Answered) -> tuple[tuple[Deviation, ...], int]:
    """Conditions that are too often or too seldom there, in all people and in those with a finding; beyond chance.

    Bins hide a wrong number of one condition behind many right ones. Over all people, or all in whom something
    was recorded, the expected number with a condition is the sum of its probabilities.
    """
    people = answers.crowd
    names = list(dict.fromkeys(people.findings))
    column = np.array([names.index(f) for f in people.findings])
    rows, things = np.nonzero(people.written & (people.grade > 0))
    having = csr_matrix((np.ones(len(rows)), (rows, column[things])), shape=(len(people), len(names)))
    found: list[tuple[str | None, int, float, float, int]] = []
    for labels, members in (((None,), csr_matrix(np.ones((1, len(people))))), (tuple(names), having.T.tocsr())):
        size = np.asarray(members.sum(axis=1)).ravel()
        expected, seen = np.asarray(members @ answers.said), np.asarray(members @ answers.true)
        variance = np.asarray(members @ (answers.said * (1 - answers.said)))
        for f, c in np.argwhere(np.maximum(expected, seen) >= FEWEST):
            p = _p_value(float(seen[f, c]), float(expected[f, c]), float(variance[f, c]), float(size[f]))
            found.append((labels[f], int(c), p, float(expected[f, c]), int(seen[f, c])))
    beyond = sorted((one for one in found if one[2] < DOUBT / max(1, len(found))), key=lambda one: one[2])
    return tuple(
        Deviation(condition=model.conditions[c], finding=f, expected=e, seen=n, p_value=p) for f, c, p, e, n in beyond
    ), len(found)


def _p_value(seen: float, expected: float, variance: float, of: float) -> float:
    """Two-sided, of a count of ``of`` independent events; where few happen, or few do not, by the Poisson
    distribution, which is wider than theirs."""
    if variance >= RARE:
        return float(2 * norm.sf(abs(seen - expected) / np.sqrt(variance)))
    if expected > of / 2:
        seen, expected = of - seen, of - expected
    return float(min(1.0, 2 * min(poisson.cdf(seen, expected), poisson.sf(seen - 1, expected))))


def decision_curves(model: Model, answers: Answered) -> tuple[NetBenefit, ...]:
    """Net benefit of acting on each condition that must not be missed, at its own and at some fixed thresholds.

    A false positive costs t / (1 - t) of a true one at threshold t (Vickers and Elkin 2006,
    doi:10.1177/0272989X06295361). Only states that must not be missed count.
    """
    result, network, count = [], model.network, len(answers.said)
    for c, condition in enumerate(model.knowledge.conditions.values()):
        rule = condition.must_not_miss
        if rule is None:
            continue
        named = {f"{condition.id}.{state}" for state in rule.states}
        members = [
            int(s) for s in np.flatnonzero(network.condition_of == c) if not named or network.states[int(s)] in named
        ]
        said = answers.state[:, members].sum(axis=1)
        true = np.isin(answers.crowd.state[:, c], members)
        for threshold in sorted({*THRESHOLDS, rule.threshold}):
            if not 0 < threshold < 1:
                continue
            price = threshold / (1 - threshold)
            act = said >= threshold
            result.append(
                NetBenefit(
                    condition=condition.id,
                    threshold=threshold,
                    own=threshold == rule.threshold,
                    by_model=1000 * float((act & true).sum() - price * (act & ~true).sum()) / max(1, count),
                    act_all=1000 * float(true.sum() - price * (~true).sum()) / max(1, count),
                    present=int(true.sum()),
                )
            )
    return tuple(result)
