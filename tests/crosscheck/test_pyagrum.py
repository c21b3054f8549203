"""Small networks against pyAgrum (variable elimination and lazy propagation written by others)."""

from __future__ import annotations

from itertools import product

import numpy as np
import pyagrum as gum
import pytest

from saphena.inference.evidence import Evidence
from saphena.inference.subset import SubsetProgramme


def by_pyagrum(evidence: Evidence) -> tuple[float, np.ndarray]:
    """P(evidence) and P(state, evidence), each condition a variable, each finding a full table."""
    network = gum.BayesNet()
    states = [np.flatnonzero(evidence.condition_of == c) for c in range(evidence.conditions)]
    for c, members in enumerate(states):
        network.add(gum.LabelizedVariable(f"c{c}", "", len(members) + 1))
        network.cpt(f"c{c}").fillWith([1 - evidence.prior[members].sum(), *evidence.prior[members]])
    mechanisms = len(evidence.mechanism_leak)
    for k in range(mechanisms):
        network.add(gum.LabelizedVariable(f"m{k}", "", 2))
        for c in range(evidence.conditions):
            network.addArc(f"c{c}", f"m{k}")
        for values in product(*(range(len(m) + 1) for m in states)):
            off = 1 - evidence.mechanism_leak[k]
            for c, v in enumerate(values):
                if v:
                    off *= 1 - evidence.mechanism_prior[states[c][v - 1], k]
            network.cpt(f"m{k}")[{f"c{c}": v for c, v in enumerate(values)}] = [off, 1 - off]
    grades = evidence.link.shape[-1]
    for j in range(len(evidence.lowest)):
        network.add(gum.LabelizedVariable(f"f{j}", "", grades))
        for c in range(evidence.conditions):
            network.addArc(f"c{c}", f"f{j}")
        for k in range(mechanisms):
            network.addArc(f"m{k}", f"f{j}")
        sizes = [*(len(m) + 1 for m in states), *([2] * mechanisms)]
        for values in product(*map(range, sizes)):
            up_to = np.cumsum(evidence.leak[j])
            for c, v in enumerate(values[: len(states)]):
                if v:
                    up_to = up_to * np.cumsum(evidence.link[states[c][v - 1], j])
            for k, v in enumerate(values[len(states) :]):
                if v:
                    up_to = up_to * np.cumsum(evidence.mechanism_link[k, j])
            where = {f"c{c}": v for c, v in enumerate(values[: len(states)])}
            where |= {f"m{k}": v for k, v in enumerate(values[len(states) :])}
            network.cpt(f"f{j}")[where] = np.diff(up_to, prepend=0.0).tolist()
    engine = gum.LazyPropagation(network)
    engine.setEvidence(
        {
            f"f{j}": [
                1.0 if low <= g <= high else float(doubt) if (g < low) or (low == 0 and g > high) else 0.0
                for g in range(grades)
            ]
            for j, (low, high, doubt) in enumerate(zip(evidence.lowest, evidence.highest, evidence.doubt, strict=True))
        }
    )
    engine.makeInference()
    total = engine.evidenceProbability()
    joint = np.concatenate([engine.posterior(f"c{c}").tolist()[1:] for c in range(evidence.conditions)]) * total
    return total, np.array(joint)


@pytest.mark.parametrize("seed", range(40))
def test_small_networks_agree_with_pyagrum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    c, k, j, grades = 3, int(rng.integers(0, 3)), 4, 3
    condition_of = np.repeat(np.arange(c), rng.integers(1, 3, c))
    s = len(condition_of)

    def pmf(*shape: int) -> np.ndarray:
        return rng.dirichlet([4, 2, 1], shape)

    lowest = rng.integers(0, grades, j)
    evidence = Evidence(
        prior=rng.random(s) * 0.4,
        condition_of=condition_of,
        link=pmf(s, j),
        leak=pmf(j),
        lowest=lowest,
        highest=np.array([rng.integers(low, grades) for low in lowest]),
        mechanism_leak=rng.random(k) * 0.2,
        mechanism_prior=rng.random((s, k)),
        mechanism_link=pmf(k, j),
        soft=np.ones(s),
        mechanism_soft=np.ones(k),
        doubt=np.where(rng.random(j) < 0.3, rng.random(j), 0.0),
    )
    total, joint = by_pyagrum(evidence)
    programme = SubsetProgramme(evidence)
    found = programme.marginals(programme.base)
    np.testing.assert_allclose(found.evidence[0], total, rtol=1e-9)
    np.testing.assert_allclose(found.state[0], joint, rtol=1e-9, atol=1e-12)


def test_noisy_or_nodes_agree_with_those_of_pyagrum() -> None:
    """The same binary network, with pyAgrum's own net-leak noisy-OR nodes instead of our tables."""
    rng = np.random.default_rng(7)
    conditions, findings = 6, 5
    prior, q = rng.random(conditions) * 0.3, rng.random((conditions, findings)) * 0.8
    leak, seen = rng.random(findings) * 0.1, [1, 1, 0, 1, 0]
    network = gum.BayesNet()
    for c in range(conditions):
        network.add(gum.LabelizedVariable(f"c{c}", "", 2))
        network.cpt(f"c{c}").fillWith([1 - prior[c], prior[c]])
    for j in range(findings):
        network.addNoisyORNet(gum.LabelizedVariable(f"f{j}", "", 2), float(leak[j]))
        for c in range(conditions):
            network.addWeightedArc(f"c{c}", f"f{j}", float(q[c, j]))
    engine = gum.LazyPropagation(network)
    engine.setEvidence({f"f{j}": value for j, value in enumerate(seen)})
    engine.makeInference()
    evidence = Evidence(
        prior=prior,
        condition_of=np.arange(conditions),
        link=np.stack([1 - q, q], axis=-1),
        leak=np.stack([1 - leak, leak], axis=-1),
        lowest=np.array(seen),
        highest=np.array(seen),
        mechanism_leak=np.zeros(0),
        mechanism_prior=np.zeros((conditions, 0)),
        mechanism_link=np.zeros((0, findings, 2)),
        soft=np.ones(conditions),
        mechanism_soft=np.ones(0),
    )
    programme = SubsetProgramme(evidence)
    found = programme.marginals(programme.base)
    expected = [engine.posterior(f"c{c}")[1] for c in range(conditions)]
    np.testing.assert_allclose(found.evidence[0], engine.evidenceProbability(), rtol=1e-9)
    np.testing.assert_allclose(found.state[0] / found.evidence[0], expected, rtol=1e-9)
