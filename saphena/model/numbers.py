"""Authored numbers: every one carries its parent, a source with its words or an assumption that says so."""

from __future__ import annotations

from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


Probability = Annotated[float, Field(ge=0, le=1)]


OddsRatio = Annotated[float, Field(gt=0, le=10_000)]


SettingId = Literal[
    "primary_care",
    "vascular_clinic",
    "emergency_without_injury",
    "emergency_after_injury",
    "population",
]


AdultBand = Literal["18-44", "45-64", "65+"]


ChildBand = Literal["0-4", "5-9", "10-17"]


AgeBand = Literal["0-4", "5-9", "10-17", "18-44", "45-64", "65+"]


ObtainedBy = Literal["history", "examination", "bedside", "laboratory", "imaging", "neurophysiology", "histology"]


Sex = Literal["female", "male"]


TriageLevel = Literal["emergency", "same_day", "urgent", "routine", "self_care"]


NumberKind = Literal["seen", "recalled", "derived", "assumption"]


class Strict(BaseModel):
    """Base of every knowledge shape: frozen, and a key nobody declared is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, defer_build=True)


class Parent(Strict):
    """Where a number comes from: a source, a derivation from sources, or an assumption.

    ``source`` with ``quote`` means that somebody read those words (``seen``); ``source`` with
    ``recalled: true`` means nobody did yet. ``derived`` states the formula and lists its
    ``parents``. ``assumption`` gives reasoning for this very number and its ``range``.
    """

    source: Id | None = Field(None, description="Id in sources.json")
    quote: str | None = Field(None, description="The words of the source that give the number")
    population: str | None = Field(None, description="In whom the number was measured")
    recalled: bool = Field(False, description="True when the words were not read")
    derived: str | None = Field(None, description="Formula, in words, from the parents")
    parents: tuple[Id, ...] = Field((), description="Sources a derived number rests on")
    assumption: str | None = Field(None, description="Reasoning, specific to this number")
    range: tuple[float, float] | None = Field(None, description="Lowest and highest credible value")
    note: str | None = None

    @model_validator(mode="after")
    def _one_parent(self) -> Self:
        if self.source is None and self.derived is None and self.assumption is None:
            raise ValueError(
                "a number without a parent; add source and quote, or derived and parents, or assumption and range"
            )
        # Read ten thousand times at every start: the list is made only where it is wrong.
        if (self.source is not None) + (self.derived is not None) + (self.assumption is not None) > 1:
            given = [k for k in ("source", "derived", "assumption") if getattr(self, k) is not None]
            raise ValueError(f"more than one parent ({', '.join(given)}); keep one")
        if self.source is not None:
            if self.recalled == (self.quote is not None):
                raise ValueError(
                    "a source needs one of quote and recalled; add quote (the words were read) or recalled: true (they were not)"
                )
            if self.population is None:
                raise ValueError("a sourced number without population; add population: in whom it was measured")
        elif self.quote is not None or self.recalled:
            raise ValueError("quote or recalled without source; add source, or remove them")
        if self.derived is not None and not self.parents:
            raise ValueError("a derived number without parents; add parents: the sources it rests on")
        if self.derived is None and self.parents:
            raise ValueError("parents without derived; add derived: the formula in words")
        if self.assumption is not None and self.range is None:
            raise ValueError("an assumption without range; add range: [lowest, highest]")
        if self.range is not None and self.range[0] > self.range[1]:
            raise ValueError("the range is upside down; write [lowest, highest]")
        return self

    @property
    def kind(self) -> NumberKind:
        """How the number is known: seen, recalled, derived or assumption."""
        if self.source is not None:
            return "recalled" if self.recalled else "seen"
        return "derived" if self.derived is not None else "assumption"


class Value(Parent):
    """One probability with its parent."""

    value: Probability


class Sensitivity(Parent):
    """How often a finding is present in a condition; one number, or one for each grade.

    For a graded finding the numbers of ``grades`` are P(that grade | condition); what is left to
    one is grade 0. For findings on the ``complaint`` scale (onset, intensity) they are P(grade |
    the condition causes the complaint).
    """

    sensitivity: Probability | None = None
    grades: dict[Id, Probability] | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.sensitivity is None) == (self.grades is None):
            raise ValueError(
                "one number is needed; give either sensitivity (binary finding) or grades (graded finding)"
            )
        if self.grades is not None and sum(self.grades.values()) > 1 + 1e-9:
            raise ValueError("grades add up to more than 1; they exclude each other, so lower some")
        return self


class OddsRatioWith(Parent):
    """How much a risk factor multiplies the odds of a condition.

    ``measure`` says what the source reports; risk and hazard ratios are read as odds ratios, which
    is close while the condition is uncommon in the setting (below about 10 %).
    """

    odds_ratio: OddsRatio
    measure: Literal["odds_ratio", "risk_ratio", "hazard_ratio"] = "odds_ratio"
    group: Id | None = Field(None, description="Factors that travel together: the strongest counts")


class AgeOddsRatios(Parent):
    """Odds multipliers of adults at the centres of the age bands; in between, interpolated on the log odds."""

    odds_ratios: dict[AdultBand, Annotated[float, Field(gt=0, le=1000)]]


class SexOddsRatios(Parent):
    """Odds multipliers by sex; 0 where the condition cannot exist."""

    odds_ratios: dict[Sex, Annotated[float, Field(ge=0, le=1000)]]


class ChildPrior(Parent):
    """P(the condition is present) among children who bring a leg complaint to a setting, by age band."""

    bands: dict[ChildBand, Probability]

    @model_validator(mode="after")
    def _every_band(self) -> Self:
        if set(self.bands) != set(get_args(ChildBand)):
            raise ValueError("a band of childhood is missing; give 0-4, 5-9 and 10-17 (0 where it cannot be)")
        return self


class Link(Parent):
    """Probability that a condition, when present, switches a hidden mechanism on."""

    probability: Probability
