"""What must not lower a condition: a worse grade of its own finding, its own finding at all, or the removal of
an alternative. Where something does, is it the condition's own numbers, or another condition explaining away?"""

from __future__ import annotations

from typing import Literal

import numpy as np

from saphena.evaluation.cases import Shape
from saphena.evaluation.coded import Answered
from saphena.inference.batch import posterior_batch
from saphena.inference.columns import UNKNOWN
from saphena.inference.sayable import grades_of
from saphena.inference.solver import EXCLUDED, FREE, People
from saphena.model.network import SETTINGS, SEXES, Model
from saphena.model.states import states_of

AGE = 55.0
SETTING = "primary_care"
SMALLEST = 1e-6
"""Relative fall of the odds below which it is rounding."""
SMALLEST_DECIBANS = 0.1
PLAUSIBLE = 0.01
ALTERNATIVE_FROM = 0.05

Own = tuple[str, str]
"""Condition and a finding of its own."""


class Fall(Shape):
    """A condition that becomes less probable where it should not."""

    condition: str
    by: str
    """The finding, or the alternative that is left out."""
    step: str
    """``absent to present``, ``mild to severe``, ``removed``."""
    before: float
    after: float
    case: str | None
    why: Literal["own numbers", "explaining away"]
    """Its own links do it though it is the only condition, or the other conditions of the model do."""


class Monotonicity(Shape):
    """Falls by the condition's own numbers are for review; explaining away between conditions is listed apart."""

    looked_at: int
    own: tuple[Fall, ...]
    explained_away: tuple[Fall, ...]
    """The largest first."""


def monotonicity(model: Model, cases: list[Answered]) -> Monotonicity:
    """Single findings in somebody of whom nothing else is known, then the findings and alternatives of every case."""
    looked_at, falls = single_findings(model)
    own = {(f.condition, f.by) for f in falls if f.why == "own numbers"}
    in_cases, findings = _in_cases(model, cases, own)
    removed, alternatives = _alternatives(model, cases)
    every = [*falls, *in_cases, *removed]
    every.sort(key=lambda f: (-(_log_odds(f.before) - _log_odds(f.after)), f.condition, f.by, f.case or ""))
    return Monotonicity(
        looked_at=looked_at + findings + alternatives,
        own=tuple(f for f in every if f.why == "own numbers"),
        explained_away=tuple(f for f in every if f.why == "explaining away"),
    )


def own_findings(model: Model) -> dict[str, list[str]]:
    """Condition -> findings that it, or one of its states, has a number for; no children, no onset."""
    result: dict[str, list[str]] = {id_: [] for id_ in model.conditions}
    for state in states_of(model.knowledge):
        of = result[state.condition.id]
        for finding in model.knowledge.findings.values():
            mine = state.finding(finding.id) is not None and finding.given is None and finding.scale == "finding"
            if mine and finding.id not in of:
                of.append(finding.id)
    return result


def single_findings(model: Model) -> tuple[int, list[Fall]]:
    """Number of steps from one grade to the next that were looked at, and those that lower the condition."""
    rows: dict[tuple[int, int, int, bool], int] = {}
    """Condition (the first, where all are free), node, grade, is it the only condition? -> place among the people."""
    steps: list[tuple[int, str, int, int]] = []
    """Condition, finding, its node, the lower grade."""
    for c, (_, findings) in enumerate(own_findings(model).items()):
        for id_ in findings:
            finding = model.knowledge.findings[id_]
            node = model.node_index[id_ + ("@index" if finding.sided else "")]
            for grade in range(len(grades_of(finding))):
                rows.setdefault((0, node, grade, False), len(rows))
                rows.setdefault((c, node, grade, True), len(rows))
                if grade:
                    steps.append((c, id_, node, grade - 1))
    presence = posterior_batch(model, _one_finding(model, list(rows))).presence.filled(np.nan)
    falls = []
    for c, id_, node, grade in steps:
        names = grades_of(model.knowledge.findings[id_])
        before, after = (float(presence[rows[0, node, grade + i, False], c]) for i in (0, 1))
        if not _falls(before, after):
            continue
        before_alone, after_alone = (float(presence[rows[c, node, grade + i, True], c]) for i in (0, 1))
        falls.append(
            Fall(
                condition=model.conditions[c], by=id_, step=f"{names[grade]} to {names[grade + 1]}", before=before,
                after=after, case=None,
                why="own numbers" if _falls(before_alone, after_alone) else "explaining away",
            )
        )  # fmt: skip
    return len(steps), falls


def _one_finding(model: Model, rows: list[tuple[int, int, int, bool]]) -> People:
    """People of unknown sex with one finding each."""
    condition, node, grade, alone = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    count, network = len(rows), model.network
    fixed = np.full((count, len(model.conditions)), FREE, dtype=np.int16)
    fixed[alone == 1] = EXCLUDED
    fixed[np.arange(count), condition] = FREE
    return People(
        age=np.full(count, AGE), sex=np.full(count, SEXES.index("unknown")),
        setting=np.full(count, SETTINGS.index(SETTING)),
        context=np.full((count, len(model.risk_factors)), UNKNOWN, dtype=np.int8), fixed=fixed,
        begins=np.arange(count + 1), nodes=node, lowest=grade, highest=grade, soft=np.ones((1, len(network.states))),
        mechanism_soft=np.ones((1, len(network.mechanism_leak))),
    )  # fmt: skip


def _in_cases(model: Model, cases: list[Answered], own: set[Own]) -> tuple[list[Fall], int]:
    """Present findings of a case that speak against a condition which has them as its own."""
    mine, falls, looked_at = own_findings(model), [], 0
    for one in cases:
        for condition in one.posterior.conditions:
            for weight in condition.weights:
                if weight.seen.lowest == 0 or weight.seen.finding not in mine[condition.id]:
                    continue
                looked_at += 1
                if weight.decibans >= -SMALLEST_DECIBANS or condition.probability < PLAUSIBLE:
                    continue
                before = _log_odds(condition.probability) - weight.decibans * np.log(10) / 10
                falls.append(
                    Fall(
                        condition=condition.id, by=weight.seen.finding, step=f"unknown to {weight.seen.words}",
                        before=float(1 / (1 + np.exp(-before))), after=condition.probability, case=one.id,
                        why="own numbers" if (condition.id, weight.seen.finding) in own else "explaining away",
                    )
                )  # fmt: skip
    return falls, looked_at


def _alternatives(model: Model, cases: list[Answered]) -> tuple[list[Fall], int]:
    """Alternatives whose removal lowers the accepted condition: by letting a third one rise."""
    rows, about = [], []
    for one in cases:
        for c, id_ in enumerate(model.conditions):
            if c in one.gold or id_ in one.observation.known or one.presence[c] < ALTERNATIVE_FROM:
                continue
            excluded = (*one.case.excluded_conditions, id_)
            rows.append(one.case.model_copy(update={"excluded_conditions": excluded}))
            about.append((one, id_))
    if not rows:
        return [], 0
    presence = posterior_batch(model, rows).presence.filled(np.nan)
    falls = []
    for (one, id_), after in zip(about, presence, strict=True):
        gold = one.gold[0]
        if _falls(float(one.presence[gold]), float(after[gold])):
            falls.append(
                Fall(
                    condition=model.conditions[gold], by=id_, step="removed", before=float(one.presence[gold]),
                    after=float(after[gold]), case=one.id, why="explaining away",
                )
            )  # fmt: skip
    return falls, len(rows)


def _falls(before: float, after: float) -> bool:
    return _log_odds(after) < _log_odds(before) - SMALLEST


def _log_odds(p: float) -> float:
    p = min(max(p, 1e-15), 1 - 1e-15)
    return float(np.log(p / (1 - p)))
