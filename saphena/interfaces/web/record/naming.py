"""What things are called in the reader's language; what the knowledge has in English only stays English, and says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape
from rapidfuzz import fuzz, process

from saphena.interfaces.web.language import Language
from saphena.model.network import Model
from saphena.model.sentences import grade_words

LIKE = 60
"""How like a name must be to be suggested, of 100."""


@dataclass(frozen=True)
class Names:
    """Names of the vocabulary in one language."""

    model: Model
    language: Language

    def condition(self, id_: str) -> Markup:
        """A condition, or one of its states as ``condition.state``."""
        return self._marked(id_, self.plain_condition(id_))

    def plain_condition(self, id_: str) -> str:
        """The same as text alone."""
        whole, _, state = id_.partition(".")
        known = self.model.knowledge.conditions.get(whole)
        name = self._name(whole, known.name if known else whole)
        states = {one.id: self.language.tell(one.name) for one in known.states} if known else {}
        return f"{name}: {states.get(state, state)}" if state else name

    def treatment(self, id_: str) -> Markup:
        """A treatment."""
        return self._marked(id_, self.plain_treatment(id_))

    def plain_treatment(self, id_: str) -> str:
        """The same as text alone."""
        known = self.model.knowledge.care.treatments.get(id_)
        return self._name(id_, known.name if known else id_)

    def instrument(self, id_: str) -> Markup:
        """A score or scale."""
        known = self.model.knowledge.instruments.get(id_)
        return self.language.told(known.name) if known else self._marked(id_, id_)

    def item(self, id_: str) -> Markup:
        """A finding, measurement, risk factor or fact."""
        held = self.model.knowledge
        known = (
            held.findings.get(id_)
            or held.measurements.get(id_)
            or held.risk_factors.get(id_)
            or held.care.facts.get(id_)
            or held.instruments.get(id_)
        )
        return self._marked(id_, self._name(id_, known.name if known else id_.replace("_", " ")))

    def value(self, value: object) -> Markup:
        """An answer: present, absent, unknown, the name of a grade, or a number with its unit."""
        said, english = self.plain_value(value), grade_words(str(value))
        return self.language.told(english) if said == english and not english[:1].isdigit() else escape(said)

    def plain_value(self, value: object) -> str:
        """The same as text alone."""
        _ = self.language.say
        said = {"present": _("present"), "absent": _("absent"), "unknown": _("unknown"), "diagnosed": _("diagnosed")}
        return said.get(str(value)) or self.language.tell(grade_words(str(value)))

    def triage(self, level: str) -> str:
        """A level of urgency."""
        texts = self.model.knowledge.texts
        return texts[self.language.code if self.language.code in texts else "en"].triage[level].name  # type: ignore[index]

    def leg(self, leg: str | None) -> str:
        """A side, as one word after a comma or in a table."""
        _ = self.language.say
        return {"right": _("right"), "left": _("left"), "both": _("both legs")}.get(leg or "", "")

    def conditions(self) -> dict[str, str]:
        """Every condition and state by the name it is offered under."""
        found: dict[str, str] = {}
        for id_, known in self.model.knowledge.conditions.items():
            for whole in (id_, *(f"{id_}.{state.id}" for state in known.states)):
                found[self.plain_condition(whole)] = whole
        return dict(sorted(found.items(), key=lambda pair: pair[0].casefold()))

    def treatments(self) -> dict[str, str]:
        """Every treatment by the name it is offered under."""
        found = {self.plain_treatment(id_): id_ for id_ in self.model.knowledge.care.treatments}
        return dict(sorted(found.items(), key=lambda pair: pair[0].casefold()))

    def condition_called(self, written: str) -> str | None:
        """The condition of a name in this language or in English, of a synonym, or of an id."""
        known = self.model.knowledge.conditions.values()
        return _called(written, self.conditions(), {one.id: (one.name, *one.synonyms) for one in known})

    def treatment_called(self, written: str) -> str | None:
        """The treatment of a name in this language or in English, or of an id."""
        known = self.model.knowledge.care.treatments.values()
        return _called(written, self.treatments(), {one.id: (one.name,) for one in known})

    def like(self, written: str, among: dict[str, str]) -> list[str]:
        """Names that may have been meant."""
        near = process.extract(written, list(among), scorer=fuzz.WRatio, limit=3, score_cutoff=LIKE)
        return [name for name, _score, _place in near]

    def _name(self, id_: str, english: str) -> str:
        words = self.model.knowledge.words.get(self.language.code, {}).get(id_)
        return _capital(words.name) if words else english

    def _marked(self, id_: str, name: str) -> Markup:
        whole = id_.partition(".")[0]
        translated = self.language.code == "en" or whole in self.model.knowledge.words.get(self.language.code, {})
        return Markup("{}").format(name) if translated else Markup('<span lang="en">{}</span>').format(name)


def _called(written: str, offered: dict[str, str], also: Mapping[str, tuple[str, ...]]) -> str | None:
    """The id of a name, however it is capitalised: of those that are offered first."""
    found = {name.casefold(): id_ for name, id_ in offered.items()}
    for id_, names in also.items():
        for name in (id_, *names):
            found.setdefault(name.casefold(), id_)
    return found.get(written.casefold().strip())


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
