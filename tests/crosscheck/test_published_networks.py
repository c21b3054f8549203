"""A published network, as it stands, against pyAgrum.

The networks that are usually published with software are mostly not of this kind. In asia, cancer,
earthquake, survey, sachs, child, alarm, insurance, water, hepar2, win95pts, andes, pathfinder and
hailfinder (bnlearn repository), every table of binary variables with two or more parents was tried
as a leaky noisy-OR, with each variable and its complement as "present". Only 2 of the 32 tables of
win95pts with several parents are one, 18 of the 124 of andes, 1 of the 2 of asia, and none elsewhere;
in win95pts and andes they stand scattered among tables that are not. Asia is left: its "either" is a
deterministic OR of two conditions, which is a mechanism here, and its X-ray has one parent. Travel
and smoking are answered, as risk factors are. Its dyspnoea is no noisy-OR (0.9 where one would give
0.93), so that it stays unobserved, which is exact.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pyagrum as gum
import pytest

from saphena.inference.evidence import Evidence
from saphena.inference.reference import enumerate_all
from saphena.inference.subset import SubsetProgramme

# Lauritzen and Spiegelhalter 1988, doi:10.1111/j.2517-6161.1988.tb01721.x
TUBERCULOSIS = {"no": 0.01, "yes": 0.05}
"""By travel to Asia."""
CANCER = {"no": 0.01, "yes": 0.1}
BRONCHITIS = {"no": 0.3, "yes": 0.6}
"""By smoking."""
XRAY_WITHOUT, XRAY_WITH = 0.05, 0.98
DYSPNOEA = {(0, 0): 0.1, (0, 1): 0.8, (1, 0): 0.7, (1, 1): 0.9}
"""By either, and bronchitis."""


def asia() -> gum.BayesNet:
    network = gum.BayesNet()
    for name in ("asia", "smoke", "tub", "lung", "bronc", "either", "xray", "dysp"):
        network.add(gum.LabelizedVariable(name, "", ["no", "yes"]))
    for arc in (
        "asia tub",
        "smoke lung",
        "smoke bronc",
        "tub either",
        "lung either",
        "either xray",
        "either dysp",
        "bronc dysp",
    ):
        network.addArc(*arc.split())
    network.cpt("asia").fillWith([0.99, 0.01])
    network.cpt("smoke").fillWith([0.5, 0.5])
    for parent, child, table in (
        ("asia", "tub", TUBERCULOSIS),
        ("smoke", "lung", CANCER),
        ("smoke", "bronc", BRONCHITIS),
    ):
        for answer, p in table.items():
            network.cpt(child)[{parent: answer}] = [1 - p, p]
    for tub, lung in product((0, 1), repeat=2):
        network.cpt("either")[{"tub": tub, "lung": lung}] = [float(not (tub or lung)), float(tub or lung)]
    network.cpt("xray")[{"either": 0}] = [1 - XRAY_WITHOUT, XRAY_WITHOUT]
    network.cpt("xray")[{"either": 1}] = [1 - XRAY_WITH, XRAY_WITH]
    for (either, bronc), p in DYSPNOEA.items():
        network.cpt("dysp")[{"either": either, "bronc": bronc}] = [1 - p, p]
    return network


def as_evidence(travelled: str, smokes: str, xray: int) -> Evidence:
    """Conditions tuberculosis, cancer and bronchitis; mechanism "either"; finding X-ray."""
    q = 1 - (1 - XRAY_WITH) / (1 - XRAY_WITHOUT)
    return Evidence(
        prior=np.array([TUBERCULOSIS[travelled], CANCER[smokes], BRONCHITIS[smokes]]),
        condition_of=np.arange(3),
        link=np.tile([1.0, 0.0], (3, 1, 1)),
        leak=np.array([[1 - XRAY_WITHOUT, XRAY_WITHOUT]]),
        lowest=np.array([xray]),
        highest=np.array([xray]),
        mechanism_leak=np.zeros(1),
        mechanism_prior=np.array([[1.0], [1.0], [0.0]]),
        mechanism_link=np.array([[[1 - q, q]]]),
        soft=np.ones(3),
        mechanism_soft=np.ones(1),
    )


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize(("travelled", "smokes", "xray"), list(product(("no", "yes"), ("no", "yes"), (0, 1))))
def test_asia_agrees_with_pyagrum_and_with_enumeration(travelled: str, smokes: str, xray: int, engine: str) -> None:
    network = asia()
    theirs = gum.LazyPropagation(network)
    theirs.setEvidence({"asia": travelled, "smoke": smokes, "xray": xray})
    theirs.makeInference()
    evidence = as_evidence(travelled, smokes, xray)
    programme = SubsetProgramme(evidence, engine)  # type: ignore[arg-type]
    found = programme.marginals(programme.base, mechanisms=True)
    total = float(found.evidence[0])
    expected = [theirs.posterior(name)[1] for name in ("tub", "lung", "bronc")]
    np.testing.assert_allclose(found.state[0] / total, expected, rtol=1e-12)
    np.testing.assert_allclose(found.mechanism[0, 0] / total, theirs.posterior("either")[1], rtol=1e-12)
    # Travel and smoking are given here, and evidence there.
    given = network.cpt("asia")[{"asia": travelled}] * network.cpt("smoke")[{"smoke": smokes}]
    np.testing.assert_allclose(total, theirs.evidenceProbability() / given, rtol=1e-12)
    np.testing.assert_allclose(enumerate_all(evidence).state, expected, rtol=1e-12)
