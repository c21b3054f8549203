"""What all pages of the knowledge share: names in the reader's language, and numbers with their parents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException
from markupsafe import Markup, escape

from saphena.assessment import citation, describe_parent
from saphena.interfaces.pages.markdown import plain
from saphena.interfaces.web.language import Language
from saphena.model.instruments import Cited
from saphena.model.network import Model
from saphena.model.numbers import NumberKind, Parent
from saphena.model.schema import RedFlag
from saphena.model.sentences import grade_words
from saphena.model.suggest import nearest_entries

Entries = Mapping[str, str]
"""Id -> English name."""
PAGES = ("conditions", "findings", "treatments", "investigations", "instruments", "red_flags")
"""Kinds that have a page for each entry."""


@dataclass(frozen=True)
class Number:
    """A number or a statement with where it comes from."""

    id: str
    shown: str
    kind: NumberKind
    citation: str | None
    quote: str | None
    url: str | None
    population: str | None
    reasoning: str | None


class Reading:
    """One page being gathered: the model, the reader's language, and how many numbers it shows so far."""

    def __init__(self, model: Model, language: Language) -> None:
        self.model = model
        self.language = language
        self._shown = 0
        self._entries: dict[str, Entries] = {}

    # --- names -------------------------------------------------------------------------------

    def entries(self, kind: str) -> Entries:
        """Everything of one kind."""
        if kind not in self._entries:
            self._entries[kind] = self._all(kind)
        return self._entries[kind]

    def _all(self, kind: str) -> Entries:
        k = self.model.knowledge
        named: dict[str, Mapping[str, Any]] = {
            "conditions": k.conditions,
            "findings": k.findings,
            "risk_factors": k.risk_factors,
            "measurements": k.measurements,
            "mechanisms": k.mechanisms,
            "instruments": k.instruments,
            "treatments": k.care.treatments,
            "investigations": k.care.investigations,
            "facts": k.care.facts,
        }
        held = named.get(kind)
        if held is not None:
            return {id_: one.name for id_, one in held.items()}
        if kind == "sources":
            return {id_: citation(source) for id_, source in k.sources.items()}
        if kind == "red_flags":
            return {one.id: one.name for one in k.red_flags}
        return {one.id: one.to for one in k.care.referrals}

    def said(self, kind: str, id_: str) -> tuple[str, bool]:
        """Its name, and whether that is in the reader's language; ``condition.state`` names both."""
        whole, _, state = id_.partition(".")
        english = self.entries(kind).get(whole, whole)
        k, code = self.model.knowledge, self.language.code
        if code == "en":
            found, own = english, True
        else:
            words = k.words.get(code, {}) if kind not in k.patient_words.get(code, {}) or kind == "conditions" else {}
            word = words.get(whole) or k.patient_words.get(code, {}).get(kind, {}).get(whole)
            told = self.language.tell(english)
            found, own = (word.name, True) if word else (told, told != english)
        if state:
            name = next((s.name for s in k.conditions[whole].states if s.id == state), state)
            told = self.language.tell(name)
            return f"{_capital(found)}: {told}", code == "en" or (own and told != name)
        return _capital(found), own

    def name(self, kind: str, id_: str) -> Markup:
        """The name as it stands on a page, marked where it is in English on another page."""
        words, own = self.said(kind, id_)
        return escape(words) if own else Markup('<span lang="en">{}</span>').format(words)

    def link(self, kind: str, id_: str) -> Markup:
        """The name, leading to its page where there is one."""
        if kind not in PAGES:
            return self.name(kind, id_)
        return Markup('<a href="/knowledge/{}/{}">{}</a>').format(kind, id_.partition(".")[0], self.name(kind, id_))

    def links(self, kind: str, ids: Iterable[str]) -> Markup:
        """Several, with a comma between."""
        return Markup(", ").join(self.link(kind, id_) for id_ in ids)

    def must_exist(self, kind: str, id_: str) -> None:
        """404 with the nearest names where there is no such entry."""
        entries = self.entries(kind)
        if id_ in entries:
            return
        near = nearest_entries(id_, {known: [name] for known, name in entries.items()})
        say = self.language.say
        told = say("Nothing here is called {id}.").format(id=id_)
        raise HTTPException(404, f"{told} {say('Did you mean')} {', '.join(near)}?" if near else told)

    # --- numbers -----------------------------------------------------------------------------

    def digits(self, value: float | None, grades: Mapping[str, float] | None = None) -> str:
        """One probability, or one for each grade, as it was authored."""
        if grades is not None:
            return "; ".join(f"{self.language.tell(grade_words(name))} {self.digits(p)}" for name, p in grades.items())
        if value is None:
            return "–"
        told = plain(value).replace("-", "−")
        return told if self.language.code == "en" else told.replace(".", ",")

    def rounded(self, value: float) -> str:
        """A ratio to two figures that count."""
        return self.digits(float(f"{value:.2g}"))

    def number(self, value: Parent, shown: str) -> Number:
        """A number of the knowledge with its parent."""
        told = describe_parent(self.model, value, shown)
        limits = f"{self.digits(value.range[0])}–{self.digits(value.range[1])}" if value.range is not None else ""
        reasoning = ". ".join(
            part.rstrip(".")
            for part in (
                told.reasoning or "", value.note or "",
                f"{self.language.say('Credible range')} {limits}" if limits else "",
            )
            if part
        )  # fmt: skip
        return Number(
            id=self._next(), shown=shown, kind=value.kind, citation=told.source, quote=told.quote, url=told.url,
            population=value.population, reasoning=reasoning or None,
        )  # fmt: skip

    def ground(self, cited: Cited, shown: str = "") -> Number:
        """Who says something that is no number: a source, a source from memory, or a judgement."""
        source = self.model.knowledge.sources.get(cited.source) if cited.source else None
        kind: NumberKind = "assumption" if source is None else "recalled" if cited.recalled else "seen"
        name = citation(source) if source else self.language.say("Our judgement")
        return Number(
            id=self._next(), shown=shown or name, kind=kind, citation=name, quote=cited.quote,
            url=source.URL if source else None, population=None,
            reasoning=". ".join(part.rstrip(".") for part in (cited.judged, cited.note) if part) or None,
        )  # fmt: skip

    def flag(self, flag: RedFlag) -> Number:
        """Who says that a red flag is one."""
        source = self.model.knowledge.sources[flag.source]
        return Number(
            id=self._next(), shown=citation(source), kind="recalled" if flag.recalled else "seen",
            citation=citation(source), quote=flag.quote, url=source.URL, population=None, reasoning=flag.note,
        )  # fmt: skip

    def _next(self) -> str:
        self._shown += 1
        return f"n{self._shown}"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
