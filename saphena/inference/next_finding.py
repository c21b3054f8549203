"""Which finding to ask, examine or measure next, over everything that is not answered yet.

For each candidate the probability of every answer, and of every condition after that answer, comes
from lanes of the one plan: "at most this grade" only multiplies into the weights, and exact grades
are differences of these. Of a case that is too wide for a plan they are averages over weighted worlds.
Two measures are given: expected information about the conditions, and expected utility, which weighs
what it costs to ask against the harm of acting, or not, wrongly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from saphena.inference.evidence import Floats
from saphena.inference.observe import Observation, observe
from saphena.inference.prepare import leaks, prepare
from saphena.inference.subset import Lanes, Marginals, SubsetProgramme, TooWide
from saphena.inference.wide import worlds_of
from saphena.inference.worlds import Worlds
from saphena.model.network import Model

SMALLEST = 1e-12


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
    obtained_by: tuple[str, ...] = ("history", "examination", "laboratory", "imaging"),
    conditions: tuple[str, ...] | None = None,
) -> list[Candidate]:
    """All unanswered findings that could tell anything, by expected utility, then information.

    ``conditions`` restricts both measures to a set of conditions.
    """
    evidence = prepare(model, observation)
    asked = _askable(model, observation, obtained_by)
    jobs = [(node, grade) for _, node in asked for grade in range(_grades(model, node) - 1)]
    try:
        found = _exactly(model, observation, SubsetProgramme(evidence, open_mechanisms=True), jobs)
        worlds = None
    except TooWide:
        worlds, _ = worlds_of(evidence)
        found = _from_worlds(model, observation, worlds, jobs)
    total = float(found.evidence[0])
    judge = _Judge(model, found.state[0] / total, conditions)
    result, lane = [], 1
    for finding, node in asked:
        grades = _grades(model, node)
        up_to = np.concatenate([[0.0], found.evidence[lane : lane + grades - 1], [total]])
        state = found.state
        joint = np.concatenate([np.zeros((1, state.shape[1])), state[lane : lane + grades - 1], state[:1]])
        lane += grades - 1
        chances = np.clip(np.diff(up_to) / total, 0.0, 1.0)
        with_answer = np.clip(np.diff(joint, axis=0) / total, 0.0, None)
        after = np.where(
            chances[:, None] > SMALLEST, with_answer / np.maximum(chances[:, None], SMALLEST), judge.before
        )
        result.append(judge.candidate(finding, node, _answers(model, finding, node), chances, np.clip(after, 0.0, 1.0)))
    for finding in _askable_children(model, observation, obtained_by):
        chances, after = _by_answering(model, observation, finding, total, worlds)
        result.append(judge.candidate(finding, finding, ("absent", "present"), chances, after))
    return sorted(result, key=lambda c: (-c.utility, -c.information, c.finding))


def _exactly(
    model: Model, observation: Observation, programme: SubsetProgramme, jobs: list[tuple[str, int]]
) -> Marginals:
    """The case as it is, then for each job the case with "the node is at most this grade"."""
    lanes = programme.base.repeat(1 + len(jobs))
    for lane, (node, grade) in enumerate(jobs, start=1):
        _at_most(model, observation, lanes, lane, node, grade)
    return programme.marginals(lanes)


def _from_worlds(model: Model, observation: Observation, worlds: Worlds, jobs: list[tuple[str, int]]) -> Marginals:
    """The same, estimated; P(evidence) is 1."""
    network, columns = model.network, np.array([model.node_index[node] for node, _ in jobs], dtype=np.int64)
    pmf = np.concatenate(
        [leaks(model, observation, columns)[None], network.link[:, columns], network.mechanism_link[:, columns]]
    )
    allowed = np.arange(pmf.shape[-1]) <= np.array([grade for _, grade in jobs], dtype=np.int64)[:, None]
    with np.errstate(divide="ignore"):
        evidence, state = worlds.at_most(np.log(np.where(allowed, pmf, 0.0).sum(axis=-1)))
    return Marginals(
        np.concatenate([[1.0], evidence]),
        np.concatenate([worlds.average(worlds.chances)[None], state]),
        np.zeros((1 + len(jobs), 0)),
    )


class _Judge:
    """Values answers against what is known now."""

    def __init__(self, model: Model, before: Floats, conditions: tuple[str, ...] | None) -> None:
        self.model, self.before = model, before
        self.stakes = stakes(model, conditions)
        chosen = [c for c, id_ in enumerate(model.conditions) if conditions is None or id_ in conditions]
        self.membership = (model.network.condition_of[:, None] == np.array(chosen)).astype(float)
        self.all = (model.network.condition_of[:, None] == np.arange(len(model.conditions))).astype(float)
        self.costs = {str(name): cost.cost for name, cost in model.knowledge.settings.cost_of_asking.items()}

    def candidate(self, finding: str, node: str, answers: tuple[str, ...], chances: Floats, after: Floats) -> Candidate:
        """``after`` is (answers, S) P(state | answer)."""
        cost = self.costs[self.model.knowledge.obtained_by[finding]]
        gain = _bits(self.before @ self.membership).sum() - chances @ _bits(after @ self.membership).sum(axis=1)
        value = float(self.stakes.loss(self.before) - chances @ self.stakes.loss(after))
        return Candidate(
            finding, node, answers, tuple(map(float, chances)), after @ self.all,
            max(0.0, float(gain)), max(0.0, value) - cost, cost,
        )  # fmt: skip


def _askable_children(model: Model, observation: Observation, obtained_by: tuple[str, ...]) -> list[str]:
    """Children whose parent is known to be present."""
    result = []
    for parent, children in model.children.items():
        known = observation.interval(parent)
        for child in children:
            if (
                known is not None
                and known.lowest > 0
                and child not in observation.mentioned
                and model.knowledge.obtained_by[child] in obtained_by
            ):
                result.append(child)
    return result


def _by_answering(
    model: Model, observation: Observation, finding: str, total: float, worlds: Worlds | None
) -> tuple[Floats, Floats]:
    """P(answer) and P(state | answer) by putting each answer into the case; for children, which
    change the node of their parent. Where the case is too wide the ``worlds`` drawn for it are weighed anew."""
    chances, after = [], []
    for answer in ("absent", "present"):
        case = observation.case.model_copy(update={"findings": {**observation.case.findings, finding: answer}})
        evidence = prepare(model, observe(model, case))
        if worlds is not None:
            answered = worlds.under(evidence)
            chances.append(float(np.exp(answered.log_evidence - worlds.log_evidence)))
            after.append(answered.average(answered.chances))
            continue
        programme = SubsetProgramme(evidence)
        found = programme.marginals(programme.base)
        chances.append(float(found.evidence[0]) / total)
        after.append(found.state[0] / max(float(found.evidence[0]), SMALLEST))
    return np.array(chances), np.array(after)


def _askable(model: Model, observation: Observation, obtained_by: tuple[str, ...]) -> list[tuple[str, str]]:
    """(finding, node) of everything unanswered; a child only once its parent is known to be present."""
    result = []
    for finding in model.knowledge.findings.values():
        if finding.id in observation.mentioned or model.knowledge.obtained_by[finding.id] not in obtained_by:
            continue
        if finding.given is not None:
            continue
        suffix = ""
        if finding.sided:
            suffix = "@index" if observation.index_leg else "@any" if finding.kind == "graded" else "@legs"
        result.append((finding.id, finding.id + suffix))
    return result


def _grades(model: Model, node: str) -> int:
    return int(model.network.node_grades[model.node_index[node]])


def _answers(model: Model, finding: str, node: str) -> tuple[str, ...]:
    known = model.knowledge.findings[finding]
    if node.endswith("@legs"):
        return ("absent", "one leg", "both legs")
    return known.grades if known.kind == "graded" else ("absent", "present")


def _at_most(model: Model, observation: Observation, lanes: Lanes, lane: int, node: str, grade: int) -> None:
    """Turn one lane into the problem "the node is at most this grade"."""
    column = model.node_index[node]
    network = model.network
    lanes.weight[lane] *= network.link[:, column, : grade + 1].sum(axis=-1)
    lanes.on[lane] *= network.mechanism_link[:, column, : grade + 1].sum(axis=-1)
    lanes.factor[lane] *= leaks(model, observation, np.array([column]))[0, : grade + 1].sum()


def _bits(p: Floats) -> Floats:
    """Entropy of each presence in bits."""
    q = np.clip(p, SMALLEST, 1 - SMALLEST)
    return np.asarray(-(q * np.log2(q) + (1 - q) * np.log2(1 - q)))
