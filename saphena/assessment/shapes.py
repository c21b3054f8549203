"""What an assessment holds, as types; also the JSON Schema that other programs read."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from saphena.assessment.plan_shapes import PlanShown, Shape
from saphena.model.numbers import TriageLevel
from saphena.pathway.differential import Group


class NumberParent(Shape):
    """Where a number used here comes from."""

    kind: Literal["seen", "recalled", "derived", "assumption"]
    number: str = Field(description="The number as authored")
    source: str | None = Field(None, description="Citation")
    url: str | None = None
    quote: str | None = None
    reasoning: str | None = None


class FindingWeight(Shape):
    """What one finding did to one condition."""

    finding: str
    name: str
    leg: str | None
    value: str
    decibans: float = Field(description="10 log10 of the factor on the odds; leave-one-out")
    parent: NumberParent | None = Field(description="None where the condition does not cause the finding")


class StateProbability(Shape):
    id: str
    name: str
    probability: float


class Credible(Shape):
    """How far the uncertainty of the model's numbers reaches; it knows nothing of what the model leaves out."""

    low: float
    high: float = Field(description="Ends of the 95 % interval of the probability")
    average: float = Field(description="Average over the draws, weighted by how well each explains the case")
    best_rank: int
    worst_rank: int = Field(description="Ends of the 95 % interval of the rank by probability")
    draws: int


class ConditionAssessment(Shape):
    """One condition of the differential."""

    id: str
    name: str
    group: Group
    prior: float = Field(description="For this age, sex, setting and risk factors, before the findings")
    probability: float = Field(description="Of presence, not of being the cause; 0 to 1, uncapped")
    standard_error: float | None = Field(None, description="Of the probability, in a sampled answer")
    shown: str = Field(description="As it is shown: in words, per cent, natural frequency")
    interval: Credible | None = Field(None, description="None if intervals were not asked for")
    states: tuple[StateProbability, ...]
    explains: tuple[str, ...] = Field(description="Present findings that it accounts for, given that it is present")
    of: int = Field(description="Number of present findings that belong to the complaint")
    weights: tuple[FindingWeight, ...]
    shared_decibans: float = Field(description="Shared between findings, or explained away")
    benign: bool
    summary: str


class JointExplanation(Shape):
    """Conditions taken together: these are present, and no other that explains or must not be missed."""

    states: tuple[str, ...] = Field(description="condition, or condition.state; empty: none of them is present")
    names: tuple[str, ...]
    probability: float


class FlagRaised(Shape):
    id: str
    name: str
    level: TriageLevel
    because: tuple[str, ...]
    action: str
    tell_patient: str
    source: str
    suspects: tuple[str, ...]


class FlagOpen(Shape):
    """A red flag that is not answered: unknown is not no."""

    id: str
    name: str
    level: TriageLevel
    ask: tuple[str, ...] = Field(description="Ids of what to ask")
    questions: tuple[str, ...]


class ThresholdPassed(Shape):
    condition: str
    name: str
    probability: float
    threshold: float
    level: TriageLevel


class TriageAssessment(Shape):
    level: TriageLevel
    name: str
    clinician: str
    patient: str
    reason: Literal["red_flag", "probability", "benign", "nothing_known", "default"]
    red_flags: tuple[FlagRaised, ...]
    must_not_miss: tuple[ThresholdPassed, ...]
    unanswered: tuple[FlagOpen, ...]


class Move(Shape):
    """How the strongest answer would move one condition."""

    condition: str
    name: str
    before: float
    after: float


class NextFinding(Shape):
    """A question, sign or result worth having next."""

    finding: str
    name: str
    question: str
    obtained_by: str
    information: float = Field(description="Expected information about the conditions, in bits")
    utility: float = Field(description="Expected fall of the harm of acting wrongly, less the cost of asking")
    chance: float = Field(description="P(not absent, or above the lowest grade)")
    moves: tuple[Move, ...] = Field(description="What the strongest answer would move most")


class FindingsTogether(Shape):
    """Several of them worth having in one go."""

    obtained_by: str
    region: str | None = Field(description="Of an examination")
    findings: tuple[str, ...] = Field(description="Ids, the most useful first")
    names: tuple[str, ...]
    information: float = Field(description="Expected joint information about the conditions, in bits")
    single_information: tuple[float, ...] = Field(description="Of each one alone")
    utility: float = Field(description="Expected fall of the harm of acting wrongly, less the cost of all of them")


class Stability(Shape):
    """Does the answer stay the same when every number of the model is drawn from its own range?"""

    leader_first: float | None = Field(
        description="Share of the draws in which the first of those that explain is the same; None without one"
    )
    triage_same: float = Field(description="Share of the draws with the same level of triage")


class Fit(Shape):
    """How well the case fits the model."""

    level: Literal["explained", "partly", "improbable", "poor", "outside", "nothing_found", "no_findings"] = Field(
        description="outside: an age or a complaint that the model is not about; nothing_found: all that was asked is absent"
    )
    sentence: str
    poor_fit: float | None = Field(description="Mean share of the present findings that no condition caused")
    poor_fit_with_others: float | None = Field(description="The same, findings outside the vocabulary included")
    unexplained: tuple[str, ...] = Field(description="Findings that probably no modelled condition caused")
    uncommon: tuple[str, ...] = Field(
        (),
        description="Uncommon conditions each of which a finding probably needs; two or more are improbable together",
    )
    nothing_explains: float | None = Field(description="P(no modelled condition causes anything present)")


class SampledAnswer(Shape):
    """An answer estimated from samples, because exact inference could not carry the case."""

    sentence: str
    draws: int = Field(description="Independent joint samples, each with a weight")
    effective: float = Field(description="Equally weighted samples that would be as good")
    acceptance: float = Field(description="Mean weight; 1 if the samples were drawn from the answer itself")
    standard_error: float = Field(description="Largest of any probability of the answer")


class Assessment(Shape):
    """Everything Saphena says about one case."""

    format: Literal[2] = Field(2, description="Version of this shape; 2 added the plan")
    intended_use: str
    software: str
    model: str = Field(description="Version of the model: hash of its numbers and rules")
    care: str = Field(description="Version of what is said about investigations, instruments, treatment and referral")
    setting: str
    triage: TriageAssessment
    differential: tuple[ConditionAssessment, ...]
    sets: tuple[JointExplanation, ...] = Field(
        (),
        description="The most probable sets among the conditions that explain the complaint or must not be missed, "
        "whatever else is present",
    )
    any_must_not_miss: float | None = Field(
        None,
        description="P(at least one condition that must not be missed is present), those known beforehand left out; "
        "None without a differential",
    )
    next: tuple[NextFinding, ...] = Field(
        (), description="Unanswered findings by expected utility; empty if not asked for"
    )
    next_together: tuple[FindingsTogether, ...] = Field(
        (), description="For each way of obtaining findings the best ones to obtain in one go; best first"
    )
    stability: Stability | None = Field(None, description="None if intervals were not asked for")
    fit: Fit
    plan: PlanShown
    sampled: SampledAnswer | None = Field(None, description="None if the probabilities are exact")
    used: tuple[str, ...] = Field(description="Observations that entered inference")
    left_out: tuple[str, ...]
    warnings: tuple[str, ...]
