"""Every figure on results made by hand, where it is known on paper."""

from __future__ import annotations

from math import log, log2

import numpy as np
import pytest

from saphena.evaluation.metrics import (
    agreement,
    brier,
    calibration,
    discounted_gain,
    log_loss,
    paired,
    reciprocal_rank,
    slope,
    top,
    within,
)

RANKS = (1, 2, 4, None, 1, 6)


def test_hits_are_counted_from_the_top() -> None:
    assert [(f.hits, f.of) for f in top(RANKS)] == [(2, 6), (3, 6), (4, 6)]
    assert within((None, None), 5) == 0


def test_mrr_is_the_mean_of_one_over_the_rank() -> None:
    assert reciprocal_rank(RANKS) == pytest.approx((1 + 1 / 2 + 1 / 4 + 0 + 1 + 1 / 6) / 6)


def test_ndcg_of_one_right_answer_is_one_over_the_log_of_its_rank() -> None:
    assert discounted_gain([(1,)]) == pytest.approx(1)
    assert discounted_gain([(3,)]) == pytest.approx(1 / log2(4))
    assert discounted_gain([(6,), (1,)]) == pytest.approx(1 / 2)  # Beyond the fifth place it is worth nothing.
    assert discounted_gain([()]) == 0


def test_ndcg_of_two_right_answers_is_relative_to_the_first_two_places() -> None:
    best = 1 / log2(2) + 1 / log2(3)
    assert discounted_gain([(1, 2)]) == pytest.approx(1)
    assert discounted_gain([(2, 5)]) == pytest.approx((1 / log2(3) + 1 / log2(6)) / best)


def test_brier_and_log_loss() -> None:
    p, y = np.array([0.8, 0.4, 0.1]), np.array([1.0, 1.0, 0.0])
    assert brier(p, y) == pytest.approx((0.04 + 0.36 + 0.01) / 3)
    assert log_loss(p, y) == pytest.approx(-(log(0.8) + log(0.4) + log(0.9)) / 3)


def test_a_certain_error_costs_what_the_floor_says() -> None:
    assert log_loss(np.array([1.0, 0.5]), np.array([0.0, 1.0])) == pytest.approx(-(log(1e-4) + log(0.5)) / 2)


@pytest.mark.parametrize(("low", "high", "expected"), [(0.25, 0.75, 1.0), (0.1, 0.9, 0.5), (0.75, 0.25, -1.0)])
def test_the_slope_says_how_much_too_sure(low: float, high: float, expected: float) -> None:
    # Two groups of four, one true of four and three of four: their log odds are -ln 3 and ln 3.
    # Said 0.1 and 0.9 the log odds are twice that (ln 9), so the slope is a half; said the wrong way round, -1.
    p = np.array([low] * 4 + [high] * 4)
    y = np.array([1, 0, 0, 0, 1, 1, 1, 0], dtype=float)
    assert slope(p, y) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("y", [[0, 0, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]])
def test_where_nothing_overlaps_there_is_no_slope(y: list[int]) -> None:
    assert slope(np.array([0.1, 0.2, 0.7, 0.8]), np.array(y, dtype=float)) is None


def test_reliability_counts_each_probability_once() -> None:
    said, true = [0.1, 0.2, 0.3, 0.97, 0.99], [False, True, False, True, True]
    found = calibration("x", said, true, [0, 0, 1, 1, 2])
    assert [(b.above, b.to, b.true.hits, b.true.of) for b in found.bins] == [
        (0.05, 0.2, 1, 2),
        (0.2, 0.5, 0, 1),
        (0.95, 1.0, 2, 2),
    ]
    assert found.bins[0].said == pytest.approx(0.15)
    assert (found.pairs, found.said, found.true) == (5, pytest.approx(2.56 / 5), pytest.approx(0.6))
    assert found.brier.low is not None
    assert found.brier.high is not None
    assert found.brier.low <= (found.brier.value or 0) <= found.brier.high


def test_pairs_of_one_case_are_drawn_together() -> None:
    # One case: whatever is drawn is that case, so the interval has no width.
    alone = calibration("x", [0.2, 0.9, 0.4], [False, True, True], [7, 7, 7])
    assert alone.brier.low == alone.brier.high == alone.brier.value


def test_kappa_of_cohens_own_kind_of_table() -> None:
    # 20 + 15 agree of 50; by chance 25 * 30 / 2500 + 25 * 20 / 2500 = 0.5; kappa (0.7 - 0.5) / 0.5 = 0.4.
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    found = agreement("x", first, second, ("yes", "no"))
    assert (found.same.hits, found.same.of) == (35, 50)
    assert found.kappa.value == pytest.approx(0.4)


def test_two_who_always_say_the_same_thing_have_no_kappa() -> None:
    found = agreement("x", ["yes"] * 3, ["yes"] * 3, ("yes", "no"))
    assert (found.same.share, found.kappa.value) == (1, None)


def test_mcnemar_is_the_binomial_of_the_differing_cases() -> None:
    # 1 against 5: twice (1 + 6) / 64.
    first, second = [True] * 5 + [False] + [True] * 9, [False] * 5 + [True] + [True] * 9
    found = paired(first, second)
    assert (found.only_first, found.only_second) == (5, 1)
    assert found.p == pytest.approx(2 * 7 / 64)
