"""Treatments for one case: offered, with caution, waiting for an answer, struck out, or not recommended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from saphena.model.care import Indication, Interaction, Line, Treatment
from saphena.model.network import Model
from saphena.pathway.grounds import open_in
from saphena.pathway.obstacles import STATUSES, Reason, Status, reasons_of, worst
from saphena.pathway.targets import Chances, Target, wanted
from saphena.pathway.truth import Rules, Truth

LINES: tuple[Line, ...] = ("first", "second", "third", "adjunct", "not_recommended", "harmful")
REJECTED = ("not_recommended", "harmful")


@dataclass(frozen=True)
class Use:
    """What a treatment is for in this case."""

    indication: Indication
    condition: str | None
    """None where a rule alone asks for it."""
    confirmed: bool
    """False: only if the condition is confirmed."""


@dataclass(frozen=True)
class Option:
    """One treatment, for one leg where the leg decides."""

    treatment: Treatment
    leg: str
    status: Status
    uses: tuple[Use, ...]
    reasons: tuple[Reason, ...]
    rank: tuple[int, int]
    """Place of the first condition it is for, and its line there."""


@dataclass(frozen=True)
class Rejected:
    """What people use and evidence rejects, where a condition of this case is concerned."""

    treatment: Treatment
    uses: tuple[Use, ...]


@dataclass(frozen=True)
class Conflict:
    """One condition of the case asks for what another forbids, or two treatments do not go together."""

    treatment: str
    leg: str
    wanted_for: tuple[str, ...]
    against: str
    """A condition, or another treatment."""
    status: Status
    resolution: str
    settle: tuple[str, ...] = ()


@dataclass(frozen=True)
class Treatments:
    """Options in the order in which they are to be thought of, what is rejected, and conflicts."""

    options: tuple[Option, ...]
    rejected: tuple[Rejected, ...]
    conflicts: tuple[Conflict, ...]


def treatments(rules: Rules, chances: Chances, planned: Sequence[Target]) -> Treatments:
    """Every treatment that a target, or a rule alone, asks for."""
    model = rules.model
    options: list[Option] = []
    rejected: list[Rejected] = []
    for treatment in _candidates(model, planned):
        uses = _uses(rules, treatment, planned)
        against = tuple(use for use, _, _ in uses if use.indication.line in REJECTED)
        if against:
            rejected.append(Rejected(treatment, against))
        for leg in _legs(treatment, planned, [use for use, _, _ in uses]):
            here = _uses(rules, treatment, planned, leg) if leg else uses
            option = _option(rules, chances, treatment, here, leg)
            if option is not None:
                options.append(option)
    options = _apart(options)
    options.sort(key=lambda o: (STATUSES.index(o.status) > 1, o.rank, STATUSES.index(o.status), o.treatment.id, o.leg))
    return Treatments(tuple(options), tuple(rejected), _conflicts(options))


def _option(
    rules: Rules, chances: Chances, treatment: Treatment, uses: list[tuple[Use, Truth, int]], leg: str
) -> Option | None:
    for_it = [(use, truth, place) for use, truth, place in uses if use.indication.line not in REJECTED]
    if not for_it:
        return None
    reasons = list(reasons_of(rules, chances, rules.model.knowledge.care.obstacles(treatment), leg))
    if all(truth is None for _, truth, _ in for_it):
        indication = for_it[0][0].indication
        assert indication.when is not None
        reasons.append(
            Reason(
                "waiting",
                "Whether it is indicated depends on what is not known yet",
                "indication",
                ask=tuple(open_in(rules, indication.when, leg)),
                source=indication.source,
            )
        )
    reasons += _harms(chances, treatment)
    rank = min((place, LINES.index(use.indication.line)) for use, _, place in for_it)
    ordered = sorted(for_it, key=lambda x: (x[2], LINES.index(x[0].indication.line)))
    return Option(treatment, leg, worst(reasons), tuple(use for use, _, _ in ordered), tuple(reasons), rank)


def _harms(chances: Chances, treatment: Treatment) -> list[Reason]:
    """A condition in which the treatment does harm forbids it for any other."""
    found = []
    for indication in treatment.indications:
        name = indication.condition
        if indication.line != "harmful" or name is None or indication.when is not None or chances.excluded(name):
            continue
        probability = chances.probability(name)
        known = chances.known(name)
        if known or (probability is not None and probability >= chances.threshold(name)):
            found.append(
                Reason(
                    "struck" if known else "waiting",
                    indication.aim,
                    "harmful",
                    because=(name,) if known else (),
                    condition=name,
                    probability=probability,
                    source=indication.source,
                )
            )
    return found


def _uses(rules: Rules, treatment: Treatment, planned: Sequence[Target], leg: str = "") -> list[tuple[Use, Truth, int]]:
    """(use, whether its rule holds, place of its target) of every indication that is one here."""
    found: list[tuple[Use, Truth, int]] = []
    for indication in treatment.indications:
        # What was said in doubt forbids, but is no reason to treat.
        truth = rules.settled(indication.when, leg) if indication.when is not None else True
        if truth is False:
            continue
        if indication.condition is None:
            if truth:
                found.append((Use(indication, None, True), truth, len(planned)))
            continue
        for place, target in enumerate(planned):
            if wanted(target, indication.condition):
                found.append((Use(indication, target.condition, target.confirmed), truth, place))
    return found


def _legs(treatment: Treatment, planned: Sequence[Target], uses: Sequence[Use]) -> tuple[str, ...]:
    """The legs of the conditions it is for, where the leg decides."""
    if not treatment.per_leg:
        return ("",)
    conditions = {use.condition for use in uses if use.indication.line not in REJECTED}
    legs = dict.fromkeys(leg for target in planned if target.condition in conditions for leg in target.legs)
    sided = tuple(leg for leg in legs if leg)
    return sided or ("",)


def _apart(options: list[Option]) -> list[Option]:
    """Of two that must not be given together the one that gives way is struck out, or is the other's alternative: the one
    that the interaction names, otherwise the one that ranks lower."""
    places: dict[str, list[int]] = {}
    for i, option in enumerate(options):
        places.setdefault(option.treatment.id, []).append(i)
    result = list(options)
    for option in sorted(options, key=_order):
        for interaction in option.treatment.interactions:
            for i in places[option.treatment.id]:
                for j in places.get(interaction.with_, ()):
                    first = _order(result[i]) < _order(result[j])
                    if interaction.gives_way is not None:
                        first = not interaction.gives_way
                    higher, lower = (i, j) if first else (j, i)
                    if "struck" not in (result[i].status, result[j].status):
                        reason = _beside(result[higher], result[lower], interaction)
                        reasons = (*result[lower].reasons, reason)
                        result[lower] = replace(result[lower], reasons=reasons, status=worst(reasons))
    offered = {o.treatment.id for o in result if o.status in ("offered", "caution")}
    return [_released(option, offered) for option in result]


def _released(option: Option, offered: set[str]) -> Option:
    """What does not go with something that is not offered either only waits for that to be settled."""
    reasons = tuple(
        replace(r, status="waiting")
        if r.id == "interaction" and r.status == "struck" and r.because[0] not in offered
        else r
        for r in option.reasons
    )
    return replace(option, reasons=reasons, status=worst(reasons))


def _order(option: Option) -> tuple[tuple[int, int], str, str]:
    return option.rank, option.treatment.id, option.leg


def _beside(higher: Option, lower: Option, interaction: Interaction) -> Reason:
    """What the higher of two that interact does to the lower."""
    same = {use.condition for use in higher.uses} & {use.condition for use in lower.uses}
    if interaction.severity == "caution":
        status: Status = "caution"
    elif same or higher.status == "waiting":
        status = "waiting"
    else:
        status = "struck"
    return Reason(
        status,
        interaction.reason,
        "instead" if same and interaction.severity == "contraindicated" else "interaction",
        because=(higher.treatment.id,),
        source=interaction.source,
    )


def _conflicts(options: Sequence[Option]) -> tuple[Conflict, ...]:
    """Struck out or held back by another condition of the case, or by another treatment."""
    found = []
    for option in options:
        for_conditions = tuple(dict.fromkeys(use.condition for use in option.uses if use.condition))
        for reason in option.reasons:
            against = reason.condition or (reason.because[0] if reason.id == "interaction" else None)
            if against is None or reason.status not in ("struck", "waiting"):
                continue
            found.append(
                Conflict(
                    option.treatment.id, option.leg, for_conditions, against, reason.status, reason.text, reason.settle
                )
            )
    return tuple(found)


@lru_cache(maxsize=4)
def _by_condition(model: Model) -> dict[str | None, tuple[Treatment, ...]]:
    """Condition -> treatments with an indication for it; None: those that a rule alone asks for."""
    found: dict[str | None, dict[str, Treatment]] = {}
    for treatment in model.knowledge.care.treatments.values():
        for indication in treatment.indications:
            key = indication.condition.partition(".")[0] if indication.condition else None
            found.setdefault(key, {})[treatment.id] = treatment
    return {key: tuple(held.values()) for key, held in found.items()}


def _candidates(model: Model, planned: Sequence[Target]) -> list[Treatment]:
    by = _by_condition(model)
    held = {t.id: t for key in (*(target.condition for target in planned), None) for t in by.get(key, ())}
    return list(held.values())
