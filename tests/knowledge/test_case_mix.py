"""For a complaint in a setting: the model's mix of conditions against mixes measured in patients.

Every row of ``saphena/knowledge/cases/mix/complaints.yaml`` holds a published share, its words, the number
of people and the citation. Tolerance is a factor of two either way, and for a share above one half
also on the remainder, since otherwise no probability could be too high.

What is compared, and its limits: ``saphena/evaluation/case_mix.py``, which works the same mixes out by the
batch; here ``posterior`` answers each person.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from typing import Any

import pytest

from saphena import Case, Model
from saphena.evaluation.case_mix import Complaint, Row, agree, mix_results, read_mixes
from saphena.inference.observe import observe
from saphena.inference.posterior import posterior

MIXES = read_mixes()
Mix = dict[str, float]


def mix(model: Model, complaint: Complaint) -> Mix:
    """P(condition | complaint) and P(state | complaint) among those people."""
    joint: Mix = {}
    chance = 0.0
    for age, sex, weight in MIXES.people(complaint):
        for sign, findings in complaint.presentations():
            case = Case.model_validate(
                {
                    "age": age,
                    "sex": sex,
                    "setting": complaint.setting,
                    "index_leg": "right",
                    "context": dict(complaint.context),
                    "excluded_conditions": complaint.without,
                    "findings": dict(findings),
                }
            )
            found = posterior(model, observe(model, case))
            of_this = sign * weight * exp(found.log_evidence)
            chance += of_this
            for one in found.conditions:
                joint[one.id] = joint.get(one.id, 0.0) + of_this * one.probability
                for state, probability in one.states.items():
                    name = f"{one.id}.{state}"
                    joint[name] = joint.get(name, 0.0) + of_this * probability
    return {name: value / chance for name, value in joint.items()}


@pytest.fixture(scope="module")
def mix_of(model: Model) -> Callable[[Complaint], Mix]:
    """The mix of a complaint, worked out once for all its rows."""
    known: dict[str, Mix] = {}

    def found(complaint: Complaint) -> Mix:
        if complaint.name not in known:
            known[complaint.name] = mix(model, complaint)
        return known[complaint.name]

    return found


def as_parameters() -> list[Any]:
    return [
        pytest.param(
            row,
            id=f"{MIXES.complaints[row.complaint].name}: {row.conditions[0]} {row.share}",
            marks=[pytest.mark.xfail(strict=True, reason=row.misses)] if row.misses else [],
        )
        for row in MIXES.rows
    ]


@pytest.mark.parametrize("row", as_parameters())
def test_mix_of_conditions_is_that_of_published_series(row: Row, mix_of: Callable[[Complaint], Mix]) -> None:
    found = sum(mix_of(MIXES.complaints[row.complaint])[name] for name in row.conditions)
    assert agree(row.share, found), f"published {row.share} ({row.words}; {row.source}), model {found:.3f}"


def test_cauda_equina_syndrome_is_as_rare_in_emergency_back_pain_as_published(
    mix_of: Callable[[Complaint], Mix],
) -> None:
    # "0.1-1.9% for pathologies with spinal cord/cauda equina compression", 41,320 people with low back pain.
    # Galliker G et al. Am J Med 2020;133:60-72
    found = mix_of(MIXES.complaints["back_and_leg"])["cauda_equina_syndrome"]
    assert 0.001 <= found <= 0.019


@pytest.mark.parametrize(
    ("published", "found", "expected"),
    [(0.2, 0.1, True), (0.2, 0.41, False), (0.7, 0.84, True), (0.7, 0.9, False)],
)
def test_tolerance_is_a_factor_of_two_on_the_share_and_on_a_small_remainder(
    published: float, found: float, expected: bool
) -> None:
    assert agree(published, found) is expected


def test_the_batch_gives_the_same_mixes(model: Model, mix_of: Callable[[Complaint], Mix]) -> None:
    for row, result in zip(MIXES.rows, mix_results(model, MIXES), strict=True):
        of = mix_of(MIXES.complaints[row.complaint])
        assert result.model == pytest.approx(sum(of[name] for name in row.conditions), rel=1e-9)
        assert result.agrees is (row.misses is None)
