"""What to ask next in an interview: red flags first, then what tells most, then stop.

A pure function of the case so far: undo is to ask again with one answer fewer, resuming is to ask
again with the answers kept. An answer "unknown" counts as asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from saphena.case import Case
from saphena.inference.next_finding import Candidate, candidates
from saphena.inference.observe import Observation, observe
from saphena.inference.posterior import Posterior, posterior
from saphena.model.network import ADULT, Model
from saphena.pathway.triage import triage

LIST_LENGTH, LISTS = 6, 3
"""Red-flag questions come as at most so many checklists of at most so many entries."""
SMALLEST_CHANGE = 0.03
"""Stop when no answer could move any condition's probability by more."""
MOST_QUESTIONS = 30


@dataclass(frozen=True)
class Mover:
    """How an answer would move one condition."""

    condition: str
    before: float
    if_present: float


@dataclass(frozen=True)
class Question:
    """One question, and why it is asked."""

    finding: str
    answers: tuple[str, ...]
    why: tuple[Mover, ...]
    information: float


@dataclass(frozen=True)
class Checklist:
    """Several yes-or-no questions at once; "none of these" means absent."""

    findings: tuple[str, ...]
    number: int
    of: int


@dataclass(frozen=True)
class Finished:
    """Nothing is left that is worth asking."""

    reason: Literal["nothing_changes", "not_worth_asking", "enough_asked", "child"]
    largest_change: float


Step = Question | Checklist | Finished


def next_step(model: Model, case: Case, obtained_by: tuple[str, ...] = ("history",)) -> Step:
    """The next checklist or question, or that the interview is finished.

    Raises what ``observe`` and ``posterior`` raise.
    """
    observation = observe(model, case)
    adult = case.age >= ADULT
    inferred = posterior(model, observation) if adult else None
    flags = _flag_questions(model, case, observation, inferred, obtained_by)
    asked_lists = _lists_asked(model, case)
    if flags and asked_lists < LISTS:
        rest = (len(flags) + LIST_LENGTH - 1) // LIST_LENGTH
        return Checklist(flags[:LIST_LENGTH], asked_lists + 1, min(LISTS, asked_lists + rest))
    if not adult:
        return Finished("child", 0.0)
    if len(case.findings) >= MOST_QUESTIONS + LISTS * LIST_LENGTH:
        return Finished("enough_asked", 0.0)
    open_ = [c for c in candidates(model, observation, obtained_by) if c.finding not in case.findings]
    change = max((c.change() for c in open_), default=0.0)
    if change < SMALLEST_CHANGE:
        return Finished("nothing_changes", change)
    best = next((c for c in open_ if c.utility > 0), None)
    if best is None:
        return Finished("not_worth_asking", change)
    return Question(best.finding, _answers(model, best), _why(model, best), best.information)


def _flag_questions(
    model: Model, case: Case, observation: Observation, inferred: Posterior | None, obtained_by: tuple[str, ...]
) -> tuple[str, ...]:
    """Entry questions of red flags that are still open, the most urgent and most plausible first."""
    urgency = triage(model, observation, inferred)
    questions: list[str] = []
    for flag in urgency.open:
        emergency = flag.flag.triage == "emergency" and flag.plausible
        for id_ in flag.ask:
            finding = model.knowledge.findings.get(id_)
            if (
                finding is not None
                and finding.kind == "binary"
                and finding.given is None
                and model.knowledge.obtained_by[id_] in obtained_by
                and id_ not in case.findings
                and (finding.red_flag or emergency)
                and id_ not in questions
            ):
                questions.append(id_)
    return tuple(sorted(questions, key=lambda id_: not model.knowledge.findings[id_].red_flag))


def _lists_asked(model: Model, case: Case) -> int:
    """How many checklists are behind us, told by how many red-flag entries are answered."""
    entries = {e for flag in model.knowledge.red_flags for e in flag.entry}
    answered = sum(1 for id_ in case.findings if id_ in entries)
    return min(LISTS, answered // LIST_LENGTH)


def _answers(model: Model, candidate: Candidate) -> tuple[str, ...]:
    finding = model.knowledge.findings[candidate.finding]
    return finding.grades if finding.kind == "graded" else ("absent", "present")


def _why(model: Model, candidate: Candidate) -> tuple[Mover, ...]:
    """The conditions that the strongest answer would move most."""
    return tuple(Mover(*move) for move in candidate.moves(model.conditions))
