"""What the model implies for each published sensitivity, specificity and likelihood ratio, in that study's people.

A study has an entry (the complaint, finding or suspicion that brought people in), a setting, ages and sexes. Among
those people the model gives P(result | condition) and P(result | no such condition) exactly:

    sensitivity = P(result, condition | entry) / P(condition | entry), specificity likewise without the condition.

Sensitivities come back nearly by construction, so agreement is counted over specificities and likelihood ratios.
It is wrong where the entry of a study cannot be said in findings: people chosen by an operation, a referral or a
clinician's suspicion differ from those with the stated complaint. Such rows are listed as not placed.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from saphena.case import Case
from saphena.evaluation.case_mix import Complaint
from saphena.evaluation.cases import Shape
from saphena.evaluation.metrics import wilson
from saphena.faults import Fault, Faulty
from saphena.inference.evidence import Floats
from saphena.model.load import KNOWLEDGE
from saphena.model.network import Model
from saphena.model.numbers import Id, Probability
from saphena.model.reader import read_file
from saphena.model.suggest import did_you_mean
from saphena.model.validate import validate

ACCURACY = KNOWLEDGE / "accuracy"
Measure = Literal["sensitivity", "specificity", "lr_positive", "lr_negative"]
MEASURES: tuple[Measure, ...] = ("sensitivity", "specificity", "lr_positive", "lr_negative")
COUNTED: tuple[Measure, ...] = ("specificity", "lr_positive", "lr_negative")
FACTOR = 3.0
"""A likelihood ratio without an interval agrees within this factor."""
WITHIN = 0.1
"""A sensitivity or specificity without interval or numbers agrees within this difference."""


class Published(Shape):
    """One figure of a study."""

    value: Annotated[float, Field(ge=0)]
    interval: tuple[float, float] | None = None


class AccuracyRow(Shape):
    """One study of one result for one condition."""

    condition: str
    """Condition, or ``condition.state``."""
    finding: Id
    grade: Id | None = None
    """From which grade the result counts as positive; graded findings only."""
    population: Id
    n: int | None = None
    share: Probability | None = None
    """Of the people who had the condition."""
    sensitivity: Published | None = None
    specificity: Published | None = None
    lr_positive: Published | None = None
    lr_negative: Published | None = None
    source: Id
    quote: str | None = None
    recalled: bool = False
    misses: str | None = None
    """Why the model is known to lie outside; None where it must not."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not any(getattr(self, measure) for measure in MEASURES):
            raise ValueError("no figure; give sensitivity, specificity, lr_positive or lr_negative")
        if self.recalled == (self.quote is not None):
            raise ValueError("a row needs one of quote and recalled; add quote, or recalled: true")
        return self


class NotPlaced(Shape):
    """A published figure that cannot be asked of the model."""

    condition: str
    finding: str
    source: str
    reason: str


class AccuracyFile(Shape):
    """Studies of one field."""

    ages: dict[float, float] = Field(default_factory=lambda: {31.0: 0.35, 55.0: 0.37, 75.0: 0.28})
    women: float = 0.57
    populations: dict[Id, Complaint]
    rows: tuple[AccuracyRow, ...]
    not_placed: tuple[NotPlaced, ...] = ()


class Implied(Shape):
    """One figure, published and implied."""

    condition: str
    finding: str
    population: str
    measure: Measure
    published: float
    interval: tuple[float, float] | None
    implied: float
    agrees: bool
    source: str
    misses: str | None


class ImpliedReport(Shape):
    """All figures."""

    model: str
    rows: tuple[Implied, ...]
    not_placed: tuple[NotPlaced, ...]

    def share(self, measures: tuple[Measure, ...] = COUNTED) -> tuple[int, int]:
        """How many agree, of how many."""
        of = [row.agrees for row in self.rows if row.measure in measures]
        return sum(of), len(of)


def read_accuracy(model: Model, folder: Path = ACCURACY) -> tuple[AccuracyFile, ...]:
    """Every file of published accuracy; raises ``Faulty`` with every fault."""
    files, faults = [], []
    for path in sorted(folder.glob("*.yaml")):
        try:
            document = read_file(path, f"accuracy/{path.name}")
            read = validate(document, AccuracyFile)
        except Faulty as error:
            faults += error.faults
            continue
        states = {*model.conditions, *model.network.states}
        known = model.knowledge.findings
        for i, row in enumerate(read.rows):
            place = ("rows", i)
            if row.condition not in states:
                faults.append(
                    document.fault(
                        (*place, "condition"), f"there is no condition {row.condition}",
                        did_you_mean(row.condition, sorted(states)),
                    )
                )  # fmt: skip
            if row.finding not in known:
                faults.append(
                    document.fault(
                        (*place, "finding"),
                        f"there is no finding {row.finding}",
                        did_you_mean(row.finding, list(known)),
                    )
                )
            elif (row.grade is None) != (known[row.finding].kind == "binary"):
                faults.append(document.fault((*place, "grade"), "does not fit the finding", "Graded findings need one"))
            elif row.grade is not None and row.grade not in known[row.finding].grades[1:]:
                faults.append(
                    document.fault(
                        (*place, "grade"), f"there is no grade {row.grade}",
                        f"Grades: {', '.join(known[row.finding].grades[1:])}",
                    )
                )  # fmt: skip
            if row.population not in read.populations:
                faults.append(
                    document.fault(
                        (*place, "population"), f"there is no population {row.population}",
                        did_you_mean(row.population, list(read.populations)),
                    )
                )  # fmt: skip
            if row.source not in model.knowledge.sources:
                faults.append(
                    document.fault(
                        (*place, "source"), f"there is no source {row.source}",
                        did_you_mean(row.source, list(model.knowledge.sources)),
                    )
                )  # fmt: skip
        files.append(read)
    if faults:
        raise Faulty(faults)
    return tuple(files)


def implied(model: Model, files: tuple[AccuracyFile, ...], condition: str | None = None) -> ImpliedReport:
    """Every published figure, or those of one condition, beside what the model implies.

    Raises ``Faulty`` for a population no case can be of.
    """
    asked = [(file, row) for file in files for row in file.rows]
    if condition is not None:
        asked = [(file, row) for file, row in asked if row.condition.split(".")[0] == condition]
    rows = [row for file, entry in asked for row in _of_row(model, file, entry)]
    return ImpliedReport(
        model=model.version, rows=tuple(rows), not_placed=tuple(one for file in files for one in file.not_placed)
    )


def _of_row(model: Model, file: AccuracyFile, row: AccuracyRow) -> list[Implied]:
    complaint = file.populations[row.population]
    before = _joint(model, file, complaint, row, None)
    after = np.sum([_joint(model, file, complaint, row, more) for more in _present(model, row)], axis=0)
    sensitivity, false_positive = after[0] / before[0], after[1] / before[1]
    figures: dict[Measure, float] = {
        "sensitivity": sensitivity,
        "specificity": 1 - false_positive,
        "lr_positive": sensitivity / false_positive,
        "lr_negative": (1 - sensitivity) / (1 - false_positive),
    }
    found = []
    for measure in MEASURES:
        published: Published | None = getattr(row, measure)
        if published is None:
            continue
        interval = published.interval or _interval(row, measure, published.value)
        found.append(
            Implied(
                condition=row.condition, finding=row.finding + (f" ≥ {row.grade}" if row.grade else ""),
                population=complaint.name, measure=measure, published=published.value, interval=interval,
                implied=float(figures[measure]), agrees=_agrees(measure, published.value, interval, figures[measure]),
                source=row.source, misses=row.misses,
            )
        )  # fmt: skip
    return found


def _present(model: Model, row: AccuracyRow) -> list[dict[str, Any]]:
    """The results that count, none of which can be together with another."""
    finding = model.knowledge.findings[row.finding]
    if row.grade is None:
        return [{row.finding: {"right": "present"} if finding.sided else "present"}]
    if not finding.sided:
        return [{row.finding: {"at_least": row.grade}}]
    return [{row.finding: {"right": grade}} for grade in finding.grades[finding.grades.index(row.grade) :]]


def _joint(
    model: Model, file: AccuracyFile, complaint: Complaint, row: AccuracyRow, more: dict[str, Any] | None
) -> Floats:
    """P(entry, result, condition) and P(entry, result, no condition), up to one factor for all of a study."""
    # Compiled code, which takes long to load, and is not needed to read what was worked out before.
    from saphena.inference.batch import posterior_batch

    women = file.women if complaint.women is None else complaint.women
    cases, weights = [], []
    for age, of_age in (complaint.ages or file.ages).items():
        for sex, of_sex in (("female", women), ("male", 1 - women)):
            for sign, findings in complaint.presentations():
                said = {
                    "age": age, "sex": sex, "setting": complaint.setting, "index_leg": "right",
                    "context": complaint.context, "excluded_conditions": complaint.without,
                    "findings": {**findings, **(more or {})},
                }  # fmt: skip
                cases.append(Case.model_validate(said))
                weights.append(sign * of_age * of_sex)
    answer = posterior_batch(model, cases)
    if answer.faults:
        faults = ", ".join(answer.faults.values())
        raise Faulty([Fault("accuracy", None, f"populations.{row.population}", faults, "Mend the findings")])
    evidence = np.array(weights) * np.exp(answer.log_evidence.filled(-np.inf))
    names = (*answer.conditions, *answer.states)
    chance = np.concatenate([answer.presence.filled(0.0), answer.state.filled(0.0)], axis=1)
    of = chance[:, names.index(row.condition)]
    return np.array([(evidence * of).sum(), (evidence * (1 - of)).sum()])


def _interval(row: AccuracyRow, measure: Measure, value: float) -> tuple[float, float] | None:
    """Wilson's, where the study's numbers are known."""
    if row.n is None or row.share is None or measure not in ("sensitivity", "specificity"):
        return None
    people = round(row.n * (row.share if measure == "sensitivity" else 1 - row.share))
    if people <= 0:
        return None
    figure = wilson(measure, round(value * people), people)
    return figure.low, figure.high


def _agrees(measure: Measure, published: float, interval: tuple[float, float] | None, found: float) -> bool:
    if interval is not None:
        return interval[0] <= found <= interval[1]
    if measure in ("sensitivity", "specificity"):
        return abs(found - published) <= WITHIN
    return published / FACTOR <= found <= published * FACTOR if published > 0 else found < 1 / FACTOR


def misses(report: ImpliedReport) -> tuple[Implied, ...]:
    """Specificities and likelihood ratios outside that the files give no reason for."""
    return tuple(r for r in report.rows if r.measure in COUNTED and not r.agrees and r.misses is None)


def by_measure(report: ImpliedReport) -> dict[Measure, tuple[int, int]]:
    """Measure -> how many agree, of how many."""
    total = Counter(r.measure for r in report.rows)
    good = Counter(r.measure for r in report.rows if r.agrees)
    return {m: (good[m], total[m]) for m in MEASURES if total[m]}
