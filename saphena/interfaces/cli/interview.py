"""``saphena interview``: asks on the terminal, keeps the answers in a case file, ends in an assessment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from saphena.assessment import per_cent
from saphena.case import Case
from saphena.faults import Faulty
from saphena.model.network import Model
from saphena.pathway.given import Given, complained_of
from saphena.pathway.interview import Checklist, Finished, Question, next_step

MOST_QUESTIONS = 30
"""Nobody answers more in one go; what is left is listed in the assessment."""
HELP = "y yes   n no   d don't know   s skip   u undo   ? why   q stop and assess"


class Stop(Exception):
    """The person wants no further questions."""


@dataclass
class Interview:
    """One interview: what was answered, in order, so that it can be undone and resumed."""

    model: Model
    ask: Callable[[str], str]
    say: Callable[[str], None]
    head: dict[str, Any]
    findings: dict[str, Any] = field(default_factory=dict)
    file: Path | None = None
    clinician: bool = False
    most: int = MOST_QUESTIONS
    """Single questions before it ends by itself; checklists do not count."""
    history: list[tuple[str, ...]] = field(default_factory=list)
    asked: int = 0

    def __post_init__(self) -> None:
        self.given = Given(self.head, self.findings, self.history)

    def run(self) -> Case:
        """Ask until nothing is worth asking or the person stops."""
        self.say(HELP)
        self._save()
        try:
            while True:
                if not self.findings and not self.given.skipped:
                    self._complaint()
                    self._save()
                step = next_step(self.model, self.given.asked(), self._sources())
                if isinstance(step, Finished):
                    self._finish(step)
                    break
                if isinstance(step, Checklist):
                    self._checklist(step)
                elif self.asked >= self.most:
                    self.say(f"\nEnough asked ({self.most}); what is left to ask is in the assessment.\n")
                    break
                else:
                    self._question(step)
                self._save()
        except (Stop, EOFError):
            self.say("")
        self._save()
        return self.given.case()

    def _finish(self, step: Finished) -> None:
        sentence = {
            "nothing_changes": "Nothing left that would change much",
            "not_worth_asking": "Nothing left that would change much for what it costs to ask",
            "age": "At this age there are red flags only, and they are asked",
            "no_probabilities": "The model has no probabilities for these answers, and the red flags are asked",
        }[step.reason]
        left = step.left
        if left is not None:
            name = self.model.knowledge.conditions[left.subject].name
            sentence += (
                f": at most {name} {per_cent(left.before)} → {per_cent(left.after)}"
                f" ({self.model.knowledge.findings[left.finding].name}: {left.answer})"
            )
        self.say(f"\n{sentence}.\n")

    def _sources(self) -> tuple[str, ...]:
        return ("history", "examination") if self.clinician else ("history",)

    def _complaint(self) -> None:
        self.say("\nWhat is the main complaint? (numbers, with commas)")
        known = self.model.knowledge.settings.chief_complaints
        for i, id_ in enumerate(known, 1):
            self.say(f"  {i:>2}  {self.model.knowledge.findings[id_].name}")
        chosen: list[str] = []
        while not chosen:
            words = self.ask("> ").replace(",", " ").split()
            if words == ["q"]:
                raise Stop
            if words and all(w.isdecimal() and 1 <= int(w) <= len(known) for w in words):
                chosen = list(dict.fromkeys(known[int(w) - 1] for w in words))
            else:
                self.say(f"Numbers from 1 to {len(known)}, please.")
        leg = self._choice("Which leg? right, left, both, or enter if none is worse", ("right", "left", "both", ""))
        self.head.pop("index_leg", None)
        if leg in ("right", "left"):
            self.head["index_leg"] = leg
        self._record({id_: complained_of(self.model.knowledge.findings[id_], leg) for id_ in chosen})
        onset = self.model.knowledge.findings.get("onset")
        if onset is not None:
            answer = self._choice(f"{onset.question} {', '.join(onset.grades)}", (*onset.grades, "d", "s"))
            if answer == "s":
                self.given.skip("onset")
            else:
                self._record({"onset": "unknown" if answer == "d" else answer})

    def _checklist(self, step: Checklist) -> None:
        self.say(f"\nIs any of these so? ({step.number} of at most {step.of})")
        for i, id_ in enumerate(step.findings, 1):
            self.say(f"  {i}  {self.model.knowledge.findings[id_].question}")
        while True:
            words = self.ask("numbers, n for none, d for don't know > ").replace(",", " ").split()
            if words == ["q"]:
                raise Stop
            if words == ["u"]:
                self._undo()
                return
            if words == ["s"]:
                self.given.skip(*step.findings)
                return
            if words == ["?"]:
                self.say("  They are asked first because an answer could mean that something must not wait.")
                continue
            if words in (["n"], ["d"]) or (
                words and all(w.isdecimal() and 1 <= int(w) <= len(step.findings) for w in words)
            ):
                break
            self.say("Numbers, n, d, s, u or q, please.")
        rest = "unknown" if words == ["d"] else "absent"
        yes = set() if words in (["n"], ["d"]) else {step.findings[int(w) - 1] for w in words}
        knowledge = self.model.knowledge.findings
        self._record(
            {id_: self.given.on_leg(knowledge[id_], "present" if id_ in yes else rest) for id_ in step.findings}
        )

    def _question(self, step: Question) -> None:
        finding = self.model.knowledge.findings[step.finding]
        graded = finding.kind == "graded"
        options = f" [{', '.join(step.answers)}]" if graded else ""
        while True:
            answer = self.ask(f"\n{finding.question}{options}\n> ").strip().lower()
            if answer == "q":
                raise Stop
            if answer == "u":
                self._undo()
                return
            if answer == "s":
                self.given.skip(finding.id)
                break
            if answer == "?":
                self._why(step)
                continue
            begun = [a for a in step.answers if answer and a.startswith(answer)]
            if answer == "d":
                value = "unknown"
            elif not graded and answer in ("y", "yes", "n", "no"):
                value = "present" if answer.startswith("y") else "absent"
            elif answer in step.answers or len(begun) == 1:
                value = answer if answer in step.answers else begun[0]
            else:
                self.say(f"{', '.join(step.answers)}, or d, s, u, ?, q" if graded else HELP)
                continue
            self._record({finding.id: self.given.on_leg(finding, value)})
            break
        self.asked += 1

    def _why(self, step: Question) -> None:
        """What the answer could change, and which conditions the strongest one would move."""
        change, conditions = step.change, self.model.knowledge.conditions
        if change.kind == "red_flag":
            flag = next(f for f in self.model.knowledge.red_flags if f.id == change.subject)
            self.say(f"  It belongs to a red flag: {flag.name}")
        elif change.kind == "must_not_miss":
            self.say(f"  It could change the urgency: {conditions[change.subject].name}")
        elif change.kind == "investigation":
            self.say(
                f"  It could change what to examine or order: {self.model.knowledge.findings[change.subject].name}"
            )
        elif change.kind == "leader":
            self.say("  It could change what comes first")
        for mover in step.why:
            self.say(
                f"  {conditions[mover.condition].name}: now {per_cent(mover.before)}, then {per_cent(mover.if_present)}"
            )

    def _record(self, values: dict[str, Any]) -> None:
        """Keep answers, unless the case would contradict itself."""
        try:
            self.given.record(self.model, values)
        except Faulty as error:
            self.say(f"  {error.faults[0].message}; the answer is left out.")
            self.given.skip(*values)  # Or it would be asked again at once.

    def _undo(self) -> None:
        ids = self.given.undo()
        if not ids:
            self.say("Nothing to undo.")
            return
        if len(ids) == 1 and self.asked > 0:
            self.asked -= 1
        self.say("Undone.")

    def _choice(self, question: str, allowed: tuple[str, ...]) -> str:
        while True:
            answer = self.ask(f"\n{question}\n> ").strip().lower()
            if answer in allowed:
                return answer
            if answer == "q":
                raise Stop
            self.say(f"One of: {', '.join(a or '(enter)' for a in allowed)}")

    def _save(self) -> None:
        if self.file is not None:
            text = yaml.safe_dump({**self.head, "findings": self.findings}, sort_keys=False, allow_unicode=True)
            self.file.write_text(text, encoding="utf-8")


def ask_head(ask: Callable[[str], str], say: Callable[[str], None], setting: str) -> dict[str, Any]:
    """Age and sex; raises ``Stop``, or ``EOFError`` where the input ends."""
    while True:
        words = ask("Age in years > ").strip().replace(",", ".")
        if words == "q":
            raise Stop
        if words.isascii() and words.replace(".", "", 1).isdigit() and 0 <= float(words) <= 120:
            break
        say("A number from 0 to 120, please.")
    while True:
        sex = ask("Sex as recorded: female, male or unknown > ").strip().lower()
        if sex == "q":
            raise Stop
        begun = [s for s in ("female", "male", "unknown") if sex and s.startswith(sex)]
        if begun:
            return {"age": float(words), "sex": begun[0], "setting": setting}
        say("female, male or unknown, please.")
