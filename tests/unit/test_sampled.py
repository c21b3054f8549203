"""Answers that are estimated from samples: by name, in the assessment, and beside the exact ones.

To compare the two, exact inference is refused to one module at a time; the expected values are its own.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
import yaml

from saphena import Assessment, Case, Model, assess
from saphena.inference import answers, next_finding, posterior, sets, wide
from saphena.inference import explain as explaining
from saphena.inference.observation import Observation
from saphena.inference.observe import observe
from saphena.inference.prepare import prepare
from saphena.inference.sampling import simulate
from saphena.inference.subset import SubsetProgramme, TooWide
from tests.conftest import ROOT

FAR = 5.0
pytestmark = pytest.mark.one_in(2)
"""Of one leg in every run; of both with SAPHENA_TESTS=all."""


def refused(*given: object, **more: object) -> None:
    raise TooWide("refused")


@pytest.fixture(scope="module")
def observations(model: Model) -> list[Observation]:
    """People of whom ten or more findings are present."""
    rng = np.random.default_rng(31)
    people = simulate(model, 40, "vascular_clinic", rng, recorded=0.15)
    found = [observe(model, p.case) for p in people]
    return [o for o in found if sum(s.lowest > 0 for s in o.seen) >= 10][:2]


def crowded(model: Model, legs: bool) -> Case:
    """Two dozen findings are present, those with most causes, in one leg or in both."""
    causes = Counter(f for c in model.knowledge.conditions.values() for f in c.findings)
    plain = [f for f, _ in causes.most_common() if model.knowledge.findings[f].given is None]
    findings: dict[str, Any] = {}
    for i, id_ in enumerate(plain[:24]):
        finding = model.knowledge.findings[id_]
        value = "present" if finding.kind == "binary" else finding.grades[-1]
        findings[finding.id] = {"right": value} if finding.sided else value
        if finding.sided and legs:
            findings[finding.id]["left"] = "absent" if i % 3 else value
    return Case.model_validate(
        {"age": 62, "sex": "female", "setting": "primary_care", "index_leg": "right", "findings": findings}
    )


@pytest.fixture(scope="module", params=[False, True], ids=["one leg", "both legs"])
def answer(request: pytest.FixtureRequest, model: Model) -> Assessment:
    return assess(model, crowded(model, request.param), draws=200, ahead=3)


def numbers_in(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [n for part in value.values() for n in numbers_in(part)]
    if isinstance(value, list | tuple):
        return [n for part in value for n in numbers_in(part)]
    return [value] if isinstance(value, float) else []


# --- a case that is too wide -----------------------------------------------------------------


def test_two_dozen_present_findings_get_a_differential_and_say_how(model: Model, answer: Assessment) -> None:
    assert len(answer.used) >= 24
    assert {c.id for c in answer.differential} == set(model.conditions)
    assert answer.differential[0].group == "explains"
    assert answer.sampled is not None
    assert answer.sampled.draws >= 10_000
    assert answer.sampled.effective > 1000
    assert 0 < answer.sampled.standard_error < 0.02
    assert f"{answer.sampled.draws:,} independent joint samples" in answer.sampled.sentence
    stated = float(answer.sampled.sentence.rpartition("at most ")[2].removesuffix(" %.")) / 100
    assert answer.sampled.standard_error <= stated <= answer.sampled.standard_error + 0.0011
    errors = [c.standard_error for c in answer.differential]
    assert all(e is not None and e <= answer.sampled.standard_error for e in errors)
    # Of 4,125 probabilities of 75 synthetic cases ten lay beyond 5 errors before there was a least one.
    assert all(e is not None and e >= 1 / answer.sampled.effective for e in errors)
    assert len(answer.sets) == 3
    assert len(answer.next) == 3


def test_nothing_that_is_not_a_number_leaves(answer: Assessment) -> None:
    numbers = numbers_in(answer.model_dump())
    assert len(numbers) > 500
    assert all(math.isfinite(n) for n in numbers)
    for condition in answer.differential:
        assert 0 <= condition.probability <= 1
        assert sum(s.probability for s in condition.states) <= 1 + 1e-9


def test_intervals_are_said_to_be_missing(answer: Assessment) -> None:
    assert all(c.interval is None for c in answer.differential)
    assert any("Intervals are not available" in w for w in answer.warnings)


def test_it_is_too_wide_for_exact_inference_and_answered_alike_twice(model: Model) -> None:
    case = crowded(model, legs=False)
    with pytest.raises(TooWide):
        SubsetProgramme(prepare(model, observe(model, case)))
    one = assess(model, case).model_dump()
    wide.worlds_of.cache_clear()
    assert assess(model, case).model_dump() == one


def test_an_exact_answer_is_not_said_to_be_sampled(model: Model, observations: list[Observation]) -> None:
    answer = assess(model, observations[0].case)
    assert answer.sampled is None
    assert all(c.standard_error is None for c in answer.differential)


# --- beside the exact answer -----------------------------------------------------------------


def test_a_sampled_posterior_is_the_exact_one(
    model: Model, observations: list[Observation], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(observations) == 2
    exact = [posterior.posterior(model, o) for o in observations]
    monkeypatch.setattr(posterior, "SubsetProgramme", refused)
    for observation, wanted in zip(observations, exact, strict=True):
        found = posterior.posterior(model, observation)
        assert wanted.sampled is None
        assert found.sampled is not None
        largest = FAR * found.sampled.standard_error + 1e-9
        assert abs(found.log_evidence - wanted.log_evidence) < FAR * found.sampled.log_evidence_error + 1e-9
        assert found.unexplained.keys() == wanted.unexplained.keys()
        for label, share in wanted.unexplained.items():
            assert abs(found.unexplained[label] - share) < largest
        assert found.nothing_explains == pytest.approx(wanted.nothing_explains, rel=0.1, abs=1e-12)
        weights = 0
        for one, other in zip(found.conditions, wanted.conditions, strict=True):
            assert one.id == other.id
            assert one.prior == other.prior
            assert one.standard_error is not None
            assert abs(one.probability - other.probability) <= FAR * one.standard_error + 1e-9
            assert one.states.keys() == other.states.keys()
            for state, p in other.states.items():
                assert abs(one.states[state] - p) < largest
            for label in one.explains.keys() & other.explains.keys():
                assert abs(one.explains[label] - other.explains[label]) < largest
            if other.probability > 0.01:
                assert one.explains.keys() == other.explains.keys()
            theirs = {w.seen.node: w.decibans for w in other.weights}
            assert {w.seen.node for w in one.weights} <= theirs.keys()
            for weight in one.weights:
                assert abs(weight.decibans - theirs[weight.seen.node]) < FAR
            weights += len(one.weights)
            ledger = sum(w.decibans for w in one.weights) + one.shared_decibans
            if 0 < one.probability < 1 and 0 < one.prior < 1:
                odds = one.probability / (1 - one.probability) * (1 - one.prior) / one.prior
                assert ledger == pytest.approx(10 * math.log10(odds), abs=1e-6)
        assert weights > 0.8 * sum(len(c.weights) for c in wanted.conditions)


def test_sampled_sets_are_as_probable_as_the_exact_ones(
    model: Model, observations: list[Observation], monkeypatch: pytest.MonkeyPatch
) -> None:
    among = model.conditions[:6]
    exact = [sets.sets(model, o, among, 20) for o in observations]
    monkeypatch.setattr(sets, "SubsetProgramme", refused)
    for observation, wanted in zip(observations, exact, strict=True):
        found = sets.sets(model, observation, among)
        assert abs(found.any_must_not_miss - wanted.any_must_not_miss) < 0.03
        theirs = {e.states: e.probability for e in wanted.explanations}
        assert len(found.explanations) == 3
        for one in found.explanations:
            assert abs(one.probability - theirs[one.states]) < 0.03


def test_sampled_next_findings_are_worth_what_the_exact_ones_are(
    model: Model, observations: list[Observation], monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = [{c.finding: c for c in next_finding.candidates(model, o)} for o in observations]
    monkeypatch.setattr(answers, "SubsetProgramme", refused)
    for observation, wanted in zip(observations, exact, strict=True):
        found = {c.finding: c for c in next_finding.candidates(model, observation)}
        assert found.keys() == {f for f in wanted if model.knowledge.findings[f].given is None}
        for finding, one in found.items():
            other = wanted[finding]
            assert sum(one.chances) == pytest.approx(1, abs=0.02)
            np.testing.assert_allclose(one.chances, other.chances, atol=0.03)
            np.testing.assert_allclose(one.before, other.before, atol=0.03)
            assert one.information == pytest.approx(other.information, abs=0.05)
            for chance, after, theirs in zip(other.chances, one.after, other.after, strict=True):
                if chance > 0.02:
                    np.testing.assert_allclose(after, theirs, atol=0.1)
        first = max(wanted.values(), key=lambda c: c.utility)
        assert found[first.finding].utility >= 0.9 * max(c.utility for c in found.values()) - 0.05


def test_a_sampled_explanation_is_the_exact_one(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    # A dozen findings: every kind and every rival is left out in turn, and sampled anew.
    said = yaml.safe_load((ROOT / "examples" / "swollen_calf_after_flight.yaml").read_text(encoding="utf-8"))
    observation = observe(model, Case.model_validate(said))
    leader = max(posterior.posterior(model, observation).conditions, key=lambda c: c.explained).id
    wanted = explaining.explain(model, observation, leader, most=100)
    for module in (explaining, answers):
        monkeypatch.setattr(module, "SubsetProgramme", refused)
    found = explaining.explain(model, observation, leader, most=100)
    assert abs(found.probability - wanted.probability) < 0.03
    groups = {g.group: g for g in wanted.groups}
    assert len(found.groups) >= 2
    for group in found.groups:
        assert group.findings == groups[group.group].findings
        assert abs(group.decibans - groups[group.group].decibans) < 5
    rivals = {r.condition: r.probability_without for r in wanted.explained_away_by}
    for rival in found.explained_away_by:
        assert abs(rival.probability_without - rivals.get(rival.condition, found.probability)) < 0.1
