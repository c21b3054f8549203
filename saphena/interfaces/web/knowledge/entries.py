"""What the pages of findings, treatments, investigations and red flags show."""

from __future__ import annotations

from typing import Any

from saphena.interfaces.pages.finding import raised_by
from saphena.interfaces.pages.markdown import SYSTEMS
from saphena.interfaces.web.knowledge.condition import rule_words
from saphena.interfaces.web.knowledge.reading import Reading
from saphena.model.care import Investigation, Treatment


def finding_facts(reading: Reading, id_: str) -> dict[str, Any]:
    """Definition, question, background, and what raises it."""
    k = reading.model.knowledge
    finding = k.findings[id_]
    leak = finding.leak
    own = k.words.get(reading.language.code, {}).get(id_)
    return {
        "finding": finding,
        "question": own.question if own else finding.question,
        "question_own": own is not None or reading.language.code == "en",
        "synonyms": own.synonyms if own else finding.synonyms,
        "obtained_by": k.obtained_by[id_],
        "codes": [(SYSTEMS.get(system, system), ", ".join(of)) for system, of in finding.codes.items() if of],
        "background": [
            ("", "", reading.number(leak, reading.digits(leak.value, leak.grades))),
            *(
                (one.age or "", one.sex or "", reading.number(one, reading.digits(one.value, one.grades)))
                for one in leak.by
            ),
        ],
        "raised_by": [
            (
                condition.id,
                "" if holder is condition else holder.name,
                reading.number(value, reading.digits(value.sensitivity, value.grades)),
            )
            for condition, holder, value in raised_by(reading.model, id_)
        ],
        "mechanisms": [
            (
                m.name,
                reading.number(m.findings[id_], reading.digits(m.findings[id_].probability, m.findings[id_].grades)),
            )
            for m in k.mechanisms.values()
            if id_ in m.findings
        ],
        "measured": [
            (m, [(c, reading.number(c, _bound(reading, c))) for r in m.reads if r.finding == id_ for c in r.cutoffs])
            for m in k.measurements.values()
            if any(r.finding == id_ for r in m.reads)
        ],
        "investigations": [one.id for one in k.care.investigations.values() if id_ in one.yields],
        "children": [f.id for f in k.findings.values() if f.given == id_],
        "flags": [flag.id for flag in k.red_flags if id_ in flag.entry],
    }


def _bound(reading: Reading, cutoff: Any) -> str:
    signs = (("above", ">"), ("at_least", "≥"), ("below", "<"), ("at_most", "≤"))
    return " ".join(
        f"{sign} {reading.digits(float(value))}" for name, sign in signs if (value := getattr(cutoff, name)) is not None
    )


def obstacle_facts(reading: Reading, of: Treatment | Investigation) -> list[dict[str, Any]]:
    """What forbids it or asks for care, contraindications first."""
    return [
        {
            "severity": one.severity,
            "condition": one.condition,
            "when": rule_words(reading.model, one.when),
            "reason": one.reason,
            "source": reading.ground(one),
        }
        for one in sorted(reading.model.knowledge.care.obstacles(of), key=lambda o: o.severity != "contraindicated")
    ]


def treatment_facts(reading: Reading, id_: str) -> dict[str, Any]:
    """Indications with line, strength and effect; obstacles; interactions; monitoring."""
    care = reading.model.knowledge.care
    one = care.treatments[id_]
    own = reading.model.knowledge.patient_words.get(reading.language.code, {}).get("treatments", {}).get(id_)
    return {
        "one": one,
        "patient": own.patient if own and own.patient else one.patient,
        "patient_own": bool(own and own.patient) or reading.language.code == "en",
        "uses": [
            {
                "use": use,
                "when": rule_words(reading.model, use.when),
                "source": reading.ground(use),
                "effect": (use.effect.text, reading.ground(use.effect)) if use.effect else None,
            }
            for use in one.indications
        ],
        "obstacles": obstacle_facts(reading, one),
        "interactions": [(i, reading.ground(i)) for i in one.interactions],
        "article": [row for row in reading.model.knowledge.article if id_ in row.treatments],
    }


def investigation_facts(reading: Reading, id_: str) -> dict[str, Any]:
    """What it gives, what it costs the patient, where it is had, what forbids it."""
    k = reading.model.knowledge
    one = k.care.investigations[id_]
    own = k.patient_words.get(reading.language.code, {}).get("investigations", {}).get(id_)
    return {
        "one": one,
        "patient": own.patient if own and own.patient else one.patient,
        "patient_own": bool(own and own.patient) or reading.language.code == "en",
        "source": reading.ground(one),
        "obstacles": obstacle_facts(reading, one),
        "sequences": [
            (sequence, step, rule_words(reading.model, step.when), reading.ground(step))
            for sequence in k.care.sequences
            for step in sequence.steps
            if id_ in step.do
        ],
        "refused": [(n, reading.ground(n)) for n in k.care.not_recommended if n.investigation == id_],
        "article": [row for row in k.article if id_ in row.investigations],
    }


def flag_facts(reading: Reading, id_: str) -> dict[str, Any]:
    """The rule in words, what to do, who says so."""
    k = reading.model.knowledge
    flag = next(one for one in k.red_flags if one.id == id_)
    own = k.patient_words.get(reading.language.code, {}).get("red_flags", {}).get(id_)
    return {
        "flag": flag,
        "when": rule_words(reading.model, flag.when),
        "level": k.texts[reading.language.code].triage[flag.triage].name,
        "patient": own.patient if own and own.patient else flag.tell_patient,
        "patient_own": bool(own and own.patient) or reading.language.code == "en",
        "source": reading.flag(flag),
        "referrals": [(one, reading.ground(one)) for one in k.care.referrals if id_ in one.red_flags],
    }
