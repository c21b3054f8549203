"""Networks that others published, as they stand, against pyAgrum.

Two diseases and Fever come with OpenMarkov, as examples of its noisy-OR (``BN-two-diseases.pgmx``,
``BNE4-noisy-or-four-parents.elv``), and every node of them fits: viruses and the second disease are
conditions, the first disease and the anomaly mechanisms, vaccination a risk factor.

The networks that are usually published with software are mostly not of this kind. In asia, cancer,
earthquake, survey, sachs, child, alarm, insurance, water, hepar2, win95pts, andes, pathfinder and
hailfinder (bnlearn repository), every table of binary variables with two or more parents was tried
as a leaky noisy-OR, with each variable and its complement as "present". Only 2 of the 32 tables of
win95pts with several parents are one, 18 of the 124 of andes, 1 of the 2 of asia, and none elsewhere;
in win95pts and andes they stand scattered among tables that are not. Asia is left: its "either" is a
deterministic OR of two conditions, which is a mechanism here, and its X-ray has one parent. Travel
and smoking are answered, as risk factors are. Its dyspnoea is no noisy-OR (0.9 where one would give
0.93), so that it stays unobserved, which is exact. All tables of carpo (5 with several binary
parents) were tried as well, and none is one. In NasoNet (doi:10.1016/S0933-3657(02)00027-1) all 70 tables with
several parents are a noisy-MAX to their rounding, but they stand in seven layers of four grades.
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


ENGINES = ["numpy", "compiled"]


@pytest.mark.parametrize("engine", ENGINES)
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


# --- OpenMarkov ------------------------------------------------------------------------------

PRIOR = {"virus_a": 0.02, "virus_b": 0.01}
SECOND_DISEASE = {"no": 0.05, "yes": 0.01}
"""By vaccination, of which 80 % are."""
FIRST_DISEASE = (0.9, 0.9)
"""From either virus; never without."""
SYMPTOM = (0.01, 0.96, 0.93)
"""Leak, and links from the two diseases."""
ANOMALY, SIGN, X_RAY, ECOGRAPHY = (0.01, 0.98), (0.01, 0.7), (0.02, 0.8), (0.05, 0.86)
"""Without and with the one parent."""


def table(network: gum.BayesNet, child: str, parents: list[str], off: dict[tuple[int, ...], float]) -> None:
    network.add(gum.LabelizedVariable(child, "", 2))
    for parent in parents:
        network.addArc(parent, child)
    for values, p in off.items():
        network.cpt(child)[dict(zip(parents, values, strict=True))] = [p, 1 - p]


def noisy_or(leak: float, *q: float) -> dict[tuple[int, ...], float]:
    """P(absent) by parents."""
    return {
        values: (1 - leak) * float(np.prod([1 - link for link, on in zip(q, values, strict=True) if on]))
        for values in product((0, 1), repeat=len(q))
    }


def two_diseases() -> gum.BayesNet:
    network = gum.BayesNet()
    for name, p in (*PRIOR.items(), ("vaccination", 0.8)):
        network.add(gum.LabelizedVariable(name, "", ["no", "yes"]))
        network.cpt(name).fillWith([1 - p, p])
    # The table as published, which turns out to be a noisy-OR.
    first = {(0, 0): 1.0, (1, 0): 0.1, (0, 1): 0.1, (1, 1): 0.01}
    table(network, "first", ["virus_a", "virus_b"], first)
    table(network, "second", ["vaccination"], {(0,): 0.95, (1,): 0.99})
    table(network, "symptom", ["first", "second"], noisy_or(*SYMPTOM))
    for child, parent, (without, given) in (
        ("sign", "first", SIGN),
        ("anomaly", "second", ANOMALY),
        ("x_ray", "anomaly", X_RAY),
        ("ecography", "anomaly", ECOGRAPHY),
    ):
        table(network, child, [parent], {(0,): 1 - without, (1,): 1 - given})
    return network


def link(without: float, given: float) -> float:
    """What the parent adds to the leak."""
    return 1 - (1 - given) / (1 - without)


def as_two_diseases(vaccinated: str | None, seen: dict[str, int]) -> Evidence:
    """Conditions: both viruses and the second disease; mechanisms: the first disease and the anomaly."""
    leak = {"symptom": SYMPTOM[0], "sign": SIGN[0], "x_ray": X_RAY[0], "ecography": ECOGRAPHY[0]}
    by_first = {"symptom": SYMPTOM[1], "sign": link(*SIGN)}
    by_anomaly = {"x_ray": link(*X_RAY), "ecography": link(*ECOGRAPHY)}
    second = SECOND_DISEASE[vaccinated] if vaccinated else 0.2 * SECOND_DISEASE["no"] + 0.8 * SECOND_DISEASE["yes"]

    def chances(q: dict[str, float]) -> np.ndarray:
        return np.array([[1 - q.get(id_, 0.0), q.get(id_, 0.0)] for id_ in seen]).reshape(len(seen), 2)

    return Evidence(
        prior=np.array([*PRIOR.values(), second]),
        condition_of=np.arange(3),
        link=np.stack([chances({}), chances({}), chances({"symptom": SYMPTOM[2]})]),
        leak=chances(leak),
        lowest=np.array([*seen.values()], dtype=np.int64),
        highest=np.array([*seen.values()], dtype=np.int64),
        mechanism_leak=np.array([0.0, ANOMALY[0]]),
        mechanism_prior=np.array([[FIRST_DISEASE[0], 0.0], [FIRST_DISEASE[1], 0.0], [0.0, link(*ANOMALY)]]),
        mechanism_link=np.stack([chances(by_first), chances(by_anomaly)]),
        soft=np.ones(3),
        mechanism_soft=np.ones(2),
    )


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("vaccinated", [None, "no", "yes"])
def test_two_diseases_agree_with_pyagrum_whatever_is_observed(vaccinated: str | None, engine: str) -> None:
    network = two_diseases()
    theirs = gum.LazyPropagation(network)
    for values in product((None, 0, 1), repeat=4):
        names = ("symptom", "sign", "x_ray", "ecography")
        seen = {name: value for name, value in zip(names, values, strict=True) if value is not None}
        theirs.setEvidence(seen | ({"vaccination": vaccinated} if vaccinated else {}))
        theirs.makeInference()
        programme = SubsetProgramme(as_two_diseases(vaccinated, seen), engine)  # type: ignore[arg-type]
        found = programme.marginals(programme.base, mechanisms=True)
        given = {None: 1.0, "no": 0.2, "yes": 0.8}[vaccinated]
        total = float(found.evidence[0])
        np.testing.assert_allclose(total, theirs.evidenceProbability() / given, rtol=1e-12)
        expected = [theirs.posterior(name)[1] for name in ("virus_a", "virus_b", "second")]
        np.testing.assert_allclose(found.state[0] / total, expected, rtol=1e-11)
        expected = [theirs.posterior(name)[1] for name in ("first", "anomaly")]
        np.testing.assert_allclose(found.mechanism[0] / total, expected, rtol=1e-11)


FEVER_LEAK, FEVER = 1e-4, {"paludism": 0.9, "pneumonia": 0.93, "meningitis": 0.95, "flu": 0.87}
"""In the convention of Diez: links act beside the leak, as ours do. Each cause has prior 0.5."""


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("fever", [0, 1])
def test_fever_agrees_with_the_noisy_or_of_pyagrum(fever: int, engine: str) -> None:
    network = gum.BayesNet()
    for name in FEVER:
        network.add(gum.LabelizedVariable(name, "", 2))
        network.cpt(name).fillWith([0.5, 0.5])
    network.addNoisyORNet(gum.LabelizedVariable("fever", "", 2), FEVER_LEAK)
    for name, q in FEVER.items():
        network.addWeightedArc(name, "fever", q)
    theirs = gum.LazyPropagation(network)
    theirs.setEvidence({"fever": fever})
    theirs.makeInference()
    q = np.array([*FEVER.values()])
    programme = SubsetProgramme(
        Evidence(
            prior=np.full(4, 0.5),
            condition_of=np.arange(4),
            link=np.stack([1 - q, q], axis=-1)[:, None],
            leak=np.array([[1 - FEVER_LEAK, FEVER_LEAK]]),
            lowest=np.array([fever]),
            highest=np.array([fever]),
            mechanism_leak=np.zeros(0),
            mechanism_prior=np.zeros((4, 0)),
            mechanism_link=np.zeros((0, 1, 2)),
            soft=np.ones(4),
            mechanism_soft=np.ones(0),
        ),
        engine,  # type: ignore[arg-type]
    )
    found = programme.marginals(programme.base)
    np.testing.assert_allclose(found.evidence[0], theirs.evidenceProbability(), rtol=1e-12)
    np.testing.assert_allclose(
        found.state[0] / found.evidence[0], [theirs.posterior(name)[1] for name in FEVER], rtol=1e-12
    )
