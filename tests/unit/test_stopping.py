"""When an interview has asked enough: each thing an answer could still change, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from saphena import Model
from saphena.case import Case
from saphena.inference.answers import Answers
from saphena.inference.next_finding import Candidate, candidates, candidates_of
from saphena.inference.observe import observe
from saphena.inference.posterior import posterior
from saphena.inference.prepare import prepare
from saphena.inference.reference import enumerate_all
from saphena.pathway.interview import Checklist, Finished, Question, next_step
from saphena.pathway.stopping import INVESTIGATION_GAIN, RAREST_ANSWER, SMALLEST_CHANGE, Outlook
from saphena.pathway.triage import triage
from tests.tiny import case, condition, finding, flag, model_of

ACHE = {"findings": {"ache": "present"}}


def with_danger(threshold: float, leak: float = 0.1, sensitivity: float = 0.5, **more: Any) -> Model:
    """Blue explains the ache; green is dangerous and rare, and trembling speaks for it alone."""
    return model_of(
        condition("blue", 0.3, {"ache": 0.8}),
        condition(
            "green", 0.004, {"tremble": sensitivity}, must_not_miss={"threshold": threshold, "triage": "same_day"}
        ),
        findings=(finding("ache", 0.05), finding("tremble", leak), finding("rash", 0.2)),
        **more,
    )


def said(*present: str, absent: tuple[str, ...] = ()) -> Case:
    return case(findings={**dict.fromkeys(present, "present"), **dict.fromkeys(absent, "absent")})


def outlook_of(model: Model, one: Case) -> tuple[Outlook, dict[str, Candidate]]:
    observation = observe(model, one)
    belief, answers = posterior(model, observation), Answers(model, observation)
    outlook = Outlook(model, observation, belief, triage(model, observation, belief), answers)
    return outlook, {c.finding: c for c in candidates_of(answers)}


def listed(model: Model, one: Case) -> list[float]:
    """P(condition) by listing every world."""
    evidence = prepare(model, observe(model, one))
    return list(enumerate_all(evidence).state @ evidence.membership)


# --- triage ----------------------------------------------------------------------------------


def test_a_rare_danger_that_could_cross_its_threshold_is_asked_for() -> None:
    """A rule that stops when no probability moves by more than 0.03 would stop here."""
    model = with_danger(threshold=0.015)
    before, after = listed(model, said("ache"))[1], listed(model, said("ache", "tremble"))[1]
    assert before < 0.015 < after
    assert after - before < 0.03
    step = next_step(model, said("ache"))
    assert isinstance(step, Question)
    assert (step.finding, step.change.kind, step.change.subject) == ("tremble", "must_not_miss", "green")
    assert (step.change.before, step.change.after) == pytest.approx((before, after))


def test_a_danger_that_stays_below_its_threshold_is_not() -> None:
    assert isinstance(next_step(with_danger(threshold=0.1), said("ache")), Finished)


def test_an_answer_that_hardly_anybody_gives_is_not_waited_for() -> None:
    rare = with_danger(threshold=0.015, leak=0.001)
    chance = next(c for c in candidates(rare, observe(rare, said("ache"))) if c.finding == "tremble").chances[1]
    assert chance < RAREST_ANSWER
    assert listed(rare, said("ache", "tremble"))[1] > 0.015
    assert isinstance(next_step(rare, said("ache")), Finished)


def test_a_threshold_that_a_red_flag_has_overtaken_changes_nothing() -> None:
    raised = with_danger(threshold=0.015, flags=(flag("rash_now", "emergency", {"present": "rash"}, ("rash",)),))
    assert isinstance(next_step(raised, said("ache", "rash")), Finished)
    lower = with_danger(threshold=0.015, flags=(flag("rash_soon", "urgent", {"present": "rash"}, ("rash",)),))
    step = next_step(lower, said("ache", "rash"))
    assert isinstance(step, Question)
    assert step.finding == "tremble"


def test_what_a_threshold_asks_is_asked_whatever_it_costs() -> None:
    model = with_danger(threshold=0.015)
    harm = {level: h.model_copy(update={"harm": 1e-6}) for level, h in model.knowledge.settings.harm_of_missing.items()}
    settings = model.knowledge.settings.model_copy(update={"harm_of_missing": harm})
    cheap = Model(model.knowledge.model_copy(update={"settings": settings}), model.network, "cheap")
    assert all(c.utility < 0 for c in candidates(cheap, observe(cheap, said("ache"))))
    step = next_step(cheap, said("ache"))
    assert isinstance(step, Question)
    assert step.finding == "tremble"


def both(level: str) -> Any:
    return flag("both", level, {"all": [{"present": "rash"}, {"present": "tremble"}]}, ("rash",))


def test_a_flag_that_needs_two_answers_is_followed_up() -> None:
    model = with_danger(threshold=0.5, flags=(both("urgent"),))
    first = next_step(model, said("ache"))
    assert isinstance(first, Question)
    assert (first.finding, first.change.kind, first.change.after) == ("rash", "red_flag", 0.5)
    second = next_step(model, said("ache", "rash"))
    assert isinstance(second, Question)
    assert (second.finding, second.change.subject, second.change.after) == ("tremble", "both", 1.0)
    assert isinstance(next_step(model, said("ache", absent=("rash",))), Finished)
    assert isinstance(next_step(model, said("ache", "rash", absent=("tremble",))), Finished)


def test_a_flag_that_would_not_raise_triage_is_not_asked() -> None:
    model = with_danger(
        threshold=0.5, flags=(both("urgent"), flag("ache_now", "same_day", {"present": "ache"}, ("ache",)))
    )
    assert isinstance(next_step(model, said("ache")), Finished)


def test_entries_of_emergency_flags_come_first_as_a_checklist() -> None:
    step = next_step(with_danger(threshold=0.5, flags=(both("emergency"),)), said("ache"))
    assert isinstance(step, Checklist)
    assert step.findings == ("rash",)


# --- leading conditions ----------------------------------------------------------------------


COMPLAINT = ("ache", "sore")


def rivals(itch: float, heat: float = 0.0, red: float = 0.2) -> Model:
    """Two illnesses of which either explains two findings, and one that is present without explaining anything."""
    return model_of(
        condition("red", red, {"ache": 0.8, "sore": 0.8, "itch": itch}),
        condition("blue", 0.21, {"ache": 0.8, "sore": 0.8}),
        condition("flat", 0.3, {"heat": heat} if heat else {}),
        findings=(finding("ache", 0.02), finding("sore", 0.02), finding("itch", 0.1), finding("heat", 0.1)),
    )


def test_a_small_move_that_changes_who_leads_counts() -> None:
    model = rivals(itch=0.11)
    before, after = listed(model, said(*COMPLAINT)), listed(model, said(*COMPLAINT, "itch"))
    assert before[0] < before[1]
    assert after[0] > after[1]
    assert abs(after[0] - before[0]) < SMALLEST_CHANGE
    outlook, candidate = outlook_of(model, said(*COMPLAINT))
    change = outlook.of_leading(candidate["itch"])
    assert change is not None
    assert (change.kind, change.subject, change.answer) == ("leader", "red", "present")
    assert (change.before, change.after) == pytest.approx((before[0], after[0]))


def test_the_same_small_move_where_another_leads_by_far_does_not() -> None:
    model = rivals(itch=0.11, red=0.1)
    before, after = listed(model, said(*COMPLAINT)), listed(model, said(*COMPLAINT, "itch"))
    assert after[0] < after[1]
    outlook, candidate = outlook_of(model, said(*COMPLAINT))
    assert outlook.of_leading(candidate["itch"]) is None
    move = outlook.largest_move(candidate["itch"])
    assert move is not None
    assert move.size == pytest.approx(max(abs(after[0] - before[0]), abs(after[1] - before[1])))


def test_a_move_beyond_the_limit_counts_though_the_leader_stays() -> None:
    model = model_of(
        condition("red", 0.4, {"ache": 0.8, "itch": 0.4}),
        condition("blue", 0.05, {"ache": 0.8}),
        findings=(finding("ache", 0.02), finding("itch", 0.1)),
    )
    before, after = listed(model, said("ache")), listed(model, said("ache", absent=("itch",)))
    with_itch = listed(model, said("ache", "itch"))
    assert min(after[0], with_itch[0]) > max(after[1], with_itch[1])
    outlook, candidate = outlook_of(model, said("ache"))
    change = outlook.of_leading(candidate["itch"])
    assert change is not None
    assert change.kind == "leading"
    moves = {("red", "present"): with_itch[0] - before[0], ("red", "absent"): after[0] - before[0]}
    moves |= {("blue", "present"): with_itch[1] - before[1], ("blue", "absent"): after[1] - before[1]}
    largest = max(moves, key=lambda m: abs(moves[m]))
    assert (change.subject, change.answer) == largest
    assert change.size == pytest.approx(abs(moves[largest]))
    assert change.size > SMALLEST_CHANGE


def test_a_condition_that_explains_nothing_does_not_lead() -> None:
    model = rivals(itch=0.1, heat=0.9)
    assert listed(model, said(*COMPLAINT, "heat"))[2] - listed(model, said(*COMPLAINT))[2] > 0.3
    outlook, candidate = outlook_of(model, said(*COMPLAINT))
    assert outlook.of_leading(candidate["heat"]) is None


# --- the next investigation ------------------------------------------------------------------


def with_tests(**obtained_by: str) -> Model:
    """Two rare dangers, each with a scan; trembling speaks for grey, which is a little behind."""
    danger = {"must_not_miss": {"threshold": 0.05, "triage": "same_day"}}
    return model_of(
        condition("blue", 0.3, {"ache": 0.8}),
        condition("green", 0.006, {"scan_green": 0.9}, **danger),
        condition("grey", 0.005, {"scan_grey": 0.9, "tremble": 0.3}, **danger),
        findings=(
            finding("ache", 0.05),
            finding("tremble", 0.1),
            finding("scan_green", 0.02),
            finding("scan_grey", 0.02),
        ),
        obtained_by={"scan_green": "imaging", "scan_grey": "imaging", **obtained_by},
    )


def best_test(model: Model, one: Case) -> tuple[str, float, dict[str, float]]:
    """The best scan of a case, worked out with the answer in the case."""
    found = {c.finding: c.utility for c in candidates(model, observe(model, one), ("imaging",))}
    best = max(found, key=lambda f: found[f])
    return best, found[best], found


def test_an_answer_that_changes_which_scan_is_best_is_asked_for() -> None:
    model = with_tests()
    now, then = best_test(model, said("ache")), best_test(model, said("ache", "tremble"))
    assert (now[0], then[0]) == ("scan_green", "scan_grey")
    assert then[1] - then[2]["scan_green"] > INVESTIGATION_GAIN
    outlook, candidate = outlook_of(model, said("ache"))
    assert outlook.of_triage(candidate["tremble"]) is None
    assert outlook.of_leading(candidate["tremble"]) is None
    step = next_step(model, said("ache"))
    assert isinstance(step, Question)
    assert (step.finding, step.change.kind, step.change.subject) == ("tremble", "investigation", "scan_grey")
    assert (step.change.before, step.change.after) == pytest.approx((then[2]["scan_green"], then[1]))


def test_where_the_best_scan_stays_the_best_nothing_is_asked() -> None:
    assert isinstance(next_step(with_tests(), said("ache", absent=("tremble",))), Finished)
    alone = with_tests(scan_grey="history")
    step = next_step(alone, said("ache", absent=("scan_grey",)))
    assert isinstance(step, Finished)


def test_what_the_interview_asks_itself_is_no_investigation() -> None:
    """Where both scans are asked for anyway, which of them is better is no reason."""
    outlook, candidate = outlook_of(with_tests(), said("ache"))
    assert outlook.of_investigation([candidate["tremble"]], ("history",))
    assert not outlook.of_investigation([candidate["tremble"]], ("history", "imaging"))


# --- the end ---------------------------------------------------------------------------------


def test_the_end_says_how_much_could_still_move() -> None:
    model = with_danger(threshold=0.5)
    step = next_step(model, said("ache"))
    assert isinstance(step, Finished)
    assert step.reason == "nothing_changes"
    assert step.left is not None
    assert step.left.subject == "blue"
    assert step.left.size < SMALLEST_CHANGE


def test_what_is_too_dear_is_left_and_said_so() -> None:
    """Itching moves the leader from 0.85, far from any threshold of acting, so it is not worth its cost."""
    model = model_of(
        condition("red", 0.4, {"ache": 0.8, "itch": 0.3}),
        findings=(finding("ache", 0.05), finding("itch", 0.1)),
    )
    assert listed(model, said("ache", absent=("itch",)))[0] > 0.6
    step = next_step(model, said("ache"))
    assert isinstance(step, Finished)
    assert step.reason == "not_worth_asking"
    assert step.left is not None
    assert (step.left.finding, step.left.subject) == ("itch", "red")
    assert step.left.size > SMALLEST_CHANGE


def test_answers_the_model_cannot_produce_leave_red_flags() -> None:
    model = model_of(
        condition("red", 0.2, {"ache": 0.5}),
        findings=(finding("ache", 0.0), finding("rash", 0.1)),
        flags=(flag("rash_now", "emergency", {"present": "rash"}, ("rash",)),),
    )
    impossible = case(excluded_conditions=["red"], findings={"ache": "present"})
    assert next_step(model, impossible) == Checklist(("rash",), 1, 1)
    answered = case(excluded_conditions=["red"], findings={"ache": "present", "rash": "absent"})
    assert next_step(model, answered) == Finished("no_probabilities")
