"""Two codings of the same texts: what each says of every finding and leg, and what that does to the answer."""

from __future__ import annotations

from itertools import repeat
from typing import Literal

from saphena.assessment import assess
from saphena.case import Case
from saphena.evaluation.cases import CaseSet, CodedCase, Shape
from saphena.evaluation.metrics import Agreement, Figure, agreement, wilson
from saphena.evaluation.results import place, ranking
from saphena.faults import Fault, Faulty
from saphena.inference.observation import Interval, Observation
from saphena.inference.observe import observe
from saphena.model.network import Model

Said = Literal["present", "absent", "unknown"]
SAID: tuple[Said, ...] = ("present", "absent", "unknown")
Item = tuple[str, str]
"""A finding or risk factor, and the leg it was stated for ("" without one)."""


class CaseAgreement(Shape):
    """One case in two codings."""

    id: str
    findings: int
    """That either coder mentions, by leg."""
    same: int
    differing: tuple[tuple[str, str, str], ...]
    """Finding, what the first coding says, what the second says."""
    first_rank: int | None
    second_rank: int | None
    first_leader: str
    second_leader: str
    first_triage: str
    second_triage: str


class TwoCodings(Shape):
    """Agreement of two codings over all cases they share."""

    cases: tuple[CaseAgreement, ...]
    mentioned: Agreement
    """Over what either coder mentions: unknown in both is nowhere among it, so its kappa is low by construction."""
    vocabulary: Agreement
    """Over every finding of the vocabulary: unknown in both counts as agreeing."""
    opposite: Figure
    """Present in one and absent in the other, of what both state."""
    same_grade: Figure
    """The same grades, of what is present in both."""
    same_rank: Figure
    """The diagnosis keeps its place."""
    same_leader: Figure
    same_triage: Figure
    top: tuple[Figure, Figure]
    """The diagnosis first, by the first and by the second coding."""


def compare(model: Model, first: CaseSet, second: dict[str, CodedCase]) -> TwoCodings:
    """Compare the cases that both hold; raises ``Faulty`` for a second coding of a case that is not there."""
    ours = {c.id: c for c in first.coded}
    strange = sorted(set(second) - set(ours))
    if strange or not second:
        message = "is a case of the second coding only" if strange else "the second coding holds no case"
        raise Faulty([Fault("--second", None, id_, message, "Compare codings of one text") for id_ in strange or [""]])
    results = []
    said: tuple[list[Said], list[Said]] = ([], [])
    everywhere: tuple[list[Said], list[Said]] = ([], [])
    grades: list[bool] = []
    for id_ in sorted(second):
        a, b = observe(model, ours[id_].case), observe(model, second[id_].case)
        intervals = stated(a), stated(b)
        items = sorted(set(intervals[0]) | set(intervals[1]))
        pairs = [(_word(intervals[0].get(i)), _word(intervals[1].get(i))) for i in items]
        grades += [
            intervals[0][i] == intervals[1][i]
            for i, pair in zip(items, pairs, strict=True)
            if pair == ("present", "present")
        ]
        for k in (0, 1):
            said[k].extend(pair[k] for pair in pairs)
            silent = len(vocabulary(model) - {id_ for id_, _ in items})
            everywhere[k].extend(pair[k] for pair in pairs)
            everywhere[k].extend(repeat("unknown", silent))
        accepted = first.gold[id_].accepted
        (rank, leader, triage), (rank_2, leader_2, triage_2) = (
            _answer(model, case, accepted) for case in (ours[id_].case, second[id_].case)
        )
        results.append(
            CaseAgreement(
                id=id_,
                findings=len(items),
                same=sum(1 for x, y in pairs if x == y),
                differing=tuple((_name(i), x, y) for i, (x, y) in zip(items, pairs, strict=True) if x != y),
                first_rank=rank,
                second_rank=rank_2,
                first_leader=leader,
                second_leader=leader_2,
                first_triage=triage,
                second_triage=triage_2,
            )
        )
    both = [(x, y) for x, y in zip(*said, strict=True) if "unknown" not in (x, y)]
    scope = [r for r in results if first.gold[r.id].conditions]
    return TwoCodings(
        cases=tuple(results),
        mentioned=agreement("findings that either mentions", *said, SAID),
        vocabulary=agreement("all findings of the vocabulary", *everywhere, SAID),
        opposite=wilson("opposite", sum(1 for x, y in both if x != y), len(both)),
        same_grade=wilson("same grade", sum(grades), len(grades)),
        same_rank=wilson("same place", sum(1 for r in scope if r.first_rank == r.second_rank), len(scope)),
        same_leader=wilson("same leader", sum(1 for r in results if r.first_leader == r.second_leader), len(results)),
        same_triage=wilson("same triage", sum(1 for r in results if r.first_triage == r.second_triage), len(results)),
        top=(
            wilson("top 1, first coding", sum(1 for r in scope if r.first_rank == 1), len(scope)),
            wilson("top 1, second coding", sum(1 for r in scope if r.second_rank == 1), len(scope)),
        ),
    )


def stated(observation: Observation) -> dict[Item, Interval]:
    """What a coding states of each finding and leg, and of each risk factor."""
    context = {(f"context.{id_}", ""): Interval(int(yes), int(yes)) for id_, yes in observation.context.items()}
    return {**observation.intervals, **context}


def vocabulary(model: Model) -> set[str]:
    """Everything that a coding can state."""
    return {*model.knowledge.findings, *(f"context.{id_}" for id_ in model.risk_factors)}


def _word(interval: Interval | None) -> Said:
    if interval is None or (interval.lowest == 0 and interval.highest > 0):
        return "unknown"
    return "present" if interval.lowest > 0 else "absent"


def _name(item: Item) -> str:
    return f"{item[0]} ({item[1]})" if item[1] else item[0]


def _answer(model: Model, case: Case, accepted: tuple[str, ...]) -> tuple[int | None, str, str]:
    answer = assess(model, case)
    order = ranking(answer)
    return place(order, accepted), order[0] if order else "-", answer.triage.level
