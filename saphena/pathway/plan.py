"""The plan for one case: staging, workup, treatment, referral and follow-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from saphena.inference.next_finding import Candidate
from saphena.inference.observation import Observation
from saphena.inference.posterior import Posterior
from saphena.model.care import FollowUp, Referral
from saphena.model.network import Model
from saphena.pathway.differential import Entry
from saphena.pathway.scoring import ScoreResult
from saphena.pathway.staging import staging
from saphena.pathway.targets import Chances, Target, targets, wanted
from saphena.pathway.treatment import Treatments, treatments
from saphena.pathway.triage import LEVELS, Triage
from saphena.pathway.truth import Rules
from saphena.pathway.workup import Workup, workup

Empty = Literal["nothing_to_treat", "everything_waits", "everything_forbidden", "nothing_modelled"]


@dataclass(frozen=True)
class Sent:
    """A referral, and why."""

    referral: Referral
    because: tuple[str, ...]
    """Conditions and red flags."""
    confirmed: bool


@dataclass(frozen=True)
class Visit:
    """A follow-up, and for which conditions."""

    follow_up: FollowUp
    conditions: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """Everything that is done next."""

    targets: tuple[Target, ...]
    staging: tuple[ScoreResult, ...]
    workup: Workup
    treatments: Treatments
    referrals: tuple[Sent, ...]
    follow_up: tuple[Visit, ...]
    empty: Empty | None
    """Why nothing is offered; None where something is."""


def plan(
    model: Model,
    observation: Observation,
    posterior: Posterior | None,
    entries: Sequence[Entry],
    urgency: Triage,
    candidates: Sequence[Candidate] = (),
) -> Plan:
    """Plan of a case; without a posterior for known conditions and red flags alone."""
    rules = Rules(model, observation)
    chances = Chances(model, observation, posterior)
    planned = targets(model, observation, posterior, entries)
    options = treatments(rules, chances, planned)
    return Plan(
        planned,
        staging(rules, planned),
        workup(rules, chances, planned, entries, candidates),
        options,
        _referrals(rules, planned, urgency),
        _follow_up(model, planned),
        _empty(planned, options),
    )


def _referrals(rules: Rules, planned: Sequence[Target], urgency: Triage) -> tuple[Sent, ...]:
    raised = {one.flag.id for one in urgency.raised}
    passed = {one.condition for one in urgency.must_not_miss}
    found = []
    for referral in rules.model.knowledge.care.referrals:
        flags = tuple(id_ for id_ in referral.red_flags if id_ in raised)
        mine = [t for t in planned if any(wanted(t, name) for name in referral.conditions)]
        mine = [t for t in mine if t.confirmed or t.condition in passed]
        rule = referral.when is not None and rules.holds(referral.when) is True
        # Where a rule stands beside conditions, both must hold; a red flag needs neither.
        concerned = bool(mine) and (referral.when is None or rule) if referral.conditions else rule
        if flags or concerned:
            because = (*flags, *(t.condition for t in mine))
            found.append(Sent(referral, because, bool(flags) or any(t.confirmed for t in mine) or rule))
    found.sort(key=lambda s: (LEVELS.index(s.referral.level), s.referral.id))
    return tuple(found)


def _follow_up(model: Model, planned: Sequence[Target]) -> tuple[Visit, ...]:
    """For the conditions that are treated, or else for the first."""
    treated = [t for t in planned if t.confirmed] or list(planned[:1])
    found = []
    for one in model.knowledge.care.follow_up:
        mine = tuple(t.condition for t in treated if any(wanted(t, name) for name in one.conditions))
        if mine:
            found.append(Visit(one, mine))
    order = [t.condition for t in treated]
    found.sort(key=lambda v: (order.index(v.conditions[0]), v.follow_up.id))
    return tuple(found)


def _empty(planned: Sequence[Target], options: Treatments) -> Empty | None:
    if any(o.status in ("offered", "caution") for o in options.options):
        return None
    if any(o.status == "waiting" for o in options.options):
        return "everything_waits"
    if options.options:
        return "everything_forbidden"
    return "nothing_modelled" if planned else "nothing_to_treat"
