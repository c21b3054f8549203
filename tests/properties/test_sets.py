"""The most probable sets, and the chance of at least one of several, against enumeration."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from saphena import Case, Model, assess
from saphena.inference import sets as module
from saphena.inference.evidence import Evidence, ImpossibleEvidence
from saphena.inference.observe import observe
from saphena.inference.prepare import prepare
from saphena.inference.sampling import joint_samples, simulate
from saphena.inference.sets import Explanation, at_least_one, most_probable, must_not_miss, none_present, sets
from saphena.inference.subset import SubsetProgramme
from tests import tiny
from tests.properties.enumeration import ABSENT, of_conditions
from tests.properties.networks import network, networks
from tests.properties.test_inference import ABSOLUTE, IMPOSSIBLE, close


def expected_sets(evidence: Evidence, among: set[int]) -> dict[tuple[int, ...], float]:
    """P(set | evidence) of every set of states of these conditions."""
    worlds = of_conditions(evidence)
    total = sum(worlds.values())
    found: dict[tuple[int, ...], float] = defaultdict(float)
    for states, likelihood in worlds.items():
        found[tuple(s for c, s in enumerate(states) if c in among and s != ABSENT)] += likelihood / total
    return found


def agree(found: list[Explanation], expected: dict[tuple[int, ...], float], count: int) -> None:
    """The best ``count`` in order; sets that are equally probable may stand in any order."""
    best = sorted((p for p in expected.values() if p > ABSOLUTE), reverse=True)[:count]
    assert len(found) >= len(best)
    close([e.probability for e in found][: len(best)], best)
    for explanation in found:
        close(explanation.probability, expected[explanation.states])
    assert len({e.states for e in found}) == len(found)


def possible(evidence: Evidence) -> bool:
    return sum(of_conditions(evidence).values()) > np.exp(IMPOSSIBLE)


@given(networks(), st.integers(1, 6), st.integers(1, 7))
def test_the_most_probable_sets_are_those_of_enumeration(evidence: Evidence, count: int, subset: int) -> None:
    assume(possible(evidence))
    among = {c for c in range(evidence.conditions) if subset >> c & 1}
    agree(most_probable(SubsetProgramme(evidence), count, among), expected_sets(evidence, among), count)


@cache
def larger() -> tuple[tuple[SubsetProgramme, dict[tuple[int, ...], float]], ...]:
    """Networks in which a search can be too narrow, with their sets by enumeration."""
    evidences = [network(np.random.default_rng(seed), 5, 1, 5) for seed in range(15)]
    return tuple((SubsetProgramme(e), expected_sets(e, set(range(5)))) for e in evidences if possible(e))


@pytest.mark.parametrize("narrowest", [1, 3])
def test_a_narrow_search_widens_until_it_is_proved(narrowest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NARROWEST", narrowest)
    for programme, expected in larger():
        for count in (1, 4):
            agree(most_probable(programme, count), expected, count)


def test_what_cannot_be_proved_is_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """With bounds that hold but mislead (sums in place of the largest), so that what is kept may be wrong."""
    bounds = module._bounds
    monkeypatch.setattr(module, "_bounds", lambda steps, decided: bounds(steps, [False] * len(decided)))
    monkeypatch.setattr(module, "NARROWEST", 1)
    proved = Counter[bool]()
    for programme, expected in larger():
        for rows in (1, 2, 4, 16):
            monkeypatch.setattr(module, "MOST_NUMBERS", rows * programme.plan.room)
            found = most_probable(programme, rows)
            agree(found, expected, len(found))
            proved[len(found) == rows] += 1
    assert proved[True] > 10
    assert proved[False] > 10


def test_searches_are_widened_only_if_they_must_be(monkeypatch: pytest.MonkeyPatch) -> None:
    search, widths = module._search, Counter[int]()

    def noted(*given: Any) -> Any:
        widths[given[3]] += 1
        return search(*given)

    monkeypatch.setattr(module, "_search", noted)
    monkeypatch.setattr(module, "NARROWEST", 1)
    for programme, _ in larger():
        most_probable(programme, 1)
    assert widths[1] == len(larger())
    assert 0 < widths[4] < len(larger())


@given(networks(), st.integers(0, 2**6 - 1))
def test_at_least_one_and_none(evidence: Evidence, subset: int) -> None:
    assume(possible(evidence))
    programme = SubsetProgramme(evidence)
    states = {s for s in range(len(evidence.prior)) if subset >> s & 1}
    worlds = of_conditions(evidence)
    total = sum(worlds.values())
    close(at_least_one(programme, states), sum(p for w, p in worlds.items() if states & set(w)) / total)
    close(none_present(programme), worlds.get((ABSENT,) * evidence.conditions, 0.0) / total)


def test_impossible_evidence_is_refused() -> None:
    evidence = network(np.random.default_rng(0), 2, 0, 1)
    nothing = np.eye(evidence.leak.shape[-1])[0]
    links = np.broadcast_to(nothing, evidence.link.shape)
    present = {"lowest": np.array([1]), "highest": np.array([3])}
    programme = SubsetProgramme(Evidence(**{**vars(evidence), **present, "link": links, "leak": nothing[None]}))
    for ask in (lambda: most_probable(programme), lambda: none_present(programme)):
        with pytest.raises(ImpossibleEvidence):
            ask()


# --- the real model --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cases(model: Model) -> list[Evidence]:
    people = simulate(model, 12, "primary_care", np.random.default_rng(21))
    return [prepare(model, observe(model, p.case)) for p in people]


def test_probability_of_a_set_is_that_of_forcing_it(cases: list[Evidence]) -> None:
    for evidence in cases:
        programme = SubsetProgramme(evidence)
        found = most_probable(programme, 3)
        assert len(found) == 3
        lanes = programme.base.repeat(4)
        for lane, explanation in enumerate(found, start=1):
            chosen = list(explanation.states)
            kept = lanes.weight[lane, chosen]
            lanes.weight[lane] = 0.0
            lanes.weight[lane, chosen] = kept
            lanes.absent[lane, evidence.condition_of[chosen]] = 0.0
        forced = programme.evidence_of(lanes)
        close([e.probability for e in found], forced[1:] / forced[0])


def test_no_sample_shows_a_set_that_is_more_probable(cases: list[Evidence]) -> None:
    for evidence in cases:
        samples = joint_samples(evidence, 5000, np.random.default_rng(22))
        counts = Counter(tuple(s for s in row if s != ABSENT) for row in samples.state.tolist())
        found = most_probable(SubsetProgramme(evidence), 5)
        for explanation in found:
            p = explanation.probability
            assert abs(counts[explanation.states] / 5000 - p) < 4.5 * np.sqrt(p * (1 - p) / 5000) + 1e-3
        others = [n / 5000 for states, n in counts.items() if states not in {e.states for e in found}]
        last = found[-1].probability
        assert max(others, default=0.0) < last + 4.5 * np.sqrt(last * (1 - last) / 5000) + 1e-3


# --- by name ---------------------------------------------------------------------------------

DANGER = {"threshold": 0.05, "triage": "same_day"}


def two_dangers() -> Model:
    """Red kills in its late state only, grey always; both cause pallor."""
    red = tiny.condition(
        "red",
        None,
        states=(tiny.state("early", 0.2, {"pallor": 0.5}), tiny.state("late", 0.1, {"pallor": 0.9})),
        must_not_miss={**DANGER, "states": ("late",)},
    )
    grey = tiny.condition("grey", 0.3, {"pallor": 0.6}, must_not_miss=DANGER)
    return tiny.model_of(
        red, grey, tiny.condition("blue", 0.2, {"pallor": 0.4}), findings=(tiny.finding("pallor", 0.1),)
    )


def test_without_findings_dangers_are_as_probable_as_their_priors() -> None:
    model = two_dangers()
    nothing = observe(model, tiny.case())
    together = sets(model, nothing, model.conditions)
    close(together.any_must_not_miss, 1 - (1 - 0.1) * (1 - 0.3))
    best = together.explanations[0]
    assert best.states == ()
    close(best.probability, 0.7 * 0.7 * 0.8)
    assert together.explanations[1].states == ("grey",)


def test_a_known_condition_is_no_danger_that_could_be_missed() -> None:
    model = two_dangers()
    case = tiny.case(known_conditions=["grey"], findings={"pallor": "present"})
    assert [model.network.states[s] for s in must_not_miss(model, observe(model, case))] == ["red.late"]
    close(assess(model, tiny.case(known_conditions=["grey"])).any_must_not_miss, 0.1)


def test_the_assessment_combines_what_explains_or_must_not_be_missed() -> None:
    model = two_dangers()
    answer = assess(model, tiny.case(findings={"pallor": "present"}))
    shortlist = {c.id for c in answer.differential if c.group in ("explains", "must_not_miss")}
    named = {state.partition(".")[0] for one in answer.sets for state in one.states}
    assert named <= shortlist
    assert len(answer.sets) == 3
    probabilities = [one.probability for one in answer.sets]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) <= 1 + 1e-12
    assert answer.any_must_not_miss is not None
    assert answer.any_must_not_miss >= max(m.probability for m in answer.triage.must_not_miss) - 1e-12


def test_a_child_has_neither() -> None:
    answer = assess(two_dangers(), Case.model_validate({"age": 9, "sex": "male", "setting": "primary_care"}))
    assert answer.sets == ()
    assert answer.any_must_not_miss is None
