"""What leads when the right condition is left out of the model, and which finding would have told them apart."""

from __future__ import annotations

from collections.abc import Callable

from saphena.evaluation.cases import Shape
from saphena.evaluation.coded import Answered, order
from saphena.inference.evidence import ImpossibleEvidence
from saphena.inference.next_finding import candidates
from saphena.inference.observe import observe
from saphena.inference.posterior import posterior
from saphena.inference.subset import TooWide
from saphena.model.network import Model

TAKES_OVER = 0.5
CONFIDENT = 0.8


class LeftOut(Shape):
    """One case with its accepted conditions left out."""

    id: str
    gold: str
    leader: str
    probability: float
    """Of the leader, without the right condition."""
    before: float
    """Of the leader, with it."""
    place_before: int
    """Of the leader, with the right condition in the model."""
    poor_fit: float | None
    """Share of present findings that no condition explains; high is a warning that something is missing."""


class Twins(Shape):
    """A pair of which the second took over where the first was left out."""

    gold: str
    twin: str
    cases: tuple[str, ...]
    finding: str | None
    """Unanswered finding that tells most about the two, summed over these cases."""
    information: float
    """Of it, in bits, mean over the cases."""
    obtained_by: str | None


class LeaveOut(Shape):
    """Every case, and the near twins among them."""

    cases: tuple[LeftOut, ...]
    confident: int
    """Leaders above 0.8 though the right condition is not in the model."""
    twins: tuple[Twins, ...]


def leave_out(model: Model, cases: list[Answered], tell: Callable[[], None] = lambda: None) -> LeaveOut:
    """Every case once without its accepted conditions; the near twins found, and what would part them."""
    results: list[LeftOut] = []
    pairs: dict[tuple[str, str], list[Answered]] = {}
    for one in cases:
        tell()
        accepted = [model.conditions[c] for c in one.gold]
        without = one.case.model_copy(
            update={
                "excluded_conditions": tuple(dict.fromkeys([*one.case.excluded_conditions, *accepted])),
                "known_conditions": tuple(k for k in one.case.known_conditions if k.partition(".")[0] not in accepted),
            }
        )
        try:
            observation = observe(model, without)
            inferred = posterior(model, observation)
        except (ImpossibleEvidence, TooWide):
            continue
        leader = order(model, observation, inferred)[0].posterior
        shown = [e.posterior.id for e in order(model, one.observation, one.posterior)]
        before = next(c.probability for c in one.posterior.conditions if c.id == leader.id)
        results.append(
            LeftOut(
                id=one.id, gold=accepted[0], leader=leader.id, probability=leader.probability, before=before,
                place_before=shown.index(leader.id) + 1 if leader.id in shown else 0, poor_fit=inferred.poor_fit,
            )
        )  # fmt: skip
        if leader.probability > TAKES_OVER >= before:
            pairs.setdefault((accepted[0], leader.id), []).append(one)
    return LeaveOut(
        cases=tuple(results),
        confident=sum(r.probability > CONFIDENT for r in results),
        twins=tuple(_parted(model, gold, twin, of) for (gold, twin), of in sorted(pairs.items())),
    )


def _parted(model: Model, gold: str, twin: str, cases: list[Answered]) -> Twins:
    """The finding with the largest expected information about the two conditions."""
    told: dict[str, float] = {}
    for one in cases:
        for candidate in candidates(model, one.observation, conditions=(gold, twin)):
            told[candidate.finding] = told.get(candidate.finding, 0.0) + candidate.information / len(cases)
    best = min(told, key=lambda f: (-told[f], f), default=None)
    return Twins(
        gold=gold, twin=twin, cases=tuple(c.id for c in cases), finding=best,
        information=told[best] if best else 0.0,
        obtained_by=model.knowledge.obtained_by[best] if best else None,
    )  # fmt: skip
