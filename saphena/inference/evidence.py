"""The numbers of one case: what every inference algorithm here starts from.

``Evidence`` is the network of SEMANTICS after the case has been put in: priors with the patient's
age, sex and risk factors, and for each observed finding the interval of grades it was seen in.
Nothing in it knows a name.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROUNDING = 1e-14
"""Rounding error of a few sums; anything smaller is 0."""


class ImpossibleEvidence(ValueError):
    """What was observed has probability zero in the model."""


def possible(evidence: float) -> float:
    """P(evidence), which may be divided by; raises ``ImpossibleEvidence`` if it is 0."""
    if not evidence > 0:
        raise ImpossibleEvidence("no cause in the model can produce these findings together")
    return evidence


def absent_of(prior: Floats, membership: Floats) -> Floats:
    """P(condition absent); what rounding leaves of a condition that is certain is 0."""
    left = 1 - prior @ membership
    return np.asarray(np.where(left < ROUNDING, 0.0, left))


@dataclass(frozen=True, eq=False)
class Evidence:
    """One case as arrays; equal only to itself, so that what is worked out of it can be kept.

    Sizes: ``S`` condition states (all conditions, in order), ``C`` conditions, ``K`` mechanisms,
    ``J`` observed findings, ``G`` grades (of the finding with most; shorter ones are padded
    with 0). All values are probabilities.
    """

    prior: Floats
    """(S,) P(state); what is left to one within a condition is "absent"."""
    condition_of: Ints
    """(S,) index of the condition each state belongs to, ascending."""
    link: Floats
    """(S, J, G) P(the state causes exactly this grade); grade 0 is "causes nothing"."""
    leak: Floats
    """(J, G) the same for no modelled condition."""
    lowest: Ints
    """(J,) lowest grade compatible with what was seen."""
    highest: Ints
    """(J,) highest grade compatible with what was seen."""
    mechanism_leak: Floats
    """(K,) P(mechanism is on without any modelled condition)."""
    mechanism_prior: Floats
    """(S, K) P(the state switches the mechanism on)."""
    mechanism_link: Floats
    """(K, J, G) P(the mechanism causes exactly this grade)."""
    soft: Floats
    """(S,) factors on a state from findings that a narrative leaves unmentioned (1: none)."""
    mechanism_soft: Floats
    """(K,) the same on a mechanism that is on."""
    doubt: Floats = field(default_factory=lambda: np.zeros(0))
    """(J,) how likely the report is if the truth is otherwise, relative to 1 if it is as reported: 0 for a
    certain report (the default), 1 for one that says nothing. Otherwise is below the grades seen, or, of
    a finding reported to have no more than some grade (lowest 0), above them. That a present finding does
    not exceed the grades seen is never in doubt."""

    def __post_init__(self) -> None:
        if not len(self.doubt):
            object.__setattr__(self, "doubt", np.zeros(len(self.lowest)))
        if self.doubt.shape != self.lowest.shape or not ((self.doubt >= 0) & (self.doubt <= 1)).all():
            raise ValueError("doubt must be one number from 0 to 1 for each observed finding")

    @property
    def conditions(self) -> int:
        """Number of conditions."""
        return int(self.condition_of.max(initial=-1)) + 1

    @property
    def membership(self) -> Floats:
        """(S, C) 1 where the state belongs to the condition."""
        return np.asarray(self.condition_of[:, None] == np.arange(self.conditions), dtype=np.float64)

    @property
    def absent(self) -> Floats:
        """(C,) P(condition absent)."""
        return absent_of(self.prior, self.membership)

    @property
    def positive(self) -> Ints:
        """Findings whose grade must have had a cause (lowest grade above 0)."""
        return np.flatnonzero(self.lowest > 0)

    @property
    def doubted_absent(self) -> Ints:
        """Findings of which it is doubtful that their grade is as low as reported."""
        return np.flatnonzero((self.lowest == 0) & (self.doubt > 0))

    def without(self, findings: Collection[int]) -> Evidence:
        """The same case with some of the findings not observed."""
        keep = np.setdiff1d(np.arange(len(self.lowest)), list(findings))
        return replace(
            self,
            link=self.link[:, keep],
            leak=self.leak[keep],
            lowest=self.lowest[keep],
            highest=self.highest[keep],
            mechanism_link=self.mechanism_link[:, keep],
            doubt=self.doubt[keep],
        )

    def below(self, pmf: Floats) -> Floats:
        """P(trigger stays below the lowest grade seen); last axes of ``pmf`` are (J, G)."""
        grades = np.arange(pmf.shape[-1])
        return np.asarray(np.where(grades < self.lowest[:, None], pmf, 0.0).sum(axis=-1))

    def within(self, pmf: Floats) -> Floats:
        """P(trigger falls in the grades seen); summed, not subtracted, so that impossible is exactly 0."""
        grades = np.arange(pmf.shape[-1])
        inside = (grades >= self.lowest[:, None]) & (grades <= self.highest[:, None])
        return np.asarray(np.where(inside, pmf, 0.0).sum(axis=-1))

    def up_to(self, pmf: Floats) -> Floats:
        """P(trigger does not exceed the highest grade seen)."""
        grades = np.arange(pmf.shape[-1])
        # The tail is subtracted, so that "no restriction" is exactly 1.
        return np.asarray(1.0 - np.where(grades > self.highest[:, None], pmf, 0.0).sum(axis=-1))
