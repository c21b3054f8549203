"""What could still be answered, and what every answer, alone or together with others, would make of the case.

"At most this grade" only multiplies into the weights of a lane, for one finding or for several at
once, and exact grades are differences of such lanes. A child changes the node of its parent, which is
present and has a slot: each of its answers is a lane of its own. So the joint probability of all the
answers of any group of findings comes from lanes of one plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from saphena.inference.evidence import Floats, ImpossibleEvidence
from saphena.inference.observation import Interval, Observation
from saphena.inference.prepare import leaks, prepare
from saphena.inference.sayable import node_of
from saphena.inference.subset import Lanes, SubsetProgramme
from saphena.model.network import Model
from saphena.model.schema import Finding

SOURCES = ("history", "examination", "laboratory", "imaging")
LANES = 2048
"""Lanes set up at a time: some tens of megabytes."""

Key = tuple[tuple[int, int], ...]
"""Restrictions of one lane: (askable, level), ascending; none is the case as it is."""


@dataclass(frozen=True)
class Askable:
    """One finding that is not answered yet."""

    finding: str
    node: str
    answers: tuple[str, ...]
    """Absent or the lowest grade first."""
    slot: int | None = None
    """Slot of the parent of a child; two findings of one slot cannot be answered together here."""


@dataclass(frozen=True)
class JointAnswers:
    """All answers of a group of findings together; the last axis runs over states."""

    chances: Floats
    """(A1, A2, ...) P(these answers | what is known)."""
    with_state: Floats
    """(A1, A2, ..., S) P(these answers and the state | what is known)."""


class Answers:
    """Everything askable of a case; a child once its parent is known to be present and its answer would be read.

    A finding that a narrative leaves unmentioned keeps its soft factor also when it is answered here. Raises
    ``ImpossibleEvidence`` and ``TooWide``.
    """

    def __init__(self, model: Model, observation: Observation, obtained_by: Sequence[str] = SOURCES) -> None:
        self.model, self.observation = model, observation
        self.programme = SubsetProgramme(prepare(model, observation), open_mechanisms=True)
        open_ = _unanswered(model, observation, obtained_by)
        self.asked: list[Askable] = askables(model, observation, obtained_by)
        columns = np.array([model.node_index[a.node] for a in self.asked], dtype=np.int64)
        self._child_nodes: dict[int, list[tuple[str, int, int]]] = {}
        slots = {int(j): slot for slot, j in enumerate(self.programme.present)}
        for finding in open_:
            places = [self._with_child(finding.id, yes) for yes in (False, True)] if finding.given else []
            if places and places[0] is not None and places[1] is not None:
                self._child_nodes[len(self.asked)] = [place[1] for place in places if place is not None]
                self.asked.append(Askable(finding.id, finding.id, ("absent", "present"), slots[places[0][0]]))
        network = model.network
        # P(no cause above the grade): row 0 of each table restricts nothing.
        self._first = 1 + np.arange(len(columns)) * network.link.shape[2]
        self._weight = _rows(network.link[:, columns])
        self._on = _rows(network.mechanism_link[:, columns])
        self._factor = _rows(leaks(model, observation, columns)[None])[:, 0]
        self._found: dict[Key, int] = {}
        # P(evidence), then P(state, evidence), of each lane that is worked out.
        self._lanes = np.zeros((0, 1 + len(network.states)))
        self._run([()])
        self.total = float(self._lanes[0, 0])
        if not self.total > 0:
            raise ImpossibleEvidence("nothing in the model can produce what is known already")
        self.before: Floats = self._lanes[0, 1:] / self.total
        """(S,) P(state | what is known)."""

    def joint(self, groups: Sequence[tuple[int, ...]]) -> list[JointAnswers]:
        """All joint answers of each group of positions in ``asked``; a group holds a slot at most once."""
        for group in groups:
            parents = [self.asked[i].slot for i in group if self.asked[i].slot is not None]
            if len(set(group)) < len(group) or len(set(parents)) < len(parents):
                raise ValueError("a finding twice, or two children of one parent, in one group")
        keys = [[self._key(group, levels) for levels in product(*map(self._levels, group))] for group in groups]
        self._run(list(dict.fromkeys(key for of in keys for key in of if key not in self._found)))
        result = []
        for group, of in zip(groups, keys, strict=True):
            found = self._lanes[[self._found[key] for key in of]]
            found = found.reshape(*(len(self.asked[i].answers) for i in group), -1)
            for axis, i in enumerate(group):
                if self.asked[i].slot is None:
                    moved = np.moveaxis(found, axis, 0)
                    moved[1:] -= moved[:-1].copy()
            found = np.maximum(found, 0.0, out=found)  # What rounding leaves of an impossible answer is 0.
            found /= self.total
            result.append(JointAnswers(found[..., 0], found[..., 1:]))
        return result

    def _levels(self, i: int) -> range:
        return range(len(self.asked[i].answers))

    def _key(self, group: tuple[int, ...], levels: tuple[int, ...]) -> Key:
        """The highest "at most" says nothing and is left away, so that lanes are shared."""
        pairs = zip(group, levels, strict=True)
        return tuple(
            sorted((i, g) for i, g in pairs if self.asked[i].slot is not None or g < len(self.asked[i].answers) - 1)
        )

    def _run(self, keys: list[Key]) -> None:
        """Work out the lanes of these restrictions, and keep them."""
        results = [self._lanes]
        for start in range(0, len(keys), LANES):
            part = keys[start : start + LANES]
            lanes = self.programme.base.repeat(len(part))
            rows = np.zeros((len(part), max(map(len, part))), dtype=np.int64)
            for lane, key in enumerate(part):
                for position, (i, level) in enumerate(key):
                    if self.asked[i].slot is None:
                        rows[lane, position] = self._first[i] + level
                    else:
                        self._answer_child(lanes, lane, i, level)
            for position in range(rows.shape[1]):
                lanes.weight *= self._weight[rows[:, position]]
                lanes.on *= self._on[rows[:, position]]
                lanes.factor *= self._factor[rows[:, position]]
            found = self.programme.marginals(lanes)
            results.append(np.concatenate([found.evidence[:, None], found.state], axis=1))
        self._found.update((key, len(self._lanes) + n) for n, key in enumerate(keys))
        self._lanes = np.concatenate(results)

    def _answer_child(self, lanes: Lanes, lane: int, i: int, level: int) -> None:
        """Exchange the edges of the parent's slot for those of its node with the child."""
        node, lowest, highest = self._child_nodes[i][level]
        column, slot, network = self.model.node_index[node], self.asked[i].slot, self.model.network
        seen = slice(lowest, highest + 1)
        link, mechanism = network.link[:, column], network.mechanism_link[:, column]
        leak = leaks(self.model, self.observation, np.array([column]))[0]
        lanes.low[lane, :, slot], lanes.hit[lane, :, slot] = link[:, :lowest].sum(axis=1), link[:, seen].sum(axis=1)
        lanes.on_low[lane, :, slot] = mechanism[:, :lowest].sum(axis=1)
        lanes.on_hit[lane, :, slot] = mechanism[:, seen].sum(axis=1)
        lanes.leak_low[lane, slot], lanes.leak_hit[lane, slot] = leak[:lowest].sum(), leak[seen].sum()

    def _with_child(self, child: str, present: bool) -> tuple[int, tuple[str, int, int]] | None:
        """Place of the parent among the observations, and its node and grades with the child answered.

        None where the answer would not be read: the parent is not known, without doubt, to be present in the index leg.
        """
        model, observation = self.model, self.observation
        parent = model.knowledge.findings[model.knowledge.findings[child].given or child]
        for j, seen in enumerate(observation.seen):
            if (
                seen.finding == parent.id
                and seen.lowest > 0
                and not seen.doubt
                and seen.leg in ("", observation.index_leg, "both")
            ):
                known = {}
                for id_ in model.children[parent.id]:
                    answer = observation.interval(id_) if id_ in seen.children else None
                    if id_ == child:
                        known[id_] = present
                    elif answer is not None:
                        known[id_] = answer.lowest > 0
                return j, node_of(parent, Interval(1, 1), known, seen.leg, observation.index_leg)
        return None


def _unanswered(model: Model, observation: Observation, obtained_by: Sequence[str]) -> list[Finding]:
    return [
        f
        for f in model.knowledge.findings.values()
        if f.id not in observation.mentioned
        and model.knowledge.obtained_by[f.id] in obtained_by
        and f.is_asked_at(observation.case.age)
    ]


def askables(model: Model, observation: Observation, obtained_by: Sequence[str] = SOURCES) -> list[Askable]:
    """Every unanswered finding that is no child of another."""
    result, nodes = [], model.network.nodes
    for finding in _unanswered(model, observation, obtained_by):
        if finding.given is None:
            node = (
                f"{finding.id}@index"
                if finding.sided and observation.index_leg
                else nodes[model.whole_node[finding.id]]
            )
            words = finding.grades if finding.kind == "graded" else ("absent", "present")
            legs = ("absent", "one leg", "both legs")
            result.append(Askable(finding.id, node, legs if node.endswith("@legs") else words))
    return result


def _rows(pmf: Floats) -> Floats:
    """(1 + J x G, n) from (n, J, G): chances of "at most this grade", after a row of ones."""
    at_most = np.cumsum(pmf, axis=2).transpose(1, 2, 0)
    return np.concatenate([np.ones((1, len(pmf))), at_most.reshape(at_most.shape[0] * at_most.shape[1], len(pmf))])
