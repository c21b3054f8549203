"""Which finding to ask, examine or measure next, over everything that is not answered yet.

For each candidate the probability of every answer, and of every condition after that answer, is exact
(``answers.py``), or of a case that is too wide for a plan an average over weighted worlds. Two measures are
given: expected information about the conditions, and expected utility, which weighs what it costs to ask
against the harm of acting, or not, wrongly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from saphena.inference.answers import SOURCES, Answers, Askable, JointAnswers, askables
from saphena.inference.evidence import Floats
from saphena.inference.observation import Observation
from saphena.inference.prepare import leaks, prepare
from saphena.inference.subset import TooWide
from saphena.inference.wide import worlds_of
from saphena.model.network import Model

SMALLEST = 1e-12
DIGITS = 12
"""Kept of what an answer is worth: values that are equal must be so in both engines, or ties fall differently."""


@dataclass(frozen=True)
class Candidate:
    """One finding that could be asked, and what its answer would tell."""

    finding: str
    node: str
    answers: tuple[str, ...]
    """Absent or the lowest grade first."""
    chances: tuple[float, ...]
    """P(answer | what is known)."""
    after: Floats
    """(answers, C) P(condition | what is known, answer)."""
    states: Floats
    """(answers, S) P(state | what is known, answer)."""
    information: float
    """Expected information about the conditions in bits (sum over conditions)."""
    utility: float
    """Expected fall of the loss of acting wrongly, minus the cost of asking; in units of one routine error."""
    cost: float

    @property
    def before(self) -> Floats:
        """(C,) P(condition) now, by total probability."""
        return np.asarray(np.array(self.chances) @ self.after)

    def change(self) -> float:
        """Largest change of any condition's probability that any answer would bring."""
        return float(np.abs(self.after - self.before).max())

    def moves(self, conditions: tuple[str, ...], count: int = 3) -> list[tuple[str, float, float]]:
        """(condition, now, after the strongest answer) of those that this answer would move most."""
        before, after = self.before, self.after[-1]
        order = np.argsort(-np.abs(after - before), kind="stable")[:count]
        return [(conditions[c], float(before[c]), float(after[c])) for c in order]


@dataclass(frozen=True)
class Stakes:
    """What errors cost: one row a decision, which is to act on a set of states or to wait."""

    covers: Floats
    """(S, decisions) 1 where the decision is about the state."""
    miss: Floats
    act: Floats
    """(decisions,) loss of waiting though one of the states is present, and of acting though none is."""

    def loss(self, state: Floats) -> Floats:
        """Expected loss of the better of "act" and "wait", summed over decisions (last axis of ``state``)."""
        p = state @ self.covers
        return np.asarray(np.minimum(p * self.miss, (1 - p) * self.act).sum(axis=-1))


def stakes(model: Model, conditions: tuple[str, ...] | None = None) -> Stakes:
    """Harm of missing from the triage level of a danger; its threshold fixes the cost of acting.

    Acting is right from probability t when t * miss = (1 - t) * act. A dangerous condition gives two
    decisions, to look for it and to treat it; one of which only some states are dangerous a third,
    ordinary one about it all.
    """
    settings = model.knowledge.settings
    harms = {level: harm.harm for level, harm in settings.harm_of_missing.items()}
    covers, miss, act = [], [], []
    for c, condition in enumerate(model.knowledge.conditions.values()):
        if conditions is not None and condition.id not in conditions:
            continue
        rule = condition.must_not_miss
        whole = (model.network.condition_of == c).astype(float)
        ordinary = (whole, harms["self_care" if condition.benign else "routine"], settings.ordinary_threshold.value)
        decisions = [] if rule is not None and not rule.states else [ordinary]
        if rule is not None:
            named = [f"{condition.id}.{state}" for state in rule.states]
            danger = np.array([float(name in named) for name in model.network.states]) if named else whole
            decisions.append((danger, harms[rule.triage], rule.threshold))
            treat = settings.treat_threshold.value
            decisions.append((danger, settings.harm_of_treating_wrongly.harm * (1 - treat) / treat, treat))
        for states, harm, threshold in decisions:
            covers.append(states)
            miss.append(harm)
            act.append(harm * threshold / (1 - threshold))
    return Stakes(np.array(covers).T, np.array(miss), np.array(act))


def candidates(
    model: Model,
    observation: Observation,
    obtained_by: tuple[str, ...] = SOURCES,
    conditions: tuple[str, ...] | None = None,
) -> list[Candidate]:
    """All unanswered findings that could tell anything, by expected utility, then information.

    ``conditions`` restricts both measures to a set of conditions. Raises ``ImpossibleEvidence`` or ``TooWide``.
    """
    try:
        answers = Answers(model, observation, obtained_by)
    except TooWide:
        return _from_worlds(model, observation, obtained_by, conditions)
    return candidates_of(answers, conditions)


def candidates_of(
    answers: Answers, conditions: tuple[str, ...] | None = None, obtained_by: tuple[str, ...] = SOURCES
) -> list[Candidate]:
    """The same, of answers that are worked out already."""
    model = answers.model
    asked = [i for i, one in enumerate(answers.asked) if model.knowledge.obtained_by[one.finding] in obtained_by]
    found = answers.joint([(i,) for i in asked])
    return _judged(model, [answers.asked[i] for i in asked], found, Judge(model, answers.before, conditions))


def _from_worlds(
    model: Model, observation: Observation, obtained_by: tuple[str, ...], conditions: tuple[str, ...] | None
) -> list[Candidate]:
    """Estimated, of a case too wide for a plan; children of a finding are not among them."""
    worlds, _ = worlds_of(prepare(model, observation))
    network, before = model.network, worlds.average(worlds.chances)
    asked = [one for one in askables(model, observation, obtained_by) if one.slot is None]
    grades = [len(one.answers) for one in asked]
    columns = np.repeat([model.node_index[one.node] for one in asked], [g - 1 for g in grades])
    highest = np.concatenate([np.zeros(0, dtype=np.int64), *(np.arange(g - 1) for g in grades)]).astype(np.int64)
    pmf = np.concatenate(
        [leaks(model, observation, columns)[None], network.link[:, columns], network.mechanism_link[:, columns]]
    )
    allowed = np.arange(pmf.shape[-1]) <= highest[:, None]
    with np.errstate(divide="ignore"):
        chance, with_state = worlds.at_most(np.log(np.where(allowed, pmf, 0.0).sum(axis=-1)))
    found, start = [], 0
    for count in grades:
        part = slice(start, start + count - 1)
        start += count - 1
        up_to = np.concatenate([[0.0], chance[part], [1.0]])
        joint = np.concatenate([np.zeros((1, len(before))), with_state[part], before[None]])
        found.append(JointAnswers(np.clip(np.diff(up_to), 0.0, 1.0), np.clip(np.diff(joint, axis=0), 0.0, None)))
    return _judged(model, asked, found, Judge(model, before, conditions))


def _judged(model: Model, asked: list[Askable], found: list[JointAnswers], judge: Judge) -> list[Candidate]:
    presence = (model.network.condition_of[:, None] == np.arange(len(model.conditions))).astype(float)
    result = []
    for one, joint, of in zip(asked, found, judge.judge(found), strict=True):
        cost = judge.costs[model.knowledge.obtained_by[one.finding]]
        after, chances = of.after @ presence, tuple(map(float, joint.chances))
        result.append(
            Candidate(
                one.finding, one.node, one.answers, chances, after, of.after, of.information, of.gain - cost, cost
            )
        )
    return sorted(result, key=lambda c: (-c.utility, -c.information, c.finding))


@dataclass(frozen=True)
class Judged:
    """What a set of answers would tell."""

    after: Floats
    """(answers, S) P(state | answer); what is known now where the answer is impossible."""
    information: float
    """In bits."""
    gain: float
    """Expected fall of the loss, cost of asking not yet taken off."""


class Judge:
    """Values answers against what is known now."""

    def __init__(self, model: Model, before: Floats, conditions: tuple[str, ...] | None = None) -> None:
        self.before = before
        self.stakes = stakes(model, conditions)
        chosen = [c for c, id_ in enumerate(model.conditions) if conditions is None or id_ in conditions]
        self.membership = (model.network.condition_of[:, None] == np.array(chosen)).astype(float)
        self.costs = {str(name): cost.cost for name, cost in model.knowledge.settings.cost_of_asking.items()}

    def judge(self, joints: list[JointAnswers]) -> list[Judged]:
        """What each set of answers would tell."""
        if not joints:
            return []
        starts = np.cumsum([0, *(j.chances.size for j in joints)])
        chances = np.concatenate([j.chances.ravel() for j in joints])
        with_state = np.concatenate([j.with_state.reshape(j.chances.size, -1) for j in joints])
        given = with_state / np.maximum(chances, SMALLEST)[:, None]
        after = np.clip(np.where(chances[:, None] > SMALLEST, given, self.before), 0.0, 1.0)
        uncertain = np.add.reduceat(chances * _bits(after @ self.membership).sum(axis=1), starts[:-1])
        loss = np.add.reduceat(chances * self.stakes.loss(after), starts[:-1])
        information = np.maximum(0.0, _bits(self.before @ self.membership).sum() - uncertain).round(DIGITS)
        gain = np.maximum(0.0, self.stakes.loss(self.before) - loss).round(DIGITS)
        return [
            Judged(after[starts[i] : starts[i + 1]], float(information[i]), float(gain[i])) for i in range(len(joints))
        ]


def _bits(p: Floats) -> Floats:
    """Entropy of each presence in bits."""
    q = np.clip(p, SMALLEST, 1 - SMALLEST)
    return np.asarray(-(q * np.log2(q) + (1 - q) * np.log2(1 - q)))
