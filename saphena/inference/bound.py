"""An upper bound on a case too wide for the subset programme, close enough to draw from.

Some present findings are carried exactly; each of the others is replaced by a bound that is a product
over causes, and so needs no slot. P(seen | causes) = U (1 - exp(-x)), where U is a product over causes
and x a sum of their *strengths*; log(1 - exp(-x)) is concave, so that every tangent lies above it
(Jaakkola and Jordan 1999, doi:10.1613/jair.583). What may be true is divided into *parts* (a condition
in this state, or not), each with tangents of its own, until the bound is close. The mathematics:
``docs/explanation/inference.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from saphena.inference.evidence import Evidence, Floats, ImpossibleEvidence, Ints
from saphena.inference.sampling import Booleans, Samples, samples_of
from saphena.inference.subset import Lanes, SubsetProgramme, TooWide

CERTAIN = 700.0
"""Strength of a cause that never fails: exp(-700) is as good as 0, and still a number."""
TOGETHER = 16
"""Parts divided at a time."""
FIRST, AGAIN = 10, 2
"""Rounds of fitting tangents: of the first part, and of each that comes of dividing."""
TRIALS = 500
"""Samples that show how loose the bound of each finding is."""
NEAREST, FARTHEST = 1e-6, 30.0
"""Sums of strengths at which a tangent may touch."""


@dataclass(frozen=True)
class Strengths:
    """How strongly each cause speaks for each of ``J`` findings.

    Rows are the leak, the ``S`` states and the ``K`` mechanisms, in this order.
    """

    strength: Floats
    """(1 + S + K, J) -log P(the trigger stays below | does not exceed the grades seen); 0 for findings that are
    not present."""
    up_to: Floats
    """(1 + S + K, J) log P(the trigger does not exceed the grades seen)."""


def strengths_of(evidence: Evidence) -> Strengths:
    """The strengths of one case; both are held within ``CERTAIN``, so that no sum is infinite."""
    pmf = np.concatenate([evidence.leak[None], evidence.link, evidence.mechanism_link])
    low, hit = evidence.below(pmf), evidence.within(pmf)
    with np.errstate(divide="ignore", invalid="ignore"):
        strength = np.where((hit > 0) & (evidence.lowest > 0), np.log1p(hit / low), 0.0)
        up_to = np.log(np.clip(evidence.up_to(pmf), 0.0, 1.0))
    return Strengths(np.minimum(strength, CERTAIN), np.maximum(up_to, -CERTAIN))


def log_seen(x: Floats) -> Floats:
    """log(1 - exp(-x)): a cause reached the grades seen, if none exceeded them; not below ``-CERTAIN``."""
    with np.errstate(divide="ignore"):
        return np.maximum(np.log(-np.expm1(-x)), -CERTAIN)


@dataclass(frozen=True)
class Tangents:
    """Upper bounds ``intercept + slope x`` of ``log_seen``, one each part and bounded finding."""

    at: Floats
    """(L, B) where they touch."""

    @property
    def slope(self) -> Floats:
        """(L, B)"""
        return np.asarray(1 / np.expm1(self.at))

    @property
    def intercept(self) -> Floats:
        """(L, B) height at 0, extrapolated."""
        return np.asarray(log_seen(self.at) - self.slope * self.at)

    @property
    def cap(self) -> Floats:
        """(L, B) where they reach 0. A strength beyond is cut to it, since nothing is above 1."""
        return np.asarray(self.at - log_seen(self.at) / self.slope)


@dataclass(frozen=True)
class Parts:
    """``L`` parts of all that may be true: they share nothing, and together leave nothing out."""

    state: Booleans
    """(L, S) may the condition be in this state?"""
    absent: Booleans
    """(L, C) may it be absent?"""
    on: Booleans
    off: Booleans
    """(L, K) may the mechanism be on, or off?"""
    at: Floats
    """(L, B) where the tangents touch."""
    size: Floats
    """(L,) log of the bound on P(part, evidence)."""
    chance: Floats
    """(L, 1 + S + K) under the bound: P(cause is present), 1 for the leak."""
    mean: Floats
    """(L, B) under the bound: expected sum of strengths."""

    def __len__(self) -> int:
        return len(self.size)

    @property
    def total(self) -> float:
        """Log of the bound on P(evidence)."""
        return float(np.logaddexp.reduce(self.size))

    def take(self, rows: Ints | Booleans) -> Parts:
        """Some of the parts, to be changed freely."""
        return Parts(**{f.name: getattr(self, f.name)[rows].copy() for f in fields(self)})

    def and_(self, other: Parts) -> Parts:
        """These and the others."""
        return Parts(**{f.name: np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)})


class Bound:
    """The case with the present findings ``exact`` (indices of the evidence) as they are and the others bounded."""

    def __init__(self, evidence: Evidence, strengths: Strengths, exact: list[int]) -> None:
        self.evidence = evidence
        self.bounded: Ints = np.setdiff1d(evidence.positive, exact)
        # One engine, whatever this process has loaded: rounding decides no draw. A bounded finding may hang on
        # a mechanism, so that all have a slot.
        self.programme = SubsetProgramme(evidence.without(self.bounded), engine="numpy", open_mechanisms=True)
        self.strength = strengths.strength[:, self.bounded]
        up_to = np.where(strengths.up_to > -CERTAIN, strengths.up_to, -np.inf)[:, self.bounded].sum(axis=1)
        base, states = self.programme.base, 1 + len(evidence.prior)
        with np.errstate(divide="ignore"):
            self._weight = np.log(base.weight[0]) + up_to[1:states]
            self._absent = np.log(base.absent[0])
            self._on = np.log(base.on[0]) + up_to[states:]
        self._leak = float(up_to[0])

    def whole(self) -> Parts:
        """Everything in one part, its tangents fitted."""
        e, bounded = self.evidence, len(self.bounded)
        causes = len(self.strength)
        start = Parts(
            np.ones((1, len(e.prior)), dtype=np.bool_),
            np.ones((1, e.conditions), dtype=np.bool_),
            np.ones((1, len(e.mechanism_leak)), dtype=np.bool_),
            np.ones((1, len(e.mechanism_leak)), dtype=np.bool_),
            np.full((1, bounded), 0.5),
            np.zeros(1),
            np.ones((1, causes)),
            np.zeros((1, bounded)),
        )
        return self._fitted(start, FIRST)

    def divided(self, parts: Parts, most: int) -> Parts:
        """The largest parts divided until there are ``most``, or nothing is left to divide."""
        while len(parts) < most:
            largest = np.argsort(-parts.size, kind="stable")[: min(TOGETHER, most - len(parts))]
            of = parts.take(largest)
            tangents = Tangents(of.at)
            # Where a line leaves the curve by c (x - x0)^2 / 2, deciding one cause takes so much off the variance.
            curve = tangents.slope * (1 + tangents.slope)
            squares = np.minimum(self.strength, tangents.cap[:, None]) ** 2
            score = of.chance * (1 - of.chance) * np.einsum("lb,lcb->lc", curve, squares)
            score[:, 0] = 0.0
            worth = score.max(axis=1) > 0
            if not worth.any():
                break
            rest = parts.take(np.setdiff1d(np.arange(len(parts)), largest[worth]))
            halves = self._halves(of.take(worth), score[worth].argmax(axis=1) - 1)
            parts = rest.and_(self._fitted(halves, AGAIN))
        return parts

    def draw(self, parts: Parts, count: int, rng: np.random.Generator) -> tuple[Samples, Ints]:
        """Independent samples in proportion to the bound, and the part of each."""
        share = np.exp(parts.size - parts.total)
        wanted = rng.multinomial(count, share / share.sum())
        lanes, _ = self._lanes(parts)
        drawn = [
            samples_of(self.programme, lanes.part(part, part + 1), int(wanted[part]), rng)
            for part in np.flatnonzero(wanted).tolist()
        ]
        mixed = rng.permutation(count)
        return (
            Samples(
                np.concatenate([d.state for d in drawn])[mixed], np.concatenate([d.mechanism for d in drawn])[mixed]
            ),
            np.repeat(np.arange(len(parts)), wanted)[mixed],
        )

    def log_weights(self, parts: Parts, causes: Floats, of: Ints) -> Floats:
        """(N, B) log of P(finding | world) over its bound, at most 0; ``causes`` (N, 1 + S + K) says which are present.

        The findings that are carried exactly have a ratio of 1.
        """
        tangents, bounded = Tangents(parts.at), np.empty((len(causes), len(self.bounded)))
        intercept, slope, cap = tangents.intercept, tangents.slope, tangents.cap
        for part in np.unique(of):
            mine = of == part
            bounded[mine] = intercept[part] + slope[part] * (causes[mine] @ np.minimum(self.strength, cap[part]))
        seen = log_seen(causes @ self.strength)
        return np.where(seen > -CERTAIN, seen - bounded, -np.inf)

    # --- parts -------------------------------------------------------------------------------

    def _lanes(self, parts: Parts) -> tuple[Lanes, Floats]:
        """One lane a part, each weight scaled by the largest of its condition, and (L,) log of what was taken out."""
        of, states = self.evidence.condition_of, 1 + len(self.evidence.prior)
        tangents = Tangents(parts.at)
        gain = np.einsum("lb,lcb->lc", tangents.slope, np.minimum(self.strength, tangents.cap[:, None]))
        weight = np.where(parts.state, self._weight + gain[:, 1:states], -np.inf)
        absent = np.where(parts.absent, self._absent, -np.inf)
        on = np.where(parts.on, self._on + gain[:, states:], -np.inf)
        off = np.where(parts.off, 0.0, -np.inf)
        largest = absent.T.copy()
        np.maximum.at(largest, of, weight.T)
        largest = np.where(np.isfinite(largest), largest, 0.0).T
        larger = np.maximum(on, off)
        larger = np.where(np.isfinite(larger), larger, 0.0)
        lanes = self.programme.base.repeat(len(parts))
        lanes.weight[:] = np.exp(weight - largest[:, of])
        lanes.absent[:] = np.exp(absent - largest)
        lanes.on[:], lanes.off[:] = np.exp(on - larger), np.exp(off - larger)
        taken = self._leak + gain[:, 0] + tangents.intercept.sum(axis=1) + largest.sum(axis=1) + larger.sum(axis=1)
        return lanes, taken

    def _sized(self, parts: Parts) -> Parts:
        """With size, chances and means from one pass."""
        lanes, taken = self._lanes(parts)
        found = self.programme.marginals(lanes, mechanisms=True)
        with np.errstate(divide="ignore"):
            size = np.log(found.evidence) + taken
        whole = np.where(found.evidence > 0, found.evidence, 1.0)[:, None]
        leak = np.ones((len(parts), 1))
        chance = np.clip(np.concatenate([leak, found.state / whole, found.mechanism / whole], axis=1), 0.0, 1.0)
        mean = np.einsum("lc,lcb->lb", chance, np.minimum(self.strength, Tangents(parts.at).cap[:, None]))
        return replace(parts, size=size, chance=chance, mean=mean)

    def _fitted(self, parts: Parts, rounds: int) -> Parts:
        """Tangents moved to the mean sum of strengths, where the bound is least; a move that does not help is halved."""
        best = self._sized(parts)
        aim = best.mean
        for _ in range(rounds):
            found = self._sized(replace(parts, at=np.clip(aim, NEAREST, FARTHEST)))
            better = (found.size < best.size)[:, None]
            aim = np.where(better, found.mean, np.sqrt(found.at * best.at))
            kept = {f.name: (getattr(found, f.name), getattr(best, f.name)) for f in fields(Parts)}
            best = Parts(
                **{n: np.where(better if new.ndim > 1 else better[:, 0], new, old) for n, (new, old) in kept.items()}
            )
        return best

    def _halves(self, parts: Parts, causes: Ints) -> Parts:
        """Each part twice: with its cause present, and without it."""
        states = len(self.evidence.prior)
        yes, no = parts.take(np.arange(len(parts))), parts.take(np.arange(len(parts)))
        for row, cause in enumerate(causes):
            if cause < states:
                condition = self.evidence.condition_of[cause]
                others = self.evidence.condition_of == condition
                others[cause] = False
                yes.state[row, others], yes.absent[row, condition] = False, False
                no.state[row, cause] = False
            else:
                yes.off[row, cause - states], no.on[row, cause - states] = False, False
        return yes.and_(no)


def bound_of(evidence: Evidence, strengths: Strengths, states: int) -> Bound:
    """The bound that carries exactly the findings it would be loosest for, as many as ``states`` stored states allow.

    Raises ``ImpossibleEvidence`` if nothing can cause one of the findings, ``TooWide`` if the mechanisms alone
    are too many.
    """
    possible = np.concatenate([[True], evidence.prior > 0, np.ones(len(evidence.mechanism_leak), dtype=np.bool_)])
    if not (strengths.strength[possible][:, evidence.positive] > 0).any(axis=0).all():
        raise ImpossibleEvidence("nothing in the model can cause one of these findings")
    bound = Bound(evidence, strengths, [])
    parts = bound.whole()
    if not np.isfinite(parts.total):
        raise ImpossibleEvidence("no cause in the model can produce these findings together")
    samples, of = bound.draw(parts, TRIALS, np.random.default_rng(0))
    ratio = np.exp(bound.log_weights(parts, present_causes(evidence, samples), of))
    exact: list[int] = []
    for finding in bound.bounded[np.argsort(ratio.mean(axis=0), kind="stable")].tolist():
        try:
            wider = Bound(evidence, strengths, [*exact, finding])
        except TooWide:
            continue
        if wider.programme.states <= states:
            exact, bound = [*exact, finding], wider
    return bound


def present_causes(evidence: Evidence, samples: Samples) -> Floats:
    """(N, 1 + S + K) 1 for each cause that is present: the leak, states, and mechanisms that are on."""
    count, states = len(samples.state), len(evidence.prior)
    causes = np.zeros((count, 1 + states + samples.mechanism.shape[1]))
    causes[:, 0] = 1.0
    row, condition = np.nonzero(samples.presence)
    causes[row, 1 + samples.state[row, condition]] = 1.0
    causes[:, 1 + states :] = samples.mechanism
    return causes
