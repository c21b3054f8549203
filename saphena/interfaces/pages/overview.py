"""Pages over all of the knowledge: what it holds, how far each condition is modelled, the article item by item."""

from __future__ import annotations

from collections import Counter

from saphena.interfaces.pages.condition import holders, kinds
from saphena.interfaces.pages.markdown import page, section, table
from saphena.model.check import walk
from saphena.model.network import Model
from saphena.model.numbers import NumberKind, Parent
from saphena.model.schema import Cutoff, MustNotMiss
from saphena.model.texts import ArticleRow

KINDS: tuple[NumberKind, ...] = ("seen", "derived", "recalled", "assumption")


def index_page(model: Model, what: str) -> str:
    """List of all conditions, or of all findings by how they are obtained."""
    k = model.knowledge
    if what == "conditions":
        lines = [f"- [{c.name}]({c.id}.md): {c.summary}" for c in sorted(k.conditions.values(), key=lambda c: c.name)]
        return page("# Conditions", "\n".join(lines))
    groups = dict.fromkeys(k.obtained_by.values())
    parts = []
    for group in groups:
        held = sorted((f for f in k.findings.values() if k.obtained_by[f.id] == group), key=lambda f: f.name)
        parts.append(section(group.capitalize(), "\n".join(f"- [{f.name}]({f.id}.md)" for f in held)))
    return page("# Findings", *parts)


def network_numbers(model: Model) -> list[Parent]:
    """Every number that the network is made of; thresholds and cut-offs are none of it."""
    k = model.knowledge
    shapes = [k.findings, k.mechanisms, k.risk_factors, k.conditions]
    held = [value for shape in shapes for _, value in walk(shape, ())]
    return [value for value in held if not isinstance(value, MustNotMiss | Cutoff)]


def card_page(model: Model) -> str:
    """What the knowledge holds, in numbers."""
    k, network = model.knowledge, model.network
    numbers = network_numbers(model)
    count = Counter(value.kind for value in numbers)
    conditions = list(k.conditions.values())
    links = sum(len(c.findings) + sum(len(s.findings) for s in c.states) for c in conditions)
    rows = [
        ("Model version", model.version),
        ("Conditions", f"{len(conditions)}, {len(network.states)} with their states"),
        ("of them modelled in children", str(sum(any(h.children for h in holders(c)) for c in conditions))),
        ("of them dangerous (must not be missed)", str(sum(c.must_not_miss is not None for c in conditions))),
        ("Findings", str(len(k.findings))),
        *((f"by {by}", str(n)) for by, n in Counter(k.obtained_by.values()).most_common()),
        ("Measurements", str(len(k.measurements))),
        ("Risk factors", str(len(k.risk_factors))),
        ("Mechanisms", str(len(k.mechanisms))),
        ("Red flags", str(len(k.red_flags))),
        ("Links from conditions to findings", str(links)),
        ("Sources", f"{len(k.sources)}, {sum(s.custom.how_known == 'seen' for s in k.sources.values())} read"),
        ("Languages of clinical words", ", ".join(["en", *k.words])),
        (
            "Condition files read by a clinician",
            f"{sum(c.reviewed is not None for c in conditions)} of {len(conditions)}",
        ),
    ]
    shares = [(kind, str(count[kind]), f"{count[kind] / len(numbers):.3f}") for kind in KINDS]
    return page(
        "# Knowledge card",
        "What the knowledge holds, counted by `saphena knowledge pages`. A number is *seen* where its words were read and "
        "are quoted, *derived* where a formula leads to it from sources, *recalled* where nobody has read the words yet, "
        "and an *assumption* where it is judgement with a reason and a range.",
        table(("", ""), rows),
        section(
            "Parents of the network's numbers",
            table(("kind", "numbers", "share"), [*shares, ("all", str(len(numbers)), "1")]),
        ),
    )


def coverage_page(model: Model) -> str:
    """How far each condition is modelled, and on what its numbers rest."""
    rows = []
    for condition in model.knowledge.conditions.values():
        count = kinds(condition)
        named = {f for holder in holders(condition) for f in holder.findings}
        young = any(holder.children for holder in holders(condition))
        rows.append(
            (
                f"`{condition.id}`", condition.name, str(len(condition.states) or 1), "yes" if young else "",
                str(len(named)), *(str(count[kind]) for kind in KINDS), "yes" if condition.reviewed else "",
            )
        )  # fmt: skip
    return page(
        "# How far each condition is modelled",
        "Findings linked, numbers by parent, and whether a clinician outside the project has read the file.",
        table(("id", "condition", "states", "children", "findings", *KINDS, "reviewed"), rows),
    )


def article_page(model: Model) -> str:
    """Every item of the source article: where it went, or why it did not."""
    rows = model.knowledge.article
    groups: dict[str, list[tuple[str, str, str]]] = {}
    for row in rows:
        groups.setdefault(row.section, []).append((row.item, _held(row), row.answer or ""))
    mapped = sum(1 for row in rows if row.held)
    return page(
        "# Coverage of the source article",
        f"The article that Saphena was asked to implement names {len(rows)} items. {mapped} are held by the ids below; "
        f"{len(rows) - mapped} are answered with a reason. The article is untrusted medicine: where present evidence "
        "disagrees, the last column says so.",
        *(section(name.capitalize(), table(("item", "held by", "answer"), of)) for name, of in groups.items()),
    )


def _held(row: ArticleRow) -> str:
    """What a case can say of it first, then what is done about it, each kind by name."""
    kinds = {name: getattr(row, name) for name in ("ids", "treatments", "investigations", "instruments", "referrals")}
    told = {name: ", ".join(f"`{id_}`" for id_ in ids) for name, ids in kinds.items() if ids}
    return "; ".join(text if name == "ids" else f"{name} {text}" for name, text in told.items())
