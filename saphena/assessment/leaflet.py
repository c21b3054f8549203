"""The assessment in words for the patient: plain, in English or Russian, with natural frequencies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from saphena.assessment.plan_shapes import OptionShown
from saphena.assessment.shapes import Assessment, ConditionAssessment
from saphena.model.network import Model

SHOWN = 3
"""Conditions named to a patient."""
LEAST = 0.1
"""A condition less probable than this is not named, unless it must not be missed."""
WARNINGS = 6
"""Signs to come back for at once."""
MEASURES = 6
TESTS = 3
ASKED = 8


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    id: str
    title: str
    lines: tuple[str, ...]
    listed: bool = True


def leaflet(model: Model, answer: Assessment, language: str = "en") -> tuple[Section, ...]:
    """What to do now, what it may be, what helps, what to ask, and when to come back at once."""
    return _Leaflet(model, answer, language).sections()


def plain(sections: Iterable[Section]) -> str:
    """A leaflet as text."""
    parts = []
    for section in sections:
        mark = "- " if section.listed else ""
        parts.append("\n".join([section.title, *(f"{mark}{line}" for line in section.lines)]))
    return "\n\n".join(parts) + "\n"


class _Leaflet:
    def __init__(self, model: Model, answer: Assessment, language: str) -> None:
        self.model, self.answer, self.language = model, answer, language
        self.text = model.knowledge.texts[language]
        self.say = self.text.sentences
        self.told = model.knowledge.patient_words.get(language, {})

    def sections(self) -> tuple[Section, ...]:
        """Those that have something to say, in the order in which they matter."""
        urgent = self.answer.triage.level in ("emergency", "same_day")
        parts = [
            Section("now", self.say["leaflet_now"], tuple(self._now()), listed=False),
            Section("what", self.say["leaflet_what"], tuple(self._what()), listed=False),
            Section("yourself", self.say["leaflet_yourself"], tuple(self._yourself()) if not urgent else ()),
            Section("tests", self.say["leaflet_tests"], tuple(self._tests())),
            Section("treatment", self.say["leaflet_treatment"], tuple(self._treatment()) if not urgent else ()),
            Section("not", self.say["leaflet_not"], tuple(self._not()) if not urgent else ()),
            Section("tell", self.say["leaflet_tell"], tuple(self._tell())),
            Section("back", self.say["leaflet_back"], tuple(self._back())),
            Section("next", self.say["leaflet_next"], tuple(self._next()), listed=False),
            Section("about", self.say["leaflet_about"], (self.text.intended_use,), listed=False),
        ]
        return tuple(part for part in parts if part.lines)

    # --- parts -------------------------------------------------------------------------------

    def _now(self) -> list[str]:
        triage = self.answer.triage
        said = [self.text.triage[triage.level].patient]
        now = [flag for flag in triage.red_flags if flag.level == triage.level]
        return said + [self._flag(flag.id, flag.tell_patient) for flag in now[:2]]

    def _what(self) -> list[str]:
        explains = [c for c in self.answer.differential if c.group == "explains" and c.probability >= LEAST]
        lines = [self._may_be(c) for c in explains[:SHOWN]]
        dangers = [c for c in self.answer.differential if c.group == "must_not_miss"]
        lines += [self.say["leaflet_rule_out"].format(name=self._name(c)) for c in dangers[:2]]
        if not lines:
            return [self.say["leaflet_nothing_named"]]
        return [*lines, self.say["leaflet_only_doctor"]]

    def _may_be(self, one: ConditionAssessment) -> str:
        words = self.told.get("conditions", {}).get(one.id)
        sentence = self.say["leaflet_may_be"].format(
            name=self._name(one), of_ten=max(1, min(9, round(10 * one.probability)))
        )
        return f"{sentence} {words.patient}" if words is not None and words.patient else sentence

    def _name(self, one: ConditionAssessment) -> str:
        words = self.told.get("conditions", {}).get(one.id) or self.model.knowledge.words.get(self.language, {}).get(
            one.id
        )
        return words.name if words is not None else one.name.lower() if self.language == "en" else one.name

    def _yourself(self) -> list[str]:
        return self._options(
            o
            for o in self.answer.plan.options
            if self._own(o) and o.status in ("offered", "caution") and any(use.confirmed for use in o.uses)
        )

    def _own(self, option: OptionShown) -> bool:
        return option.prevention or option.kind in ("self_care", "exercise")

    def _treatment(self) -> list[str]:
        """What a doctor may offer: not what people do themselves, and nothing that is struck out."""
        return self._options(
            o
            for o in self.answer.plan.options
            if not self._own(o)
            and o.status != "struck"
            and any(use.confirmed and use.line in ("first", "second") for use in o.uses)
        )

    def _options(self, options: Iterable[OptionShown]) -> list[str]:
        """A line for each treatment; the leg is named where only one has it."""
        legs: dict[str, list[OptionShown]] = {}
        for option in options:
            legs.setdefault(option.id, []).append(option)
        lines = [self._option(held) for held in legs.values()]
        return [line for line in dict.fromkeys(lines) if line][:MEASURES]

    def _option(self, held: list[OptionShown]) -> str:
        option = held[0]
        said = self._said("treatments", option.id, option.patient)
        leg = self.say[f"leaflet_leg_{option.leg}"] if option.leg and len(held) == 1 else ""
        care = next((r.tell_patient for r in option.reasons if r.status == "caution" and r.tell_patient), None)
        return " ".join(part for part in (said, leg, care if self.language == "en" else None) if part) if said else ""

    def _said(self, what: str, id_: str, english: str) -> str:
        """What a patient is told of it; nothing in a language that has no words for it."""
        words = self.told.get(what, {}).get(id_)
        if words is not None and words.patient:
            return words.patient
        return english if self.language == "en" else ""

    def _not(self) -> list[str]:
        """What is forbidden in this case, and what does not help."""
        lines = []
        for option in [o for o in self.answer.plan.options if o.status == "struck"][:WARNINGS]:
            told = next((r.tell_patient for r in option.reasons if r.status == "struck" and r.tell_patient), None)
            name = self._treatment_name(option.id, option.name)
            reason = f" {told}" if told and self.language == "en" else ""
            lines += [self.say["leaflet_not_for_you"].format(name=name) + reason] if name else []
        rejected = [r for r in self.answer.plan.rejected if any(use.confirmed for use in r.uses)]
        names = [self._treatment_name(r.id, r.name) for r in rejected]
        lines += [self.say["leaflet_no_help"].format(name=name) for name in names if name][:MEASURES]
        return list(dict.fromkeys(lines))

    def _treatment_name(self, id_: str, name: str) -> str:
        words = self.told.get("treatments", {}).get(id_)
        if words is not None:
            return words.name
        return name[:1].lower() + name[1:] if self.language == "en" else ""

    def _tests(self) -> list[str]:
        """The next few tests; what a doctor looks at and asks anyway is none."""
        wanted = [o for o in self.answer.plan.investigations if o.status != "struck" and o.cost_tier > 0]
        said = [self._said("investigations", o.id, o.patient) for o in wanted]
        return [line for line in dict.fromkeys(said) if line][:TESTS]

    def _tell(self) -> list[str]:
        """Questions whose answer decides most treatments."""
        held: Counter[str] = Counter()
        words: dict[str, str] = {}
        for option in self.answer.plan.options:
            if option.status != "waiting" or not any(use.confirmed for use in option.uses):
                continue
            for one in {one.id: one for reason in option.reasons for one in reason.ask}.values():
                question = self._question(one.id, one.question)
                if question:
                    words[one.id] = question
                    held[one.id] += 1
        return [words[id_] for id_, _ in held.most_common(ASKED)]

    def _question(self, id_: str, english: str | None) -> str | None:
        if id_ in self.model.knowledge.findings and self.model.knowledge.obtained_by[id_] != "history":
            return None  # Nobody can answer that at home.
        if self.language == "en":
            return english
        words = self.model.knowledge.words.get(self.language, {}).get(id_)
        return words.question if words is not None else None

    def _flag(self, id_: str, english: str) -> str:
        words = self.told.get("red_flags", {}).get(id_)
        return words.patient if words is not None and words.patient else english

    def _back(self) -> list[str]:
        """Signs that would make it urgent: of the flags that are open, the most urgent first."""
        now = [flag for flag in self.answer.triage.unanswered if flag.level in ("emergency", "same_day")]
        words = self.told.get("red_flags", {})
        return list(dict.fromkeys(words[flag.id].name if flag.id in words else flag.name for flag in now))[:WARNINGS]

    def _next(self) -> list[str]:
        lines = [self._said("follow_up", v.id, v.patient) for v in self.answer.plan.follow_up[:1]]
        for referral in self.answer.plan.referrals[:1]:
            words = self.told.get("referrals", {}).get(referral.id)
            name = words.name if words is not None else referral.to_patient if self.language == "en" else ""
            name = name[:1].lower() + name[1:]
            lines += [self.say["leaflet_referral"].format(name=name)] if name else []
        return [line for line in lines if line]
