"""The page of one condition: what it is, every number with its parent, what settles it, what is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from saphena.interfaces.pages.markdown import SETTING_NAMES, codes, number, page, parent, plain, section, sources, table
from saphena.model.check import walk
from saphena.model.network import Model
from saphena.model.numbers import AgeOddsRatios, SexOddsRatios
from saphena.model.schema import ConditionFile, State

SETTLES = ("laboratory", "imaging", "neurophysiology", "histology", "bedside")


def condition_page(model: Model, id_: str) -> str:
    """Markdown of one condition."""
    file = model.knowledge.conditions[id_]
    return page(
        f"# {file.name}",
        file.summary,
        _facts(file),
        section("How common it is", _priors(model, file), _multipliers(model, file)),
        section("Risk factors", _context(model, file)),
        section("Findings", *_findings(model, file)),
        section("Mechanisms", _mechanisms(model, file)),
        section("What settles it", _settles(model, file)),
        section("Red flags", _flags(model, id_)),
        section("Examples", _examples(file)),
        section("What is not modelled", file.limits or ""),
        section("Sources", sources(model, cited(file))),
    )


def holders(file: ConditionFile) -> tuple[ConditionFile | State, ...]:
    """The condition and its states: each may hold priors, findings and mechanisms."""
    return (file, *file.states)


def cited(file: ConditionFile) -> Iterator[str]:
    """Ids of the sources that the numbers of a file rest on."""
    for _, value in walk(file, ()):
        if value.source:
            yield value.source
        yield from value.parents


def kinds(file: ConditionFile) -> Counter[str]:
    """How many numbers of a file are known in which way."""
    return Counter(value.kind for _, value in walk(file, ()))


def _facts(file: ConditionFile) -> str:
    ages = {(True, True): "adults and children", (True, False): "adults", (False, True): "children"}
    known = ages[any(h.prior for h in holders(file)), any(h.children for h in holders(file))]
    danger = file.must_not_miss
    read = f"{file.reviewed.by}, {file.reviewed.on}" if file.reviewed else "by no clinician outside the project yet"
    facts = [
        ("Also called", ", ".join(file.synonyms)),
        ("Codes", codes(file.codes)),
        ("Modelled in", known),
        (
            "Legs",
            "one" if file.one_sided else f"both in {plain(file.two_sided.value)}" if file.two_sided else "no side",
        ),
        ("Must not be missed", f"from a probability of {plain(danger.threshold)}: {danger.triage}" if danger else ""),
        ("Numbers", ", ".join(f"{n} {kind}" for kind, n in kinds(file).most_common())),
        ("Reviewed", read),
    ]
    return "\n".join(f"- {name}: {text}" for name, text in facts if text)


def _priors(model: Model, file: ConditionFile) -> str:
    rows = []
    for holder in holders(file):
        name = "" if holder is file else holder.name
        for setting, value in holder.prior.items():
            rows.append((name, SETTING_NAMES[setting], "adults", plain(value.value), parent(model, value)))
        for setting, young in holder.children.items():
            bands = ", ".join(f"{band}: {plain(p)}" for band, p in young.bands.items())
            rows.append((name, SETTING_NAMES[setting], "children", bands, parent(model, young)))
    return table(("state", "setting", "who", "present in", "parent"), rows)


def _multipliers(model: Model, file: ConditionFile) -> str:
    rows = []
    for holder in holders(file):
        name = "" if holder is file else holder.name
        own: tuple[AgeOddsRatios | SexOddsRatios | None, ...] = (holder.age, holder.sex)
        for value in own:
            if value is not None:
                ratios = {str(k): v for k, v in value.odds_ratios.items()}
                rows.append((name, ", ".join(f"{k} × {plain(v)}" for k, v in ratios.items()), parent(model, value)))
    return table(("state", "odds by age or sex", "parent"), rows)


def _context(model: Model, file: ConditionFile) -> str:
    factors = model.knowledge.risk_factors
    rows = [
        (factors[id_].name, plain(v.odds_ratio), v.group or "", parent(model, v)) for id_, v in file.context.items()
    ]
    needed = ", ".join(factors[id_].name for id_ in file.requires.any_of) if file.requires else ""
    return page(
        f"It cannot exist without one of: {needed}." if needed else "",
        table(("factor", "odds ratio", "group", "parent"), rows),
    ).strip()


def _findings(model: Model, file: ConditionFile) -> Iterator[str]:
    for holder in holders(file):
        if not holder.findings:
            continue
        rows = []
        for id_, value in holder.findings.items():
            finding = model.knowledge.findings[id_]
            named = f"[{finding.name}](../findings/{id_}.md)" + (f", given {finding.given}" if finding.given else "")
            background = number(finding.leak.value, finding.leak.grades)
            rows.append((named, number(value.sensitivity, value.grades), background, parent(model, value)))
        name = "" if holder is file else f"In state *{holder.name}*:\n\n"
        yield name + table(("finding", "in this condition", "without any", "parent"), rows)


def _mechanisms(model: Model, file: ConditionFile) -> str:
    rows = []
    for holder in holders(file):
        for id_, value in holder.mechanisms.items():
            mechanism = model.knowledge.mechanisms[id_]
            through = ", ".join(model.knowledge.findings[f].name.lower() for f in mechanism.findings)
            state = "" if holder is file else holder.name
            rows.append((mechanism.name, state, plain(value.probability), through, parent(model, value)))
    return table(("mechanism", "state", "switched on in", "and through it", "parent"), rows)


def _settles(model: Model, file: ConditionFile) -> str:
    named = {f for holder in holders(file) for f in holder.findings}
    k = model.knowledge
    lines = [
        f"- [{k.findings[f].name}](../findings/{f}.md) ({k.obtained_by[f]})"
        for f in k.findings
        if f in named and k.obtained_by[f] in SETTLES
    ]
    return "\n".join(lines)


def _flags(model: Model, id_: str) -> str:
    rows = [(f.name, f.triage, f.action) for f in model.knowledge.red_flags if id_ in f.suspects]
    return table(("flag", "triage", "what to do"), rows)


def _examples(file: ConditionFile) -> str:
    lines = []
    for example in file.examples:
        wanted = example.expect
        told = [
            f"among the first {wanted.in_top}" if wanted.in_top else "",
            f"triage {wanted.triage}" if wanted.triage else "",
        ]
        lines.append(f"- {example.name}: {', '.join(t for t in told if t)}")
    return "\n".join(lines)
