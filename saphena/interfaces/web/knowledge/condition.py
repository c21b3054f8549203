"""What the page of one condition shows."""

from __future__ import annotations

from typing import Any

from saphena.evaluation.recorded import ImpliedReport
from saphena.interfaces.pages.condition import SETTLES, holders, kinds
from saphena.interfaces.pages.markdown import SYSTEMS
from saphena.interfaces.pages.overview import KINDS
from saphena.interfaces.pages.rules import words
from saphena.interfaces.web.knowledge.reading import Number, Reading
from saphena.model.network import Model
from saphena.model.numbers import AgeOddsRatios, SexOddsRatios
from saphena.model.schema import ConditionFile, State


def condition_facts(reading: Reading, id_: str, implied: ImpliedReport | None) -> dict[str, Any]:
    """Everything the knowledge holds about one condition."""
    model = reading.model
    file = model.knowledge.conditions[id_]
    danger = file.must_not_miss
    counted = kinds(file)
    return {
        "file": file,
        "codes": [(SYSTEMS.get(system, system), ", ".join(of)) for system, of in file.codes.items() if of],
        "synonyms": _synonyms(reading, file),
        "counts": [(kind, counted[kind]) for kind in KINDS if counted[kind]],
        "total": sum(counted.values()),
        "danger": reading.number(danger, reading.digits(danger.threshold)) if danger else None,
        "two_sided": reading.number(file.two_sided, reading.digits(file.two_sided.value)) if file.two_sided else None,
        "priors": _priors(reading, file),
        "multipliers": _multipliers(reading, file),
        "needed": reading.links("risk_factors", file.requires.any_of) if file.requires else None,
        "factors": [
            (reading.name("risk_factors", factor), reading.number(value, reading.digits(value.odds_ratio)))
            for factor, value in sorted(file.context.items(), key=lambda pair: -abs(pair[1].odds_ratio - 1))
        ],
        "findings": _findings(reading, file),
        "mechanisms": _mechanisms(reading, file),
        "settles": _settles(reading, file),
        "flags": [flag for flag in model.knowledge.red_flags if id_ in flag.suspects],
        "instruments": [one.id for one in model.knowledge.instruments.values() if one.about == id_],
        **_care(reading, id_),
        "implied": [row for row in implied.rows if _of(row.condition, id_)] if implied else [],
        "implied_model": implied.model if implied else "",
        "not_placed": [row for row in implied.not_placed if _of(row.condition, id_)] if implied else [],
    }


def _of(condition: str, id_: str) -> bool:
    return condition.partition(".")[0] == id_


def _synonyms(reading: Reading, file: ConditionFile) -> tuple[str, ...]:
    words = reading.model.knowledge.words.get(reading.language.code, {}).get(file.id)
    return words.synonyms if words else file.synonyms


def _state(file: ConditionFile, holder: ConditionFile | State) -> str:
    return "" if holder is file else holder.name


def _priors(reading: Reading, file: ConditionFile) -> list[tuple[str, str, str, Number]]:
    """State, setting, band of childhood (empty for adults), number."""
    rows: list[tuple[str, str, str, Number]] = []
    for holder in holders(file):
        name = _state(file, holder)
        for setting, value in holder.prior.items():
            rows.append((name, setting, "", reading.number(value, reading.digits(value.value))))
        for setting, young in holder.children.items():
            for band, p in young.bands.items():
                rows.append((name, setting, str(band), reading.number(young, reading.digits(p))))
    return rows


def _multipliers(reading: Reading, file: ConditionFile) -> list[tuple[str, str, Number]]:
    """State, age band or sex, factor on the odds."""
    rows = []
    for holder in holders(file):
        own: tuple[AgeOddsRatios | SexOddsRatios | None, ...] = (holder.age, holder.sex)
        for value in own:
            if value is not None:
                for of, ratio in value.odds_ratios.items():
                    rows.append((_state(file, holder), str(of), reading.number(value, reading.digits(ratio))))
    return rows


def _findings(reading: Reading, file: ConditionFile) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """State, how obtained, rows: what tells most first. Onset, course and intensity stand by themselves."""
    k = reading.model.knowledge
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for holder in holders(file):
        for id_, value in holder.findings.items():
            finding = k.findings[id_]
            leak = finding.leak
            ratio, absent = _ratios(value.sensitivity, leak.value)
            by = "course" if finding.scale == "complaint" else k.obtained_by[id_]
            row = {
                "id": id_,
                "given": finding.given,
                "in": reading.number(value, reading.digits(value.sensitivity, value.grades)),
                "without": reading.number(leak, reading.digits(leak.value, leak.grades)),
                "ratio": reading.rounded(ratio) if ratio is not None else "–",
                "absent": reading.rounded(absent) if absent is not None else "–",
                "tells": ratio or 0.0,
            }
            found.setdefault((_state(file, holder), by), []).append(row)
    return [
        (state, by, sorted(rows, key=lambda row: -float(row["tells"])))
        for (state, by), rows in sorted(found.items(), key=lambda pair: (pair[0][0], pair[0][1] != "course"))
    ]


def _ratios(sensitivity: float | None, leak: float | None) -> tuple[float | None, float | None]:
    """Likelihood ratios of a present and an absent finding, against people with none of the conditions."""
    if sensitivity is None or leak is None:
        return None, None
    return (sensitivity / leak if leak > 0 else None), ((1 - sensitivity) / (1 - leak) if leak < 1 else None)


def _mechanisms(reading: Reading, file: ConditionFile) -> list[tuple[str, str, Number, Any]]:
    mechanisms = reading.model.knowledge.mechanisms
    return [
        (
            mechanisms[id_].name,
            _state(file, holder),
            reading.number(value, reading.digits(value.probability)),
            reading.links("findings", mechanisms[id_].findings),
        )
        for holder in holders(file)
        for id_, value in holder.mechanisms.items()
    ]


def _settles(reading: Reading, file: ConditionFile) -> list[tuple[str, str, list[str]]]:
    """Results that settle it, how they are obtained, and the investigations that give them."""
    k = reading.model.knowledge
    named = {f for holder in holders(file) for f in holder.findings}
    return [
        (f, k.obtained_by[f], [one.id for one in k.care.investigations.values() if f in one.yields])
        for f in k.findings
        if f in named and k.obtained_by[f] in SETTLES
    ]


def _care(reading: Reading, id_: str) -> dict[str, Any]:
    care = reading.model.knowledge.care
    treatments = [
        {
            "id": treatment.id,
            "state": (use.condition or "").partition(".")[2],
            "line": use.line,
            "aim": use.aim,
            "strength": use.strength,
            "when": rule_words(reading.model, use.when),
            "effect": use.effect.text if use.effect else "",
            "source": reading.ground(use),
            "against": [o for o in care.obstacles(treatment) if o.severity == "contraindicated"],
        }
        for treatment in care.treatments.values()
        for use in treatment.indications
        if use.condition and _of(use.condition, id_)
    ]
    order = ("first", "second", "third", "adjunct", "not_recommended", "harmful")
    treatments.sort(key=lambda row: order.index(str(row["line"])))
    return {
        "treatments": treatments,
        "sequences": [one for one in care.sequences if any(_of(c, id_) for c in one.about)],
        "refused": [
            (one.investigation, one.say, reading.ground(one))
            for one in care.not_recommended
            if any(_of(c, id_) for c in one.about)
        ],
        "referrals": [(one, reading.ground(one)) for one in care.referrals if any(_of(c, id_) for c in one.conditions)],
        "follow_up": [(one, reading.ground(one)) for one in care.follow_up if any(_of(c, id_) for c in one.conditions)],
    }


def rule_words(model: Model, rule: Any) -> str:
    """A rule in words; nothing for none."""
    return words(model, rule) if rule is not None else ""
