"""A case: one presentation of one person, without identity.

A plain shape that knows no vocabulary; ``inference.observe`` checks it against a model. What is not
mentioned is unknown, never absent.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

Leg = Literal["right", "left", "both"]
Origin = Literal["patient", "other_person", "examined", "measured"]
Answer = Literal["present", "absent", "unknown"]
Number = Annotated[float, Field(strict=True)]
"""Written as a number: ``true`` is not 1."""
Setting = Literal[
    "primary_care",
    "vascular_clinic",
    "emergency_without_injury",
    "emergency_after_injury",
    "population",
]

MOST_MEDICINES = 60
LONGEST_NAME = 100
"""Letters of what is written for one medicine."""


class Shape(BaseModel):
    """Base of every shape here: frozen, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Statement(Shape):
    """One finding as somebody stated it."""

    value: str | Number | None = Field(
        None, description="present, absent, unknown, the name of a grade, or a number with its unit ('1.2 mg/L FEU')"
    )
    at_least: str | None = Field(None, description="The grade is this or higher")
    at_most: str | None = Field(None, description="The grade is this or lower")
    leg: Leg | None = None
    certainty: Number = Field(
        1.0, gt=0.5, le=1, description="P(the statement is right), whatever the truth; 1 is certain, 0.5 says nothing"
    )
    origin: Origin | None = None
    date: datetime.date | None = None

    @model_validator(mode="after")
    def _one_value(self) -> Self:
        if sum(x is not None for x in (self.value, self.at_least, self.at_most)) != 1:
            raise ValueError("give exactly one of value, at_least and at_most; keep one")
        return self


class ByLeg(Shape):
    """One finding, leg by leg."""

    right: str | Number | None = None
    left: str | Number | None = None
    both: str | Number | None = None

    @model_validator(mode="after")
    def _some_leg(self) -> Self:
        if self.both is not None and (self.right is not None or self.left is not None):
            raise ValueError("both stands beside right or left; write either both, or each leg")
        if self.both is None and self.right is None and self.left is None:
            raise ValueError("no leg has a value; write right:, left: or both:")
        return self


def _form(value: Any) -> str | None:
    """Which way of writing a finding this is."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        return "WORD"
    if isinstance(value, int | float):
        return "NUMBER"
    if isinstance(value, list | tuple):
        return "LIST"
    if isinstance(value, Statement):
        return "STATEMENT"
    if isinstance(value, ByLeg):
        return "LEGS"
    if isinstance(value, dict):
        return "LEGS" if set(value) & {"right", "left", "both"} else "STATEMENT"
    return None


Written = Annotated[
    Annotated[str, Tag("WORD")]
    | Annotated[float, Tag("NUMBER")]
    | Annotated[ByLeg, Tag("LEGS")]
    | Annotated[Statement, Tag("STATEMENT")]
    | Annotated[tuple[Statement, ...], Tag("LIST")],
    Discriminator(
        _form,
        custom_error_type="value_form",
        custom_error_message="present, absent, unknown, the name of a grade, a number with its unit, or {right: ..., left: ...}",
    ),
]


class Case(Shape):
    """What is known about one person's leg complaint."""

    age: Number = Field(ge=0, le=120, description="Years; below 2 with decimals")
    sex: Literal["female", "male", "unknown"] = Field(description="As recorded")
    setting: Setting = Field(description="Where the person was seen")
    recording: Literal["interviewed", "narrative"] = Field(
        "interviewed",
        description="interviewed: what was not asked is unknown; narrative: a letter or vignette, in which "
        "a cardinal finding that is not mentioned counts a little against it",
    )
    examined: tuple[Literal["leg", "hip", "knee", "foot", "back", "nerves", "general"], ...] = Field(
        (), description="Regions that a narrative says were examined"
    )
    index_leg: Literal["right", "left"] | None = Field(None, description="Side of the main or more acute complaint")
    pregnancy_weeks: Number | None = Field(None, ge=0, le=45)
    context: dict[str, Answer] = Field({}, description="Risk factors, medicines, history")
    medicines: tuple[Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)], ...] = Field(
        (),
        max_length=MOST_MEDICINES,
        description="Taken now, by name or brand in English or Russian; a dose behind it is not read",
    )
    known_conditions: tuple[str, ...] = Field(
        (), description="Diagnosed before and still there; condition or condition.state"
    )
    excluded_conditions: tuple[str, ...] = ()
    findings: dict[str, Written] = Field({}, description="Symptoms, signs, measurements and results")
    other_findings: tuple[str, ...] = Field(
        (), description="Of weight, but not in the vocabulary; count as unexplained"
    )
    clinician_says: dict[str, Answer] = Field(
        {}, description="Answers only a clinician can give, such as an item of a score"
    )

    def statements(self) -> list[tuple[str, tuple[str | int, ...], Statement]]:
        """Every finding as (id, place in the case, statement)."""
        result: list[tuple[str, tuple[str | int, ...], Statement]] = []
        for id_, written in self.findings.items():
            place: tuple[str | int, ...] = ("findings", id_)
            if isinstance(written, Statement):
                result.append((id_, place, written))
            elif isinstance(written, ByLeg):
                for leg in ("right", "left", "both"):
                    value = getattr(written, leg)
                    if value is not None:
                        result.append((id_, (*place, leg), Statement(value=value, leg=leg)))
            elif isinstance(written, tuple):
                result += [(id_, (*place, i), statement) for i, statement in enumerate(written)]
            else:
                result.append((id_, place, Statement(value=written)))
        return result
