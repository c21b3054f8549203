"""What a case comes to while it is being entered: urgency and differential, without intervals or plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from saphena.assessment import per_cent
from saphena.assessment.fit import unknown_age
from saphena.inference.evidence import ImpossibleEvidence
from saphena.inference.medicines import Understood, understood
from saphena.inference.observation import Observation
from saphena.inference.posterior import posterior
from saphena.inference.subset import TooWide
from saphena.interfaces.web.clinician.vocabulary import Names
from saphena.interfaces.web.language import Language
from saphena.model.network import Model
from saphena.model.numbers import TriageLevel
from saphena.pathway.differential import differential
from saphena.pathway.triage import triage

SHOWN = 9
MOVED = 0.005
"""A smaller change is none."""


@dataclass(frozen=True)
class Standing:
    """One condition at this moment."""

    id: str
    name: str
    probability: float
    was: float | None
    dangerous: bool

    @property
    def moved(self) -> bool:
        """Does it differ from before by what can be seen?"""
        return self.was is not None and abs(self.probability - self.was) >= MOVED


@dataclass(frozen=True)
class Meant:
    """One entry of the list of medicines, and what follows from it."""

    written: str
    name: str
    """Empty where Saphena does not know it."""
    means: tuple[str, ...] = ()
    like: tuple[str, ...] = ()


@dataclass(frozen=True)
class Live:
    """The answer of this moment."""

    level: TriageLevel
    level_name: str
    standings: tuple[Standing, ...]
    flags: tuple[str, ...]
    """Names of the red flags that are raised."""
    ask: tuple[str, ...]
    """Findings that open red flags ask for."""
    medicines: tuple[Meant, ...]
    medicines_ask: tuple[str, ...]
    """Risk factors and facts that they make worth asking, and that nobody has answered."""
    problem: str
    """Why there are no probabilities."""
    said: str
    """The one sentence that is read aloud."""

    @property
    def as_field(self) -> str:
        """The probabilities, carried in the form to compare the next ones with."""
        return " ".join(f"{s.id}:{s.probability:.4f}" for s in self.standings)


def before_of(field: str) -> dict[str, float]:
    """Probabilities that the form carried; what cannot be read is left out."""
    found: dict[str, float] = {}
    for part in field.split():
        id_, _, value = part.partition(":")
        try:
            found[id_] = float(value)
        except ValueError:
            continue
    return found


def look(model: Model, language: Language, observation: Observation, before: Mapping[str, float]) -> Live:
    """The differential of a case."""
    names = Names(model, language)
    text = model.knowledge.texts[language.code]
    inferred, problem = None, ""
    if model.knows_age(observation.case.age):
        try:
            inferred = posterior(model, observation, reasons=False)
        except (ImpossibleEvidence, TooWide) as error:
            problem = language.fault(str(error))
    else:
        problem = text.sentences[unknown_age(model)]
    urgency = triage(model, observation, inferred)
    entries = differential(model, observation, inferred, urgency) if inferred else ()
    shown = [e for e in entries if e.group != "other"][:SHOWN] or list(entries[:SHOWN])
    dangerous = {m.condition for m in urgency.must_not_miss}
    standings = tuple(
        Standing(
            e.posterior.id,
            names.of(e.posterior.id, model.knowledge.conditions[e.posterior.id].name),
            e.posterior.probability,
            before.get(e.posterior.id),
            e.posterior.id in dangerous,
        )
        for e in shown
    )
    flags = tuple(names.of(r.flag.id, r.flag.name) for r in urgency.raised)
    ask = tuple(dict.fromkeys(id_ for o in urgency.open for id_ in o.ask))
    level = text.triage[urgency.level].name
    known = {**observation.context, **observation.facts}
    present = [id_ for id_, yes in known.items() if yes]
    wanted = dict.fromkeys(id_ for one in observation.medicines for id_ in one.asked(present) if id_ not in known)
    return Live(
        urgency.level,
        level,
        standings,
        flags,
        ask,
        tuple(_meant(model, names, understood(model, written), present) for written in observation.case.medicines),
        tuple(wanted),
        problem,
        _sentence(language, level, standings),
    )


def _meant(model: Model, names: Names, entry: Understood, present: Collection[str]) -> Meant:
    if entry.medicine is None:
        return Meant(entry.written, "", like=entry.like)
    k = model.knowledge
    held = {id_: (k.risk_factors.get(id_) or k.care.facts[id_]).name for id_ in entry.medicine.meant(present)}
    means = tuple(names.of(id_, english) for id_, english in held.items())
    return Meant(entry.written, names.of(entry.medicine.id, entry.medicine.name), means)


def _sentence(language: Language, level: str, standings: tuple[Standing, ...]) -> str:
    moved = [s for s in standings if s.moved and s.was is not None]
    if not moved:
        return f"{level}."
    most = max(moved, key=lambda s: abs(s.probability - (s.was or 0)))
    return language.say("%(level)s. %(name)s %(now)s, was %(was)s.") % {
        "level": level,
        "name": most.name,
        "now": per_cent(most.probability),
        "was": per_cent(most.was or 0),
    }
