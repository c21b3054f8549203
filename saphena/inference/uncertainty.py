"""How sure the answer is of itself: every authored number has a distribution, and the draws run as lanes.

Probabilities are Beta with the authored number as mean; the spread comes from the stated range, read
as a 95 % interval, or from how the number is known. Odds ratios are log-normal. One bank of draws
serves every case (common random numbers), so that intervals move smoothly from case to case.

What is not drawn: age and sex multipliers, probabilities of children and of sides, thresholds.
The point shown beside an interval is the plug-in of means; ``Interval.average`` shows how far the
average over the draws, weighted by how well each explains the case, lies from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from saphena.inference.evidence import Evidence, Floats, possible
from saphena.inference.observation import Observation
from saphena.inference.prepare import prepare
from saphena.inference.subset import Lanes, SubsetProgramme
from saphena.model.network import ADULT, SETTINGS, Model
from saphena.model.numbers import Parent
from saphena.model.states import states_of

DRAWS = 1000
FEWEST = 200
AFFORDABLE_STATES = 2**23
"""States times draws that are spent on intervals: about a second in NumPy, a tenth of it compiled."""
SEED = 20_260_101
SPREAD = {"seen": 0.10, "derived": 0.20, "recalled": 0.25, "assumption": 0.30}
"""Relative half-width of a number without a stated range, of its distance to the nearer end of 0 to 1."""
NORMAL_95 = 1.96

Kind = Literal[
    "sensitivity", "leak", "mechanism", "mechanism_leak", "mechanism_finding", "prior", "child_prior", "odds_ratio"
]


@dataclass(frozen=True)
class Number:
    """One authored number that is drawn."""

    kind: Kind
    owner: str
    """Condition state, finding or mechanism it belongs to."""
    about: str
    """What it is about: a finding, a mechanism, a setting or a risk factor."""
    parent: str
    """seen, recalled, derived or assumption."""

    def __str__(self) -> str:
        """``prior, blue sickness in primary care``; ``blue sickness → fever``."""
        owner, about = (id_.replace("_", " ").replace(".", ", ") for id_ in (self.owner, self.about))
        return {
            "prior": f"prior, {owner} in {about}",
            "child_prior": f"prior in children, {owner} in {about}",
            "leak": f"leak of {owner}",
            "mechanism_leak": f"leak of {owner}",
            "odds_ratio": f"odds ratio, {about} → {owner}",
        }.get(self.kind, f"{owner} → {about}")


@dataclass(frozen=True)
class Bank:
    """``D`` draws of all numbers, as factors on what was compiled (log factors for odds)."""

    numbers: tuple[Number, ...]
    factors: NDArray[np.float32]
    """(D, numbers)"""
    link: NDArray[np.int64]
    """(S, findings) column of the factor on a state's link, -1 for none."""
    leak: NDArray[np.int64]
    """(findings,)"""
    switch: NDArray[np.int64]
    """(S, K)"""
    mechanism_leak: NDArray[np.int64]
    """(K,)"""
    mechanism_link: NDArray[np.int64]
    """(K, findings)"""
    prior: NDArray[np.int64]
    """(settings, S)"""
    child_prior: NDArray[np.int64]
    """(settings, S)"""
    odds_ratio: NDArray[np.int64]
    """(risk factors, S)"""

    @property
    def authored(self) -> Floats:
        """(numbers,) factors that leave every number as it was authored."""
        return np.array([0.0 if n.kind in ("prior", "child_prior", "odds_ratio") else 1.0 for n in self.numbers])


@dataclass(frozen=True)
class Interval:
    """What the draws say of one condition."""

    condition: str
    low: float
    high: float
    """Ends of the 95 % interval of the probability."""
    average: float
    """Average over the draws, each weighted by the probability it gives the case."""
    best_rank: int
    worst_rank: int
    """2.5 % and 97.5 % of the rank by probability."""
    draws: int


@dataclass(frozen=True)
class Drawn:
    """One case under the draws of all numbers; ``D`` draws."""

    state: Floats
    """(D, S) P(state | the case); 0 where a draw makes the case impossible."""
    presence: Floats
    """(D, C)"""
    weight: Floats
    """(D,) P(the case) under the draw."""
    used: NDArray[np.int64]
    """Columns of ``Bank`` that bear on the case, ascending."""

    def __len__(self) -> int:
        return len(self.weight)


@lru_cache(maxsize=4)
def bank_of(model: Model) -> Bank:
    """The bank of a model; built once a process."""
    return _Builder(model, DRAWS).bank()


class _Builder:
    def __init__(self, model: Model, draws: int) -> None:
        self.model, self.draws = model, draws
        self.rng = np.random.default_rng(SEED)
        self.numbers: list[Number] = []
        self.columns: list[Floats] = []
        self.findings = [f.id for f in model.knowledge.findings.values() if f.given is None]

    def bank(self) -> Bank:
        k, network = self.model.knowledge, self.model.network
        states, mechanisms = states_of(k), list(k.mechanisms)
        link = np.full((len(states), len(self.findings)), -1)
        switch = np.full((len(states), len(mechanisms)), -1)
        prior = np.full((len(SETTINGS), len(states)), -1)
        child_prior = np.full((len(SETTINGS), len(states)), -1)
        odds = np.full((len(k.risk_factors), len(states)), -1)
        shared: dict[tuple[str, str], int] = {}
        for s, state in enumerate(states):
            for f, id_ in enumerate(self.findings):
                number = state.finding(id_)
                if number is not None:
                    key = (str(id(number)), id_)
                    if key not in shared:
                        total = (
                            number.sensitivity
                            if number.sensitivity is not None
                            else sum((number.grades or {}).values())
                        )
                        q = 1 - network.link[s, self.model.whole_node[id_], 0]
                        shared[key] = self._link(
                            Number("sensitivity", state.name, id_, number.kind), number, total, float(q)
                        )
                    link[s, f] = shared[key]
            for m, id_ in enumerate(mechanisms):
                authored = (state.state.mechanisms.get(id_) if state.state else None) or state.condition.mechanisms.get(
                    id_
                )
                if authored is not None:
                    key = (str(id(authored)), id_)
                    if key not in shared:
                        shared[key] = self._scale(
                            Number("mechanism", state.name, id_, authored.kind), authored, authored.probability
                        )
                    switch[s, m] = shared[key]
            for i, setting in enumerate(SETTINGS):
                stated = next((v for n, v in (state.state or state.condition).prior.items() if n == setting), None)
                if stated is not None:
                    prior[i, s] = self._odds(Number("prior", state.name, setting, stated.kind), stated, stated.value)
                young = next((v for n, v in (state.state or state.condition).children.items() if n == setting), None)
                if young is not None:
                    # One number in three bands, which its range holds together: it moves them all alike.
                    middle = float(np.median([p for p in young.bands.values() if p > 0] or [0.0]))
                    child_prior[i, s] = self._odds(
                        Number("child_prior", state.name, setting, young.kind), young, middle
                    )
            for r, id_ in enumerate(k.risk_factors):
                ratio = state.condition.context.get(id_)
                if ratio is not None:
                    key = (str(id(ratio)), id_)
                    if key not in shared:
                        shared[key] = self._ratio(
                            Number("odds_ratio", state.condition.id, id_, ratio.kind), ratio, ratio.odds_ratio
                        )
                    odds[r, s] = shared[key]
        leak = np.array([self._leak(id_) for id_ in self.findings], dtype=np.int64)
        mechanism_leak = np.array(
            [
                self._scale(Number("mechanism_leak", m.id, m.id, m.leak.kind), m.leak, m.leak.value)
                for m in k.mechanisms.values()
            ],
            dtype=np.int64,
        )
        mechanism_link = np.full((len(mechanisms), len(self.findings)), -1)
        for m, mechanism in enumerate(k.mechanisms.values()):
            for f, id_ in enumerate(self.findings):
                caused = mechanism.findings.get(id_)
                if caused is not None:
                    total = (
                        caused.probability if caused.probability is not None else sum((caused.grades or {}).values())
                    )
                    mechanism_link[m, f] = self._scale(
                        Number("mechanism_finding", mechanism.id, id_, caused.kind), caused, total
                    )
        factors = (
            np.stack(self.columns, axis=1).astype(np.float32)
            if self.columns
            else np.zeros((self.draws, 0), dtype=np.float32)
        )
        return Bank(
            tuple(self.numbers), factors, link, leak, switch, mechanism_leak, mechanism_link, prior, child_prior, odds
        )  # fmt: skip

    def _add(self, number: Number, column: Floats) -> int:
        self.numbers.append(number)
        self.columns.append(column)
        return len(self.columns) - 1

    def _beta(self, parent: Parent, mean: float) -> Floats:
        """Draws of a probability with this mean."""
        if not 0 < mean < 1:
            return np.full(self.draws, mean)
        # A range may have been given for the grades one by one; it then does not hold the total.
        holds = parent.range is not None and parent.range[0] <= mean <= parent.range[1]
        width = (
            (parent.range[1] - parent.range[0]) / 2
            if holds and parent.range
            else SPREAD[parent.kind] * min(mean, 1 - mean)
        )
        variance = min((width / NORMAL_95) ** 2, 0.9 * mean * (1 - mean) * min(mean, 1 - mean))
        if variance <= 0:
            return np.full(self.draws, mean)
        size = mean * (1 - mean) / variance - 1
        return self.rng.beta(mean * size, (1 - mean) * size, self.draws)

    def _link(self, number: Number, parent: Parent, sensitivity: float, q: float) -> int:
        """Factor on a link: the link that the drawn sensitivity would compile to, same background."""
        if not 0 < q < 1 or not 0 < sensitivity < 1:
            return -1
        drawn = self._beta(parent, sensitivity)
        if self.model.knowledge.findings[number.about].scale == "complaint":
            return self._add(number, drawn / sensitivity)
        background = (1 - sensitivity) / (1 - q)
        return self._add(number, np.clip(1 - (1 - drawn) / background, 0.0, 1.0) / q)

    def _scale(self, number: Number, parent: Parent, mean: float) -> int:
        return self._add(number, self._beta(parent, mean) / mean) if mean > 0 else -1

    def _leak(self, finding: str) -> int:
        leak = self.model.knowledge.findings[finding].leak
        total = leak.value if leak.value is not None else sum((leak.grades or {}).values())
        return self._scale(Number("leak", finding, finding, leak.kind), leak, total)

    def _odds(self, number: Number, parent: Parent, mean: float) -> int:
        """Log factor on the odds."""
        if not 0 < mean < 1:
            return -1
        drawn = np.clip(self._beta(parent, mean), 1e-9, 1 - 1e-9)
        return self._add(number, np.log(drawn / (1 - drawn)) - np.log(mean / (1 - mean)))

    def _ratio(self, number: Number, parent: Parent, mean: float) -> int:
        """Log factor of an odds ratio: its stated range on the log scale, else by how it is known."""
        if parent.range is not None and 0 < parent.range[0] <= mean <= parent.range[1]:
            spread = float(np.log(parent.range[1] / parent.range[0])) / (2 * NORMAL_95)
        else:
            spread = 2 * SPREAD[parent.kind] / NORMAL_95
        return self._add(number, self.rng.normal(0.0, spread, self.draws))


def intervals(model: Model, observation: Observation, draws: int = DRAWS) -> list[Interval]:
    """95 % interval of the probability and of the rank of every condition, from the first draws of the bank."""
    return intervals_of(model, draw(model, observation, draws))


def intervals_of(model: Model, drawn: Drawn) -> list[Interval]:
    """The same, of draws that are worked out already."""
    presence, weight = drawn.presence, drawn.weight
    rank = (-presence).argsort(axis=1, kind="stable").argsort(axis=1, kind="stable") + 1
    average = weight @ presence / weight.sum()
    low, high = np.quantile(presence, [0.025, 0.975], axis=0)
    best, worst = np.quantile(rank, [0.025, 0.975], axis=0, method="closest_observation")
    return [
        Interval(id_, float(low[c]), float(high[c]), float(average[c]), int(best[c]), int(worst[c]), len(drawn))
        for c, id_ in enumerate(model.conditions)
    ]


def affordable(programme: SubsetProgramme, draws: int) -> int:
    """How many draws a wide case gets: fewer where each is expensive, never below ``FEWEST``."""
    return max(FEWEST, min(draws, DRAWS, AFFORDABLE_STATES // max(1, programme.states)))


def draw(model: Model, observation: Observation, draws: int = DRAWS) -> Drawn:
    """Work out a case under the first draws of the bank; raises ``TooWide``."""
    evidence = prepare(model, observation)
    programme = SubsetProgramme(evidence)
    factors = bank_of(model).factors[: affordable(programme, draws)]
    return _with_numbers(model, observation, evidence, programme, factors)


def with_numbers(model: Model, observation: Observation, factors: Floats) -> Drawn:
    """Work out a case under given factors on the numbers, (rows, numbers) as in ``Bank``; raises ``TooWide``."""
    evidence = prepare(model, observation)
    return _with_numbers(model, observation, evidence, SubsetProgramme(evidence), factors)


def _with_numbers(
    model: Model,
    observation: Observation,
    evidence: Evidence,
    programme: SubsetProgramme,
    factors: NDArray[np.float32] | Floats,
) -> Drawn:
    lanes, used = _lanes(model, observation, evidence, programme, bank_of(model), factors)
    found = programme.marginals(lanes)
    possible(float(found.evidence.sum()))
    some = found.evidence > 0
    state = np.zeros_like(found.state)
    state[some] = found.state[some] / found.evidence[some, None]
    return Drawn(state, state @ evidence.membership, found.evidence, np.array(sorted(used), dtype=np.int64))


def _lanes(
    model: Model,
    observation: Observation,
    evidence: Evidence,
    programme: SubsetProgramme,
    bank: Bank,
    factors: NDArray[np.float32] | Floats,
) -> tuple[Lanes, set[int]]:
    """One lane a row of factors."""
    order = {id_: f for f, id_ in enumerate(f.id for f in model.knowledge.findings.values() if f.given is None)}
    findings = np.array([order[s.finding] for s in observation.seen], dtype=np.int64)
    ones = np.ones((len(factors), 1))
    table = np.concatenate([factors, ones], axis=1).astype(float)  # Column -1 is "not drawn".
    used: set[int] = set()

    def take(columns: NDArray[np.int64]) -> Floats:
        used.update(int(c) for c in columns.ravel() if c >= 0)
        return table[:, columns]

    link = take(bank.link[:, findings])
    link = np.minimum(link, 1 / np.maximum(1 - evidence.link[:, :, 0], 1e-12))
    leak = take(bank.leak[findings])
    leak = np.minimum(leak, 1 / np.maximum(1 - evidence.leak[:, 0], 1e-12))
    mech = take(bank.mechanism_link[:, findings])
    mech = np.minimum(mech, 1 / np.maximum(1 - evidence.mechanism_link[:, :, 0], 1e-12))
    absorbed, p = programme.absorbed, programme.slots
    up_to, mech_up_to, leak_up_to = (
        evidence.up_to(evidence.link),
        evidence.up_to(evidence.mechanism_link),
        evidence.up_to(evidence.leak),
    )
    prior = _priors(model, observation, evidence, bank, table, used)
    base = programme.base

    def scaled(factor: Floats, probability: Floats) -> Floats:
        """Probability of staying at or below something, when everything above "nothing" is scaled."""
        return np.asarray(1 - factor + factor * probability)

    lanes = base.repeat(len(factors))
    lanes.weight[:] = prior * evidence.soft * scaled(link[:, :, absorbed], up_to[:, absorbed]).prod(axis=2)
    lanes.absent[:] = np.maximum(0.0, 1 - prior @ evidence.membership)
    lanes.low[:], lanes.hit[:] = scaled(link[:, :, p], base.low[0]), link[:, :, p] * base.hit[0]
    lanes.leak_low[:], lanes.leak_hit[:] = scaled(leak[:, p], base.leak_low[0]), leak[:, p] * base.leak_hit[0]
    lanes.switched[:] = np.minimum(1.0, take(bank.mechanism_leak) * base.switched[0])
    lanes.unswitched[:] = 1 - lanes.switched
    lanes.switch[:] = np.minimum(1.0, take(bank.switch) * base.switch[0])
    lanes.on[:] = evidence.mechanism_soft * scaled(mech[:, :, absorbed], mech_up_to[:, absorbed]).prod(axis=2)
    lanes.on_low[:], lanes.on_hit[:] = scaled(mech[:, :, p], base.on_low[0]), mech[:, :, p] * base.on_hit[0]
    lanes.factor[:] = scaled(leak[:, absorbed], leak_up_to[absorbed]).prod(axis=1)
    return lanes, used


def _priors(
    model: Model, observation: Observation, evidence: Evidence, bank: Bank, table: Floats, used: set[int]
) -> Floats:
    """(D, S) priors: the drawn prior and the drawn odds ratios of present factors move the odds."""
    setting = SETTINGS.index(observation.case.setting)
    log_factor = np.zeros((len(table), len(evidence.prior)))
    columns = [(bank.child_prior if observation.case.age < ADULT else bank.prior)[setting]]
    columns += [
        bank.odds_ratio[model.risk_factors.index(id_)] for id_, present in observation.context.items() if present
    ]
    for of in columns:
        drawn = of >= 0
        used.update(int(c) for c in of[drawn])
        log_factor[:, drawn] += table[:, of[drawn]]
    absent = evidence.absent
    certain = (absent == 0)[evidence.condition_of] | (evidence.prior == 0)
    odds = (
        evidence.prior
        / np.where(certain, 1.0, absent[evidence.condition_of])
        * np.exp(np.where(certain, 0.0, log_factor))
    )
    whole = 1 + odds @ evidence.membership
    drawn_prior = odds / whole[:, evidence.condition_of]
    return np.where(certain, evidence.prior, drawn_prior)
