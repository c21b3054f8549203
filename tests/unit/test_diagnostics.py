"""Diagnostics on models of one or two illnesses, where the answer is known on paper."""

from __future__ import annotations

import hashlib
from math import log
from typing import Any

import numpy as np
import pytest

from saphena import Model
from saphena.evaluation.case_mix import Mixes, agree, mix, priors_back
from saphena.evaluation.cases import CaseSet, CodedCase, Gold
from saphena.evaluation.coded import Answered, answer_cases
from saphena.evaluation.monotone import monotonicity
from saphena.evaluation.narrative import fit_kappa, half
from saphena.evaluation.perturb import perturb
from saphena.evaluation.spread import overall_influence
from saphena.evaluation.twins import leave_out
from saphena.evaluation.variants import flat, with_kappa, with_leaks, with_links, with_priors
from saphena.inference.observe import observe
from saphena.inference.posterior import posterior
from saphena.inference.uncertainty import bank_of
from tests.tiny import case, condition, finding, mechanism, model_of, state


def p_of(model: Model, id_: str, **more: Any) -> float:
    found = posterior(model, observe(model, case(**more)))
    return next(c.probability for c in found.conditions if c.id == id_)


def coded(model: Model, *cases: tuple[str, dict[str, Any], str]) -> list[Answered]:
    """(id, what the case says, gold)"""
    return answer_cases(
        model,
        CaseSet(
            tuple(CodedCase(id=id_, source="invented", case=case(**said)) for id_, said, _ in cases),
            {id_: Gold(conditions=(gold,), published=gold, relation="exact") for id_, _, gold in cases},
        ),
    )


def odds(p: float) -> float:
    return p / (1 - p)


# --- models with other numbers ---------------------------------------------------------------------


def test_priors_links_and_leaks_move_as_on_paper() -> None:
    model = model_of(condition("a", 0.2, {"ache": 0.6}), findings=(finding("ache", 0.1),))
    q = 1 - 0.4 / 0.9
    assert odds(p_of(model, "a", findings={"ache": "present"})) == pytest.approx(0.25 * 0.6 / 0.1)
    tripled = with_priors(model, np.array([3.0]))
    assert odds(p_of(tripled, "a", findings={"ache": "present"})) == pytest.approx(0.75 * 0.6 / 0.1)
    shifted = with_links(model, np.array([[log(2.0)]]))
    moved = 2 * odds(q) / (1 + 2 * odds(q))
    assert odds(p_of(shifted, "a", findings={"ache": "present"})) == pytest.approx(0.25 * (1 - (1 - moved) * 0.9) / 0.1)
    leaky = with_leaks(model, 3.0)
    assert odds(p_of(leaky, "a", findings={"ache": "present"})) == pytest.approx(0.25 * (1 - (1 - q) * 0.7) / 0.3)
    assert with_leaks(model, 30.0).network.leak[..., 1].max() == pytest.approx(0.95)


def test_all_nodes_of_a_finding_move_together_and_stay_distributions(model: Model) -> None:
    rng = np.random.default_rng(0)
    shift = rng.normal(0, 0.8, (len(model.network.states), len(model.knowledge.findings)))
    for other in (
        with_links(model, shift),
        with_leaks(model, 3.0),
        flat(model),
        with_priors(model, np.ones(len(model.conditions))),
    ):
        other.network.validate()
    moved = with_links(model, np.full_like(shift, 0.5)).network.link
    before = 1 - model.network.link[:, :, 0]
    some = (before > 0) & (before < 1)
    logit = lambda p: np.log(p / (1 - p))  # noqa: E731
    assert logit(1 - moved[:, :, 0][some]) == pytest.approx(logit(before[some]) + 0.5)


def test_folding_keeps_each_finding_alone_and_loses_their_company() -> None:
    model = model_of(
        condition("a", 0.2, mechanisms={"m": 0.6}),
        findings=(finding("ache", 0.1), finding("itch", 0.1)),
        mechanisms=(mechanism("m", 0.05, {"ache": 0.5, "itch": 0.5}),),
    )
    folded = flat(model)
    for value in ("present", "absent"):
        assert p_of(folded, "a", findings={"ache": value}) == pytest.approx(p_of(model, "a", findings={"ache": value}))
    # With a the mechanism is on with 1 - 0.95 * 0.4 = 0.62; both findings, if each is on its own.
    with_a, without = 1 - 0.9 * (1 - 0.62 * 0.5), 1 - 0.9 * (1 - 0.05 * 0.5)
    both = {"ache": "present", "itch": "present"}
    assert odds(p_of(folded, "a", findings=both)) == pytest.approx(0.25 * (with_a / without) ** 2)
    assert p_of(model, "a", findings=both) != pytest.approx(p_of(folded, "a", findings=both), rel=0.01)


# --- leaving conditions out ------------------------------------------------------------------------


def twins() -> Model:
    """Two illnesses alike but for one finding that is not in the case, and a third unlike them."""
    return model_of(
        condition("a", 0.1, {"ache": 0.9, "itch": 0.9, "mark": 0.9}),
        condition("b", 0.05, {"ache": 0.9, "itch": 0.9, "mark": 0.0}),
        condition("c", 0.1, {"rash": 0.9, "glow": 0.5}),
        findings=tuple(finding(f, 0.02) for f in ("ache", "itch", "mark", "rash", "glow")),
    )


ACHE_ITCH = {"findings": {"ache": "present", "itch": "present"}}


def test_the_near_twin_takes_over_and_the_mark_would_part_them() -> None:
    model = twins()
    found = leave_out(model, coded(model, ("one", ACHE_ITCH, "a"), ("other", {"findings": {"rash": "present"}}, "c")))
    one, other = found.cases
    assert (one.gold, one.leader) == ("a", "b")
    assert one.probability == pytest.approx(p_of(model, "b", excluded_conditions=["a"], **ACHE_ITCH))
    assert one.before == pytest.approx(p_of(model, "b", **ACHE_ITCH))
    assert one.place_before == 2
    assert other.poor_fit == pytest.approx(1.0)  # Nothing else causes it.
    assert other.probability < 0.2
    assert found.confident == 1
    assert [(t.gold, t.twin, t.cases, t.finding) for t in found.twins] == [("a", "b", ("one",), "mark")]
    assert found.twins[0].information > 0.1


def test_a_condition_that_led_before_is_no_twin() -> None:
    model = twins()
    both = {"findings": {**ACHE_ITCH["findings"], "rash": "present", "glow": "present"}}
    found = leave_out(model, coded(model, ("one", both, "b")))
    assert found.cases[0].before > 0.5
    assert found.cases[0].probability > 0.5
    assert found.twins == ()


# --- perturbation ----------------------------------------------------------------------------------


def test_a_leader_by_a_hair_falls_and_a_clear_one_stands() -> None:
    close = model_of(
        condition("a", 0.11, {"ache": 0.8}), condition("b", 0.10, {"ache": 0.8}), findings=(finding("ache", 0.02),)
    )
    found = perturb(close, coded(close, ("one", {"findings": {"ache": "present"}}, "a")), draws=40)
    priors, sensitivities, leaks = found.kinds
    assert found.top_1 == 1.0
    assert 0.25 < priors.leader_changes < 0.6
    assert priors.top_1 == pytest.approx(1 - priors.leader_changes)
    assert (priors.top_1_low, priors.top_1_high) == (0.0, 1.0)
    assert 0.1 < sensitivities.leader_changes < 0.7
    assert leaks.leader_changes == 0.0
    clear = twins()
    found = perturb(clear, coded(clear, ("one", {"findings": {"rash": "present", "glow": "present"}}, "c")), draws=40)
    assert [kind.leader_changes for kind in found.kinds] == [0.0, 0.0, 0.0]


# --- monotonicity ----------------------------------------------------------------------------------


def test_a_worse_grade_that_is_rarer_is_the_conditions_own_doing() -> None:
    model = model_of(
        condition("a", 0.1, {"size": {"small": 0.7, "large": 0.01}}),
        condition("b", 0.1, {"size": {"small": 0.1, "large": 0.6}}),
        findings=(finding("size", {"small": 0.05, "large": 0.05}),),
    )
    found = monotonicity(model, [])
    assert found.looked_at == 4
    assert [(f.condition, f.by, f.step) for f in found.own] == [("a", "size", "small to large")]
    assert found.own[0].before > found.own[0].after
    # Both steps exist once; b's own only rise.
    assert all(f.condition == "a" for f in found.explained_away)


def test_an_own_finding_that_another_explains_better_is_listed_apart() -> None:
    # With the itch, b explains the ache; the itch is a's own finding too, but hardly.
    model = model_of(
        condition("a", 0.1, {"ache": 0.6, "itch": 0.13}),
        condition("b", 0.1, {"ache": 0.9, "itch": 0.9}),
        findings=(finding("ache", 0.01), finding("itch", 0.1)),
    )
    found = monotonicity(model, coded(model, ("one", ACHE_ITCH, "a")))
    assert not found.own
    fall = next(f for f in found.explained_away if f.case == "one" and f.by == "itch")
    assert fall.condition == "a"
    assert fall.before == pytest.approx(p_of(model, "a", findings={"ache": "present"}))
    assert fall.after == pytest.approx(p_of(model, "a", **ACHE_ITCH))
    assert not any(f.step == "removed" for f in found.explained_away)


def test_leaving_out_what_explained_a_rival_away_lets_the_rival_rise() -> None:
    # c explains the itch; without it b must, and b also explains the ache, which a needs.
    model = model_of(
        condition("a", 0.1, {"ache": 0.9}),
        condition("b", 0.1, {"ache": 0.9, "itch": 0.9}),
        condition("c", 0.1, {"itch": 0.9}),
        findings=(finding("ache", 0.01), finding("itch", 0.01)),
    )
    found = monotonicity(model, coded(model, ("one", ACHE_ITCH, "a")))
    removed = [f for f in found.explained_away if f.step == "removed"]
    assert [(f.condition, f.by) for f in removed] == [("a", "c")]
    assert removed[0].after == pytest.approx(p_of(model, "a", excluded_conditions=["c"], **ACHE_ITCH))


# --- narratives ------------------------------------------------------------------------------------


def test_halves_are_by_hash_of_the_id() -> None:
    assert [half(i) for i in ("x", "case-1")] == [hashlib.sha256(i.encode()).digest()[0] % 2 for i in ("x", "case-1")]
    assert {half(str(i)) for i in range(20)} == {0, 1}


@pytest.mark.parametrize(("gold", "kappa"), [("b", 0.9), ("a", 0.0)])
def test_kappa_is_large_where_the_right_one_lacks_what_was_left_out(gold: str, kappa: float) -> None:
    # a would show the mark, which the narrative does not mention.
    model = model_of(
        condition("a", 0.1, {"ache": 0.9, "mark": 0.9}),
        condition("b", 0.1, {"ache": 0.9}),
        findings=(finding("ache", 0.02), finding("mark", 0.02, cardinal=True)),
    )
    told = {"recording": "narrative", "findings": {"ache": "present"}}
    found = fit_kappa(model, coded(model, *((str(i), told, gold) for i in range(6))))
    assert found is not None
    assert (found.kappa, found.examined) == (kappa, 0.0)  # Nothing was examined: the lowest of equals.
    assert found.fitted_on + found.checked_on == 6
    best = with_kappa(model, kappa, 0.0)
    assert found.checked_loss == pytest.approx(-log(p_of(best, gold, **told)))
    assert found.stated == (0.3, 0.5)
    assert found.stated_fitted_loss == pytest.approx(-log(p_of(model, gold, **told)))
    assert found.ignored_fitted_loss == pytest.approx(-log(p_of(with_kappa(model, 0.0, 0.0), gold, **told)))


def test_no_narratives_no_kappa() -> None:
    model = twins()
    assert fit_kappa(model, coded(model, ("one", ACHE_ITCH, "a"))) is None


# --- influence -------------------------------------------------------------------------------------


def test_spread_of_a_case_goes_to_its_numbers_as_on_paper() -> None:
    model = model_of(condition("a", 0.2, {"ache": 0.6}), findings=(finding("ache", 0.1),))
    found = overall_influence(model, coded(model, ("one", {"findings": {"ache": "present"}}, "a")))
    bank = bank_of(model)
    # Log odds = drawn log odds of the prior + log (sensitivity + ...) - log leak, by hand from the same draws.
    columns = {
        n.kind: bank.factors[:, i].astype(float)
        for i, n in enumerate(bank.numbers)
        if n.about in ("ache", "primary_care")
    }
    leak = 0.1 * columns["leak"]
    q = (1 - 0.4 / 0.9) * columns["sensitivity"]
    outcome = columns["prior"] + np.log((1 - (1 - q) * (1 - leak)) / leak)
    for number in found.numbers:
        r2 = np.corrcoef(columns[number.kind], outcome)[0, 1] ** 2
        assert number.spread == pytest.approx(r2 - (1 - r2) / 998, rel=1e-4), number.kind
    assert {n.kind for n in found.numbers} == {"prior", "leak", "sensitivity"}
    assert sum(n.spread for n in found.numbers) == pytest.approx(1.0, abs=0.25)
    assert found.by_parent == {"assumption": pytest.approx(1.0)}
    assert found.spreads[0].low == found.spreads[0].high == 1.0
    assert found.missed == ()


def test_how_often_a_danger_is_missed_is_counted_over_the_draws() -> None:
    rule = {"threshold": 0.5, "triage": "urgent"}
    model = model_of(
        condition("a", 0.11, {"ache": 0.8}, must_not_miss=rule),
        condition("b", 0.10, {"ache": 0.8}),
        findings=(finding("ache", 0.02),),
    )
    found = overall_influence(model, coded(model, ("one", {"findings": {"ache": "present"}}, "a")), draws=400)
    (one,) = found.missed
    assert (one.gold, one.must_not_miss, one.place) == ("a", True, 1)
    assert 0.2 < one.not_first < 0.8
    assert one.not_in_three == 0.0
    bank = bank_of(model)
    assert one.below_threshold is not None
    assert found.spreads[0].mean == pytest.approx(1 - one.not_first)

    # By enumeration of the two conditions, draw by draw.
    def column(kind: str, owner: str) -> np.ndarray:
        at = next(
            i
            for i, n in enumerate(bank.numbers)
            if n.kind == kind and n.owner == owner and n.about in ("ache", "primary_care")
        )
        return bank.factors[:400, at].astype(float)

    p = {c: 1 / (1 + np.exp(-(log(odds(v)) + column("prior", c)))) for c, v in (("a", 0.11), ("b", 0.10))}
    q = {c: float(model.network.link[i, 0, 1]) * column("sensitivity", c) for i, c in enumerate("ab")}
    leak = 0.02 * column("leak", "ache")
    silent = {(a, b): (1 - leak) * (1 - q["a"]) ** a * (1 - q["b"]) ** b for a in (0, 1) for b in (0, 1)}
    weight = {
        k: (p["a"] if k[0] else 1 - p["a"]) * (p["b"] if k[1] else 1 - p["b"]) * (1 - v) for k, v in silent.items()
    }
    of_a = (weight[1, 0] + weight[1, 1]) / sum(weight.values())
    assert one.below_threshold == pytest.approx(float((of_a < 0.5).mean()))


def test_a_state_that_is_no_danger_is_not_counted_as_one() -> None:
    model = model_of(
        condition(
            "a", None, {}, states=(state("mild", 0.2, {"ache": 0.9}), state("bad", 0.01, {"ache": 0.9})),
            must_not_miss={"threshold": 0.5, "triage": "urgent", "states": ["bad"]},
        ),
        findings=(finding("ache", 0.02),),
    )  # fmt: skip
    said = {"findings": {"ache": "present"}}
    for gold, listed in (("a.mild", 0), ("a.bad", 1), ("a", 0)):
        assert len(overall_influence(model, coded(model, ("one", said, gold)), draws=200).missed) == listed


# --- complaints and priors -------------------------------------------------------------------------


def test_a_mix_weighs_people_by_their_chance_of_the_complaint() -> None:
    model = model_of(
        condition("a", 0.2, {"ache": 0.6}, sex={"female": 1.0, "male": 4.0}), findings=(finding("ache", 0.1),)
    )
    complaint = {"name": "aching", "setting": "primary_care", "findings": {"ache": "present"}}
    mixes = Mixes.model_validate({"ages": {55: 1.0}, "women": 0.75, "complaints": {"aching": complaint}, "rows": []})
    # Women 0.2 have it, men 0.5; P(ache) 0.2 * 0.6 + 0.8 * 0.1 and 0.5 * 0.6 + 0.5 * 0.1.
    expected = (0.75 * 0.12 + 0.25 * 0.3) / (0.75 * 0.2 + 0.25 * 0.35)
    assert mix(model, mixes, mixes.complaints["aching"])["a"] == pytest.approx(expected)


def test_one_or_the_other_or_both() -> None:
    model = model_of(
        condition("a", 0.2, {"ache": 0.6, "itch": 0.3}), findings=(finding("ache", 0.1), finding("itch", 0.1))
    )
    complaint = {
        "name": "either", "setting": "primary_care", "findings": {},
        "either": [{"ache": "present"}, {"itch": "present"}],
    }  # fmt: skip
    mixes = Mixes.model_validate({"ages": {55: 1.0}, "women": 1.0, "complaints": {"either": complaint}, "rows": []})
    with_a, without = 1 - 0.4 * 0.7, 1 - 0.9 * 0.9
    expected = 0.2 * with_a / (0.2 * with_a + 0.8 * without)
    assert mix(model, mixes, mixes.complaints["either"])["a"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("published", "found", "expected"),
    [(0.2, 0.1, True), (0.2, 0.41, False), (0.7, 0.84, True), (0.7, 0.9, False)],
)
def test_tolerance_is_a_factor_of_two(published: float, found: float, expected: bool) -> None:
    assert agree(published, found) is expected


def test_priors_come_back_unless_they_are_moved_afterwards() -> None:
    model = model_of(condition("a", 0.2, {"ache": 0.6}), findings=(finding("ache", 0.1),))
    right = priors_back(model, 100)
    assert (right.compared, right.off) == (5, ())
    off = priors_back(with_priors(model, np.array([1.5])), 100).off
    assert len(off) == 5
    assert off[0].mean == pytest.approx(0.375 / 1.375)
    assert (off[0].stated, off[0].floored) == (0.2, False)
