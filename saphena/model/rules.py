"""Rules as data: a small closed set of predicates over a case, evaluated in three-valued logic.

A rule is one mapping with one key. Unknown stays unknown: ``all`` is false as soon as one part is
false, ``any`` is true as soon as one part is true, ``at_least`` counts, ``not`` turns round.
``one_leg`` alone does not wait for an answer: who tells of one leg only means one leg, and to take the
other for possibly the same would let silence hold back a red flag.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class Shape(BaseModel):
    """Base of every shape here: frozen, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)


class AtLeast(Shape):
    """At least ``n`` of the rules hold."""

    n: Annotated[int, Field(ge=1)]
    of: tuple[Rule, ...] = Field(min_length=1)


class Grade(Shape):
    """A graded finding is at or above (or at or below) a grade."""

    finding: Id
    at_least: Id | None = None
    at_most: Id | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a grade needs one bound; give either at_least or at_most")
        return self


class Bounds(Shape):
    """Bounds on a number; at least one of them."""

    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if all(getattr(self, k) is None for k in ("at_least", "above", "at_most", "below")):
            raise ValueError("no bound; give at_least, above, at_most or below")
        return self


class Measure(Bounds):
    """A measurement, in its canonical unit, lies within bounds."""

    id: Id


class Difference(Bounds):
    """A measurement differs between the legs (this leg minus the other) within bounds."""

    id: Id


class Score(Bounds):
    """A published score lies within bounds; unknown items leave a range of possible scores."""

    id: Id


class Rule(Shape):
    """One predicate."""

    all: tuple[Rule, ...] | None = Field(None, min_length=1)
    any: tuple[Rule, ...] | None = Field(None, min_length=1)
    not_: Rule | None = Field(None, alias="not")
    at_least: AtLeast | None = None
    present: Id | None = None
    absent: Id | None = None
    both_legs: Id | None = None
    one_leg: Id | None = Field(None, description="Stated of a leg, and not known of the other")
    grade: Grade | None = None
    measure: Measure | None = None
    difference: Difference | None = None
    context: Id | None = None
    known: Id | None = Field(None, description="Diagnosed before; open where it is neither known nor excluded")
    age: Bounds | None = None
    sex: Literal["female", "male"] | None = None
    pregnant: Literal[True] | None = None
    pregnancy_weeks: Bounds | None = Field(None, description="Pregnant, and for so many completed weeks")
    setting: str | None = None
    duration: Grade | None = None
    score: Score | None = None
    clinician_says: Id | None = Field(None, description="An answer only a clinician can give")

    @model_validator(mode="after")
    def _one_predicate(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("a rule is one predicate; combine several with all, any or at_least")
        return self

    @cached_property
    def predicate(self) -> str:
        """Name of the one predicate that is set."""
        return next(iter(self.model_fields_set))

    @cached_property
    def findings(self) -> frozenset[str] | None:
        """Findings the rule speaks of, if it speaks of nothing else; otherwise None."""
        name = self.predicate
        value = getattr(self, name)
        if name in ("present", "absent", "both_legs", "one_leg"):
            return frozenset({value})
        if name in ("grade", "duration"):
            return frozenset({value.finding})
        inner = (value,) if name == "not_" else value.of if name == "at_least" else value
        if name not in ("all", "any", "not_", "at_least"):
            return None
        parts = [part.findings for part in inner]
        return None if None in parts else frozenset().union(*(part for part in parts if part is not None))

    @cached_property
    def parts(self) -> tuple[Rule, ...]:
        """The rules directly inside this one."""
        value = getattr(self, self.predicate)
        if self.predicate == "not_":
            return (value,)
        if self.predicate == "at_least":
            return tuple(value.of)
        return tuple(value) if self.predicate in ("all", "any") else ()

    @cached_property
    def scores(self) -> frozenset[str]:
        """Instruments the rule asks for, at any depth."""
        own = frozenset({self.score.id}) if self.score is not None else frozenset()
        return own.union(*(part.scores for part in self.parts))


for _shape in (AtLeast, Rule):
    _shape.model_rebuild()
