"""Everything that can be entered, as rows of the findings page in groups, in the reader's language; and its search."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rapidfuzz import fuzz

from saphena.inference.sayable import clinician_items, grades_of
from saphena.interfaces.web.language import Language
from saphena.model.network import Model

Kind = Literal["answer", "grade", "number", "condition"]
SIDES = ("right", "left")
CLOSE = 72
"""Similarity (0 to 100) from which a word counts as meant."""
OBTAINED = ("history", "examination", "bedside", "laboratory", "imaging", "neurophysiology", "histology")
REGIONS = ("leg", "foot", "knee", "hip", "back", "nerves", "general")


@dataclass(frozen=True)
class Row:
    """One thing that can be entered."""

    id: str
    place: str
    """First part of the names of its fields: f finding, m measurement, c context, d condition, s said by a clinician."""
    name: str
    english: bool
    """There is no name in the reader's language."""
    kind: Kind
    hint: str = ""
    sided: bool = False
    options: tuple[str, ...] = ()
    """Grades, units or states."""
    red_flag: bool = False
    absent: str = "absent"
    """The answer that it is not there; empty where there is none: a complaint began some time."""
    others: tuple[str, ...] = ()
    """Other names, for the search."""

    @property
    def field(self) -> str:
        """Name of its field without a leg."""
        return f"{self.place}.{self.id}"

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """(field, side)."""
        return tuple((f"{self.field}.{side}", side) for side in SIDES) if self.sided else ((self.field, ""),)


@dataclass(frozen=True)
class Group:
    """Rows that are obtained together."""

    id: str
    title: str
    rows: tuple[Row, ...]
    examined: bool = False
    """What is not answered may be said to be absent in one go."""


class Names:
    """Names of the vocabulary in one language; English where there are none."""

    def __init__(self, model: Model, language: Language) -> None:
        self._said = {id_: words.name for id_, words in model.knowledge.words.get(language.code, {}).items()}
        for kind in model.knowledge.patient_words.get(language.code, {}).values() if language.code != "en" else ():
            for id_, words in kind.items():
                self._said.setdefault(id_, words.name)
        self._native, self._language = language.code == "en", language

    def of(self, id_: str, english: str) -> str:
        """The name of one thing, as a heading begins."""
        name = english if self._native else self._said.get(id_) or self._language.tell(english)
        return name[:1].upper() + name[1:]

    def missing(self, id_: str) -> bool:
        """Is it said in English for want of a translation?"""
        return not self._native and id_ not in self._said


@lru_cache(maxsize=8)
def groups(model: Model, language: Language) -> tuple[Group, ...]:
    """All rows: red flags first, then by how a finding is obtained and where."""
    _, k = language.say, model.knowledge
    names = Names(model, language)
    how = {
        "history": _("History"),
        "examination": _("Examination"),
        "bedside": _("At the bedside"),
        "laboratory": _("Laboratory"),
        "imaging": _("Imaging"),
        "neurophysiology": _("Nerve conduction and muscle tests"),
        "histology": _("Tissue"),
    }
    where = {
        "leg": _("leg and vessels"),
        "foot": _("foot and ankle"),
        "knee": _("knee"),
        "hip": _("hip"),
        "back": _("back"),
        "nerves": _("nerves and muscles"),
        "general": _("whole person"),
    }
    findings: dict[tuple[str, str], list[Row]] = {}
    red: list[Row] = []
    for f in k.findings.values():
        row = Row(
            f.id,
            "f",
            names.of(f.id, f.name),
            names.missing(f.id),
            "grade" if f.kind == "graded" else "answer",
            f.definition,
            f.sided,
            grades_of(f) if f.kind == "graded" else (),
            f.red_flag,
            "" if f.scale == "complaint" else grades_of(f)[0],
            (f.name, *f.synonyms, *_others(model, language, f.id)),
        )
        by = k.obtained_by[f.id]
        (red if f.red_flag and by in ("history", "examination") else findings.setdefault((by, f.region), [])).append(
            row
        )
    measured = tuple(
        Row(
            m.id,
            "m",
            names.of(m.id, m.name),
            names.missing(m.id),
            "number",
            sided=m.sided,
            options=tuple(dict.fromkeys(u for u in (m.unit, *m.units) if u != "1")),
            others=(m.name, *m.synonyms, *_others(model, language, m.id)),
        )
        for m in k.measurements.values()
    )
    made = [Group("red", _("Red flags"), tuple(red), examined=True)]
    for by in OBTAINED:
        for region in REGIONS:
            if (by, region) in findings:
                title = f"{how[by]}: {where[region]}"
                made.append(
                    Group(f"{by}-{region}", title, tuple(findings[by, region]), by in ("history", "examination"))
                )
        if by == "examination":
            made.append(Group("measured", _("Measurements"), measured))
    made.append(Group("risk", _("Risk factors, known diseases and medicines"), _context(model, names, language, False)))
    made.append(Group("facts", _("What decides treatment"), _context(model, names, language, True)))
    made.append(Group("conditions", _("Conditions known or excluded"), _conditions(model, names, language)))
    said = tuple(
        Row(id_, "s", id_.replace("_", " "), language.code != "en", "answer") for id_ in sorted(clinician_items(model))
    )
    made.append(Group("scores", _("Items of scores that only a clinician can judge"), said))
    return tuple(made)


@lru_cache(maxsize=8)
def placed(model: Model, language: Language) -> dict[str, tuple[Group, Row]]:
    """Every row with its group, by the name of its field."""
    return {row.field: (group, row) for group in groups(model, language) for row in group.rows}


def _others(model: Model, language: Language, id_: str) -> tuple[str, ...]:
    words = model.knowledge.words.get(language.code, {}).get(id_)
    return (words.name, *words.synonyms) if words else ()


def _context(model: Model, names: Names, language: Language, facts: bool) -> tuple[Row, ...]:
    held = model.knowledge.care.facts if facts else model.knowledge.risk_factors
    return tuple(
        Row(
            one.id,
            "c",
            names.of(one.id, one.name),
            names.missing(one.id),
            "answer",
            one.definition,
            others=(one.name, *one.synonyms, *_others(model, language, one.id)),
        )
        for one in held.values()
    )


def _conditions(model: Model, names: Names, language: Language) -> tuple[Row, ...]:
    rows = [
        Row(
            c.id,
            "d",
            names.of(c.id, c.name),
            names.missing(c.id),
            "condition",
            options=tuple(s.id for s in c.states),
            others=(c.name, *c.synonyms, *_others(model, language, c.id)),
        )
        for c in model.knowledge.conditions.values()
    ]
    return tuple(sorted(rows, key=lambda r: r.name))


def search(rows: Iterable[Row], query: str) -> list[Row]:
    """Rows that the words may mean, the nearest first. A slip of the pen is forgiven."""
    asked = query.strip().lower()
    if not asked:
        return []
    scored = [(max(_likeness(asked, name.lower()) for name in (r.name, *r.others)), r) for r in rows]
    return [r for score, r in sorted(scored, key=lambda one: -one[0]) if score >= CLOSE]


def _likeness(asked: str, name: str) -> float:
    if asked in name:
        return 100 + 10 * len(asked) / len(name)
    words = name.replace("-", " ").replace("(", " ").split()
    each = [max((fuzz.ratio(part, word) for word in words), default=0.0) for part in asked.split()]
    return max(fuzz.ratio(asked, name), sum(each) / len(each))
