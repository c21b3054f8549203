"""What every check of the knowledge needs: a place to put faults, and whether ids, rules and sources resolve."""

from __future__ import annotations

from collections.abc import Iterable

from saphena.faults import Fault
from saphena.model.load import Loaded
from saphena.model.reader import Path_
from saphena.model.rules import Rule
from saphena.model.suggest import did_you_mean

SETTINGS = ("primary_care", "vascular_clinic", "emergency_without_injury", "emergency_after_injury", "population")


class Checker:
    """Collects faults of the knowledge, each at its file and line."""

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.k = loaded.knowledge
        self.faults: list[Fault] = []

    def add(self, kind: str, id_: str, path: Path_, message: str, remedy: str) -> None:
        """One fault, at a path inside an entry."""
        self.faults.append(self.loaded.fault(kind, id_, path, message, remedy))

    def known(self, kind: str, id_: str, path: Path_, word: str, what: str, among: Iterable[str]) -> bool:
        """Is the word one of the known ids? If not, that is a fault."""
        names = list(among)
        if word in names:
            return True
        self.add(kind, id_, path, f"there is no {what} {word}", did_you_mean(word, names))
        return False

    def rule(self, kind: str, id_: str, path: Path_, rule: Rule) -> None:
        """Every id of a rule resolves."""
        predicate = rule.predicate
        here = (*path, "not" if predicate == "not_" else predicate)
        value = getattr(rule, predicate)
        if predicate in ("all", "any"):
            for i, part in enumerate(value):
                self.rule(kind, id_, (*here, i), part)
        elif predicate == "not_":
            self.rule(kind, id_, here, value)
        elif predicate == "at_least":
            if value.n > len(value.of):
                self.add(kind, id_, here, f"asks for {value.n} of {len(value.of)}", "Lower n, or add rules to of")
            for i, part in enumerate(value.of):
                self.rule(kind, id_, (*here, "of", i), part)
        elif predicate in ("present", "absent", "both_legs", "one_leg"):
            found = self.known(kind, id_, here, value, "finding", self.k.findings)
            if predicate in ("one_leg", "both_legs") and found and not self.k.findings[value].sided:
                self.add(kind, id_, here, f"{value} has no sides", "Write present")
        elif predicate in ("grade", "duration"):
            if self.known(kind, id_, here, value.finding, "finding", self.k.findings):
                grades = self.k.findings[value.finding].grades
                for word in (value.at_least, value.at_most):
                    if word is not None and word not in grades:
                        self.add(
                            kind, id_, here, f"{value.finding} has no grade {word}", f"Grades: {', '.join(grades)}"
                        )
        elif predicate in ("measure", "difference"):
            self.known(kind, id_, here, value.id, "measurement", self.k.measurements)
        elif predicate == "context":
            self.known(kind, id_, here, value, "risk factor", {**self.k.risk_factors, **self.k.care.facts})
        elif predicate == "known":
            self.known(kind, id_, here, value, "condition", self.k.conditions)
        elif predicate == "score":
            found = self.known(kind, id_, here, value.id, "instrument", self.k.instruments)
            if found and self.k.instruments[value.id].kind != "score":
                self.add(kind, id_, here, f"{value.id} is no sum of points", "Write its criteria as a rule")
        elif predicate == "setting":
            self.known(kind, id_, here, value, "setting", SETTINGS)

    def source(self, kind: str, id_: str, path: Path_, source: str, quoted: bool) -> None:
        """The source is listed, and was read if it is quoted."""
        if not self.known(kind, id_, (*path, "source"), source, "source in sources.json", self.k.sources) or not quoted:
            return
        known = self.k.sources[source]
        if known.custom.how_known != "seen":
            self.add(
                kind,
                id_,
                path,
                f"quotes {source}, which sources.json calls recalled",
                "Write recalled: true instead of quote, or read the source",
            )
        elif known.URL is None:
            self.add(
                kind,
                id_,
                path,
                f"quotes {source}, which has no address",
                "Add URL to the source: where the words were read",
            )
