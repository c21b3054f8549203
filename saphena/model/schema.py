"""The shape of every knowledge file, as types; also the JSON Schema that editors use.

One class per kind of file. Unknown keys are refused everywhere, and every number carries its
parent (``Parent``). Rules that need more than one file live in ``check.py``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from saphena.model.care import (
    Care,
    CareFile,
    FactsFile,
    InvestigationsFile,
    ObstaclesFile,
    SequencesFile,
    TreatmentsFile,
)
from saphena.model.instruments import InstrumentFile
from saphena.model.medicines import Medicine, MedicinesFile, Together
from saphena.model.numbers import (
    AdultBand,
    AgeBand,
    AgeOddsRatios,
    ChildPrior,
    Id,
    Link,
    ObtainedBy,
    OddsRatioWith,
    Parent,
    Probability,
    Sensitivity,
    SettingId,
    Sex,
    SexOddsRatios,
    Strict,
    TriageLevel,
    Value,
)
from saphena.model.rules import Rule
from saphena.model.stored import Stored
from saphena.model.texts import ArticleFile, ArticleRow, TextFile, Words, WordsFile

Codes = dict[Literal["icd10", "icd10cm", "hpo", "loinc", "snomed_gps", "atc"], tuple[str, ...]]


class State(Strict):
    """A stage or subtype of a condition; the states of one condition exclude each other."""

    id: Id
    name: str
    codes: Codes = {}
    prior: dict[SettingId, Value] = {}
    children: dict[SettingId, ChildPrior] = {}
    age: AgeOddsRatios | None = None
    sex: SexOddsRatios | None = None
    mechanisms: dict[Id, Link] = {}
    findings: Stored[Sensitivity] = Field(default_factory=lambda: Stored({}))


class MustNotMiss(Parent):
    """From which probability a dangerous condition is acted on, and how soon."""

    threshold: Probability
    triage: TriageLevel
    states: tuple[Id, ...] = Field((), description="States that count; all if empty")


class Requires(Strict):
    """A condition that cannot exist without one of these exposures."""

    any_of: tuple[Id, ...] = Field(min_length=1)


class Reviewed(Strict):
    """Which clinician has read the file, and when."""

    by: str
    on: str


class Example(Strict):
    """A short case that belongs to the condition: documentation and test at once."""

    name: str
    case: dict[str, Any]
    expect: ExampleExpectation


class ExampleExpectation(Strict):
    in_top: int | None = Field(None, ge=1, le=10)
    triage: TriageLevel | None = None


class ConditionFile(Strict):
    """One disease or disorder: priors, risk factors, findings, states, examples."""

    id: Id
    name: str
    synonyms: tuple[str, ...] = ()
    summary: str
    codes: Codes = {}
    reviewed: Reviewed | None
    benign: bool = Field(False, description="A condition that may lead to self-care")
    one_sided: bool = Field(False, description="Acute and of one leg: links to the index leg only")
    two_sided: Value | None = Field(None, description="P(both legs | condition), if not one_sided")
    must_not_miss: MustNotMiss | None = None
    prior: dict[SettingId, Value] = Field({}, description="Of adults; only for a condition without states")
    children: dict[SettingId, ChildPrior] = Field(
        {}, description="Priors below 18 years; without them it is not weighed in a child"
    )
    age: AgeOddsRatios | None = Field(None, description="Of adults; left out where only children have it")
    sex: SexOddsRatios
    context: dict[Id, OddsRatioWith] = {}
    requires: Requires | None = None
    mechanisms: dict[Id, Link] = {}
    findings: Stored[Sensitivity]
    stages: bool = Field(False, description="States run from milder to worse")
    states: tuple[State, ...] = ()
    limits: str | None = Field(None, description="What this file is known to get wrong")
    examples: tuple[Example, ...] = ()

    @model_validator(mode="after")
    def _forms(self) -> Self:
        own = bool(self.prior or self.children)
        if own == bool(self.states) or not all(s.prior or s.children for s in self.states):
            raise ValueError(
                "priors stand in the wrong place; give prior or children for a condition without states, or in every state"
            )
        holders = self.states or (self,)
        if any(holder.prior and (holder.age or self.age) is None for holder in holders):
            raise ValueError("adults have no age multipliers; add age: {odds_ratios: ..., assumption: ...}")
        if self.one_sided and self.two_sided is not None:
            raise ValueError("one_sided and two_sided exclude each other; keep one")
        if len(self.states) == 1:
            raise ValueError("a single state is no state; write its prior and findings in the condition")
        return self


class Leak(Parent):
    """P(finding | no modelled condition), per grade if graded, with exceptions by age band and sex."""

    value: Probability | None = None
    grades: dict[Id, Probability] | None = None
    by: tuple[LeakException, ...] = ()

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.value is None) == (self.grades is None):
            raise ValueError("one leak is needed; give either value (binary finding) or grades (graded finding)")
        if self.grades is not None and sum(self.grades.values()) > 1 + 1e-9:
            raise ValueError("grades add up to more than 1; they exclude each other, so lower some")
        return self


class LeakException(Parent):
    """The leak in one age band or sex, where it differs much."""

    age: AgeBand | Literal["0-17"] | None = Field(None, description="0-17 holds for every band of childhood")
    sex: Sex | None = None
    value: Probability | None = None
    grades: dict[Id, Probability] | None = None

    @model_validator(mode="after")
    def _narrower(self) -> Self:
        if self.age is None and self.sex is None:
            raise ValueError("an exception for nobody; add age or sex")
        if (self.value is None) == (self.grades is None):
            raise ValueError("one leak is needed; give either value or grades")
        return self


class Finding(Strict):
    """Anything observed: symptom, sign or result."""

    id: Id
    name: str = Field(description="The clinician's term")
    question: str = Field(description="Asked of a patient; a plain sentence")
    definition: str = Field(description="So precise that two people code one sentence alike")
    synonyms: tuple[str, ...] = ()
    kind: Literal["binary", "graded"] = "binary"
    grades: tuple[Id, ...] = Field((), description="From nothing to strongest; graded findings only")
    scale: Literal["finding", "complaint"] = "finding"
    sided: bool = False
    cardinal: bool = Field(False, description="A narrator would mention it if it were there")
    incidental: bool = Field(False, description="Evidence of a condition, not part of the complaint")
    red_flag: bool = False
    given: Id | None = Field(None, description="Asked only when this parent is present")
    asked_at: tuple[float, float] | None = Field(None, description="Years of age at which it is asked; else at any")
    region: Literal["leg", "hip", "knee", "foot", "back", "nerves", "general"] = "leg"
    codes: Codes = {}
    leak: Leak

    def is_asked_at(self, age: float) -> bool:
        """Is it asked of somebody of this age?"""
        return self.asked_at is None or self.asked_at[0] <= age < self.asked_at[1]

    @model_validator(mode="after")
    def _grades_fit(self) -> Self:
        if (self.kind == "graded") != (len(self.grades) >= 3):
            raise ValueError(
                "grades do not fit the kind; a graded finding has at least three (the first means none), a binary one none"
            )
        if self.given is not None and self.kind != "binary":
            raise ValueError("a child finding (given) must be binary; make it binary, or remove given")
        named = self.leak.grades
        if self.kind == "graded":
            if named is None or set(named) - set(self.grades[1:]):
                raise ValueError(
                    f"the leak has not the grades of the finding; give grades among {', '.join(self.grades[1:])}"
                )
        elif named is not None:
            raise ValueError("a binary finding has no grades; give the leak a value")
        return self


class FindingsFile(Strict):
    """Findings that are obtained in one way."""

    obtained_by: ObtainedBy
    findings: tuple[Finding, ...]


class AgeAdjusted(Strict):
    over: float
    per_year: float


class Cutoff(Parent):
    """From which value a measurement means a grade."""

    grade: Id
    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None
    age_adjusted: AgeAdjusted | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if all(getattr(self, k) is None for k in ("above", "at_least", "below", "at_most")):
            raise ValueError("a cut-off without bound; add above, at_least, below or at_most")
        return self


class Reading(Strict):
    """The finding that a measurement is read as; the first cut-off that holds gives the grade."""

    finding: Id
    cutoffs: tuple[Cutoff, ...] = Field(min_length=1)
    unknown_if: Id | None = Field(None, description="A binary finding which, when present, makes this one unknown")
    difference: bool = Field(False, description="Read from index leg minus other leg")


class Measurement(Strict):
    """A number with a unit that is read as findings by published cut-offs."""

    id: Id
    name: str
    unit: str = Field(description="Canonical unit; '1' for a ratio")
    units: dict[str, float] = Field({}, description="Accepted units and their factor to the canonical one")
    plausible: tuple[float, float]
    sided: bool = False
    synonyms: tuple[str, ...] = ()
    codes: Codes = {}
    reads: tuple[Reading, ...] = ()
    context: Id | None = Field(None, description="Context that the value sets")
    context_at_least: float | None = None


class MeasurementsFile(Strict):
    measurements: tuple[Measurement, ...]


class MechanismFinding(Parent):
    """Probability that a mechanism, when on, causes a finding (or each grade of it)."""

    probability: Probability | None = None
    grades: dict[Id, Probability] | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.probability is None) == (self.grades is None):
            raise ValueError(
                "one number is needed; give either probability (binary finding) or grades (graded finding)"
            )
        return self


class Mechanism(Strict):
    """A hidden state that several conditions share and that causes several findings."""

    id: Id
    name: str
    definition: str
    leak: Value
    two_sided: Value = Field(description="P(both legs | the mechanism is on)")
    findings: dict[Id, MechanismFinding]


class MechanismsFile(Strict):
    mechanisms: tuple[Mechanism, ...]


class RiskFactor(Strict):
    """Known context: acts on prior odds, never observed as a finding."""

    id: Id
    name: str
    question: str
    definition: str
    synonyms: tuple[str, ...] = ()
    prevalence: BySetting
    only_sex: Sex | None = None
    only_ages: tuple[float, float] | None = Field(None, description="Years in which it can be present")
    lasting: bool = Field(False, description="Once present, present for life: carried from one visit to the next")
    codes: Codes = {}


class RiskFactorsFile(Strict):
    risk_factors: tuple[RiskFactor, ...]


class SettingDefinition(Strict):
    id: SettingId
    name: str
    definition: str


class BySetting(Parent):
    """A probability, the same in all settings or one for each."""

    value: Probability | None = None
    settings: dict[SettingId, Probability] | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.value is None) == (self.settings is None):
            raise ValueError("one number is needed; give either value (all settings) or settings (one number each)")
        return self

    def at(self, setting: str) -> float:
        """The number for a setting."""
        if self.value is not None:
            return self.value
        return next((v for name, v in (self.settings or {}).items() if name == setting), 0.0)


class Harm(Parent):
    """What missing a condition of a triage level costs, in units of one missed routine condition."""

    harm: Annotated[float, Field(gt=0)]


class Cost(Parent):
    """What one question or result costs, in the same units."""

    cost: Annotated[float, Field(ge=0)]


class AgeShares(Parent):
    """How many of a group of adults are in each age band."""

    shares: dict[AdultBand, Probability]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if set(self.shares) != set(get_args(AdultBand)) or abs(sum(self.shares.values()) - 1) > 1e-9:
            raise ValueError("the shares do not add up to 1; give one for each age band")
        return self


class Attenders(Strict):
    """Who brings a leg complaint; used where people are simulated, never for an assessment."""

    ages: AgeShares
    women: Value


class SettingsFile(Strict):
    settings: tuple[SettingDefinition, ...]
    chief_complaints: tuple[Id, ...] = Field(description="Findings an interview can start from, in this order")
    narrative_kappa: Value = Field(
        description="1 - P(not mentioned | present) / P(not mentioned | absent), cardinal findings"
    )
    narrative_kappa_examined: Value = Field(description="The same where the region was examined")
    age_band_centres: dict[AdultBand, float] = Field(description="Years; in between, log odds are interpolated")
    one_sided_on_index_leg: Value = Field(
        description="P(the index leg | a condition that may affect either leg affects one)"
    )
    leak_two_sided: Value = Field(description="P(both legs | an unmodelled cause of a sided finding)")
    prior_cap: Value = Field(description="No prior is above this")
    harm_of_missing: dict[TriageLevel, Harm]
    harm_of_treating_wrongly: Harm = Field(description="Of a dangerous condition that is not there")
    treat_threshold: Value = Field(
        description="Probability from which a dangerous condition is treated unless disproved"
    )
    ordinary_threshold: Value = Field(description="Probability from which a condition without a threshold is acted on")
    cost_of_asking: dict[ObtainedBy, Cost]
    cost_of_each_further: dict[ObtainedBy, Value] = Field(
        description="Share of the cost of asking that each further finding costs when several are obtained together"
    )
    dangerous_floor: BySetting = Field(description="No prior of a must-not-miss condition is below this")
    attenders: Attenders


class RedFlag(Strict):
    """A rule over findings that sets triage by itself; no probability lowers it."""

    id: Id
    name: str
    triage: TriageLevel
    suspects: tuple[Id, ...] = Field((), description="Conditions it speaks for; empty if none is modelled")
    entry: tuple[Id, ...] = Field(min_length=1, description="Findings to ask first; any of them opens the flag")
    per_leg: bool = Field(False, description="All parts of the rule must hold on the same leg")
    when: Rule
    action: str = Field(description="What a clinician does now")
    tell_patient: str
    source: Id
    quote: str | None = None
    recalled: bool = False
    note: str | None = None

    @model_validator(mode="after")
    def _read_or_recalled(self) -> Self:
        if self.recalled == (self.quote is not None):
            raise ValueError("a red flag needs one of quote and recalled; add quote, or recalled: true")
        return self


class RedFlagsFile(Strict):
    red_flags: tuple[RedFlag, ...]


class Source(BaseModel):
    """One item of the CSL-JSON bibliography, with how well it is known in ``custom``."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: Id
    type: str
    title: str
    URL: str | None = None
    custom: SourceCustom


class SourceCustom(Strict):
    how_known: Literal["seen", "recalled"]
    depth: Literal["full", "abstract", "digest"] | None = None


class Knowledge(Strict):
    """Everything the knowledge folder says, as one value."""

    settings: SettingsFile
    sources: Stored[Source]
    findings: dict[Id, Finding]
    obtained_by: dict[Id, str]
    measurements: dict[Id, Measurement]
    mechanisms: dict[Id, Mechanism]
    risk_factors: dict[Id, RiskFactor]
    red_flags: tuple[RedFlag, ...]
    instruments: Stored[InstrumentFile]
    conditions: dict[Id, ConditionFile]
    texts: dict[str, TextFile]
    words: Stored[dict[Id, Words]] = Field(default_factory=lambda: Stored({}))
    """Language -> id of a finding, measurement, risk factor or condition -> its words."""
    patient_words: Stored[dict[str, dict[Id, Words]]] = Field(default_factory=lambda: Stored({}))
    """Language -> what (conditions, red_flags, treatments, ...) -> id -> what a patient is told of it."""
    article: tuple[ArticleRow, ...] = ()
    medicines: Stored[Medicine] = Field(default_factory=lambda: Stored({}))
    together: tuple[Together, ...] = ()
    """What several medicines mean together."""
    care: Care = Care()


FILE_KINDS: dict[str, type[BaseModel]] = {
    "condition": ConditionFile,
    "findings": FindingsFile,
    "measurements": MeasurementsFile,
    "mechanisms": MechanismsFile,
    "risk_factors": RiskFactorsFile,
    "red_flags": RedFlagsFile,
    "instrument": InstrumentFile,
    "settings": SettingsFile,
    "text": TextFile,
    "words": WordsFile,
    "article": ArticleFile,
    "facts": FactsFile,
    "medicines": MedicinesFile,
    "obstacles": ObstaclesFile,
    "treatments": TreatmentsFile,
    "investigations": InvestigationsFile,
    "sequences": SequencesFile,
    "referral": CareFile,
}
