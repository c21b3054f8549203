"""A simulated patient: answers only what is asked, from the coded case, until the real stopping rule ends it.

What the coding lacks counts as asked and unknown. Told beforehand are age, sex, setting, the leg, risk
factors, the first complaint and its onset, as in ``saphena interview``.
"""

from __future__ import annotations

from typing import Any

from saphena.case import Case
from saphena.evaluation.cases import CodedCase, Gold, Shape
from saphena.evaluation.levels import LEVELS, withheld
from saphena.evaluation.results import place
from saphena.faults import Faulty
from saphena.inference.evidence import ImpossibleEvidence
from saphena.inference.observe import observe
from saphena.inference.posterior import posterior
from saphena.inference.subset import TooWide
from saphena.model.network import Model
from saphena.pathway.differential import differential
from saphena.pathway.interview import Checklist, Finished, next_step
from saphena.pathway.triage import LEVELS as URGENCY
from saphena.pathway.triage import triage

MOST_QUESTIONS = 30
"""Single questions after which an interview ends by itself, as on the terminal."""
SOURCES = LEVELS["examination"]


class Standing(Shape):
    """How things stand at one moment."""

    leader: str
    rank: int | None
    """Of the published diagnosis."""
    triage: str


class InterviewResult(Shape):
    """One simulated interview, compared with the same case when all of history and examination is given."""

    id: str
    questions: int
    """Single questions until it ended."""
    listed: int
    """Entries of red-flag checklists that were put besides."""
    answered: int
    """Of all of them, how many the coding could answer."""
    reason: str
    """Why it ended."""
    until_leader: int | None
    """Single questions after which the leader was that of the full case, and stayed so; None: never."""
    until_triage: int | None
    """Single questions after which triage was at least as urgent as in the full case; None: never."""
    end: Standing
    full: Standing


class Patient:
    """Answers from the coding."""

    def __init__(self, model: Model, case: Case) -> None:
        self.model, self.case = model, case
        self.read_from = {
            reading.finding: id_
            for id_ in case.findings
            if id_ in model.knowledge.measurements
            for reading in model.knowledge.measurements[id_].reads
        }

    def start(self) -> Case:
        """What is told beforehand."""
        complaints = [id_ for id_ in self.model.knowledge.settings.chief_complaints if self._present(id_)]
        told = [id_ for id_ in (*complaints[:1], "onset") if id_ in self.case.findings]
        update: dict[str, Any] = {
            "recording": "interviewed",
            "examined": (),
            "other_findings": (),
            "clinician_says": {},
            "findings": {id_: self.case.findings[id_] for id_ in told},
        }
        return self.case.model_copy(update=update)

    def answer(self, finding: str) -> dict[str, Any]:
        """What the case then says in addition; a measured value is told as such."""
        if finding in self.case.findings:
            return {finding: self.case.findings[finding]}
        measured = self.read_from.get(finding)
        return {finding: "unknown"} | ({measured: self.case.findings[measured]} if measured else {})

    def _present(self, finding: str) -> bool:
        if finding not in self.case.findings:
            return False
        seen = observe(self.model, self.case).interval(finding)
        return seen is not None and seen.lowest > 0


def simulate_interview(model: Model, coded: CodedCase, gold: Gold) -> InterviewResult | None:
    """Interview the patient of a coded case; None where there is nothing to compare (a child, a refusal)."""
    given = withheld(model, coded.case, "examination").model_copy(
        update={"recording": "interviewed", "other_findings": ()}
    )
    if not model.knows_age(given.age):
        return None
    try:
        patient, full = Patient(model, given), standing(model, given, gold)
    except Faulty:
        return None
    if full is None:
        return None
    case = patient.start()
    questions = listed = answered = 0
    course: list[tuple[int, Standing]] = []
    reason: str
    while True:
        if (now := standing(model, case, gold)) is not None:
            course.append((questions, now))
        step = next_step(model, case, SOURCES)
        if isinstance(step, Finished):
            reason = step.reason
            break
        if isinstance(step, Checklist):
            asked = step.findings
            listed += len(asked)
        elif questions >= MOST_QUESTIONS:
            reason = "enough"
            break
        else:
            asked = (step.finding,)
            questions += 1
        said = [patient.answer(finding) for finding in asked]
        answered += sum(1 for one in said if set(one.values()) != {"unknown"})
        more = {id_: value for one in said for id_, value in one.items()}
        case = _with(model, case, more, asked)
    if not course:
        return None
    urgent = URGENCY.index(full.triage)
    return InterviewResult(
        id=coded.id,
        questions=questions,
        listed=listed,
        answered=answered,
        reason=reason,
        until_leader=settled(course, lambda s: s.leader == full.leader),
        until_triage=settled(course, lambda s: URGENCY.index(s.triage) <= urgent),
        end=course[-1][1],
        full=full,
    )


def settled(course: list[tuple[int, Standing]], holds: Any) -> int | None:
    """Number of questions from which it held to the end; None if it does not hold at the end."""
    found = None
    for questions, now in course:
        if not holds(now):
            found = None
        elif found is None:
            found = questions
    return found


def standing(model: Model, case: Case, gold: Gold) -> Standing | None:
    """Leader, rank of the diagnosis and triage; None without probabilities."""
    observation = observe(model, case)
    try:
        inferred = posterior(model, observation)
    except (ImpossibleEvidence, TooWide):
        return None
    urgency = triage(model, observation, inferred)
    order = [e.posterior.id for e in differential(model, observation, inferred, urgency) if e.group != "known"]
    return Standing(leader=order[0] if order else "-", rank=place(order, gold.accepted), triage=urgency.level)


def _with(model: Model, case: Case, more: dict[str, Any], asked: tuple[str, ...]) -> Case:
    """The case with the answers, or with nothing learnt where they contradict what is there."""
    new = case.model_copy(update={"findings": {**case.findings, **more}})
    try:
        observe(model, new)
    except Faulty:
        return case.model_copy(update={"findings": {**case.findings, **dict.fromkeys(asked, "unknown")}})
    return new
