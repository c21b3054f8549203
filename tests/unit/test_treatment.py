"""Treatments in one case: what is offered, what waits, what is struck out, and why."""

from __future__ import annotations

from typing import Any

import pytest

from saphena import Model
from saphena.inference.observe import observe
from saphena.inference.posterior import posterior
from saphena.pathway.differential import differential
from saphena.pathway.plan import Plan, plan
from saphena.pathway.triage import triage
from tests.tiny import (
    care_of,
    case,
    condition,
    fact,
    factor,
    finding,
    measurement,
    model_of,
    obstacle,
    state,
    treatment,
)

HERBS = {"condition": "blue", "line": "first"}


def model_with(*held: Any, **more: Any) -> Model:
    """Blue (everyday) and green (dangerous from 0.2 on, with states), ache and a lump on a leg."""
    return model_of(
        condition("blue", 0.1, {"ache": 0.9, "lump": 0.3}, two_sided=0.5),
        condition(
            "green",
            None,
            {"lump": 0.9},
            states=(state("early", 0.05), state("late", 0.03)),
            must_not_miss={"threshold": 0.2, "triage": "urgent"},
            two_sided=0.5,
        ),
        findings=(finding("ache", 0.01), finding("lump", 0.01, sided=True), finding("cold", 0.01, sided=True)),
        factors=(factor("travel", 0.1), factor("pregnancy", 0.1, only_sex="female", only_ages=(12, 60))),
        measurements=(measurement("pressure", "1", [], sided=True),),
        care=care_of(*held, **more),
    )


def planned(model: Model, **told: Any) -> Plan:
    observation = observe(model, case(**told))
    inferred = posterior(model, observation)
    urgency = triage(model, observation, inferred)
    return plan(model, observation, inferred, differential(model, observation, inferred, urgency), urgency)


def status(made: Plan, id_: str, leg: str = "") -> str | None:
    return next((o.status for o in made.treatments.options if o.treatment.id == id_ and o.leg == leg), None)


def option(made: Plan, id_: str) -> Any:
    return next(o for o in made.treatments.options if o.treatment.id == id_)


def test_a_known_condition_is_treated() -> None:
    made = planned(model_with(treatment("herbs", HERBS)), known_conditions=["blue"])
    assert (status(made, "herbs"), option(made, "herbs").uses[0].confirmed, made.empty) == ("offered", True, None)


def test_what_is_for_another_condition_is_not_shown() -> None:
    made = planned(model_with(treatment("herbs", {"condition": "green"})), known_conditions=["blue"])
    assert (made.treatments.options, made.empty) == ((), "nothing_modelled")


def test_with_nothing_probable_the_plan_is_empty_and_says_why() -> None:
    assert planned(model_with(treatment("herbs", HERBS))).empty == "nothing_to_treat"


def test_a_probable_condition_is_treated_and_a_possible_one_only_if_confirmed() -> None:
    model = model_with(treatment("herbs", HERBS), treatment("knife", {"condition": "green"}))
    made = planned(model, findings={"ache": "present", "lump": {"right": "present"}})
    confirmed = {o.treatment.id: o.uses[0].confirmed for o in made.treatments.options}
    probable = {t.condition: t.probability for t in made.targets}
    assert probable["blue"] > 0.4
    assert confirmed["herbs"] is True
    assert confirmed["knife"] is (probable["green"] >= 0.6)


@pytest.mark.parametrize(("known", "expected"), [("green.late", "offered"), ("green.early", None)])
def test_a_stage_has_its_own_treatment(known: str, expected: str | None) -> None:
    made = planned(model_with(treatment("knife", {"condition": "green.late"})), known_conditions=[known])
    assert status(made, "knife") == expected


@pytest.mark.parametrize(
    ("severity", "answer", "expected"),
    [
        ("contraindicated", "present", "struck"),
        ("contraindicated", "absent", "offered"),
        ("contraindicated", "unknown", "waiting"),
        ("caution", "present", "caution"),
        ("caution", "absent", "offered"),
        ("caution", "unknown", "offered"),
    ],
)
def test_a_fact_forbids_waits_or_cautions(severity: str, answer: str, expected: str) -> None:
    herbs = treatment("herbs", HERBS, obstacles=[obstacle("rash_before", severity, when={"context": "allergy"})])
    made = planned(model_with(herbs, fact("allergy")), known_conditions=["blue"], context={"allergy": answer})
    assert status(made, "herbs") == expected
    if expected == "waiting":
        assert option(made, "herbs").reasons[0].ask == ("allergy",)
        assert made.empty == "everything_waits"
    if expected == "struck":
        assert option(made, "herbs").reasons[0].because == ("allergy",)
        assert made.empty == "everything_forbidden"


def test_a_fact_that_cannot_be_is_not_asked() -> None:
    herbs = treatment("herbs", HERBS, obstacles=[obstacle("child", when={"pregnant": True})])
    assert status(planned(model_with(herbs), known_conditions=["blue"], sex="male"), "herbs") == "offered"
    assert status(planned(model_with(herbs), known_conditions=["blue"]), "herbs") == "waiting"


@pytest.mark.parametrize(
    ("weeks", "pregnant", "expected"),
    [(20, "present", "struck"), (19, "present", "offered"), (None, "present", "waiting"), (None, "absent", "offered")],
)
def test_weeks_of_pregnancy(weeks: int | None, pregnant: str, expected: str) -> None:
    herbs = treatment("herbs", HERBS, obstacles=[obstacle("late", when={"pregnancy_weeks": {"at_least": 20}})])
    told: dict[str, Any] = {"known_conditions": ["blue"], "context": {"pregnancy": pregnant}}
    if weeks is not None:
        told["pregnancy_weeks"] = weeks
    assert status(planned(model_with(herbs), **told), "herbs") == expected


def test_a_group_of_obstacles_counts_like_its_own() -> None:
    herbs = treatment("herbs", HERBS, obstacle_groups=["plants"])
    group = {"id": "plants", "name": "plants", "obstacles": [obstacle("allergic", when={"context": "allergy"})]}
    model = model_with(herbs, fact("allergy"), obstacle_groups={"plants": group})
    assert status(planned(model, known_conditions=["blue"], context={"allergy": "present"}), "herbs") == "struck"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"known_conditions": ["blue", "green.late"]}, "struck"),
        ({"known_conditions": ["blue"], "excluded_conditions": ["green"]}, "offered"),
        ({"known_conditions": ["blue"]}, "offered"),
        ({"known_conditions": ["blue"], "findings": {"lump": {"right": "present"}}}, "waiting"),
    ],
)
def test_a_condition_forbids_if_known_and_waits_if_above_its_threshold(told: dict[str, Any], expected: str) -> None:
    herbs = treatment("herbs", HERBS, obstacles=[obstacle("green", condition="green", settled_by=("lump",))])
    made = planned(model_with(herbs), **told)
    assert status(made, "herbs") == expected
    if expected == "waiting":
        reason = option(made, "herbs").reasons[0]
        assert (reason.condition, reason.settle) == ("green", ("lump",))
        assert reason.probability is not None
        assert reason.probability >= 0.2
    if expected in ("struck", "waiting"):
        assert [(c.treatment, c.against) for c in made.treatments.conflicts] == [("herbs", "green")]


@pytest.mark.parametrize(("known", "expected"), [("green.late", "struck"), ("green.early", "offered")])
def test_a_stage_forbids_alone(known: str, expected: str) -> None:
    herbs = treatment("herbs", HERBS, obstacles=[obstacle("late", condition="green.late")])
    assert status(planned(model_with(herbs), known_conditions=["blue", known]), "herbs") == expected


def test_a_known_condition_whose_stage_is_unknown_waits() -> None:
    herbs = treatment("herbs", HERBS, obstacles=[obstacle("late", condition="green.late")])
    assert status(planned(model_with(herbs), known_conditions=["blue", "green"]), "herbs") == "waiting"


def test_what_harms_one_condition_is_forbidden_for_the_other() -> None:
    squeeze = treatment("squeeze", HERBS, {"condition": "green", "line": "harmful", "aim": "cuts off the blood"})
    made = planned(model_with(squeeze), known_conditions=["blue", "green.early"])
    assert (status(made, "squeeze"), [r.treatment.id for r in made.treatments.rejected]) == ("struck", ["squeeze"])


def test_what_does_not_help_one_condition_is_still_offered_for_the_other() -> None:
    tea = treatment("tea", HERBS, {"condition": "green", "line": "not_recommended"})
    made = planned(model_with(tea), known_conditions=["blue", "green.early"])
    assert (status(made, "tea"), len(made.treatments.rejected)) == ("offered", 1)


def test_what_does_not_help_is_never_an_option() -> None:
    made = planned(model_with(treatment("tea", {**HERBS, "line": "not_recommended"})), known_conditions=["blue"])
    assert (made.treatments.options, [r.treatment.id for r in made.treatments.rejected]) == ((), ["tea"])


@pytest.mark.parametrize(
    ("right", "left", "expected"),
    [
        (40, 90, ("struck", "offered")),
        (90, 40, ("offered", "struck")),
        (60, 60, ("offered", "offered")),
        (59.9, None, ("struck", "waiting")),
    ],
)
def test_the_leg_decides(right: float, left: float | None, expected: tuple[str, str]) -> None:
    low = obstacle("low", when={"measure": {"id": "pressure", "below": 60}}, per_leg=True)
    model = model_with(treatment("squeeze", HERBS, per_leg=True, obstacles=[low]))
    legs = {"right": right} if left is None else {"right": right, "left": left}
    made = planned(model, known_conditions=["blue"], findings={"pressure": legs, "lump": {"both": "present"}})
    assert (status(made, "squeeze", "right"), status(made, "squeeze", "left")) == expected


@pytest.mark.parametrize(
    ("pressure", "expected"),
    [
        ({"right": 150, "left": 90}, "struck"),  # Too high and cold on one leg; the other leg does not make it good.
        ({"right": 90, "left": 150}, "offered"),
        ({"right": 90, "left": 90}, "offered"),
    ],
)
def test_what_forbids_it_for_one_leg_forbids_what_has_no_leg(pressure: dict[str, float], expected: str) -> None:
    high = {"measure": {"id": "pressure", "above": 130}}
    stiff = obstacle("stiff", when={"all": [high, {"not": {"absent": "cold"}}]}, per_leg=True)
    told = {"pressure": pressure, "cold": {"right": "present", "left": "absent"}}
    made = planned(model_with(treatment("squeeze", HERBS, obstacles=[stiff])), known_conditions=["blue"], findings=told)
    assert status(made, "squeeze") == expected


@pytest.mark.parametrize(("left", "expected"), [(1.0, "offered"), (0.4, "waiting")])
def test_what_has_no_leg_is_cleared_only_on_both(left: float, expected: str) -> None:
    well = {"measure": {"id": "pressure", "at_least": 0.9}}
    cold = obstacle("cold", when={"context": "travel"}, cleared=well, per_leg=True)
    told = {"pressure": {"right": 1.0, "left": left}}
    made = planned(model_with(treatment("squeeze", HERBS, obstacles=[cold])), known_conditions=["blue"], findings=told)
    assert status(made, "squeeze") == expected


def test_the_leg_without_the_condition_is_left_alone() -> None:
    made = planned(
        model_with(treatment("squeeze", HERBS, per_leg=True)),
        known_conditions=["blue"],
        findings={"lump": {"left": "present", "right": "absent"}},
    )
    assert [(o.treatment.id, o.leg) for o in made.treatments.options] == [("squeeze", "left")]


@pytest.mark.parametrize(("answer", "expected"), [("present", "offered"), ("absent", None), ("unknown", "waiting")])
def test_an_indication_can_ask_for_more(answer: str, expected: str | None) -> None:
    herbs = treatment("herbs", {**HERBS, "when": {"context": "travel"}})
    made = planned(model_with(herbs), known_conditions=["blue"], context={"travel": answer})
    assert status(made, "herbs") == expected
    if expected == "waiting":
        assert option(made, "herbs").reasons[0].ask == ("travel",)


@pytest.mark.parametrize(("answer", "expected"), [("present", "offered"), ("absent", None), ("unknown", None)])
def test_prevention_follows_a_risk_factor(answer: str, expected: str | None) -> None:
    walk = treatment("walk", {"when": {"context": "travel"}}, prevention=True)
    assert status(planned(model_with(walk), context={"travel": answer}), "walk") == expected


def beside(severity: str, **more: Any) -> list[dict[str, Any]]:
    return [{"with": "knife", "severity": severity, "reason": "they clash", "judged": "Invented for a test.", **more}]


def test_two_that_must_not_meet_are_not_both_offered() -> None:
    model = model_with(
        treatment("knife", {"condition": "green"}), treatment("herbs", HERBS, interactions=beside("contraindicated"))
    )
    made = planned(model, known_conditions=["green", "blue"])
    assert (status(made, "knife"), status(made, "herbs")) == ("offered", "struck")
    made = planned(model, known_conditions=["blue", "green"])
    assert (status(made, "knife"), status(made, "herbs")) == ("struck", "offered")


def test_two_for_the_same_condition_are_alternatives() -> None:
    model = model_with(
        treatment("knife", HERBS),
        treatment("herbs", {**HERBS, "line": "second"}, interactions=beside("contraindicated")),
    )
    made = planned(model, known_conditions=["blue"])
    assert (status(made, "knife"), status(made, "herbs")) == ("offered", "waiting")
    assert option(made, "herbs").reasons[0].id == "instead"


def test_a_mild_interaction_is_a_caution() -> None:
    model = model_with(
        treatment("knife", {"condition": "green"}), treatment("herbs", HERBS, interactions=beside("caution"))
    )
    made = planned(model, known_conditions=["green", "blue"])
    assert (status(made, "knife"), status(made, "herbs")) == ("offered", "caution")


def test_a_struck_one_interacts_with_nothing() -> None:
    model = model_with(
        treatment("knife", {"condition": "green"}, obstacles=[obstacle("allergic", when={"context": "allergy"})]),
        treatment("herbs", HERBS, interactions=beside("contraindicated")),
        fact("allergy"),
    )
    made = planned(model, known_conditions=["green", "blue"], context={"allergy": "present"})
    assert (status(made, "knife"), status(made, "herbs")) == ("struck", "offered")


def test_first_line_comes_first_and_what_is_forbidden_last() -> None:
    model = model_with(
        treatment("third", {**HERBS, "line": "third"}),
        treatment("first", HERBS),
        treatment("bad", HERBS, obstacles=[obstacle("allergic", when={"context": "allergy"})]),
        fact("allergy"),
    )
    made = planned(model, known_conditions=["blue"], context={"allergy": "present"})
    assert [o.treatment.id for o in made.treatments.options] == ["first", "third", "bad"]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, "waiting"),
        ({"findings": {"pressure": {"right": 80}}}, "offered"),
        ({"findings": {"pressure": {"right": 50}}}, "waiting"),
        ({"context": {"allergy": "present"}, "findings": {"pressure": {"right": 80}}}, "struck"),
    ],
)
def test_a_reassuring_result_clears_what_is_unknown_and_nothing_that_is_known(
    told: dict[str, Any], expected: str
) -> None:
    cleared = {"measure": {"id": "pressure", "at_least": 60}}
    herbs = treatment("herbs", HERBS, obstacles=[obstacle("allergic", when={"context": "allergy"}, cleared=cleared)])
    made = planned(model_with(herbs, fact("allergy")), known_conditions=["blue"], **told)
    assert status(made, "herbs") == expected


def test_a_reassuring_result_clears_a_condition_even_if_it_is_known() -> None:
    cleared = {"measure": {"id": "pressure", "at_least": 60}}
    herbs = treatment("herbs", HERBS, obstacles=[obstacle("green", condition="green", cleared=cleared)])
    told: dict[str, Any] = {"known_conditions": ["blue", "green.late"]}
    assert status(planned(model_with(herbs), **told), "herbs") == "struck"
    assert status(planned(model_with(herbs), findings={"pressure": {"right": 80}}, **told), "herbs") == "offered"


@pytest.mark.parametrize(("gives_way", "expected"), [(True, ("offered", "struck")), (False, ("struck", "offered"))])
def test_an_interaction_can_say_which_of_the_two_gives_way(gives_way: bool, expected: tuple[str, str]) -> None:
    herbs = treatment("herbs", HERBS, interactions=beside("contraindicated", gives_way=gives_way))
    model = model_with(treatment("knife", {"condition": "green"}), herbs)
    for known in (["green", "blue"], ["blue", "green"]):
        made = planned(model, known_conditions=known)
        assert (status(made, "knife"), status(made, "herbs")) == expected
