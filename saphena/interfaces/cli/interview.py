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
from saphena.model.reader import Document
from saphena.model.schema import Finding
from saphena.model.validate import validate
from saphena.pathway.interview import Checklist, Finished, Question, next_step

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
    answers: list[tuple[str, ...]] = field(default_factory=list)
    """Groups of finding ids in the order of answering; a group is undone together."""
    findings: dict[str, Any] = field(default_factory=dict)
    file: Path | None = None
    clinician: bool = False
    skipped: set[str] = field(default_factory=set)

    def case(self) -> Case:
        """The case so far."""
        return validate(Document("interview", {**self.head, "findings": dict(self.findings)}, {}), Case)

    def run(self) -> Case:
        """Ask until nothing is worth asking or the person stops."""
        self.say(HELP)
        try:
            if not self.findings:
                self._complaint()
            while True:
                step = next_step(self.model, self._with_skipped(), self._sources())
                if isinstance(step, Finished):
                    self.say(f"\nNothing left that would change much (at most {per_cent(step.largest_change)}).\n")
                    break
                self._checklist(step) if isinstance(step, Checklist) else self._question(step)
                self._save()
        except (Stop, EOFError):
            self.say("")
        self._save()
        return self.case()

    def _sources(self) -> tuple[str, ...]:
        return ("history", "examination") if self.clinician else ("history",)

    def _with_skipped(self) -> Case:
        """A skipped question is not asked again in this sitting, and not recorded either."""
        case = self.case()
        return case.model_copy(update={"findings": {**dict.fromkeys(self.skipped, "unknown"), **case.findings}})

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
            if all(w.isdigit() and 1 <= int(w) <= len(known) for w in words):
                chosen = [known[int(w) - 1] for w in words]
            else:
                self.say(f"Numbers from 1 to {len(known)}, please.")
        leg = self._choice("Which leg? right, left, both, or enter if none is worse", ("right", "left", "both", ""))
        if leg in ("right", "left"):
            self.head["index_leg"] = leg
        for id_ in chosen:
            finding = self.model.knowledge.findings[id_]
            value: Any = finding.grades[1] if finding.kind == "graded" else "present"
            self.findings[id_] = {leg: value} if leg and finding.sided else value
        self.answers.append(tuple(chosen))
        onset = self.model.knowledge.findings.get("onset")
        if onset is not None:
            answer = self._choice(f"{onset.question} {', '.join(onset.grades)}", (*onset.grades, "d", "s", "q"))
            if answer == "q":
                raise Stop
            if answer in onset.grades:
                self._record(("onset",), answer)

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
            if words == ["?"]:
                self.say("  They are asked first because an answer could mean that something must not wait.")
                continue
            if words in (["n"], ["d"]) or (
                words and all(w.isdigit() and 1 <= int(w) <= len(step.findings) for w in words)
            ):
                break
            self.say("Numbers, n, d, u or q, please.")
        rest = "unknown" if words == ["d"] else "absent"
        yes = set() if words in (["n"], ["d"]) else {step.findings[int(w) - 1] for w in words}
        for id_ in step.findings:
            self.findings[id_] = self._value(self.model.knowledge.findings[id_], "present" if id_ in yes else rest)
        self.answers.append(step.findings)

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
                self.skipped.add(finding.id)
                return
            if answer == "?":
                for mover in step.why:
                    name = self.model.knowledge.conditions[mover.condition].name
                    self.say(f"  {name}: now {per_cent(mover.before)}, then {per_cent(mover.if_present)}")
                continue
            if answer == "d":
                self._record((finding.id,), "unknown")
                return
            if not graded and answer in ("y", "yes", "n", "no"):
                self._record((finding.id,), "present" if answer.startswith("y") else "absent")
                return
            begun = [a for a in step.answers if answer and a.startswith(answer)]
            if graded and len(begun) == 1:
                self._record((finding.id,), begun[0])
                return
            self.say(f"{', '.join(step.answers)}, or d, s, u, ?, q" if graded else HELP)

    def _record(self, ids: tuple[str, ...], value: str) -> None:
        for id_ in ids:
            self.findings[id_] = self._value(self.model.knowledge.findings[id_], value)
        self.answers.append(ids)
        try:
            next_step(self.model, self._with_skipped(), self._sources())
        except Faulty as error:
            self.say("  " + str(error.faults[0].message) + "; the answer is left out.")
            self._undo()

    def _value(self, finding: Finding, value: str) -> Any:
        """The answer, for the leg of the complaint where the finding has sides."""
        leg = self.head.get("index_leg")
        return {leg: value} if finding.sided and leg and value not in ("unknown",) else value

    def _undo(self) -> None:
        if not self.answers:
            self.say("Nothing to undo.")
            return
        for id_ in self.answers.pop():
            self.findings.pop(id_, None)
        self.say("Undone.")

    def _choice(self, question: str, allowed: tuple[str, ...]) -> str:
        while True:
            answer = self.ask(f"\n{question}\n> ").strip().lower()
            if answer in allowed:
                return answer
            self.say(f"One of: {', '.join(a or '(enter)' for a in allowed)}")

    def _save(self) -> None:
        if self.file is not None:
            text = yaml.safe_dump({**self.head, "findings": self.findings}, sort_keys=False, allow_unicode=True)
            self.file.write_text(text, encoding="utf-8")


def ask_head(ask: Callable[[str], str], say: Callable[[str], None], setting: str) -> dict[str, Any]:
    """Age and sex."""
    while True:
        words = ask("Age in years > ").strip().replace(",", ".")
        if words.replace(".", "", 1).isdigit() and 0 <= float(words) <= 120:
            break
        say("A number from 0 to 120, please.")
    while True:
        sex = ask("Sex as recorded: female, male or unknown > ").strip().lower()
        if sex in ("female", "male", "unknown"):
            break
        say("female, male or unknown, please.")
    return {"age": float(words), "sex": sex, "setting": setting}
