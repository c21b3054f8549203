"""What can be said in a model: grades of a finding, the node that a statement is about, what only a clinician can say."""

from __future__ import annotations

from functools import lru_cache

from saphena.inference.observation import Interval, Side
from saphena.model.network import Model
from saphena.model.schema import Finding


def grades_of(finding: Finding) -> tuple[str, ...]:
    """Names of a finding's grades, from nothing to strongest."""
    return ("absent", "present") if finding.kind == "binary" else finding.grades


def node_of(
    finding: Finding, interval: Interval, children: dict[str, bool], side: Side, leg: Side
) -> tuple[str, int, int]:
    """Node and grades of one statement, with the children that are known."""
    name, bits = "+".join((finding.id, *children)), sum(yes << i for i, yes in enumerate(children.values()))
    low, high = (1 + bits, 1 + bits) if children else (interval.lowest, interval.highest)
    if finding.sided and side == "both":
        name += "@any" if finding.kind == "graded" else "@legs"
        if interval.lowest > 0:
            low = high = 1 + bits + (1 << len(children))
    elif finding.sided and side == "":
        name += "@any" if finding.kind == "graded" or children else "@legs"
        if finding.kind == "binary" and not children and interval.lowest > 0:
            low, high = 1, 2
    elif finding.sided:
        name += "@index" if side == leg else "@other"
    return name, low, high


@lru_cache(maxsize=8)
def clinician_items(model: Model) -> frozenset[str]:
    """What rules and scores ask of the clinician alone."""
    rules = [flag.when for flag in model.knowledge.red_flags]
    for instrument in model.knowledge.instruments.values():
        rules += [instrument.applies] if instrument.applies is not None else []
        rules += [rule for item in instrument.items for rule in item.rules]
    found: set[str] = set()
    while rules:
        rule = rules.pop()
        if rule.clinician_says is not None:
            found.add(rule.clinician_says)
        rules += rule.parts
    return frozenset(found)


def unit_words(unit: str) -> str:
    """A unit as it stands behind a number; a ratio has none."""
    return "" if unit == "1" else unit
