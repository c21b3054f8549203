"""Stated priors, age, sex and risk factors: all expected values by hand or by listing combinations."""

from __future__ import annotations

from itertools import product
from math import exp, log, prod, sqrt
from typing import Any

import numpy as np
import pytest

from saphena import Case, Model
from saphena.inference.observe import observe
from saphena.inference.prepare import prepare, priors
from saphena.model.network import SETTINGS
from saphena.model.priors import interpolation
from saphena.model.schema import ConditionFile, RiskFactor
from tests.tiny import case, childhood, condition, factor, finding, model_of, state

ALL_ANSWERS = ("absent", "present")


def tiny(*conditions: ConditionFile, factors: tuple[RiskFactor, ...] = ()) -> Model:
    return model_of(*conditions, findings=(finding("ache", 0.1),), factors=factors)


def states_of(model: Model, **said: Any) -> list[float]:
    """P(state) of each state for a woman of 55 in primary care of whom this is known."""
    return list(map(float, priors(model, observe(model, case(**said)))))


def prior(model: Model, **said: Any) -> float:
    [p] = states_of(model, **said)
    return p


def with_factors(**answers: str) -> dict[str, Any]:
    return {"context": answers}


# --- risk factors ----------------------------------------------------------------------------


def test_one_factor_by_hand() -> None:
    # Half have the factor. Without it odds 1/4 (0.2), with it fourfold: odds 1 (0.5); mean 0.35.
    model = tiny(condition("blue", 0.35, context={"food": 4.0}), factors=(factor("food", 0.5),))
    assert prior(model, **with_factors(food="absent")) == pytest.approx(0.2)
    assert prior(model, **with_factors(food="present")) == pytest.approx(0.5)
    assert prior(model) == pytest.approx(0.35)


def test_the_mean_over_all_combinations_is_the_stated_prior() -> None:
    chances = {"food": 0.2, "dust": 0.7, "heat": 0.05}
    model = tiny(
        condition("blue", 0.1, context={"food": 4.0, "dust": 0.5, "heat": 50.0}),
        factors=tuple(factor(id_, p) for id_, p in chances.items()),
    )
    mean = 0.0
    for answers in product(ALL_ANSWERS, repeat=3):
        said = dict(zip(chances, answers, strict=True))
        weight = prod(chances[f] if a == "present" else 1 - chances[f] for f, a in said.items())
        mean += weight * prior(model, **with_factors(**said))
    assert mean == pytest.approx(0.1, rel=1e-9)


def test_factors_multiply_the_odds() -> None:
    model = tiny(
        condition("blue", 0.1, context={"food": 4.0, "dust": 0.5}), factors=(factor("food", 0.2), factor("dust", 0.7))
    )
    odds = {
        answers: p / (1 - p)
        for answers in product(ALL_ANSWERS, repeat=2)
        for p in [prior(model, **with_factors(food=answers[0], dust=answers[1]))]
    }
    base = odds["absent", "absent"]
    assert odds["present", "absent"] / base == pytest.approx(4.0)
    assert odds["absent", "present"] / base == pytest.approx(0.5)
    assert odds["present", "present"] / base == pytest.approx(2.0)


def test_the_mean_of_each_state_is_its_stated_prior() -> None:
    stages = condition("blue", None, context={"food": 6.0}, states=[state("mild", 0.15), state("bad", 0.05)])
    model = tiny(stages, factors=(factor("food", 0.3),))
    with_it = np.array(states_of(model, **with_factors(food="present")))
    without = np.array(states_of(model, **with_factors(food="absent")))
    np.testing.assert_allclose(0.3 * with_it + 0.7 * without, [0.15, 0.05], rtol=1e-9)
    # A factor of the disease multiplies the odds of every stage against absence.
    np.testing.assert_allclose((with_it / (1 - with_it.sum())) / (without / (1 - without.sum())), [6.0, 6.0])


def test_of_a_group_the_strongest_alone_counts() -> None:
    chances = (factor("pill", 0.3), factor("patch", 0.2), factor("food", 0.1))
    grouped = tiny(
        condition("blue", 0.1, context={"pill": (4.0, "hormones"), "patch": (2.0, "hormones"), "food": 3.0}),
        factors=chances,
    )

    def odds(pill: str, patch: str, food: str = "absent") -> float:
        p = prior(grouped, **with_factors(pill=pill, patch=patch, food=food))
        return p / (1 - p)

    base = odds("absent", "absent")
    assert odds("present", "present") / base == pytest.approx(4.0)
    assert odds("absent", "present") / base == pytest.approx(2.0)
    assert odds("present", "present", "present") / base == pytest.approx(12.0)


def test_strongest_means_farthest_from_one() -> None:
    model = tiny(
        condition("blue", 0.1, context={"pill": (0.1, "g"), "patch": (2.0, "g")}),
        factors=(factor("pill", 0.3), factor("patch", 0.2)),
    )
    both = prior(model, **with_factors(pill="present", patch="present"))
    assert both == pytest.approx(prior(model, **with_factors(pill="present", patch="absent")))


def test_a_condition_without_the_exposure_it_requires_is_impossible() -> None:
    # Half are exposed: the mean of 0 and 0.4 is the stated 0.2.
    model = tiny(condition("blue", 0.2, requires=("drug",)), factors=(factor("drug", 0.5),))
    assert prior(model, **with_factors(drug="absent")) == 0
    assert prior(model, **with_factors(drug="present")) == pytest.approx(0.4)
    assert prior(model) == pytest.approx(0.2)


def test_any_of_the_required_exposures_will_do() -> None:
    # One of two exposures of one half each: three quarters; 0.3 = 0.75 x 0.4.
    model = tiny(condition("blue", 0.3, requires=("drug", "food")), factors=(factor("drug", 0.5), factor("food", 0.5)))
    assert prior(model, **with_factors(drug="absent", food="present")) == pytest.approx(0.4)
    assert prior(model, **with_factors(drug="absent", food="absent")) == 0


def test_no_more_have_a_condition_than_95_in_100_of_the_exposed() -> None:
    # A tenth is exposed but 0.3 are said to have it.
    model = tiny(condition("blue", 0.3, requires=("drug",)), factors=(factor("drug", 0.1),))
    assert prior(model, **with_factors(drug="present")) == pytest.approx(0.95)


def test_an_unknown_factor_lies_between_present_and_absent() -> None:
    model = tiny(condition("blue", 0.1, context={"food": 9.0}), factors=(factor("food", 0.4),))
    absent, unknown, present = (prior(model, **with_factors(food=a)) for a in ("absent", "unknown", "present"))
    assert absent < unknown < present
    assert unknown == pytest.approx(0.6 * absent + 0.4 * present)


def test_a_factor_that_cannot_be_present_is_taken_to_be_absent() -> None:
    model = tiny(
        condition("blue", 0.1, context={"pregnancy": 5.0}),
        factors=(factor("pregnancy", 0.5, only_sex="female", only_ages=(15, 50)),),
    )
    assert prior(model, age=60) == pytest.approx(prior(model, age=60, **with_factors(pregnancy="absent")))
    assert prior(model, age=31, sex="male") == pytest.approx(0.1)
    assert prior(model, age=31) > prior(model, age=31, **with_factors(pregnancy="absent"))


def test_prevalences_by_setting() -> None:
    by_setting = dict.fromkeys(SETTINGS, 0.5) | {"vascular_clinic": 1.0}
    food = factor("food", 0.5).model_copy(
        update={"prevalence": factor("food", 0.5).prevalence.model_copy(update={"value": None, "settings": by_setting})}
    )
    model = tiny(condition("blue", 0.35, context={"food": 4.0}), factors=(food,))
    assert prior(model, **with_factors(food="present")) == pytest.approx(0.5)
    # All in the clinic have the food, so the stated 0.35 is theirs.
    assert prior(model, setting="vascular_clinic", **with_factors(food="present")) == pytest.approx(0.35)


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_prior_of_a_setting_is_its_own(setting: str) -> None:
    numbers = {name: 0.01 * i for i, name in enumerate(SETTINGS, 1)}
    plain = condition("blue", 0.1)
    assert plain.prior is not None
    own = {name: plain.prior[name].model_copy(update={"value": p}) for name, p in numbers.items()}  # type: ignore[index]
    assert prior(tiny(plain.model_copy(update={"prior": own})), setting=setting) == pytest.approx(numbers[setting])


# --- age and sex -----------------------------------------------------------------------------

OLDER = {"18-44": 0.25, "45-64": 1.0, "65+": 4.0}


@pytest.mark.parametrize(
    ("age", "odds"),
    [
        (18, 0.0625),  # Constant below the first centre (31 years): odds 0.25 x 0.25.
        (31, 0.0625),
        (37, 0.0625 * 2**0.5),  # A quarter of the way to 55: fourfold to the power of 1/4.
        (43, 0.125),  # Half-way: the geometric mean of 0.0625 and 0.25.
        (55, 0.25),
        (65, 0.5),  # Half-way to 75.
        (75, 1.0),
        (95, 1.0),
    ],
)
def test_age_is_interpolated_on_the_log_odds(age: float, odds: float) -> None:
    assert prior(tiny(condition("blue", 0.2, age=OLDER)), age=age) == pytest.approx(odds / (1 + odds))


def test_weights_of_age_bands_by_hand() -> None:
    assert interpolation(37, [31, 55, 75]).tolist() == [0.75, 0.25, 0.0]
    assert interpolation(70, [31, 55, 75]).tolist() == [0.0, 0.25, 0.75]


def test_leaks_are_interpolated_between_the_bands() -> None:
    # 0.1 at 55 years, 0.5 at 75: at 70 a quarter of the one and three quarters of the other, 0.4.
    model = model_of(condition("blue"), findings=(finding("ache", 0.1, by=({"age": "65+", "value": 0.5},)),))
    evidence = prepare(model, observe(model, case(age=70, findings={"ache": "present"})))
    assert evidence.leak[0].tolist() == pytest.approx([0.6, 0.4])


@pytest.mark.parametrize(("sex", "odds"), [("female", 0.75), ("male", 0.125), ("unknown", 0.25)])
def test_sex(sex: str, odds: float) -> None:
    model = tiny(condition("blue", 0.2, sex={"female": 3.0, "male": 0.5}))
    assert prior(model, sex=sex) == pytest.approx(odds / (1 + odds))


def test_a_sex_that_cannot_have_it() -> None:
    model = tiny(
        condition("blue", 0.2, sex={"female": 1.0, "male": 0.0}, must_not_miss={"threshold": 0.1, "triage": "urgent"})
    )
    assert prior(model, sex="male") == 0


def test_stages_share_what_is_left_by_absence() -> None:
    # Odds against absence (0.8): 0.125 and 0.125; doubled for the second stage: 0.125, 0.25 of 1.375.
    doubled = {"odds_ratios": {"female": 2.0, "male": 1.0}, "assumption": "Invented for a test.", "range": (0, 9)}
    stages = condition("blue", None, states=[state("mild", 0.1), state("bad", 0.1, sex=doubled)])
    assert states_of(tiny(stages)) == pytest.approx([0.125 / 1.375, 0.25 / 1.375])


# --- bounds ----------------------------------------------------------------------------------


def test_no_prior_is_above_the_cap() -> None:
    # Odds 1.5 x 10: 0.94, capped at 0.7.
    model = tiny(condition("blue", 0.6, age={"18-44": 1.0, "45-64": 10.0, "65+": 1.0}))
    assert prior(model) == pytest.approx(0.7)


def test_the_cap_keeps_the_proportions_of_the_states() -> None:
    # Odds 3 and 6 of 1 to 10: 0.3 and 0.6, together 0.9; capped to 0.7 they are 0.7 / 3 and 1.4 / 3.
    stages = condition(
        "blue", None, age={"18-44": 1.0, "45-64": 3.0, "65+": 1.0}, states=[state("mild", 0.25), state("bad", 0.5)]
    )
    assert states_of(tiny(stages)) == pytest.approx([0.7 / 3, 1.4 / 3])


def test_a_dangerous_condition_has_a_floor() -> None:
    rare = {"threshold": 0.01, "triage": "urgent"}
    model = tiny(condition("blue", 1e-7, must_not_miss=rare), condition("green", 1e-7))
    assert states_of(model) == pytest.approx([1e-5, 1e-7])


# --- known, excluded, children ---------------------------------------------------------------


def staged() -> Model:
    return tiny(condition("blue", None, states=[state("mild", 0.15), state("bad", 0.05)]), condition("green", 0.1))


def test_a_known_condition_is_certain() -> None:
    assert states_of(staged(), known_conditions=["green"])[2] == 1


def test_a_known_state_is_certain_and_excludes_its_siblings() -> None:
    assert states_of(staged(), known_conditions=["blue.bad"]) == pytest.approx([0, 1, 0.1])


def test_states_of_a_known_condition_keep_their_proportions() -> None:
    assert states_of(staged(), known_conditions=["blue"]) == pytest.approx([0.75, 0.25, 0.1])


def test_an_excluded_condition_is_impossible() -> None:
    assert states_of(staged(), excluded_conditions=["blue"]) == pytest.approx([0, 0, 0.1])


@pytest.mark.parametrize(("age", "p"), [(17.9, 0.0), (18, 0.1)])
def test_the_model_knows_adults_only(age: float, p: float) -> None:
    assert prior(tiny(condition("blue")), age=age) == pytest.approx(p)


@pytest.mark.parametrize(
    ("age", "p"), [(0, 0.3), (4.99, 0.3), (5, 0.2), (9.99, 0.2), (10, 0.04), (17.99, 0.04), (31, 0.1)]
)
def test_a_child_has_the_prior_of_its_band(age: float, p: float) -> None:
    assert prior(tiny(condition("blue", children=childhood(0.3, 0.2, 0.04))), age=age) == pytest.approx(p)


@pytest.mark.parametrize(("age", "halfway"), [(18, 1.0), (21, 1.0), (26, 0.5)])
def test_a_young_adult_is_between_child_and_adult_on_the_log_odds(age: float, halfway: float) -> None:
    # Odds 0.04/0.96 at 17 and 0.1/0.9 at 31: their geometric mean up to 21, then along a line to 31.
    young, adult = sqrt(0.04 / 0.96 * 0.1 / 0.9), 0.1 / 0.9
    odds = young**halfway * adult ** (1 - halfway)
    model = tiny(condition("blue", children=childhood(0.3, 0.2, 0.04)))
    assert prior(model, age=age) == pytest.approx(odds / (1 + odds))


def test_a_condition_of_adults_alone_is_as_frequent_at_19_as_at_31() -> None:
    model = tiny(condition("blue", children=childhood(0, 0, 0)), condition("red", children=childhood(0.1, 0.1, 0.1)))
    assert states_of(model, age=19)[0] == pytest.approx(states_of(model, age=31)[0])


def test_a_condition_of_children_alone() -> None:
    model = tiny(condition("blue", None, age=None, children=childhood(0.3, 0.2, 0.04)))
    assert prior(model, age=7) == pytest.approx(0.2)
    assert prior(model, age=18) == 0


def test_sex_moves_the_odds_of_a_child() -> None:
    # Odds 1/4, doubled in boys: 1/2, so 1/3.
    model = tiny(condition("blue", sex={"female": 1.0, "male": 2.0}, children=childhood(0.2, 0.2, 0.2)))
    assert prior(model, age=7, sex="male") == pytest.approx(1 / 3)


def test_a_factor_that_a_child_cannot_have_does_not_move_it() -> None:
    model = tiny(
        condition("blue", context={"work": 4.0}, children=childhood(0.2, 0.2, 0.2)),
        factors=(factor("work", 0.5, only_ages=(16, 90)),),
    )
    assert prior(model, age=7) == pytest.approx(0.2)


def test_what_is_seen_in_children_without_a_modelled_cause() -> None:
    by = ({"age": "0-17", "value": 0.02}, {"age": "5-9", "value": 0.05})
    model = model_of(condition("blue", children=childhood(0.1, 0.1, 0.1)), findings=(finding("ache", 0.2, by=by),))

    def leak(age: float) -> float:
        seen = observe(model, case(age=age, findings={"ache": "present"}))
        return float(prepare(model, seen).leak[0, 1])

    assert [leak(age) for age in (3, 7, 12, 18)] == pytest.approx([0.02, 0.05, 0.02, 0.2])


def test_a_child_may_have_a_known_condition() -> None:
    assert prior(tiny(condition("blue")), age=5, known_conditions=["blue"]) == 1


# --- the knowledge that ships ----------------------------------------------------------------


def test_priors_of_the_small_knowledge_by_hand(small: Model) -> None:
    # Blue sickness: 0.1, fourfold odds with blue food (a fifth eats it). Intercept x from
    # 0.8 s(x) + 0.2 s(x + log 4) = 0.1, found here by halving.
    low, high = -10.0, 0.0
    for _ in range(100):
        x = (low + high) / 2
        mean = 0.8 / (1 + exp(-x)) + 0.2 / (1 + exp(-x - log(4)))
        low, high = (x, high) if mean < 0.1 else (low, x)
    eats = Case.model_validate(
        {"age": 55, "sex": "female", "setting": "primary_care", "context": {"blue_food": "present"}}
    )
    assert priors(small, observe(small, eats))[0] == pytest.approx(1 / (1 + exp(-x - log(4))))
