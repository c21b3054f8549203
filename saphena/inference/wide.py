"""Cases too wide for exact inference: independent joint samples, and how far they can be relied on.

Worlds are drawn from an upper bound on P(world, evidence) that factorises (``bound.py``). The ratio of the
two, known for each draw and at most 1, is its weight; taking a draw with that probability would give exact
samples of the posterior, and keeping all of them with their weights says the same with less noise.
``worlds.py`` works out what they say. The same case gives the same draws.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import exp, log

import numpy as np

from saphena.inference.bound import Bound, Parts, bound_of, present_causes, strengths_of
from saphena.inference.causes import nothing_explains
from saphena.inference.evidence import Evidence, Floats
from saphena.inference.sampling import Samples
from saphena.inference.subset import Lanes, TooWide
from saphena.inference.worlds import Worlds

SEED = 20_260_102
DRAWS, MOST_DRAWS = 10_000, 100_000
"""Draws at a time, and in all."""
ENOUGH = 2000
"""Effective draws from which no more are made."""
STATES = 2**13
"""Stored states of the programme that carries the findings bounded worst."""
PARTS, MOST_PARTS = 32, 256
"""Parts at first; four times as many while draws are too unequal."""


@dataclass(frozen=True)
class Sampled:
    """How an answer was estimated."""

    draws: int
    effective: float
    """Equally weighted draws that would be as good."""
    acceptance: float
    """Mean weight: the share of draws that would be taken as exact samples of the posterior."""
    log_evidence_error: float
    standard_error: float
    """Largest of any probability given."""


@dataclass(frozen=True)
class Drawn:
    """Worlds drawn from the bound, with their weights."""

    samples: Samples
    weight: Floats
    """(N,) in [0, 1]."""
    log_bound: float

    def and_(self, other: Drawn) -> Drawn:
        """These and others from the same bound."""
        return Drawn(
            Samples(
                np.concatenate([self.samples.state, other.samples.state]),
                np.concatenate([self.samples.mechanism, other.samples.mechanism]),
            ),
            np.concatenate([self.weight, other.weight]),
            self.log_bound,
        )

    @property
    def effective(self) -> float:
        """Number of equally weighted draws that would be as good."""
        squares = float((self.weight**2).sum())
        return float(self.weight.sum()) ** 2 / squares if squares > 0 else 0.0


class Sampler:
    """Draws worlds of one case; ``parts`` and ``states`` trade time against the closeness of the bound."""

    def __init__(self, evidence: Evidence, seed: int = SEED, states: int = STATES, parts: int = PARTS) -> None:
        self.evidence = evidence
        self.bound: Bound = bound_of(evidence, strengths_of(evidence), states)
        self.parts: Parts = self.bound.divided(self.bound.whole(), parts)
        self.rng = np.random.default_rng(seed)

    def draw(self, count: int) -> Drawn:
        """So many independent draws."""
        samples, of = self.bound.draw(self.parts, count, self.rng)
        causes = present_causes(self.evidence, samples)
        weight = np.exp(self.bound.log_weights(self.parts, causes, of).sum(axis=1))
        return Drawn(samples, weight, self.parts.total)

    def accepted(self, count: int) -> Samples:
        """``count`` independent samples of P(conditions, mechanisms | evidence), exact: each draw is taken with the
        probability that is its weight. Raises ``TooWide`` if too few of ``MOST_DRAWS`` are."""
        taken: list[Samples] = []
        left = count
        for _ in range(MOST_DRAWS // DRAWS):
            drawn = self.draw(DRAWS)
            chosen = np.flatnonzero(self.rng.random(DRAWS) < drawn.weight)[:left]
            taken.append(Samples(drawn.samples.state[chosen], drawn.samples.mechanism[chosen]))
            left -= len(chosen)
            if left == 0:
                return Samples(np.concatenate([t.state for t in taken]), np.concatenate([t.mechanism for t in taken]))
        raise TooWide(f"{count - left} of {MOST_DRAWS:,} draws are samples of the posterior; {count} were asked for")

    def enough(self) -> Drawn:
        """Draws until they are worth ``ENOUGH`` equal ones, with a closer bound if that takes long."""
        drawn = self.draw(DRAWS)
        while drawn.effective < ENOUGH and len(self.parts) < MOST_PARTS:
            before = len(self.parts)
            self.parts = self.bound.divided(self.parts, 4 * before)
            if len(self.parts) == before:
                break
            drawn = self.draw(DRAWS)
        while drawn.effective < ENOUGH and len(drawn.weight) < MOST_DRAWS:
            drawn = drawn.and_(self.draw(DRAWS))
        if not drawn.weight.any():
            raise TooWide(
                f"none of {len(drawn.weight):,} draws can produce these {len(self.evidence.positive)} findings"
            )
        return drawn


@lru_cache(maxsize=4)
def worlds_of(evidence: Evidence) -> tuple[Worlds, Sampled]:
    """Weighted worlds of a wide case, and how they were come by; those of the last cases are remembered.

    Raises ``ImpossibleEvidence``, or ``TooWide`` if no draw can produce the findings.
    """
    evidence = without_doubt(evidence)
    return weighed(evidence, Sampler(evidence).enough())


def without_doubt(evidence: Evidence) -> Evidence:
    """The same case without doubtful reports. What may be a false report of presence is one more thing that brings
    it about, besides the leak: 1 - (1 - doubt) P(below | causes), exactly. A doubtful absence is left out."""
    if not evidence.doubt.any():
        return evidence
    leak, highest = evidence.leak.copy(), evidence.highest.copy()
    for j in np.flatnonzero(evidence.doubt > 0):
        low = int(evidence.lowest[j])
        if low == 0:
            highest[j] = leak.shape[1] - 1
        else:
            moved = evidence.doubt[j] * leak[j, :low]
            leak[j, :low] -= moved
            leak[j, low] += moved.sum()
    return replace(evidence, leak=leak, highest=highest, doubt=np.zeros_like(evidence.doubt))


def weighed(evidence: Evidence, drawn: Drawn) -> tuple[Worlds, Sampled]:
    """Draws of the same world put together, and the figures of the drawing."""
    count, acceptance = len(drawn.weight), float(drawn.weight.mean())
    used = np.flatnonzero(drawn.weight > 0)
    state, mechanism = drawn.samples.state[used], drawn.samples.mechanism[used]
    # Parts share no world, so that the same world always has the same weight.
    _, first, times = np.unique(np.column_stack([state, mechanism]), axis=0, return_index=True, return_counts=True)
    share = drawn.weight[used[first]] * times
    worlds = Worlds(
        evidence,
        state[first],
        mechanism[first],
        share / share.sum(),
        times.astype(float),
        drawn.log_bound + log(acceptance),
    )
    states = worlds.average(worlds.chances)
    errors = worlds.error(worlds.chances, states)
    presence_errors = worlds.error(worlds.presence, worlds.average(worlds.presence))
    return worlds, Sampled(
        draws=count,
        effective=drawn.effective,
        acceptance=acceptance,
        log_evidence_error=float(drawn.weight.std() / acceptance / count**0.5),
        standard_error=float(max(errors.max(initial=0.0), presence_errors.max(initial=0.0))),
    )


def nothing_explains_of(worlds: Worlds) -> float:
    """P(no condition caused any present finding | evidence): exact but for P(evidence)."""
    e = worlds.evidence
    absorbed, present = e.lowest == 0, e.positive
    none = np.zeros((1, len(e.mechanism_leak), len(present)))

    def low(pmf: Floats) -> Floats:
        return e.below(pmf)[None, ..., present]

    def hit(pmf: Floats) -> Floats:
        return e.within(pmf)[None, ..., present]

    lane = Lanes(
        weight=(e.prior * e.soft * e.up_to(e.link)[:, absorbed].prod(axis=1))[None],
        absent=e.absent[None],
        low=low(e.link),
        hit=hit(e.link),
        leak_low=low(e.leak),
        leak_hit=hit(e.leak),
        switched=e.mechanism_leak[None],
        unswitched=1 - e.mechanism_leak[None],
        switch=e.mechanism_prior[None],
        on=(e.mechanism_soft * e.up_to(e.mechanism_link)[:, absorbed].prod(axis=1))[None],
        off=np.ones((1, len(e.mechanism_leak))),
        on_low=low(e.mechanism_link),
        on_hit=hit(e.mechanism_link),
        off_low=none + 1,
        off_hit=none,
        factor=e.up_to(e.leak)[absorbed].prod()[None],
    )
    joint = nothing_explains(lane, e.membership)
    return min(1.0, exp(log(joint) - worlds.log_evidence)) if joint > 0 else 0.0
