"""The compiled model: knowledge as arrays, with the names that lead to them.

A *node* is one way in which a finding can be observed. A finding without sides or children has one
node; a sided finding has ``@index`` (leg of the main complaint) and ``@other`` for legs that differ,
and ``@legs`` (none < one leg < both) where no side is stated or both legs are alike, so that two like
legs are not two witnesses; a finding with children (``given``) has one node for each set of children
that may be known, written ``parent+child``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from saphena.model.schema import Knowledge

if TYPE_CHECKING:
    from saphena.model.priors import PriorTable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SETTINGS = ("primary_care", "vascular_clinic", "emergency_without_injury", "emergency_after_injury", "population")
CHILD_BANDS = ("0-4", "5-9", "10-17")
ADULT_BANDS = ("18-44", "45-64", "65+")
YOUNG = "18-24"
"""Between childhood and the first band that files state: worked out from both, at ``YOUNG_CENTRE`` years."""
YOUNG_CENTRE = 21.0
AGE_BANDS = (*CHILD_BANDS, YOUNG, *ADULT_BANDS)
CHILD_BAND_ENDS = (5.0, 10.0, 18.0)
"""Age at which each band of childhood is left, in years."""
SEXES = ("female", "male", "unknown")
ADULT = 18.0
YOUNGEST = 1.0
"""Years. What is stated of children is of those who walk."""


@dataclass(frozen=True)
class Network:
    """Arrays of the model: ``S`` condition states, ``C`` conditions, ``K`` mechanisms, ``N`` nodes,
    ``G`` grades (of the node with most; others are padded with 0), ``R`` risk factors."""

    nodes: tuple[str, ...]
    node_grades: Ints
    """(N,) number of grades of each node, grade 0 included."""
    states: tuple[str, ...]
    """``condition`` or ``condition.state``."""
    condition_of: Ints
    """(S,)"""
    link: Floats
    """(S, N, G) P(the state causes exactly this grade); grade 0 is "causes nothing"."""
    leak: Floats
    """(N, age band, sex, G)"""
    mechanism_leak: Floats
    """(K,)"""
    mechanism_prior: Floats
    """(S, K) P(the state switches the mechanism on)."""
    mechanism_link: Floats
    """(K, N, G)"""
    intercept: Floats
    """(setting, age band, sex, S) log odds of each state against absence, no risk factor present."""
    log_odds_ratio: Floats
    """(R, S) effect of each risk factor; 0 where it has none."""
    prevalence: Floats
    """(setting, R) of each risk factor where it can be present at all."""

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    def validate(self) -> None:
        """Every distribution adds up to one; raises ``ValueError`` otherwise."""
        for name, array in (("link", self.link), ("leak", self.leak), ("mechanism_link", self.mechanism_link)):
            if not np.allclose(array.sum(axis=-1), 1, atol=1e-9) or (array < 0).any():
                raise ValueError(f"{name} holds something that is no distribution")


@dataclass(frozen=True, eq=False)
class Model:
    """Compiled knowledge; immutable, and equal only to itself, so that caches can be kept by model.

    ``version`` is a hash of its numbers and rules, not of its words.
    """

    knowledge: Knowledge
    network: Network
    version: str
    notices: tuple[str, ...] = ()
    """What compilation found worth saying, such as a sensitivity that has no effect."""
    care_version: str = ""
    """Hash of what the knowledge says about investigations, instruments, treatments and referral."""

    @cached_property
    def node_index(self) -> dict[str, int]:
        """Node name -> position."""
        return {name: i for i, name in enumerate(self.network.nodes)}

    @cached_property
    def whole_node(self) -> dict[str, int]:
        """Finding (no child of another) -> the node in which it counts whatever its side."""
        return {
            f.id: self.node_index[f.id + ("" if not f.sided else "@any" if f.kind == "graded" else "@legs")]
            for f in self.knowledge.findings.values()
            if f.given is None
        }

    @cached_property
    def knows_children(self) -> bool:
        """Is any condition weighed in a child?"""
        return bool(np.isfinite(self.network.intercept[:, : len(CHILD_BANDS)]).any())

    @cached_property
    def youngest(self) -> float:
        """Years from which on there is a differential."""
        return YOUNGEST if self.knows_children else ADULT

    def knows_age(self, age: float) -> bool:
        """Has somebody of this age a differential?"""
        return age >= self.youngest

    @cached_property
    def conditions(self) -> tuple[str, ...]:
        """Condition ids in the order of the arrays."""
        return tuple(self.knowledge.conditions)

    @cached_property
    def mechanisms(self) -> tuple[str, ...]:
        """Mechanism ids in the order of the arrays."""
        return tuple(self.knowledge.mechanisms)

    @cached_property
    def risk_factors(self) -> tuple[str, ...]:
        """Risk factor ids in the order of the arrays."""
        return tuple(self.knowledge.risk_factors)

    @cached_property
    def prior_tables(self) -> tuple[PriorTable, ...]:
        """What risk factors do to each condition."""
        from saphena.model.priors import prior_tables  # It builds on this module.

        return prior_tables(self.knowledge, self.network.condition_of, self.network.log_odds_ratio)

    @cached_property
    def children(self) -> dict[str, tuple[str, ...]]:
        """Parent finding -> its child findings, in the order of their definition."""
        of: dict[str, tuple[str, ...]] = {}
        for finding in self.knowledge.findings.values():
            if finding.given is not None:
                of[finding.given] = (*of.get(finding.given, ()), finding.id)
        return of
