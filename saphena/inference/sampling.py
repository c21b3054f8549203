"""Random draws, all from a seeded generator and all exact: no chain, no burn-in.

``joint_samples`` draws what is true of one patient given the evidence: conditions and mechanisms
together, each sample independent of the others. The forward pass is stored; then each step is drawn
from the last to the first, given the subset of findings that the steps up to it must have caused
(``docs/explanation/inference.md``).

``simulate`` draws people from the model: age, sex, risk factors, conditions, mechanisms, findings,
and which findings were recorded. The cases say what was recorded, the truth is kept apart. Very
many, as the arrays that a batch reads, come from ``crowd.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saphena.case import Case
from saphena.inference.evidence import Evidence, Floats, ImpossibleEvidence, Ints
from saphena.inference.plan import CONDITION
from saphena.inference.sayable import grades_of
from saphena.inference.steps import ABSENT, Edges, Step, closed, steps_of
from saphena.inference.subset import Lanes, SubsetProgramme
from saphena.model.network import ADULT, ADULT_BANDS, SETTINGS, SEXES, Model
from saphena.model.priors import (
    band_centres,
    band_weights,
    can_have,
    combination_effects,
    factors_of,
    groups_of,
    stated_centres,
    states_given,
)
from saphena.model.schema import Finding

Booleans = NDArray[np.bool_]
TOGETHER = 256
"""People drawn at a time; bounds memory."""


# --- one patient, given the evidence ---------------------------------------------------------


@dataclass(frozen=True)
class Samples:
    """What is true of the patient in each of ``N`` samples."""

    state: Ints
    """(N, C) state of each condition (an index of the evidence's states), ``ABSENT`` where it is absent."""
    mechanism: Booleans
    """(N, K) is the mechanism on?"""

    @property
    def presence(self) -> Booleans:
        """(N, C) is the condition present?"""
        return np.asarray(self.state != ABSENT)


def joint_samples(evidence: Evidence, count: int, rng: np.random.Generator) -> Samples:
    """``count`` independent samples of P(conditions, mechanisms | evidence).

    Raises ``ImpossibleEvidence`` or ``TooWide``. Memory is that of a pass; time is that of two
    passes, plus a few microseconds a sample.
    """
    programme = SubsetProgramme(evidence)
    if not programme.evidence_of(programme.base)[0] > 0:
        raise ImpossibleEvidence("no cause in the model can produce these findings together")
    return samples_of(programme, programme.base, count, rng)


def samples_of(programme: SubsetProgramme, lane: Lanes, count: int, rng: np.random.Generator) -> Samples:
    """The same from the numbers of one lane, whose evidence must be possible."""
    evidence, steps = programme.evidence, steps_of(programme, lane)
    kept: list[Floats] = []
    v = np.ones((1, 1))
    for step in steps:
        v = step.opened(v)
        kept.append(v)
        v = step.closed(_sum(step, v))
    samples = Samples(
        np.full((count, evidence.conditions), ABSENT, dtype=np.int64),
        np.zeros((count, len(evidence.mechanism_leak)), dtype=np.bool_),
    )
    at = np.zeros(count, dtype=np.int64)  # The subset of each sample, as an index of the array.
    for step, before in zip(reversed(steps), reversed(kept), strict=True):
        at = _reopened(step, before, at, rng)
        chosen, at = _draw_step(step, before, at, rng)
        if step.kind == CONDITION:
            samples.state[:, step.index] = chosen
        else:
            samples.mechanism[:, step.index] = chosen == 1
            at = _inserted(at, step.own_bit, chosen)
        at &= (1 << (step.width - len(step.opens))) - 1
    # On a mechanism without a slot the evidence has no bearing: it follows from the conditions.
    quiet = ~programme.active
    off = _mechanisms_off(evidence.mechanism_leak, evidence.mechanism_prior, samples.state)[:, quiet]
    samples.mechanism[:, quiet] = rng.random(off.shape) >= off
    return samples


def _sum(step: Step, v: Floats) -> Floats:
    return np.asarray(np.add.reduce([step.chosen(v, choice) for choice in step.choices]))


def _reopened(step: Step, before: Floats, at: Ints, rng: np.random.Generator) -> Ints:
    """The subset of each sample before findings closed: a finding seen for certain has its bit, that of a
    doubtful one is drawn."""
    if all(off == 0 for _, off, _ in step.closes):
        for bit, _, _ in reversed(step.closes):
            at = _inserted(at, bit, 1)
        return at
    stages = [_sum(step, before)]
    for close in step.closes[:-1]:
        stages.append(closed(stages[-1], close))
    for (bit, off, on), v in zip(reversed(step.closes), reversed(stages), strict=True):
        either = np.stack([off * v[0, _inserted(at, bit, 0)], on * v[0, _inserted(at, bit, 1)]], axis=1)
        at = _inserted(at, bit, _categorical(either, rng))
    return at


def _draw_step(step: Step, before: Floats, at: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Which alternative each sample took, and the subset it had before its edges acted."""
    weights = np.stack([step.chosen(before, choice)[0, at] for choice in step.choices], axis=1)
    taken = _categorical(weights, rng)
    for i, choice in enumerate(step.choices):
        mine = np.flatnonzero(taken == i)
        if len(mine) and choice.edges:
            at[mine] = _undone(step.half(before, choice)[0], choice.edges, at[mine], rng)
    return np.array([choice.state for choice in step.choices])[taken], at


def _undone(v: Floats, edges: Edges, at: Ints, rng: np.random.Generator) -> Ints:
    """The subset before the edges acted, one after the other from the last: a bit that is 1 was 1
    before, or was set by this edge."""
    stages = [v]
    for edge in edges[:-1]:
        stages.append(_after(stages[-1], edge))
    for (bit, low, hit), stage in zip(reversed(edges), reversed(stages), strict=True):
        on = np.flatnonzero(at >> bit & 1)
        was_on = (low + hit) * stage[at[on]]
        set_now = hit * stage[at[on] ^ (1 << bit)]
        now = rng.random(len(on)) * (was_on + set_now) >= was_on
        at[on[now]] ^= 1 << bit
    return at


def _after(v: Floats, edge: tuple[int, float, float]) -> Floats:
    bit, low, hit = edge
    w = v.reshape(-1, 2, 1 << bit)
    return np.stack([low * w[:, 0], (low + hit) * w[:, 1] + hit * w[:, 0]], axis=1).reshape(-1)


def _inserted(at: Ints, bit: int, value: Ints | int) -> Ints:
    """Indices with one more bit at this place."""
    below = at & ((1 << bit) - 1)
    return np.asarray(((at >> bit) << (bit + 1)) | (np.asarray(value, dtype=np.int64) << bit) | below)


def _categorical(weights: Floats, rng: np.random.Generator) -> Ints:
    """One column of each row, drawn in proportion to the weights; never one of weight 0."""
    upto = weights.cumsum(axis=1)
    drawn = rng.random(len(weights)) * upto[:, -1]
    return np.asarray((drawn[:, None] >= upto).sum(axis=1).clip(max=weights.shape[1] - 1))


def _mechanisms_off(leak: Floats, switch: Floats, state: Ints) -> Floats:
    """(N, K) P(mechanism off | the states of all conditions)."""
    untouched = np.concatenate([1 - switch, np.ones((1, switch.shape[1]))])  # The last row is ABSENT.
    off = np.broadcast_to(1 - leak, (len(state), len(leak))).copy()
    for c in range(state.shape[1]):
        off *= untouched[state[:, c]]
    return off


# --- people, from the model ------------------------------------------------------------------


@dataclass(frozen=True)
class Truth:
    """What is true of a simulated person, recorded or not."""

    conditions: tuple[str, ...]
    """Those present; ``condition`` or ``condition.state``."""
    mechanisms: tuple[str, ...]
    """Those on."""
    findings: dict[str, Any]
    """Every finding, written as in a case; a child only where its parent is present in the index leg."""


@dataclass(frozen=True)
class Simulated:
    """One simulated person."""

    case: Case
    truth: Truth


def simulate(
    model: Model,
    count: int,
    setting: str,
    rng: np.random.Generator,
    age: float | None = None,
    sex: str | None = None,
    recorded: float = 0.08,
) -> list[Simulated]:
    """``count`` adults as the model believes them to come to a setting.

    Age and sex are drawn from the shares of the knowledge unless given. All risk factors are
    recorded; of a sided finding each leg, and of everything else each finding, is recorded with
    probability ``recorded``, whatever its value. A child is recorded only beside its parent.

    Inference reads almost every statement by the node it was drawn from. It has nodes of their own for
    two legs that are alike and for some of several children; these are no product of the ones drawn
    from, so with much recorded its probabilities are calibrated nearly, not exactly.
    """
    if age is not None and age < ADULT:
        raise ValueError(f"adults are simulated; {age:g} years is below {ADULT:g}")
    result: list[Simulated] = []
    for start in range(0, count, TOGETHER):
        result += DrawnPeople(model, min(TOGETHER, count - start), setting, rng, age, sex).simulated(recorded)
    return result


@dataclass(frozen=True)
class _Node:
    """One finding, or one leg of it, with the children that are drawn together with it."""

    finding: Finding
    children: tuple[str, ...]
    leg: str
    """``index``, ``other``, or nothing where the finding has no side."""

    @property
    def name(self) -> str:
        return "+".join((self.finding.id, *self.children)) + (f"@{self.leg}" if self.leg else "")

    @property
    def bare(self) -> str:
        """Its node where no child is known."""
        return self.finding.id + (f"@{self.leg}" if self.leg else "")


class DrawnPeople:
    """Some people, drawn together: one row each."""

    def __init__(
        self, model: Model, count: int, setting: str, rng: np.random.Generator, age: float | None, sex: str | None
    ) -> None:
        self.model, self.network, self.rng = model, model.network, rng
        self.count, self.setting = count, setting
        self.age = np.full(count, age) if age is not None else self._ages()
        women = model.knowledge.settings.attenders.women.value
        self.sex = np.where(rng.random(count) < women, "female", "male") if sex is None else np.full(count, sex)
        self.index_leg = np.where(rng.random(count) < 0.5, "right", "left")
        centres = band_centres(model.knowledge)
        self.bands = np.array([band_weights(a, centres) for a in self.age])
        self.possible = self._possible()
        self.factors = self._factors()
        self.state = self._states()
        off = _mechanisms_off(self.network.mechanism_leak, self.network.mechanism_prior, self.state)
        self.mechanism = rng.random(off.shape) >= off
        self.nodes = _nodes(model)
        self.grade = self._grades()

    # --- who they are ------------------------------------------------------------------------

    def _ages(self) -> Floats:
        """Whole years, even within a band; the open band ends as far above its centre as it begins below."""
        knowledge = self.model.knowledge
        shares = {str(band): share for band, share in knowledge.settings.attenders.ages.shares.items()}
        band = self.rng.choice(len(ADULT_BANDS), self.count, p=[shares[name] for name in ADULT_BANDS])
        ends = np.array(
            [_ends(name, centre) for name, centre in zip(ADULT_BANDS, stated_centres(knowledge), strict=True)]
        )
        return np.asarray(self.rng.integers(ends[band, 0], ends[band, 1], endpoint=True), dtype=float)

    def _factors(self) -> Booleans:
        """(N, R) which risk factors are present."""
        chance = self.network.prevalence[SETTINGS.index(self.setting)]
        return np.asarray((self.rng.random((self.count, len(chance))) < chance) & self.possible)

    def _possible(self) -> Booleans:
        """(N, R) which risk factors can be present at this age and sex."""
        factors = self.model.knowledge.risk_factors.values()
        who = {(a, x) for a, x in zip(self.age, self.sex, strict=True)}
        of = {(a, x): np.array([can_have(f, float(a), str(x)) for f in factors], dtype=np.bool_) for a, x in who}
        return np.stack([of[a, x] for a, x in zip(self.age, self.sex, strict=True)])

    def _states(self) -> Ints:
        """(N, C) state of each condition; the priors of ``prepare.priors`` with all risk factors known."""
        knowledge = self.model.knowledge
        table = self.network.intercept[SETTINGS.index(self.setting)]
        sex = [SEXES.index(str(x)) for x in self.sex]
        # A band in which the condition cannot be stays out.
        with np.errstate(invalid="ignore"):
            bands = self.bands[:, :, None]
            intercept = np.where(bands > 0, bands * table[:, sex].transpose(1, 0, 2), 0.0).sum(axis=1)
        state = np.full((self.count, len(knowledge.conditions)), ABSENT, dtype=np.int64)
        for c, condition in enumerate(knowledge.conditions.values()):
            members = np.flatnonzero(self.network.condition_of == c)
            factors = factors_of(knowledge, condition)
            groups, required = groups_of(knowledge, condition, factors)
            present = self.factors[:, factors].astype(float)
            needed = np.array(required, dtype=np.bool_)
            possible = present[:, needed].any(axis=1) if needed.any() else np.ones(self.count, dtype=np.bool_)
            effects = combination_effects(present, self.network.log_odds_ratio[factors][:, members], groups)
            chances = states_given(intercept[:, members], effects, possible.astype(float))
            absent = 1 - chances.sum(axis=1, keepdims=True)
            drawn = _categorical(np.concatenate([chances, absent], axis=1), self.rng)
            state[:, c] = np.append(members, ABSENT)[drawn]
        return state

    # --- what is found -----------------------------------------------------------------------

    def _grades(self) -> Ints:
        """(N, nodes) grade of each node: the highest that any cause reaches."""
        columns = np.array([self.model.node_index[node.name] for node in self.nodes], dtype=np.int64)
        network = self.network
        leak = network.leak[columns][:, :, [SEXES.index(str(x)) for x in self.sex]]
        at_most = np.einsum("na,mang->nmg", self.bands, leak).cumsum(axis=-1)
        links, from_mechanisms = (a[:, columns].cumsum(axis=-1) for a in (network.link, network.mechanism_link))
        for c in range(self.state.shape[1]):
            who = np.flatnonzero(self.state[:, c] != ABSENT)
            at_most[who] *= links[self.state[who, c]]
        for k in range(self.mechanism.shape[1]):
            at_most[self.mechanism[:, k]] *= from_mechanisms[k]
        grade = (self.rng.random(at_most.shape[:2])[:, :, None] >= at_most).sum(axis=-1)
        return np.asarray(np.minimum(grade, network.node_grades[columns] - 1))

    # --- what is written ---------------------------------------------------------------------

    def simulated(self, recorded: float) -> list[Simulated]:
        """The people as cases, with the truth beside each."""
        children = max((len(node.children) for node in self.nodes), default=0)
        known = self.rng.random((self.count, len(self.nodes), 1 + children)) < recorded
        return [self._one(n, known[n]) for n in range(self.count)]

    def _one(self, n: int, known: Booleans) -> Simulated:
        model = self.model
        findings: dict[str, Any] = {}
        truth: dict[str, Any] = {}
        for i, node in enumerate(self.nodes):
            words, of_children = _written(node, int(self.grade[n, i]))
            for target, note in ((truth, True), (findings, bool(known[i, 0]))):
                if note:
                    self._write(target, node, n, words)
            truth |= of_children
            if known[i, 0]:
                findings |= {
                    child: of_children[child]
                    for child, too in zip(node.children, known[i, 1:], strict=False)
                    if too and child in of_children
                }
        case = Case.model_validate(
            {
                "age": float(self.age[n]),
                "sex": str(self.sex[n]),
                "setting": self.setting,
                "index_leg": str(self.index_leg[n]),
                "context": {
                    id_: "present" if self.factors[n, r] else "absent"
                    for r, id_ in enumerate(model.risk_factors)
                    if self.possible[n, r]
                },
                "findings": findings,
            }
        )
        states = [s for s in self.state[n].tolist() if s != ABSENT]
        mechanisms = [id_ for k, id_ in enumerate(model.mechanisms) if self.mechanism[n, k]]
        return Simulated(case, Truth(tuple(self.network.states[s] for s in states), tuple(mechanisms), truth))

    def _write(self, target: dict[str, Any], node: _Node, n: int, words: str) -> None:
        if not node.leg:
            target[node.finding.id] = words
            return
        index = str(self.index_leg[n])
        leg = index if node.leg == "index" else "left" if index == "right" else "right"
        target.setdefault(node.finding.id, {})[leg] = words


def _nodes(model: Model) -> list[_Node]:
    """What is drawn: each finding with all its children; a sided one for the index leg, which has the
    children, and for the other leg."""
    result = []
    for finding in model.knowledge.findings.values():
        if finding.given is not None:
            continue
        children = model.children.get(finding.id, ())
        if finding.sided:
            result += [_Node(finding, children, "index"), _Node(finding, (), "other")]
        else:
            result.append(_Node(finding, children, ""))
    return result


def _written(node: _Node, grade: int) -> tuple[str, dict[str, str]]:
    """A grade in words, and the children where the parent is present."""
    if not node.children:
        return grades_of(node.finding)[grade], {}
    if grade == 0:
        return "absent", {}
    bits = grade - 1
    return "present", {child: "present" if bits >> i & 1 else "absent" for i, child in enumerate(node.children)}


def _ends(band: str, centre: float) -> tuple[int, int]:
    """First and last year of an age band."""
    if band.endswith("+"):
        start = int(band[:-1])
        return start, round(2 * centre) - start
    first, last = band.split("-")
    return int(first), int(last)
