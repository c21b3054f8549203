"""An assessment as the page shows it: ledgers, combinations, the plan by what may be done, what changed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape
from pydantic import BaseModel, ConfigDict

from saphena.assessment import Assessment, ConditionAssessment, FindingWeight, likely, people
from saphena.assessment.plan_shapes import OptionShown
from saphena.case import Case
from saphena.interfaces.web.charts import LogOdds, Step, bar, steps, waterfall
from saphena.interfaces.web.charts.waterfall import decibans
from saphena.interfaces.web.clinician.vocabulary import Names
from saphena.interfaces.web.language import Language
from saphena.model.network import Model
from saphena.model.numbers import TriageLevel
from saphena.model.sentences import grade_words

SHOWN = 8
"""Conditions with a row of their own; the others are listed below."""
LEAST_WEIGHT = 0.05
"""A weight below this in decibans is summed with its like."""
LEAST_MOVE = 0.01
"""A smaller change of a condition that does not lead is not told."""
NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)(?: (\S.*))?")
DOUBT = re.compile(r"(\d+(?:\.\d+)?) % sure")
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
    named += [(None, "small", small)] if abs(small) >= LEAST_WEIGHT else []
    shared = end - start - sum(db for _, _, db in named)
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


class Earlier(BaseModel):
    """As much of an assessment as a comparison needs; small enough to be carried in a form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    level: TriageLevel
    level_name: str
    probabilities: dict[str, float]
    names: dict[str, str]
    leading: tuple[str, ...]
    offered: dict[str, str]

    @classmethod
    def of(cls, answer: Assessment) -> Earlier:
        """From the whole assessment, as the record keeps it."""
        return cls(
            model=answer.model,
            level=answer.triage.level,
            level_name=answer.triage.name,
            probabilities={c.id: c.probability for c in answer.differential},
            names={c.id: c.name for c in answer.differential},
            leading=tuple(c.id for c in answer.differential if c.group in ("explains", "must_not_miss")),
            offered={o.id: o.name for o in answer.plan.options if o.status == "offered"},
        )


def compared(before: Earlier, after: Earlier, names: Names) -> Comparison:
    """What changed from one assessment to another: of another visit, or of an answer that was changed."""
    was, now = before.probabilities, after.probabilities
    english = {**before.names, **after.names}
    leading = {*before.leading, *after.leading}
    ids = sorted(leading, key=lambda i: (-max(was.get(i, 0.0), now.get(i, 0.0)), i))[:SHOWN]
    moved = sorted(now, key=lambda i: -abs(now[i] - was.get(i, 0.0)))[:3]
    ids += [i for i in moved if i not in ids and abs(now[i] - was.get(i, 0.0)) >= LEAST_MOVE]
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
    return Comparison(
        (before.level, before.level_name),
        (after.level, after.level_name),
        rows,
        before.model != after.model,
        tuple(names.of(i, name) for i, name in after.offered.items() if i not in before.offered),
        tuple(names.of(i, name) for i, name in before.offered.items() if i not in after.offered),
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
        return self.language.told(english) if self.names.missing(id_) else escape(self.names.of(id_, english))

    def per_cent(self, p: float) -> str:
        """As in every answer."""
        return self.language.per_cent(p)

    def word(self, p: float) -> str:
        """Likely, possible, unlikely."""
        return likely(self.model, p, self.language.code)

    def often(self, p: float) -> str:
        """Of 100 patients like this."""
        n = people(p)
        if n < 1:
            return self.language.say("fewer than 1 in 100")
        return self.language.say("%(n)s in 100") % {"n": n}

    def db(self, value: float) -> str:
        """A weight, with its sign."""
        return ("+" if value > 0 else "") + self.language.number(value, 1)

    def called(self, english: str) -> Markup:
        """A finding or risk factor by its English name, however it is capitalised."""
        id_ = _ids(self.model).get(english.casefold())
        return self.name(id_, english) if id_ else self.language.told(english)

    def noted(self, sentence: str) -> str:
        """What is said of a case, with names instead of ids."""
        return self.language.fault(sentence, named=self._named)

    def _named(self, filled_in: str) -> str:
        k = self.model.knowledge
        id_ = _ids(self.model).get(filled_in.casefold(), filled_in)
        entry = k.findings.get(id_) or k.risk_factors.get(id_) or k.measurements.get(id_) or k.conditions.get(id_)
        return self.names.of(id_, entry.name) if entry else self.language.tell(filled_in)

    def value(self, value: str) -> Markup:
        """What was answered, piece by piece: *right 3.5 cm, over 3 cm; left absent*."""
        legs = (Markup(", ").join(map(self._piece, leg.split(", "))) for leg in value.split("; "))
        return Markup("; ").join(legs)

    def _piece(self, piece: str) -> Markup:
        say = self.language.say
        simple = {"present": say("present"), "absent": say("absent"), "unknown": say("unknown")}
        within = {
            "right ": say("right") + " %(grade)s",
            "left ": say("left") + " %(grade)s",
            "at least ": say("%(grade)s or more"),
            "at most ": say("%(grade)s or less"),
        }
        if piece in simple:
            return escape(simple[piece])
        for english, words in within.items():
            if piece.startswith(english):
                return Markup(escape(words)) % {"grade": self._piece(piece.removeprefix(english))}  # noqa: S704
        if (grade := self.language.tell(grade_words(piece))) != piece:
            return escape(grade)
        if doubt := DOUBT.fullmatch(piece):
            return escape(say("%(percent)s%% sure") % {"percent": doubt[1]})
        if number := NUMBER.fullmatch(piece):
            amount, unit = number.groups(default="")
            shown = amount if self.language.code == "en" else amount.replace(".", ",")
            return Markup(" ").join((shown, *(self.language.told(one) for one in (unit,) if one)))
        name, _, answer = piece.rpartition(" ")
        if self.language.code != "en" and answer in simple and name.casefold() in _ids(self.model):
            return Markup("{}: {}").format(self.called(name), simple[answer])
        return self.language.told(piece)

    def leg(self, leg: str | None) -> str:
        """The leg as a tag."""
        say = self.language.say
        return {"right": say("right"), "left": say("left"), "both": say("both legs")}.get(leg or "", "")


@lru_cache(maxsize=2)
def _ids(model: Model) -> dict[str, str]:
    k = model.knowledge
    risks = {one.name.casefold(): one.id for one in k.risk_factors.values()}
    return risks | {one.name.casefold(): one.id for one in k.findings.values()}


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
