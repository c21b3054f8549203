"""The plan of the pathway as part of an assessment: names, citations, and what results would change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from saphena.assessment.plan_shapes import (
    ConflictShown,
    Ground,
    InvestigationShown,
    Named,
    NotOrdered,
    OptionShown,
    Outcome,
    PlanShown,
    ReasonShown,
    ReferralShown,
    RejectedShown,
    StageShown,
    StepShown,
    UseShown,
    VisitShown,
)
from saphena.assessment.sources import citation
from saphena.case import Statement
from saphena.inference.evidence import ImpossibleEvidence
from saphena.inference.next_finding import Candidate
from saphena.inference.observation import Observation
from saphena.inference.observe import observe
from saphena.inference.posterior import Posterior, posterior
from saphena.inference.subset import TooWide
from saphena.model.instruments import Cited
from saphena.model.network import Model
from saphena.model.schema import Finding
from saphena.pathway.differential import differential
from saphena.pathway.obstacles import Reason
from saphena.pathway.plan import Plan, plan
from saphena.pathway.scoring import ScoreResult
from saphena.pathway.treatment import Conflict, Option, Use
from saphena.pathway.triage import triage
from saphena.pathway.workup import InvestigationOption, NextStep

EXPLORED = 3
"""Investigations whose results are followed through to the plan."""
MOVE = 0.05
"""A smaller change of a probability is not told."""


def planned(model: Model, made: Plan, language: str, outcomes: dict[str, tuple[Outcome, ...]]) -> PlanShown:
    """A plan with names and citations."""
    words = _words(model)
    return PlanShown(
        staging=tuple(words.stage(one) for one in made.staging),
        next_steps=tuple(words.step(one) for one in made.workup.steps),
        investigations=tuple(words.investigation(o, outcomes) for o in made.workup.options),
        not_ordered=tuple(
            NotOrdered(
                id=one.investigation,
                name=model.knowledge.care.investigations[one.investigation].name,
                say=one.say,
                ground=words.ground(one),
            )
            for one in made.workup.not_recommended
        ),
        options=tuple(words.option(one) for one in made.treatments.options),
        rejected=tuple(
            RejectedShown(
                id=one.treatment.id,
                name=one.treatment.name,
                patient=one.treatment.patient,
                uses=tuple(words.use(use) for use in one.uses),
            )
            for one in made.treatments.rejected
        ),
        conflicts=tuple(words.conflict(one) for one in made.treatments.conflicts),
        referrals=tuple(
            ReferralShown(
                id=one.referral.id,
                to=one.referral.to,
                to_patient=one.referral.to_patient,
                level=one.referral.level,
                because=words.named(one.because),
                confirmed=one.confirmed,
                send=one.referral.send,
                ground=words.ground(one.referral),
            )
            for one in made.referrals
        ),
        follow_up=tuple(
            VisitShown(
                id=one.follow_up.id,
                conditions=words.named(one.conditions),
                after=one.follow_up.after,
                expect=one.follow_up.expect,
                otherwise=one.follow_up.otherwise,
                watch=one.follow_up.watch,
                patient=one.follow_up.patient,
                ground=words.ground(one.follow_up),
            )
            for one in made.follow_up
        ),
        empty=made.empty,
        empty_sentence=model.knowledge.texts[language].sentences[f"empty_{made.empty}"] if made.empty else None,
    )


@lru_cache(maxsize=4)
def _words(model: Model) -> _Words:
    return _Words(model)


class _Words:
    """Ids with their names."""

    def __init__(self, model: Model) -> None:
        self.model = model
        k = model.knowledge
        self.questions = {
            **{id_: one.question for id_, one in k.findings.items()},
            **{id_: one.question for id_, one in k.risk_factors.items()},
            **{id_: one.question for id_, one in k.care.facts.items()},
        }
        self.names: dict[str, str] = {}
        for held in (
            k.findings, k.measurements, k.risk_factors, k.care.facts, k.conditions, k.care.treatments,
            k.care.investigations, k.instruments,
        ):  # fmt: skip
            self.names |= {id_: one.name for id_, one in held.items()}
        self.names |= {flag.id: flag.name for flag in k.red_flags}

    def name(self, id_: str) -> Named:
        """A condition.state has the name of its state."""
        condition, _, state = id_.partition(".")
        if state:
            file = self.model.knowledge.conditions[condition]
            return Named(id=id_, name=next(s.name for s in file.states if s.id == state))
        return Named(id=id_, name=self.names.get(id_, id_.replace("_", " ")), question=self.questions.get(id_))

    def named(self, ids: Iterable[str]) -> tuple[Named, ...]:
        return tuple(self.name(id_) for id_ in ids)

    def ground(self, cited: Cited) -> Ground:
        source = self.model.knowledge.sources[cited.source] if cited.source else None
        return Ground(
            source=citation(source) if source else None,
            url=source.URL if source else None,
            quote=cited.quote,
            recalled=cited.recalled,
            judged=cited.judged,
        )

    def cite(self, source: str | None) -> str | None:
        return citation(self.model.knowledge.sources[source]) if source else None

    def reason(self, reason: Reason) -> ReasonShown:
        return ReasonShown(
            status=reason.status,
            text=reason.text,
            because=self.named(reason.because),
            ask=self.named(reason.ask),
            settle=self.named(reason.settle),
            condition=self.name(reason.condition) if reason.condition else None,
            probability=reason.probability,
            source=self.cite(reason.source),
            tell_patient=reason.tell_patient,
        )

    def stage(self, result: ScoreResult) -> StageShown:
        instrument, points = result.instrument, result.points
        items = {item.id: item.name for item in instrument.items}
        assert points is not None
        return StageShown(
            instrument=instrument.id,
            name=instrument.name,
            kind=instrument.kind,
            leg=result.leg or None,
            lowest=points.lowest,
            highest=points.highest,
            unit=instrument.unit,
            band=result.band.name if result.band else None,
            meaning=result.band.meaning if result.band else None,
            bands=tuple(band.name for band in result.bands),
            open=len(result.bands) == len(instrument.bands) > 1,
            missing=tuple(Named(id=id_, name=items[id_]) for id_ in result.missing),
            limits=instrument.limits,
            change=instrument.change,
            ground=self.ground(instrument),
        )

    def step(self, one: NextStep) -> StepShown:
        return StepShown(
            sequence=one.sequence.id,
            name=one.sequence.name,
            step=one.step.id,
            say=one.step.say,
            level=one.step.level,
            do=self.named(one.step.do),
            because=self.name(one.because) if one.because else None,
            probability=one.probability,
            certainty=one.certainty,
            ask=self.named(one.ask),
            ground=self.ground(one.step),
        )

    def investigation(self, o: InvestigationOption, outcomes: dict[str, tuple[Outcome, ...]]) -> InvestigationShown:
        one = o.investigation
        return InvestigationShown(
            id=one.id,
            name=one.name,
            patient=one.patient,
            status=o.status,
            reasons=tuple(self.reason(r) for r in o.reasons),
            because=o.because,
            utility=o.utility,
            finding=o.finding,
            place=o.place,
            cost_tier=one.cost_tier,
            invasiveness=one.invasiveness,
            radiation=one.radiation,
            delay=one.delay,
            limits=one.limits,
            outcomes=outcomes.get(one.id, ()),
        )

    def use(self, use: Use) -> UseShown:
        one = use.indication
        return UseShown(
            condition=self.name(one.condition) if one.condition else None,
            confirmed=use.confirmed,
            line=one.line,
            strength=one.strength,
            aim=one.aim,
            effect=one.effect.text if one.effect else None,
            after=self.named(one.after),
            ground=self.ground(one),
        )

    def option(self, option: Option) -> OptionShown:
        one = option.treatment
        return OptionShown(
            id=one.id,
            name=one.name,
            kind=one.kind,
            leg=option.leg or None,
            status=option.status,
            what=one.what,
            patient=one.patient,
            prevention=one.prevention,
            uses=tuple(self.use(use) for use in option.uses),
            reasons=tuple(self.reason(r) for r in option.reasons),
            monitoring=one.monitoring,
            stop=one.stop,
        )

    def conflict(self, one: Conflict) -> ConflictShown:
        return ConflictShown(
            treatment=self.name(one.treatment),
            leg=one.leg or None,
            wanted_for=self.named(one.wanted_for),
            against=self.name(one.against),
            status=one.status,
            resolution=one.resolution,
            settle=self.named(one.settle),
        )


def followed(
    model: Model, observation: Observation, inferred: Posterior, made: Plan, candidates: Sequence[Candidate]
) -> dict[str, tuple[Outcome, ...]]:
    """For the most useful investigations: what each result would do to the differential, the urgency and the plan."""
    by_finding = {candidate.finding: candidate for candidate in candidates}
    found: dict[str, tuple[Outcome, ...]] = {}
    now = _offered(made)
    for option in made.workup.options:
        candidate = by_finding.get(option.finding or "")
        if candidate is None or len(found) >= EXPLORED:
            continue
        finding = model.knowledge.findings[candidate.finding]
        outcomes = []
        for value, chance in _answers(finding, candidate.chances):
            outcome = _outcome(model, observation, inferred, now, finding, value, chance)
            if outcome is not None:
                outcomes.append(outcome)
        found[option.investigation.id] = tuple(outcomes)
    return found


def _answers(finding: Finding, chances: Sequence[float]) -> list[tuple[str, float]]:
    """Each answer with its chance; a binary finding has more than two chances where it has sides or children."""
    if finding.kind == "binary":
        return [("absent", chances[0]), ("present", sum(chances[1:]))]
    return list(zip(finding.grades, chances, strict=True))


def _outcome(
    model: Model,
    observation: Observation,
    before: Posterior,
    now: set[str],
    finding: Finding,
    value: str,
    chance: float,
) -> Outcome | None:
    leg = observation.index_leg if finding.sided and observation.index_leg else None
    said = Statement(value=value, leg=leg)
    case = observation.case
    told = case.model_copy(update={"findings": {**case.findings, finding.id: said}})
    try:
        seen = observe(model, told)
        after = posterior(model, seen, reasons=False)
    except (ImpossibleEvidence, TooWide):
        return None
    urgency = triage(model, seen, after)
    entries = differential(model, seen, after, urgency)
    offered = _offered(plan(model, seen, after, entries, urgency))
    was = {c.id: c.probability for c in before.conditions}
    moves = [(c.id, was[c.id], c.probability) for c in after.conditions if abs(c.probability - was[c.id]) >= MOVE]
    moves.sort(key=lambda m: -abs(m[2] - m[1]))
    leader = entries[0].posterior if entries else None
    words = model.knowledge.conditions
    names = {id_: one.name for id_, one in model.knowledge.care.treatments.items()}
    return Outcome(
        finding=finding.id,
        value=value,
        probability=chance,
        leader=Named(id=leader.id, name=words[leader.id].name) if leader else None,
        leader_probability=leader.probability if leader else None,
        triage=urgency.level,
        moves=tuple((words[id_].name, a, b) for id_, a, b in moves[:3]),
        newly_offered=tuple(names[id_] for id_ in sorted(offered - now)),
        no_longer_offered=tuple(names[id_] for id_ in sorted(now - offered)),
    )


def _offered(made: Plan) -> set[str]:
    return {o.treatment.id for o in made.treatments.options if o.status in ("offered", "caution")}
