"""What weighted worlds say of a case that is too wide for anything exact.

A *world* is what is true of the patient: the state of every condition, and which mechanisms are on. Given a
world findings are independent, so that everything else is in closed form there, and is averaged over the
worlds. Of one condition at a time even its presence is: given all the rest of a world, P(its state | the
rest, evidence) is known, so that a rare condition has a probability though hardly a world shows it. The
definitions are those of ``reference.py``; the formulas stand in ``docs/explanation/inference.md``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from saphena.inference.bound import CERTAIN, Strengths, log_seen, present_causes, strengths_of
from saphena.inference.evidence import Evidence, Floats, Ints
from saphena.inference.sampling import Booleans, Samples
from saphena.inference.steps import ABSENT

LEADERS = 64
"""Sets of conditions whose probability is worked out exactly, up to P(evidence)."""
MOST_MECHANISMS = 12
"""Mechanisms up to which it is: they are summed out by listing."""
FEWEST = 100
LEAST_SURE = 2.0
"""Below so many effective worlds, or above so many decibans of standard error, a weight is left out."""


@dataclass(frozen=True)
class Given:
    """One condition, given all the rest of each world. Alternatives: absent, then its states."""

    condition: int
    states: Ints
    findings: Ints
    """(F,) those it can cause, or exceed, by itself."""
    x: Floats
    """(N, J) sum of strengths of everything else that is present."""
    seen: Floats
    """(N, A, F) log P(finding | world with this alternative)."""
    log_odds: Floats
    """(N, A) log P(alternative | the rest, evidence)."""
    switch: Floats
    """(A, K) P(the alternative switches the mechanism on)."""
    off: Floats
    """(N, K) P(nothing else switched the mechanism on | conditions)."""

    @property
    def chance(self) -> Floats:
        """(N, A)"""
        return np.exp(self.log_odds)


@dataclass(frozen=True)
class Worlds:
    """``N`` different worlds with what each counts; shares add up to 1."""

    evidence: Evidence
    state: Ints
    """(N, C) state of each condition, ``ABSENT`` where it is absent."""
    mechanism: Booleans
    """(N, K)"""
    share: Floats
    """(N,)"""
    drawn: Floats
    """(N,) how often each was drawn."""
    log_evidence: float

    # --- averages ----------------------------------------------------------------------------

    def average(self, values: Floats) -> Floats:
        """Of (N, ...) values."""
        return np.asarray(np.tensordot(self.share, values, axes=1))

    def error(self, values: Floats, average: Floats | float) -> Floats:
        """Standard error of an average: of a ratio of sums over independent draws (delta method)."""
        return np.asarray(np.sqrt(np.tensordot(self.share**2 / self.drawn, (values - average) ** 2, axes=1)))

    @property
    def effective(self) -> float:
        """Number of equally weighted draws that would be as good."""
        return float(1 / (self.share**2 / self.drawn).sum())

    # --- the worlds --------------------------------------------------------------------------

    @cached_property
    def strengths(self) -> Strengths:
        """Of the causes, for the findings of the evidence."""
        return strengths_of(self.evidence)

    @cached_property
    def causes(self) -> Floats:
        """(N, 1 + S + K)"""
        return present_causes(self.evidence, Samples(self.state, self.mechanism))

    @cached_property
    def x(self) -> Floats:
        """(N, J)"""
        return np.asarray(self.causes @ self.strengths.strength)

    @cached_property
    def findings(self) -> Floats:
        """(N, J) log P(finding as seen | world)."""
        present = self.evidence.positive
        result = self._up_to.copy()
        result[:, present] += log_seen(self.x[:, present])
        return result

    @cached_property
    def off(self) -> Floats:
        """(N, K) P(mechanism off | conditions)."""
        return np.exp(self._log_off)

    @cached_property
    def _up_to(self) -> Floats:
        """(N, J) log P(finding does not exceed the grades seen | world)."""
        return np.asarray(self.causes @ self.strengths.up_to)

    @cached_property
    def _switch(self) -> Floats:
        """(1 + S + K, K) P(the cause switches the mechanism on)."""
        mechanisms = len(self.evidence.mechanism_leak)
        return np.concatenate(
            [self.evidence.mechanism_leak[None], self.evidence.mechanism_prior, np.zeros((mechanisms, mechanisms))]
        )

    @cached_property
    def _untouched(self) -> Floats:
        """(1 + S + K, K) log P(the cause does not)."""
        return _log(1 - self._switch)

    @cached_property
    def _log_off(self) -> Floats:
        return np.asarray(self.causes @ self._untouched)

    def _alternatives(self, of_cause: Floats, states: Ints) -> Floats:
        """Rows of these states below one of zeros for "absent"."""
        return np.concatenate([np.zeros((1, of_cause.shape[1])), of_cause[1 + states]])

    def under(self, evidence: Evidence) -> Worlds:
        """The same worlds given other findings: exact in expectation, if these allow no world that the former did
        not, and the less sure the more they differ."""
        other = replace(self, evidence=evidence)
        with np.errstate(divide="ignore"):
            change = other._log_joint() - self._log_joint()
        most = float(change.max())
        share = self.share * np.exp(change - most)
        return replace(
            other, share=share / share.sum(), log_evidence=self.log_evidence + most + float(np.log(share.sum()))
        )

    def only(self, kept: Booleans) -> Worlds | None:
        """Those of the worlds that are kept, as if the others could not be; None if that is none of them."""
        rows = np.flatnonzero(kept)
        whole = float(self.share[rows].sum())
        if not whole > 0:
            return None
        return replace(
            self,
            state=self.state[rows],
            mechanism=self.mechanism[rows],
            share=self.share[rows] / whole,
            drawn=self.drawn[rows],
            log_evidence=self.log_evidence + float(np.log(whole)),
        )

    def _log_joint(self) -> Floats:
        """(N,) log P(world, evidence) but for the factors that do not depend on findings."""
        e = self.evidence
        soft = np.log(np.maximum(np.concatenate([[1.0], e.soft, e.mechanism_soft]), np.exp(-CERTAIN)))
        return np.asarray(self.causes @ soft + self.findings.sum(axis=1))

    # --- one condition, given the rest -------------------------------------------------------

    def given(self, condition: int) -> Given:
        """One condition in all worlds, everything else as it is there."""
        e, s = self.evidence, self.strengths
        states = np.flatnonzero(e.condition_of == condition)
        findings = np.flatnonzero((s.strength[1 + states] > 0).any(axis=0) | (s.up_to[1 + states] < 0).any(axis=0))
        strength, up_to = self._alternatives(s.strength, states), self._alternatives(s.up_to, states)
        switch, untouched = self._alternatives(self._switch, states), self._alternatives(self._untouched, states)
        mine = np.searchsorted(states, self.state[:, condition]) + (self.state[:, condition] != ABSENT)
        x = np.maximum(self.x - strength[mine], 0.0)
        seen = (self._up_to - up_to[mine])[:, None, findings] + up_to[:, findings]
        present = e.lowest[findings] > 0
        seen[:, :, present] += log_seen(x[:, None, findings[present]] + strength[:, findings[present]])
        off = np.exp(np.minimum(self._log_off - untouched[mine], 0.0))
        able = (switch > 0).any(axis=0)
        stays = off[:, None, able] * (1 - switch[:, able])
        switched = np.where(self.mechanism[:, None, able], 1 - stays, stays)
        prior = np.concatenate([[e.absent[condition]], (e.prior * e.soft)[states]])
        log_odds = _log(prior) + _log(switched).sum(axis=2) + seen.sum(axis=2)
        log_odds -= np.logaddexp.reduce(log_odds, axis=1, keepdims=True)
        return Given(condition, states, findings, x, seen, log_odds, switch, off)

    @cached_property
    def chances(self) -> Floats:
        """(N, S) P(state | the rest of the world, evidence)."""
        result = np.zeros((len(self.share), len(self.evidence.prior)))
        for c in range(self.evidence.conditions):
            one = self.given(c)
            result[:, one.states] = one.chance[:, 1:]
        return result

    @cached_property
    def presence(self) -> Floats:
        """(N, C) P(condition | the rest of the world, evidence)."""
        return np.asarray(np.clip(self.chances @ self.evidence.membership, 0.0, 1.0))

    # --- causes ------------------------------------------------------------------------------

    def explained_by(self, condition: int) -> tuple[Floats, Floats]:
        """(P,) P(the present finding would go if the condition were absent), and standard errors."""
        one, present = self.given(condition), self.evidence.positive
        through = self.strengths.strength[1 + len(self.evidence.prior) :, present]
        x_others = one.x[:, present]
        total = np.zeros_like(x_others)
        for alternative, s in enumerate(one.states, start=1):
            x = x_others + self.strengths.strength[1 + s, present]
            # Without it: what it brings itself is gone, and every mechanism that it alone had switched on.
            stays = -x_others
            for k in np.flatnonzero(one.switch[alternative]):
                left = one.off[:, k] * (1 - one.switch[alternative, k])
                alone = np.where(self.mechanism[:, k], _ratio(one.off[:, k] - left, 1 - left), 0.0)
                with np.errstate(divide="ignore"):
                    stays = stays + np.logaddexp(np.log1p(-alone)[:, None], np.log(alone)[:, None] + through[k])
            needs = np.exp(np.minimum(stays, 0.0)) - np.exp(-x)
            total += one.chance[:, alternative, None] * _ratio(needs, -np.expm1(-x))
        found = self.average(total)
        return found, self.error(total, found)

    def unexplained(self) -> tuple[Floats, Floats]:
        """(P,) P(no condition caused the present finding), and standard errors."""
        e, present = self.evidence, self.evidence.positive
        states = 1 + len(e.prior)
        strength = self.strengths.strength[:, present]
        by_conditions = self.causes[:, 1:states] @ strength[1:states]
        # P(a mechanism leaked | it is on); otherwise conditions switched it on, and it is their doing.
        leaked = np.divide(e.mechanism_leak, 1 - self.off, out=np.zeros_like(self.off), where=self.off < 1)
        leaked = np.where(self.mechanism, np.minimum(leaked, 1.0), 1.0)
        quiet = np.log(
            np.maximum(leaked[:, :, None] + (1 - leaked[:, :, None]) * np.exp(-strength[states:]), np.exp(-CERTAIN))
        )
        x = self.x[:, present]
        values = _ratio(np.exp(quiet.sum(axis=1) - by_conditions) - np.exp(-x), -np.expm1(-x))
        found = self.average(values)
        return found, self.error(values, found)

    def at_least_one(self, states: Collection[int]) -> float:
        """P(at least one of the states is present)."""
        shown = np.isin(self.state, list(states)).any(axis=1)
        least = self.average(self.chances)[list(states)].max(initial=0.0)
        return float(min(1.0, max(self.share[shown].sum(), least)))

    # --- leaving one out ---------------------------------------------------------------------

    def without_each(self) -> tuple[Floats, Floats]:
        """(J, C) P(condition | evidence but for one finding), nan where that is not sure enough, and the standard
        error in decibans of the change that the finding makes.

        Worlds that a finding forbids were never drawn: one that cannot be there without a cause, or that a cause
        would have forbidden, is left out.
        """
        e, s = self.evidence, self.strengths
        result, errors = np.full((2, len(e.lowest), e.conditions), np.nan)
        possible = np.concatenate([[True], e.prior > 0, np.ones(len(e.mechanism_leak), dtype=np.bool_)])
        sound = (s.up_to[possible] > -CERTAIN).all(axis=0) & ((s.strength[0] > 0) | (e.lowest == 0))
        log_share = np.log(np.maximum(self.share, np.exp(-CERTAIN)))[:, None] - self.findings
        share = np.exp(log_share - log_share.max(axis=0))
        sound &= share.sum(axis=0) ** 2 >= FEWEST * (share**2 / self.drawn[:, None]).sum(axis=0)
        raised = np.exp(np.minimum(-self.findings, CERTAIN))
        for c in range(e.conditions):
            one = self.given(c)
            present, absent = self.presence[:, c, None] * raised, one.chance[:, 0, None] * raised
            # Of its own findings the condition itself is averaged out, so that neither alternative lacks worlds.
            own = np.exp(np.minimum(one.log_odds[:, :, None] - one.seen, CERTAIN))
            present[:, one.findings], absent[:, one.findings] = own[:, 1:].sum(axis=1), own[:, 0]
            a, b = self.average(present), self.average(absent)
            all_a, all_b = self.average(self.presence[:, c]), self.average(one.chance[:, 0])
            if not (all_a > 0 and all_b > 0):
                continue
            # How one draw moves the change of log odds.
            moves = _ratio(present, a) - _ratio(absent, b)
            moves -= (self.presence[:, c] / all_a - one.chance[:, 0] / all_b)[:, None]
            errors[:, c] = self.error(moves, 0.0) * 10 / np.log(10)
            result[:, c] = np.where(sound & (errors[:, c] <= LEAST_SURE), _ratio(a, a + b), np.nan)
        return result, errors

    # --- sets --------------------------------------------------------------------------------

    def most_probable(self, count: int, among: Collection[int] | None = None) -> list[tuple[tuple[int, ...], float]]:
        """The ``count`` most probable sets of states of the conditions ``among`` (all without) in these worlds.

        Of all conditions each set is worked out exactly but for P(evidence); among some, shares are added up.
        """
        chosen = list(range(self.evidence.conditions)) if among is None else sorted(among)
        sets, where = np.unique(self.state[:, chosen], axis=0, return_inverse=True)
        share = np.bincount(where.ravel(), weights=self.share, minlength=len(sets))
        if len(chosen) == self.evidence.conditions and self.mechanism.shape[1] <= MOST_MECHANISMS:
            best = np.argsort(-share, kind="stable")[: max(LEADERS, count)]
            sets = sets[best]
            share = np.exp(np.minimum(self.log_joint_of(sets) - self.log_evidence, 0.0))
        best = np.argsort(-share, kind="stable")[:count]
        return [(tuple(int(s) for s in sets[i] if s != ABSENT), float(share[i])) for i in best]

    def log_joint_of(self, states: Ints) -> Floats:
        """(n,) log P(set of states, evidence), mechanisms summed out."""
        e, kinds = self.evidence, 1 << self.mechanism.shape[1]
        on = (np.arange(kinds)[:, None] >> np.arange(self.mechanism.shape[1]) & 1).astype(np.bool_)
        result = np.empty(len(states))
        for i, row in enumerate(states):
            here = replace(self, state=np.repeat(row[None], kinds, axis=0), mechanism=on)
            prior = np.where(row == ABSENT, e.absent, e.prior[row])
            switched = np.where(on, 1 - here.off, here.off)
            result[i] = _log(prior).sum() + np.logaddexp.reduce(_log(switched).sum(axis=1) + here._log_joint())
        return result

    # --- findings that are not known yet -----------------------------------------------------

    def at_most(self, log_up_to: Floats) -> tuple[Floats, Floats]:
        """(T,) P(all causes stay within bounds | evidence) and (T, S) with each state, for ``T`` bounds.

        ``log_up_to`` (1 + S + K, T) is the log of P(the trigger stays within the bound) of each cause.
        """
        log_up_to = np.maximum(log_up_to, -CERTAIN)
        stays = np.exp(self.causes @ log_up_to)
        state = (self.share[:, None] * stays).T @ self.chances
        for s in range(len(self.evidence.prior)):
            rows = 1 + np.flatnonzero(self.evidence.condition_of == self.evidence.condition_of[s])
            linked = np.flatnonzero((log_up_to[rows] < 0).any(axis=0))
            rest = self.causes.copy()
            rest[:, rows] = 0.0
            there = np.exp(rest @ log_up_to[:, linked] + log_up_to[1 + s, linked])
            state[linked, s] = (self.share * self.chances[:, s]) @ there
        return self.average(stays), state


def _log(p: Floats) -> Floats:
    return np.log(np.maximum(p, np.exp(-CERTAIN)))


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Part of a whole; 0 where there is no whole."""
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(np.maximum(part, 0.0), whole, out=np.zeros(part.shape), where=whole > 0)
