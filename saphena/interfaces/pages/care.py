"""Pages of what is done: instruments, investigations, treatments, referral and follow-up."""

from __future__ import annotations

from collections.abc import Iterable

from saphena.assessment import citation
from saphena.interfaces.pages.markdown import page, section, table
from saphena.interfaces.pages.rules import words
from saphena.model.care import Indication, Investigation, Obstacle, Treatment
from saphena.model.instruments import Cited, InstrumentFile, ScoreItem
from saphena.model.network import Model


def ground(model: Model, cited: Cited) -> str:
    """Who says so, in one sentence."""
    if cited.source is None:
        return f"judged: {cited.judged}"
    source = model.knowledge.sources[cited.source]
    told = f"[{citation(source)}]({source.URL})" if source.URL else citation(source)
    return f"{told}, from memory" if cited.recalled else f"{told}: “{cited.quote}”"


def instruments_page(model: Model) -> str:
    """Every instrument with its items and bands."""
    parts = [
        "`saphena score NAME item=answer` computes them, `saphena score NAME --case CASE` from a case; in Python "
        "`saphena.score`."
    ]
    for one in sorted(model.knowledge.instruments.values(), key=lambda i: i.name):
        parts.append(section(one.name, *_instrument(model, one)))
    return page("# Scores, stages and formulas", *parts)


def _instrument(model: Model, one: InstrumentFile) -> Iterable[str]:
    yield f"`{one.id}`: {one.use_for}"
    if not one.licence.shipped:
        yield f"Not shipped: {one.licence.terms} Get it from {one.licence.where}"
    if one.items:
        yield table(("Item", "Answers"), [(f"{item.name} (`{item.id}`)", _answers(item)) for item in one.items])
    if one.bands:
        rows = [
            (f"{band.at_least:g} and more" if band.at_least is not None else "criterion", band.name, band.meaning)
            for band in one.bands
        ]
        yield table(("From", "Result", "Means"), rows)
    yield f"Missing items: {one.missing}. {len(one.examples)} worked examples are tested."
    yield one.limits or ""
    yield f"Smallest change that matters: {one.change}" if one.change else ""
    yield ground(model, one)


def _answers(item: ScoreItem) -> str:
    if item.levels:
        return "; ".join(f"{level.points:g} {level.name}" for level in item.levels)
    if item.number is not None:
        low, high = item.number.plausible
        unit = "" if item.number.unit == "1" else f" {item.number.unit}"
        return f"{low:g} to {high:g}{unit}"
    return f"yes {item.points:g}, no 0"


def investigations_page(model: Model) -> str:
    """Every investigation, the sequences, and what not to order."""
    care = model.knowledge.care
    rows = [
        (
            one.name,
            one.obtained_by,
            f"{one.cost_tier} of 5",
            one.invasiveness,
            one.radiation,
            one.delay,
            obstacles(model, one),
            ground(model, one),
        )
        for one in sorted(care.investigations.values(), key=lambda i: (i.obtained_by, i.name))
    ]
    head = (
        "Investigation",
        "Kind",
        "Cost",
        "Invasive",
        "Radiation",
        "Result after",
        "Contraindicated or with care",
        "Source",
    )
    parts = [section("Investigations", table(head, rows))]
    for sequence in care.sequences:
        steps = [
            (words(model, s.when) if s.when is not None else "always", s.say, s.level or "", ground(model, s))
            for s in sequence.steps
        ]
        parts.append(section(sequence.name, table(("Where", "Next", "How soon", "Source"), steps)))
    refused = [
        (care.investigations[one.investigation].name, one.say, ground(model, one)) for one in care.not_recommended
    ]
    parts.append(section("Not to order", table(("Investigation", "Why", "Source"), refused)))
    return page("# Investigations", *parts)


def treatments_page(model: Model) -> str:
    """Every treatment with indications, contraindications and effects."""
    parts = []
    for one in sorted(model.knowledge.care.treatments.values(), key=lambda t: (t.kind, t.name)):
        parts.append(section(one.name, *_treatment(model, one)))
    return page("# Treatments", *parts)


def _treatment(model: Model, one: Treatment) -> Iterable[str]:
    yield f"`{one.id}` ({one.kind.replace('_', ' ')}): {one.what}"
    rows = [
        (
            _for(model, use),
            use.line.replace("_", " "),
            use.strength,
            use.aim,
            f"{use.effect.text} ({ground(model, use.effect)})" if use.effect else "",
            ground(model, use),
        )
        for use in one.indications
    ]
    yield table(("For", "Line", "Strength", "Aim", "Effect", "Source"), rows)
    told = obstacles(model, one)
    yield f"Not, or with care: {told}" if told else ""
    for interaction in one.interactions:
        other = model.knowledge.care.treatments[interaction.with_].name
        yield f"With {other}: {interaction.severity}, {interaction.reason} ({ground(model, interaction)})"
    yield f"Monitoring: {one.monitoring}" if one.monitoring else ""
    yield f"Stop: {one.stop}" if one.stop else ""


def _for(model: Model, use: Indication) -> str:
    told = []
    if use.condition is not None:
        condition, _, state = use.condition.partition(".")
        file = model.knowledge.conditions[condition]
        name = next((s.name for s in file.states if s.id == state), file.name)
        told.append(f"[{name}](conditions/{condition}.md)")
    if use.when is not None:
        told.append(f"where {words(model, use.when)}")
    return " ".join(told)


def obstacles(model: Model, of: Treatment | Investigation) -> str:
    """Contraindications and cautions in a line."""
    return "; ".join(_obstacle(model, o) for o in model.knowledge.care.obstacles(of))


def _obstacle(model: Model, o: Obstacle) -> str:
    where = words(model, o.when) if o.when is not None else f"{(o.condition or '').replace('.', ' ').replace('_', ' ')}"
    return f"{'**not**' if o.severity == 'contraindicated' else 'care'} with {where} ({o.reason})"


def referral_page(model: Model) -> str:
    """Whom to send to and when to look again."""
    care = model.knowledge.care
    sent = [
        (one.to, _names(model, (*one.conditions, *one.red_flags)), one.level, one.send, ground(model, one))
        for one in care.referrals
    ]
    seen = [
        (_names(model, one.conditions), one.after, one.expect, one.otherwise, "; ".join(one.watch), ground(model, one))
        for one in care.follow_up
    ]
    return page(
        "# Referral and follow-up",
        section("Referral", table(("To", "For", "How soon", "Send", "Source"), sent)),
        section("Follow-up", table(("Of", "When", "Expect", "Otherwise", "Watch for", "Source"), seen)),
    )


def _names(model: Model, ids: Iterable[str]) -> str:
    flags = {flag.id: flag.name for flag in model.knowledge.red_flags}
    conditions = model.knowledge.conditions
    return "; ".join(
        flags.get(id_) or conditions[id_.partition(".")[0]].name + (f" ({id_.partition('.')[2]})" if "." in id_ else "")
        for id_ in ids
    )
