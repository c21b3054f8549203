"""The check of plans: it finds every kind of mistake that is put into a plan, and none in plans as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from saphena import Model, assess
from saphena.assessment.plan_shapes import OptionShown, PlanShown, ReasonShown, UseShown
from saphena.case import Case
from saphena.evaluation.plan_check import (
    KINDS,
    Answered,
    Checked,
    PlanCheck,
    Remedies,
    answered,
    check,
    check_plans,
    read_remedies,
)
from saphena.evaluation.plan_check.people import People
from saphena.evaluation.plan_check.run import Planner
from saphena.evaluation.plan_check.truth import Told, Unjudged, both, either, opposite
from saphena.evaluation.plan_check.wishes import Draft

PEOPLE = 150
FORBIDDING = "peripheral_arterial_disease.limb_threatening_ischaemia"


@pytest.fixture(scope="module")
def remedies() -> Remedies:
    return read_remedies()


@pytest.fixture(scope="module")
def case(model: Model) -> Case:
    """Veins, arteries and a thrombosis: some things are offered, some wait, some are struck out, one harms."""
    care = model.knowledge.care
    return Case.model_validate(
        {
            "age": 58,
            "sex": "female",
            "setting": "vascular_clinic",
            "index_leg": "left",
            "context": {**dict.fromkeys(care.facts, "absent"), **dict.fromkeys(model.knowledge.risk_factors, "absent")},
            "known_conditions": [
                "chronic_venous_disease.venous_insufficiency_c3_c4",
                FORBIDDING,
                "deep_vein_thrombosis",
            ],
            "findings": {
                "ankle_brachial_index": {"left": 0.55, "right": 1.0},
                "toe_pressure": {"left": "50 mmHg", "right": "80 mmHg"},
                "leg_swelling": {"left": "present", "right": "absent"},
            },
        }
    )


@pytest.fixture(scope="module")
def answer(model: Model, case: Case) -> Answered:
    return answered(assess(model, case))


@pytest.fixture(scope="module")
def found(remedies: Remedies, case: Case, answer: Answered) -> Checked:
    return check(remedies, case, answer)


class Tampering:
    """A plan with one thing changed, checked; what was found before does not count."""

    def __init__(self, remedies: Remedies, case: Case, answer: Answered, before: Checked) -> None:
        self.remedies, self.case, self.answer = remedies, case, answer
        self.before = {(v.kind, v.treatment, v.leg, v.rule) for v in before.violations}

    def option(self, **wanted: Any) -> OptionShown:
        return next(o for o in self.answer.plan.options if all(getattr(o, k) == v for k, v in wanted.items()))

    def plan(self, **changes: Any) -> set[tuple[str, str | None]]:
        """Kinds found and the treatments they are found of."""
        plan: PlanShown = self.answer.plan.model_copy(update=changes)
        after = check(self.remedies, self.case, Answered(plan, self.answer.rated))
        new = [v for v in after.violations if (v.kind, v.treatment, v.leg, v.rule) not in self.before]
        assert all(v.kind in KINDS for v in new)
        return {(v.kind, v.treatment) for v in new}

    def changed(self, option: OptionShown, **changes: Any) -> set[tuple[str, str | None]]:
        altered = option.model_copy(update=changes)
        return self.plan(options=tuple(altered if o is option else o for o in self.answer.plan.options))


@pytest.fixture(scope="module")
def tampering(remedies: Remedies, case: Case, answer: Answered, found: Checked) -> Tampering:
    return Tampering(remedies, case, answer, found)


# --- seeded mistakes -------------------------------------------------------------------------


def struck_by_an_obstacle(tampering: Tampering) -> OptionShown:
    reasons = {b.reason for _, b in tampering.remedies.forbidding()}
    return next(
        o
        for o in tampering.answer.plan.options
        if o.status == "struck" and any(r.status == "struck" and r.text in reasons for r in o.reasons)
    )


def test_a_struck_treatment_that_is_offered(tampering: Tampering) -> None:
    option = struck_by_an_obstacle(tampering)
    assert ("forbidden", option.id) in tampering.changed(option, status="offered", reasons=())
    assert ("forbidden", option.id) in tampering.changed(option, status="caution", reasons=())


def test_a_waiting_treatment_that_is_offered(tampering: Tampering) -> None:
    reasons = {b.reason for _, b in tampering.remedies.forbidding()}
    option = next(
        o
        for o in tampering.answer.plan.options
        if o.status == "waiting" and any(r.text in reasons and r.ask for r in o.reasons)
    )
    assert ("undecided", option.id) in tampering.changed(option, status="offered", reasons=())


def test_what_harms_a_known_condition(tampering: Tampering) -> None:
    harmful = {
        r.id
        for r in tampering.remedies.remedies.values()
        for u in r.uses
        if u.line == "harmful" and u.condition == FORBIDDING and u.when is None
    }
    option = next(o for o in tampering.answer.plan.options if o.id in harmful)
    assert ("harmful", option.id) in tampering.changed(option, status="offered", reasons=())


def test_two_that_must_not_meet(tampering: Tampering) -> None:
    listed = {o.id: o for o in tampering.answer.plan.options}
    one, other = next(
        (listed[r.id], listed[m.other])
        for r in tampering.remedies.remedies.values()
        for m in r.meetings
        if m.severity == "contraindicated" and r.id in listed and m.other in listed
    )
    offered = [
        o.model_copy(update={"status": "offered", "reasons": ()}) if o in (one, other) else o
        for o in tampering.answer.plan.options
    ]
    assert ("interaction", one.id) in tampering.plan(options=tuple(offered)) or ("interaction", other.id) in (
        tampering.plan(options=tuple(offered))
    )


def test_struck_out_by_one_that_is_not_offered(tampering: Tampering) -> None:
    listed = {o.id: o for o in tampering.answer.plan.options}
    one, other, meeting = next(
        (listed[r.id], listed[m.other], m)
        for r in tampering.remedies.remedies.values()
        for m in r.meetings
        if m.severity == "contraindicated" and r.id in listed and m.other in listed and m.gives_way in (None, r.id)
    )
    struck = one.model_copy(
        update={"status": "struck", "reasons": (ReasonShown(status="struck", text=meeting.reason),)}
    )
    for status, right in (("offered", True), ("caution", True), ("waiting", False), ("struck", False)):
        partner = other.model_copy(update={"status": status})
        changed = [{one.id: struck, other.id: partner}.get(o.id, o) for o in tampering.answer.plan.options]
        assert (("unfounded", one.id) not in tampering.plan(options=tuple(changed))) is right


def test_a_treatment_of_nothing_here(tampering: Tampering) -> None:
    foreign = next(
        r.id
        for r in tampering.remedies.remedies.values()
        if all(u.condition == "lipoedema" for u in r.uses if u.line not in ("harmful", "not_recommended"))
    )
    option = tampering.option(status="offered")
    added = option.model_copy(update={"id": foreign})
    kinds = tampering.plan(options=(*tampering.answer.plan.options, added))
    assert {("no_benefit", foreign), ("indication", foreign), ("absent_condition", foreign)} <= kinds


def test_a_use_for_a_condition_that_is_not_there(tampering: Tampering) -> None:
    option, use = next(
        (o, u)
        for o in tampering.answer.plan.options
        for u in tampering.remedies.remedies[o.id].uses
        if u.condition in ("lipoedema", "lymphoedema", "heart_failure")
    )
    shown = option.uses[0].model_copy(update={"line": use.line, "aim": use.aim, "strength": use.strength})
    assert ("absent_condition", option.id) in tampering.changed(option, uses=(*option.uses, shown))


def test_called_confirmed(model: Model, remedies: Remedies) -> None:
    case = Case.model_validate(
        {
            "age": 76,
            "sex": "female",
            "setting": "emergency_without_injury",
            "findings": {"leg_swelling": {"left": "present"}, "calf_pain": {"left": "present"}},
        }
    )
    answer = answered(assess(model, case))
    doubtful = Tampering(remedies, case, answer, check(remedies, case, answer))
    option = next(o for o in answer.plan.options if not any(u.confirmed for u in o.uses))
    uses = tuple(u.model_copy(update={"confirmed": True}) for u in option.uses)
    assert ("confirmed", option.id) in doubtful.changed(option, uses=uses)


def test_an_empty_plan_without_its_reason(tampering: Tampering) -> None:
    assert ("empty", None) in tampering.plan(empty="everything_waits")
    assert ("empty", None) in tampering.plan(options=(), empty=None)
    assert ("empty", None) in tampering.plan(options=(), empty="nothing_to_treat")
    struck = tuple(o for o in tampering.answer.plan.options if o.status == "struck")
    assert ("empty", None) in tampering.plan(options=struck, empty="everything_waits")
    assert ("empty", None) not in tampering.plan(options=struck, empty="everything_forbidden")


def test_nobody_says_so(tampering: Tampering) -> None:
    option = tampering.option(status="offered")
    use: UseShown = option.uses[0]
    bare = use.model_copy(update={"ground": use.ground.model_copy(update={"source": None, "judged": None})})
    assert ("grounds", option.id) in tampering.changed(option, uses=(bare, *option.uses[1:]))
    assert ("grounds", option.id) in tampering.changed(option, uses=())


def test_a_caution_left_out(tampering: Tampering) -> None:
    cautions = {b.reason for r in tampering.remedies.remedies.values() for b in r.barriers if b.severity == "caution"}
    option = next(
        o for o in tampering.answer.plan.options if o.status == "caution" and any(r.text in cautions for r in o.reasons)
    )
    assert ("caution", option.id) in tampering.changed(option, reasons=())
    assert ("caution", option.id) in tampering.changed(option, status="offered")


def test_a_reason_left_out(tampering: Tampering) -> None:
    option = struck_by_an_obstacle(tampering)
    struck = [r for r in option.reasons if r.status == "struck"]
    for one in struck:
        assert ("reason", option.id) in tampering.changed(
            option, reasons=tuple(r for r in option.reasons if r is not one)
        )
    waiting = tampering.option(status="waiting")
    assert ("reason", waiting.id) in tampering.changed(waiting, reasons=())


def test_a_reason_that_is_none(tampering: Tampering) -> None:
    option, barrier = next(
        (o, b)
        for o in tampering.answer.plan.options
        if o.status == "offered"
        for b in tampering.remedies.remedies[o.id].forbids
        if b.when and "context" in b.when
    )
    reason = ReasonShown(status="struck", text=barrier.reason)
    assert ("unfounded", option.id) in tampering.changed(option, status="struck", reasons=(reason,))


def test_a_leg_too_many(tampering: Tampering) -> None:
    option = next(o for o in tampering.answer.plan.options if not tampering.remedies.remedies[o.id].per_leg)
    assert ("leg", option.id) in tampering.changed(option, leg="left")
    twice = (*tampering.answer.plan.options, option)
    assert ("leg", option.id) in tampering.plan(options=twice)


def test_a_treatment_left_out(tampering: Tampering) -> None:
    option = next(o for o in tampering.answer.plan.options if o.id == "statin_treatment")
    left = tuple(o for o in tampering.answer.plan.options if o.id != option.id)
    assert ("missing", option.id) in tampering.plan(options=left)


def test_every_kind_is_counted(found: Checked) -> None:
    assert set(found.counts) <= set(KINDS)
    assert {"forbidden", "undecided", "grounds", "leg", "empty", "missing"} <= set(found.counts)


# --- three values ----------------------------------------------------------------------------


def told(remedies: Remedies, **written: Any) -> Told:
    return Told(remedies, Case.model_validate({"age": 60, "sex": "male", "setting": "primary_care", **written}))


def test_unknown_stays_unknown() -> None:
    assert [opposite(t) for t in (True, None, False)] == [False, None, True]
    assert either([False, None]) is None
    assert either([True, None]) is True
    assert both([True, None]) is None
    assert both([False, None]) is False


@pytest.mark.parametrize(
    ("findings", "right", "left", "person"),
    [
        ({}, None, None, None),
        ({"leg_swelling": {"right": "present"}}, True, None, True),
        ({"leg_swelling": {"right": "absent"}}, False, None, None),
        ({"leg_swelling": {"both": "absent"}}, False, False, False),
        ({"leg_swelling": {"right": "absent", "left": "present"}}, False, True, True),
        ({"leg_swelling": "present"}, None, None, True),
        ({"leg_swelling": "absent"}, False, False, False),
        ({"leg_swelling": {"value": "present", "leg": "left", "certainty": 0.8}}, None, None, None),
    ],
)
def test_legs(remedies: Remedies, findings: Any, right: Any, left: Any, person: Any) -> None:
    case = told(remedies, findings=findings)
    rule = {"present": "leg_swelling"}
    assert [case.holds(rule, leg) for leg in ("right", "left", None)] == [right, left, person]


def test_what_is_said_of_no_leg_is_meant_of_the_index_leg(remedies: Remedies) -> None:
    case = told(remedies, index_leg="left", findings={"leg_swelling": "present", "ankle_brachial_index": 0.5})
    low = {"measure": {"id": "ankle_brachial_index", "below": 0.6}}
    assert [case.holds({"present": "leg_swelling"}, leg) for leg in ("right", "left")] == [None, True]
    assert [case.holds(low, leg) for leg in ("right", "left")] == [None, True]


@pytest.mark.parametrize(("value", "below"), [(0.59, True), (0.6, False), (0.61, False)])
def test_a_bound_is_where_it_is_written(remedies: Remedies, value: float, below: bool) -> None:
    case = told(remedies, findings={"ankle_brachial_index": {"right": value}})
    rule = {"measure": {"id": "ankle_brachial_index", "below": 0.6}}
    assert case.holds(rule, "right") is below
    assert case.holds(rule, "left") is None
    assert case.holds(rule, None) is (True if below else None)


def test_a_measurement_is_read_in_its_unit_and_as_a_finding(remedies: Remedies) -> None:
    case = told(remedies, findings={"body_temperature": "38.2 C"})
    assert case.holds({"present": "fever"}, None) is True
    assert case.holds({"measure": {"id": "body_temperature", "at_least": 38.2}}, None) is True


def test_what_age_and_sex_rule_out_is_absent(remedies: Remedies) -> None:
    rule = {"pregnant": True}
    assert told(remedies).holds(rule, None) is False
    assert told(remedies, sex="female", age=30).holds(rule, None) is None
    assert told(remedies, sex="female", age=80).holds(rule, None) is False
    assert told(remedies, sex="unknown", age=30).holds(rule, None) is None
    assert told(remedies, sex="female", age=30, pregnancy_weeks=9).holds(rule, None) is True


def test_a_known_condition_of_an_unknown_stage(remedies: Remedies) -> None:
    case = told(remedies, known_conditions=["peripheral_arterial_disease"])
    assert case.holds({"known": "peripheral_arterial_disease"}, None) is True
    assert case.holds({"known": FORBIDDING}, None) is None


def test_wishes_come_true(remedies: Remedies) -> None:
    """What is put into a case to make a rule true or false does that, as the rules are read here."""
    rng = np.random.default_rng(5)
    rules = [b.when for r in remedies.remedies.values() for b in r.barriers if b.when is not None]
    reached = 0
    for rule in rules:
        for truth in (True, False):
            draft = Draft(remedies, rng, leg="left")
            if not draft.wish(rule, truth):
                continue
            reached += 1
            age = draft.ages[1] if draft.ages[0] > 18 else max(18.0, draft.ages[0])
            age = min(max(age, draft.ages[0]), draft.ages[1])
            case = Case.model_validate(
                {
                    "age": age,
                    "sex": draft.sex or "female",
                    "setting": "primary_care",
                    "context": draft.context,
                    "known_conditions": draft.known,
                    "pregnancy_weeks": draft.weeks,
                    "findings": _written(remedies, draft),
                }
            )
            try:
                truths = {Told(remedies, case).holds(rule, leg) for leg in ("left", None)}
            except Unjudged:
                continue
            assert truth in truths, (rule, truth, case)
    assert reached > 1.5 * len(rules)


def _written(remedies: Remedies, draft: Draft) -> dict[str, Any]:
    findings: dict[str, Any] = {k: v.get("", v) for k, v in draft.findings.items() if v}
    for id_, values in draft.values.items():
        unit = remedies.gauges[id_].unit
        words = {side: v if unit == "1" else f"{v:g} {unit}" for side, v in values.items()}
        findings[id_] = words.get("", words)
    return findings


# --- people ----------------------------------------------------------------------------------


def test_the_fast_way_gives_the_plan_of_an_assessment(model: Model, remedies: Remedies) -> None:
    """Variants share the inference of their first case; their plans are those that ``assess`` makes of them."""
    people, planner = People(model, remedies, seed=3), Planner(model)
    case = people.next()

    def variants(first: Answered) -> Any:
        listed = [remedies.remedies[id_] for id_ in dict.fromkeys(o.id for o in first.plan.options)]
        return people.variants(case, listed, 2)

    for one, fast in planner.answers(case, variants):
        slow = answered(assess(model, one))
        assert fast.plan == slow.plan
        assert fast.rated == slow.rated


@pytest.fixture(scope="module")
def checked(model: Model, remedies: Remedies) -> PlanCheck:
    return check_plans(model, PEOPLE, remedies=remedies)


def test_people_try_what_they_are_made_for(checked: PlanCheck) -> None:
    assert checked.cases + checked.refused == PEOPLE
    assert checked.refused < PEOPLE / 10
    assert sum(count > 0 for count in checked.forced.values()) > PEOPLE / 2
    assert sum(checked.alone.values()) > PEOPLE / 4


def test_nothing_dangerous_is_offered(checked: PlanCheck) -> None:
    found = [v for v in checked.violations if v.kind in ("forbidden", "undecided", "harmful", "interaction")]
    assert not found, "\n".join(v.printed() for v in found[:5])


def test_no_plan_says_what_it_must_not(checked: PlanCheck) -> None:
    assert not checked.violations, "\n".join(v.printed() for v in checked.violations[:5])
