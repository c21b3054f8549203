"""The shape of an instrument: a published score, stage, set of criteria or formula, as data.

An instrument is a list of items and a list of bands. Items are answered yes or no, by a level, or by a
number; each answer has points. The points add up (or a formula makes one number of the items), and the
last band that holds is the result. What is not answered leaves a range of points and of bands.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from saphena.model.numbers import Id, Strict
from saphena.model.rules import Bounds, Rule, Shape


class Cited(Strict):
    """Who says so: the words of a source, a source from memory, or a judgement that says it is one."""

    source: Id | None = Field(None, description="Id in sources.json")
    quote: str | None = Field(None, description="The words of the source")
    recalled: bool = Field(False, description="True when the words were not read")
    judged: str | None = Field(None, description="Reasoning, where no source says it")
    note: str | None = None

    @model_validator(mode="after")
    def _one_ground(self) -> Self:
        if (self.source is None) == (self.judged is None):
            raise ValueError("one ground is needed; give source with quote or recalled: true, or judged: the reasoning")
        if self.source is not None and self.recalled == (self.quote is not None):
            raise ValueError("a source needs one of quote and recalled; add quote (words that were read) or recalled")
        if self.source is None and (self.quote is not None or self.recalled):
            raise ValueError("quote or recalled without source; add source, or remove them")
        return self


class Level(Strict):
    """One answer of a graded item, with its points."""

    id: Id
    name: str
    points: float
    when: Rule | None = Field(None, description="When a case has this level; the last that holds counts")


class Cut(Bounds):
    """A number within bounds has these points."""

    points: float


class Quantity(Strict):
    """A number that is measured or counted."""

    unit: str = Field(description="'1' for a ratio or a count")
    plausible: tuple[float, float] = Field(description="What lies outside is refused")
    measure: Id | None = Field(None, description="Measurement of a case that gives it")
    other_leg: bool = Field(False, description="Measured on the leg that is not scored")
    cuts: tuple[Cut, ...] = Field((), description="Points by value; without cuts the number itself counts")


class ScoreItem(Strict):
    """Yes or no (points), a level (levels), or a number (number)."""

    id: Id
    name: str
    points: float | None = Field(None, description="Of yes; no has 0")
    levels: tuple[Level, ...] = Field((), description="From the least to the most")
    number: Quantity | None = None
    when: Rule | None = Field(None, description="When a case answers yes")
    counted: bool = Field(True, description="False: decides bands, but adds nothing to the points")

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.points is not None) + bool(self.levels) + (self.number is not None) != 1:
            raise ValueError("an item has one form; give points (yes or no), levels, or number")
        if self.when is not None and self.points is None:
            raise ValueError("when belongs to a yes-or-no item; give each level its own when, or number.measure")
        return self

    @cached_property
    def range(self) -> tuple[float, float]:
        """Fewest and most points."""
        if self.points is not None:
            return min(0.0, self.points), max(0.0, self.points)
        if self.levels:
            points = [level.points for level in self.levels]
            return min(points), max(points)
        assert self.number is not None
        if self.number.cuts:
            points = [cut.points for cut in self.number.cuts]
            return min(points), max(points)
        return self.number.plausible

    @property
    def rules(self) -> tuple[Rule, ...]:
        """What it asks of a case."""
        return tuple(rule for rule in (self.when, *(level.when for level in self.levels)) if rule is not None)


class Value(Bounds):
    """Points of one item lie within bounds."""

    item: Id


class Part(Bounds):
    """Points of some of the items, added up, lie within bounds."""

    items: tuple[Id, ...] = Field(min_length=1)


class Several(Shape):
    """At least ``n`` of the criteria hold."""

    n: Annotated[int, Field(ge=1)]
    of: tuple[Criterion, ...] = Field(min_length=1)


class Criterion(Shape):
    """One predicate over the items of an instrument."""

    all: tuple[Criterion, ...] | None = Field(None, min_length=1)
    any: tuple[Criterion, ...] | None = Field(None, min_length=1)
    not_: Criterion | None = Field(None, alias="not")
    at_least: Several | None = None
    item: Id | None = Field(None, description="Yes, or any points above 0")
    value: Value | None = None
    part: Part | None = None
    total: Bounds | None = Field(None, description="Of all items, or of the formula")

    @model_validator(mode="after")
    def _one_predicate(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("a criterion is one predicate; combine several with all, any or at_least")
        return self

    @cached_property
    def predicate(self) -> str:
        """Name of the one predicate that is set."""
        return next(iter(self.model_fields_set))


for _shape in (Several, Criterion):
    _shape.model_rebuild()


class ScoreBand(Strict):
    """A result, from the mildest to the worst: from so many points on, or where a criterion holds."""

    id: Id | None = Field(None, description="Where other files refer to it")
    at_least: float | None = None
    when: Criterion | None = None
    name: str
    meaning: str

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if (self.at_least is None) == (self.when is None):
            raise ValueError("a band needs one bound; give at_least: points, or when: a criterion")
        return self


class WorkedExample(Cited):
    """Values with the result that a publication gives for them, or that follow from its table."""

    values: dict[Id, Any]
    points: float | None = None
    band: str | None = Field(None, description="Name of the band; None where the publication names none")
    bands: tuple[str, ...] = Field((), description="Every band still possible, where items are missing")


class Licence(Strict):
    """Whether the wording may be shipped."""

    shipped: bool = Field(description="False: only named here, with where to get it")
    terms: str
    where: str | None = Field(None, description="Where to get what is not shipped")


class InstrumentFile(Cited):
    """A published score; serves rules and the pathway, never the network."""

    id: Id
    name: str
    use_for: str
    kind: Literal["score", "stage", "criteria", "formula"] = Field(
        "score",
        description="A score speaks for or against what it is about, a stage says how severe it is, criteria hold or do "
        "not, a formula makes one number of several",
    )
    per_leg: bool = Field(False, description="Each leg has its own result")
    about: Id | None = Field(None, description="The condition that its highest band speaks for, or that it stages")
    applies: Rule | None = Field(None, description="Where it is asked; cases without this are none for it")
    items: tuple[ScoreItem, ...] = ()
    formula: Id | None = Field(None, description="Name of the function that makes one number of the items")
    unit: str | None = Field(None, description="Of the points, where they are no points")
    missing: Literal["range", "absent", "required", "mean"] = Field(
        "range",
        description="What the publication does with an item that is not recorded: leaves the result open, counts it as "
        "absent, gives no result, or fills in the mean of the others",
    )
    bands: tuple[ScoreBand, ...] = ()
    change: str | None = Field(None, description="Smallest change that matters, as published")
    licence: Licence = Licence(shipped=True, terms="Published criteria; item names in own words")
    limits: str | None = None
    clinician_item: Id | None = Field(None, description="An item only the clinician can answer")
    examples: tuple[WorkedExample, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.licence.shipped != bool(self.items):
            raise ValueError("items and licence disagree; an instrument is shipped with items, or named without them")
        if not self.licence.shipped and self.licence.where is None:
            raise ValueError("an instrument that is not shipped; add licence.where: where to get it")
        if (self.kind == "formula") != (self.formula is not None):
            raise ValueError("kind and formula disagree; a formula has kind: formula and formula: its name")
        names = [item.id for item in self.items]
        if len(set(names)) != len(names):
            raise ValueError("an item stands twice; give it another id")
        return self
