"""Rules across the files of care and of instruments: every id resolves, every item has a meaning."""

from __future__ import annotations

from collections.abc import Iterable

from saphena.model.care import Obstacle
from saphena.model.checker import Checker
from saphena.model.instruments import Cited, Criterion, InstrumentFile, ScoreItem
from saphena.model.reader import Path_
from saphena.model.rules import Rule


def check_instruments(checker: Checker) -> None:
    """Items, bands and worked examples of every instrument fit together."""
    k = checker.k
    for id_, instrument in k.instruments.items():
        if instrument.about is not None:
            _condition(checker, "instrument", id_, ("about",), instrument.about)
        if instrument.applies is not None:
            checker.rule("instrument", id_, ("applies",), instrument.applies)
        _cited(checker, "instrument", id_, (), instrument)
        items = {item.id: item for item in instrument.items}
        for i, item in enumerate(instrument.items):
            _item(checker, id_, ("items", i), item)
        last = None
        for i, band in enumerate(instrument.bands):
            if band.when is not None:
                _criterion(checker, id_, ("bands", i, "when"), band.when, items)
            elif last is not None and band.at_least is not None and band.at_least <= last:
                checker.add("instrument", id_, ("bands", i), "comes before a milder band", "Order bands by points")
            last = band.at_least if band.at_least is not None else last
        _examples(checker, instrument, items)


def _item(checker: Checker, id_: str, path: Path_, item: ScoreItem) -> None:
    if item.when is not None:
        checker.rule("instrument", id_, (*path, "when"), item.when)
    for n, level in enumerate(item.levels):
        if level.when is not None:
            checker.rule("instrument", id_, (*path, "levels", n, "when"), level.when)
    if item.number is not None and item.number.measure is not None:
        checker.known(
            "instrument",
            id_,
            (*path, "number", "measure"),
            item.number.measure,
            "measurement",
            checker.k.measurements,
        )


def _examples(checker: Checker, instrument: InstrumentFile, items: dict[str, ScoreItem]) -> None:
    names = [band.name for band in instrument.bands]
    for i, example in enumerate(instrument.examples):
        path: Path_ = ("examples", i)
        for name in example.values:
            checker.known("instrument", instrument.id, (*path, "values", name), name, "item", items)
        for name in (*([example.band] if example.band else ()), *example.bands):
            checker.known("instrument", instrument.id, path, name, "band", names)
        _cited(checker, "instrument", instrument.id, path, example)


def _criterion(checker: Checker, id_: str, path: Path_, criterion: Criterion, items: dict[str, ScoreItem]) -> None:
    predicate = criterion.predicate
    here = (*path, "not" if predicate == "not_" else predicate)
    value = getattr(criterion, predicate)
    if predicate in ("all", "any"):
        for i, part in enumerate(value):
            _criterion(checker, id_, (*here, i), part, items)
    elif predicate == "not_":
        _criterion(checker, id_, here, value, items)
    elif predicate == "at_least":
        if value.n > len(value.of):
            checker.add("instrument", id_, here, f"asks for {value.n} of {len(value.of)}", "Lower n, or add to of")
        for i, part in enumerate(value.of):
            _criterion(checker, id_, (*here, "of", i), part, items)
    elif predicate in ("item", "value"):
        checker.known("instrument", id_, here, value if predicate == "item" else value.item, "item", items)
    elif predicate == "part":
        for name in value.items:
            checker.known("instrument", id_, here, name, "item", items)


def check_care(checker: Checker) -> None:
    """Facts, obstacles, investigations, treatments, sequences, referral and follow-up."""
    care = checker.k.care
    for id_, group in care.obstacle_groups.items():
        _obstacles(checker, "obstacle group", id_, group.obstacles)
    for id_, one in care.investigations.items():
        kind = "investigation"
        _cited(checker, kind, id_, (), one)
        for i, finding in enumerate(one.yields):
            checker.known(kind, id_, ("yields", i), finding, "finding", checker.k.findings)
        for i, name in enumerate(one.measures):
            checker.known(kind, id_, ("measures", i), name, "measurement", checker.k.measurements)
        for i, name in enumerate(one.instruments):
            checker.known(kind, id_, ("instruments", i), name, "instrument", checker.k.instruments)
        _groups(checker, kind, id_, one.obstacle_groups)
        _obstacles(checker, kind, id_, one.obstacles)
    _treatments(checker)
    _sequences(checker)
    for referral in care.referrals:
        kind = "referral"
        _cited(checker, kind, referral.id, (), referral)
        _conditions(checker, kind, referral.id, "conditions", referral.conditions)
        flags = [flag.id for flag in checker.k.red_flags]
        for i, name in enumerate(referral.red_flags):
            checker.known(kind, referral.id, ("red_flags", i), name, "red flag", flags)
        _rule(checker, kind, referral.id, ("when",), referral.when)
    for visit in care.follow_up:
        _cited(checker, "follow-up", visit.id, (), visit)
        _conditions(checker, "follow-up", visit.id, "conditions", visit.conditions)


def _treatments(checker: Checker) -> None:
    care, kind = checker.k.care, "treatment"
    for id_, treatment in care.treatments.items():
        for i, use in enumerate(treatment.indications):
            path: Path_ = ("indications", i)
            _cited(checker, kind, id_, path, use)
            if use.condition is not None:
                _condition(checker, kind, id_, (*path, "condition"), use.condition)
            _rule(checker, kind, id_, (*path, "when"), use.when)
            if use.effect is not None:
                _cited(checker, kind, id_, (*path, "effect"), use.effect)
            for n, name in enumerate(use.after):
                checker.known(kind, id_, (*path, "after", n), name, "treatment", care.treatments)
        _groups(checker, kind, id_, treatment.obstacle_groups)
        _obstacles(checker, kind, id_, treatment.obstacles)
        for i, interaction in enumerate(treatment.interactions):
            place: Path_ = ("interactions", i)
            checker.known(kind, id_, (*place, "with"), interaction.with_, "treatment", care.treatments)
            _cited(checker, kind, id_, place, interaction)


def _sequences(checker: Checker) -> None:
    care = checker.k.care
    doable = {**care.investigations, **checker.k.instruments}
    for sequence in care.sequences:
        kind = "sequence"
        _conditions(checker, kind, sequence.id, "about", sequence.about)
        _rule(checker, kind, sequence.id, ("applies",), sequence.applies)
        for i, step in enumerate(sequence.steps):
            path: Path_ = ("steps", i)
            _cited(checker, kind, sequence.id, path, step)
            _rule(checker, kind, sequence.id, (*path, "when"), step.when)
            for n, name in enumerate(step.do):
                checker.known(kind, sequence.id, (*path, "do", n), name, "investigation or instrument", doable)
    for one in care.not_recommended:
        kind = "investigation not recommended"
        checker.known(kind, one.id, ("investigation",), one.investigation, "investigation", care.investigations)
        _conditions(checker, kind, one.id, "about", one.about)
        _rule(checker, kind, one.id, ("when",), one.when)
        _rule(checker, kind, one.id, ("unless",), one.unless)
        _cited(checker, kind, one.id, (), one)


def _obstacles(checker: Checker, kind: str, id_: str, obstacles: Iterable[Obstacle]) -> None:
    k = checker.k
    settling = {**k.care.investigations, **k.findings, **k.measurements, **k.risk_factors, **k.care.facts}
    for i, obstacle in enumerate(obstacles):
        path: Path_ = ("obstacles", i)
        _cited(checker, kind, id_, path, obstacle)
        _rule(checker, kind, id_, (*path, "when"), obstacle.when)
        _rule(checker, kind, id_, (*path, "cleared"), obstacle.cleared)
        if obstacle.condition is not None:
            _condition(checker, kind, id_, (*path, "condition"), obstacle.condition)
        for n, name in enumerate(obstacle.settled_by):
            checker.known(kind, id_, (*path, "settled_by", n), name, "investigation, finding or fact", settling)


def _groups(checker: Checker, kind: str, id_: str, groups: Iterable[str]) -> None:
    for i, name in enumerate(groups):
        checker.known(kind, id_, ("obstacle_groups", i), name, "obstacle group", checker.k.care.obstacle_groups)


def _rule(checker: Checker, kind: str, id_: str, path: Path_, rule: Rule | None) -> None:
    if rule is not None:
        checker.rule(kind, id_, path, rule)


def _conditions(checker: Checker, kind: str, id_: str, key: str, names: Iterable[str]) -> None:
    for i, name in enumerate(names):
        _condition(checker, kind, id_, (key, i), name)


def _condition(checker: Checker, kind: str, id_: str, path: Path_, name: str) -> None:
    """A condition, or condition.state."""
    condition, _, state = name.partition(".")
    if checker.known(kind, id_, path, condition, "condition", checker.k.conditions) and state:
        states = [s.id for s in checker.k.conditions[condition].states]
        checker.known(kind, id_, path, state, f"state of {condition}", states)


def _cited(checker: Checker, kind: str, id_: str, path: Path_, cited: Cited) -> None:
    if cited.source is not None:
        checker.source(kind, id_, path, cited.source, cited.quote is not None)
