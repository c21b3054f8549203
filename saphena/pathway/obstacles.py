"""Contraindications and cautions of a treatment or investigation, in one case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from saphena.model.care import Obstacle
from saphena.pathway.grounds import grounds, open_in
from saphena.pathway.targets import Chances
from saphena.pathway.truth import LEGS, Rules, Truth, any_of

Status = Literal["offered", "caution", "waiting", "struck"]
STATUSES: tuple[Status, ...] = ("offered", "caution", "waiting", "struck")
"""From free to forbidden; the worst reason counts."""


@dataclass(frozen=True)
class Reason:
    """Why something is not simply offered."""

    status: Status
    text: str
    id: str = ""
    """Of the obstacle."""
    because: tuple[str, ...] = ()
    """Findings, facts, measurements or conditions that it rests on."""
    ask: tuple[str, ...] = ()
    """What is unknown and decides it."""
    settle: tuple[str, ...] = ()
    """Investigations, findings or facts that settle it."""
    condition: str | None = None
    probability: float | None = None
    source: str | None = None
    tell_patient: str | None = None


def worst(reasons: Iterable[Reason]) -> Status:
    """The status that the reasons leave."""
    return max((reason.status for reason in reasons), key=STATUSES.index, default="offered")


def reasons_of(rules: Rules, chances: Chances, obstacles: Iterable[Obstacle], leg: str) -> tuple[Reason, ...]:
    """Every obstacle that holds, or may hold.

    A fact that is present strikes out; an unknown one waits for its question. A condition that is known
    strikes out; one above its own threshold, or of which nothing is inferred, waits for what settles it.
    Where ``cleared`` holds, neither an unknown fact nor a condition holds anything back. Cautions never do.
    Where no leg is named, what forbids it for one leg forbids it, and it is cleared only if it is for both.
    """
    found = []
    for obstacle in obstacles:
        sides = ("",) if not obstacle.per_leg else (leg,) if leg else LEGS
        truths = {side: rules.holds(obstacle.when, side) for side in sides} if obstacle.when is not None else {}
        cleared = obstacle.cleared is not None and all(rules.holds(obstacle.cleared, side) is True for side in sides)
        if cleared and True not in truths.values():
            continue
        reason = _by_rule(rules, obstacle, truths) if truths else _by_condition(chances, obstacle)
        if reason is not None:
            found.append(reason)
    return tuple(found)


def _by_rule(rules: Rules, obstacle: Obstacle, truths: Mapping[str, Truth]) -> Reason | None:
    assert obstacle.when is not None
    truth = any_of(truths.values())
    side = next((side for side, holds in truths.items() if holds is truth), "")
    forbids = obstacle.severity == "contraindicated"
    if truth is False or (truth is None and not forbids):
        return None
    known = truth is True
    return Reason(
        ("struck" if forbids else "caution") if known else "waiting",
        obstacle.reason,
        obstacle.id,
        because=tuple(dict.fromkeys(grounds(rules, obstacle.when, side))) if known else (),
        ask=() if known else tuple(open_in(rules, obstacle.when, side)),
        settle=() if known else obstacle.settled_by,
        source=obstacle.source,
        tell_patient=obstacle.tell_patient,
    )


def _by_condition(chances: Chances, obstacle: Obstacle) -> Reason | None:
    name = obstacle.condition or ""
    forbids = obstacle.severity == "contraindicated"
    if chances.known(name):
        status: Status = "struck" if forbids else "caution"
    elif chances.excluded(name):
        return None
    else:
        probability = chances.probability(name)
        if probability is not None and probability < chances.threshold(name):
            return None
        if probability is None and not forbids and not chances.known(name.partition(".")[0]):
            return None
        status = "waiting" if forbids else "caution"
    return Reason(
        status,
        obstacle.reason,
        obstacle.id,
        because=(name,) if status == "struck" else (),
        settle=() if status == "struck" else obstacle.settled_by,
        condition=name,
        probability=chances.probability(name),
        source=obstacle.source,
        tell_patient=obstacle.tell_patient,
    )
