"""The answers of an interview as they travel in its form: what was asked, in order, and what was sent.

Everything else (the case, what is asked next) is worked out from them anew on every step, so that an answer can be
changed without touching the others, and nothing has to be kept on the server.
"""

from __future__ import annotations

import json
from typing import Any, Self

from pydantic import Field, ValidationError

from saphena.case import Case, Origin, Setting, Shape
from saphena.faults import Faulty
from saphena.inference.observe import observe
from saphena.interfaces.web.interview.sheets import Sent, Sheet, Unreadable, sheet
from saphena.model.network import Model
from saphena.pathway.given import Given
from saphena.records.shapes import Draft

MOST_STEPS = 60
LONGEST = 7000
"""Characters of one answer: as many as a list of medicines may have."""


class Step(Shape):
    """One page and what was answered on it."""

    ask: str = Field(max_length=1000)
    answer: Sent


class Held(Shape):
    """The interview so far."""

    setting: Setting = "primary_care"
    steps: tuple[Step, ...] = Field((), max_length=MOST_STEPS)
    aside: tuple[Step, ...] = Field((), max_length=MOST_STEPS, description="Answers of pages gone back over")
    shown: tuple[str, ...] = Field((), max_length=200, description="Red flags that were shown, and gone on from")
    seen: int = Field(0, ge=0, description="Number of the draft on the server")

    @classmethod
    def read(cls, text: str) -> Self:
        """From the form. Raises ``Unreadable`` if somebody or something changed it."""
        try:
            held = cls.model_validate_json(text)
        except ValidationError:
            raise Unreadable from None
        if any(len(one) > LONGEST for step in held.steps + held.aside for each in step.answer.values() for one in each):
            raise Unreadable
        return held

    @classmethod
    def of(cls, draft: Draft) -> Self:
        """From the server. Raises ``Unreadable`` if another version of Saphena kept it and this one cannot read it."""
        return cls.read(json.dumps({**draft.answers, "seen": draft.number}))

    @property
    def asked(self) -> tuple[str, ...]:
        """The pages answered, in order."""
        return tuple(step.ask for step in self.steps)

    def answer_to(self, ask: str) -> Sent:
        """What was answered on a page, now or before going back; nothing if it was not."""
        return next((step.answer for step in self.steps + self.aside if step.ask == ask), {})

    def with_answer(self, ask: str, answer: Sent, at: int | None = None) -> Held:
        """With one page answered, at its place if it was changed."""
        steps = [step for step in self.steps if step.ask != ask]
        steps.insert(len(steps) if at is None else at, Step(ask=ask, answer=answer))
        return self.model_copy(update={"steps": tuple(steps), "aside": self._aside_without(ask)})

    def without(self, at: int) -> Held:
        """With one page taken out, its answer put aside. Raises ``Unreadable`` if there is none."""
        if not 0 <= at < len(self.steps):
            raise Unreadable
        step = self.steps[at]
        rest = self.steps[:at] + self.steps[at + 1 :]
        return self.model_copy(update={"steps": rest, "aside": (*self._aside_without(step.ask), step)})

    def put_aside(self, ask: str, answer: Sent) -> Held:
        """Keep what stands on a page that is being left without an answer."""
        return self.model_copy(update={"aside": (*self._aside_without(ask), Step(ask=ask, answer=answer))})

    def _aside_without(self, ask: str) -> tuple[Step, ...]:
        return tuple(step for step in self.aside if step.ask != ask)


def answered(model: Model, held: Held) -> list[tuple[Step, Sheet]]:
    """Every answer with its page. Raises ``Unreadable`` if one does not fit it."""
    done = []
    for step in held.steps:
        one = sheet(model, step.ask)
        if one is None or one.faults(step.answer):
            raise Unreadable
        done.append((step, one))
    return done


def replay(model: Model, held: Held) -> Given:
    """Every answer read again. Raises ``Unreadable`` if one does not fit its page, or ``Faulty`` if they contradict."""
    given = Given({"age": 50.0, "sex": "unknown", "setting": held.setting, "context": {}})
    for step, one in answered(model, held):
        one.apply(given, step.answer)
    observe(model, given.case())
    return given


def told_by(held: Held) -> str:
    """Who answers: patient, parent, carer or interpreter."""
    return next(iter(held.answer_to("who").get("who", ())), "patient")


def marked(case: Case, held: Held) -> Case:
    """The case with every finding marked as said by the patient or by another person."""
    origin: Origin = "patient" if told_by(held) == "patient" else "other_person"
    findings: dict[str, Any] = {}
    for id_, _, statement in case.statements():
        said = statement.model_copy(update={"origin": origin})
        findings[id_] = (*findings.get(id_, ()), said)
    return case.model_copy(update={"findings": findings})


def readable(model: Model, held: Held) -> Given:
    """The answers, or ``Unreadable`` where they do not even go together: nothing that the pages let pass."""
    try:
        return replay(model, held)
    except Faulty:
        raise Unreadable from None
