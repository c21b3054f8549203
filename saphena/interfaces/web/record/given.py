"""What a stored assessment said first: read from its JSON, since a page needs a few of its thousands of values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from pydantic import ValidationError

from saphena.assessment import Assessment
from saphena.records.shapes import Encounter, Level, StoredAssessment

FIRST = 4
"""Conditions that a page names."""


@dataclass(frozen=True)
class Chance:
    """One condition of a differential."""

    id: str
    group: str
    probability: float


@dataclass(frozen=True)
class Given:
    """Triage and differential, as they were given."""

    level: Level
    differential: tuple[Chance, ...]

    @property
    def leader(self) -> Chance | None:
        """The first of those that explain the complaint; none if none does."""
        return next((one for one in self.differential if one.group == "explains"), None)

    @property
    def known(self) -> tuple[Chance, ...]:
        """What had been diagnosed before."""
        return tuple(one for one in self.differential if one.group == "known")

    @property
    def shown(self) -> tuple[Chance, ...]:
        """What explains the complaint, may, or must not be missed; the first few."""
        wanted = ("explains", "must_not_miss", "may_explain")
        return tuple(one for one in self.differential if one.group in wanted)[:FIRST]


def given(stored: StoredAssessment) -> Given:
    """The answer that was stored."""
    held = stored.assessment
    entries = (Chance(one["id"], one["group"], one["probability"]) for one in held["differential"])
    return Given(cast(Level, held["triage"]["level"]), tuple(entries))


def last_said(said: Sequence[StoredAssessment], visits: Sequence[Encounter]) -> StoredAssessment | None:
    """The last answer to the last of these visits: an older visit may have been assessed again after it."""
    return next((one for one in reversed(said) if visits and one.encounter == visits[-1].id), None)


LEFT_OUT = ("next", "next_together", "sets", "used", "left_out", "warnings")
PLAN = (
    "staging",
    "next_steps",
    "investigations",
    "not_ordered",
    "rejected",
    "conflicts",
    "referrals",
    "follow_up",
)


def earlier(stored: StoredAssessment | None) -> str:
    """What the assessment page needs to compare with an earlier one, small enough to travel in a form.

    Empty where there is none, or where it was written in a form that is read no more.
    """
    if stored is None:
        return ""
    held = stored.assessment
    plan = {**held["plan"], **dict.fromkeys(PLAN, ())}
    plan["options"] = [{**one, "uses": (), "reasons": ()} for one in plan["options"] if one["status"] == "offered"]
    bare = {"weights": (), "explains": (), "states": (), "summary": "", "interval": None}
    entries = [{**one, **bare} for one in held["differential"]]
    small = {**held, **dict.fromkeys(LEFT_OUT, ()), "plan": plan, "differential": entries}
    try:
        return Assessment.model_validate(small).model_dump_json(exclude_defaults=True)
    except ValidationError:
        return ""
