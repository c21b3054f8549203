"""Two codings of the same texts: how often they say the same of a finding, and whether the answer hangs on it."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from saphena.assessment import assess
from saphena.case import Case
from saphena.evaluation.figures import Figure, wilson
from saphena.evaluation.vignettes import CodedCase
from saphena.faults import Fault, Faulty
from saphena.inference.observe import Interval, observe
from saphena.model.network import Model
from saphena.model.reader import read_file
from saphena.model.validate import validate


class Contradiction(BaseModel):
    """A finding that one coder has present and the other absent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    finding: str
    leg: str


class Agreement(BaseModel):
    """Two codings compared."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    figures: tuple[Figure, ...]
    contradictions: tuple[Contradiction, ...]
    other_leader: tuple[str, ...]
    """Cases whose first condition differs."""


def read_second(folder: Path, first: list[CodedCase]) -> list[tuple[CodedCase, CodedCase]]:
    """Cases that stand in both codings, as pairs; raises ``Faulty`` for a file that is no case or of no first one."""
    known = {one.id: one for one in first}
    pairs, faults = [], []
    if not folder.is_dir():
        raise Faulty([Fault(str(folder), None, "", "is not a folder", "Name the folder with the second coding")])
    for path in sorted(folder.glob("*.yaml")):
        try:
            document = read_file(path, path.name)
            other = validate(document, CodedCase)
            if other.id in known:
                pairs.append((known[other.id], other))
            else:
                faults.append(document.fault(("id",), f"{other.id} was not coded first", "Correct the id"))
        except Faulty as error:
            faults += error.faults
    if faults:
        raise Faulty(faults)
    return pairs


def agreement(model: Model, pairs: list[tuple[CodedCase, CodedCase]]) -> Agreement:
    """Findings by leg, as ``observe`` reads them; raises ``Faulty`` for a case that does not fit the vocabulary."""
    either = both = alike = 0
    contradictions, other_leader = [], []
    for first, second in pairs:
        one, two = _said(model, first.case), _said(model, second.case)
        for key in sorted(one.keys() | two.keys()):
            either += 1
            if key not in one or key not in two:
                continue
            both += 1
            alike += one[key] == two[key]
            if {one[key].present, two[key].present} == {True, False}:
                contradictions.append(Contradiction(id=first.id, finding=key[0], leg=key[1]))
        if _leader(model, first.case) != _leader(model, second.case):
            other_leader.append(first.id)
    return Agreement(
        figures=(
            wilson("findings of either coder told by both", both, either),
            wilson("of these told alike", alike, both),
            wilson("of these contradicted", len(contradictions), both),
            wilson("cases with the same leader", len(pairs) - len(other_leader), len(pairs)),
        ),
        contradictions=tuple(contradictions),
        other_leader=tuple(other_leader),
    )


def _said(model: Model, case: Case) -> dict[tuple[str, str], Interval]:
    return observe(model, case).intervals


def _leader(model: Model, case: Case) -> str:
    return next((c.id for c in assess(model, case).differential if c.group != "known"), "-")
