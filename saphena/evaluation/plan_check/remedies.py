"""The knowledge folder read anew: treatments with their uses and barriers, and the terms their rules speak of.

Plain YAML to plain shapes, without the shapes, the checks and the compiler of the model. A name of its own is
given to each thing, so that nobody takes it for the planner's: a *remedy* is a treatment, a *use* an indication,
a *barrier* an obstacle.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

KNOWLEDGE = Path(__file__).parents[2] / "knowledge"
NO_GOOD = frozenset({"not_recommended", "harmful"})
"""Lines of an indication that offer nothing."""
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
RuleText = dict[str, Any]


@dataclass(frozen=True)
class Term:
    """A finding: its grades, from nothing to strongest."""

    id: str
    grades: tuple[str, ...]
    sided: bool
    parent: str | None
    complaint: bool


@dataclass(frozen=True)
class Gauge:
    """A measurement, and the findings it is read as."""

    id: str
    unit: str
    units: dict[str, float]
    plausible: tuple[float, float]
    sided: bool
    reads: tuple[dict[str, Any], ...]
    context: str | None
    context_at_least: float


@dataclass(frozen=True)
class Answerable:
    """A fact or risk factor, and whom it cannot concern."""

    id: str
    care_only: bool
    only_sex: str | None
    only_ages: tuple[float, float] | None

    def possible(self, age: float, sex: str) -> bool:
        """Can it be present at this age and sex? An unknown sex rules nothing out."""
        if self.only_sex is not None and sex not in (self.only_sex, "unknown"):
            return False
        return self.only_ages is None or self.only_ages[0] <= age <= self.only_ages[1]


@dataclass(frozen=True)
class Disease:
    """What of a condition decides about remedies."""

    id: str
    states: tuple[str, ...]
    threshold: float
    """From which probability it must be settled before a remedy that it forbids."""
    confirmed_from: float
    dangerous: bool
    dangerous_states: tuple[str, ...]
    """Those whose probability counts towards the threshold; all if empty."""
    one_sided: bool
    findings: tuple[str, ...]
    """By sensitivity, the highest first."""


@dataclass(frozen=True)
class Barrier:
    """A contraindication or a caution."""

    id: str
    severity: str
    when: RuleText | None
    condition: str | None
    cleared: RuleText | None
    """Where it holds, only a rule that holds forbids: neither what is unknown nor the condition alone."""
    per_leg: bool
    reason: str


@dataclass(frozen=True)
class Use:
    """An indication."""

    condition: str | None
    when: RuleText | None
    line: str
    aim: str
    strength: str


@dataclass(frozen=True)
class Meeting:
    """Another remedy that this one must not, or only with care, be given with."""

    other: str
    severity: str
    reason: str
    gives_way: str | None
    """Which of the two; None: the one of lower rank."""


@dataclass(frozen=True)
class Remedy:
    """A treatment."""

    id: str
    per_leg: bool
    uses: tuple[Use, ...]
    barriers: tuple[Barrier, ...]
    """Its own and those of its groups."""
    meetings: tuple[Meeting, ...]

    @property
    def forbids(self) -> tuple[Barrier, ...]:
        """Its contraindications."""
        return tuple(b for b in self.barriers if b.severity == "contraindicated")


@dataclass(frozen=True)
class Remedies:
    """Everything that is read."""

    remedies: dict[str, Remedy]
    answerable: dict[str, Answerable]
    terms: dict[str, Term]
    gauges: dict[str, Gauge]
    diseases: dict[str, Disease]

    def forbidding(self) -> Iterator[tuple[Remedy, Barrier]]:
        """Every contraindication of every remedy that is good for something."""
        for remedy in self.remedies.values():
            for barrier in remedy.forbids if any(u.line not in NO_GOOD for u in remedy.uses) else ():
                yield remedy, barrier


def read_remedies(root: Path = KNOWLEDGE) -> Remedies:
    """Read a knowledge folder; files that care does not need are left alone."""
    settings = _read(root / "settings.yaml")
    groups = {g["id"]: g["obstacles"] for g in _entries(root, "obstacles", "obstacle_groups")}
    return Remedies(
        remedies={t["id"]: _remedy(t, groups) for t in _entries(root, "treatments", "treatments")},
        answerable={
            one["id"]: Answerable(one["id"], care_only, one.get("only_sex"), _pair(one.get("only_ages")))
            for folder, care_only in (("risk_factors", False), ("facts", True))
            for one in _entries(root, folder, folder)
        },
        terms={f["id"]: _term(f) for f in _entries(root, "findings", "findings")},
        gauges={m["id"]: _gauge(m) for m in _read(root / "measurements.yaml")["measurements"]},
        diseases={
            d.id: d
            for path in sorted((root / "conditions").glob("*.yaml"))
            for d in (
                _disease(_read(path), settings["treat_threshold"]["value"], settings["ordinary_threshold"]["value"]),
            )
        },
    )


def _read(path: Path) -> dict[str, Any]:
    with path.open(encoding="utf-8") as file:
        return dict(yaml.load(file, Loader=_Loader))  # noqa: S506 - a safe loader, the quick one where there is one


def _entries(root: Path, folder: str, key: str) -> list[dict[str, Any]]:
    return [one for path in sorted((root / folder).glob("*.yaml")) for one in _read(path).get(key) or ()]


def _pair(value: Any) -> tuple[float, float] | None:
    return None if value is None else (float(value[0]), float(value[1]))


def _remedy(one: dict[str, Any], groups: dict[str, list[dict[str, Any]]]) -> Remedy:
    shared = [o for group in one.get("obstacle_groups") or () for o in groups[group]]
    return Remedy(
        id=one["id"],
        per_leg=one.get("per_leg", False),
        uses=tuple(
            Use(u.get("condition"), u.get("when"), u["line"], u["aim"], u["strength"]) for u in one["indications"]
        ),
        barriers=tuple(
            Barrier(
                o["id"],
                o["severity"],
                o.get("when"),
                o.get("condition"),
                o.get("cleared"),
                o.get("per_leg", False),
                o["reason"],
            )
            for o in (*shared, *(one.get("obstacles") or ()))
        ),
        meetings=tuple(_meeting(one["id"], i) for i in one.get("interactions") or ()),
    )


def _meeting(own: str, one: dict[str, Any]) -> Meeting:
    giver = {True: own, False: one["with"], None: None}[one.get("gives_way")]
    return Meeting(one["with"], one["severity"], one["reason"], giver)


def _term(one: dict[str, Any]) -> Term:
    return Term(
        one["id"],
        tuple(one.get("grades") or ("absent", "present")),
        one.get("sided", False),
        one.get("given"),
        one.get("scale") == "complaint",
    )


def _gauge(one: dict[str, Any]) -> Gauge:
    unit = str(one["unit"])
    low, high = one["plausible"]
    return Gauge(
        id=one["id"],
        unit=unit,
        units={unit: 1.0, **{str(name): float(factor) for name, factor in (one.get("units") or {}).items()}},
        plausible=(float(low), float(high)),
        sided=one.get("sided", False),
        reads=tuple(one.get("reads") or ()),
        context=one.get("context"),
        context_at_least=float(one.get("context_at_least") or 0),
    )


def _disease(one: dict[str, Any], treat: float, ordinary: float) -> Disease:
    danger = one.get("must_not_miss")
    sensitivities = one.get("findings") or {}
    return Disease(
        id=one["id"],
        states=tuple(s["id"] for s in one.get("states") or ()),
        threshold=float(danger["threshold"]) if danger else ordinary,
        confirmed_from=treat if danger else ordinary,
        dangerous=danger is not None,
        dangerous_states=tuple(danger.get("states") or ()) if danger else (),
        one_sided=one.get("one_sided", False),
        findings=tuple(sorted(sensitivities, key=lambda f: -_sensitivity(sensitivities[f]))),
    )


def _sensitivity(number: Any) -> float:
    if not isinstance(number, dict):
        return 0.0
    return float(number.get("sensitivity") or sum((number.get("grades") or {}).values()))
