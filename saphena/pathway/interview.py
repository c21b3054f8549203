"""What to ask next in an interview: red flags first, then what could change something, then stop.

A pure function of the case so far: undo is to ask again with one answer fewer, resuming is to ask
again with the answers kept. An answer "unknown" counts as asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from saphena.case import Case
from saphena.inference.answers import Answers
from saphena.inference.evidence import ImpossibleEvidence
from saphena.inference.next_finding import Candidate, candidates_of
from saphena.inference.observe import observe
from saphena.inference.posterior import posterior
from saphena.inference.subset import TooWide
from saphena.model.network import Model
from saphena.pathway.stopping import Change, Outlook
from saphena.pathway.triage import Triage, triage

LIST_LENGTH, LISTS = 6, 3
"""Red-flag questions come as at most so many checklists of at most so many entries."""


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
    change: Change
    """What its answer could change, and is therefore asked for."""


@dataclass(frozen=True)
class Checklist:
    """Several yes-or-no questions at once; "none of these" means absent."""

    findings: tuple[str, ...]
    number: int
    of: int


@dataclass(frozen=True)
class Finished:
    """Nothing is left that is worth asking."""

    reason: Literal["nothing_changes", "not_worth_asking", "age", "no_probabilities"]
    left: Change | None = None
    """The largest change of a leading condition that an answer not asked for could still bring."""


Step = Question | Checklist | Finished


def next_step(
    model: Model, case: Case, obtained_by: tuple[str, ...] = ("history",), *, for_investigation: bool = True
) -> Step:
    """The next checklist or question, or that the interview is finished.

    After the checklists, it goes on as long as an answer could change triage, the leading conditions, or the
    best next investigation (``stopping.py``). What could change triage is asked whatever it costs; the rest if it is
    worth its cost. How many questions are too many is for the caller to say. Without ``for_investigation`` it does not
    ask for the sake of the best next investigation alone, which takes longest to find out.

    Raises ``Faulty`` if the case does not fit the vocabulary.
    """
    observation = observe(model, case)
    inferred, answers, refused = None, None, False
    if model.knows_age(case.age):
        try:
            inferred = posterior(model, observation)
            answers = Answers(model, observation)
        except (ImpossibleEvidence, TooWide):
            refused = True
    urgency = triage(model, observation, inferred)
    flags = _flag_questions(model, case, urgency, obtained_by)
    asked_lists = _lists_asked(model, case)
    if flags and asked_lists < LISTS:
        rest = (len(flags) + LIST_LENGTH - 1) // LIST_LENGTH
        return Checklist(flags[:LIST_LENGTH], asked_lists + 1, min(LISTS, asked_lists + rest))
    if inferred is None or answers is None:
        return Finished("no_probabilities" if refused else "age")
    outlook = Outlook(model, observation, inferred, urgency, answers)
    open_ = [c for c in candidates_of(answers, obtained_by=obtained_by) if c.finding not in case.findings]
    costly = False
    for candidate in open_:
        change = outlook.of_triage(candidate)
        if change is None:
            change = outlook.of_leading(candidate)
            if change is not None and candidate.utility <= 0:
                costly, change = True, None
        if change is not None:
            return _question(model, candidate, change)
    for candidate, change in outlook.of_investigation(open_, obtained_by) if for_investigation else ():
        return _question(model, candidate, change)
    moves = [move for move in map(outlook.largest_move, open_) if move is not None]
    left = max(moves, key=lambda move: move.size, default=None)
    return Finished("not_worth_asking" if costly else "nothing_changes", left)


def _question(model: Model, candidate: Candidate, change: Change) -> Question:
    return Question(
        candidate.finding, _answers(model, candidate), _why(model, candidate), candidate.information, change
    )


def _flag_questions(model: Model, case: Case, urgency: Triage, obtained_by: tuple[str, ...]) -> tuple[str, ...]:
    """Entry questions of red flags that are still open, the most urgent and most plausible first."""
    questions: list[str] = []
    for flag in urgency.open:
        emergency = flag.flag.triage == "emergency" and flag.plausible
        for id_ in flag.ask:
            finding = model.knowledge.findings.get(id_)
            if (
                finding is not None
                and finding.kind == "binary"
                and finding.given is None
                and finding.is_asked_at(case.age)
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
