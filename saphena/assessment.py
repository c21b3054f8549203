"""``assess(model, case)``: the one function every interface calls, and what it returns."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, log10
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from saphena.case import Case
from saphena.inference.answers import Answers
from saphena.inference.evidence import ImpossibleEvidence
from saphena.inference.next_finding import Candidate, candidates, candidates_of
from saphena.inference.observe import Observation, observe
from saphena.inference.posterior import ConditionPosterior, Posterior, posterior
from saphena.inference.sets import Joint, sets
from saphena.inference.subset import TooWide
from saphena.inference.together import Batch, together_of
from saphena.inference.uncertainty import Interval, draw, intervals_of
from saphena.inference.wide import Sampled
from saphena.model.network import ADULT, Model
from saphena.model.schema import ConditionFile, Parent, Sensitivity, Source, TriageLevel
from saphena.pathway.differential import Entry, Group, differential
from saphena.pathway.influence import stability
from saphena.pathway.triage import Triage, triage
from saphena.version import VERSION

DISPLAY_CAP = 0.99
"""No probability is shown above this: the model knows no certainty."""
FIT_PARTLY, FIT_POOR = 0.15, 0.35
"""Poor fit from which findings are named as unexplained, and from which nothing fits well."""


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class NumberParent(Shape):
    """Where a number used here comes from."""

    kind: Literal["seen", "recalled", "derived", "assumption"]
    number: str = Field(description="The number as authored")
    source: str | None = Field(None, description="Citation")
    url: str | None = None
    quote: str | None = None
    reasoning: str | None = None


class FindingWeight(Shape):
    """What one finding did to one condition."""

    finding: str
    name: str
    leg: str | None
    value: str
    decibans: float = Field(description="10 log10 of the factor on the odds; leave-one-out")
    parent: NumberParent | None = Field(description="None where the condition does not cause the finding")


class StateProbability(Shape):
    id: str
    name: str
    probability: float


class Credible(Shape):
    """How far the uncertainty of the model's numbers reaches; it knows nothing of what the model leaves out."""

    low: float
    high: float = Field(description="Ends of the 95 % interval of the probability")
    average: float = Field(description="Average over the draws, weighted by how well each explains the case")
    best_rank: int
    worst_rank: int = Field(description="Ends of the 95 % interval of the rank by probability")
    draws: int


class ConditionAssessment(Shape):
    """One condition of the differential."""

    id: str
    name: str
    group: Group
    prior: float = Field(description="For this age, sex, setting and risk factors, before the findings")
    probability: float = Field(description="Of presence, not of being the cause; 0 to 1, uncapped")
    standard_error: float | None = Field(None, description="Of the probability, in a sampled answer")
    shown: str = Field(description="As it is shown: in words, per cent, natural frequency")
    interval: Credible | None = Field(None, description="None if intervals were not asked for")
    states: tuple[StateProbability, ...]
    explains: tuple[str, ...] = Field(description="Present findings that it accounts for, given that it is present")
    of: int = Field(description="Number of present findings that belong to the complaint")
    weights: tuple[FindingWeight, ...]
    shared_decibans: float = Field(description="Shared between findings, or explained away")
    benign: bool
    summary: str


class JointExplanation(Shape):
    """Conditions taken together: these are present, and no other that explains or must not be missed."""

    states: tuple[str, ...] = Field(description="condition, or condition.state; empty: none of them is present")
    names: tuple[str, ...]
    probability: float


class FlagRaised(Shape):
    id: str
    name: str
    level: TriageLevel
    because: tuple[str, ...]
    action: str
    tell_patient: str
    source: str
    suspects: tuple[str, ...]


class FlagOpen(Shape):
    """A red flag that is not answered: unknown is not no."""

    id: str
    name: str
    level: TriageLevel
    ask: tuple[str, ...] = Field(description="Ids of what to ask")
    questions: tuple[str, ...]


class ThresholdPassed(Shape):
    condition: str
    name: str
    probability: float
    threshold: float
    level: TriageLevel


class TriageAssessment(Shape):
    level: TriageLevel
    name: str
    clinician: str
    patient: str
    reason: Literal["red_flag", "probability", "benign", "nothing_known", "default"]
    red_flags: tuple[FlagRaised, ...]
    must_not_miss: tuple[ThresholdPassed, ...]
    unanswered: tuple[FlagOpen, ...]


class Move(Shape):
    """How the strongest answer would move one condition."""

    condition: str
    name: str
    before: float
    after: float


class NextFinding(Shape):
    """A question, sign or result worth having next."""

    finding: str
    name: str
    question: str
    obtained_by: str
    information: float = Field(description="Expected information about the conditions, in bits")
    utility: float = Field(description="Expected fall of the harm of acting wrongly, less the cost of asking")
    chance: float = Field(description="P(not absent, or above the lowest grade)")
    moves: tuple[Move, ...] = Field(description="What the strongest answer would move most")


class FindingsTogether(Shape):
    """Several of them worth having in one go."""

    obtained_by: str
    region: str | None = Field(description="Of an examination")
    findings: tuple[str, ...] = Field(description="Ids, the most useful first")
    names: tuple[str, ...]
    information: float = Field(description="Expected joint information about the conditions, in bits")
    single_information: tuple[float, ...] = Field(description="Of each one alone")
    utility: float = Field(description="Expected fall of the harm of acting wrongly, less the cost of all of them")


class Stability(Shape):
    """Does the answer stay the same when every number of the model is drawn from its own range?"""

    leader_first: float | None = Field(
        description="Share of the draws in which the first of those that explain is the same; None without one"
    )
    triage_same: float = Field(description="Share of the draws with the same level of triage")


class Fit(Shape):
    """How well the case fits the model."""

    level: Literal["explained", "partly", "poor", "no_findings"]
    sentence: str
    poor_fit: float | None = Field(description="Mean share of the present findings that no condition caused")
    poor_fit_with_others: float | None = Field(description="The same, findings outside the vocabulary included")
    unexplained: tuple[str, ...] = Field(description="Findings that probably no modelled condition caused")
    nothing_explains: float | None = Field(description="P(no modelled condition causes anything present)")


class SampledAnswer(Shape):
    """An answer estimated from samples, because exact inference could not carry the case."""

    sentence: str
    draws: int = Field(description="Independent joint samples, each with a weight")
    effective: float = Field(description="Equally weighted samples that would be as good")
    acceptance: float = Field(description="Mean weight; 1 if the samples were drawn from the answer itself")
    standard_error: float = Field(description="Largest of any probability of the answer")


class Assessment(Shape):
    """Everything Saphena says about one case."""

    intended_use: str
    software: str
    model: str = Field(description="Version of the model: hash of its numbers and rules")
    setting: str
    triage: TriageAssessment
    differential: tuple[ConditionAssessment, ...]
    sets: tuple[JointExplanation, ...] = Field(
        (),
        description="The most probable sets among the conditions that explain the complaint or must not be missed, "
        "whatever else is present",
    )
    any_must_not_miss: float | None = Field(
        None,
        description="P(at least one condition that must not be missed is present), those known beforehand left out; "
        "None without a differential",
    )
    next: tuple[NextFinding, ...] = Field(
        (), description="Unanswered findings by expected utility; empty if not asked for"
    )
    next_together: tuple[FindingsTogether, ...] = Field(
        (), description="For each way of obtaining findings the best ones to obtain in one go; best first"
    )
    stability: Stability | None = Field(None, description="None if intervals were not asked for")
    fit: Fit
    sampled: SampledAnswer | None = Field(None, description="None if the probabilities are exact")
    used: tuple[str, ...] = Field(description="Observations that entered inference")
    left_out: tuple[str, ...]
    warnings: tuple[str, ...]


def assess(model: Model, case: Case, language: str = "en", draws: int = 0, ahead: int = 0) -> Assessment:
    """Assess one case: triage, differential with evidence for and against, and fit.

    ``draws`` above 0 adds 95 % intervals from so many draws of all the model's numbers (1,000 are held),
    and how stable leader and triage are over them; ``ahead`` above 0 adds so many findings that would be most
    worth having next, and which to obtain together.

    Raises ``Faulty`` if the case does not fit the vocabulary. Red flags alone, with a warning, are
    the answer for a child (the model knows adults) and for a case that nothing in the model can produce.
    Probabilities of a case with more present findings than exact inference can carry are estimated
    (``Assessment.sampled``); intervals are not available for it.
    """
    observation = observe(model, case)
    adult = case.age >= ADULT
    inferred, refused = None, ""
    if adult:
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
    if not adult:
        warnings.append(text.sentences["adults_only"])
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
        fit=_fit(model, inferred, observation, language),
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


def shown(model: Model, probability: float, language: str = "en", interval: Interval | None = None) -> str:
    """A probability in words, per cent and natural frequency: ``likely, 72 % (48 to 90 %), about 7 in 10``."""
    capped = min(probability, DISPLAY_CAP)
    word = next(w.word for w in model.knowledge.texts[language].words if capped >= w.at_least)
    between = f" ({per_cent(interval.low).removesuffix(' %')} to {per_cent(interval.high)})" if interval else ""
    return f"{word}, {per_cent(probability)}{between}, {frequency(capped)}"


def per_cent(probability: float) -> str:
    """``72 %``, ``3.4 %``, ``< 0.1 %``; at most 99 %."""
    p = 100 * min(probability, DISPLAY_CAP)
    if probability > DISPLAY_CAP:
        return "> 99 %"
    return "< 0.1 %" if p < 0.1 else f"{p:.1f} %" if p < 10 else f"{p:.0f} %"


def frequency(probability: float) -> str:
    """A natural frequency: ``about 7 in 10``, ``1 in 140``."""
    if probability >= 0.95:
        return f"about {probability * 100:.0f} in 100"
    if probability >= 0.1:
        return f"about {max(1, round(probability * 10))} in 10"
    if probability <= 0:
        return "0 in 1000"
    n = 1 / probability
    digits = 10 ** max(0, int(log10(n)) - 1)
    return f"1 in {round(n / digits) * digits:,.0f}"


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


@lru_cache(maxsize=2**14)
def parent_of(model: Model, condition: str, state: str | None, finding: str) -> NumberParent | None:
    """Parent of the number that links a condition (in a state) to a finding."""
    file = model.knowledge.conditions[condition]
    number: Sensitivity | None = None
    for one in file.states:
        if one.id == state:
            number = one.findings.get(finding)
    number = number or file.findings.get(finding)
    if number is None:
        return _through_mechanism(model, file, state, finding)
    value = f"{number.sensitivity:g}" if number.sensitivity is not None else _grade_words(number.grades)
    return describe_parent(model, number, value)


def _through_mechanism(model: Model, file: ConditionFile, state: str | None, finding: str) -> NumberParent | None:
    """Parent of the number that links a mechanism of the condition to the finding."""
    own = next((one.mechanisms for one in file.states if one.id == state), {})
    for id_ in {**file.mechanisms, **own}:
        mechanism = model.knowledge.mechanisms[id_]
        link = mechanism.findings.get(finding)
        if link is not None:
            words = f"{link.probability:g}" if link.probability is not None else _grade_words(link.grades)
            return describe_parent(model, link, f"{words} through {mechanism.name.lower()}")
    return None


def _grade_words(grades: dict[str, float] | None) -> str:
    return ", ".join(f"{grade} {value:g}" for grade, value in (grades or {}).items())


def describe_parent(model: Model, number: Parent, value: str) -> NumberParent:
    """A number's parent in words."""
    source = model.knowledge.sources.get(number.source) if number.source else None
    cited = ", ".join(citation(model.knowledge.sources[p]) for p in number.parents if p in model.knowledge.sources)
    return NumberParent(
        kind=number.kind,
        number=value,
        source=citation(source) if source else cited or None,
        url=source.URL if source else None,
        quote=number.quote,
        reasoning=number.assumption or number.derived,
    )


def citation(source: Source) -> str:
    """Short form of a source: author, year, journal."""
    extra = source.model_extra or {}
    authors = extra.get("author") or []
    first = authors[0].get("family") or authors[0].get("literal", "") if authors else ""
    year = str((extra.get("issued") or {}).get("date-parts", [[""]])[0][0])
    where = str(extra.get("container-title") or extra.get("publisher") or "")
    head = " ".join(x for x in (first or source.title, year) if x)
    return f"{head}, {where}" if where else head


def _used(model: Model, observation: Observation) -> list[str]:
    lines = []
    for seen in observation.seen:
        side = _leg_words(seen.leg)
        lines.append(f"{model.knowledge.findings[seen.finding].name}{side}: {seen.words}")
    lines += [
        f"{model.knowledge.risk_factors[id_].name}: {'present' if yes else 'absent'}"
        for id_, yes in observation.context.items()
    ]
    return lines


def _label_name(model: Model, label: str) -> str:
    finding, _, leg = label.partition("@")
    name = model.knowledge.findings[finding].name
    return name + _leg_words(leg)


def _leg_words(leg: str) -> str:
    return "" if not leg else " (both legs)" if leg == "both" else f" ({leg} leg)"


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


def _fit(model: Model, inferred: Posterior | None, observation: Observation, language: str) -> Fit:
    sentences = model.knowledge.texts[language].sentences
    if inferred is None or inferred.poor_fit_with_others is None:
        return Fit(
            level="no_findings",
            sentence=sentences[
                "nothing_known" if inferred else "adults_only" if observation.case.age < ADULT else "no_probabilities"
            ],
            poor_fit=None,
            poor_fit_with_others=None,
            unexplained=observation.case.other_findings,
            nothing_explains=None,
        )
    # What the vocabulary lacks may be incidental: it can say "not all is explained", never by itself
    # that nothing fits.
    known, poor = inferred.poor_fit or 0.0, inferred.poor_fit_with_others
    named = [_label_name(model, label) for label, share in inferred.unexplained.items() if share > 0.5]
    named += observation.case.other_findings
    level: Literal["explained", "partly", "poor"] = (
        "poor" if known > FIT_POOR else "partly" if poor >= FIT_PARTLY else "explained"
    )
    sentence = sentences[{"explained": "fit_explained", "partly": "fit_partly", "poor": "fit_poor"}[level]]
    if level == "partly":
        sentence += f": {', '.join(named)}." if named else "."
    return Fit(
        level=level,
        sentence=sentence,
        poor_fit=inferred.poor_fit,
        poor_fit_with_others=poor,
        unexplained=tuple(named),
        nothing_explains=inferred.nothing_explains,
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
