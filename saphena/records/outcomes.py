"""Outcomes: what it turned out to be, and whether Saphena had said so."""

from __future__ import annotations

import datetime
from typing import Any, get_args

import sqlalchemy as sa

from saphena.model.network import Model
from saphena.records import tables
from saphena.records.assessments import get as stored
from saphena.records.assessments import leader
from saphena.records.encounters import ENCOUNTERS
from saphena.records.errors import Conflict, NotFound, RecordFault
from saphena.records.record import Work
from saphena.records.shapes import Agreement, Level, Outcome
from saphena.records.versions import Versions
from saphena.records.written import day, maybe_words, one_of

OUTCOMES = Versions("outcome", tables.outcome_versions, Outcome)


def write(
    work: Work,
    encounter: str,
    seen: int,
    date: datetime.date,
    agreement: Agreement,
    *,
    conditions: tuple[str, ...] = (),
    over: tuple[str, ...] = (),
    words: str | None = None,
    why_not: str | None = None,
    triage: Level | None = None,
    why_triage: str | None = None,
    assessment: str | None = None,
    reason: str | None = None,
    model: Model | None = None,
) -> Outcome:
    """The outcome of a visit; ``seen`` is 0 for the first, later ones need a reason. Clinicians only.

    A visit has one outcome: what is written after it was withdrawn is its next version.
    """
    work.staff("clinician")
    visit = ENCOUNTERS.get(work, encounter)
    if visit.withdrawn:
        raise RecordFault("visit", "was withdrawn as entered in error", "Write it to the visit that was meant")
    _named(conditions, over, words, model)
    one_of("agreement", agreement, get_args(Agreement))
    because = maybe_words("why not", why_not)
    urgency = None if triage is None else one_of("triage", triage, get_args(Level))
    overridden = maybe_words("why this triage", why_triage)
    if agreement != "yes" and because is None:
        raise RecordFault("why not", "is empty", "Say in a few words where Saphena was wrong")
    if (urgency is None) != (overridden is None):
        raise RecordFault("triage", "an override is a level and its reason", "Give both, or neither")
    if assessment is not None and stored(work, assessment).encounter != encounter:
        raise NotFound("assessment", "is of another visit", "Choose one of this visit")
    content: dict[str, Any] = {
        "encounter": encounter,
        "date": day("date", date, work.now().date()),
        "conditions": list(conditions),
        "over": list(over),
        "words": maybe_words("diagnosis", words),
        "agreement": agreement,
        "why_not": because,
        "triage": urgency,
        "why_triage": overridden,
        "assessment": assessment,
    }
    present = get(work, encounter)
    if present is not None and seen:
        return OUTCOMES.change(work, present.id, seen, reason or "", anew=True, **content)
    if present is not None:
        message = f"there is one already, version {present.number}"
        raise Conflict("outcome", message, "Look at it, then correct it if need be", present)
    if seen:
        raise NotFound("outcome", "there is none of this visit yet", "Write it as the first")
    return OUTCOMES.add(work, visit.patient, **content)


def withdraw(work: Work, encounter: str, seen: int, reason: str) -> Outcome:
    """Entered in error. Clinicians only."""
    work.staff("clinician")
    present = get(work, encounter)
    if present is None:
        raise NotFound("outcome", "there is none of this visit", "Nothing needs to be done")
    return OUTCOMES.withdraw(work, present.id, seen, reason)


def get(work: Work, encounter: str) -> Outcome | None:
    """The latest version of the outcome of a visit, which may say that it was withdrawn."""
    visit = ENCOUNTERS.get(work, encounter)
    table = tables.outcome_versions.c
    id_ = work.connection.scalar(sa.select(table.id).where(table.encounter == visit.id).limit(1))
    return None if id_ is None else OUTCOMES.get(work, id_)


def of(work: Work, patient: str) -> list[Outcome]:
    """The latest outcome of each visit in order of date, without those that were withdrawn."""
    return OUTCOMES.of(work, patient)


def history(work: Work, encounter: str) -> list[Outcome]:
    """All versions, first to last."""
    found = get(work, encounter)
    return OUTCOMES.history(work, found.id) if found else []


def rows(work: Work, limit: int | None = None, offset: int | None = None) -> list[dict[str, Any]]:
    """For audit of the tool: one flat row per outcome in order of date, beside what the judged assessment had said."""
    work.staff("clinician", "administrator")
    result = []
    for one in OUTCOMES.present(work, limit=limit, offset=offset):
        work.note("export", "outcome", one.patient, one.id, one.number)
        judged = stored(work, one.assessment) if one.assessment else None
        said = judged.assessment if judged else {}
        probabilities = {entry["id"]: entry["probability"] for entry in said.get("differential", ())}
        result.append(
            {
                "outcome": one.id,
                "patient": one.patient,
                "encounter": one.encounter,
                "date": one.date.isoformat(),
                "conditions": " ".join(one.conditions),
                "outside_vocabulary": one.words or "",
                "agreement": one.agreement,
                "why_not": one.why_not or "",
                "clinician_triage": one.triage or "",
                "why_triage": one.why_triage or "",
                "said_triage": said["triage"]["level"] if said else "",
                "said_leader": (leader(said) or "") if said else "",
                "said_probabilities": " ".join(
                    f"{id_}={probabilities[id_.partition('.')[0]]:.4f}"
                    for id_ in one.conditions
                    if id_.partition(".")[0] in probabilities
                ),
                "model": judged.model if judged else "",
                "care": judged.care if judged else "",
                "software": judged.software if judged else "",
            }
        )
    return result


def _named(conditions: tuple[str, ...], over: tuple[str, ...], words: str | None, model: Model | None) -> None:
    if not conditions and maybe_words("diagnosis", words) is None:
        raise RecordFault("diagnosis", "is empty", "Choose conditions, or write the diagnosis in words")
    if len(set(conditions)) != len(conditions):
        raise RecordFault("diagnosis", "a condition stands twice", "Name each once")
    for name in over:
        one_of("over", name, conditions)
    for name in conditions if model is not None else ():
        assert model is not None
        condition, _, state = name.partition(".")
        one_of("condition", condition, model.knowledge.conditions)
        if state:
            one_of(f"state of {condition}", state, [one.id for one in model.knowledge.conditions[condition].states])
