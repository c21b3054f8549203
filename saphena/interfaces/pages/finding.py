"""The page of one finding: definition, question, leak, and what raises it."""

from __future__ import annotations

from saphena.interfaces.pages.condition import holders
from saphena.interfaces.pages.markdown import codes, number, page, parent, section, table
from saphena.model.network import Model
from saphena.model.numbers import Sensitivity
from saphena.model.schema import ConditionFile, State


def finding_page(model: Model, id_: str) -> str:
    """Markdown of one finding."""
    k = model.knowledge
    finding = k.findings[id_]
    facts = [
        ("Id", f"`{id_}`"),
        ("Asked of a patient", finding.question),
        ("Also called", ", ".join(finding.synonyms)),
        ("Obtained by", k.obtained_by[id_]),
        ("Values", "present or absent" if finding.kind == "binary" else " < ".join(finding.grades)),
        ("Given", f"[{k.findings[finding.given].name}]({finding.given}.md)" if finding.given else ""),
        ("Side", "each leg by itself" if finding.sided else ""),
        ("Codes", codes(finding.codes)),
        ("Read from", ", ".join(m.name for m in k.measurements.values() if any(r.finding == id_ for r in m.reads))),
        *((f"In {language}", _words(of[id_].name, of[id_].question)) for language, of in k.words.items() if id_ in of),
    ]
    leak = finding.leak
    background = [("everybody", number(leak.value, leak.grades), parent(model, leak))] + [
        (" ".join(x for x in (e.age, e.sex) if x), number(e.value, e.grades), parent(model, e)) for e in leak.by
    ]
    return page(
        f"# {finding.name}",
        finding.definition,
        "\n".join(f"- {name}: {text}" for name, text in facts if text),
        section("Without any modelled condition", table(("who", "present in", "parent"), background)),
        section("What raises it", table(("condition", "present in", "parent"), _raised_by(model, id_))),
        section("Mechanisms", table(("mechanism", "present in", "parent"), _mechanisms(model, id_))),
    )


def _words(name: str, question: str | None) -> str:
    return f"{name}. {question}" if question else name


def raised_by(model: Model, id_: str) -> list[tuple[ConditionFile, ConditionFile | State, Sensitivity]]:
    """Conditions and states that have a number for a finding, the highest first."""
    found = [
        (condition, holder, value)
        for condition in model.knowledge.conditions.values()
        for holder in holders(condition)
        for value in (holder.findings.get(id_),)
        if value is not None
    ]
    return sorted(found, key=lambda row: (-_size(row[2]), row[0].name, row[1].name))


def _raised_by(model: Model, id_: str) -> list[tuple[str, str, str]]:
    return [
        (
            f"[{condition.name}](../conditions/{condition.id}.md)"
            + ("" if holder is condition else f", {holder.name}"),
            number(value.sensitivity, value.grades),
            parent(model, value),
        )
        for condition, holder, value in raised_by(model, id_)
    ]


def _size(value: Sensitivity) -> float:
    return value.sensitivity if value.sensitivity is not None else sum((value.grades or {}).values())


def _mechanisms(model: Model, id_: str) -> list[tuple[str, str, str]]:
    held = [(m.name, m.findings[id_]) for m in model.knowledge.mechanisms.values() if id_ in m.findings]
    return [(name, number(value.probability, value.grades), parent(model, value)) for name, value in held]
