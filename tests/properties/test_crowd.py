"""Simulated people as arrays: each row is what ``observe`` makes of the same statements in words."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from saphena import Case, Model
from saphena.evaluation.recording import silence
from saphena.inference.columns import columns_of
from saphena.inference.crowd import Crowd, Recording, crowd
from saphena.inference.observe import observe
from saphena.inference.prepare import prepare, priors, soft_negatives
from saphena.inference.sampling import simulate
from saphena.inference.sayable import grades_of
from saphena.inference.steps import ABSENT
from saphena.inference.subset import SubsetProgramme
from saphena.model.network import SETTINGS, SEXES
from tests.properties.test_sampling import far


def in_words(model: Model, people: Crowd, row: int, **more: Any) -> Case:
    """The case that a row of columns stands for; the index leg is the right one."""
    columns = people.rows
    findings: dict[str, Any] = {}
    for at in range(columns.begins[row], columns.begins[row + 1]):
        head, _, leg = model.network.nodes[columns.nodes[at]].partition("@")
        id_, *children = head.split("+")
        grade = int(columns.lowest[at])
        assert grade == columns.highest[at]
        finding = model.knowledge.findings[id_]
        word = ("present" if grade else "absent") if children else grades_of(finding)[grade]
        assert finding.sided is (leg in ("index", "other"))
        findings[id_] = {"right" if leg == "index" else "left": word} if leg else word
        for bit, child in enumerate(children):
            findings[child] = "present" if (grade - 1) >> bit & 1 else "absent"
    known = {1: "present", 0: "absent"}
    return Case.model_validate(
        {
            "age": columns.age[row],
            "sex": SEXES[columns.sex[row]],
            "setting": SETTINGS[columns.setting[row]],
            "index_leg": "right",
            "context": {
                id_: known[int(x)]
                for id_, x in zip(model.risk_factors, columns.context[row], strict=True)
                if int(x) in known
            },
            "findings": findings,
            **more,
        }
    )


@pytest.mark.parametrize("recording", [Recording(0.3, 0.3), Recording(0.9, 0.2)])
def test_a_row_is_what_observe_makes_of_it_in_words(model: Model, recording: Recording) -> None:
    people = crowd(model, 300, "primary_care", np.random.default_rng(1), recording)
    read = columns_of(model, [in_words(model, people, row) for row in range(300)])
    assert not read.faults
    mine, theirs = people.rows, read.people
    assert len(mine.age) == len(people) == 300
    for name in ("age", "sex", "setting", "context", "fixed", "begins"):
        assert (getattr(mine, name) == getattr(theirs, name)).all(), name
    for row in range(300):
        part = slice(mine.begins[row], mine.begins[row + 1])
        seen = [set(zip(c.nodes[part], c.lowest[part], c.highest[part], strict=True)) for c in (mine, theirs)]
        assert seen[0] == seen[1]
    assert any("+" in model.network.nodes[node] for node in mine.nodes)


def test_conditions_are_as_frequent_as_in_people_with_cases(model: Model) -> None:
    people = crowd(model, 3000, "vascular_clinic", np.random.default_rng(2))
    counts = Counter(model.network.states[s] for s in people.state[people.state != ABSENT])
    some = simulate(model, 800, "vascular_clinic", np.random.default_rng(3), recorded=0.0)
    expected = np.mean([priors(model, observe(model, one.case)) for one in some], axis=0)
    for s, name in enumerate(model.network.states):
        spread = np.full(3000, expected[s])
        # The expectation is itself a mean over 800 people.
        assert abs(counts[name] - spread.sum()) < 0.25 * spread.sum() + 20, name


def test_each_statement_is_as_frequent_as_inference_takes_it_to_be(small: Model) -> None:
    people = crowd(small, 6000, "primary_care", np.random.default_rng(4), Recording(0.5, 0.5))
    mine = people.rows
    chance: dict[tuple[int, float, int], np.ndarray] = {}

    def pmf(node: int, age: float, sex: int) -> np.ndarray:
        key = (node, age, sex)
        if key not in chance:
            finding, _, leg = small.network.nodes[node].partition("@")
            id_ = finding.split("+")[0]
            words = grades_of(small.knowledge.findings[id_])
            each = []
            for word in words:
                said: Any = {"right" if leg == "index" else "left": word} if leg else word
                case = {"age": age, "sex": SEXES[sex], "setting": "primary_care", "index_leg": "right"}
                programme = SubsetProgramme(
                    prepare(small, observe(small, Case.model_validate({**case, "findings": {id_: said}})))
                )
                each.append(float(programme.evidence_of(programme.base)[0]))
            chance[key] = np.array(each)
        return chance[key]

    rows = np.repeat(np.arange(len(people)), np.diff(mine.begins))
    bare = [n for n, name in enumerate(small.network.nodes) if "+" not in name and not name.endswith(("@legs", "@any"))]
    parents = {n for n, name in enumerate(small.network.nodes) if name.partition("@")[0] in small.children}
    compared = 0
    for node in bare:
        if node in parents:
            continue  # With their children they stand in another node.
        at = np.flatnonzero(mine.nodes == node)
        if not len(at):
            continue
        of = np.array([pmf(node, mine.age[r], mine.sex[r]) for r in rows[at]])
        for grade in range(of.shape[1]):
            compared += 1
            assert not far((mine.lowest[at] == grade).sum(), of[:, grade]), (small.network.nodes[node], grade)
    assert compared > 15


def test_recording_follows_what_is_there(model: Model) -> None:
    people = crowd(model, 1500, "primary_care", np.random.default_rng(5), Recording(0.8, 0.1, ("history",)))
    history = np.array([model.knowledge.obtained_by[f] == "history" for f in people.findings])
    complaint = np.array([model.knowledge.findings[f].scale == "complaint" for f in people.findings])
    sided = np.array([model.knowledge.findings[f].sided for f in people.findings])
    assert not people.written[:, ~history].any()
    for wanted, there in ((0.8, people.grade > 0), (0.1, people.grade == 0)):
        of = there & history & ~sided & ~complaint
        assert not far((people.written & of).sum(), np.full(int(of.sum()), wanted))
    onset = people.written[:, complaint]
    assert not far(onset.sum(), np.full(onset.size, 0.8))


def test_one_leg_of_a_finding_is_recorded_at_most(model: Model) -> None:
    people = crowd(model, 50, "primary_care", np.random.default_rng(6), Recording(1.0, 1.0))
    for finding in set(people.findings):
        legs = np.flatnonzero(np.array(people.findings) == finding)
        assert (people.written[:, legs].sum(axis=1) == 1).all()


def test_some_of_the_people_are_those_people(model: Model) -> None:
    people = crowd(model, 40, "primary_care", np.random.default_rng(7))
    rows = np.zeros(40, dtype=bool)
    rows[[3, 17, 38]] = True
    some = people.of(rows)
    assert len(some) == len(some.rows.age) == 3
    for new, old in enumerate((3, 17, 38)):
        assert in_words(model, some, new) == in_words(model, people, old)
        assert (some.state[new] == people.state[old]).all()


def test_silence_is_that_of_a_narrative(model: Model) -> None:
    people = crowd(model, 30, "primary_care", np.random.default_rng(8), Recording(0.85, 0.15))
    soft, mechanism_soft = silence(model, people, model.knowledge.settings.narrative_kappa.value)
    for row in range(30):
        told = observe(model, in_words(model, people, row, recording="narrative"))
        states, mechanisms = soft_negatives(model, told)
        assert soft[row] == pytest.approx(states, rel=1e-12)
        assert mechanism_soft[row] == pytest.approx(mechanisms, rel=1e-12)
    assert soft.min() < 0.9


def test_the_same_seed_draws_the_same_people(small: Model) -> None:
    one, same, other = (crowd(small, 300, "population", np.random.default_rng(s)) for s in (1, 1, 2))
    assert (one.rows.nodes == same.rows.nodes).all()
    assert (one.state == same.state).all()
    assert (one.grade != other.grade).any()
