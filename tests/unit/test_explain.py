"""Explanation of one condition, against changing the case itself."""

from __future__ import annotations

from math import log10

import pytest

from saphena import Case, Model
from saphena.inference.evidence import ImpossibleEvidence
from saphena.inference.explain import Explanation, explain
from saphena.inference.observe import observe
from saphena.inference.posterior import posterior
from tests import tiny

DVT = "deep_vein_thrombosis"
HISTORY = {"calf_pain": {"left": "present"}, "onset": "days", "leg_swelling": {"left": "present"}}
SIGNS = {"calf_tenderness": {"left": "present"}, "skin_redness_warmth": {"left": "redness_or_warmth"}}


def case(**changes: object) -> Case:
    whole = {
        "age": 61,
        "sex": "female",
        "setting": "primary_care",
        "index_leg": "left",
        "findings": {**HISTORY, **SIGNS},
        **changes,
    }
    return Case.model_validate(whole)


def probability(model: Model, given: Case) -> float:
    return next(c.probability for c in posterior(model, observe(model, given)).conditions if c.id == DVT)


@pytest.fixture(scope="module")
def why(model: Model) -> Explanation:
    return explain(model, observe(model, case()), DVT)


def test_a_group_weighs_what_leaving_it_out_changes(model: Model, why: Explanation) -> None:
    with_all, without = probability(model, case()), probability(model, case(findings=HISTORY))
    expected = 10 * log10(with_all / (1 - with_all)) - 10 * log10(without / (1 - without))
    examined = next(g for g in why.groups if g.group == "examination")
    assert examined.decibans == pytest.approx(expected, abs=1e-6)
    assert set(examined.findings) == set(SIGNS)


def test_a_rival_is_the_case_with_that_condition_excluded(model: Model, why: Explanation) -> None:
    assert why.explained_away_by
    for rival in why.explained_away_by:
        assert rival.probability_without == pytest.approx(
            probability(model, case(excluded_conditions=[rival.condition])), rel=1e-9
        )


def test_a_lever_is_the_case_with_that_answer(model: Model, why: Explanation) -> None:
    lever = next(v for v in why.raised_by if v.finding == "compression_ultrasound_deep_thrombus")
    scanned = case(findings={**HISTORY, **SIGNS, lever.finding: {"left": lever.answer}})
    assert lever.probability == pytest.approx(probability(model, scanned), rel=1e-9)


def test_levers_stand_on_their_side_of_now(why: Explanation) -> None:
    assert all(v.probability > why.probability for v in why.raised_by)
    assert all(v.probability < why.probability for v in why.lowered_by)


def test_an_unknown_condition_is_an_error(model: Model) -> None:
    with pytest.raises(KeyError):
        explain(model, observe(model, case()), "no_such_condition")


def reds() -> Model:
    """Red causes pallor with link 0.6 and itching with link 0.1; the leaks are 0.1 and 0.3."""
    red = tiny.condition("red", 0.1, {"pallor": 1 - 0.4 * 0.9, "itching": 1 - 0.9 * 0.7})
    return tiny.model_of(red, findings=(tiny.finding("pallor", 0.1), tiny.finding("itching", 0.3)))


def test_what_a_condition_would_do_alone() -> None:
    """By itself red brings 0.6 of its 0.64 of pallor, and 0.1 of its 0.37 of itching."""
    model = reds()
    seen = observe(model, tiny.case(findings={"pallor": "present", "itching": "present"}))
    found = explain(model, seen, "red")
    assert (found.accounts_alone_for, found.of) == (("pallor",), 2)
    red = posterior(model, seen, sufficiency=True).conditions[0]
    presence = 0.1 * 0.64 * 0.37 / (0.1 * 0.64 * 0.37 + 0.9 * 0.1 * 0.3)
    assert red.suffices == pytest.approx({"pallor": presence * 0.6 / 0.64, "itching": presence * 0.1 / 0.37})
    assert posterior(model, seen).conditions[0].suffices == {}


def test_what_cannot_be_is_not_explained() -> None:
    grey = tiny.condition("grey", 0.1, {"pallor": 0.5})
    model = tiny.model_of(grey, findings=(tiny.finding("pallor"),))
    with pytest.raises(ImpossibleEvidence):
        explain(model, observe(model, tiny.case(excluded_conditions=["grey"], findings={"pallor": "present"})), "grey")
