"""Joint answers of findings not asked yet, against putting the answers into the case and listing every world."""

from __future__ import annotations

from itertools import product
from math import exp
from typing import Any

import numpy as np
import pytest

from saphena import Model
from saphena.inference.answers import Answers
from saphena.inference.evidence import ImpossibleEvidence
from saphena.inference.observe import observe
from saphena.inference.prepare import prepare
from saphena.inference.reference import enumerate_all
from tests.tiny import case, condition, finding, mechanism, model_of, state

SWELLING = {"parent": {"right": "present"}}


@pytest.fixture(scope="module")
def tiny() -> Model:
    """Two illnesses, a mechanism, a sided parent with two children, graded and plain findings."""
    child = {"given": "parent"}
    return model_of(
        condition("red", 0.2, {"parent": 0.7, "dent": 0.8, "gone": 0.3, "ache": 0.6}, one_sided=True),
        condition(
            "blue",
            None,
            {"parent": 0.4, "dent": 0.2, "warm": {"some": 0.3, "much": 0.2}},
            two_sided=0.3,
            mechanisms={"rush": 0.6},
            states=[state("early", 0.1), state("late", 0.15, {"ache": 0.5})],
        ),
        findings=(
            finding("parent", 0.1, sided=True),
            finding("dent", 0.3, **child),
            finding("gone", 0.4, **child),
            finding("ache", 0.05, sided=True),
            finding("warm", {"some": 0.1, "much": 0.05}),
            finding("numb", 0.02),
        ),
        mechanisms=(mechanism("rush", 0.05, {"ache": 0.3, "numb": 0.4}),),
        obtained_by={"numb": "examination"},
    )


def by_listing(model: Model, said: dict[str, Any]) -> tuple[float, np.ndarray]:
    """P(case) and P(state | case) by listing every world."""
    found = enumerate_all(prepare(model, observe(model, case(**said))))
    return exp(found.log_evidence), found.state


def with_answers(said: dict[str, Any], findings: tuple[str, ...], answers: tuple[str, ...]) -> dict[str, Any]:
    more: dict[str, Any] = {}
    for id_, answer in zip(findings, answers, strict=True):
        leg = said.get("index_leg")
        if answer in ("one leg", "both legs"):
            more[id_] = {"both": "present"} if answer == "both legs" else {"right": "present", "left": "absent"}
        else:
            more[id_] = {leg: answer} if id_ == "ache" and leg else answer
    return {**said, "findings": {**said["findings"], **more}}


@pytest.mark.parametrize(
    "findings",
    [("dent",), ("gone",), ("warm",), ("warm", "numb"), ("dent", "ache"), ("ache", "warm", "dent"), ("numb", "gone")],
)
@pytest.mark.parametrize(
    "said",
    [
        {"index_leg": "right", "findings": SWELLING},
        {"index_leg": "right", "findings": {"parent": {"both": "present"}}},
        {"index_leg": "right", "findings": {**SWELLING, "dent": "present"}},
        {"index_leg": "right", "findings": {**SWELLING, "gone": "absent", "warm": "some"}},
    ],
)
def test_joint_answers_are_those_of_the_case_with_the_answers(
    tiny: Model, said: dict[str, Any], findings: tuple[str, ...]
) -> None:
    if set(findings) & set(said["findings"]):
        pytest.skip("answered already")
    answers = Answers(tiny, observe(tiny, case(**said)))
    place = {a.finding: i for i, a in enumerate(answers.asked)}
    group = tuple(place[f] for f in findings)
    found = answers.joint([group])[0]
    total, _ = by_listing(tiny, said)
    words = [answers.asked[i].answers for i in group]
    for at in product(*(range(len(w)) for w in words)):
        chance, given = by_listing(
            tiny, with_answers(said, findings, tuple(w[i] for w, i in zip(words, at, strict=True)))
        )
        assert found.chances[at] == pytest.approx(chance / total, abs=1e-12)
        np.testing.assert_allclose(found.with_state[at], given * chance / total, atol=1e-12)


def test_children_where_no_side_is_stated(tiny: Model) -> None:
    said = {"findings": {"parent": "present"}}
    answers = Answers(tiny, observe(tiny, case(**said)))
    place = {a.finding: i for i, a in enumerate(answers.asked)}
    found = answers.joint([(place["dent"], place["numb"])])[0]
    total, _ = by_listing(tiny, said)
    for i, j in product((0, 1), (0, 1)):
        words = ("absent", "present")
        chance, _ = by_listing(tiny, with_answers(said, ("dent", "numb"), (words[i], words[j])))
        assert found.chances[i, j] == pytest.approx(chance / total, abs=1e-12)


def test_a_child_whose_answer_would_not_be_read_is_not_asked(tiny: Model) -> None:
    def asked(**said: Any) -> set[str]:
        return {a.finding for a in Answers(tiny, observe(tiny, case(**said))).asked}

    assert {"dent", "gone"} <= asked(index_leg="right", findings=SWELLING)
    assert not {"dent", "gone"} & asked(index_leg="left", findings=SWELLING)
    assert not {"dent", "gone"} & asked(findings={"parent": "absent"})
    assert not {"dent", "gone"} & asked(findings={})


def test_order_of_a_group_and_what_was_asked_before_do_not_matter(tiny: Model) -> None:
    observation = observe(tiny, case(index_leg="right", findings=SWELLING))
    fresh, used = Answers(tiny, observation), Answers(tiny, observation)
    place = {a.finding: i for i, a in enumerate(fresh.asked)}
    a, b = place["warm"], place["ache"]
    used.joint([(a,), (b,), (b, a)])
    one, other = fresh.joint([(a, b)])[0], used.joint([(b, a)])[0]
    np.testing.assert_allclose(one.chances, other.chances.T, rtol=1e-12)


def test_two_children_of_one_parent_or_a_finding_twice_are_refused(tiny: Model) -> None:
    answers = Answers(tiny, observe(tiny, case(index_leg="right", findings=SWELLING)))
    place = {a.finding: i for i, a in enumerate(answers.asked)}
    for group in ((place["dent"], place["gone"]), (place["warm"], place["warm"])):
        with pytest.raises(ValueError, match="in one group"):
            answers.joint([group])


def test_what_is_impossible_already_is_said(tiny: Model) -> None:
    sure = model_of(condition("red", 0.2, {"ache": 0.5}), findings=(finding("ache", 0.0), finding("numb", 0.1)))
    with pytest.raises(ImpossibleEvidence):
        Answers(sure, observe(sure, case(excluded_conditions=["red"], findings={"ache": "present"})))
