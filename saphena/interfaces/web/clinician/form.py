"""The form of the findings page and the case it stands for: one way there, one way back.

A field is named after what it holds: ``f.ID`` a finding (``f.ID.right`` for a leg), ``m.ID`` a measurement with
``u.m.ID`` its unit, ``c.ID`` a risk factor or fact, ``d.ID`` a condition known or excluded, ``s.ID`` an item that a
clinician judges. What a row cannot show (a range of grades, a doubt) is carried as ``k.ID.N`` and stays as said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pydantic import ValidationError

from saphena.case import LONGEST_NAME, MOST_MEDICINES, ByLeg, Case, Statement, Written
from saphena.faults import Fault, Faulty
from saphena.inference.medicines import listed
from saphena.inference.observation import Observation
from saphena.inference.observe import observe
from saphena.interfaces.web.clinician.vocabulary import Names
from saphena.interfaces.web.language import Language
from saphena.model.network import Model

Fields = dict[str, str]
UNKNOWN = ("", "unknown")
PLACES = ("f", "m", "c", "d", "s")
"""First parts of the names of fields that answer something."""
NUMBER = re.compile(r"\s*[-+]?\d+(?:[.,]\d+)?\s*")
REGIONS = ("leg", "hip", "knee", "foot", "back", "nerves", "general")
CHOSEN = {
    "sex": ("female", "male", "unknown"),
    "setting": ("primary_care", "vascular_clinic", "emergency_without_injury", "emergency_after_injury", "population"),
    "index_leg": ("", "right", "left"),
    "recording": ("", "interviewed", "narrative"),
}


@dataclass(frozen=True)
class Read:
    """A form that was read: its fields as they came, what they say if that is a case, and what is wrong, by field."""

    fields: Fields
    observation: Observation | None
    errors: dict[str, str]

    @property
    def case(self) -> Case | None:
        """The case, if there is one."""
        return self.observation.case if self.observation else None


def fields_of(model: Model, case: Case) -> Fields:
    """The form that shows a case."""
    held: Fields = {
        "age": f"{case.age:g}",
        "sex": case.sex,
        "setting": case.setting,
        "recording": case.recording,
        "index_leg": case.index_leg or "",
        "pregnancy_weeks": "" if case.pregnancy_weeks is None else f"{case.pregnancy_weeks:g}",
        "other_findings": "\n".join(case.other_findings),
        "medicines": "\n".join(case.medicines),
    }
    held |= {f"examined.{region}": "yes" for region in case.examined}
    held |= {f"c.{id_}": answer for id_, answer in case.context.items()}
    held |= {f"s.{id_}": answer for id_, answer in case.clinician_says.items()}
    for name in case.known_conditions:
        id_, _, state = name.partition(".")
        held[f"d.{id_}"] = f"{held.get(f'd.{id_}', '')} {f'known.{state}' if state else 'known'}".strip()
    for id_ in case.excluded_conditions:
        held[f"d.{id_}"] = f"{held.get(f'd.{id_}', '')} excluded".strip()
    for n, (id_, _, statement) in enumerate(case.statements()):
        _show(model, held, id_, n, statement)
    return held


def _show(model: Model, held: Fields, id_: str, n: int, statement: Statement) -> None:
    """One statement in its row, or carried along where the row cannot show it."""
    measurement = model.knowledge.measurements.get(id_)
    name = f"{'m' if measurement else 'f'}.{id_}"
    legs = ("right", "left") if statement.leg == "both" else (statement.leg or "",)
    names = [f"{name}.{leg}" if leg else name for leg in legs]
    plain = statement.value is not None and statement.certainty == 1
    if not plain or any(held.get(one) for one in names):
        held[f"k.{id_}.{n}"] = statement.model_dump_json(exclude_defaults=True)
        return
    for one in names:
        written = f"{statement.value:g}" if isinstance(statement.value, float) else str(statement.value)
        if measurement:
            number = NUMBER.match(written)
            unit = written[number.end() :].strip() if number else ""
            if number and unit in (measurement.unit, *measurement.units):
                held[one], held[f"u.{one}"] = number[0].strip(), unit
                continue
        held[one] = written
        if statement.origin or statement.date:
            held[f"o.{one}"] = json.dumps(
                {"value": written, "origin": statement.origin, "date": str(statement.date) if statement.date else None}
            )


def row_of(model: Model, field: str) -> str:
    """The row in which a field stands; itself where it stands in none."""
    place, _, rest = field.partition(".")
    if place == "k":
        id_ = rest.rpartition(".")[0]
        return f"{'m' if id_ in model.knowledge.measurements else 'f'}.{id_}"
    return f"{place}.{rest.partition('.')[0]}" if place in PLACES else field


def read(model: Model, language: Language, fields: Mapping[str, str]) -> Read:
    """The case of a form. Every error stands at its field, and every value is kept."""
    reader = _Form(model, language, dict(fields))
    observation = reader.observation()
    return Read(reader.fields, observation, reader.errors)


def case_of_json(written: str) -> Case:
    """A case that a page carried along. Raises ``Faulty``."""
    try:
        return Case.model_validate_json(written)
    except ValidationError as error:
        raise Faulty(
            [
                Fault("case", None, ".".join(map(str, one["loc"])), one["msg"], "Go back and send the form again")
                for one in error.errors()
            ]
        ) from None


@dataclass
class _Form:
    model: Model
    language: Language
    fields: Fields
    errors: dict[str, str] = field(default_factory=dict)

    def observation(self) -> Observation | None:
        say = self.language.say
        for name, allowed in CHOSEN.items():
            if self.fields.get(name, "") not in allowed:
                self.errors[name] = {
                    "sex": say("Choose the sex as recorded, or unknown"),
                    "setting": say("Choose where the patient is seen"),
                }.get(name, say("Choose one of the answers"))
        age = self._number("age", 0, 120)
        if age is None and "age" not in self.errors:
            self.errors["age"] = say("Enter the age in years")
        weeks = self._number("pregnancy_weeks", 0, 45)
        medicines = self._medicines()
        findings, places = self._findings()
        context, judged = self._answers("c"), self._answers("s")
        if self.errors or age is None:
            return None
        said = [(name, part) for name, value in self._in("d") for part in value.split()]
        known = [(name, part.removeprefix("known")) for name, part in said if part.startswith("known")]
        excluded = [name for name, part in said if part == "excluded"]
        case = Case(
            age=age,
            sex=self.fields["sex"],
            setting=self.fields["setting"],
            recording=self.fields.get("recording") or "interviewed",
            examined=tuple(r for r in REGIONS if self.fields.get(f"examined.{r}")),
            index_leg=self.fields.get("index_leg") or None,
            pregnancy_weeks=weeks,
            context=context,
            medicines=medicines,
            clinician_says=judged,
            known_conditions=tuple(name + state for name, state in known),
            excluded_conditions=tuple(excluded),
            findings=findings,
            other_findings=tuple(x.strip() for x in self.fields.get("other_findings", "").splitlines() if x.strip()),
        )
        places |= {f"context.{id_}": f"c.{id_}" for id_ in case.context}
        places |= {f"clinician_says.{id_}": f"s.{id_}" for id_ in case.clinician_says}
        places |= {f"known_conditions[{i}]": f"d.{name}" for i, (name, _) in enumerate(known)}
        places |= {f"excluded_conditions[{i}]": f"d.{name}" for i, name in enumerate(excluded)}
        try:
            return observe(self.model, case)
        except Faulty as error:
            for fault in error.faults:
                self.errors.setdefault(places.get(fault.path, fault.path), self._said(fault))
            return None

    def _medicines(self) -> tuple[str, ...]:
        written = listed(self.fields.get("medicines", ""))
        if len(written) > MOST_MEDICINES or any(len(one) > LONGEST_NAME for one in written):
            say = self.language.say("At most %(most)s medicines, of at most %(longest)s letters each")
            self.errors["medicines"] = say % {"most": MOST_MEDICINES, "longest": LONGEST_NAME}
            return ()
        return written

    def _number(self, name: str, low: float, high: float) -> float | None:
        written = self.fields.get(name, "").strip()
        if not written:
            return None
        if not NUMBER.fullmatch(written):
            self.errors[name] = self.language.say("Enter a number, such as 54 or 1.5")
            return None
        value = float(written.replace(",", "."))
        if not low <= value <= high:
            between = self.language.say("Enter a number from %(low)s to %(high)s")
            self.errors[name] = between % {"low": f"{low:g}", "high": f"{high:g}"}
            return None
        return value

    @cached_property
    def _filled(self) -> dict[str, list[tuple[str, str]]]:
        """Fields that hold something, by the first part of their names: (the rest of the name, what it holds)."""
        found: dict[str, list[tuple[str, str]]] = {}
        for name, value in self.fields.items():
            place, _, rest = name.partition(".")
            if rest and value.strip():
                found.setdefault(place, []).append((rest, value.strip()))
        return found

    def _in(self, place: str) -> list[tuple[str, str]]:
        return self._filled.get(place, [])

    def _answers(self, place: str) -> dict[str, str]:
        found = {}
        for id_, value in self._in(place):
            if value in ("present", "absent"):
                found[id_] = value
            elif value not in UNKNOWN:
                self.errors[f"{place}.{id_}"] = self.language.say("Choose present, absent or unknown")
        return found

    def _findings(self) -> tuple[dict[str, Written], dict[str, str]]:
        """Findings of the case, and which field each place in them comes from."""
        said: dict[str, list[tuple[str, Statement]]] = {}
        for place in ("f", "m"):
            for rest, value in self._in(place):
                if value in UNKNOWN:
                    continue
                name = f"{place}.{rest}"
                id_, _, leg = rest.partition(".")
                written = self._with_unit(name, value) if place == "m" else value
                held: dict[str, object] = {"value": written, "leg": leg or None, **self._origin(name, value)}
                self._say(said, id_, name, held)
        for rest, value in self._in("k"):
            try:
                kept = json.loads(value)
            except ValueError:
                kept = {}
            self._say(said, rest.rpartition(".")[0] or rest, f"k.{rest}", kept)
        findings: dict[str, Written] = {}
        places: dict[str, str] = {}
        for id_, all_ in said.items():
            findings[id_] = _short([one for _, one in all_])
            for i, (name, one) in enumerate(all_):
                places[f"findings.{id_}[{i}]"] = name
                places.setdefault(f"findings.{id_}.{one.leg}", name)
                places.setdefault(f"findings.{id_}", name)
        return findings, places

    def _say(self, said: dict[str, list[tuple[str, Statement]]], id_: str, name: str, held: object) -> None:
        try:
            said.setdefault(id_, []).append((name, Statement.model_validate(held)))
        except ValidationError:
            self.errors[name] = self.language.say("This cannot be read; choose another answer")

    def _with_unit(self, name: str, value: str) -> str:
        """A number with the unit chosen beside it; one that was typed along wins."""
        return f"{value} {self.fields.get(f'u.{name}', '')}".strip() if NUMBER.fullmatch(value) else value

    def _origin(self, name: str, value: str) -> dict[str, object]:
        """Who said it and when, as long as it is still what was said."""
        try:
            known = json.loads(self.fields.get(f"o.{name}", "{}"))
            return {k: known[k] for k in ("origin", "date") if known.get(k)} if known.get("value") == value else {}
        except (ValueError, AttributeError):
            return {}

    def _said(self, fault: Fault) -> str:
        """A fault with names instead of ids."""
        names, k = Names(self.model, self.language), self.model.knowledge
        message = self.language.fault(fault.message, fault.remedy)
        for id_ in sorted(set(re.findall(r"[a-z]+(?:_[a-z0-9]+)*", message)), key=len, reverse=True):
            entry = k.findings.get(id_) or k.measurements.get(id_) or k.conditions.get(id_) or k.risk_factors.get(id_)
            if entry is not None and ("_" in id_ or message.startswith(id_)):
                message = re.sub(rf"\b{id_}\b", lambda _, e=entry: names.of(e.id, e.name), message)  # type: ignore[misc]
        return message[0].upper() + message[1:]


def _short(said: list[Statement]) -> Written:
    """The plainest way of writing statements of one finding."""
    plain = all(one.model_dump(exclude_defaults=True).keys() <= {"value", "leg"} for one in said)
    legs = [one.leg for one in said]
    if plain and legs == [None] and said[0].value is not None:
        return said[0].value
    if plain and len(set(legs)) == len(legs) and set(legs) <= {"right", "left"}:
        return ByLeg(**{str(one.leg): one.value for one in said})
    return tuple(said)
