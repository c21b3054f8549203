"""The end of an interview, in the patient's words: how soon, what it may be, and why."""

from __future__ import annotations

from typing import Any

from saphena.assessment import Assessment, ConditionAssessment, assess, likely, people
from saphena.assessment.leaflet import LEAST, SHOWN, leaflet
from saphena.case import Case
from saphena.interfaces.web.interview.wording import Wording
from saphena.model.network import Model

DANGERS = 2
MORE = 4
"""Conditions mentioned without their drawing."""
SPEAKS_FROM = 1.0
"""Decibans from which a finding is named as speaking for a condition."""
NAMED = 4


def result_of(model: Model, case: Case, wording: Wording) -> dict[str, Any]:
    """What the result page shows."""
    answer = assess(model, case, wording.language.code)
    explains = [c for c in answer.differential if c.group == "explains" and c.probability >= LEAST][:SHOWN]
    dangers = [c for c in answer.differential if c.group == "must_not_miss" and c not in explains][:DANGERS]
    rest = [
        c for c in answer.differential if c not in explains + dangers and c.probability >= LEAST and c.group != "known"
    ]
    raised = [f for f in answer.triage.red_flags if f.level == answer.triage.level]
    return {
        "answer": answer,
        "reasons": [wording.flag_told(flag.id) for flag in raised[:2]],
        "conditions": [_shown(c, wording, danger=c.group == "must_not_miss") for c in explains + dangers],
        "more": [(wording.condition(c.id), people(c.probability)) for c in rest[:MORE]],
        "back": _section(model, answer, wording, "back"),
        "meanwhile": _section(model, answer, wording, "yourself"),
    }


def leaflet_of(model: Model, case: Case, wording: Wording) -> dict[str, Any]:
    """The same as a leaflet."""
    answer = assess(model, case, wording.language.code)
    return {"sections": leaflet(model, answer, wording.language.code), "level": answer.triage.level}


def _section(model: Model, answer: Assessment, wording: Wording, id_: str) -> tuple[str, ...]:
    parts = leaflet(model, answer, wording.language.code)
    return next((part.lines for part in parts if part.id == id_), ())


def _shown(one: ConditionAssessment, wording: Wording, danger: bool) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": wording.condition(one.id),
        "told": wording.condition_told(one.id),
        "people": people(one.probability),
        "likely": likely(wording.model, one.probability, wording.language.code),
        "danger": danger,
        "speaks": list(
            dict.fromkeys(
                wording.name(w.finding)
                for w in sorted(one.weights, key=lambda w: -w.decibans)
                if w.decibans >= SPEAKS_FROM and not w.value.startswith(("absent", "none"))
            )
        )[:NAMED],
    }
