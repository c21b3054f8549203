"""Rules across knowledge files: every id resolves, every number can be, every source was read.

``check`` returns faults (the knowledge is refused) and notices (worth knowing, such as a number
that has no effect). One broken file for each rule is in ``tests/bad_knowledge``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from saphena.faults import Fault
from saphena.model.check_care import check_care, check_instruments
from saphena.model.check_medicines import check_medicines
from saphena.model.checker import SETTINGS, Checker
from saphena.model.load import Loaded
from saphena.model.numbers import Parent, Sensitivity, Strict
from saphena.model.reader import Path_, dotted
from saphena.model.schema import ConditionFile, Finding, State
from saphena.model.suggest import did_you_mean

SHORTEST_REASONING = 25
FEWEST_FINDINGS = 8


def check(loaded: Loaded) -> list[Fault]:
    """Every fault that only shows when files are read together; empty if there is none."""
    checker = _Checker(loaded)
    checker.names()
    checker.findings()
    checker.measurements()
    checker.mechanisms()
    checker.conditions()
    checker.rules()
    check_instruments(checker)
    check_care(checker)
    check_medicines(checker)
    checker.parents()
    return checker.faults


def numbers(loaded: Loaded) -> Iterator[tuple[str, str, Path_, Parent]]:
    """Every number with a parent: (kind of entry, id, path inside the entry, the number)."""
    k = loaded.knowledge
    for kind, entries in (
        ("finding", k.findings),
        ("measurement", k.measurements),
        ("mechanism", k.mechanisms),
        ("risk factor", k.risk_factors),
        ("condition", k.conditions),
    ):
        for id_, entry in entries.items():
            for path, parent in walk(entry, ()):
                yield kind, id_, path, parent


def walk(shape: object, path: Path_) -> Iterator[tuple[Path_, Parent]]:
    """Every ``Parent`` inside a shape, with its path."""
    if isinstance(shape, Parent):
        yield path, shape
    if isinstance(shape, Strict):
        for name in type(shape).model_fields:
            yield from walk(getattr(shape, name), (*path, name))
    elif isinstance(shape, Mapping):
        for key, value in shape.items():
            yield from walk(value, (*path, key))
    elif isinstance(shape, tuple):
        for i, value in enumerate(shape):
            yield from walk(value, (*path, i))


class _Checker(Checker):
    # --- names -------------------------------------------------------------------------------

    def names(self) -> None:
        spaces: dict[str, Collection[str]] = {
            "finding": self.k.findings,
            "risk factor": self.k.risk_factors,
            "measurement": self.k.measurements,
            "condition": self.k.conditions,
            "mechanism": self.k.mechanisms,
            "fact": self.k.care.facts,
            "medicine": self.k.medicines,
        }
        kinds = list(spaces)
        for i, first in enumerate(kinds):
            for second in kinds[i + 1 :]:
                for id_ in sorted(set(spaces[first]) & set(spaces[second])):
                    self.add(
                        second,
                        id_,
                        (),
                        f"{id_} is both a {first} and a {second}",
                        "Keep one: what is observed is a finding, what is known of the person is a risk factor",
                    )
        for i, id_ in enumerate(self.k.settings.chief_complaints):
            if id_ not in self.k.findings:
                place = ("chief_complaints", i)
                document = self.loaded.documents["settings.yaml"]
                self.faults.append(
                    document.fault(place, f"there is no finding {id_}", did_you_mean(id_, list(self.k.findings)))
                )
        groups: tuple[tuple[str, Collection[str]], ...] = (
            ("findings", self.k.findings),
            ("measurements", self.k.measurements),
            ("risk_factors", self.k.risk_factors),
            ("conditions", self.k.conditions),
            ("facts", self.k.care.facts),
            ("medicines", self.k.medicines),
            ("red_flags", [flag.id for flag in self.k.red_flags]),
            ("treatments", self.k.care.treatments),
            ("investigations", self.k.care.investigations),
            ("referrals", [one.id for one in self.k.care.referrals]),
            ("follow_up", [one.id for one in self.k.care.follow_up]),
        )
        for group, known in groups:
            for kind, id_ in list(self.loaded.places):
                if kind.startswith(f"{group} in ") and id_ not in known:
                    what = group[:-1].replace("_", " ")
                    self.add(kind, id_, (), f"there is no {what} {id_}", did_you_mean(id_, list(known)))
        of_article = {
            "ids": [*(id_ for space in spaces.values() for id_ in space), *(f.id for f in self.k.red_flags)],
            "treatments": list(self.k.care.treatments),
            "investigations": list(self.k.care.investigations),
            "instruments": list(self.k.instruments),
            "referrals": [one.id for one in self.k.care.referrals],
        }
        for i, row in enumerate(self.k.article):
            for kind, names in of_article.items():
                for id_ in getattr(row, kind):
                    if id_ not in names:
                        what = "nothing is called" if kind == "ids" else f"there is no {kind[:-1]}"
                        document = self.loaded.documents["article.yaml"]
                        self.faults.append(document.fault(("rows", i, kind), f"{what} {id_}", did_you_mean(id_, names)))
        if "en" not in self.k.texts:
            self.faults.append(
                Fault("text", None, "", "there is no text/en.yaml", "Add it: English is the language of reference")
            )

    # --- findings ----------------------------------------------------------------------------

    def findings(self) -> None:
        children: dict[str, list[str]] = {}
        for id_, finding in self.k.findings.items():
            if finding.given is not None and self.known(
                "finding", id_, ("given",), finding.given, "finding", self.k.findings
            ):
                parent = self.k.findings[finding.given]
                children.setdefault(parent.id, []).append(id_)
                if parent.given is not None:
                    chain = "a cycle" if parent.given == id_ or parent.id == id_ else "a chain of given"
                    self.add(
                        "finding",
                        id_,
                        ("given",),
                        f"{parent.id} is itself given {parent.given}: {chain}",
                        "A parent must be a finding of its own",
                    )
                if parent.kind != "binary":
                    self.add(
                        "finding",
                        id_,
                        ("given",),
                        f"the parent {parent.id} is graded",
                        "Only a binary finding can have children",
                    )
            for i, exception in enumerate(finding.leak.by):
                if (exception.grades is None) != (finding.kind == "binary"):
                    self.add(
                        "finding",
                        id_,
                        ("leak", "by", i),
                        "has not the form of the leak itself",
                        "Give value (binary) or grades (graded)",
                    )
                elif exception.grades and set(exception.grades) - set(finding.grades[1:]):
                    self.add(
                        "finding",
                        id_,
                        ("leak", "by", i, "grades"),
                        "names a grade that does not exist",
                        f"Grades: {', '.join(finding.grades[1:])}",
                    )
        for parent_id, of in children.items():
            if len(of) > 2:
                self.add(
                    "finding",
                    of[2],
                    ("given",),
                    f"{parent_id} has more than two children ({', '.join(of)})",
                    "Make one of them a finding of its own",
                )

    def measurements(self) -> None:
        for id_, measurement in self.k.measurements.items():
            low, high = measurement.plausible
            if low >= high:
                self.add("measurement", id_, ("plausible",), "the plausible range is empty", "Write [lowest, highest]")
            for unit, factor in measurement.units.items():
                if factor <= 0:
                    self.add(
                        "measurement",
                        id_,
                        ("units", unit),
                        "a factor must be above 0",
                        "Write canonical units per this unit",
                    )
            if measurement.context is not None:
                self.known("measurement", id_, ("context",), measurement.context, "risk factor", self.k.risk_factors)
            for i, reading in enumerate(measurement.reads):
                path: Path_ = ("reads", i)
                if self.known("measurement", id_, (*path, "finding"), reading.finding, "finding", self.k.findings):
                    finding = self.k.findings[reading.finding]
                    grades = finding.grades[1:] if finding.kind == "graded" else ("present",)
                    for n, cutoff in enumerate(reading.cutoffs):
                        if cutoff.grade not in grades:
                            self.add(
                                "measurement",
                                id_,
                                (*path, "cutoffs", n, "grade"),
                                f"{finding.id} has no grade {cutoff.grade}",
                                f"Grades: {', '.join(grades)}",
                            )
                    if finding.sided and not measurement.sided:
                        self.add(
                            "measurement",
                            id_,
                            path,
                            f"{finding.id} is sided but the measurement is not",
                            "Add sided: true",
                        )
                if reading.unknown_if is not None:
                    self.known(
                        "measurement", id_, (*path, "unknown_if"), reading.unknown_if, "finding", self.k.findings
                    )

    def form(
        self, kind: str, id_: str, path: Path_, finding: Finding, number: float | None, grades: dict[str, float] | None
    ) -> None:
        """A number for a finding has the finding's form."""
        if finding.kind == "binary" and number is None:
            self.add(kind, id_, path, f"{finding.id} is binary", "Give one number, not grades")
        if finding.kind == "graded":
            if grades is None:
                self.add(
                    kind,
                    id_,
                    path,
                    f"{finding.id} is graded",
                    f"Give grades: {{{', '.join(f'{g}: ...' for g in finding.grades[1:])}}}",
                )
            else:
                for grade in grades:
                    if grade not in finding.grades[1:]:
                        self.add(
                            kind,
                            id_,
                            (*path, "grades", grade),
                            f"{finding.id} has no grade {grade}",
                            f"Grades: {', '.join(finding.grades[1:])}",
                        )

    def mechanisms(self) -> None:
        for id_, mechanism in self.k.mechanisms.items():
            for finding_id, number in mechanism.findings.items():
                path: Path_ = ("findings", finding_id)
                if self.known("mechanism", id_, path, finding_id, "finding", self.k.findings):
                    finding = self.k.findings[finding_id]
                    self.form("mechanism", id_, path, finding, number.probability, number.grades)
                    if finding.given is not None and finding.given not in mechanism.findings:
                        self.add(
                            "mechanism",
                            id_,
                            path,
                            f"{finding_id} is given {finding.given}, which this mechanism does not cause",
                            f"Add {finding.given} with its probability",
                        )

    # --- conditions --------------------------------------------------------------------------

    def conditions(self) -> None:
        for id_, condition in self.k.conditions.items():
            for factor in condition.context:
                self.known("condition", id_, ("context", factor), factor, "risk factor", self.k.risk_factors)
            if condition.requires is not None:
                for i, factor in enumerate(condition.requires.any_of):
                    self.known("condition", id_, ("requires", "any_of", i), factor, "risk factor", self.k.risk_factors)
            seen: set[str] = set()
            holders: list[tuple[Path_, ConditionFile | State]] = [((), condition)]
            for i, state in enumerate(condition.states):
                holders.append((("states", i), state))
                if state.id in seen:
                    self.add(
                        "condition", id_, ("states", i, "id"), f"state {state.id} stands twice", "Give it another id"
                    )
                seen.add(state.id)
            for path, holder in holders:
                for mechanism in holder.mechanisms:
                    self.known(
                        "condition", id_, (*path, "mechanisms", mechanism), mechanism, "mechanism", self.k.mechanisms
                    )
                for finding_id, number in holder.findings.items():
                    self.link(condition, (*path, "findings", finding_id), finding_id, number)
                for group, stated in (("prior", holder.prior), ("children", holder.children)):
                    for setting in SETTINGS:
                        if stated and setting not in stated:
                            self.add(
                                "condition",
                                id_,
                                (*path, group),
                                f"no prior for {setting}" + (" in children" if group == "children" else ""),
                                f"Add {setting}: with its parent",
                            )
            named = set(condition.findings).union(*(s.findings for s in condition.states))
            if len(named) < FEWEST_FINDINGS:
                self.add(
                    "condition",
                    id_,
                    ("findings",),
                    f"only {len(named)} findings; a condition needs {FEWEST_FINDINGS}",
                    "Add what else it raises above the background",
                )
            for setting in SETTINGS:
                total = sum(s.prior[setting].value for s in condition.states if setting in s.prior)
                if total >= 1:
                    self.add(
                        "condition",
                        id_,
                        ("states",),
                        f"the priors of the states add up to {total:.2f} in {setting}",
                        "States exclude each other: their sum must stay below 1",
                    )
            for i, name in enumerate(condition.must_not_miss.states if condition.must_not_miss else ()):
                self.known(
                    "condition", id_, ("must_not_miss", "states", i), name, "state", [s.id for s in condition.states]
                )
            if condition.stages:
                self.dominance(condition)
            sided = [f for f in named if f in self.k.findings and self.k.findings[f].sided]
            if sided and not condition.one_sided and condition.two_sided is None:
                self.add(
                    "condition",
                    id_,
                    (),
                    f"has sided findings ({sided[0]} ...) but does not say whether it affects one leg or both",
                    "Add one_sided: true, or two_sided: with P(both legs | condition)",
                )
            for finding_id in condition.context:
                if finding_id in named:
                    self.add(
                        "condition",
                        id_,
                        ("context", finding_id),
                        "is both context and finding of this condition",
                        "Keep one of them",
                    )

    def link(self, condition: ConditionFile, path: Path_, finding_id: str, number: Sensitivity) -> None:
        if not self.known("condition", condition.id, path, finding_id, "finding", self.k.findings):
            return
        finding = self.k.findings[finding_id]
        self.form("condition", condition.id, path, finding, number.sensitivity, number.grades)
        if finding.given is not None:
            holders: list[ConditionFile | State] = [condition, *condition.states]
            if not any(finding.given in h.findings for h in holders) and not any(
                finding.given in self.k.mechanisms[m].findings
                for h in holders
                for m in h.mechanisms
                if m in self.k.mechanisms
            ):
                self.add(
                    "condition",
                    condition.id,
                    path,
                    f"{finding_id} is given {finding.given}, which this condition does not cause",
                    f"Add {finding.given} with its sensitivity",
                )
        if finding.scale == "complaint" and number.grades:
            present = [i for i, g in enumerate(finding.grades) if number.grades.get(g, 0) > 0 and i > 0]
            for i in present:
                for neighbour in (i - 1, i + 1):
                    if 0 < neighbour < len(finding.grades) and number.grades.get(finding.grades[neighbour], 0) == 0:
                        self.add(
                            "condition",
                            condition.id,
                            path,
                            f"{finding.grades[i]} is possible but its neighbour {finding.grades[neighbour]} has 0",
                            "Give the neighbouring grade some probability: people date their complaints loosely",
                        )

    def dominance(self, condition: ConditionFile) -> None:
        """A worse stage causes every finding at least as often, and at least as severely."""
        for i in range(1, len(condition.states)):
            milder, worse = condition.states[i - 1], condition.states[i]
            for finding_id in {*milder.findings, *worse.findings, *condition.findings}:
                finding = self.k.findings.get(finding_id)
                first = milder.findings.get(finding_id, condition.findings.get(finding_id))
                second = worse.findings.get(finding_id, condition.findings.get(finding_id))
                if finding is None or first is None or finding.scale == "complaint" or finding.given is not None:
                    continue
                for grade, a, b in _cumulative(finding, first, second):
                    if b < a - 1e-9:
                        self.add(
                            "condition",
                            condition.id,
                            ("states", i, "findings", finding_id),
                            f"the worse stage {worse.id} has {b:g} for {grade}, the milder {milder.id} {a:g}",
                            "A worse stage must cause a finding at least as often, or the worse grade would speak against the disease",
                        )

    # --- rules -------------------------------------------------------------------------------

    def rules(self) -> None:
        for flag in self.k.red_flags:
            for i, entry in enumerate(flag.entry):
                self.known(
                    "red flag",
                    flag.id,
                    ("entry", i),
                    entry,
                    "finding or risk factor",
                    {**self.k.findings, **self.k.risk_factors},
                )
            for i, condition in enumerate(flag.suspects):
                self.known("red flag", flag.id, ("suspects", i), condition, "condition", self.k.conditions)
            self.rule("red flag", flag.id, ("when",), flag.when)
            self.source("red flag", flag.id, (), flag.source, flag.quote is not None)

    # --- parents of numbers ------------------------------------------------------------------

    def parents(self) -> None:
        reasons: dict[str, str] = {}
        for kind, id_, path, number in numbers(self.loaded):
            if number.source is not None:
                self.source(kind, id_, path, number.source, number.quote is not None)
            for i, parent in enumerate(number.parents):
                self.known(kind, id_, (*path, "parents", i), parent, "source in sources.json", self.k.sources)
            if number.assumption is None:
                continue
            if len(number.assumption) < SHORTEST_REASONING:
                self.add(
                    kind,
                    id_,
                    path,
                    f"the reasoning {number.assumption!r} is too short to be one",
                    "Say why this number for this pair, in a sentence",
                )
            plain = re.sub(r"[^a-z]+", " ", number.assumption.lower()).strip()
            place = f"{id_} {dotted(path)}"
            if plain in reasons:
                self.add(
                    kind,
                    id_,
                    path,
                    f"the same reasoning stands at {reasons[plain]}",
                    "Give the reason for this number, not one that fits any",
                )
            reasons.setdefault(plain, place)
        for id_, source in self.k.sources.items():
            if source.custom.how_known == "seen" and (source.URL is None or source.custom.depth is None):
                self.add(
                    "source",
                    id_,
                    (),
                    "is called seen without URL and custom.depth",
                    "Say where it was read and how much of it (full, abstract, digest)",
                )


def _cumulative(finding: Finding, first: Sensitivity, second: Sensitivity | None) -> Iterator[tuple[str, float, float]]:
    """(grade, P(at least it | milder), P(at least it | worse))."""
    if finding.kind == "binary":
        yield finding.id, first.sensitivity or 0.0, (second.sensitivity or 0.0) if second else 0.0
        return
    for i in range(1, len(finding.grades)):
        tail = finding.grades[i:]
        a = sum((first.grades or {}).get(g, 0.0) for g in tail)
        b = sum((second.grades or {}).get(g, 0.0) for g in tail) if second else 0.0
        yield finding.grades[i], a, b
