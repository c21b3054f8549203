"""How soon: red-flag rules that no probability lowers, and probability thresholds of what must not be missed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from saphena.inference.observation import Observation
from saphena.inference.posterior import Posterior
from saphena.model.network import ADULT, Model
from saphena.model.numbers import TriageLevel
from saphena.model.schema import RedFlag
from saphena.pathway.grounds import grounds, is_known, is_true, mentioned, patient_first
from saphena.pathway.truth import LEGS, Rules, Truth, any_of

LEVELS: tuple[TriageLevel, ...] = ("emergency", "same_day", "urgent", "routine", "self_care")
"""From most to least urgent."""
PLAUSIBLE = 0.001
"""A condition at least this probable makes its unanswered red flags worth asking ..."""
PLAUSIBLE_LATER = 0.01
"""... and this probable where they could raise triage no higher than two weeks."""
ASKED = ("history", "examination", "bedside")
"""How what a red flag asks for first is obtained; the result of a test counts once it is there and is never asked for."""


@dataclass(frozen=True)
class RaisedFlag:
    """A red flag that holds."""

    flag: RedFlag
    because: tuple[str, ...]
    """Facts of the case that the rule rests on."""


@dataclass(frozen=True)
class OpenFlag:
    """A red flag that is not answered yet: what to ask."""

    flag: RedFlag
    ask: tuple[str, ...]
    """Findings or risk factors still unknown, what a patient can answer first."""
    plausible: bool
    """A suspect is at least ``PLAUSIBLE``, or the flag suspects nothing that is modelled."""


@dataclass(frozen=True)
class MustNotMiss:
    """A dangerous condition whose probability has passed its own threshold."""

    condition: str
    probability: float
    threshold: float
    level: TriageLevel


@dataclass(frozen=True)
class Triage:
    """The more urgent of the two channels wins."""

    level: TriageLevel
    reason: Literal["red_flag", "probability", "benign", "nothing_known", "default"]
    raised: tuple[RaisedFlag, ...]
    open: tuple[OpenFlag, ...]
    """Unanswered flags that would raise triage, of plausible conditions first."""
    must_not_miss: tuple[MustNotMiss, ...]


def triage(model: Model, observation: Observation, posterior: Posterior | None) -> Triage:
    """Triage of a case; without a posterior (a child) by red flags alone."""
    rules = Rules(model, observation)
    probability = {c.id: c.probability for c in posterior.conditions} if posterior else {}
    raised, open_flags, answered_absent = [], [], True
    for flag in model.knowledge.red_flags:
        truth = flag_holds(rules, flag)
        if truth is True:
            raised.append(RaisedFlag(flag, tuple(_because(rules, flag))))
        elif truth is None:
            least = PLAUSIBLE if flag.triage in ("emergency", "same_day") else PLAUSIBLE_LATER
            plausible = not flag.suspects or any(probability.get(c, 1.0) >= least for c in flag.suspects)
            ask = _unknown(rules, flag)
            answered_absent = answered_absent and not (plausible and ask)
            if ask and (plausible or flag.triage == "emergency"):
                open_flags.append(OpenFlag(flag, ask, plausible))
    passed = []
    for c in posterior.conditions if posterior else ():
        rule = model.knowledge.conditions[c.id].must_not_miss
        if rule is None or c.id in observation.known:
            continue
        danger = sum(c.states[s] for s in rule.states) if rule.states else c.probability
        if danger >= rule.threshold:
            passed.append(MustNotMiss(c.id, danger, rule.threshold, rule.triage))
    by_flag = min((LEVELS.index(r.flag.triage) for r in raised), default=len(LEVELS))
    by_probability = min((LEVELS.index(m.level) for m in passed), default=len(LEVELS))
    level, reason = _level(model, observation, posterior, by_flag, by_probability, answered_absent)
    # What would raise triage comes first, then what belongs to the more probable suspect.
    open_flags = [o for o in open_flags if LEVELS.index(o.flag.triage) < LEVELS.index(level)]
    open_flags.sort(
        key=lambda o: (
            not o.plausible,
            LEVELS.index(o.flag.triage),
            -max((probability.get(c, 0.0) for c in o.flag.suspects), default=0.0),
            o.flag.id,
        )
    )
    raised.sort(key=lambda r: LEVELS.index(r.flag.triage))
    return Triage(
        level,
        reason,
        tuple(raised),
        tuple(open_flags),
        tuple(sorted(passed, key=lambda m: (LEVELS.index(m.level), -m.probability))),
    )


def _level(
    model: Model,
    observation: Observation,
    posterior: Posterior | None,
    by_flag: int,
    by_probability: int,
    answered_absent: bool,
) -> tuple[TriageLevel, Literal["red_flag", "probability", "benign", "nothing_known", "default"]]:
    best = min(by_flag, by_probability)
    if best < len(LEVELS):
        return LEVELS[best], "red_flag" if by_flag <= by_probability else "probability"
    if not observation.seen and not observation.context:
        return "routine", "nothing_known"
    if posterior is not None and observation.case.age >= ADULT and answered_absent:
        leader = max(posterior.conditions, key=lambda c: c.explained)
        if leader.explained >= 0.5 and model.knowledge.conditions[leader.id].benign:
            return "self_care", "benign"
    return "routine", "default"


def flag_holds(rules: Rules, flag: RedFlag) -> Truth:
    """Does the flag hold, on one leg if it asks for that?"""
    if flag.per_leg:
        return any_of(rules.holds(flag.when, leg) for leg in LEGS)
    return rules.holds(flag.when)


def _because(rules: Rules, flag: RedFlag) -> list[str]:
    """Facts that make the rule true: of the branches that hold, not of those beside them."""
    legs = [leg for leg in LEGS if rules.holds(flag.when, leg) is True] if flag.per_leg else [""]
    facts = [fact for leg in legs for fact in grounds(rules, flag.when, leg)]
    return list(dict.fromkeys(facts))


def _unknown(rules: Rules, flag: RedFlag) -> tuple[str, ...]:
    """What is still unknown in a flag: its entry questions, or once one of them is answered
    present, the details. A flag whose entry questions are all answered absent asks nothing."""
    by = rules.model.knowledge.obtained_by
    entry = [e for e in flag.entry if not is_known(rules, e) and by.get(e, "history") in ASKED]
    opened = any(is_true(rules, e) for e in flag.entry)
    if not opened:
        return patient_first(rules, entry)
    details = [
        id_
        for id_ in mentioned(flag.when, rules)
        if not is_known(rules, id_)
        and (id_ in rules.model.knowledge.findings or id_ in rules.model.knowledge.risk_factors)
    ]
    return patient_first(rules, list(dict.fromkeys(details)))
