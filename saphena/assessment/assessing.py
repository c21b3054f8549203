"""``assess(model, case)``: the one function every interface calls, and what it returns."""

from __future__ import annotations

from math import ceil

from saphena.assessment.fit import fit_of, unknown_age
from saphena.assessment.planning import followed, planned
from saphena.assessment.shapes import (
    Assessment,
    ConditionAssessment,
    Credible,
    FindingsTogether,
    FindingWeight,
    FlagOpen,
    FlagRaised,
    JointExplanation,
    Move,
    NextFinding,
    SampledAnswer,
    Stability,
    StateProbability,
    ThresholdPassed,
    TriageAssessment,
)
from saphena.assessment.sources import citation, parent_of
from saphena.assessment.words import leg_words, shown
from saphena.case import Case
from saphena.inference.answers import Answers
from saphena.inference.evidence import ImpossibleEvidence
from saphena.inference.next_finding import Candidate, candidates, candidates_of
from saphena.inference.observation import Observation
from saphena.inference.observe import observe
from saphena.inference.posterior import ConditionPosterior, Posterior, posterior
from saphena.inference.sets import Joint, sets
from saphena.inference.subset import TooWide
from saphena.inference.together import Batch, together_of
from saphena.inference.uncertainty import Interval, draw, intervals_of
from saphena.inference.wide import Sampled
from saphena.model.network import ADULT, Model
from saphena.pathway.differential import Entry, differential
from saphena.pathway.influence import stability
from saphena.pathway.plan import plan
from saphena.pathway.triage import Triage, triage
from saphena.version import VERSION


def assess(model: Model, case: Case, language: str = "en", draws: int = 0, ahead: int = 0) -> Assessment:
    """Assess one case: triage, differential with evidence for and against, fit, and the plan.

    ``draws`` above 0 adds 95 % intervals from so many draws of all the model's numbers (1,000 are held),
    and how stable leader and triage are over them; ``ahead`` above 0 adds so many findings that would be most
    worth having next, and which to obtain together.

    Raises ``Faulty`` if the case does not fit the vocabulary. Red flags alone, with a warning, are
    the answer for a child of whom the model knows nothing and for a case that nothing in the model can produce.
    Probabilities of a case with more present findings than exact inference can carry are estimated
    (``Assessment.sampled``); intervals are not available for it.
    """
    observation = observe(model, case)
    known_age = model.knows_age(case.age)
    inferred, refused = None, ""
    if known_age:
        try:
            inferred = posterior(model, observation)
        except (ImpossibleEvidence, TooWide) as error:  # Too wide even for samples.
            # Red flags need no probability, and are never lost for the want of one.
            refused = f"There are no probabilities for this case, only red flags: {error}"
    urgency = triage(model, observation, inferred)
    text = model.knowledge.texts[language]
    entries = differential(model, observation, inferred, urgency) if inferred else ()
    shortlist = [e.posterior.id for e in entries if e.group in ("explains", "must_not_miss")]
    together = sets(model, observation, shortlist) if inferred else None
    drawn = draw(model, observation, draws) if draws and inferred and not inferred.sampled else None
    sure = {i.condition: i for i in intervals_of(model, drawn)} if drawn else {}
    steady = stability(model, observation, inferred, urgency, drawn) if drawn and inferred else None
    warnings = [*observation.warnings]
    single: list[Candidate] = []
    batches: list[Batch] = []
    if ahead and inferred:
        try:
            answers = Answers(model, observation)
            single = candidates_of(answers)
            batches = _best_of_each(together_of(answers, single=single))
        except TooWide:
            single, estimated = _estimated(model, observation)
            warnings += [text.sentences[estimated]] if estimated and not inferred.sampled else []
    made = plan(model, observation, inferred, entries, urgency, single)
    outcomes = (
        followed(model, observation, inferred, made, single) if inferred and single and not inferred.sampled else {}
    )
    if case.age < ADULT:
        warnings.append(text.sentences["children" if known_age else unknown_age(model)])
    if refused:
        warnings.append(refused)
    if inferred is not None and inferred.sampled and draws:
        warnings.append(text.sentences["sampled_no_intervals"])
    if inferred is not None:
        warnings += _two_legged(model, observation, entries)
    return Assessment(
        intended_use=text.intended_use,
        software=VERSION,
        model=model.version,
        care=model.care_version,
        setting=case.setting,
        triage=_triage(model, urgency, language),
        differential=tuple(_condition(model, inferred, e, sure.get(e.posterior.id)) for e in entries)
        if inferred
        else (),
        sets=tuple(_joint(model, one) for one in together.explanations) if together else (),
        any_must_not_miss=together.any_must_not_miss if together else None,
        next=tuple(_next(model, c) for c in single[:ahead] if c.utility > 0),
        next_together=tuple(_batch(model, one) for one in batches),
        stability=Stability(leader_first=steady.leader_first, triage_same=steady.triage_same) if steady else None,
        fit=fit_of(model, inferred, observation, language),
        plan=planned(model, made, language, outcomes),
        sampled=_sampled(inferred.sampled, text.sentences["sampled"]) if inferred and inferred.sampled else None,
        used=tuple(_used(model, observation)),
        left_out=observation.left_out,
        warnings=tuple(warnings),
    )


def _estimated(model: Model, observation: Observation) -> tuple[list[Candidate], str]:
    """Next findings of a case too wide to ask of exactly, and the sentence that says what they are."""
    try:
        return candidates(model, observation), "next_sampled"
    except TooWide:  # Not even samples.
        return [], "next_missing"


# --- parts -----------------------------------------------------------------------------------


def _condition(model: Model, inferred: Posterior, entry: Entry, sure: Interval | None) -> ConditionAssessment:
    p = entry.posterior
    condition = model.knowledge.conditions[p.id]
    leading = max(p.states, key=lambda s: p.states[s]) if p.states else None
    accounts = [f for f, share in p.explains.items() if p.probability > 0 and share / p.probability >= 0.5]
    names = {s.id: s.name for s in condition.states}
    return ConditionAssessment(
        id=p.id,
        name=condition.name,
        group=entry.group,
        prior=p.prior,
        probability=p.probability,
        standard_error=p.standard_error,
        shown=shown(model, p.probability, interval=sure),
        interval=Credible(**{f: getattr(sure, f) for f in Credible.model_fields}) if sure else None,
        states=tuple(StateProbability(id=s, name=names[s], probability=q) for s, q in p.states.items()),
        explains=tuple(accounts),
        of=len(inferred.unexplained),
        weights=tuple(_weight(model, p, w, leading) for w in p.weights),
        shared_decibans=p.shared_decibans,
        benign=condition.benign,
        summary=condition.summary,
    )


def _sampled(sampled: Sampled, sentence: str) -> SampledAnswer:
    error = max(0.1, ceil(1000 * sampled.standard_error) / 10)
    return SampledAnswer(
        sentence=sentence.format(
            draws=f"{sampled.draws:,}", effective=f"{sampled.effective:,.0f}", error=f"{error:.1f} %"
        ),
        draws=sampled.draws,
        effective=sampled.effective,
        acceptance=sampled.acceptance,
        standard_error=sampled.standard_error,
    )


def _joint(model: Model, joint: Joint) -> JointExplanation:
    names = []
    for name in joint.states:
        id_, _, state = name.partition(".")
        condition = model.knowledge.conditions[id_]
        names.append(next((s.name for s in condition.states if s.id == state), condition.name))
    return JointExplanation(states=joint.states, names=tuple(names), probability=joint.probability)


def _weight(model: Model, p: ConditionPosterior, weight: object, state: str | None) -> FindingWeight:
    seen, decibans = weight.seen, weight.decibans  # type: ignore[attr-defined]
    return FindingWeight(
        finding=seen.finding,
        name=model.knowledge.findings[seen.finding].name,
        leg=seen.leg or None,
        value=seen.words,
        decibans=decibans,
        parent=parent_of(model, p.id, state, seen.finding),
    )


def _used(model: Model, observation: Observation) -> list[str]:
    lines = []
    for seen in observation.seen:
        side = leg_words(seen.leg)
        lines.append(f"{model.knowledge.findings[seen.finding].name}{side}: {seen.words}")
    lines += [
        f"{model.knowledge.risk_factors[id_].name}: {'present' if yes else 'absent'}"
        for id_, yes in observation.context.items()
    ]
    if observation.medicines:
        lines.append(f"Medicines: {', '.join(one.name for one in observation.medicines)}")
    return lines


def _triage(model: Model, urgency: Triage, language: str) -> TriageAssessment:
    words = model.knowledge.texts[language].triage[urgency.level]

    def name_of(id_: str) -> str:
        known = model.knowledge.findings.get(id_) or model.knowledge.risk_factors.get(id_)
        return known.name if known else id_

    def question_of(id_: str) -> str:
        known = model.knowledge.findings.get(id_) or model.knowledge.risk_factors.get(id_)
        return known.question if known else id_

    return TriageAssessment(
        level=urgency.level,
        name=words.name,
        clinician=model.knowledge.texts[language].sentences["nothing_known"]
        if urgency.reason == "nothing_known"
        else words.clinician,
        patient=words.patient,
        reason=urgency.reason,
        red_flags=tuple(
            FlagRaised(
                id=r.flag.id,
                name=r.flag.name,
                level=r.flag.triage,
                because=tuple(name_of(b) for b in r.because),
                action=r.flag.action,
                tell_patient=r.flag.tell_patient,
                source=citation(model.knowledge.sources[r.flag.source]),
                suspects=r.flag.suspects,
            )
            for r in urgency.raised
        ),
        must_not_miss=tuple(
            ThresholdPassed(
                condition=m.condition,
                name=model.knowledge.conditions[m.condition].name,
                probability=m.probability,
                threshold=m.threshold,
                level=m.level,
            )
            for m in urgency.must_not_miss
        ),
        unanswered=tuple(
            FlagOpen(
                id=o.flag.id,
                name=o.flag.name,
                level=o.flag.triage,
                ask=o.ask,
                questions=tuple(question_of(a) for a in o.ask),
            )
            for o in urgency.open
        ),
    )


def _next(model: Model, candidate: Candidate) -> NextFinding:
    finding = model.knowledge.findings[candidate.finding]
    names = {id_: c.name for id_, c in model.knowledge.conditions.items()}
    return NextFinding(
        finding=finding.id,
        name=finding.name,
        question=finding.question,
        obtained_by=model.knowledge.obtained_by[finding.id],
        information=candidate.information,
        utility=candidate.utility,
        chance=1 - candidate.chances[0],
        moves=tuple(
            Move(condition=id_, name=names[id_], before=before, after=after)
            for id_, before, after in candidate.moves(model.conditions)
        ),
    )


def _best_of_each(batches: list[Batch]) -> list[Batch]:
    """The best batch of each way of obtaining findings."""
    best: dict[str, Batch] = {}
    for batch in batches:
        best.setdefault(batch.obtained_by, batch)
    return list(best.values())


def _batch(model: Model, batch: Batch) -> FindingsTogether:
    return FindingsTogether(
        obtained_by=batch.obtained_by,
        region=batch.region,
        findings=batch.findings,
        names=tuple(model.knowledge.findings[f].name for f in batch.findings),
        information=batch.information,
        single_information=batch.single_information,
        utility=batch.utility,
    )


def _two_legged(model: Model, observation: Observation, entries: tuple[Entry, ...]) -> list[str]:
    """Warnings where findings of a one-sided condition lie on both legs."""
    warnings = []
    for entry in entries:
        condition = model.knowledge.conditions[entry.posterior.id]
        if not condition.one_sided or entry.group not in ("explains", "must_not_miss"):
            continue
        other = {
            s.finding
            for s in observation.seen
            if s.leg not in ("", observation.index_leg) and s.lowest > 0 and s.finding in condition.findings
        }
        if other:
            names = ", ".join(model.knowledge.findings[f].name for f in sorted(other))
            warnings.append(
                f"{condition.name} is taken to be in the {observation.index_leg} leg; the other leg has findings of it too ({names})"
            )
    return warnings
