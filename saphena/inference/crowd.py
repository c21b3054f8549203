"""Simulated people in very large numbers: as the arrays that a batch reads, with the truth beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from saphena.inference.columns import UNKNOWN
from saphena.inference.evidence import Floats, Ints
from saphena.inference.sampling import TOGETHER, Booleans, DrawnPeople
from saphena.inference.solver import FREE, People
from saphena.inference.steps import ABSENT
from saphena.model.network import SETTINGS, SEXES, Model


@dataclass(frozen=True)
class Recording:
    """Chance that a finding is written down, where it is there and where it is not.

    With both the same, what is written says nothing by having been written.
    """

    present: float = 0.08
    absent: float = 0.08
    obtained_by: tuple[str, ...] | None = None
    """History, examination and so on; None for all."""


@dataclass(frozen=True)
class Crowd:
    """``N`` simulated people: what a batch reads, and the truth."""

    rows: People
    state: Ints
    """(N, C) state of each condition, ``ABSENT`` where it is absent."""
    mechanism: Booleans
    """(N, K)"""
    findings: tuple[str, ...]
    """(M) the finding of each thing drawn; a sided one stands for each leg."""
    grade: Ints
    """(N, M) what is so, recorded or not."""
    written: Booleans
    """(N, M) what was recorded."""

    def __len__(self) -> int:
        return len(self.state)

    def presence(self) -> Floats:
        """(N, C) 1 where the condition is present."""
        return np.asarray(self.state != ABSENT, dtype=float)

    def of(self, rows: Booleans) -> Crowd:
        """Some of the people."""
        return Crowd(
            _rows_of(self.rows, rows), self.state[rows], self.mechanism[rows], self.findings, self.grade[rows],
            self.written[rows],
        )  # fmt: skip


def crowd(
    model: Model, count: int, setting: str, rng: np.random.Generator, recording: Recording | None = None
) -> Crowd:
    """``count`` adults as ``simulate`` draws them, without a ``Case`` for each, and many times as fast.

    So that every statement is read by the node it was drawn from, one leg of a finding is recorded at
    most, and all children of a finding or none: with equal recording probabilities are calibrated exactly.
    """
    recording = recording or Recording()
    parts = [
        _crowd(DrawnPeople(model, min(TOGETHER, count - start), setting, rng, None, None), recording)
        for start in range(0, count, TOGETHER)
    ]
    return _joined(parts)


def _joined(parts: list[Crowd]) -> Crowd:
    together = {
        name: np.concatenate([getattr(part.rows, name) for part in parts])
        for name in ("age", "sex", "setting", "context", "fixed", "nodes", "lowest", "highest")
    }
    lengths = np.concatenate([np.diff(part.rows.begins) for part in parts])
    rows = parts[0].rows._replace(**together, begins=np.concatenate([[0], np.cumsum(lengths)]))
    state, mechanism, grade, written = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("state", "mechanism", "grade", "written")
    )
    return Crowd(rows, state, mechanism, parts[0].findings, grade, written)


def _rows_of(people: People, rows: Booleans) -> People:
    lengths = np.diff(people.begins)
    observed = np.repeat(rows, lengths)
    kept = {name: getattr(people, name)[observed] for name in ("nodes", "lowest", "highest")}
    kept |= {name: getattr(people, name)[rows] for name in ("age", "sex", "setting", "context", "fixed")}
    kept |= {name: of[rows] for name in ("soft", "mechanism_soft") if len(of := getattr(people, name)) == len(rows)}
    return people._replace(**kept, begins=np.concatenate([[0], np.cumsum(lengths[rows])]))


def _crowd(people: DrawnPeople, recording: Recording) -> Crowd:
    model, network, grade = people.model, people.network, people.grade
    written = _written_down(people, recording)
    node_of, lowest = np.zeros_like(grade), grade.copy()
    for i, node in enumerate(people.nodes):
        node_of[:, i] = model.node_index[node.name]
        if node.children:
            # Children are known beside their parent alone; else the parent counts as any finding does.
            alone = (grade[:, i] == 0) | (people.rng.random(people.count) >= recording.present)
            node_of[alone, i] = model.node_index[node.bare]
            lowest[alone, i] = np.minimum(grade[alone, i], 1)
    settings = np.full(people.count, SETTINGS.index(people.setting))
    rows = People(
        age=people.age,
        sex=np.array([SEXES.index(str(x)) for x in people.sex], dtype=np.int64),
        setting=settings,
        context=np.where(people.possible, people.factors, UNKNOWN).astype(np.int8),
        fixed=np.full((people.count, len(model.conditions)), FREE, dtype=np.int16),
        begins=np.concatenate([[0], np.cumsum(written.sum(axis=1))]),
        nodes=node_of[written],
        lowest=lowest[written],
        highest=lowest[written],
        soft=np.ones((1, len(network.states))),
        mechanism_soft=np.ones((1, len(network.mechanism_leak))),
    )
    return Crowd(rows, people.state, people.mechanism, tuple(n.finding.id for n in people.nodes), grade, written)


def _written_down(people: DrawnPeople, recording: Recording) -> Booleans:
    """(N, nodes) what is recorded; of a finding with sides one leg at most."""
    # Grade 0 of a complaint (chronic, mild) is a statement as any other.
    complaint = np.array([node.finding.scale == "complaint" for node in people.nodes])
    chance = np.where((people.grade > 0) | complaint, recording.present, recording.absent)
    by = [people.model.knowledge.obtained_by[node.finding.id] for node in people.nodes]
    asked = np.array([recording.obtained_by is None or one in recording.obtained_by for one in by])
    written = (people.rng.random(people.grade.shape) < chance) & asked
    for i, node in enumerate(people.nodes):
        if node.leg == "other":  # Its index leg stands before it.
            written[:, i] &= ~written[:, i - 1]
    return np.asarray(written)
