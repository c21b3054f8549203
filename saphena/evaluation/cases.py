"""Coded published cases, and apart from them their diagnoses and how urgent readers found them.

A folder holds one file for each case (``id``, ``source``, ``case``), ``gold.yaml`` with the published
diagnoses, and maybe ``triage.yaml``, so that whoever codes sees neither. ``gold.yaml`` may be sealed
with a hash over all of them: a diagnosis or a coding that was changed or exchanged is then noticed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from saphena.case import Case
from saphena.faults import Fault, Faulty
from saphena.model.network import Model
from saphena.model.numbers import TriageLevel
from saphena.model.reader import Document, read_file
from saphena.model.suggest import did_you_mean
from saphena.model.validate import validate

CASES = Path(__file__).parent.parent / "knowledge" / "cases"
SECOND = CASES / "second"
"""A second coding of some of the cases, by somebody who did not see the first."""
GOLD, TRIAGE = "gold.yaml", "triage.yaml"
Relation = Literal["exact", "parent", "child", "acceptable", "out_of_scope"]
"""What the condition of the model is to the published label: the same, wider, narrower, another acceptable answer;
or the label is outside the model."""


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CodedCase(Shape):
    """One published case, coded."""

    id: str
    source: str
    licence: str | None = None
    note: str | None = None
    case: Case


class Gold(Shape):
    """The published diagnosis of a case, as conditions of the model."""

    published: str
    conditions: tuple[str, ...]
    """Accepted ``condition`` or ``condition.state``, the published one first; empty if it is outside the model."""
    relation: Relation
    also: tuple[str, ...] = ()
    """Further conditions that the published label says are present too."""
    note: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _usual_relation(cls, value: Any) -> Any:
        if isinstance(value, dict) and "relation" not in value:
            return {**value, "relation": "exact" if value.get("conditions") else "out_of_scope"}
        return value

    @model_validator(mode="after")
    def _scope(self) -> Gold:
        if (self.relation == "out_of_scope") != (not self.conditions):
            raise ValueError("out_of_scope and conditions contradict each other; a label outside the model has none")
        return self

    @property
    def accepted(self) -> tuple[str, ...]:
        """Accepted conditions without their states."""
        return tuple(dict.fromkeys(c.partition(".")[0] for c in self.conditions))

    @property
    def present(self) -> tuple[str, ...]:
        """All conditions that count as present, without their states."""
        return tuple(dict.fromkeys([*self.accepted, *(c.partition(".")[0] for c in self.also)]))


class GoldFile(Shape):
    sealed: str | None = None
    gold: dict[str, Gold]


class Reading(Shape):
    """How soon one reader of the text would have the patient seen."""

    level: TriageLevel
    acceptable: tuple[TriageLevel, ...] = ()
    because: str = ""


class TriageFile(Shape):
    triage: dict[str, dict[str, Reading]]


@dataclass(frozen=True)
class CaseSet:
    """Cases with what is known about them."""

    coded: tuple[CodedCase, ...]
    gold: dict[str, Gold]
    readings: dict[str, dict[str, Reading]] = field(default_factory=dict)
    """Case -> reader -> reading."""
    hash: str = ""
    """Over the contents of all files, whatever their layout."""
    sealed: bool = False
    own: bool = False
    """The cases that ship with Saphena."""

    @property
    def in_scope(self) -> tuple[CodedCase, ...]:
        """Those whose diagnosis is in the model."""
        return tuple(c for c in self.coded if self.gold[c.id].conditions)


def read_cases(model: Model, place: Path) -> CaseSet:
    """The cases of a folder, or one case of it; raises ``Faulty`` with every fault of any file."""
    folder = place if place.is_dir() else place.parent
    if not place.exists():
        raise Faulty([Fault(str(place), None, "", "is not a folder or a file", "Name the folder that holds gold.yaml")])
    faults: list[Fault] = []
    documents: dict[str, Document] = {}
    coded: list[CodedCase] = []
    for path in case_files(folder):
        try:
            documents[path.name] = read_file(path, path.name)
            coded.append(validate(documents[path.name], CodedCase))
        except Faulty as error:
            faults += error.faults
    gold, readings = GoldFile(gold={}), TriageFile(triage={})
    try:
        documents[GOLD] = read_file(folder / GOLD, GOLD)
        gold = validate(documents[GOLD], GoldFile)
        faults += _unknown_conditions(model, documents[GOLD], gold)
    except Faulty as error:
        faults += error.faults
    if (folder / TRIAGE).exists():
        try:
            documents[TRIAGE] = read_file(folder / TRIAGE, TRIAGE)
            readings = validate(documents[TRIAGE], TriageFile)
        except Faulty as error:
            faults += error.faults
    ids = {c.id for c in coded}
    faults += [
        Fault(GOLD, None, id_, "stands in gold or in a case, but not in both", "Add the other one")
        for id_ in sorted(ids ^ set(gold.gold))
    ]
    faults += [
        Fault(TRIAGE, None, id_, "there is no case of this name", did_you_mean(id_, sorted(ids)))
        for id_ in sorted(set(readings.triage) - ids)
    ]
    if len(ids) < len(coded):
        faults.append(Fault(str(folder), None, "", "two cases have the same id", "Give each its own"))
    faults += [fault for c in coded if c.id in gold.gold for fault in leaks(model, c, gold.gold[c.id])]
    if faults:
        raise Faulty(faults)
    found = hash_of(documents)
    if gold.sealed is not None and gold.sealed != found:
        raise Faulty(
            [
                documents[GOLD].fault(
                    ("sealed",),
                    "cases, gold or triage are not those that were sealed",
                    "Look at what has changed; if it is meant, seal them again: saphena evaluate --seal",
                )
            ]
        )
    wanted = tuple(coded) if place.is_dir() else tuple(c for c in coded if c.id == _id_in(place))
    kept = {c.id for c in wanted}
    return CaseSet(
        wanted,
        {id_: g for id_, g in gold.gold.items() if id_ in kept},
        {id_: r for id_, r in readings.triage.items() if id_ in kept},
        found if place.is_dir() else hash_of({place.name: documents[place.name], GOLD: documents[GOLD]}),
        gold.sealed is not None,
        folder.resolve() == CASES.resolve(),
    )


def case_files(folder: Path) -> Iterator[Path]:
    """Files of coded cases, by name."""
    return (p for p in sorted(folder.glob("*.yaml")) if p.name not in (GOLD, TRIAGE))


def read_codings(folder: Path) -> dict[str, CodedCase]:
    """Coded cases of a folder that needs no diagnoses."""
    if not folder.is_dir():
        raise Faulty([Fault(str(folder), None, "", "is not a folder", "Name the folder that holds the second coding")])
    coded = [validate(read_file(path, path.name), CodedCase) for path in case_files(folder)]
    return {c.id: c for c in coded}


def hash_of(documents: dict[str, Document]) -> str:
    """Hash over what files say; comments, layout and the seal itself do not count."""
    contents = {
        name: {k: v for k, v in document.value.items() if k != "sealed"} for name, document in documents.items()
    }
    return sha256(json.dumps(contents, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def seal(folder: Path) -> str:
    """Write the hash of a folder into its ``gold.yaml``."""
    names = [p.name for p in case_files(folder)] + [n for n in (GOLD, TRIAGE) if (folder / n).exists()]
    found = hash_of({name: read_file(folder / name, name) for name in names})
    path = folder / GOLD
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    rest = [line for line in lines if not line.startswith("sealed:")]
    at = next((i for i, line in enumerate(rest) if line.startswith("gold:")), 0)
    path.write_text("".join([*rest[:at], f"sealed: {found}\n", *rest[at:]]), encoding="utf-8")
    return found


def leaks(model: Model, coded: CodedCase, gold: Gold) -> list[Fault]:
    """Places of a coding that give the diagnosis away.

    Compared are the published label, without what stands in brackets or after "due to", and id and name of
    the accepted conditions; a text that holds all their words gives them away.
    """
    labels = [re.split(r"\(| due to | with | on pre-existing ", gold.published)[0]]
    for id_ in gold.accepted:
        condition = model.knowledge.conditions.get(id_)
        labels += [id_, condition.name] if condition else [id_]
    wanted = [w for w in (_words(label) for label in labels) if w]
    texts = {"id": coded.id, "source": coded.source, "note": coded.note or ""}
    texts |= {f"case.other_findings[{i}]": text for i, text in enumerate(coded.case.other_findings)}
    found = [
        Fault(coded.id, None, place, "gives the diagnosis away", "Code what was found, not what it was called")
        for place, text in texts.items()
        if any(words <= _words(text) for words in wanted)
    ]
    if set(gold.accepted) & {k.partition(".")[0] for k in coded.case.known_conditions}:
        found.append(
            Fault(coded.id, None, "case.known_conditions", "gives the diagnosis away", "Leave the diagnosis out")
        )
    return found


def _words(text: str) -> set[str]:
    return {w for w in re.findall(r"[^\W_]+", text.lower()) if len(w) > 2}


def _unknown_conditions(model: Model, document: Document, file: GoldFile) -> list[Fault]:
    names = set(model.network.states) | set(model.conditions)
    return [
        document.fault(("gold", id_, key, i), f"there is no condition {name}", did_you_mean(name, sorted(names)))
        for id_, entry in file.gold.items()
        for key in ("conditions", "also")
        for i, name in enumerate(getattr(entry, key))
        if name not in names
    ]


def _id_in(place: Path) -> str:
    return validate(read_file(place, place.name), CodedCase).id
