"""The pages of the interview: what each asks, which answers it takes, and what they mean for the case.

A sheet is named by what it asks (``about``, ``question:<finding>``, ``list:<finding>,<finding>``), so that the name is
all that has to travel. What stands on it is in the templates, what comes next in ``order``.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from saphena.case import LONGEST_NAME, MOST_MEDICINES
from saphena.inference.medicines import implied, listed, taken
from saphena.model.network import Model
from saphena.model.schema import Finding
from saphena.pathway.given import Given, complained_of

Sent = dict[str, tuple[str, ...]]
"""The fields of a page as they were sent."""
Faults = dict[str, str]
"""Field -> what is wrong with it, as one of the words of ``wording.faults``."""
WHO = ("patient", "parent", "carer", "interpreter")
PLACES = ("hip", "thigh", "knee", "shin", "calf", "ankle", "heel", "foot", "toes")
PAIN_AT = {
    "hip": "groin_pain",
    "thigh": "thigh_pain",
    "knee": "knee_pain",
    "shin": "shin_pain",
    "calf": "calf_pain",
    "ankle": "ankle_pain",
    "heel": "heel_pain",
    "foot": "foot_pain",
}
"""A place of the body map -> the finding that pain there is."""
PAIN = "leg_pain"
LEGS = ("right", "left")


class Unreadable(Exception):
    """What the form brought is not what a page of ours would have sent."""


@dataclass(frozen=True)
class Sheet(ABC):
    """One page."""

    model: Model
    ask: str

    fields: ClassVar[tuple[str, ...]] = ()
    """Names of what can be filled in."""

    @abstractmethod
    def faults(self, sent: Sent) -> Faults:
        """What is wrong with the answers; nothing if they can be taken."""

    @abstractmethod
    def apply(self, given: Given, sent: Sent) -> None:
        """Put the answers into the case; whether they contradict others is seen when all are there."""


class Who(Sheet):
    """Who answers, that they know what this is, and whether their answers are to be kept."""

    fields: ClassVar[tuple[str, ...]] = ("who", "agree", "keep")

    def faults(self, sent: Sent) -> Faults:
        """Both are needed."""
        found = _one_of(sent, "who", WHO)
        return found if sent.get("agree") else {**found, "agree": "agree"}

    def apply(self, given: Given, sent: Sent) -> None:
        """Nothing of it is a finding."""


class About(Sheet):
    """Age and sex."""

    fields: ClassVar[tuple[str, ...]] = ("age", "sex")

    def faults(self, sent: Sent) -> Faults:
        """A number of years that people live, and a sex as recorded."""
        age = number(one(sent, "age"))
        found = {} if age is not None and 0 <= age <= 120 else {"age": "age"}
        return {**found, **_one_of(sent, "sex", ("female", "male", "unknown"))}

    def apply(self, given: Given, sent: Sent) -> None:
        """Into the head of the case."""
        given.head |= {"age": number(one(sent, "age")), "sex": one(sent, "sex")}


class Pregnancy(Sheet):
    """Pregnant, and how far."""

    fields: ClassVar[tuple[str, ...]] = ("pregnant", "weeks")

    def faults(self, sent: Sent) -> Faults:
        """Weeks only of somebody who is pregnant."""
        weeks = number(one(sent, "weeks")) if one(sent, "weeks") else 0.0
        wrong = weeks is None or not 0 <= weeks <= 45 or (weeks and one(sent, "pregnant") != "present")
        return {**_one_of(sent, "pregnant", ANSWERS), **({"weeks": "weeks"} if wrong else {})}

    def apply(self, given: Given, sent: Sent) -> None:
        """A risk factor; the weeks stand by themselves. Not of a man, if the sex was changed after it."""
        if given.head["sex"] == "male":
            return
        given.head["context"] |= {"pregnancy": one(sent, "pregnant")}
        if one(sent, "weeks"):
            given.head["pregnancy_weeks"] = number(one(sent, "weeks"))


class Complaint(Sheet):
    """What troubles the person."""

    fields: ClassVar[tuple[str, ...]] = ("complaint",)

    @property
    def choices(self) -> tuple[str, ...]:
        """The complaints an interview can start from; where it hurts is asked on the drawing."""
        return tuple(c for c in self.model.knowledge.settings.chief_complaints if c not in PAIN_AT.values())

    def faults(self, sent: Sent) -> Faults:
        """At least one."""
        chosen = sent.get("complaint", ())
        return {} if chosen and set(chosen) <= {*self.choices, "other"} else {"complaint": "some"}

    def apply(self, given: Given, sent: Sent) -> None:
        """As findings of no leg yet; the drawing says which."""
        findings = self.model.knowledge.findings
        given.keep({c: complained_of(findings[c], "") for c in sent["complaint"] if c != "other"})


class Place(Sheet):
    """Where it is: the drawing and the list beside it."""

    fields: ClassVar[tuple[str, ...]] = ("place", "worst")

    def faults(self, sent: Sent) -> Faults:
        """Places, or that it cannot be said; the worst is one of them."""
        chosen = set(sent.get("place", ()))
        known = {f"{leg}_{place}" for leg in LEGS for place in PLACES} | {"unknown"}
        if not chosen or not chosen <= known or ("unknown" in chosen and len(chosen) > 1):
            return {"place": "place"}
        return {} if one(sent, "worst") in ("", *(chosen - {"unknown"})) else {"worst": "worst"}

    def apply(self, given: Given, sent: Sent) -> None:
        """The leg of the complaint, and the leg and place of a pain."""
        places = [p.split("_") for p in sent["place"] if p != "unknown"]
        legs = {leg for leg, _ in places}
        worst = one(sent, "worst").partition("_")[0]
        if worst or len(legs) == 1:
            given.head["index_leg"] = worst or next(iter(legs))
        findings = self.model.knowledge.findings
        values = {id_: complained_of(findings[id_], _side(legs)) for id_ in given.findings}
        if PAIN in given.findings:
            for part, id_ in PAIN_AT.items():
                where = {leg for leg, place in places if place == part}
                if where and id_ in findings:
                    values[id_] = complained_of(findings[id_], _side(where))
        given.keep(values)


class Question(Sheet):
    """One finding: yes, no or unknown, with its leg; or a grade."""

    fields: ClassVar[tuple[str, ...]] = ("value",)

    @property
    def finding(self) -> Finding:
        """What is asked."""
        return self.model.knowledge.findings[self.ask.partition(":")[2]]

    @property
    def choices(self) -> tuple[str, ...]:
        """The answers that may be given, "unknown" always last."""
        if self.finding.kind == "graded":
            return (*self.finding.grades, "unknown")
        sided = self.finding.sided and self.finding.given is None
        return (*(("right", "left", "both") if sided else ("present",)), "absent", "unknown")

    def faults(self, sent: Sent) -> Faults:
        """One of them."""
        return _one_of(sent, "value", self.choices)

    def apply(self, given: Given, sent: Sent) -> None:
        """Yes for one leg is no for the other. What was complained of is not asked, unless that was changed later."""
        if self.finding.id in given.findings:
            return
        value: Any = one(sent, "value")
        if value in LEGS:
            value = {leg: "present" if leg == value else "absent" for leg in LEGS}
        elif value == "both" or (value == "absent" and "both" in self.choices):
            value = {"both": "present" if value == "both" else "absent"}
        given.keep({self.finding.id: value})


class Several(Sheet):
    """Several at once: those that are so, and whether the others are not or not known."""

    fields: ClassVar[tuple[str, ...]] = ("yes", "rest")

    @property
    def choices(self) -> tuple[str, ...]:
        """What is asked."""
        return tuple(self.ask.partition(":")[2].split(","))

    def faults(self, sent: Sent) -> Faults:
        """Of each it must be clear what is meant, so what the others are has to be said."""
        if not set(sent.get("yes", ())) <= set(self.choices):
            raise Unreadable
        if len(sent.get("yes", ())) == len(self.choices):
            return {}
        return {"rest": "rest"} if one(sent, "rest") not in ("absent", "unknown") else {}

    def answers(self, sent: Sent) -> dict[str, Literal["present", "absent", "unknown"]]:
        """Of each."""
        rest: Literal["absent", "unknown"] = "absent" if one(sent, "rest") == "absent" else "unknown"
        return {id_: "present" if id_ in sent.get("yes", ()) else rest for id_ in self.choices}


class Checklist(Several):
    """Findings that could mean that something must not wait."""

    def apply(self, given: Given, sent: Sent) -> None:
        """On the leg of the complaint. What was complained of is not asked, unless that was changed later."""
        findings = self.model.knowledge.findings
        new = {id_: value for id_, value in self.answers(sent).items() if id_ not in given.findings}
        given.keep({id_: given.on_leg(findings[id_], value) for id_, value in new.items()})


class Medicines(Sheet):
    """What is taken now, by name; nothing has to be."""

    fields: ClassVar[tuple[str, ...]] = ("medicines",)

    def faults(self, sent: Sent) -> Faults:
        """Not more, and not longer, than a list of medicines is."""
        written = listed(one(sent, "medicines"))
        short = len(written) <= MOST_MEDICINES and all(len(name) <= LONGEST_NAME for name in written)
        return {} if short else {"medicines": "medicines"}

    def apply(self, given: Given, sent: Sent) -> None:
        """What follows from them need not be answered, and is not overruled by a *no* to a list."""
        given.head["medicines"] = listed(one(sent, "medicines"))
        for id_ in meant_by(self.model, given):
            given.head["context"].pop(id_, None)


def meant_by(model: Model, given: Given) -> frozenset[str]:
    """Risk factors and facts that the medicines mean."""
    present = [id_ for id_, answer in given.head.get("context", {}).items() if answer == "present"]
    return frozenset(implied(model, taken(model, given.head.get("medicines", ())), present))


class Health(Several):
    """Risk factors."""

    def apply(self, given: Given, sent: Sent) -> None:
        """Known of the person."""
        known = meant_by(self.model, given)
        given.head["context"] |= {id_: answer for id_, answer in self.answers(sent).items() if id_ not in known}


class Measures(Sheet):
    """What can be measured at home; nothing has to be."""

    fields: ClassVar[tuple[str, ...]] = ("temperature", "right_calf", "left_calf", "pressure", "height", "weight")
    MEASUREMENTS: ClassVar[dict[str, str]] = {
        "temperature": "body_temperature",
        "right_calf": "calf_circumference",
        "left_calf": "calf_circumference",
        "pressure": "systolic_blood_pressure",
    }

    def faults(self, sent: Sent) -> Faults:
        """Numbers that can be."""
        found = {}
        for field, id_ in self.MEASUREMENTS.items():
            low, high = self.model.knowledge.measurements[id_].plausible
            if not _within(one(sent, field), low, high):
                found[field] = "measure"
        found |= {f: "measure" for f, (a, b) in BODY.items() if not _within(one(sent, f), a, b)}
        if bool(one(sent, "height")) != bool(one(sent, "weight")):
            found["weight" if one(sent, "height") else "height"] = "both"
        if not found and one(sent, "height") and not self._possible(body_mass_index(sent)):
            found["weight"] = "measure"
        return found

    def _possible(self, index: float) -> bool:
        low, high = self.model.knowledge.measurements["body_mass_index"].plausible
        return low <= index <= high

    def apply(self, given: Given, sent: Sent) -> None:
        """With their units; what is measured weighs more than what was answered about it."""
        values: dict[str, Any] = {}
        for field, id_ in self.MEASUREMENTS.items():
            value = number(one(sent, field))
            if value is None:
                continue
            written = f"{value:g} {self.model.knowledge.measurements[id_].unit}"
            if self.model.knowledge.measurements[id_].sided:
                values[id_] = {**values.get(id_, {}), field.partition("_")[0]: written}
            else:
                values[id_] = written
        if one(sent, "height") and one(sent, "weight"):
            values["body_mass_index"] = f"{body_mass_index(sent):.1f} kg/m2"
        for id_ in values:
            implied = self.model.knowledge.measurements[id_].context
            if implied is not None:
                given.head["context"].pop(implied, None)
        given.keep(values)


ANSWERS = ("present", "absent", "unknown")
BODY = {"height": (40.0, 250.0), "weight": (2.0, 400.0)}
"""Centimetres and kilograms that people can have."""
PLAIN: dict[str, type[Sheet]] = {
    "who": Who,
    "about": About,
    "pregnancy": Pregnancy,
    "complaint": Complaint,
    "place": Place,
    "medicines": Medicines,
    "measures": Measures,
}


def sheet(model: Model, ask: str) -> Sheet | None:
    """The page of a name; None if there is no such."""
    kind, _, rest = ask.partition(":")
    if ask in PLAIN:
        return PLAIN[ask](model, ask)
    ids = rest.split(",")
    if kind == "question" and rest in model.knowledge.findings:
        return Question(model, ask)
    if kind == "list" and all(i in model.knowledge.findings for i in ids) and len(set(ids)) == len(ids):
        return Checklist(model, ask) if all(model.knowledge.findings[i].kind == "binary" for i in ids) else None
    if kind == "health" and all(i in model.knowledge.risk_factors for i in ids):
        return Health(model, ask)
    return None


def body_mass_index(sent: Sent) -> float:
    """Kilograms by square metres, from height and weight."""
    return (number(one(sent, "weight")) or 0.0) / ((number(one(sent, "height")) or 1.0) / 100) ** 2


def one(sent: Sent, field: str) -> str:
    """The answer of a field that takes one."""
    return next(iter(sent.get(field, ())), "").strip()


def number(written: str) -> float | None:
    """A number as people write it: 39.4 or 39,4."""
    try:
        value = float(written.strip().replace(",", ".").replace("_", "x"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _within(written: str, low: float, high: float) -> bool:
    if not written:
        return True
    value = number(written)
    return value is not None and low <= value <= high


def _one_of(sent: Sent, field: str, allowed: tuple[str, ...]) -> Faults:
    return {} if one(sent, field) in allowed else {field: "choose"}


def _side(legs: set[str]) -> str:
    return "both" if len(legs) == 2 else next(iter(legs), "")
