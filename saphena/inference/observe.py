"""Case + Model -> what was observed, or every fault of the case at once.

This is where words become grades: sides, measured values and children (``given``) are resolved
here, so that inference sees only nodes with an interval of grades.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from saphena.case import Case, Statement
from saphena.faults import Fault, Faulty
from saphena.inference.medicines import implied, taken, understood
from saphena.inference.observation import Interval, Observation, Seen, Side
from saphena.inference.sayable import clinician_items, grades_of, node_of, unit_words
from saphena.model.care import Fact
from saphena.model.medicines import Medicine
from saphena.model.network import Model
from saphena.model.schema import Finding, Measurement, Reading, RiskFactor
from saphena.model.suggest import did_you_mean, nearest_entries

Place = tuple[str | int, ...]

_NO_CERTAINTY = "Leave the certainty out, or the statement if it is not sure enough"
_NUMBER = re.compile(r"\s*([-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?)\s*(.*?)\s*")


def observe(model: Model, case: Case) -> Observation:
    """Check a case against a model; raises ``Faulty`` with every fault at once."""
    reader = _CaseReader(model, case)
    reader.read()
    if reader.faults:
        raise Faulty(reader.faults)
    return reader.observation()


@dataclass
class _CaseReader:
    model: Model
    case: Case
    faults: list[Fault] = field(default_factory=list)
    intervals: dict[tuple[str, Side], Interval] = field(default_factory=dict)
    words: dict[tuple[str, Side], str] = field(default_factory=dict)
    measured: dict[tuple[str, Side], float] = field(default_factory=dict)
    context: dict[str, bool] = field(default_factory=dict)
    facts: dict[str, bool] = field(default_factory=dict)
    medicines: tuple[Medicine, ...] = ()
    known: dict[str, str | None] = field(default_factory=dict)
    excluded: set[str] = field(default_factory=set)
    left_out: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def fault(self, place: Place, message: str, remedy: str) -> None:
        path = ""
        for part in place:
            path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
        self.faults.append(Fault("case", None, path, message, remedy))

    def read(self) -> None:
        self._context()
        self._conditions()
        self._clinician()
        for id_, place, statement in self.case.statements():
            self._statement(id_, place, statement)
        self._leg = self._index_leg()
        for (id_, side), value in list(self.measured.items()):
            self._read_measurement(self.model.knowledge.measurements[id_], side, value)
        self._children()
        self._doubts()

    # --- context and conditions --------------------------------------------------------------

    def _context(self) -> None:
        factors: dict[str, RiskFactor | Fact] = {**self.model.knowledge.risk_factors, **self.model.knowledge.care.facts}
        for id_, answer in self.case.context.items():
            if id_ not in factors:
                hint = did_you_mean(id_, list(factors))
                if id_ in self.model.knowledge.findings:
                    hint = "It is a finding; write it under findings"
                self.fault(("context", id_), "there is no risk factor or fact of this name", hint)
            elif answer != "unknown":
                held = self.facts if id_ in self.model.knowledge.care.facts else self.context
                held[id_] = answer == "present"
        if self.case.pregnancy_weeks is not None:
            if self.context.get("pregnancy") is False:
                self.fault(("pregnancy_weeks",), "pregnancy is said to be absent", "Remove one of the two")
            self.context["pregnancy"] = True
        self._medicines()
        for id_, present in (*self.context.items(), *self.facts.items()):
            factor = factors.get(id_)
            if factor is None or not present:
                continue
            if factor.only_sex not in (None, self.case.sex) and self.case.sex != "unknown":
                self.warnings.append(
                    f"{factor.name} in a person recorded as {self.case.sex} is unusual; it is used as stated"
                )
            elif factor.only_ages is not None and not factor.only_ages[0] <= self.case.age <= factor.only_ages[1]:
                self.warnings.append(f"{factor.name} at {self.case.age:g} years is unusual; it is used as stated")

    def _medicines(self) -> None:
        """What is true of whoever takes them; what the case says itself is never overruled."""
        self.medicines = taken(self.model, self.case.medicines)
        entries = (understood(self.model, written) for written in self.case.medicines)
        self.left_out += [entry.sentence for entry in entries if entry.medicine is None]
        present = [id_ for id_, yes in (*self.context.items(), *self.facts.items()) if yes]
        for id_, because in implied(self.model, self.medicines, present).items():
            held = self.facts if id_ in self.model.knowledge.care.facts else self.context
            if held.get(id_) is False:
                names = " and ".join(one.name for one in because)
                self.fault(
                    ("context", id_), f"{id_} is said to be absent, but {names} is taken", "Correct one of the two"
                )
            held[id_] = True

    def _conditions(self) -> None:
        conditions = self.model.knowledge.conditions
        for key, ids in (
            ("known_conditions", self.case.known_conditions),
            ("excluded_conditions", self.case.excluded_conditions),
        ):
            for i, name in enumerate(ids):
                id_, _, state = name.partition(".")
                if id_ not in conditions:
                    self.fault((key, i), f"there is no condition {id_}", did_you_mean(id_, list(conditions)))
                    continue
                states = [s.id for s in conditions[id_].states]
                if state and state not in states:
                    self.fault((key, i), f"{id_} has no state {state}", did_you_mean(state, states))
                elif key == "known_conditions":
                    before = self.known.get(id_)
                    if before and state and before != state:
                        self.fault((key, i), f"{id_} is known in two states at once", "Keep one of the two")
                    self.known[id_] = state or before
                elif id_ in self.known:
                    self.fault((key, i), f"{id_} is known and excluded at once", "Keep one of the two")
                else:
                    self.excluded.add(id_)

    def _clinician(self) -> None:
        known = clinician_items(self.model)
        for id_ in self.case.clinician_says:
            if id_ not in known:
                self.fault(
                    ("clinician_says", id_), "no rule or score asks a clinician this", did_you_mean(id_, sorted(known))
                )

    # --- statements --------------------------------------------------------------------------

    def _statement(self, id_: str, place: Place, statement: Statement) -> None:
        findings, measurements = self.model.knowledge.findings, self.model.knowledge.measurements
        if id_ in findings:
            self._finding(findings[id_], place, statement)
        elif id_ in measurements:
            self._measurement(measurements[id_], place, statement)
        elif id_ in self.model.knowledge.risk_factors or id_ in self.model.knowledge.care.facts:
            self.fault(place, f"{id_} is known of the person, not a finding", "Write it under context")
        else:
            known = {f.id: [f.name, *f.synonyms] for f in findings.values()}
            known |= {m.id: [m.name, *m.synonyms] for m in measurements.values()}
            names = nearest_entries(id_, known)
            hint = f"Did you mean {' or '.join(names)}?" if names else "saphena findings WORDS searches them"
            self.fault(place, "there is no finding of this name", hint)

    def _finding(self, finding: Finding, place: Place, statement: Statement) -> None:
        if statement.value == "unknown":
            return
        interval = self._grades(finding, place, statement)
        if interval is None or interval == Interval(0, len(grades_of(finding)) - 1):
            return
        sides: tuple[Side, ...] = ("",)
        if statement.leg is not None:
            if not finding.sided and finding.given is None:
                self.fault(place, f"{finding.id} has no side", "Write it without a leg")
                return
            if finding.sided:
                sides = ("right", "left") if statement.leg == "both" else (statement.leg,)
        words = str(
            statement.value or f"at least {statement.at_least}"
            if not statement.at_most
            else f"at most {statement.at_most}"
        )
        if statement.certainty < 1:
            if finding.given is not None:
                self.fault(place, f"{finding.id}, which is part of {finding.given}, cannot be doubtful", _NO_CERTAINTY)
                return
            if interval.lowest > 0 and interval.highest < len(grades_of(finding)) - 1:
                self.fault(
                    place,
                    f"a grade of {finding.id} between others cannot be doubtful",
                    "Write at_least or at_most with the certainty, or leave the certainty out",
                )
                return
            interval = replace(interval, doubt=(1 - statement.certainty) / statement.certainty)
            words += f", {100 * statement.certainty:g} % sure"
        for side in sides:
            self._put(finding.id, side, interval, words, place)

    def _put(self, id_: str, side: Side, interval: Interval, words: str, place: Place) -> None:
        before = self.intervals.get((id_, side))
        if before is not None and self.model.knowledge.findings[id_].given is not None:
            # A child belongs to the complaint, not to a leg: present on either is present.
            if interval.lowest <= before.lowest:
                return
        elif before is not None and (before.doubt or interval.doubt):
            self.fault(place, f"{id_} is stated twice, and not both times with certainty", "Keep one of the two")
            return
        elif before is not None:
            low, high = max(before.lowest, interval.lowest), min(before.highest, interval.highest)
            if low > high:
                leg = f" of the {side} leg" if side else ""
                self.fault(
                    place,
                    f"{id_}{leg} is said to be {self.words[id_, side]} and {words} at once",
                    "Keep one of the two",
                )
                return
            interval = Interval(low, high)
        self.intervals[id_, side] = interval
        self.words[id_, side] = words

    def _grades(self, finding: Finding, place: Place, statement: Statement) -> Interval | None:
        names = grades_of(finding)
        top = len(names) - 1
        word = statement.value if statement.value is not None else statement.at_least or statement.at_most
        if isinstance(word, str) and word in names:
            i = names.index(word)
            if statement.at_least is not None:
                return Interval(i, top)
            return Interval(0, i) if statement.at_most is not None else Interval(i, i)
        if finding.kind == "graded" and word == "absent":
            return Interval(0, 0)
        if finding.kind == "graded" and word == "present" and finding.scale == "finding":
            return Interval(1, top)
        wanted = "present or absent" if finding.kind == "binary" else " or ".join(names)
        if not isinstance(word, str):
            read_by = [
                m.id
                for m in self.model.knowledge.measurements.values()
                if any(r.finding == finding.id for r in m.reads)
            ]
            hint = f"Write {wanted}" + (f", or the number under {' or '.join(read_by)}" if read_by else "")
            self.fault(place, f"{word!r} is a number, but {finding.id} is not measured", hint)
        elif finding.kind == "graded":
            self.fault(place, f"{finding.id} has no grade {word}", f"Grades: {', '.join(names)}")
        else:
            self.fault(place, f"{word!r} is no answer to {finding.id}", f"Write {wanted}, or unknown")
        return None

    # --- measurements ------------------------------------------------------------------------

    def _measurement(self, measurement: Measurement, place: Place, statement: Statement) -> None:
        if statement.value == "unknown":
            return
        if statement.certainty < 1:
            self.fault(place, f"{measurement.id} is measured and cannot be doubtful", _NO_CERTAINTY)
            return
        value = self._canonical(measurement, place, statement.value)
        if value is None:
            return
        low, high = measurement.plausible
        if not low <= value <= high:
            self.fault(
                place,
                f"{value:g} {unit_words(measurement.unit)} is not possible for {measurement.id}".replace("  ", " "),
                f"It lies between {low:g} and {high:g} {unit_words(measurement.unit)}; check number and unit".replace(
                    " ;", ";"
                ),
            )
            return
        if statement.leg is not None and not measurement.sided:
            self.fault(place, f"{measurement.id} has no side", "Write it without a leg")
            return
        sides = ("right", "left") if statement.leg == "both" else (statement.leg or "",)
        for side in sides:
            if self.measured.get((measurement.id, side), value) != value:
                self.fault(place, f"{measurement.id} has two values", "Keep one; a case is one visit")
            self.measured[measurement.id, side] = value

    def _canonical(self, measurement: Measurement, place: Place, written: str | float | None) -> float | None:
        accepted = list(dict.fromkeys([measurement.unit, *measurement.units]))
        example = "0.6" if measurement.unit == "1" else f"a number and its unit, such as {measurement.unit!r}"
        if isinstance(written, int | float):
            if measurement.unit != "1":
                self.fault(
                    place,
                    f"{measurement.id} {written:g} has no unit",
                    f"Write the number with its unit: {' or '.join(accepted)}",
                )
                return None
            return float(written)
        match = _NUMBER.fullmatch(written or "")
        if match is None:
            self.fault(place, f"{written!r} is no value for {measurement.id}", f"Write {example}")
            return None
        value, unit = float(match[1].replace(",", ".")), match[2]
        if not unit:
            return self._canonical(measurement, place, value)
        for name in accepted:
            if unit.replace(" ", "").lower() == name.replace(" ", "").lower():
                return value * measurement.units.get(name, 1.0)
        self.fault(
            place,
            f"{unit!r} is no unit of {measurement.id}",
            f"Write it in {' or '.join(unit_words(u) or 'no unit (a ratio)' for u in accepted)}",
        )
        return None

    def _read_measurement(self, measurement: Measurement, side: Side, value: float) -> None:
        place: Place = ("findings", measurement.id)
        if measurement.context is not None and measurement.context_at_least is not None:
            present = value >= measurement.context_at_least
            if self.context.setdefault(measurement.context, present) != present:
                self.fault(place, f"{value:g} contradicts {measurement.context} in context", "Correct one of the two")
        blocked: set[str] = set()
        for reading in sorted(measurement.reads, key=lambda r: r.unknown_if is not None):
            if reading.unknown_if in blocked or self._is_present(reading.unknown_if, side):
                self.left_out.append(
                    f"{measurement.name} {value:g} is not read as {reading.finding}: {reading.unknown_if} is present"
                )
                continue
            amount = value
            if reading.difference:
                if side not in ("", self._leg) and (measurement.id, self._leg) in self.measured:
                    continue  # Read when it is the turn of the index leg.
                other = {self._leg: "left" if self._leg == "right" else "right"}.get(side)
                if other is None or (measurement.id, other) not in self.measured:
                    self.left_out.append(f"{measurement.name} {value:g}: both legs are needed for a difference")
                    continue
                amount = value - self.measured[measurement.id, other]
            finding = self.model.knowledge.findings[reading.finding]
            grade = self._cut(finding, reading, amount)
            if grade > 0:
                blocked.add(finding.id)
            at = side if finding.sided else ""
            words = (
                f"{amount:g} {unit_words(measurement.unit)}".strip()
                + f", {grades_of(finding)[grade].replace('_', ' ')}"
            )
            self._put(finding.id, at, Interval(grade, grade), words, place)

    def _is_present(self, finding: str | None, side: Side) -> bool:
        if finding is None:
            return False
        interval = self.intervals.get((finding, side))
        return interval is not None and interval.lowest > 0

    def _cut(self, finding: Finding, reading: Reading, value: float) -> int:
        names = grades_of(finding)
        for cutoff in reading.cutoffs:
            shift = 0.0
            if cutoff.age_adjusted is not None:
                shift = max(0.0, self.case.age - cutoff.age_adjusted.over) * cutoff.age_adjusted.per_year
            holds = (
                (cutoff.above is None or value > cutoff.above + shift)
                and (cutoff.at_least is None or value >= cutoff.at_least + shift)
                and (cutoff.below is None or value < cutoff.below + shift)
                and (cutoff.at_most is None or value <= cutoff.at_most + shift)
            )
            if holds:
                return names.index(cutoff.grade)
        return 0

    # --- sides and children ------------------------------------------------------------------

    def _index_leg(self) -> Side:
        if self.case.index_leg is not None:
            return self.case.index_leg
        counts = {
            leg: sum(1 for (_, side), i in self.intervals.items() if side == leg and i.lowest > 0)
            for leg in ("right", "left")
        }
        mentioned = {side for _, side in (*self.intervals, *self.measured) if side}
        if len(mentioned) == 1:
            return mentioned.pop()
        if counts["right"] == counts["left"]:
            return self._larger_leg() if mentioned else ""
        return max(counts, key=lambda leg: counts[leg])

    def _larger_leg(self) -> Side:
        """The leg that a measurement read as a difference finds larger; the right one if none does."""
        for measurement in self.model.knowledge.measurements.values():
            right, left = (self.measured.get((measurement.id, side)) for side in ("right", "left"))
            if any(r.difference for r in measurement.reads) and right is not None and left is not None and left > right:
                return "left"
        return "right"

    def _children(self) -> None:
        for parent, children in self.model.children.items():
            for child in children:
                known = self._any(child)
                if known is None:
                    continue
                above = self._any(parent)
                place: Place = ("findings", child)
                if above is not None and above.highest == 0:
                    if known.lowest > 0:
                        self.fault(
                            place,
                            f"{child} is present while {parent}, which it is part of, is absent",
                            f"Make {parent} present, or {child} absent or unknown",
                        )
                elif above is None and known.lowest > 0:
                    self.intervals[parent, ""] = Interval(1, 1)
                    self.words[parent, ""] = f"present (since {child} is)"
                elif above is None:
                    self.left_out.append(f"{child} is absent, but {parent} is unknown: it says nothing yet")
                elif above.lowest > 0 and not self._in_index_leg(parent):
                    self.left_out.append(f"{child} is not used: {parent} is not in the leg of the main complaint")

    def _doubts(self) -> None:
        """Doubt that one observation cannot carry: of a parent whose child is known, of both legs alike."""
        for (id_, side), interval in self.intervals.items():
            if not interval.doubt:
                continue
            place: Place = ("findings", id_)
            known = [child for child in self.model.children.get(id_, ()) if self._any(child) is not None]
            others = {at: i for (named, at), i in self.intervals.items() if named == id_ and at != side}
            if known:
                self.fault(
                    place,
                    f"{id_} is doubtful, while {known[0]}, which is part of it, is answered",
                    f"Leave the certainty of {id_} out, or {known[0]} unknown",
                )
            elif others and "" in (side, *others):
                self.fault(
                    place,
                    f"{id_} is stated with and without a leg, and not both times with certainty",
                    "Keep one of the two",
                )
                return
            elif any((i.lowest, i.highest) == (interval.lowest, interval.highest) for i in others.values()):
                self.fault(
                    place,
                    f"{id_} is said of both legs alike, and not of both with certainty",
                    "Leave the certainty out, or keep the leg you are surer of",
                )
                return

    def _in_index_leg(self, finding: str) -> bool:
        """Is the finding present in the index leg, or present with no side stated at all?"""
        by_side = {side: i for (id_, side), i in self.intervals.items() if id_ == finding}
        interval = by_side.get("") if len(by_side) == 1 else None
        interval = interval or by_side.get(self._leg)
        return interval is not None and interval.lowest > 0

    def _any(self, finding: str) -> Interval | None:
        known = [i for (id_, _), i in self.intervals.items() if id_ == finding]
        return Interval(max(i.lowest for i in known), max(i.highest for i in known)) if known else None

    # --- the result --------------------------------------------------------------------------

    def observation(self) -> Observation:
        leg = self._leg
        seen: list[Seen] = []
        stated: dict[str, dict[Side, Interval]] = {}
        for (id_, side), interval in self.intervals.items():
            stated.setdefault(id_, {})[side] = interval
        for finding in self.model.knowledge.findings.values():
            by_side = stated.get(finding.id, {})
            if finding.given is not None:
                continue
            if len(by_side) > 1:
                by_side.pop("", None)  # A side was stated as well, which says more.
            alike = set(by_side) == {"right", "left"} and by_side["right"] == by_side["left"]
            if alike and (finding.kind == "binary" or by_side["right"].highest == 0):
                seen.append(self._seen(finding, "both", by_side["right"], leg))
            else:
                seen += [self._seen(finding, side, interval, leg) for side, interval in by_side.items()]
        return Observation(
            self.case,
            tuple(seen),
            self.intervals,
            self.measured,
            self.context,
            self.known,
            frozenset(self.excluded),
            leg,
            tuple(dict.fromkeys(self.left_out)),
            tuple(self.warnings),
            self.medicines,
            self.facts,
        )

    def _seen(self, finding: Finding, side: Side, interval: Interval, leg: Side) -> Seen:
        """The node and grades of one statement; ``side`` is both where the legs are alike."""
        known: dict[str, bool] = {}
        if interval.lowest > 0 and side in ("", leg, "both"):
            for child in self.model.children.get(finding.id, ()):
                answer = self._any(child)
                if answer is not None and answer.present is not None:
                    known[child] = answer.present
        name, low, high = node_of(finding, interval, known, side, leg)
        words = self.words[finding.id, "right" if side == "both" else side]
        if side == "both" and self.words[finding.id, "left"] != words:
            words = f"right {words}; left {self.words[finding.id, 'left']}"
        for child, present in known.items():
            words += f", {self.model.knowledge.findings[child].name.lower()} {'present' if present else 'absent'}"
        return Seen(finding.id, tuple(known), name, low, high, side, words, interval.doubt)
