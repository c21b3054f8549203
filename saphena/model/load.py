"""The knowledge folder -> ``Knowledge``: every file read, typed and placed, or every fault named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from saphena.faults import Fault, Faulty
from saphena.model.care import (
    Care,
    CareFile,
    FactsFile,
    InvestigationsFile,
    ObstaclesFile,
    SequencesFile,
    TreatmentsFile,
)
from saphena.model.instruments import InstrumentFile
from saphena.model.medicines import Medicine, MedicinesFile
from saphena.model.numbers import Strict
from saphena.model.reader import Document, Path_, read_file, undotted
from saphena.model.schema import (
    ConditionFile,
    Finding,
    FindingsFile,
    Knowledge,
    MeasurementsFile,
    MechanismsFile,
    RedFlag,
    RedFlagsFile,
    RiskFactor,
    RiskFactorsFile,
    SettingsFile,
    Source,
)
from saphena.model.texts import ArticleFile, TextFile, Words, WordsFile
from saphena.model.validate import validate

KNOWLEDGE = Path(__file__).parent.parent / "knowledge"
"""The knowledge that ships with the package."""
TERMS = ("findings", "measurements", "risk_factors", "conditions", "facts", "medicines")
"""What has names in other languages than English."""
TOLD = ("conditions", "red_flags", "treatments", "investigations", "referrals", "follow_up")
"""What a patient is told of, by language."""


@dataclass
class Loaded:
    """Knowledge together with the documents it came from, so that faults can be placed."""

    knowledge: Knowledge
    documents: dict[str, Document]
    places: dict[tuple[str, str], tuple[str, Path_]]
    """(kind, id) -> file and path inside it, for findings, measurements, mechanisms, ..."""

    def fault(self, kind: str, id_: str, path: Path_, message: str, remedy: str) -> Fault:
        """A fault at a place inside one entry."""
        file, start = self.places[kind, id_]
        return self.documents[file].fault((*start, *path), message, remedy)

    def located(self, faults: list[Fault]) -> list[Fault]:
        """Faults of compilation, which sees no files, with the line of their place."""
        return [
            self.documents[f.file].fault(undotted(f.path), f.message, f.remedy) if f.file in self.documents else f
            for f in faults
        ]


@dataclass
class _Reader:
    root: Path
    documents: dict[str, Document] = field(default_factory=dict)
    places: dict[tuple[str, str], tuple[str, Path_]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def read(self, path: Path, shape: type[Shape]) -> Shape | None:
        name = path.relative_to(self.root).as_posix()
        try:
            document = read_file(path, name)
            self.documents[name] = document
            return validate(document, shape)
        except Faulty as error:
            self.faults += error.faults
            return None

    def place(self, kind: str, id_: str, file: Path, path: Path_) -> None:
        name = file.relative_to(self.root).as_posix()
        if (kind, id_) in self.places:
            other, where = self.places[kind, id_]
            line = self.documents[other].line(where)
            self.faults.append(
                self.documents[name].fault(
                    path, f"{kind} {id_} stands twice, first in {other}:{line}", "Remove one, or give it another id"
                )
            )
        self.places.setdefault((kind, id_), (name, path))


Shape = TypeVar("Shape", bound=Strict)


def load(root: Path = KNOWLEDGE) -> Loaded:
    """Read a knowledge folder; raises ``Faulty`` with the faults of all files at once."""
    if not root.is_dir():
        raise Faulty(
            [Fault(str(root), None, "", "is not a folder", "Name the folder that holds conditions/, findings/ ...")]
        )
    reader = _Reader(root)
    expected = {
        "settings.yaml",
        "measurements.yaml",
        "mechanisms.yaml",
        "sources.json",
        "findings",
        "risk_factors",
        "red_flags",
        "conditions",
        "instruments",
        "text",
        "cases",
        "accuracy",
        "article.yaml",
        "facts",
        "medicines",
        "obstacles",
        "treatments",
        "investigations",
        "sequences",
        "referral",
    }
    for path in sorted(root.iterdir()):
        if (
            path.name not in expected
            and not path.name.startswith((".", "_"))
            and path.suffix in (".yaml", ".yml", ".json")
        ):
            reader.faults.append(
                Fault(path.name, None, "", "is no file of the knowledge", f"Known: {', '.join(sorted(expected))}")
            )

    settings = reader.read(root / "settings.yaml", SettingsFile)
    measurements = reader.read(root / "measurements.yaml", MeasurementsFile)
    mechanisms = reader.read(root / "mechanisms.yaml", MechanismsFile)
    risk_factors = [(p, r) for p in _yaml(root / "risk_factors") if (r := reader.read(p, RiskFactorsFile))]
    red_flags = [(p, flags) for p in _yaml(root / "red_flags") if (flags := reader.read(p, RedFlagsFile))]
    findings = [(p, f) for p in _yaml(root / "findings") if (f := reader.read(p, FindingsFile))]
    conditions = [(p, c) for p in _yaml(root / "conditions") if (c := reader.read(p, ConditionFile))]
    instruments = [(p, one) for p in _yaml(root / "instruments") if (one := reader.read(p, InstrumentFile))]
    texts = [(p, t) for p in _yaml(root / "text") if (t := reader.read(p, TextFile))]
    words = [(p, w) for p in sorted((root / "text").glob("*/*.yaml")) if (w := reader.read(p, WordsFile))]
    article = reader.read(root / "article.yaml", ArticleFile) if (root / "article.yaml").exists() else None
    medicines = [(p, m) for p in _yaml(root / "medicines") if (m := reader.read(p, MedicinesFile))]
    care = _care(reader)
    sources = _read_sources(reader)

    ids = {
        "measurement": [m.id for m in measurements.measurements] if measurements else [],
        "mechanism": [m.id for m in mechanisms.mechanisms] if mechanisms else [],
    }
    for kind, names in ids.items():
        key = kind.replace(" ", "_") + "s"
        for i, id_ in enumerate(names):
            reader.place(kind, id_, root / f"{key}.yaml", (key, i))
    lists: list[tuple[str, str, Path, Sequence[Finding | RiskFactor | RedFlag | Medicine]]] = [
        *(("finding", "findings", path, held.findings) for path, held in findings),
        *(("risk factor", "risk_factors", path, held.risk_factors) for path, held in risk_factors),
        *(("red flag", "red_flags", path, held.red_flags) for path, held in red_flags),
        *(("medicine", "medicines", path, held.medicines) for path, held in medicines),
    ]
    for kind, key, path, entries in lists:
        for i, entry in enumerate(entries):
            reader.place(kind, entry.id, path, (key, i))
    for path, told in words:
        for group in dict.fromkeys((*TERMS, *TOLD)):
            for id_ in getattr(told, group):
                reader.place(f"{group} in {told.language}", id_, path, (group, id_))
    files = [("condition", p, c.id) for p, c in conditions] + [("instrument", p, i.id) for p, i in instruments]
    for kind, path, id_ in files:
        reader.place(kind, id_, path, ())
        if path.stem != id_:
            name = path.relative_to(root).as_posix()
            reader.faults.append(
                reader.documents[name].fault(
                    ("id",), f"id {id_} differs from the file name", f"Rename the file to {id_}.yaml"
                )
            )
    if reader.faults:
        raise Faulty(reader.faults)
    assert settings is not None
    assert measurements is not None
    assert mechanisms is not None
    knowledge = Knowledge(
        settings=settings,
        sources=sources,
        findings={f.id: f for _, file_ in findings for f in file_.findings},
        obtained_by={f.id: file_.obtained_by for _, file_ in findings for f in file_.findings},
        measurements={m.id: m for m in measurements.measurements},
        mechanisms={m.id: m for m in mechanisms.mechanisms},
        risk_factors={r.id: r for _, held in risk_factors for r in held.risk_factors},
        red_flags=tuple(f for _, held in red_flags for f in held.red_flags),
        instruments={i.id: i for _, i in instruments},
        conditions={c.id: c for _, c in conditions},
        texts={t.language: t for _, t in texts},
        words=_by_language(w for _, w in words),
        patient_words=_told(w for _, w in words),
        article=article.rows if article else (),
        medicines={m.id: m for _, held in medicines for m in held.medicines},
        together=tuple(t for _, held in medicines for t in held.together),
        care=care,
    )
    return Loaded(knowledge, reader.documents, reader.places)


def _care(reader: _Reader) -> Care:
    """Facts, obstacles, investigations, treatments, sequences, referral and follow-up; each file may be missing."""
    root = reader.root
    facts = [(p, f) for p in _yaml(root / "facts") if (f := reader.read(p, FactsFile))]
    groups = [(p, g) for p in _yaml(root / "obstacles") if (g := reader.read(p, ObstaclesFile))]
    treatments = [(p, t) for p in _yaml(root / "treatments") if (t := reader.read(p, TreatmentsFile))]
    investigations = [(p, i) for p in _yaml(root / "investigations") if (i := reader.read(p, InvestigationsFile))]
    sequences = [(p, s) for p in _yaml(root / "sequences") if (s := reader.read(p, SequencesFile))]
    referral = [(p, r) for p in _yaml(root / "referral") if (r := reader.read(p, CareFile))]
    held: list[tuple[str, str, Path, Sequence[Any]]] = [
        *(("fact", "facts", p, f.facts) for p, f in facts),
        *(("obstacle group", "obstacle_groups", p, g.obstacle_groups) for p, g in groups),
        *(("treatment", "treatments", p, t.treatments) for p, t in treatments),
        *(("investigation", "investigations", p, i.investigations) for p, i in investigations),
        *(("sequence", "sequences", p, s.sequences) for p, s in sequences),
        *(("investigation not recommended", "not_recommended", p, s.not_recommended) for p, s in sequences),
        *(("referral", "referrals", p, r.referrals) for p, r in referral),
        *(("follow-up", "follow_up", p, r.follow_up) for p, r in referral),
    ]
    for kind, key, path, entries in held:
        for n, entry in enumerate(entries):
            reader.place(kind, entry.id, path, (key, n))
    return Care(
        facts={x.id: x for _, f in facts for x in f.facts},
        obstacle_groups={x.id: x for _, g in groups for x in g.obstacle_groups},
        treatments={x.id: x for _, t in treatments for x in t.treatments},
        investigations={x.id: x for _, i in investigations for x in i.investigations},
        sequences=tuple(x for _, s in sequences for x in s.sequences),
        not_recommended=tuple(x for _, s in sequences for x in s.not_recommended),
        referrals=tuple(x for _, r in referral for x in r.referrals),
        follow_up=tuple(x for _, r in referral for x in r.follow_up),
    )


def _by_language(files: Iterable[WordsFile]) -> dict[str, dict[str, Words]]:
    found: dict[str, dict[str, Words]] = {}
    for file_ in files:
        if file_.language != "en":
            of = found.setdefault(file_.language, {})
            for group in TERMS:
                of.update(getattr(file_, group))
    return found


def _told(files: Iterable[WordsFile]) -> dict[str, dict[str, dict[str, Words]]]:
    found: dict[str, dict[str, dict[str, Words]]] = {}
    for file_ in files:
        for group in TOLD:
            found.setdefault(file_.language, {}).setdefault(group, {}).update(getattr(file_, group))
    return found


def _yaml(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.yaml")) if folder.is_dir() else []


def _read_sources(reader: _Reader) -> dict[str, Source]:
    path = reader.root / "sources.json"
    try:
        document = read_file(path, "sources.json")
    except Faulty as error:
        reader.faults += error.faults
        return {}
    reader.documents["sources.json"] = document
    if not isinstance(document.value, list):
        reader.faults.append(document.fault((), "holds no list of CSL-JSON items", "Write [ {...}, {...} ]"))
        return {}
    lines: dict[int, dict[Path_, int]] = {}
    for where, line in document.lines.items():
        if where and isinstance(where[0], int):
            lines.setdefault(where[0], {})[where[1:]] = line
    sources: dict[str, Source] = {}
    for i, item in enumerate(document.value):
        try:
            source = validate(Document("sources.json", item, lines.get(i, {})), Source)
        except Faulty as error:
            named = item.get("id", f"[{i}]") if isinstance(item, dict) else f"[{i}]"
            reader.faults += [replace(f, path=f"{named}.{f.path}" if f.path else str(named)) for f in error.faults]
            continue
        reader.place("source", source.id, path, (i,))
        sources[source.id] = source
    return sources
