"""Which investigation next: published sequences first, then what the engine expects most of; and what not to order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from saphena.inference.next_finding import Candidate
from saphena.model.care import Investigation, InvestigationSequence, NotRecommended, Step
from saphena.model.network import Model
from saphena.pathway.differential import Entry
from saphena.pathway.grounds import open_in
from saphena.pathway.obstacles import STATUSES, Reason, Status, reasons_of, worst
from saphena.pathway.scoring import score_case
from saphena.pathway.targets import Chances, Target, wanted
from saphena.pathway.triage import LEVELS
from saphena.pathway.truth import LEGS, Rules

Certainty = Literal["certain", "usual", "open"]
"""It is this step; unless a risk factor nobody asked for is present; or only if something unknown holds."""
CERTAINTY: tuple[Certainty, ...] = ("certain", "usual", "open")
UNDECIDED = 2
"""Steps of one sequence that are named although it is open whether they hold."""
FEW = 6
"""Twice as many investigations are named at most."""


@dataclass(frozen=True)
class NextStep:
    """The next step of a published sequence."""

    sequence: InvestigationSequence
    step: Step
    because: str
    """The condition that is plausible; empty where a rule starts the sequence."""
    probability: float | None
    certainty: Certainty
    ask: tuple[str, ...]
    """What is not known yet and could make it another step."""


@dataclass(frozen=True)
class InvestigationOption:
    """One investigation that a sequence or the engine asks for."""

    investigation: Investigation
    status: Status
    reasons: tuple[Reason, ...]
    because: Literal["sequence", "utility"]
    utility: float
    """Expected fall of harm, less the cost of asking; of its most useful result. 0 where it was not asked for."""
    finding: str | None
    """The result that is worth most."""
    place: str
    """here, refer or hospital, in this setting."""


@dataclass(frozen=True)
class Workup:
    """What to do next to know more."""

    steps: tuple[NextStep, ...]
    options: tuple[InvestigationOption, ...]
    not_recommended: tuple[NotRecommended, ...]


def workup(
    rules: Rules,
    chances: Chances,
    planned: Sequence[Target],
    entries: Sequence[Entry],
    candidates: Sequence[Candidate] = (),
) -> Workup:
    """Next steps, investigations worth having, and those to leave.

    Without ``candidates`` (the engine's findings by expected utility) only the published sequences speak.
    """
    steps = _next_steps(rules, chances, planned)
    asked: dict[str, tuple[Literal["sequence", "utility"], float, str | None]] = {}
    care = rules.model.knowledge.care
    for one in steps:
        if one.certainty == "open":
            continue
        for name in one.step.do:
            if name in care.investigations:
                asked.setdefault(name, ("sequence", 0.0, None))
    by_finding = _giving(rules.model)
    refused = _not_recommended(rules, chances, entries)
    left = {one.investigation for one in refused}
    for candidate in candidates:
        if candidate.utility <= 0 or len(asked) >= 2 * FEW:
            break
        for name in by_finding.get(candidate.finding, ()):
            if name in left and name not in asked:
                continue
            kind, utility, finding = asked.get(name, ("utility", 0.0, None))
            if candidate.utility > utility:
                asked[name] = (kind, candidate.utility, candidate.finding)
    options = []
    for name, (kind, utility, finding) in asked.items():
        investigation = care.investigations[name]
        reasons = reasons_of(rules, chances, care.obstacles(investigation), "")
        place = investigation.available.get(rules.seen.case.setting, "refer")
        options.append(InvestigationOption(investigation, worst(reasons), reasons, kind, utility, finding, place))
    options.sort(key=lambda o: (o.because != "sequence", STATUSES.index(o.status) > 2, -o.utility, o.investigation.id))
    return Workup(steps, tuple(options), refused)


def _next_steps(rules: Rules, chances: Chances, planned: Sequence[Target]) -> tuple[NextStep, ...]:
    """Of every sequence that is followed the next step, and those before it that are undecided; the most urgent first."""
    found: list[NextStep] = []
    usual = _nothing_else(rules)
    for sequence in rules.model.knowledge.care.sequences:
        started = _started(rules, chances, planned, sequence)
        if started is not None:
            found += _open_steps(rules, usual, sequence, *started)
    found.sort(
        key=lambda s: (
            CERTAINTY.index(s.certainty),
            LEVELS.index(s.step.level or "routine"),
            -(s.probability or 0.0),
            s.sequence.id,
        )
    )
    return tuple(found)


def _nothing_else(rules: Rules) -> Rules:
    """The same person if every risk factor and fact that nobody asked for were absent."""
    k, seen = rules.model.knowledge, rules.seen
    context = {**dict.fromkeys(k.risk_factors, False), **seen.context}
    return Rules(
        rules.model, replace(seen, context=context, facts={**dict.fromkeys(k.care.facts, False), **seen.facts})
    )


def _open_steps(
    rules: Rules, usual: Rules, sequence: InvestigationSequence, because: str, probability: float | None
) -> list[NextStep]:
    """The step that holds, for certain or unless a risk factor is present, and what else could be next."""
    undecided: list[NextStep] = []
    for step, when in zip(sequence.steps, sequence.rules, strict=True):
        truth = rules.holds(when) if when is not None else True
        if truth is False or (step.do and _done(rules, step)):
            continue
        if truth is True or when is None:
            return [NextStep(sequence, step, because, probability, "certain", ()), *undecided[:UNDECIDED]]
        ask = tuple(open_in(rules, when, ""))
        if usual.holds(when) is True:
            return [NextStep(sequence, step, because, probability, "usual", ask), *undecided[:UNDECIDED]]
        undecided.append(NextStep(sequence, step, because, probability, "open", ask))
    return undecided[:UNDECIDED]


def _started(
    rules: Rules, chances: Chances, planned: Sequence[Target], sequence: InvestigationSequence
) -> tuple[str, float | None] | None:
    """Why a sequence is followed: a rule that holds, or a condition planned for that is not known yet."""
    applies = rules.holds(sequence.applies) if sequence.applies is not None else None
    if applies is False:
        return None
    open_ = [target for target in planned if not target.known]
    best: tuple[str, float | None] | None = None
    for name in sequence.about:
        probability = chances.probability(name)
        concerned = any(wanted(target, name) for target in open_)
        if concerned and probability and (best is None or probability > (best[1] or 0)):
            best = name, probability
    if best is not None:
        return best
    return ("", None) if applies else None


def _done(rules: Rules, step: Step) -> bool:
    """Every investigation of the step has a result, every instrument a certain band."""
    k = rules.model.knowledge
    measured = {id_ for id_, _ in rules.seen.measured}
    for name in step.do:
        if name in k.instruments:
            results = [score_case(rules, k.instruments[name], leg) for leg in (*LEGS, "")]
            if not any(result.certain for result in results):
                return False
            continue
        one = k.care.investigations[name]
        if not (set(one.yields) & rules.answered or set(one.measures) & measured):
            return False
    return True


def _not_recommended(rules: Rules, chances: Chances, entries: Sequence[Entry]) -> tuple[NotRecommended, ...]:
    """Where one of its conditions leads or is known, and nothing makes it right after all."""
    leading = {e.posterior.id for e in entries if e.group == "explains"} | set(rules.seen.known)
    found = []
    for one in rules.model.knowledge.care.not_recommended:
        concerned = not one.about or any(name.partition(".")[0] in leading for name in one.about)
        holds = one.when is None or rules.holds(one.when) is True
        if concerned and holds and (one.unless is None or rules.holds(one.unless) is not True):
            found.append(one)
    return tuple(found)


@lru_cache(maxsize=4)
def _giving(model: Model) -> dict[str, tuple[str, ...]]:
    """Finding -> the investigation to order for it: the cheapest that yields it, and says least else."""
    found: dict[str, list[Investigation]] = {}
    k = model.knowledge
    for one in k.care.investigations.values():
        for finding in one.yields:
            found.setdefault(finding, []).append(one)
        for name in one.measures:
            for reading in k.measurements[name].reads:
                found.setdefault(reading.finding, []).append(one)
    return {
        finding: (min(ones, key=lambda i: (i.cost_tier, len(i.yields), i.id)).id,) for finding, ones in found.items()
    }
