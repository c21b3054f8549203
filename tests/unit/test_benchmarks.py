"""What the benchmarks count and estimate, on paper and against the plan itself; times are not tested."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from benchmarks import elimination, growth, stages, width
from benchmarks.elimination import Structure, frontier, mixed, structure
from benchmarks.growth import Point
from benchmarks.limit import Machine, Work, work
from benchmarks.synthetic import Synthetic, case, evidence_of, network, person, with_mechanisms
from saphena.inference import subset
from saphena.inference.evidence import Evidence
from saphena.inference.subset import SubsetProgramme
from tests.properties.networks import networks


@settings(max_examples=300)
@given(networks(conditions=5, mechanisms=3, findings=6))
def test_the_cost_of_our_order_is_that_of_the_plan(evidence: Evidence) -> None:
    evidence = replace(evidence, doubt=np.zeros(len(evidence.lowest)))  # The coded cases have no doubt.
    stored, _ = frontier(structure(evidence), width.greedy_order(evidence))
    assert stored == SubsetProgramme(evidence).states


# Conditions 0 and 1 share finding 0; 1 and 2 share finding 1; 2 switches on mechanism 0, which causes finding 2.
CHAIN = Structure(3, (0b0001, 0b0011, 0b1010), (1, 1, 2), {0: 0b100})


def test_frontier_on_paper() -> None:
    # In order 0, 1, 2: widths 1, 2, 2 (finding 0 closed, mechanism opened), then the mechanism with finding 2.
    assert frontier(CHAIN, [0, 1, 2]) == (2 + 4 + 2 * 4 + 2, 2 * 2 + 2 * 4 + 3 * 4 + 4)
    # In order 0, 2, 1: widths 1, 3 (the mechanism and finding 2 beside it: 3 again, one closes), 2.
    assert frontier(CHAIN, [0, 2, 1]) == (2 + 2 * 8 + 8 + 4, 2 * 2 + 3 * 8 + 16 + 2 * 4)


@pytest.mark.parametrize("rule", ["fill", "degree"])
def test_mixed_elimination_of_a_chain_is_a_sum_of_pairs(rule: str) -> None:
    # c0 - f0 - c1 - f1 - c2 - m0 - f2 from its ends: six pairs and one left; c2 has three states with absence.
    pairs = {"c0f0": 4, "f0c1": 4, "c1f1": 4, "f1c2": 6, "c2m0": 6, "m0f2": 4}
    assert sum(pairs.values()) + 2 <= mixed(CHAIN, rule) <= sum(pairs.values()) + 3  # type: ignore[arg-type]


@pytest.mark.parametrize("rule", ["fill", "degree"])
def test_mixed_elimination_of_a_square_joins_three(rule: str) -> None:
    # Two conditions that share both findings: one clique of three, then a triangle's rest.
    square = Structure(2, (0b11, 0b11), (1, 1), {})
    assert mixed(square, rule) == 8 + 8 + 4 + 2  # type: ignore[arg-type]


def test_a_mechanism_taken_away_does_nothing() -> None:
    evidence = case(with_mechanisms(network(0), 4, 0), 8, 1)[0]
    without = width.without_mechanism(replace(evidence, mechanism_soft=np.full(4, 0.9)), [1, 2])
    programme = SubsetProgramme(without)
    assert not programme.active[[1, 2]].any()
    assert programme.active.any()
    assert elimination.structure(without).mechanisms.keys() == set(np.flatnonzero(programme.active).tolist())


def test_people_of_the_synthetic_network_have_findings_as_often_as_inference_takes_them_to() -> None:
    plain = network(3, conditions=12, findings=60)
    net, rng, people = with_mechanisms(plain, 5, 3), np.random.default_rng(0), 3000
    counts = np.sum([person(net, rng) for _ in range(people)], axis=0)
    chance = np.array([chance_of(net, j) for j in range(60)])
    assert (np.abs(counts / people - chance) < 4.5 * np.sqrt(chance * (1 - chance) / people)).all()
    assert (chance > np.array([chance_of(plain, j) for j in range(60)]) + 0.03).sum() > 5


def chance_of(net: Synthetic, finding: int) -> float:
    programme = SubsetProgramme(evidence_of(net, [finding], np.array([1])))
    return float(programme.evidence_of(programme.base)[0])


def test_states_beyond_the_bound_are_predicted_and_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = case(network(0), 10, 1)[0]
    states = SubsetProgramme(evidence).states
    monkeypatch.setattr(subset, "WIDEST", states - 1)
    assert growth.states_of(evidence) == states
    point = growth._point(10, [evidence], quick=True)
    assert (point.milliseconds, point.beyond) == (None, 1)
    (figure,) = growth.figures({"present findings": [point]})
    assert "1 of 1 cases beyond the exact bound" in figure.note


def test_the_most_memory_held_is_measured() -> None:
    assert 8e6 <= growth.peak(lambda: np.ones(1_000_000)) < 9e6
    assert growth.peak(lambda: None) < 1e6


def test_the_picture_is_small_and_names_every_axis(tmp_path: object) -> None:
    pytest.importorskip("matplotlib")
    line = [Point(1, 2.0, 0.1, 0.1, 0, 1), Point(10, 2.0**20, None, None, 1, 1)]
    path = growth.plot(dict.fromkeys(growth.VARIED, line), tmp_path)  # type: ignore[arg-type]
    text = path.read_text(encoding="utf-8")
    assert len(text) < 150_000
    for words in ("present findings of the case", "mechanisms in the model", "processor time, µs", "beyond the bound"):
        assert words in text


# --- the machine's limit -----------------------------------------------------------------------


def test_work_of_one_condition_with_two_findings_on_paper() -> None:
    q, leak = np.array([[0.5, 0.6]]), np.array([0.1, 0.1])
    evidence = Evidence(
        prior=np.array([0.2]),
        condition_of=np.array([0]),
        link=np.stack([1 - q, q], axis=-1),
        leak=np.stack([1 - leak, leak], axis=-1),
        lowest=np.array([1, 1]),
        highest=np.array([1, 1]),
        mechanism_leak=np.zeros(0),
        mechanism_prior=np.zeros((1, 0)),
        mechanism_link=np.zeros((0, 2, 2)),
        soft=np.ones(1),
        mechanism_soft=np.ones(0),
    )
    (step,) = work(SubsetProgramme(evidence))
    # Four states. Opening 4 and 2 states: one operation each forward, and as many back.
    # Two edges of 2 x 4 forward and back; adding up 2 x 4 twice, an inner product 2 x 4, absence 4 twice.
    assert step.operations == 2 * (4 + 2) + 2 * 2 * 2 * 4 + 2 * 2 * 4 + 2 * 4 + 2 * 4
    # Opening moves 1.5 numbers for each both ways; the array twice each way; closing 2 + 1 and 3 for each back.
    assert step.moved == 8 * (3 * (4 + 2) + 4 * 4 + 5 * (2 + 1))
    assert step.stored == 8 * 2 * 4


def test_the_limit_is_the_longer_of_arithmetic_and_memory() -> None:
    machine = Machine(100.0, {10: 50.0, 1000: 10.0})
    arithmetic, memory = Work(1000, 50, 20, 0), Work(10, 50, 500, 100)
    assert machine.least([arithmetic]) == 10.0
    assert machine.least([memory]) == 50 / 10 + 100 / 10
    assert machine.least([arithmetic, memory]) == 10.0 + 15.0


# --- stages --------------------------------------------------------------------------------------


def test_time_belongs_to_the_innermost_stage() -> None:
    clock = stages.Clock()
    inner = stages._timed(clock, lambda: _busy(0.04), "passes")
    outer = stages._timed(clock, lambda: (_busy(0.02), inner()), "outer")
    clock.enter("rest")
    outer()
    clock.leave()
    assert clock.seconds["outer"] == pytest.approx(0.02, abs=0.015)
    assert clock.seconds["passes of outer"] == pytest.approx(0.04, abs=0.015)
    assert clock.seconds["rest"] < 0.01
    assert clock.running == []


def test_wrappers_are_taken_off_again() -> None:
    from saphena.assessment import assessing

    before = (assessing.observe, SubsetProgramme.marginals)
    with stages.watched(stages.Clock()):
        assert assessing.observe is not before[0]
        assert SubsetProgramme.marginals is not before[1]
    assert (assessing.observe, SubsetProgramme.marginals) == before


def _busy(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
