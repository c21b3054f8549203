"""The sentences of the knowledge that a clinician reads, for who translates them.

English stands with the entries. What patients are asked and told, and the names of things, have their Russian in
``text/ru/*.yaml``, by id; everything else is translated by the sentence itself (``text/ru/*.po``), so that a sentence
that is changed loses its translation instead of keeping a wrong one. Quotations and reasoning stay as written.
"""

from __future__ import annotations

from collections.abc import Iterator

from saphena.model.care import Care, Treatment
from saphena.model.instruments import InstrumentFile
from saphena.model.schema import ConditionFile, Knowledge


def sentences(knowledge: Knowledge) -> dict[str, dict[str, str]]:
    """File of translations -> English sentence -> entry where it stands first."""
    made: dict[str, dict[str, str]] = {}
    for file, entry, sentence in _all(knowledge):
        if sentence and any(letter.isalpha() for letter in sentence):
            made.setdefault(file, {}).setdefault(sentence, entry)
    return made


def grade_words(grade: str) -> str:
    """A grade of a finding in words: ``2_to_12_weeks`` is *2 to 12 weeks*."""
    return grade.replace("_", " ")


def _all(knowledge: Knowledge) -> Iterator[tuple[str, str, str | None]]:
    care = knowledge.care
    for condition in knowledge.conditions.values():
        yield from (("conditions", condition.id, one) for one in _condition(condition))
    for finding in knowledge.findings.values():
        yield "findings", finding.id, finding.definition
        yield from (("findings", finding.id, grade_words(grade)) for grade in finding.grades)
    for fact in care.facts.values():
        yield "findings", fact.id, fact.definition
    for measurement in knowledge.measurements.values():
        yield from (("units", measurement.id, unit) for unit in (measurement.unit, *measurement.units))
    for mechanism in knowledge.mechanisms.values():
        yield from (("findings", mechanism.id, one) for one in (mechanism.name, mechanism.definition))
    for flag in knowledge.red_flags:
        yield "red_flags", flag.id, flag.action
    for treatment in care.treatments.values():
        yield from (("treatments", treatment.id, one) for one in _treatment(treatment))
    for group in care.obstacle_groups.values():
        yield from (("obstacles", group.id, one.reason) for one in group.obstacles)
    for instrument in knowledge.instruments.values():
        yield from (("instruments", instrument.id, one) for one in _instrument(instrument))
        units = (item.number.unit for item in instrument.items if item.number)
        yield from (("units", instrument.id, unit) for unit in (instrument.unit, *units))
    yield from _course(care)


def _condition(one: ConditionFile) -> Iterator[str | None]:
    yield from (one.summary, one.limits)
    yield from (state.name for state in one.states)


def _treatment(one: Treatment) -> Iterator[str | None]:
    yield from (one.what, one.monitoring, one.stop)
    for use in one.indications:
        yield from (use.aim, use.effect.text if use.effect else None)
    yield from (obstacle.reason for obstacle in one.obstacles)
    yield from (interaction.reason for interaction in one.interactions)


def _instrument(one: InstrumentFile) -> Iterator[str | None]:
    yield from (one.name, one.use_for, one.limits, one.change)
    for item in one.items:
        yield from (item.name, *(level.name for level in item.levels))
    for band in one.bands:
        yield from (band.name, band.meaning)


def _course(care: Care) -> Iterator[tuple[str, str, str | None]]:
    for investigation in care.investigations.values():
        yield "investigations", investigation.id, investigation.limits
        yield from (("investigations", investigation.id, one.reason) for one in investigation.obstacles)
    for sequence in care.sequences:
        yield "investigations", sequence.id, sequence.name
        yield from (("investigations", sequence.id, step.say) for step in sequence.steps)
    for advised in care.not_recommended:
        yield "investigations", advised.id, advised.say
    for referral in care.referrals:
        yield "referral", referral.id, referral.send
    for visit in care.follow_up:
        yield from (("referral", visit.id, one) for one in (visit.after, visit.expect, visit.otherwise, *visit.watch))
