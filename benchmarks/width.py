"""What width is made of: mechanisms, the order of conditions, and what another elimination would need."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.elimination import frontier, mixed, structure
from benchmarks.figures import Figure, shown
from benchmarks.growth import states_of
from benchmarks.synthetic import Synthetic, case
from saphena import Model, load_model
from saphena.evaluation.cases import CASES, read_cases
from saphena.inference.evidence import Evidence
from saphena.inference.observe import observe
from saphena.inference.plan import CONDITION, INDEX, KIND
from saphena.inference.prepare import prepare
from saphena.inference.subset import SubsetProgramme
from saphena.model.network import ADULT

MECHANISMS, ORDERS, MIXED = "What a mechanism costs", "What the order of conditions brings", "Mixed elimination"
RANDOM_ORDERS = 20


def width(net: Synthetic, quick: bool) -> list[Figure]:
    """All of it, on the coded cases and on the synthetic network."""
    model = load_model()
    coded = evidences(model)
    several = {
        positives: [case(net, positives, s)[0] for s in range(1, 3 if quick else 6)] for positives in (10, 15, 20)
    }
    groups = {f"{len(coded)} coded cases": coded}
    groups |= {f"synthetic network, {positives} positive": of for positives, of in several.items()}
    return [
        *mechanisms(model, coded),
        *(figure for name, of in groups.items() for figure in orders(name, of)),
        *(figure for name, of in groups.items() for figure in eliminations(name, of)),
    ]


def evidences(model: Model) -> list[Evidence]:
    """Every coded case of an adult; a child gets no probabilities."""
    coded = [one for one in read_cases(model, CASES).coded if one.case.age >= ADULT]
    return [prepare(model, observe(model, one.case)) for one in coded]


def without_mechanism(evidence: Evidence, removed: list[int]) -> Evidence:
    """The case in a model in which these mechanisms do nothing."""
    prior, link, soft = evidence.mechanism_prior.copy(), evidence.mechanism_link.copy(), evidence.mechanism_soft.copy()
    prior[:, removed], link[removed, :, 1:], link[removed, :, 0], soft[removed] = 0.0, 0.0, 1.0, 1.0
    return replace(evidence, mechanism_prior=prior, mechanism_link=link, mechanism_soft=soft)


def mechanisms(model: Model, coded: list[Evidence]) -> list[Figure]:
    """States with every mechanism, and how many times fewer they are without one, or without all."""
    whole = [states_of(e) for e in coded]
    figures = [_spread(MECHANISMS, "states of a coded case", whole, "")]
    every = list(range(len(model.mechanisms)))
    for name, removed in [*zip(model.mechanisms, ([k] for k in every), strict=True), ("all of them", every)]:
        ratios = [n / states_of(without_mechanism(e, removed)) for e, n in zip(coded, whole, strict=True)]
        figures.append(_spread(MECHANISMS, f"states with / without {name}", ratios, "times"))
    return figures


def orders(name: str, cases: list[Evidence]) -> list[Figure]:
    """How many times more states other orders store than the greedy one."""
    rng = np.random.default_rng(0)
    by_index, at_random, best = [], [], []
    for e in cases:
        of = structure(e)
        greedy = states_of(e)
        line = np.arange(e.conditions)
        by_index.append(frontier(of, line.tolist())[0] / greedy)
        tried = [frontier(of, rng.permutation(line).tolist())[0] / greedy for _ in range(RANDOM_ORDERS)]
        at_random.append(float(np.median(tried)))
        best.append(min(tried))
    return [
        _spread(ORDERS, f"{name}, by index / greedy", by_index, "times"),
        _spread(ORDERS, f"{name}, median of {RANDOM_ORDERS} random orders / greedy", at_random, "times"),
        _spread(ORDERS, f"{name}, best of {RANDOM_ORDERS} random orders / greedy", best, "times"),
    ]


def eliminations(name: str, cases: list[Evidence]) -> list[Figure]:
    """Entries that the plan touches, and how many times fewer a mixed elimination would."""
    ours, fill, degree = [], [], []
    for e in cases:
        of = structure(e)
        ours.append(frontier(of, greedy_order(e))[1])
        fill.append(ours[-1] / mixed(of, "fill"))
        degree.append(ours[-1] / mixed(of, "degree"))
    return [
        _spread(MIXED, f"{name}, entries of our plan", ours, ""),
        _spread(MIXED, f"{name}, our plan / min-fill", fill, "times"),
        _spread(MIXED, f"{name}, our plan / min-degree", degree, "times"),
    ]


def greedy_order(evidence: Evidence) -> list[int]:
    """The order of conditions in our plan."""
    steps = SubsetProgramme(evidence, "compiled").plan.steps
    return [int(step[INDEX]) for step in steps if step[KIND] == CONDITION]


def _spread(section: str, name: str, values: list[float] | list[int], unit: str) -> Figure:
    top, worst = float(np.percentile(values, 95)), float(max(values))
    note = f"median; 95th percentile {shown(top)}, greatest {shown(worst)}"
    details = {"95th percentile": top, "greatest": worst}
    return Figure(section, name, float(np.median(values)), unit, note=note, details=details)
