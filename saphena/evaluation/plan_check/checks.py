"""What must hold of every plan, and what was found that does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import yaml

from saphena.assessment.plan_shapes import OptionShown, PlanShown, ReasonShown
from saphena.assessment.shapes import Assessment
from saphena.case import Case
from saphena.evaluation.plan_check.remedies import NO_GOOD, Barrier, Meeting, Remedies, Remedy, RuleText, Use
from saphena.evaluation.plan_check.truth import SIDES, Leg, Told, Truth, Unjudged, both, either

OPEN = ("offered", "caution")
"""Statuses of what may be given."""
PLANNED_FROM = 0.1
"""Probability from which a condition that explains the complaint is planned for."""
STAGE_SHARE = 0.25
"""Of the probability of the leading stage, from which another stage counts."""
ROUNDING = 1e-9
KINDS: dict[str, str] = {
    "forbidden": "offered although a contraindication holds",
    "undecided": "offered although a contraindication is undecided",
    "harmful": "offered although it harms a condition of this case",
    "interaction": "two offered that must not meet",
    "no_benefit": "offered although for everything here it is not recommended",
    "indication": "offered although no indication of it is settled here",
    "absent_condition": "for a condition that is neither known nor planned for",
    "confirmed": "called confirmed below the probability for it",
    "empty": "nothing offered without the right reason for it, or a reason although something is",
    "grounds": "a use without source and without judgement, or no use",
    "caution": "a caution that holds is not shown",
    "reason": "not offered, without every reason that holds",
    "unfounded": "a reason that does not hold",
    "leg": "an option for a leg that it cannot have, or twice for one",
    "missing": "a treatment of a known condition is not in the plan at all",
}


@dataclass(frozen=True)
class Rated:
    """What an assessment says of one condition."""

    group: str
    probability: float
    states: Mapping[str, float]


@dataclass(frozen=True)
class Answered:
    """What is checked of an answer."""

    plan: PlanShown
    rated: Mapping[str, Rated]
    """By condition; empty where nothing was inferred."""


def answered(assessment: Assessment) -> Answered:
    """What is checked of an assessment."""
    return Answered(
        assessment.plan,
        {c.id: Rated(c.group, c.probability, {s.id: s.probability for s in c.states}) for c in assessment.differential},
    )


@dataclass(frozen=True)
class Violation:
    """One thing that must not be, with the case that shows it."""

    kind: str
    treatment: str | None
    leg: str | None
    rule: str
    """The obstacle, interaction or indication, and what it says."""
    text: str
    case: dict[str, Any]

    def printed(self) -> str:
        """As YAML: the case can be given to ``saphena assess``."""
        words = {k: v for k, v in vars(self).items() if k != "case"}
        return str(yaml.safe_dump({**words, "case": self.case}, sort_keys=False, allow_unicode=True, width=140))


@dataclass
class Checked:
    """Checks of one plan or many."""

    counts: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)
    forced: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Cases in which a contraindication holds while its treatment is indicated."""
    alone: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Those of them in which nothing else speaks against the treatment."""
    unjudged: Counter[str] = field(default_factory=Counter)
    """Predicates that are not worked out here."""


def check(remedies: Remedies, case: Case, answer: Answered) -> Checked:
    """Every check of one plan."""
    checker = _Checker(remedies, case, answer)
    checker.run()
    return checker.found


class _Checker:
    def __init__(self, remedies: Remedies, case: Case, answer: Answered) -> None:
        self.remedies, self.case, self.answer = remedies, case, answer
        self.told = Told(remedies, case)
        self.plan = answer.plan
        self.found = Checked()

    def run(self) -> None:
        for option in self.plan.options:
            remedy = self.remedies.remedies[option.id]
            self.shape(remedy, option)
            self.uses(remedy, option)
            self.reasons(remedy, option)
            if option.status in OPEN:
                self.barred(remedy, option)
                self.indicated(remedy, option)
        self.together()
        self.nothing()
        self.complete()
        self.power()

    def expect(self, kind: str, right: bool, option: OptionShown | Remedy | None, rule: str, text: str) -> None:
        """Count one check, and keep what it found."""
        self.found.counts[kind] += 1
        if not right:
            case = self.case.model_dump(mode="json", exclude_defaults=True)
            leg = option.leg if isinstance(option, OptionShown) else None
            self.found.violations.append(Violation(kind, option.id if option else None, leg, rule, text, case))

    # --- what holds --------------------------------------------------------------------------

    def probability(self, name: str) -> float:
        """Of a condition, or of a state of it."""
        id_, _, state = name.partition(".")
        rated = self.answer.rated.get(id_)
        if rated is None:
            return 0.0
        return rated.states.get(state, 0.0) if state else rated.probability

    def rule(self, remedy: Remedy, rule: RuleText, leg: Leg, per_leg: bool, everywhere: bool = False) -> Truth:
        """Truth of a rule for an option; None where this package cannot work it out.

        A rule by leg, for an option of no leg, is true if it is on any leg, or ``everywhere`` if it is on each.
        """
        try:
            if not per_leg:
                return self.told.holds(rule, None)
            if remedy.per_leg and leg in SIDES:
                return self.told.holds(rule, leg)
            each = [self.told.holds(rule, side) for side in self.told.legs_of(rule)]
            return both(each) if everywhere else either(each)
        except Unjudged as error:
            self.found.unjudged[str(error)] += 1
            return None

    def suffers(self, name: str) -> Truth:
        """Is a condition known? None where it is probable enough to be settled first, or not inferred."""
        id_, _, state = name.partition(".")
        states = self.told.known.get(id_)
        if states is not None and (not state or state in states):
            return True
        if id_ in self.told.excluded or states:  # Known in another state.
            return False
        if not self.answer.rated or states is not None:
            return None
        return None if self.likely(name) else False

    def likely(self, name: str) -> bool:
        """Is a condition, or a state of it, at or above its own threshold?"""
        return self.probability(name) >= self.remedies.diseases[name.partition(".")[0]].threshold - ROUNDING

    def stands(self, remedy: Remedy, barrier: Barrier, leg: Leg) -> Truth:
        """Does a contraindication or caution hold for an option?"""
        if barrier.when is not None:
            truth = self.rule(remedy, barrier.when, leg, barrier.per_leg)
            if truth is not None:
                return truth
        else:
            truth = self.suffers(str(barrier.condition))
        if barrier.cleared is not None and self.rule(remedy, barrier.cleared, leg, barrier.per_leg, everywhere=True):
            return False
        return truth

    def here(self, name: str) -> bool:
        """Is a condition, or a stage of it, known or planned for?"""
        id_, _, state = name.partition(".")
        rated = self.answer.rated.get(id_)
        states = self.told.known.get(id_)
        if id_ in self.told.excluded:
            return False
        if states is None:
            if rated is None:
                return False
            likely = rated.group == "explains" and rated.probability >= PLANNED_FROM - ROUNDING
            if not likely and rated.group != "must_not_miss" and not self.passed(id_):
                return False
        if not state:
            return True
        if states:
            return state in states
        if rated is None or not rated.states:
            return True
        return rated.states[state] >= STAGE_SHARE * max(rated.states.values()) - ROUNDING

    def passed(self, id_: str) -> bool:
        """Has a condition that must not be missed passed its own threshold, whatever it explains?"""
        disease, rated = self.remedies.diseases[id_], self.answer.rated[id_]
        danger = sum(rated.states[s] for s in disease.dangerous_states) or rated.probability
        return disease.dangerous and danger >= disease.threshold - ROUNDING

    def applies(self, remedy: Remedy, use: Use, leg: Leg) -> Truth:
        """Is an indication there?"""
        if use.condition is not None and not self.here(use.condition):
            return False
        return True if use.when is None else self.rule(remedy, use.when, leg, remedy.per_leg)

    # --- what is offered ---------------------------------------------------------------------

    def barred(self, remedy: Remedy, option: OptionShown) -> None:
        """Nothing offered against a contraindication; cautions shown."""
        shown = {r.text for r in option.reasons if r.status == "caution"}
        for barrier in remedy.barriers:
            truth = self.stands(remedy, barrier, option.leg)
            said = f"{barrier.id}: {barrier.condition or barrier.when}"
            if barrier.severity == "contraindicated":
                self.expect("forbidden", truth is not True, option, said, barrier.reason)
                self.expect("undecided", truth is not None, option, said, barrier.reason)
            elif truth is True or (truth is None and barrier.condition is not None and self.likely(barrier.condition)):
                right = option.status == "caution" and barrier.reason in shown
                self.expect("caution", right, option, said, barrier.reason)
        for use in remedy.uses:
            if use.line == "harmful":
                truth = self.applies(remedy, use, option.leg)
                self.expect("harmful", truth is False, option, _named(use), use.strength)

    def indicated(self, remedy: Remedy, option: OptionShown) -> None:
        """Nothing offered that helps nothing here."""
        truths = [(use, self.applies(remedy, use, option.leg)) for use in remedy.uses]
        good = [truth for use, truth in truths if use.line not in NO_GOOD]
        self.expect("no_benefit", any(t is not False for t in good), option, "indications", str(_held(truths)))
        self.expect("indication", True in good, option, "indications", str(_held(truths)))

    def together(self) -> None:
        """No two offered that must not meet; those that may with care, with the caution."""
        given = [o for o in self.plan.options if o.status in OPEN]
        for one, other in combinations(given, 2):
            if one.id == other.id or not _meets(one, other):
                continue
            for meeting in self._meetings(one.id, other.id):
                rule = f"{one.id} with {other.id} ({meeting.severity})"
                if meeting.severity == "contraindicated":
                    self.expect("interaction", False, one, rule, meeting.reason)
                else:
                    shown = [r.text for r in (*one.reasons, *other.reasons) if r.status == "caution"]
                    self.expect("caution", meeting.reason in shown, one, rule, meeting.reason)
            self.found.counts["interaction"] += 1

    def _meetings(self, one: str, other: str) -> Iterator[Meeting]:
        for id_, with_ in ((one, other), (other, one)):
            yield from (m for m in self.remedies.remedies[id_].meetings if m.other == with_)

    # --- what is said ------------------------------------------------------------------------

    def shape(self, remedy: Remedy, option: OptionShown) -> None:
        """Legs, and reasons that fit the status."""
        legs = [o.leg for o in self.plan.options if o.id == option.id]
        allowed = option.leg in (*SIDES, "", None) if remedy.per_leg else option.leg in ("", None)
        alone = len(legs) == len(set(legs)) and (len(legs) == 1 or set(legs) <= set(SIDES))
        self.expect("leg", allowed and alone, option, "per_leg" if remedy.per_leg else "not per_leg", f"legs {legs}")
        if option.status in ("struck", "waiting"):
            own = [r for r in option.reasons if r.status == option.status]
            self.expect("reason", bool(own), option, option.status, "it gives no reason of its own")
        else:
            worse = [r for r in option.reasons if r.status not in OPEN]
            self.expect("reason", not worse, option, option.status, f"with reasons {[r.text for r in worse]}")

    def uses(self, remedy: Remedy, option: OptionShown) -> None:
        """Every use is of this remedy, for a condition of this case, and somebody says so."""
        self.expect("grounds", bool(option.uses), option, "uses", "no use at all")
        for use in option.uses:
            name = use.condition.id if use.condition else None
            said = f"{use.line} for {name or 'a rule'}"
            ground = use.ground
            self.expect("grounds", bool(ground.source or ground.judged), option, said, use.aim)
            own = [u for u in remedy.uses if (u.line, u.aim, u.strength) == (use.line, use.aim, use.strength)]
            right = any(self.applies(remedy, u, option.leg) is not False for u in own)
            self.expect("absent_condition", right, option, said, use.aim)
            if use.confirmed and name is not None:
                id_ = name.partition(".")[0]
                enough = self.probability(id_) >= self.remedies.diseases[id_].confirmed_from - ROUNDING
                self.expect("confirmed", id_ in self.told.known or enough, option, said, use.aim)

    def reasons(self, remedy: Remedy, option: OptionShown) -> None:
        """What is struck out or waits says why: everything that holds, and nothing that does not."""
        # Two barriers may give one reason; the graver answer stands for both.
        shown: dict[str, ReasonShown] = {r.text: r for r in option.reasons if r.status != "struck"}
        shown |= {r.text: r for r in option.reasons if r.status == "struck"}
        for barrier in remedy.barriers:
            truth = self.stands(remedy, barrier, option.leg)
            said = f"{barrier.id}: {barrier.condition or barrier.when}"
            reason = shown.get(barrier.reason)
            if truth is True and option.status == "struck" and barrier.severity == "contraindicated":
                right = reason is not None and reason.status == "struck"
                self.expect("reason", right, option, said, barrier.reason)
            if reason is not None and sum(b.reason == barrier.reason for b in remedy.barriers) == 1:
                if truth is False and reason.status == "struck" and barrier.cleared is not None:
                    continue  # What is said of no leg may hold on either, cleared or not.
                self.expect("unfounded", truth is not False, option, said, f"{reason.status}: {barrier.reason}")

        for use in remedy.uses:
            if use.line != "harmful" or use.condition is None or option.status != "struck":
                continue
            if self.suffers(use.condition) is True and self.applies(remedy, use, option.leg) is True:
                self.expect("reason", use.aim in shown, option, _named(use), use.aim)
        for reason in option.reasons:
            partners = self._partners(option, reason)
            if reason.status == "struck" and partners:  # An alternative may wait behind one that waits.
                right = any(o.status in OPEN and m.gives_way in (None, option.id) for o, m in partners)
                words = ", ".join(f"{o.id} {o.status}" for o, _ in partners)
                self.expect("unfounded", right, option, words, f"{reason.status}: {reason.text}")

    def _partners(self, option: OptionShown, reason: ReasonShown) -> list[tuple[OptionShown, Meeting]]:
        """Options that must not meet this one, for this reason."""
        return [
            (o, m)
            for o in self.plan.options
            if o.id != option.id and _meets(o, option)
            for m in self._meetings(o.id, option.id)
            if m.severity == "contraindicated" and m.reason == reason.text
        ]

    def nothing(self) -> None:
        """An empty plan says why, and no other one does."""
        offered = any(o.status in OPEN for o in self.plan.options)
        said = self.plan.empty
        statuses = [o.status for o in self.plan.options]
        if offered:
            self.expect("empty", said is None, None, str(said), "something is offered")
            return
        fits = {
            "everything_forbidden": bool(statuses) and set(statuses) == {"struck"},
            "everything_waits": "waiting" in statuses,
            "nothing_modelled": not statuses and any(self.here(c) for c in self.remedies.diseases),
            "nothing_to_treat": not statuses and not any(self.here(c) for c in self.remedies.diseases),
        }
        self.expect("empty", said is not None and fits[said], None, str(said), f"options {sorted(set(statuses))}")

    def complete(self) -> None:
        """What helps a known condition is listed, whatever its status."""
        listed = {o.id for o in self.plan.options}
        for remedy in self.remedies.remedies.values():
            for use in remedy.uses:
                if use.condition is None or use.line in NO_GOOD or use.when is not None:
                    continue
                id_, _, state = use.condition.partition(".")
                if id_ in self.told.known and (not state or state in self.told.known[id_]):
                    self.expect("missing", remedy.id in listed, remedy, _named(use), use.aim)

    # --- what was tried ----------------------------------------------------------------------

    def power(self) -> None:
        """Which contraindications hold here, and which of them alone, of treatments that are indicated."""
        for remedy in self.remedies.remedies.values():
            legs: Iterable[Leg] = SIDES if remedy.per_leg and self.told.legged else ("",)
            held: set[str] = set()
            alone: set[str] = set()
            for leg in legs:
                if not any(u.line not in NO_GOOD and self.applies(remedy, u, leg) is True for u in remedy.uses):
                    continue
                truths = {b.id: self.stands(remedy, b, leg) for b in remedy.forbids}
                standing = [id_ for id_, truth in truths.items() if truth is True]
                held.update(standing)
                if len(standing) == 1 and None not in truths.values():
                    alone.update(standing)
            self.found.forced.update((remedy.id, id_) for id_ in held)
            self.found.alone.update((remedy.id, id_) for id_ in alone)


def _meets(one: OptionShown, other: OptionShown) -> bool:
    """Are two options for the same leg, or one of them for the person?"""
    return not one.leg or not other.leg or one.leg == other.leg


def _named(use: Use) -> str:
    return f"{use.line} for {use.condition or use.when}"


def _held(truths: Iterable[tuple[Use, Truth]]) -> list[str]:
    here = [(use, "undecided" if truth is None else "here") for use, truth in truths if truth is not False]
    return [f"{_named(use)}: {word}" for use, word in here]
