"""Several findings in one go, against listing every joint answer with every world behind it."""

from __future__ import annotations

from itertools import combinations, product
from math import exp, log2
from typing import Any

import numpy as np
import pytest

from saphena import Model
from saphena.inference.observe import observe
from saphena.inference.prepare import prepare
from saphena.inference.reference import enumerate_all
from saphena.inference.together import Batch, together
from tests.tiny import case, condition, finding, mechanism, model_of

BY = {"stare": "examination", "limp": "examination", "knock": "examination", "blood": "laboratory"}
SAID: dict[str, Any] = {"findings": {"ache": "present"}}
WORDS = {"warm": ("none", "some", "much")}
COST = {"history": (0.002, 0.8), "examination": (0.006, 0.4)}


@pytest.fixture(scope="module")
def tiny() -> Model:
    """Red must not be missed; itch and burn tell the same by one mechanism, and sting tells something else."""
    return model_of(
        condition(
            "red",
            0.1,
            {"ache": 0.6, "sting": 0.5, "stare": 0.9, "warm": {"some": 0.2, "much": 0.3}},
            mechanisms={"rush": 0.8},
            must_not_miss={"threshold": 0.1, "triage": "same_day"},
        ),
        condition("blue", 0.3, {"ache": 0.5, "limp": 0.8, "stare": 0.3, "knock": 0.3}),
        findings=(
            finding("ache", 0.1),
            finding("itch", 0.02),
            finding("burn", 0.02),
            finding("sting", 0.05),
            finding("warm", {"some": 0.1, "much": 0.05}),
            finding("stare", 0.1, region="leg"),
            finding("limp", 0.05, region="leg"),
            finding("knock", 0.1, region="knee"),
            finding("blood", 0.1),
        ),
        mechanisms=(mechanism("rush", 0.02, {"itch": 0.9, "burn": 0.8}),),
        obtained_by=BY,
    )


def by_listing(model: Model, findings: tuple[str, ...], by: str) -> tuple[float, float]:
    """(information, utility) of asking these, everything from enumeration and sums written out here."""

    def state_of(more: dict[str, str]) -> tuple[float, np.ndarray]:
        found = enumerate_all(prepare(model, observe(model, case(findings={**SAID["findings"], **more}))))
        return exp(found.log_evidence), found.state

    def bits(state: np.ndarray) -> float:
        return -sum(p * log2(p) + (1 - p) * log2(1 - p) for p in state)

    def loss(state: np.ndarray) -> float:
        """Harms and thresholds as in the settings of the tests: red is looked for from 0.1, treated from 0.6."""
        red, blue = state
        act_red, act_blue = 100 * 0.1 / 0.9, 1 * 0.4 / 0.6
        treat_red = 5 * (1 - 0.6) / 0.6, 5.0  # Harm of waiting follows from the harm of treating wrongly.
        return float(
            min(red * 100, (1 - red) * act_red)
            + min(red * treat_red[0], (1 - red) * treat_red[0] * 0.6 / 0.4)
            + min(blue * 1, (1 - blue) * act_blue)
        )

    total, now = state_of({})
    words = [WORDS.get(f, ("absent", "present")) for f in findings]
    answers = [state_of(dict(zip(findings, at, strict=True))) for at in product(*words)]
    assert sum(p for p, _ in answers) == pytest.approx(total)
    cost, further = COST[by]
    return (
        bits(now) - sum(p / total * bits(state) for p, state in answers),
        loss(now) - sum(p / total * loss(state) for p, state in answers) - cost * (1 + further * (len(findings) - 1)),
    )


def of(model: Model, by: str, most: int = 3, region: str | None = None) -> Batch | None:
    found = together(model, observe(model, case(**SAID)), most)
    return next((b for b in found if b.obtained_by == by and b.region == region), None)


@pytest.mark.parametrize("most", [2, 3, 4])
def test_information_and_utility_are_those_of_all_joint_answers(tiny: Model, most: int) -> None:
    batch = of(tiny, "history", most)
    assert batch is not None
    assert 2 <= len(batch.findings) <= most
    information, utility = by_listing(tiny, batch.findings, "history")
    assert batch.information == pytest.approx(information, abs=1e-9)
    assert batch.utility == pytest.approx(utility, abs=1e-9)
    for finding_, alone in zip(batch.findings, batch.single_information, strict=True):
        assert alone == pytest.approx(by_listing(tiny, (finding_,), "history")[0], abs=1e-9)


def test_the_second_is_the_best_to_go_with_the_first(tiny: Model) -> None:
    history = ("itch", "burn", "sting", "warm")
    batch = of(tiny, "history", 2)
    assert batch is not None
    single = {f: by_listing(tiny, (f,), "history")[1] for f in history}
    assert max(single, key=lambda f: single[f]) in batch.findings
    pairs = [p for p in combinations(history, 2) if max(single, key=lambda f: single[f]) in p]
    assert batch.utility == pytest.approx(max(by_listing(tiny, p, "history")[1] for p in pairs), abs=1e-9)


def test_two_that_tell_the_same_are_not_asked_together_before_one_that_tells_something_else(tiny: Model) -> None:
    batch = of(tiny, "history", 2)
    assert batch is not None
    assert set(batch.findings) != {"itch", "burn"}
    assert (
        sum(by_listing(tiny, (f,), "history")[0] for f in ("itch", "burn"))
        > 1.2 * by_listing(tiny, ("itch", "burn"), "history")[0]
    )


def test_signs_of_one_region_go_together_and_others_do_not(tiny: Model) -> None:
    batch = of(tiny, "examination", 4, "leg")
    assert batch is not None
    assert set(batch.findings) == {"stare", "limp"}
    assert of(tiny, "examination", 4, "knee") is None  # One sign alone is no batch.
    information, utility = by_listing(tiny, batch.findings, "examination")
    assert (batch.information, batch.utility) == pytest.approx((information, utility), abs=1e-9)
    assert batch.cost == pytest.approx(0.006 * 1.4)


def test_what_is_worth_less_than_it_costs_is_no_batch(tiny: Model) -> None:
    healthy = observe(tiny, case(excluded_conditions=["red", "blue"]))
    assert together(tiny, healthy) == []


def test_batches_are_in_order_of_utility(tiny: Model) -> None:
    found = together(tiny, observe(tiny, case(**SAID)))
    assert len(found) >= 2
    assert [b.utility for b in found] == sorted((b.utility for b in found), reverse=True)
