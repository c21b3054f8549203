"""An assessment as the page shows it: ledgers, combinations, the plan by what may be done, what changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from saphena.assessment import DISPLAY_CAP, Assessment, ConditionAssessment, FindingWeight, per_cent
from saphena.assessment.plan_shapes import OptionShown
from saphena.case import Case
from saphena.interfaces.web.charts import LogOdds, Step, bar, steps, waterfall
from saphena.interfaces.web.charts.waterfall import decibans
from saphena.interfaces.web.clinician.vocabulary import Names
from saphena.interfaces.web.language import Language
from saphena.model.network import Model

SHOWN = 8
"""Conditions with a row of their own; the others are listed below."""
LEAST_WEIGHT = 0.05
"""A weight below this in decibans is summed with its like."""
COMBINATIONS = 6
COLUMNS = 6


@dataclass(frozen=True)
class Line:
    """One line of a ledger."""

    weight: FindingWeight | None
    """None: what findings share, or the small ones together."""
    kind: str
    step: Step
    drawing: Markup


@dataclass(frozen=True)
class Ledger:
    """From the starting point of a condition to its probability."""

    axis: LogOdds
    start: Markup
    lines: tuple[Line, ...]
    end: Markup
    speaks_for: float
    speaks_against: float


def ledger(one: ConditionAssessment) -> Ledger | None:
    """The ledger of a condition; None where its probability was settled beforehand (known, excluded, impossible)."""
    if not 0 < one.prior < 1 or not 0 < one.probability < 1:
        return None
    large = [w for w in one.weights if abs(w.decibans) >= LEAST_WEIGHT]
    small = sum(w.decibans for w in one.weights if abs(w.decibans) < LEAST_WEIGHT)
    start, end = decibans(one.prior), decibans(one.probability)
    named: list[tuple[FindingWeight | None, str, float]] = [(w, "finding", w.decibans) for w in large]
    # What is left over makes the lines add up to the result: it is what findings share.
    shared = end - start - sum(w.decibans for w in large) - small
    named += [(None, "small", small)] if abs(small) >= LEAST_WEIGHT else []
    named += [(None, "shared", shared)] if abs(shared) >= LEAST_WEIGHT else []
    walked = steps(start, [db for _, _, db in named])
    axis = LogOdds.around([start, end, *(s.after for s in walked)])
    return Ledger(
        axis,
        waterfall(axis, start),
        tuple(Line(w, kind, s, waterfall(axis, s)) for (w, kind, _), s in zip(named, walked, strict=True)),
        waterfall(axis, end),
        sum(w.decibans for w in one.weights if w.decibans > 0),
        sum(w.decibans for w in one.weights if w.decibans < 0),
    )


@dataclass(frozen=True)
class Combination:
    """Conditions present together, of 100 patients like this."""

    dots: tuple[bool, ...]
    names: tuple[str, ...]
    probability: float
    drawing: Markup


def combinations(answer: Assessment, names: Names) -> tuple[tuple[str, ...], tuple[Combination, ...]]:
    """Columns, and rows of dots."""
    rows = answer.sets[:COMBINATIONS]
    ids = list(dict.fromkeys(state.partition(".")[0] for row in rows for state in row.states))[:COLUMNS]
    english = {c.id: c.name for c in answer.differential}
    made = []
    for row in rows:
        held = {s.partition(".")[0] for s in row.states}
        called = tuple(
            names.of(state, name) if "." not in state else names.of(state.partition(".")[0], name)
            for state, name in zip(row.states, row.names, strict=True)
        )
        made.append(Combination(tuple(i in held for i in ids), called, row.probability, bar(row.probability)))
    return tuple(names.of(i, english.get(i, i)) for i in ids), tuple(made)


@dataclass(frozen=True)
class Changed:
    """One condition before and after."""

    id: str
    name: str
    before: float
    after: float
    drawing: Markup


@dataclass(frozen=True)
class Comparison:
    """Two assessments beside each other."""

    level_before: tuple[str, str]
    level_after: tuple[str, str]
    rows: tuple[Changed, ...]
    other_model: bool
    """They were made with different knowledge."""
    offered_now: tuple[str, ...]
    no_longer: tuple[str, ...]


def compared(before: Assessment, after: Assessment, names: Names) -> Comparison:
    """What changed from one assessment to another: of another visit, or of an answer that was changed."""
    was = {c.id: c.probability for c in before.differential}
    now = {c.id: c.probability for c in after.differential}
    english = {c.id: c.name for c in (*before.differential, *after.differential)}
    leading = [c.id for a in (before, after) for c in a.differential if c.group in ("explains", "must_not_miss")]
    ids = sorted(set(leading), key=lambda i: -max(was.get(i, 0.0), now.get(i, 0.0)))[:SHOWN]
    moved = sorted(now, key=lambda i: -abs(now[i] - was.get(i, 0.0)))[:3]
    ids += [i for i in moved if i not in ids and abs(now[i] - was.get(i, 0.0)) >= 0.01]
    rows = tuple(
        Changed(
            i,
            names.of(i, english[i]),
            was.get(i, 0.0),
            now.get(i, 0.0),
            bar(now.get(i, 0.0), was=was.get(i, 0.0)),
        )
        for i in ids
    )

    def offered(a: Assessment) -> dict[str, str]:
        return {o.id: names.of(o.id, o.name) for o in a.plan.options if o.status == "offered"}

    first, second = offered(before), offered(after)
    return Comparison(
        (before.triage.level, before.triage.name),
        (after.triage.level, after.triage.name),
        rows,
        before.model != after.model,
        tuple(name for id_, name in second.items() if id_ not in first),
        tuple(name for id_, name in first.items() if id_ not in second),
    )


def by_status(options: Iterable[OptionShown]) -> dict[str, list[OptionShown]]:
    """The plan in three columns; what waits stands with what needs care."""
    made: dict[str, list[OptionShown]] = {"offered": [], "caution": [], "waiting": [], "struck": []}
    for option in options:
        made[option.status].append(option)
    return made


class Words:
    """What the templates say of numbers, in the reader's language."""

    def __init__(self, model: Model, language: Language) -> None:
        self.model, self.language, self.names = model, language, Names(model, language)

    def name(self, id_: str, english: str) -> Markup:
        """A name; marked as English where the reader's language has none."""
        said = self.names.of(id_, english)
        if self.names.missing(id_):
            return Markup('<span lang="en">{}</span>').format(said)
        return Markup("{}").format(said)

    def per_cent(self, p: float) -> str:
        """As in every answer; a decimal comma where the language has one."""
        return per_cent(p).replace(".", "," if self.language.code == "ru" else ".")

    def word(self, p: float) -> str:
        """Likely, possible, unlikely."""
        capped = min(p, DISPLAY_CAP)
        return next(w.word for w in self.model.knowledge.texts[self.language.code].words if capped >= w.at_least)

    def often(self, p: float) -> str:
        """Of 100 patients like this."""
        n = round(100 * min(p, DISPLAY_CAP))
        if n < 1:
            return self.language.say("fewer than 1 in 100")
        return self.language.say("%(n)s in 100") % {"n": n}

    def db(self, value: float) -> str:
        """A weight, with its sign."""
        return ("+" if value > 0 else "") + self.language.number(value, 1)

    def leg(self, leg: str | None) -> str:
        """The leg as a tag."""
        say = self.language.say
        return {"right": say("right"), "left": say("left"), "both": say("both legs")}.get(leg or "", "")


def answered(case: Case, model: Model, names: Names) -> list[tuple[str, str, str]]:
    """Answers that can be tried otherwise: (field, name with leg, answer)."""
    rows: list[tuple[str, str, str]] = []
    for id_, _, statement in case.statements():
        finding = model.knowledge.findings.get(id_)
        if finding is None or statement.value is None or statement.certainty < 1 or finding.kind != "binary":
            continue
        for leg in ("right", "left") if statement.leg == "both" else (statement.leg,):
            rows.append((f"f.{id_}" + (f".{leg}" if leg else ""), names.of(id_, finding.name), str(statement.value)))
    for id_, answer in case.context.items():
        one: Any = model.knowledge.risk_factors.get(id_)
        if one is not None:
            rows.append((f"c.{id_}", names.of(id_, one.name), answer))
    return rows
