"""Coded published cases against their diagnoses: hits with intervals, and every miss.

A folder holds one file for each case (``id``, ``source``, ``case``) and ``gold.yaml`` apart from
them, so that whoever codes does not see it.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from saphena.assessment import assess
from saphena.case import Case
from saphena.evaluation.figures import Figure, wilson
from saphena.evaluation.urgency import FILE as TRIAGE
from saphena.evaluation.urgency import Urgency, read_triage, urgency
from saphena.faults import Fault, Faulty
from saphena.model.network import Model
from saphena.model.reader import read_file
from saphena.model.suggest import did_you_mean
from saphena.model.validate import validate

CASES = Path(__file__).parent.parent / "knowledge" / "cases"
CAUTION = (
    "Published teaching cases, chosen and written to be solvable; they are no population, and these figures are no "
    "promise for practice. They were coded from their texts alone, and the knowledge was first written without them; "
    "since its misses are known, they are cases for development from now on."
)
OWN_CASES = "These figures hold for these cases only; a few dozen chosen cases say little about practice."


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CodedCase(Shape):
    """One published case, coded."""

    id: str
    source: str
    licence: str | None = None
    note: str | None = None
    case: Case


class Gold(Shape):
    """The published diagnosis of a case, as conditions of the model."""

    conditions: tuple[str, ...]
    """Accepted conditions, the published one first; empty if it is outside the model."""
    published: str
    relation: str | None = None
    """Where the published label is not the condition itself."""


class GoldFile(Shape):
    gold: dict[str, Gold]


class CaseResult(Shape):
    id: str
    gold: str | None
    rank: int | None
    probability: float | None
    leader: str
    leader_probability: float
    poor_fit: float | None
    triage: str
    fault: str | None = None


class Evaluation(Shape):
    model: str
    in_scope: int
    out_of_scope: int
    figures: tuple[Figure, ...]
    triage: Urgency | None = None
    """None where nobody has read the cases for it."""
    cases: tuple[CaseResult, ...]
    caution: str


def evaluate_cases(model: Model, folder: Path) -> Evaluation:
    """Assess every case of a folder; raises ``Faulty`` if a file of it cannot be read."""
    gold, coded = read_cases(model, folder)
    results = tuple(_run(model, case, gold.get(case.id)) for case in coded)
    in_scope = [r for r in results if r.gold is not None]
    return Evaluation(
        model=model.version,
        in_scope=len(in_scope),
        out_of_scope=sum(1 for c in coded if c.id in gold and not gold[c.id].conditions),
        figures=tuple(
            wilson(f"top {n}", sum(1 for r in in_scope if r.rank is not None and r.rank <= n), len(in_scope))
            for n in (1, 3, 5)
        ),
        triage=urgency({r.id: r.triage for r in results}, read_triage(folder, [c.id for c in coded])),
        cases=results,
        caution=CAUTION if folder == CASES else OWN_CASES,
    )


def read_cases(model: Model, folder: Path) -> tuple[dict[str, Gold], list[CodedCase]]:
    """Gold and coded cases of a folder."""
    if not folder.is_dir():
        raise Faulty(
            [Fault(str(folder), None, "", "is not a folder", "Name the folder that holds gold.yaml and the cases")]
        )
    faults: list[Fault] = []
    coded: list[CodedCase] = []
    gold: dict[str, Gold] = {}
    try:
        document = read_file(folder / "gold.yaml", "gold.yaml")
        gold = validate(document, GoldFile).gold
        for id_, entry in gold.items():
            for i, condition in enumerate(entry.conditions):
                if condition.partition(".")[0] not in model.conditions:
                    faults.append(
                        document.fault(
                            ("gold", id_, "conditions", i),
                            f"there is no condition {condition}",
                            did_you_mean(condition, list(model.conditions)),
                        )
                    )
    except Faulty as error:
        faults += error.faults
    for path in sorted(folder.glob("*.yaml")):
        if path.name in ("gold.yaml", TRIAGE):
            continue
        try:
            coded.append(validate(read_file(path, path.name), CodedCase))
        except Faulty as error:
            faults += error.faults
    missing = {c.id for c in coded} ^ set(gold)
    faults += [
        Fault("gold.yaml", None, id_, "stands in gold or in a case, but not in both", "Add the other one")
        for id_ in sorted(missing)
    ]
    if faults:
        raise Faulty(faults)
    return gold, coded


def _run(model: Model, coded: CodedCase, gold: Gold | None) -> CaseResult:
    accepted = [c.partition(".")[0] for c in gold.conditions] if gold else []
    try:
        answer = assess(model, coded.case)
    except Faulty as error:
        return CaseResult(
            id=coded.id,
            gold=accepted[0] if accepted else None,
            rank=None,
            probability=None,
            leader="-",
            leader_probability=0.0,
            poor_fit=None,
            triage="-",
            fault=str(error),
        )
    order = [c for c in answer.differential if c.group != "known"]
    rank = next((i for i, c in enumerate(order, 1) if c.id in accepted), None)
    found = order[rank - 1] if rank else None
    return CaseResult(
        id=coded.id,
        gold=accepted[0] if accepted else None,
        rank=rank,
        probability=found.probability if found else None,
        leader=order[0].id if order else "-",
        leader_probability=order[0].probability if order else 0.0,
        poor_fit=answer.fit.poor_fit,
        triage=answer.triage.level,
    )
