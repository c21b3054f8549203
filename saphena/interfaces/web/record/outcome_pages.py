"""Outcome and override: what it turned out to be, whether Saphena agreed, and how urgent the clinician found it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from saphena.interfaces.web.access import Clinician, Reader, record_of
from saphena.interfaces.web.record.fields import Fields, Sent, today
from saphena.interfaces.web.record.given import given
from saphena.interfaces.web.record.naming import Names
from saphena.interfaces.web.record.patient_page import names_of, visit_of
from saphena.interfaces.web.rendering import LEVELS, model_of, page
from saphena.records import Conflict, NotFound, RecordFault, assessments, outcomes, patients
from saphena.records.shapes import Outcome

router = APIRouter(include_in_schema=False)
TYPED = 3
"""Fields for diagnoses that Saphena did not offer."""
AGREEMENTS = ("yes", "partly", "no")


@router.get("/patients/{patient}/visits/{encounter}/outcome")
def outcome(request: Request, reader: Clinician, patient: str, encounter: str) -> Response:
    """What it turned out to be, as far as recorded."""
    return _page(request, reader, patient, encounter, None)


@router.post("/patients/{patient}/visits/{encounter}/outcome")
def judge(request: Request, reader: Clinician, patient: str, encounter: str, sent: Sent) -> Response:
    """Recorded; a later one is a new version and needs a reason. Or withdrawn as entered in error."""
    if sent["step"] == "withdraw":
        return _withdraw(request, reader, patient, encounter, sent)
    _ = sent.language.say
    names = names_of(request)
    conditions = _conditions(sent, names)
    words = sent.words("words")
    agreement = sent.choice("agreement", AGREEMENTS, _("Say whether Saphena’s answer agreed."))
    why_not = sent.words("why_not", _("Say what was different.") if agreement in ("partly", "no") else "")
    triage = sent.choice("triage", LEVELS)
    why_triage = sent.words("why_triage", _("Say why it was more or less urgent.") if triage else "")
    day = sent.date("date")
    seen = sent.whole("seen", 0, 1_000_000) or 0
    reason = sent.words("reason", _("Say why the outcome is changed.") if seen else "")
    if sent.errors or agreement is None or day is None:
        return _page(request, reader, patient, encounter, sent)
    over = tuple(one for one in sent.all("over") if one in conditions)
    try:
        with record_of(request).work(reader.actor("clinician")) as work:
            visit_of(work, patient, encounter)
            said = assessments.of(work, patient, encounter)
            outcomes.write(
                work,
                encounter,
                seen,
                day,
                agreement,  # type: ignore[arg-type]
                conditions=tuple(conditions),
                over=over,
                words=words,
                why_not=why_not if agreement != "yes" else None,
                triage=triage,  # type: ignore[arg-type]
                why_triage=why_triage if triage else None,
                assessment=said[-1].id if said else None,
                reason=reason,
                model=model_of(request),
            )
    except Conflict as conflict:
        return _page(request, reader, patient, encounter, sent, conflict.current)
    except NotFound:
        raise
    except RecordFault as fault:
        sent.blame_faulty(fault, "condition-0")
        return _page(request, reader, patient, encounter, sent)
    return RedirectResponse(f"/patients/{patient}", 303)


def _withdraw(request: Request, reader: Reader, patient: str, encounter: str, sent: Fields) -> Response:
    why = sent.words("why", sent.language.say("Say why it is withdrawn."))
    seen = sent.whole("seen", 1, 1_000_000)
    if why is None or seen is None:
        return _page(request, reader, patient, encounter, sent)
    try:
        with record_of(request).work(reader.actor("clinician")) as work:
            visit_of(work, patient, encounter)
            outcomes.withdraw(work, encounter, seen, why)
    except Conflict as conflict:
        return _page(request, reader, patient, encounter, sent, conflict.current)
    except NotFound:
        raise
    except RecordFault as fault:
        sent.blame_faulty(fault, "why")
        return _page(request, reader, patient, encounter, sent)
    return RedirectResponse(f"/patients/{patient}", 303)


def _conditions(sent: Fields, names: Names) -> list[str]:
    """Ticked among those offered, and typed by name."""
    _ = sent.language.say
    everyone = names.conditions()
    known = set(everyone.values())
    found = [one for one in sent.all("offered") if one in known]
    for place in range(TYPED):
        written = sent[f"condition-{place}"]
        if not written:
            continue
        id_ = names.condition_called(written)
        if id_ is None:
            like = ", ".join(f"“{name}”" for name in names.like(written, everyone))
            said = _("“%(written)s” is not in the vocabulary.") % {"written": written[:80]}
            hint = _("Did you mean %(names)s?") % {"names": like} if like else _("Write it in words below instead.")
            sent.blame(f"condition-{place}", f"{said} {hint}")
        else:
            found.append(id_)
    return list(dict.fromkeys(found))


def _page(
    request: Request,
    reader: Reader,
    patient: str,
    encounter: str,
    sent: Fields | None,
    newer: object = None,
) -> Response:
    names = names_of(request)
    with record_of(request).work(reader.actor("clinician")) as work:
        held = patients.get(work, patient)
        visit = visit_of(work, patient, encounter)
        said = assessments.of(work, patient, encounter)
        versions = outcomes.history(work, encounter)
    last: Outcome | None = versions[-1] if versions and not versions[-1].withdrawn else None
    answer = given(said[-1]) if said else None
    offered = [one.id for one in (*answer.shown, *answer.known)] if answer else []
    if last:
        offered = list(dict.fromkeys([*last.conditions, *offered]))
    return page(
        request,
        "record/outcome.html",
        409 if newer else 422 if sent else 200,
        patient=held,
        visit=visit,
        answer=answer,
        offered=offered,
        chances={one.id: one.probability for one in answer.differential} if answer else {},
        last=last,
        versions=versions,
        everyone=list(names.conditions()),
        names=names,
        typed=range(TYPED),
        sent=sent,
        withdrawing=sent is not None and sent["step"] == "withdraw",
        newer=newer,
        today=today(),
    )
