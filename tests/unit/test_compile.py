"""Published numbers become links; every expected value is worked out on paper in its comment."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from saphena import Model
from saphena.faults import Faulty
from saphena.model.compile import _version, compile_model
from saphena.model.load import load
from saphena.model.network import ADULT_BANDS, AGE_BANDS, SEXES
from saphena.model.store import build
from tests.tiny import BASE, childhood, condition, factor, finding, flag, mechanism, model_of, state


def link(model: Model, state_: str, node: str) -> list[float]:
    """P(the state causes exactly this grade), grade by grade."""
    n = model.network
    grades = n.node_grades[model.node_index[node]]
    assert n.link[n.states.index(state_), model.node_index[node], grades:].sum() == 0
    return list(map(float, n.link[n.states.index(state_), model.node_index[node], :grades]))


def mechanism_link(model: Model, node: str) -> list[float]:
    i = model.node_index[node]
    return list(map(float, model.network.mechanism_link[0, i, : model.network.node_grades[i]]))


def leak(model: Model, node: str, band: str = "45-64", sex: str = "female") -> list[float]:
    i = model.node_index[node]
    table = model.network.leak[i, AGE_BANDS.index(band), SEXES.index(sex)]
    return list(map(float, table[: model.network.node_grades[i]]))


def one(sensitivity: Any, leak_: Any, **more: Any) -> Model:
    """One illness, one finding."""
    return model_of(condition("blue", 0.1, {"ache": sensitivity}), findings=(finding("ache", leak_, **more),))


# --- sensitivity to link ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sensitivity", "leak_", "expected"),
    [
        (0.6, 0.2, 0.5),  # 1 - (1 - 0.6) / (1 - 0.2) = 1 - 0.4 / 0.8
        (0.6, 0.0, 0.6),
        (1.0, 0.2, 1.0),
        (0.28, 0.2, 0.1),  # 1 - 0.72 / 0.8
    ],
)
def test_a_link_is_what_the_leak_leaves_of_a_sensitivity(sensitivity: float, leak_: float, expected: float) -> None:
    assert link(one(sensitivity, leak_), "blue", "ache") == pytest.approx([1 - expected, expected])


def test_a_link_is_what_the_other_conditions_leave() -> None:
    # Links 0.5 (blue, prior 0.1) and 0.25 (green, prior 0.2), leak 0.2. Nothing else causes the ache
    # in blue with 0.8 (1 - 0.2 x 0.25) = 0.76, so blue aches in 1 - 0.5 x 0.76 = 0.62;
    # in green with 0.8 (1 - 0.1 x 0.5) = 0.76, so green aches in 1 - 0.75 x 0.76 = 0.43.
    model = model_of(
        condition("blue", 0.1, {"ache": 0.62}),
        condition("green", 0.2, {"ache": 0.43}),
        findings=(finding("ache", 0.2),),
    )
    assert link(model, "blue", "ache") == pytest.approx([0.5, 0.5])
    assert link(model, "green", "ache") == pytest.approx([0.75, 0.25])


def test_states_of_one_condition_are_no_others_to_each_other() -> None:
    # 1 - (1 - s) / 0.8 for each, as if alone.
    stages = condition("blue", None, states=[state("mild", 0.1, {"ache": 0.28}), state("bad", 0.1, {"ache": 0.6})])
    model = model_of(stages, findings=(finding("ache", 0.2),))
    assert link(model, "blue.mild", "ache")[1] == pytest.approx(0.1)
    assert link(model, "blue.bad", "ache")[1] == pytest.approx(0.5)


def test_states_count_with_their_priors_as_others() -> None:
    # Background in green: 0.8 (1 - 0.1 x 0.1 - 0.2 x 0.5) = 0.8 x 0.89 = 0.712; a link of 0.5 is 1 - 0.356 = 0.644.
    # In blue: 0.8 (1 - 0.2 x 0.5) = 0.72; links of 0.1 and 0.5 are 1 - 0.9 x 0.72 = 0.352 and 1 - 0.36 = 0.64.
    stages = condition("blue", None, states=[state("mild", 0.1, {"ache": 0.352}), state("bad", 0.2, {"ache": 0.64})])
    model = model_of(stages, condition("green", 0.2, {"ache": 0.644}), findings=(finding("ache", 0.2),))
    assert link(model, "green", "ache")[1] == pytest.approx(0.5)
    assert link(model, "blue.mild", "ache")[1] == pytest.approx(0.1)


def test_a_state_takes_the_number_of_its_condition_where_it_has_none() -> None:
    stages = condition("blue", None, {"ache": 0.6}, states=[state("mild", 0.1), state("bad", 0.1, {"ache": 0.8})])
    model = model_of(stages, findings=(finding("ache", 0.2),))
    assert link(model, "blue.mild", "ache")[1] == pytest.approx(0.5)
    assert link(model, "blue.bad", "ache")[1] == pytest.approx(0.75)


def test_a_link_beside_a_mechanism() -> None:
    # Heat is on in blue with 1 - 0.8 x 0.5 x (1 - 0.2 x 0.5) = 1 - 0.36 = 0.64 (its leak, blue, green with prior
    # 0.2); it then leaves the ache away with 1 - 0.64 x 0.4 = 0.744. A link of 0.5 gives 1 - 0.5 x 0.744 = 0.628.
    model = model_of(
        condition("blue", 0.1, {"ache": 0.628}, mechanisms={"heat": 0.5}),
        condition("green", 0.2, mechanisms={"heat": 0.5}),
        findings=(finding("ache", 0.0),),
        mechanisms=(mechanism("heat", 0.2, {"ache": 0.4}),),
    )
    assert link(model, "blue", "ache")[1] == pytest.approx(0.5)
    assert link(model, "green", "ache")[1] == 0
    assert mechanism_link(model, "ache") == pytest.approx([0.6, 0.4])
    assert model.network.mechanism_prior.tolist() == [[0.5], [0.5]]
    assert model.network.mechanism_leak.tolist() == [0.2]


def test_a_mechanism_that_alone_exceeds_the_sensitivity_is_refused() -> None:
    # 0.5 x 0.4 = 0.2, more than 0.19.
    with pytest.raises(Faulty, match=r"through mechanisms alone with 0\.200, more than the sensitivity 0\.190"):
        model_of(
            condition("blue", 0.1, {"ache": 0.19}, mechanisms={"heat": 0.5}),
            findings=(finding("ache", 0.0),),
            mechanisms=(mechanism("heat", 0.0, {"ache": 0.4}),),
        )


@pytest.mark.parametrize("sensitivity", [0.2, 0.1])
def test_a_sensitivity_not_above_the_background_has_no_effect_and_is_said_to_have_none(sensitivity: float) -> None:
    model = one(sensitivity, 0.2)
    assert link(model, "blue", "ache") == [1, 0]
    assert model.notices == (
        f"conditions/blue.yaml: ache of blue: sensitivity {sensitivity} is not above the background 0.2; it has no effect",
    )


def test_a_sensitivity_above_the_background_needs_no_notice() -> None:
    assert one(0.21, 0.2).notices == ()


# --- grades ----------------------------------------------------------------------------------


def test_grades_are_solved_from_at_least() -> None:
    # At least small: 1 - (1 - 0.6) / (1 - 0.2) = 0.5; large: 1 - (1 - 0.3) / (1 - 0.1) = 2/9; small alone: 0.5 - 2/9.
    model = one({"small": 0.3, "large": 0.3}, {"small": 0.1, "large": 0.1})
    assert link(model, "blue", "ache") == pytest.approx([0.5, 0.5 - 2 / 9, 2 / 9])
    assert leak(model, "ache") == pytest.approx([0.8, 0.1, 0.1])


def test_a_higher_grade_brings_at_least_the_lower_one() -> None:
    # At least small equals the background (0.2); large: 1 - 0.8 / 1 = 0.2, so small is at least as much.
    model = one({"small": 0.0, "large": 0.2}, {"small": 0.2, "large": 0.0})
    assert link(model, "blue", "ache") == pytest.approx([0.8, 0.0, 0.2])


def test_shorter_scales_are_padded_with_zeros() -> None:
    model = model_of(
        condition("blue", 0.1, {"ache": 0.6, "size": {"small": 0.3, "large": 0.3}}),
        findings=(finding("ache", 0.2), finding("size", {"small": 0.1, "large": 0.1})),
    )
    assert model.network.node_grades.tolist() == [2, 3]
    assert model.network.link.shape == (1, 2, 3)


def test_numbers_on_the_scale_of_the_complaint_are_links_themselves() -> None:
    model = one({"weeks": 0.3, "sudden": 0.2}, {"weeks": 0.1, "sudden": 0.1}, scale="complaint")
    assert link(model, "blue", "ache") == pytest.approx([0.5, 0.3, 0.2])


# --- children --------------------------------------------------------------------------------


def family(**more: Any) -> Model:
    """Swelling with two children; in blue 0.6 swell (link 0.5), of these 0.8 pit and 0.3 (the leak) go by morning."""
    return model_of(
        condition("blue", 0.1, {"swelling": 0.6, "pitting": 0.8}, mechanisms={"fluid": 0.0}, **more),
        findings=(
            finding("swelling", 0.2, sided=bool(more)),
            finding("pitting", 0.25, given="swelling"),
            finding("gone_by_morning", 0.3, given="swelling"),
        ),
        mechanisms=(mechanism("fluid", 0.1, {"swelling": 0.4, "gone_by_morning": 0.9}, two_sided=0.5),),
    )


def test_a_parent_has_one_node_for_each_set_of_known_children() -> None:
    assert family().network.nodes == (
        "swelling",
        "swelling+pitting",
        "swelling+gone_by_morning",
        "swelling+pitting+gone_by_morning",
    )


def in_family(share: float, pits: float, goes: float) -> list[float]:
    """Grades of the whole family by enumeration: none, then with neither, pitting, gone, both."""
    return [
        1 - share,
        share * (1 - pits) * (1 - goes),
        share * pits * (1 - goes),
        share * (1 - pits) * goes,
        share * pits * goes,
    ]


# Nothing but leak and fluid (on by its leak in 0.1, then 0.4) causes swelling beside blue:
# link = 1 - 0.4 / (0.8 x (1 - 0.1 x 0.4)).
BLUE_SWELLS = 1 - 0.4 / (0.8 * 0.96)


def test_a_child_splits_what_its_parent_has() -> None:
    assert link(family(), "blue", "swelling+pitting") == pytest.approx(
        [1 - BLUE_SWELLS, BLUE_SWELLS * 0.2, BLUE_SWELLS * 0.8]
    )


def test_two_children_split_it_in_four() -> None:
    model, node = family(), "swelling+pitting+gone_by_morning"
    assert link(model, "blue", node) == pytest.approx(in_family(BLUE_SWELLS, 0.8, 0.3))
    assert mechanism_link(model, node) == pytest.approx(in_family(0.4, 0.25, 0.9))
    assert leak(model, node) == pytest.approx(in_family(0.2, 0.25, 0.3))


def test_both_legs_are_one_more_thing_that_may_be_true_of_a_parent() -> None:
    # Both legs: 0.4 of blue, 0.5 of fluid, 0.4 of unmodelled causes.
    model, node = family(two_sided=0.4), "swelling+pitting@legs"
    assert link(model, "blue", node) == pytest.approx(in_family(BLUE_SWELLS, 0.8, 0.4))
    assert mechanism_link(model, node) == pytest.approx(in_family(0.4, 0.25, 0.5))
    assert leak(model, node) == pytest.approx(in_family(0.2, 0.25, 0.4))


# --- sides -----------------------------------------------------------------------------------


def sided(**more: Any) -> Model:
    """A lump in 0.6 (link 0.5) of blue, leak 0.2."""
    return model_of(condition("blue", 0.1, {"ache": 0.6}, **more), findings=(finding("ache", 0.2, sided=True),))


def test_a_sided_finding_has_nodes_for_legs_that_differ_and_for_legs_alike() -> None:
    assert sided(two_sided=0.4).network.nodes == ("ache@index", "ache@other", "ache@legs")


def test_legs_of_a_chronic_condition() -> None:
    # Both legs in 0.4; of the rest 0.75 in the index leg: 0.5 x (0.4 + 0.6 x 0.75) = 0.425;
    # in the other 0.5 x (0.4 + 0.6 x 0.25) = 0.275; one leg 0.5 x 0.6 = 0.3, both 0.5 x 0.4 = 0.2.
    model = sided(two_sided=0.4)
    assert link(model, "blue", "ache@index") == pytest.approx([0.575, 0.425])
    assert link(model, "blue", "ache@other") == pytest.approx([0.725, 0.275])
    assert link(model, "blue", "ache@legs") == pytest.approx([0.5, 0.3, 0.2])


def test_legs_of_an_acute_condition() -> None:
    model = sided(one_sided=True)
    assert link(model, "blue", "ache@index") == pytest.approx([0.5, 0.5])
    assert link(model, "blue", "ache@other") == pytest.approx([1, 0])
    assert link(model, "blue", "ache@legs") == pytest.approx([0.5, 0.5, 0])


def test_legs_of_a_leak() -> None:
    # Two-sided in 0.4: the other leg has it in 0.2 x (0.4 + 0.6 / 2) = 0.14.
    model = sided(two_sided=0.4)
    assert leak(model, "ache@index") == pytest.approx([0.8, 0.2])
    assert leak(model, "ache@other") == pytest.approx([0.86, 0.14])
    assert leak(model, "ache@legs") == pytest.approx([0.8, 0.12, 0.08])


def test_legs_of_a_mechanism() -> None:
    # A mechanism lies in the index leg: there 0.5, in the other leg as often as in both, 0.5 x 0.2 = 0.1.
    model = model_of(
        condition("blue", 0.1, mechanisms={"heat": 0.5}, two_sided=0.4),
        findings=(finding("ache", 0.0, sided=True),),
        mechanisms=(mechanism("heat", 0.1, {"ache": 0.5}, two_sided=0.2),),
    )
    assert mechanism_link(model, "ache@index") == pytest.approx([0.5, 0.5])
    assert mechanism_link(model, "ache@other") == pytest.approx([0.9, 0.1])
    assert mechanism_link(model, "ache@legs") == pytest.approx([0.5, 0.4, 0.1])


def test_a_graded_finding_of_one_leg_keeps_its_grades() -> None:
    # Grades 0.3 and 0.3 without leak; in the index leg 0.85 of each.
    model = model_of(
        condition("blue", 0.1, {"size": {"small": 0.3, "large": 0.3}}, two_sided=0.4),
        findings=(finding("size", {"small": 0.0, "large": 0.0}, sided=True),),
    )
    assert model.network.nodes == ("size@index", "size@other", "size@any")
    assert link(model, "blue", "size@index") == pytest.approx([0.49, 0.255, 0.255])
    assert link(model, "blue", "size@any") == pytest.approx([0.4, 0.3, 0.3])


# --- leaks -----------------------------------------------------------------------------------


def test_leak_exceptions_by_age_and_sex() -> None:
    exceptions = (
        {"age": "65+", "sex": "male", "value": 0.5},
        {"age": "65+", "value": 0.4},
        {"sex": "male", "value": 0.3},
    )
    model = one(0.6, 0.1, by=exceptions)
    found = {(band, sex): leak(model, "ache", band, sex)[1] for band in ADULT_BANDS for sex in SEXES}
    assert found == {
        ("18-44", "female"): 0.1,
        ("18-44", "male"): 0.3,
        ("18-44", "unknown"): 0.1,
        ("45-64", "female"): 0.1,
        ("45-64", "male"): 0.3,
        ("45-64", "unknown"): 0.1,
        ("65+", "female"): 0.4,
        ("65+", "male"): 0.5,
        ("65+", "unknown"): 0.4,
    }


def test_links_are_solved_with_the_general_leak() -> None:
    assert link(one(0.6, 0.2, by=({"age": "65+", "value": 0.5},)), "blue", "ache")[1] == pytest.approx(0.5)


# --- the whole -------------------------------------------------------------------------------


def test_every_row_is_a_distribution(small: Model) -> None:
    n = small.network
    for array in (n.link, n.leak, n.mechanism_link):
        np.testing.assert_allclose(array.sum(axis=-1), 1)
        assert (array >= 0).all()


def test_a_network_that_is_no_distribution_is_refused(small: Model) -> None:
    broken = small.network.link.copy()
    broken[0, 0, 0] += 0.1
    with pytest.raises(ValueError, match="link holds something that is no distribution"):
        type(small.network)(**{**vars(small.network), "link": broken}).validate()


# --- version ---------------------------------------------------------------------------------


def version_after(tmp_path: Path, file: str, pattern: str, new: str) -> str:
    """Version of the small knowledge with one passage changed."""
    root = tmp_path / "knowledge"
    shutil.copytree(BASE, root)
    text, count = re.subn(pattern, new, (root / file).read_text(), count=1)
    assert count == 1, f"{pattern} is not in {file}"
    (root / file).write_text(text)
    return compile_model(load(root).knowledge).version


CHILDREN = json.dumps(childhood(0.1, 0.2, 0.3))
BLUE, GREEN, HISTORY = "conditions/blue_sickness.yaml", "conditions/green_sickness.yaml", "findings/history.yaml"


@pytest.mark.parametrize(("relative", "same"), [(4e-16, True), (1e-5, False)])
def test_the_last_bits_of_a_number_do_not_change_the_version(small: Model, relative: float, same: bool) -> None:
    """Processors differ in them; what somebody changed is larger."""
    network = small.network
    moved = dataclasses.replace(network, leak=np.asarray(network.leak) * (1 + relative))
    assert (_version(small.knowledge, moved) == small.version) is same


def test_the_same_knowledge_has_the_same_version(small: Model) -> None:
    assert compile_model(load(BASE).knowledge).version == small.version
    assert re.fullmatch("[0-9a-f]{12}", small.version)


@pytest.mark.parametrize(
    ("file", "pattern", "new"),
    [
        (BLUE, "ache: {sensitivity: 0.6", "ache: {sensitivity: 0.61"),
        (BLUE, "primary_care: {value: 0.1", "primary_care: {value: 0.11"),
        (BLUE, '"65\\+": 2.0', '"65+": 2.1'),
        (GREEN, "male: 0.5", "male: 0.6"),
        (BLUE, "odds_ratio: 4.0", "odds_ratio: 4.1"),
        (BLUE, "heat: {probability: 0.5", "heat: {probability: 0.51"),
        (BLUE, "two_sided: {value: 0.4", "two_sided: {value: 0.41"),
        (BLUE, "name: Blue sickness", "name: Blue sickness\nbenign: true"),
        (BLUE, "name: Blue sickness", f"name: Blue sickness\nchildren: {CHILDREN}"),
        (BLUE, "name: Blue sickness", "name: Blue sickness\nrequires: {any_of: [blue_food]}"),
        (BLUE, "odds_ratio: 4.0,", "odds_ratio: 4.0, group: food,"),
        (GREEN, "threshold: 0.05", "threshold: 0.06"),
        (GREEN, "triage: urgent", "triage: same_day"),
        (GREEN, "threshold: 0.05", "states: [late], threshold: 0.05"),
        (HISTORY, "value: 0.02", "value: 0.021"),
        (HISTORY, "cardinal: true", "cardinal: false"),
        (HISTORY, "cardinal: true", "cardinal: true\n    incidental: true"),
        (HISTORY, "cardinal: true", "cardinal: true\n    red_flag: true"),
        (HISTORY, "cardinal: true", "cardinal: true\n    region: knee"),
        (HISTORY, "obtained_by: history", "obtained_by: examination"),
        (HISTORY, r"\[none, small, large\]", "[none, large, small]"),
        ("mechanisms.yaml", "leak: {value: 0.05", "leak: {value: 0.06"),
        ("mechanisms.yaml", "redness: {probability: 0.6", "redness: {probability: 0.61"),
        ("risk_factors/invented.yaml", "prevalence: {value: 0.2", "prevalence: {value: 0.21"),
        ("risk_factors/invented.yaml", "name: Blue food", "name: Blue food\n    only_ages: [0, 119]"),
        ("settings.yaml", "value: 0.3", "value: 0.31"),
        ("settings.yaml", "value: 0.5\n", "value: 0.51\n"),
        ("settings.yaml", '"18-44": 31', '"18-44": 30'),
        ("settings.yaml", "value: 0.75", "value: 0.76"),
        ("measurements.yaml", "at_least: 20", "at_least: 21"),
        ("measurements.yaml", "cm: 10", "cm: 10.1"),
        ("measurements.yaml", r"\[0, 300\]", "[0, 301]"),
        ("red_flags/invented.yaml", "triage: emergency", "triage: same_day"),
        ("red_flags/invented.yaml", "present: lump", "absent: lump"),
        ("red_flags/invented.yaml", r"suspects: \[green_sickness\]", "suspects: []"),
    ],
)  # fmt: skip
def test_a_changed_number_or_rule_changes_the_version(
    tmp_path: Path, small: Model, file: str, pattern: str, new: str
) -> None:
    assert version_after(tmp_path, file, pattern, new) != small.version


@pytest.mark.parametrize(
    ("file", "pattern", "new"),
    [
        (BLUE, "name: Blue sickness", "name: Blueness"),
        (BLUE, "summary: An imagined illness for tests.", "summary: Another."),
        (BLUE, "blue sickness is imagined to cause ache so often", "blue sickness aches in many"),
        (BLUE, "the odds ratio was 4.0", "it was fourfold"),
        (BLUE, "name: A glowing blue person", "name: Somebody"),
        (HISTORY, r"question: Is there ache\?", "question: Does it ache?"),
        (HISTORY, "definition: The ache that somebody notices.", "definition: Any ache."),
        ("measurements.yaml", "from two centimetres a lump is large", "two centimetres are the limit"),
        ("measurements.yaml", "name: Lump diameter", "name: Diameter"),
        ("red_flags/invented.yaml", "action: Call for help.", "action: Call."),
        ("red_flags/invented.yaml", "quote: a trembling lump must be seen at once", "quote: at once"),
        ("instruments/blue_score.yaml", "name: Aches", "name: Has aches"),
        ("instruments/blue_score.yaml", "points: 1", "points: 2"),
        ("text/en.yaml", "name: Emergency", "name: Now"),
        ("sources.json", "On blue sickness", "Blue sickness"),
        ("risk_factors/invented.yaml", "name: Blue food", "name: Food that is blue"),
    ],
)
def test_a_changed_word_does_not_change_the_version(
    tmp_path: Path, small: Model, file: str, pattern: str, new: str
) -> None:
    assert version_after(tmp_path, file, pattern, new) == small.version


def test_red_flags_and_factors_are_part_of_the_version() -> None:
    def version(**more: Any) -> str:
        return model_of(condition("blue", 0.1, {"ache": 0.6}), findings=(finding("ache", 0.2),), **more).version

    plain = version()
    assert version(flags=(flag("ouch", "urgent", {"present": "ache"}, ("ache",)),)) != plain
    assert version(factors=(factor("food", 0.2),)) != plain


def test_what_is_done_has_a_version_of_its_own(tmp_path: Path, small: Model) -> None:
    copy = tmp_path / "knowledge"
    shutil.copytree(BASE, copy)
    path = copy / "instruments" / "blue_score.yaml"
    path.write_text(path.read_text().replace("points: 1", "points: 2"))
    changed = build(copy)
    assert (changed.version, changed.care_version != small.care_version) == (small.version, True)


def test_a_score_that_a_red_flag_asks_for_is_part_of_the_model(tmp_path: Path) -> None:
    copy = tmp_path / "knowledge"
    shutil.copytree(BASE, copy)
    flags = copy / "red_flags" / "invented.yaml"
    flags.write_text(flags.read_text().replace("present: lump", "score: {id: blue_score, at_least: 1}"))
    before = build(copy).version
    path = copy / "instruments" / "blue_score.yaml"
    path.write_text(path.read_text().replace("points: 1", "points: 2"))
    assert build(copy).version != before
