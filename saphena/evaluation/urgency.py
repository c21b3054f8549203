"""Triage against readers of the texts, who saw neither rules nor model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from saphena.evaluation.cases import Reading, Shape
from saphena.evaluation.metrics import Agreement, Figure, agreement, wilson
from saphena.evaluation.results import CaseResult
from saphena.model.numbers import TriageLevel
from saphena.pathway.triage import LEVELS

CALM = (LEVELS.index("routine"), LEVELS.index("self_care"))
"""Levels whose over-triage is counted apart."""


class TriageMiss(Shape):
    """A case triaged less urgently than its readers would have it."""

    id: str
    said: str
    consensus: TriageLevel
    acceptable: bool
    """Is what was said among what a reader would let pass?"""


class TriageFigures(Shape):
    """How triage compares with the consensus of the readers."""

    readers: tuple[str, ...]
    agreement: tuple[Agreement, ...]
    """Of every two readers; what software can be asked for is bounded by it."""
    exact: Figure
    acceptable: Figure
    """Exact, or a level that one of the readers gave or would let pass."""
    safe: Figure
    """Never less urgent than the consensus: strict, no level of grace."""
    safe_inside: Figure
    """The same of cases whose diagnosis is in the model,"""
    safe_outside: Figure
    """and of those in which it is not."""
    over: Figure
    """More urgent than the consensus."""
    over_calm: Figure
    """The same of the cases that the readers found routine or fit for self-care."""
    less_urgent: tuple[TriageMiss, ...]


def consensus(readings: Sequence[Reading]) -> TriageLevel:
    """The level of most readers; of levels with equally many, the most urgent."""
    counts = Counter(r.level for r in readings)
    return min(counts, key=lambda level: (-counts[level], LEVELS.index(level)))


def triage_figures(results: Sequence[CaseResult], readings: dict[str, dict[str, Reading]]) -> TriageFigures | None:
    """Compare every assessed case that has readings; None without any."""
    judged = [r for r in results if readings.get(r.id)]
    if not judged:
        return None
    gold = {r.id: consensus(list(readings[r.id].values())) for r in judged}
    passes = {
        r.id: {level for one in readings[r.id].values() for level in (one.level, *one.acceptable)} for r in judged
    }
    # A case that is refused has no level: neither right nor safe.
    at = {r.id: LEVELS.index(r.triage) if r.fault is None else len(LEVELS) for r in judged}
    wanted = {id_: LEVELS.index(level) for id_, level in gold.items()}
    calm = [r.id for r in judged if wanted[r.id] in CALM]

    def figure(name: str, ids: list[str], holds: set[str]) -> Figure:
        return wilson(name, sum(1 for id_ in ids if id_ in holds), len(ids))

    ids = [r.id for r in judged]
    safe = {id_ for id_ in ids if at[id_] <= wanted[id_]}
    inside = [r.id for r in judged if r.gold is not None]
    outside = [r.id for r in judged if r.gold is None]
    over = {id_ for id_ in ids if at[id_] < wanted[id_]}
    names = sorted({name for r in judged for name in readings[r.id]})
    return TriageFigures(
        readers=tuple(names),
        agreement=tuple(
            _of_two(a, b, [readings[id_] for id_ in ids if a in readings[id_] and b in readings[id_]])
            for i, a in enumerate(names)
            for b in names[i + 1 :]
        ),
        exact=figure("triage exact", ids, {id_ for id_ in ids if at[id_] == wanted[id_]}),
        acceptable=figure("triage exact or acceptable", ids, {r.id for r in judged if r.triage in passes[r.id]}),
        safe=figure("triage safe (strict)", ids, safe),
        safe_inside=figure("safe, diagnosis in the model", inside, safe),
        safe_outside=figure("safe, diagnosis outside it", outside, safe),
        over=figure("triage too urgent", ids, over),
        over_calm=figure("too urgent, of routine and self-care", calm, over),
        less_urgent=tuple(
            TriageMiss(id=r.id, said=r.triage, consensus=gold[r.id], acceptable=r.triage in passes[r.id])
            for r in judged
            if at[r.id] > wanted[r.id]
        ),
    )


def _of_two(a: str, b: str, both: list[dict[str, Reading]]) -> Agreement:
    return agreement(f"{a} and {b}", [r[a].level for r in both], [r[b].level for r in both], LEVELS)
