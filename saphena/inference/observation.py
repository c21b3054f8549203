"""What was observed of one case: an interval of grades for each finding and side, and what is known besides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

from saphena.case import Case
from saphena.inference.evidence import Evidence
from saphena.model.medicines import Medicine
from saphena.model.network import Model

Side = str
"""``right``, ``left``, or ``""`` where no side is stated or the finding has none."""


@dataclass(frozen=True)
class Interval:
    """Grades that are compatible with what was said; a binary finding has grades 0 and 1."""

    lowest: int
    highest: int
    doubt: float = 0.0
    """P(this was said | the truth is otherwise) by P(this was said | it is so); 0 if it was said with certainty."""

    @property
    def present(self) -> bool | None:
        """True, False, or None where both are possible."""
        return True if self.lowest > 0 else False if self.highest == 0 else None


@dataclass(frozen=True)
class Seen:
    """One observation that enters inference: a node and the grades seen."""

    finding: str
    children: tuple[str, ...]
    """Child findings that are known and count together with their parent."""
    node: str
    lowest: int
    highest: int
    leg: Side
    """``both`` where the legs are alike."""
    words: str
    """As the case says it: ``present``, ``days``, ``0.6``..."""
    doubt: float = 0.0
    """As in ``Interval``."""


@dataclass
class Observation:
    """A checked case."""

    case: Case
    seen: tuple[Seen, ...]
    intervals: dict[tuple[str, Side], Interval]
    """What is known of each finding by side; the rules of triage read this."""
    measured: dict[tuple[str, Side], float]
    """Measured values in canonical units."""
    context: dict[str, bool]
    known: dict[str, str | None]
    """Known conditions, with their state where it is known."""
    excluded: frozenset[str]
    index_leg: Side
    left_out: tuple[str, ...]
    """Said, but not used by inference, with the reason."""
    warnings: tuple[str, ...]
    medicines: tuple[Medicine, ...] = ()
    """Those of the case that Saphena knows; what they mean stands in ``context`` and ``facts``."""
    facts: dict[str, bool] = field(default_factory=dict)
    """What decides care alone; inference does not read it."""
    prepared: tuple[Model, Evidence] | None = field(default=None, init=False, repr=False, compare=False)
    """The arrays that ``prepare`` made of it, kept for whoever asks again."""

    @cached_property
    def mentioned(self) -> frozenset[str]:
        """Findings on which the case says anything."""
        return frozenset(id_ for id_, _ in self.intervals)

    @property
    def sure(self) -> Observation:
        """The same without what was said in doubt."""
        return replace(self, intervals={key: i for key, i in self.intervals.items() if not i.doubt})

    @property
    def cautious(self) -> Observation:
        """The same with every doubtful presence taken as certain, and without doubtful absences."""
        kept = {key: i for key, i in self.intervals.items() if not i.doubt or i.lowest > 0}
        return replace(self, intervals={key: Interval(i.lowest, i.highest) for key, i in kept.items()})

    def interval(self, finding: str, sides: Iterable[Side] = ("right", "left", "")) -> Interval | None:
        """What is known of a finding on any of the sides; the highest counts."""
        known = [i for i in (self.intervals.get((finding, s)) for s in sides) if i is not None]
        if not known:
            return None
        if len(known) == 1:
            return known[0]
        return Interval(max(i.lowest for i in known), max(i.highest for i in known))
