"""Other orders against sums on paper and against enumeration; agreement of codings; simulated interviews."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from saphena import Model
from saphena.evaluation.agreement import compare
from saphena.evaluation.baselines import naive_bayes, orders, points, single_disorder
from saphena.evaluation.cases import CaseSet, CodedCase, Gold
from saphena.evaluation.interviews import Patient, Standing, settled, simulate_interview
from saphena.evaluation.robustness import harmed
from saphena.inference.observe import observe
from saphena.inference.posterior import posterior
from saphena.inference.prepare import prepare
from tests.tiny import case, condition, finding, mechanism, model_of, score


def two() -> Model:
    return model_of(
        condition("a", 0.2, {"ache": 0.5, "lump": 0.8}),
        condition("b", 0.1, {"ache": 0.9}),
        findings=(finding("ache", 0.1), finding("lump", 0.2)),
    )


def evidence_of(model: Model, **findings: str) -> Any:
    return prepare(model, observe(model, case(findings=findings)))


def numbers(evidence: Any) -> tuple[Any, Any]:
    """Chances that each condition (rows a, b) causes ache and lump, and the leaks of both, as compiled."""
    return evidence.link[:, :, 1], evidence.leak[:, 1]


def test_the_single_disorder_is_one_world_for_each_condition() -> None:
    evidence = evidence_of(two(), ache="present", lump="absent")
    (a, b), leak = numbers(evidence)
    # Worlds with exactly one condition: ache present, lump absent, by noisy-OR.
    world_a = 0.2 * 0.9 * (1 - (1 - a[0]) * (1 - leak[0])) * (1 - a[1]) * (1 - leak[1])
    world_b = 0.8 * 0.1 * (1 - (1 - b[0]) * (1 - leak[0])) * (1 - leak[1])
    found = single_disorder(evidence)
    np.testing.assert_allclose(found, np.array([world_a, world_b]) / (world_a + world_b), rtol=1e-9)


def test_a_known_condition_stays_beside_the_single_one() -> None:
    model = two()
    evidence = prepare(model, observe(model, case(findings={"ache": "present"}, known_conditions=["b"])))
    found = single_disorder(evidence)
    assert np.isfinite(found).all()
    assert found[0] > 0


def test_naive_bayes_multiplies_what_each_finding_says_alone() -> None:
    evidence = evidence_of(two(), ache="present", lump="absent")
    (a, b), leak = numbers(evidence)
    # One finding at a time, the other condition averaged out over its prior.
    quiet_a, quiet_b = 0.8 + 0.2 * (1 - a[0]), 0.9 + 0.1 * (1 - b[0])
    ache_a = (1 - (1 - a[0]) * (1 - leak[0]) * quiet_b) / (1 - (1 - leak[0]) * quiet_b)
    ache_b = (1 - (1 - b[0]) * (1 - leak[0]) * quiet_a) / (1 - (1 - leak[0]) * quiet_a)
    odds = np.array([0.2 / 0.8 * ache_a * (1 - a[1]), 0.1 / 0.9 * ache_b])  # The lump says nothing of b.
    np.testing.assert_allclose(naive_bayes(evidence), odds / (1 + odds), rtol=1e-9)


def test_naive_bayes_counts_one_cause_twice_where_the_network_does_not() -> None:
    model = model_of(
        condition("a", 0.1, mechanisms={"inflamed": 0.9}),
        findings=(finding("heat", 0.05), finding("red", 0.05)),
        mechanisms=(mechanism("inflamed", 0.1, {"heat": 0.9, "red": 0.9}),),
    )
    evidence = evidence_of(model, heat="present", red="present")
    assert (
        naive_bayes(evidence)[0]
        > posterior(model, observe(model, case(findings={"heat": "present", "red": "present"})))
        .conditions[0]
        .probability
    )


def test_without_findings_naive_bayes_is_the_prior() -> None:
    np.testing.assert_allclose(naive_bayes(evidence_of(two())), [0.2, 0.1], rtol=1e-9)


def test_orders_leave_out_what_is_known() -> None:
    model = two()
    observation = observe(model, case(findings={"ache": "present"}, known_conditions=["a"]))
    found = orders(model, observation, posterior(model, observation, sufficiency=True))
    assert set(found.values()) == {("b",)}


def test_each_order_follows_its_own_value() -> None:
    model = two()
    observation = observe(model, case(findings={"ache": "present"}))
    found = orders(model, observation, posterior(model, observation, sufficiency=True))
    assert found["prior"] == ("a", "b")
    # P(a | ache) from four worlds: 0.2 and 0.1 prior, ache by a 0.5, by b 0.9, by both 1 - 0.5 * 0.1 / 0.9.
    weight = {"ab": 0.02 * (1 - 0.5 * 0.1 / 0.9), "a": 0.18 * 0.5, "b": 0.08 * 0.9}
    assert weight["a"] > weight["b"]
    assert found["presence"] == found["single"] == ("a", "b")


# --- scores ----------------------------------------------------------------------------------


def scored() -> Model:
    points_ = score(
        "ten", {"lump": (2, {"present": "lump"}), "other": (-2, {"present": "bruise"})}, {"present": "ache"}
    )
    return model_of(
        condition("a", 0.2, {"lump": 0.8}),
        findings=(finding("ache", 0.1), finding("lump", 0.2), finding("bruise", 0.2)),
        instruments=(points_,),
    )


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ({"lump": "present"}, None),  # Without the ache it does not apply.
        ({"ache": "present"}, 0),
        ({"ache": "present", "lump": "present"}, 2),  # An item not mentioned counts nothing.
        ({"ache": "present", "lump": "present", "bruise": "present"}, 0),
    ],
)
def test_a_score_says_where_it_applies(findings: dict[str, str], expected: float | None) -> None:
    model = scored()
    assert points(model, case(findings=findings), model.knowledge.instruments["ten"]) == expected


# --- two codings -----------------------------------------------------------------------------


def coded(id_: str, **findings: str) -> CodedCase:
    return CodedCase(id=id_, source="nowhere", case=case(findings=findings))


def gold(*conditions: str) -> Gold:
    return Gold.model_validate({"published": "x", "conditions": conditions})


def test_two_codings_are_compared_finding_by_finding() -> None:
    first = CaseSet(
        (coded("one", ache="present", lump="absent"), coded("two", ache="present")),
        {"one": gold("b"), "two": gold("b")},
    )
    second = {"one": coded("one", ache="present", lump="present"), "two": coded("two", lump="absent")}
    found = compare(two(), first, second)
    # one: ache alike, lump opposite; two: present against unknown, unknown against absent.
    assert (found.mentioned.same.hits, found.mentioned.same.of) == (1, 4)
    assert (found.opposite.hits, found.opposite.of) == (1, 2)
    # By chance: present 2/4 * 2/4, absent 1/4 * 1/4, unknown 1/4 * 1/4 = 6/16; kappa (4/16 - 6/16) / (10/16).
    assert found.mentioned.kappa.value == pytest.approx(-0.2)
    assert found.cases[0].differing == (("lump", "absent", "present"),)
    assert found.vocabulary.same.of == 4


def test_a_coding_of_another_case_is_refused() -> None:
    with pytest.raises(ValueError, match="second coding only"):
        compare(two(), CaseSet((), {}), {"one": coded("one", ache="present")})


# --- interviews and harm ---------------------------------------------------------------------


def test_the_patient_tells_what_is_asked_and_no_more() -> None:
    model = two()
    patient = Patient(model, case(findings={"ache": "present", "lump": "absent"}))
    assert patient.start().findings == {"ache": "present"}  # The chief complaint.
    assert patient.answer("lump") == {"lump": "absent"}
    assert Patient(model, case(findings={"ache": "present"})).answer("lump") == {"lump": "unknown"}


def test_an_interview_of_all_that_there_is_ends_as_the_full_case() -> None:
    # After the ache b leads; the lump, which only a causes, makes it a.
    model = model_of(
        condition("a", 0.05, {"ache": 0.5, "lump": 0.8}),
        condition("b", 0.2, {"ache": 0.9}),
        findings=(finding("ache", 0.1), finding("lump", 0.01)),
    )
    one = simulate_interview(model, coded("one", ache="present", lump="present"), gold("a"))
    assert one is not None
    assert (one.end.leader, one.end.rank) == (one.full.leader, one.full.rank) == ("a", 1)
    assert (one.questions, one.answered, one.until_leader) == (1, 1, 1)


@pytest.mark.parametrize(("leaders", "expected"), [("xaa", 1), ("axa", 2), ("aax", None), ("a", 0)])
def test_settled_is_from_when_it_stays(leaders: str, expected: int | None) -> None:
    course = [(i, Standing(leader=one, rank=1, triage="routine")) for i, one in enumerate(leaders)]
    assert settled(course, lambda s: s.leader == "a") == expected


def test_harm_loses_or_turns_round() -> None:
    model, rng = two(), np.random.default_rng(1)
    before = case(findings={"ache": "present", "lump": "absent"})
    assert harmed(model, before, "unknown", 1.0, rng).findings == {"ache": "unknown", "lump": "unknown"}
    assert harmed(model, before, "flipped", 1.0, rng).findings == {"ache": "absent", "lump": "present"}
    assert harmed(model, before, "flipped", 0.0, rng) == before


def test_the_share_harmed_is_the_share_asked_for() -> None:
    model, rng = two(), np.random.default_rng(2)
    before = case(findings={"ache": "present", "lump": "absent"})
    lost = sum(list(harmed(model, before, "unknown", 0.1, rng).findings.values()).count("unknown") for _ in range(2000))
    assert 0.1 * 4000 - 60 < lost < 0.1 * 4000 + 60  # Three standard deviations of 19.
