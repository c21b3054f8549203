"""``assess(model, case)``: the one function every interface calls, and what it returns."""

from saphena.assessment.assessing import assess
from saphena.assessment.shapes import (
    Assessment,
    ConditionAssessment,
    Credible,
    FindingsTogether,
    FindingWeight,
    Fit,
    FlagOpen,
    FlagRaised,
    JointExplanation,
    Move,
    NextFinding,
    NumberParent,
    SampledAnswer,
    Stability,
    StateProbability,
    ThresholdPassed,
    TriageAssessment,
)
from saphena.assessment.sources import citation, describe_parent, parent_of
from saphena.assessment.words import DISPLAY_CAP, frequency, likely, people, per_cent, shown

__all__ = [
    "DISPLAY_CAP",
    "Assessment",
    "ConditionAssessment",
    "Credible",
    "FindingWeight",
    "FindingsTogether",
    "Fit",
    "FlagOpen",
    "FlagRaised",
    "JointExplanation",
    "Move",
    "NextFinding",
    "NumberParent",
    "SampledAnswer",
    "Stability",
    "StateProbability",
    "ThresholdPassed",
    "TriageAssessment",
    "assess",
    "citation",
    "describe_parent",
    "frequency",
    "likely",
    "parent_of",
    "people",
    "per_cent",
    "shown",
]
