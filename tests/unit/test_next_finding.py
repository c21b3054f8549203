"""What an answer would tell, against putting that answer into the case."""

from __future__ import annotations

from math import exp, log2

import numpy as np
import pytest

from saphena import Case, Model
from saphena.inference.next_finding import candidates, stakes
from saphena.inference.observe import observe
from saphena.inference.posterior import posterior

CASE = {
    "age": 66,
    "sex": "male",
    "setting": "primary_care",
    "index_leg": "right",
    "findings": {"leg_swelling": {"right": "present"}, "calf_pain": {"right": "present"}, "onset": "days"},
}


def with_answer(finding: str, value: object) -> Case:
    findings = {**CASE["findings"], finding: value}  # type: ignore[dict-item]
    return Case.model_validate({**CASE, "findings": findings})


@pytest.fixture(scope="module")
def asked(model: Model) -> list[object]:
    return list(candidates(model, observe(model, Case.model_validate(CASE))))


@pytest.mark.parametrize(
    "finding",
    ["calf_tenderness", "fever", "pitting_oedema", "d_dimer_raised", "ankle_brachial_index_low", "morning_stiffness"],
)
def test_answers_are_those_of_the_case_with_the_answer(model: Model, asked: list[object], finding: str) -> None:
    candidate = next(c for c in asked if c.finding == finding)  # type: ignore[attr-defined]
    now = posterior(model, observe(model, Case.model_validate(CASE)))
    known = model.knowledge.findings[finding]
    for answer, chance, after in zip(candidate.answers, candidate.chances, candidate.after, strict=True):  # type: ignore[attr-defined]
        then = posterior(model, observe(model, with_answer(finding, {"right": answer} if known.sided else answer)))
        assert chance == pytest.approx(exp(then.log_evidence - now.log_evidence), rel=1e-9)
        np.testing.assert_allclose(after, [c.probability for c in then.conditions], rtol=1e-7, atol=1e-12)


def test_chances_of_the_answers_add_up_to_one(asked: list[object]) -> None:
    for candidate in asked:
        assert sum(candidate.chances) == pytest.approx(1)  # type: ignore[attr-defined]


def test_what_is_answered_is_not_asked(asked: list[object]) -> None:
    assert not {"leg_swelling", "calf_pain", "onset"} & {c.finding for c in asked}  # type: ignore[attr-defined]


def test_a_child_is_asked_only_once_its_parent_is_present(model: Model, asked: list[object]) -> None:
    assert "swelling_better_by_morning" in {c.finding for c in asked}  # type: ignore[attr-defined]
    bare = Case.model_validate({**CASE, "findings": {}})
    assert "swelling_better_by_morning" not in {c.finding for c in candidates(model, observe(model, bare))}


def test_information_about_one_condition_is_its_mutual_information(model: Model) -> None:
    observation = observe(model, Case.model_validate(CASE))
    dvt = "deep_vein_thrombosis"
    at = model.conditions.index(dvt)
    for candidate in candidates(model, observation, conditions=(dvt,))[:5]:
        total = 0.0
        before = float(np.array(candidate.chances) @ candidate.after[:, at])
        for chance, after in zip(candidate.chances, candidate.after[:, at], strict=True):
            for p, q in ((after, before), (1 - after, 1 - before)):
                total += chance * p * log2(p / q) if p > 0 else 0.0
        assert candidate.information == pytest.approx(total, abs=1e-9)


def test_acting_is_right_from_the_threshold(model: Model) -> None:
    of = stakes(model, ("deep_vein_thrombosis",))
    threshold = model.knowledge.conditions["deep_vein_thrombosis"].must_not_miss
    assert threshold is not None
    at = threshold.threshold
    first = [of.miss[0] * at, of.act[0] * (1 - at)]
    assert first[0] == pytest.approx(first[1])


def test_the_decisive_scan_leads_when_thrombosis_is_likely(model: Model) -> None:
    likely = {**CASE, "findings": {**CASE["findings"], "calf_circumference": {"right": "41 cm", "left": "37 cm"}}}  # type: ignore[dict-item]
    best = candidates(model, observe(model, Case.model_validate(likely)))
    assert max(best, key=lambda c: c.information).finding == "compression_ultrasound_deep_thrombus"
    assert "compression_ultrasound_deep_thrombus" in [c.finding for c in best[:5]]
