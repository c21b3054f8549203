"""Certain, impossible and repeated input: a defined answer everywhere, and never "not a number"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saphena import Case, Faulty, Model, assess
from saphena.inference.causes import causes
from saphena.inference.evidence import Evidence, ImpossibleEvidence
from saphena.inference.explain import explain
from saphena.inference.next_finding import candidates
from saphena.inference.observation import Observation
from saphena.inference.observe import observe
from saphena.inference.posterior import posterior
from saphena.inference.prepare import prepare
from saphena.inference.reference import enumerate_all
from saphena.inference.sampling import joint_samples
from saphena.inference.sets import most_probable, sets
from saphena.inference.subset import Engine, Marginals, SubsetProgramme
from saphena.inference.uncertainty import draw, intervals
from tests import tiny
from tests.properties.test_inference import close

ENGINES: list[Engine] = ["numpy", "compiled"]
both_engines = pytest.mark.parametrize("engine", ENGINES)


def flat(
    prior: list[float],
    q: list[list[float]],
    leak: list[float],
    seen: list[int],
    mechanism_leak: tuple[float, ...] = (),
    switch: tuple[tuple[float, ...], ...] = (),
    mechanism_q: tuple[tuple[float, ...], ...] = (),
) -> Evidence:
    """Binary conditions, mechanisms and findings; ``q`` by condition, ``switch`` by condition, ``mechanism_q`` by mechanism."""
    conditions, findings, mechanisms = len(prior), len(seen), len(mechanism_leak)
    links = np.array(q, dtype=float).reshape(conditions, findings)
    through = np.array(mechanism_q, dtype=float).reshape(mechanisms, findings)
    leaks = np.array(leak, dtype=float)
    return Evidence(
        prior=np.array(prior, dtype=float),
        condition_of=np.arange(conditions),
        link=np.stack([1 - links, links], axis=-1),
        leak=np.stack([1 - leaks, leaks], axis=-1),
        lowest=np.array(seen, dtype=np.int64),
        highest=np.array(seen, dtype=np.int64),
        mechanism_leak=np.array(mechanism_leak, dtype=float),
        mechanism_prior=np.array(switch, dtype=float).reshape(conditions, mechanisms),
        mechanism_link=np.stack([1 - through, through], axis=-1),
        soft=np.ones(conditions),
        mechanism_soft=np.ones(mechanisms),
    )


def marginals(evidence: Evidence, engine: Engine) -> Marginals:
    programme = SubsetProgramme(evidence, engine)
    found = programme.marginals(programme.base, mechanisms=True)
    assert all(np.isfinite(getattr(found, f.name)).all() for f in fields(found))
    return found


def given_evidence(evidence: Evidence, engine: Engine) -> list[float]:
    found = marginals(evidence, engine)
    return [float(p) for p in found.state[0] / found.evidence[0]]


# --- every combination of certain and impossible ---------------------------------------------


@st.composite
def extremes(draw: st.DrawFn) -> Evidence:
    """Small networks in which most numbers are 0 or 1."""
    conditions, mechanisms, findings = (draw(st.integers(low, 3)) for low in (1, 0, 0))

    def numbers(*shape: int) -> Any:
        count = int(np.prod(shape))
        drawn = draw(st.lists(st.sampled_from([0.0, 0.3, 1.0]), min_size=count, max_size=count))
        return np.array(drawn).reshape(shape).tolist()

    seen = draw(st.lists(st.integers(0, 1), min_size=findings, max_size=findings))
    return flat(
        numbers(conditions), numbers(conditions, findings), numbers(findings), seen,
        tuple(numbers(mechanisms)), numbers(conditions, mechanisms), numbers(mechanisms, findings),
    )  # fmt: skip


SMALLEST = 1e-12
"""Far below what multiplying a few of 0.3 and 0.7 gives, far above the rounding of enumeration."""


@both_engines
@given(extremes())
def test_certain_and_impossible_numbers_agree_with_enumeration(engine: Engine, evidence: Evidence) -> None:
    expected = enumerate_all(evidence)
    found = marginals(evidence, engine)
    total = float(found.evidence[0])
    if np.exp(expected.log_evidence) < SMALLEST:
        assert total == 0
        assert (found.state == 0).all()
        assert (found.mechanism == 0).all()
        return
    close(np.log(total), expected.log_evidence)
    close(found.state[0] / total, expected.state)
    close(found.mechanism[0] / total, expected.mechanism)
    programme = SubsetProgramme(evidence, engine)
    caused = causes(programme, total, list(range(evidence.conditions)))
    close(caused.explained_by, expected.explained_by[:, programme.present])
    close(caused.unexplained, expected.unexplained[programme.present])
    close(caused.nothing_explains, expected.nothing_explains)


# --- one at a time, on paper -----------------------------------------------------------------


@both_engines
def test_a_leak_of_one_makes_a_present_finding_say_nothing(engine: Engine) -> None:
    found = marginals(flat([0.2], [[0.7]], [1.0], [1]), engine)
    close(found.evidence[0], 1.0)
    close(found.state[0], [0.2])


@both_engines
def test_a_leak_of_one_makes_an_absent_finding_impossible(engine: Engine) -> None:
    assert marginals(flat([0.2], [[0.7]], [1.0], [0]), engine).evidence[0] == 0


@both_engines
def test_without_a_leak_a_present_finding_must_have_a_cause(engine: Engine) -> None:
    close(given_evidence(flat([0.2], [[0.7]], [0.0], [1]), engine), [1.0])
    assert marginals(flat([0.2], [[0.0]], [0.0], [1]), engine).evidence[0] == 0


@both_engines
def test_a_certain_link_excludes_its_condition_where_the_finding_is_absent(engine: Engine) -> None:
    close(given_evidence(flat([0.2], [[1.0]], [0.1], [0]), engine), [0.0])
    assert marginals(flat([1.0], [[1.0]], [0.1], [0]), engine).evidence[0] == 0


@both_engines
def test_a_known_condition_stays_certain_and_explains_away(engine: Engine) -> None:
    # P(present | known, other) = 1 - 0.3 * 0.5, without the other 0.7; leak 0.
    known, other = given_evidence(flat([1.0, 0.2], [[0.7], [0.5]], [0.0], [1]), engine)
    close(known, 1.0)
    close(other, 0.2 * 0.85 / (0.2 * 0.85 + 0.8 * 0.7))


@both_engines
def test_a_finding_that_stands_twice_in_an_evidence_counts_as_two(engine: Engine) -> None:
    # 0.82 and 0.1 are P(present) with and without the condition.
    close(given_evidence(flat([0.1], [[0.8]], [0.1], [1]), engine), [0.082 / (0.082 + 0.09)])
    twice = flat([0.1], [[0.8, 0.8]], [0.1, 0.1], [1, 1])
    close(given_evidence(twice, engine), [0.1 * 0.82**2 / (0.1 * 0.82**2 + 0.9 * 0.1**2)])
    contradictory = flat([0.1], [[0.8, 0.8]], [0.1, 0.1], [1, 0])
    close(given_evidence(contradictory, engine), [0.1 * 0.82 * 0.18 / (0.1 * 0.82 * 0.18 + 0.9 * 0.1 * 0.9)])


@both_engines
def test_a_mechanism_on_which_nothing_observed_depends_follows_its_causes(engine: Engine) -> None:
    found = marginals(flat([0.2, 0.1], [[], []], [], [], (0.05, 1.0), ((0.5, 0.0), (1.0, 0.0)), ((), ())), engine)
    close(found.mechanism[0], [1 - 0.95 * (1 - 0.2 * 0.5) * (1 - 0.1), 1.0])


@both_engines
def test_mechanisms_are_left_out_where_nobody_asks(engine: Engine) -> None:
    programme = SubsetProgramme(flat([0.2], [[]], [], [], (0.05,), ((0.5,),), ((),)), engine)
    assert programme.marginals(programme.base).mechanism.shape == (1, 0)


# --- by name ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def two() -> Model:
    """Nothing but red and grey can cause pallor."""
    return tiny.model_of(
        tiny.condition("red", 0.2, {"pallor": 0.5}),
        tiny.condition("grey", None, states=(tiny.state("mild", 0.2, {"pallor": 0.5}), tiny.state("bad", 0.1, {"pallor": 0.8}))),
        findings=(tiny.finding("pallor", 0.0), tiny.finding("itch", 0.1)),
    )  # fmt: skip


NEITHER = tiny.case(excluded_conditions=["red", "grey"], findings={"pallor": "present"})
ANSWERS: dict[str, Callable[[Model, Observation], Any]] = {
    "posterior": posterior,
    "sets": lambda m, o: sets(m, o, m.conditions),
    "most probable": lambda m, o: most_probable(SubsetProgramme(prepare(m, o))),
    "explain": lambda m, o: explain(m, o, "red"),
    "next findings": candidates,
    "intervals": intervals,
    "draw": draw,
    "samples": lambda m, o: joint_samples(prepare(m, o), 10, np.random.default_rng(0)),
}


@pytest.mark.parametrize("ask", ANSWERS.values(), ids=ANSWERS)
def test_impossible_evidence_is_refused_by_every_answer(ask: Callable[..., Any], two: Model) -> None:
    with pytest.raises(ImpossibleEvidence):
        ask(two, observe(two, NEITHER))


def test_impossible_evidence_leaves_the_red_flags(two: Model) -> None:
    answer = assess(two, NEITHER, draws=50, ahead=1)
    assert answer.differential == ()
    assert answer.any_must_not_miss is None
    assert [w for w in answer.warnings if "only red flags" in w]


@pytest.mark.parametrize("ask", ANSWERS.values(), ids=ANSWERS)
def test_a_known_condition_gives_numbers_everywhere(ask: Callable[..., Any], two: Model) -> None:
    for known in ("red", "grey", "grey.bad"):
        answer = ask(two, observe(two, tiny.case(known_conditions=[known], findings={"pallor": "present"})))
        assert "nan" not in str(answer)


def test_a_known_condition_has_probability_one_and_moves_the_other(two: Model) -> None:
    answer = assess(two, tiny.case(known_conditions=["grey.bad"], findings={"pallor": "present"}), draws=50, ahead=1)
    found = {c.id: c.probability for c in answer.differential}
    prior = assess(two, tiny.case()).differential
    red = {c.id: c.prior for c in prior}["red"]
    q_red, q_grey = (two.network.link[s, two.node_index["pallor"], 1] for s in (0, 2))
    either = 1 - (1 - q_red) * (1 - q_grey)
    close(found["grey"], 1.0)
    close(found["red"], red * either / (red * either + (1 - red) * q_grey))


def twice(*values: str) -> Case:
    return tiny.case(findings={"pallor": [{"value": v} for v in values]})


def test_a_finding_stated_twice_in_a_case_counts_once(two: Model) -> None:
    once = posterior(two, observe(two, tiny.case(findings={"pallor": "present"})))
    assert posterior(two, observe(two, twice("present", "present"))) == once


def test_a_finding_stated_twice_and_differently_is_refused(two: Model) -> None:
    with pytest.raises(Faulty) as error:
        observe(two, twice("present", "absent"))
    assert [f.message for f in error.value.faults] == ["pallor is said to be present and absent at once"]


def test_a_condition_known_in_two_states_is_refused(two: Model) -> None:
    with pytest.raises(Faulty) as error:
        observe(two, tiny.case(known_conditions=["grey.mild", "grey.bad"]))
    assert [(f.path, f.message) for f in error.value.faults] == [
        ("known_conditions[1]", "grey is known in two states at once")
    ]


@pytest.mark.parametrize("known", [["grey", "grey.bad"], ["grey.bad", "grey"], ["grey.bad", "grey.bad"]])
def test_a_condition_known_twice_keeps_the_state_that_is_told(two: Model, known: list[str]) -> None:
    assert observe(two, tiny.case(known_conditions=known)).known == {"grey": "bad"}
