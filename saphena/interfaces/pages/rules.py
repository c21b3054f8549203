"""Page of all rules: what each asks, who says so, and the edge cases that it is tried on."""

from __future__ import annotations

from typing import Any

from saphena.assessment import citation
from saphena.evaluation.rules import Named, read_frozen, rules_of
from saphena.interfaces.pages.markdown import page, section, table
from saphena.model.network import Model
from saphena.model.rules import Bounds, Rule

TITLES = {
    "red_flags": "Red flags",
    "obstacles": "Contraindications and cautions",
    "indications": "Where a treatment is asked for by a rule",
    "sequences": "Steps of investigation",
    "referrals": "Referrals by a rule",
}


def rules_page(model: Model) -> str:
    """Every rule, its source and its frozen cases."""
    frozen = read_frozen()
    parts = [
        "Each rule is tried on frozen cases just inside it, just outside by one fact, and with that fact unknown; every "
        "change of a clause, a count, a bound or a grade must disagree with one of them. `saphena knowledge rules` runs "
        "them; the cases are in `saphena/knowledge/cases/rules`."
    ]
    groups: dict[str, list[Named]] = {}
    for named in rules_of(model):
        groups.setdefault(named.group, []).append(named)
    for group, held in groups.items():
        rows = []
        for named in held:
            cases = frozen.get(group, {}).get(named.name, [])
            truths = [one["holds"] for one in cases]
            tried = f"{truths.count(True)} in, {truths.count(False)} out, {truths.count(None)} open"
            rows.append((named.name, words(model, named.rule), _source(model, named.source), tried))
        parts.append(section(TITLES[group], table(("Rule", "Holds where", "Source", "Cases"), rows)))
    return page("# Rules", *parts)


def _source(model: Model, source: str) -> str:
    held = model.knowledge.sources.get(source)
    if held is None:
        return source
    return f"[{citation(held)}]({held.URL})" if held.URL else citation(held)


def words(model: Model, rule: Rule) -> str:
    """A rule in words."""
    k = model.knowledge
    name = rule.predicate
    value: Any = getattr(rule, name)
    if name == "all":
        return " and ".join(_inner(model, part) for part in value)
    if name == "any":
        return " or ".join(_inner(model, part) for part in value)
    if name == "not_":
        return f"not {_inner(model, value)}"
    if name == "at_least":
        return f"at least {value.n} of: {'; '.join(words(model, part) for part in value.of)}"
    if name in ("present", "absent", "both_legs", "one_leg"):
        tail = {"present": "", "absent": " absent", "both_legs": " in both legs", "one_leg": " in one leg"}[name]
        return f"{k.findings[value].name.lower()}{tail}"
    if name in ("grade", "duration"):
        bound, word = ("at least", value.at_least) if value.at_least else ("at most", value.at_most)
        return f"{k.findings[value.finding].name.lower()} {bound} {str(word).replace('_', ' ')}"
    if name in ("measure", "difference"):
        unit = "" if k.measurements[value.id].unit == "1" else f" {k.measurements[value.id].unit}"
        told = k.measurements[value.id].name.lower()
        return f"{told}{' of the legs differs' if name == 'difference' else ''} {bounds(value)}{unit}"
    if name == "context":
        held = k.risk_factors.get(value) or k.care.facts[value]
        return held.name.lower()
    if name == "known":
        return f"known {k.conditions[value].name.lower()}"
    if name == "score":
        return f"{k.instruments[value.id].name} {bounds(value)}"
    if name == "age":
        return f"age {bounds(value)}"
    if name == "pregnancy_weeks":
        return f"pregnant, weeks {bounds(value)}"
    return {"pregnant": "pregnant", "sex": f"{value}", "setting": f"in {value}".replace("_", " ")}.get(
        name, f"the clinician says {value}".replace("_", " ")
    )


def _inner(model: Model, rule: Rule) -> str:
    told = words(model, rule)
    return f"({told})" if rule.parts and len(rule.parts) > 1 else told


def bounds(held: Bounds) -> str:
    """Bounds in words."""
    told = [
        f"{word} {number:g}"
        for word, number in (
            ("at least", held.at_least),
            ("above", held.above),
            ("at most", held.at_most),
            ("below", held.below),
        )
        if number is not None
    ]
    return " and ".join(told)
