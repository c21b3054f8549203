"""How soon: red flags first, then thresholds, then nothing; what is unknown is asked, never taken for no."""

from __future__ import annotations

from itertools import chain, combinations
from typing import Any

import pytest

from saphena import Model, assess
from saphena.inference.observe import observe
from saphena.inference.posterior import ConditionPosterior, Posterior, posterior
from saphena.pathway.triage import LEVELS, Triage, triage
from tests.tiny import case, condition, factor, finding, flag, model_of, state

SEMANTICS = {
    "emergency": "now",
    "same_day": "within 24 hours",
    "urgent": "within 2 weeks",
    "routine": "within 8 weeks",
    "self_care": "no appointment needed",
}
"""Levels and times as the specification states them, most urgent first."""


def model_with(*flags: Any, **green: Any) -> Model:
    """Blue is benign, green dangerous from 0.2 on: within two weeks."""
    danger: dict[str, Any] = {"must_not_miss": {"threshold": 0.2, "triage": "urgent"}} | green
    return model_of(
        condition("blue", 0.1, {"ache": 0.6}, benign=True),
        condition("green", danger.pop("p", 0.1), {"ache": 0.3, "lump": 0.5}, one_sided=True, **danger),
        findings=(
            finding("ache", 0.1),
            finding("tremble", 0.1),
            finding("rash", 0.1),
            finding("scan", 0.1),
            finding("lump", 0.1, sided=True),
            finding("heat", 0.1, sided=True),
        ),
        factors=(factor("travel", 0.1), factor("pregnancy", 0.1, only_sex="female", only_ages=(12, 50))),
        flags=flags,
        obtained_by={"scan": "imaging", "rash": "examination"},
    )


def raises(level: str, **more: Any) -> Any:
    """A flag of this level that trembling raises."""
    return flag(f"trembles_{level}", level, {"present": "tremble"}, ("tremble",), **more)


def believed(
    explains: dict[str, float] | None = None, states: dict[str, float] | None = None, **probability: float
) -> Posterior:
    """A posterior in which conditions have these probabilities, and explain so many findings."""
    numbers = {"blue": 0.05, "green": 0.05} | probability
    return Posterior(
        conditions=tuple(
            ConditionPosterior(
                id=id_,
                prior=0.1,
                probability=p,
                states=(states or {}) if id_ == "green" else {},
                explains={"ache": (explains or {}).get(id_, 0.0)},
                weights=(),
                shared_decibans=0.0,
            )
            for id_, p in numbers.items()
        ),
        log_evidence=0.0,
        nothing_explains=None,
        unexplained={},
        poor_fit=None,
        poor_fit_with_others=None,
    )


def judged(model: Model, belief: Posterior | None = None, **said: Any) -> Triage:
    return triage(model, observe(model, case(**said)), belief if belief is not None else believed())


def present(*ids: str) -> dict[str, Any]:
    return {"findings": dict.fromkeys(ids, "present")}


# --- levels ----------------------------------------------------------------------------------


def test_levels_are_those_of_the_specification_in_their_order() -> None:
    assert list(LEVELS) == list(SEMANTICS)


@pytest.mark.parametrize("level", list(SEMANTICS))
def test_a_level_is_shown_with_its_time(model: Model, level: str) -> None:
    sentence = model.knowledge.texts["en"].triage[level].clinician.lower()  # type: ignore[index]
    assert SEMANTICS[level] in sentence


@pytest.mark.parametrize("level", ["emergency", "same_day", "urgent", "routine"])
def test_a_red_flag_sets_its_level(level: str) -> None:
    found = judged(model_with(raises(level)), **present("tremble"))
    assert (found.level, found.reason) == (level, "red_flag")


def test_the_most_urgent_flag_wins_and_stands_first() -> None:
    found = judged(model_with(raises("urgent"), raises("emergency"), raises("same_day")), **present("tremble"))
    assert found.level == "emergency"
    assert [r.flag.triage for r in found.raised] == ["emergency", "same_day", "urgent"]


# --- flags and probabilities -----------------------------------------------------------------


def test_a_red_flag_beats_a_probability() -> None:
    found = judged(model_with(raises("emergency")), believed(green=0.9), **present("tremble"))
    assert (found.level, found.reason) == ("emergency", "red_flag")


def test_a_probability_beats_a_red_flag_that_is_less_urgent() -> None:
    found = judged(model_with(raises("routine")), believed(green=0.9), **present("tremble"))
    assert (found.level, found.reason) == ("urgent", "probability")


def test_between_equals_the_flag_is_named() -> None:
    assert judged(model_with(raises("urgent")), believed(green=0.9), **present("tremble")).reason == "red_flag"


def test_a_flag_holds_however_improbable_its_suspect() -> None:
    found = judged(model_with(raises("emergency", suspects=("green",))), believed(green=0.0), **present("tremble"))
    assert found.level == "emergency"


@pytest.mark.parametrize(("p", "level"), [(0.2, "urgent"), (0.199, "routine")])
def test_a_probability_counts_from_its_threshold_on(p: float, level: str) -> None:
    assert judged(model_with(raises("emergency")), believed(green=p), **present("ache")).level == level


def test_what_passed_its_threshold_is_listed() -> None:
    [passed] = judged(model_with(raises("emergency")), believed(green=0.3), **present("ache")).must_not_miss
    assert (passed.condition, passed.probability, passed.threshold, passed.level) == ("green", 0.3, 0.2, "urgent")


def test_a_known_condition_is_not_missed() -> None:
    found = judged(model_with(raises("emergency")), believed(green=1.0), known_conditions=["green"])
    assert not found.must_not_miss


def staged() -> Model:
    return model_with(
        p=None,
        states=[state("early", 0.1), state("late", 0.05)],
        must_not_miss={"threshold": 0.1, "triage": "same_day", "states": ["late"]},
    )


@pytest.mark.parametrize(
    ("early", "late", "level"), [(0.8, 0.09, "routine"), (0.0, 0.1, "same_day"), (0.5, 0.4, "same_day")]
)
def test_only_the_states_that_matter_are_counted(early: float, late: float, level: str) -> None:
    belief = believed(green=early + late, states={"early": early, "late": late})
    assert judged(staged(), belief, **present("ache")).level == level


def test_absent_findings_never_lower_a_flag_that_stays_true() -> None:
    model = model_with(raises("same_day", suspects=("green",)))
    others = ["ache", "rash", "scan", "lump", "heat"]
    for absent in chain.from_iterable(combinations(others, n) for n in range(len(others) + 1)):
        observation = observe(model, case(findings={"tremble": "present", **dict.fromkeys(absent, "absent")}))
        found = triage(model, observation, posterior(model, observation))
        assert LEVELS.index(found.level) <= LEVELS.index("same_day")


# --- one leg ---------------------------------------------------------------------------------

BOTH_PARTS = {"all": [{"present": "lump"}, {"present": "heat"}]}


@pytest.mark.parametrize(("per_leg", "raised"), [(True, 0), (False, 1)])
def test_parts_of_a_flag_on_different_legs(per_leg: bool, raised: int) -> None:
    model = model_with(flag("hot_lump", "urgent", BOTH_PARTS, ("lump",), per_leg=per_leg))
    crossed = {"lump": {"right": "present", "left": "absent"}, "heat": {"right": "absent", "left": "present"}}
    assert len(judged(model, findings=crossed).raised) == raised


def test_parts_of_a_flag_on_one_leg() -> None:
    model = model_with(flag("hot_lump", "urgent", BOTH_PARTS, ("lump",), per_leg=True))
    same = {"lump": {"right": "absent", "left": "present"}, "heat": {"right": "absent", "left": "present"}}
    assert len(judged(model, findings=same).raised) == 1


def test_a_flag_names_the_facts_it_rests_on() -> None:
    rule = {"any": [{"present": "tremble"}, {"present": "rash"}, {"context": "travel"}, {"absent": "ache"}]}
    model = model_with(flag("several", "urgent", rule, ("tremble",)))
    said: dict[str, Any] = {"findings": {"tremble": "present", "rash": "absent"}, "context": {"travel": "present"}}
    assert judged(model, **said).raised[0].because == ("tremble", "travel")


# --- unanswered flags ------------------------------------------------------------------------

TWO_STEPS = {"all": [{"present": "tremble"}, {"any": [{"present": "scan"}, {"present": "rash"}, {"present": "ache"}]}]}


def asked(model: Model, belief: Posterior | None = None, **said: Any) -> dict[str, tuple[str, ...]]:
    return {o.flag.id: o.ask for o in judged(model, belief, **said).open}


def test_an_unanswered_flag_asks_its_entry_question() -> None:
    assert asked(model_with(flag("two_steps", "urgent", TWO_STEPS, ("tremble",)))) == {"two_steps": ("tremble",)}


def test_an_opened_flag_asks_for_details_what_the_patient_knows_first() -> None:
    model = model_with(flag("two_steps", "urgent", TWO_STEPS, ("tremble",)))
    assert asked(model, **present("tremble")) == {"two_steps": ("ache", "rash", "scan")}


def test_a_flag_whose_entry_is_absent_asks_nothing() -> None:
    model = model_with(flag("two_steps", "urgent", TWO_STEPS, ("tremble",)))
    assert asked(model, findings={"tremble": "absent"}) == {}


def test_an_answer_of_unknown_is_no_answer() -> None:
    model = model_with(flag("two_steps", "urgent", TWO_STEPS, ("tremble",)))
    assert asked(model, findings={"tremble": "unknown"}) == {"two_steps": ("tremble",)}


def test_what_age_and_sex_rule_out_is_not_asked() -> None:
    model = model_with(flag("pregnant", "urgent", {"context": "pregnancy"}, ("pregnancy",)))
    assert asked(model, age=30) == {"pregnant": ("pregnancy",)}
    assert asked(model, age=60) == {}


@pytest.mark.parametrize(("p", "level", "listed"), [
    (0.01, "urgent", True), (0.009, "urgent", False), (0.001, "same_day", True), (0.0009, "same_day", False),
    (0.0009, "emergency", True),
])  # fmt: skip
def test_flags_of_implausible_suspects_are_asked_only_in_emergencies(p: float, level: str, listed: bool) -> None:
    model = model_with(flag("suspicious", level, TWO_STEPS, ("tremble",), suspects=("green",)))
    assert ("suspicious" in asked(model, believed(green=p))) is listed


def test_without_probabilities_every_suspect_is_plausible() -> None:
    model = model_with(flag("suspicious", "urgent", TWO_STEPS, ("tremble",), suspects=("green",)))
    found = triage(model, observe(model, case(age=5)), None)
    assert [o.flag.id for o in found.open] == ["suspicious"]


def test_only_what_would_raise_the_level_is_asked() -> None:
    model = model_with(
        raises("same_day"), *(flag(f"ask_{level}", level, {"present": "rash"}, ("rash",)) for level in ("emergency", "same_day", "urgent"))
    )  # fmt: skip
    assert list(asked(model, **present("tremble"))) == ["ask_emergency"]


def test_open_flags_stand_in_the_order_of_their_weight() -> None:
    model = model_with(
        flag("d_implausible", "emergency", {"present": "rash"}, ("rash",), suspects=("blue",)),
        flag("c_probable", "urgent", {"present": "rash"}, ("rash",), suspects=("green",)),
        flag("b_unmodelled", "urgent", {"present": "rash"}, ("rash",)),
        flag("a_soon", "same_day", {"present": "rash"}, ("rash",)),
    )
    found = judged(model, believed(blue=0.0001, green=0.1), **present("ache"))
    assert [o.flag.id for o in found.open] == ["a_soon", "c_probable", "b_unmodelled", "d_implausible"]
    assert [o.plausible for o in found.open] == [True, True, True, False]


# --- nothing, and little ---------------------------------------------------------------------


def test_nothing_known_is_routine_and_says_why() -> None:
    model = model_with(raises("emergency"))
    answer = assess(model, case()).triage
    assert (answer.level, answer.reason) == ("routine", "nothing_known")
    assert answer.clinician == "Not enough is known; triage is routine only because nothing has been said yet."


@pytest.mark.parametrize("said", [{"findings": {"ache": "absent"}}, {"context": {"travel": "absent"}}])
def test_something_known_is_routine_without_that_sentence(said: dict[str, Any]) -> None:
    answer = assess(model_with(raises("emergency")), case(**said)).triage
    assert (answer.level, answer.reason) == ("routine", "default")
    assert answer.clinician == "See within 8 weeks."


ANSWERED = {"findings": {"ache": "present", "tremble": "absent"}}


@pytest.mark.parametrize(
    ("belief", "said", "level"),
    [
        (believed(blue=0.9, explains={"blue": 0.8}), ANSWERED, "self_care"),
        (believed(blue=0.9, explains={"blue": 0.5}), ANSWERED, "self_care"),
        (believed(blue=0.9, explains={"blue": 0.49}), ANSWERED, "routine"),  # Explains too little.
        (believed(blue=0.9, explains={"blue": 0.8}), present("ache"), "routine"),  # The flag is open.
        (believed(blue=0.6, explains={"blue": 0.6, "green": 0.7}), ANSWERED, "routine"),  # Another leads.
        (believed(blue=0.9, green=0.2, explains={"blue": 0.8}), ANSWERED, "urgent"),  # Danger remains.
        (believed(blue=0.9, explains={"blue": 0.8}), ANSWERED | {"age": 17}, "routine"),  # A child.
    ],
)
def test_self_care_needs_answered_flags_and_a_benign_leader(
    belief: Posterior, said: dict[str, Any], level: str
) -> None:
    assert judged(model_with(raises("emergency")), belief, **said).level == level


def test_an_open_flag_of_an_implausible_suspect_does_not_forbid_self_care() -> None:
    model = model_with(raises("emergency", suspects=("green",)))
    belief = believed(blue=0.9, green=0.0001, explains={"blue": 0.8})
    assert judged(model, belief, **present("ache")).level == "self_care"


def test_red_flags_are_not_lost_where_there_are_no_probabilities() -> None:
    model = model_of(
        condition("blue", 0.1), findings=(finding("tremble", 0.0),), flags=(raises("emergency"), raises("urgent"))
    )
    answer = assess(model, case(findings={"tremble": "present"}))
    assert (answer.triage.level, answer.triage.reason, answer.differential) == ("emergency", "red_flag", ())


def test_a_child_gets_red_flags_alone() -> None:
    answer = assess(model_with(raises("emergency")), case(age=5, findings={"tremble": "present"}))
    assert answer.triage.level == "emergency"
    assert answer.differential == ()
    assert any("adults only" in w for w in answer.warnings)


# --- doubt -----------------------------------------------------------------------------------


def test_a_doubtful_presence_raises_a_flag() -> None:
    found = judged(model_with(raises("emergency")), findings={"tremble": {"value": "present", "certainty": 0.6}})
    assert (found.level, found.reason) == ("emergency", "red_flag")
    assert found.raised[0].because == ("tremble",)


def test_a_doubtful_absence_leaves_a_flag_open() -> None:
    model, benign = model_with(raises("emergency")), believed({"blue": 1.0})
    sure = {"ache": "present", "tremble": "absent"}
    unsure = {"ache": "present", "tremble": {"value": "absent", "certainty": 0.99}}
    assert judged(model, benign, findings=sure).level == "self_care"
    found = judged(model, benign, findings=unsure)
    assert found.level == "routine"
    assert [(o.flag.id, o.ask) for o in found.open] == [("trembles_emergency", ("tremble",))]


def test_a_doubtful_entry_opens_its_details_and_is_asked_again() -> None:
    details = flag("both", "emergency", {"all": [{"present": "tremble"}, {"present": "rash"}]}, ("tremble",))
    found = judged(model_with(details), findings={"tremble": {"value": "present", "certainty": 0.9}})
    assert [set(o.ask) for o in found.open] == [{"tremble", "rash"}]
