"""Knowledge of one or two invented illnesses, small enough to work out on paper.

Settings (kappa 0.3 and 0.5, index share 0.75, two-sided leak 0.4, prior cap 0.7, floor 1e-5, band centres 31, 55
and 75 years), sentences and sources come from ``tests/bad_knowledge/base``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from saphena import Case, Model
from saphena.model.care import Care, Fact, Investigation, Treatment
from saphena.model.compile import compile_model
from saphena.model.instruments import InstrumentFile
from saphena.model.load import load
from saphena.model.schema import (
    ConditionFile,
    Finding,
    Knowledge,
    Measurement,
    Mechanism,
    RedFlag,
    RiskFactor,
)

BASE = Path(__file__).parent / "bad_knowledge" / "base"
SETTINGS = ("primary_care", "vascular_clinic", "emergency_without_injury", "emergency_after_injury", "population")
PARENT: dict[str, Any] = {"assumption": "Invented for a test.", "range": (0.0, 1.0)}
EVEN_AGES = {"18-44": 1.0, "45-64": 1.0, "65+": 1.0}
EVEN_SEXES = {"female": 1.0, "male": 1.0}


def case(**more: Any) -> Case:
    """A woman of 55 years, the centre of an age band, of whom nothing is known."""
    return Case.model_validate({"age": 55, "sex": "female", "setting": "primary_care", **more})


def finding(id_: str, leak: float | dict[str, float] = 0.0, by: tuple[Any, ...] = (), **more: Any) -> Finding:
    """A finding; graded where its leak is given by grade."""
    graded = isinstance(leak, dict)
    form = {"kind": "graded", "grades": ("none", *leak)} if isinstance(leak, dict) else {}
    number = {"grades" if graded else "value": leak, "by": [{**PARENT, **b} for b in by], **PARENT}
    return Finding.model_validate(
        {"id": id_, "name": id_, "question": f"{id_}?", "definition": id_, "leak": number, **form, **more}
    )


def links(numbers: dict[str, Any]) -> dict[str, Any]:
    """Sensitivities by finding; a dict is one number for each grade."""
    return {id_: {"grades" if isinstance(n, dict) else "sensitivity": n, **PARENT} for id_, n in numbers.items()}


def prior(value: float) -> dict[str, Any]:
    return {setting: {"value": value, **PARENT} for setting in SETTINGS}


def childhood(young: float, middle: float, older: float) -> dict[str, Any]:
    """The same priors of children in every setting: 0-4, 5-9 and 10-17 years."""
    bands = {"0-4": young, "5-9": middle, "10-17": older}
    return {setting: {"bands": bands, **PARENT} for setting in SETTINGS}


def switches(numbers: dict[str, float]) -> dict[str, Any]:
    return {id_: {"probability": p, **PARENT} for id_, p in numbers.items()}


def state(id_: str, p: float, findings: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"id": id_, "name": id_, "prior": prior(p), "findings": links(findings or {}), **more}


def condition(
    id_: str,
    p: float | None = 0.1,
    findings: dict[str, Any] | None = None,
    *,
    age: dict[str, float] | None = EVEN_AGES,
    sex: dict[str, float] = EVEN_SEXES,
    context: dict[str, Any] | None = None,
    mechanisms: dict[str, float] | None = None,
    two_sided: float | None = None,
    must_not_miss: dict[str, Any] | None = None,
    requires: tuple[str, ...] = (),
    **more: Any,
) -> ConditionFile:
    """An illness; a number in ``context`` is an odds ratio, a pair an odds ratio and its group."""
    file: dict[str, Any] = {
        "id": id_,
        "name": id_,
        "summary": id_,
        "reviewed": None,
        "age": None if age is None else {"odds_ratios": age, **PARENT},
        "sex": {"odds_ratios": sex, **PARENT},
        "findings": links(findings or {}),
        "mechanisms": switches(mechanisms or {}),
        "context": {
            factor: {"odds_ratio": n[0], "group": n[1], **PARENT}
            if isinstance(n, tuple)
            else {"odds_ratio": n, **PARENT}
            for factor, n in (context or {}).items()
        },
        **more,
    }
    if p is not None:
        file["prior"] = prior(p)
    if two_sided is not None:
        file["two_sided"] = {"value": two_sided, **PARENT}
    if must_not_miss is not None:
        file["must_not_miss"] = {**must_not_miss, **PARENT}
    if requires:
        file["requires"] = {"any_of": requires}
    return ConditionFile.model_validate(file)


def mechanism(id_: str, leak: float, findings: dict[str, Any], two_sided: float = 0.5) -> Mechanism:
    return Mechanism.model_validate(
        {
            "id": id_,
            "name": id_,
            "definition": id_,
            "leak": {"value": leak, **PARENT},
            "two_sided": {"value": two_sided, **PARENT},
            "findings": {
                f: {"grades" if isinstance(n, dict) else "probability": n, **PARENT} for f, n in findings.items()
            },
        }
    )


def factor(id_: str, prevalence: float, **more: Any) -> RiskFactor:
    return RiskFactor.model_validate(
        {
            "id": id_,
            "name": id_,
            "question": f"{id_}?",
            "definition": id_,
            "prevalence": {"value": prevalence, **PARENT},
            **more,
        }
    )


def flag(id_: str, triage: str, when: dict[str, Any], entry: tuple[str, ...], **more: Any) -> RedFlag:
    return RedFlag.model_validate(
        {
            "id": id_,
            "name": id_,
            "triage": triage,
            "entry": entry,
            "when": when,
            "action": "Act.",
            "tell_patient": "Act.",
            "source": "blue_2001",
            "recalled": True,
            **more,
        }
    )


def measurement(id_: str, unit: str, reads: list[dict[str, Any]], **more: Any) -> Measurement:
    for reading in reads:
        reading["cutoffs"] = [{**cutoff, **PARENT} for cutoff in reading["cutoffs"]]
    return Measurement.model_validate(
        {"id": id_, "name": id_, "unit": unit, "plausible": (0, 1000), "reads": reads, **more}
    )


def score(
    id_: str, items: dict[str, tuple[float, dict[str, Any]]], applies: dict[str, Any] | None = None, about: str = "a"
) -> InstrumentFile:
    return InstrumentFile.model_validate(
        {
            "id": id_,
            "name": id_,
            "use_for": "tests",
            "about": about,
            "applies": applies or {"age": {"at_least": 0}},
            "items": [{"id": i, "name": i, "points": points, "when": when} for i, (points, when) in items.items()],
            "bands": [],
            "source": "blue_2001",
            "recalled": True,
        }
    )


CITED: dict[str, Any] = {"judged": "Invented for a test."}


def treatment(id_: str, *indications: dict[str, Any], **more: Any) -> Treatment:
    """A medicine for ``(condition, line)`` pairs given as keyword dicts."""
    uses = [{"line": "first", "strength": "strong", "aim": "relief", **CITED, **one} for one in indications]
    base = {"id": id_, "name": id_, "kind": "medicine", "what": id_, "patient": f"You take {id_}."}
    return Treatment.model_validate({**base, "indications": uses, **more})


def obstacle(id_: str, severity: str = "contraindicated", **more: Any) -> dict[str, Any]:
    return {"id": id_, "severity": severity, "reason": f"because of {id_}", **CITED, **more}


def fact(id_: str, **more: Any) -> Fact:
    return Fact.model_validate({"id": id_, "name": id_, "question": f"{id_}?", "definition": id_, **more})


def investigation(id_: str, yields: tuple[str, ...] = (), **more: Any) -> Investigation:
    base = {"id": id_, "name": id_, "patient": id_, "obtained_by": "imaging", "yields": yields, "cost_tier": 1}
    where = {"invasiveness": "none", "radiation": "none", "delay": "hours", "available": {}}
    return Investigation.model_validate({**base, **where, **CITED, **more})


def care_of(*held: Treatment | Fact | Investigation, **more: Any) -> Care:
    """Care of just these."""
    return Care(
        treatments={x.id: x for x in held if isinstance(x, Treatment)},
        facts={x.id: x for x in held if isinstance(x, Fact)},
        investigations={x.id: x for x in held if isinstance(x, Investigation)},
        **more,
    )


def knowledge(
    *conditions: ConditionFile,
    findings: tuple[Finding, ...],
    mechanisms: tuple[Mechanism, ...] = (),
    factors: tuple[RiskFactor, ...] = (),
    flags: tuple[RedFlag, ...] = (),
    measurements: tuple[Measurement, ...] = (),
    instruments: tuple[InstrumentFile, ...] = (),
    care: Care | None = None,
    obtained_by: dict[str, str] | None = None,
) -> Knowledge:
    """Knowledge of just these; findings come from the history unless ``obtained_by`` says otherwise."""
    return load(BASE).knowledge.model_copy(
        update={
            "conditions": {c.id: c for c in conditions},
            "findings": {f.id: f for f in findings},
            "obtained_by": {f.id: (obtained_by or {}).get(f.id, "history") for f in findings},
            "mechanisms": {m.id: m for m in mechanisms},
            "risk_factors": {f.id: f for f in factors},
            "red_flags": flags,
            "measurements": {m.id: m for m in measurements},
            "instruments": {i.id: i for i in instruments},
            "care": care or Care(),
        }
    )


def model_of(*conditions: ConditionFile, **more: Any) -> Model:
    return compile_model(knowledge(*conditions, **more))
