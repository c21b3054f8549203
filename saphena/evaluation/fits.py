"""Does Saphena say when its answer should not be trusted? Its word on the fit, of cases that it should not believe
(decoys), of cases that it should, and of people drawn from the model whose findings its conditions did or did not cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

import numpy as np
import yaml

from saphena.assessment.fit import fit_of
from saphena.case import Case
from saphena.evaluation.cases import CASES, Shape
from saphena.evaluation.coded import Answered
from saphena.inference.evidence import Floats, ImpossibleEvidence
from saphena.inference.observe import observe
from saphena.inference.posterior import belongs_to_complaint, posterior
from saphena.inference.sampling import DrawnPeople
from saphena.inference.subset import TooWide
from saphena.model.network import Model

FOLDER = CASES / "presentations"
RECORDED = 0.05
FEWEST, MOST = 3, 12
"""Present findings of the complaint of a sampled person that is looked at."""


class Fits(Shape):
    """How often each word was said of some cases."""

    cases_of: str
    cases: int
    said: dict[str, int]
    """Level of the fit -> cases."""


def fits(
    model: Model, coded: list[Answered], people: int, setting: str = "primary_care", seed: int = 5
) -> tuple[Fits, ...]:
    """Decoys by kind; presentations and coded cases; sampled people."""
    decoys = yaml.safe_load((FOLDER / "decoys.yaml").read_text(encoding="utf-8"))["cases"]
    kinds = list(dict.fromkeys(one["kind"] for one in decoys))
    found = [
        _said(
            f"decoys: {kind.replace('_', ' ')}",
            model,
            (Case.model_validate(d["case"]) for d in decoys if d["kind"] == kind),
        )
        for kind in kinds
    ]
    for name in ("classical", "everyday"):
        real = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))["cases"]
        found.append(_said(f"{name} presentations", model, (Case.model_validate(one["case"]) for one in real)))
    said = Counter(fit_of(model, one.posterior, one.observation).level for one in coded)
    found.append(Fits(cases_of="coded cases, diagnosis in the model", cases=len(coded), said=dict(said)))
    rng = np.random.default_rng(seed)
    for name, without in (
        ("sampled, all caused by conditions", _without_leaks),
        ("sampled, none caused by a condition", _without_causes),
    ):
        found.append(_said(name, model, _drawn(model, without(model), people, setting, rng)))
    return tuple(found)


def _said(name: str, model: Model, cases: Iterable[Case]) -> Fits:
    levels: Counter[str] = Counter()
    for case in cases:
        observation = observe(model, case)
        try:
            inferred = posterior(model, observation) if model.knows_age(case.age) else None
        except (ImpossibleEvidence, TooWide):
            inferred = None
        levels[fit_of(model, inferred, observation).level] += 1
    return Fits(cases_of=name, cases=levels.total(), said=dict(levels))


def _drawn(model: Model, source: Model, people: int, setting: str, rng: np.random.Generator) -> Iterable[Case]:
    """At most so many people of ``source`` with a complaint of a few findings, of at most twenty times as many drawn."""
    drawn = DrawnPeople(source, 20 * people, setting, rng, None, None).simulated(RECORDED)
    suitable = (one.case for one in drawn if FEWEST <= _complaints(model, one.case) <= MOST)
    return islice(suitable, people)


def _complaints(model: Model, case: Case) -> int:
    return sum(s.lowest > 0 and belongs_to_complaint(model, s) for s in observe(model, case).seen)


def _without_leaks(model: Model) -> Model:
    """Nothing is present unless a condition, or a mechanism that one switched on, caused it."""
    network = model.network
    return Model(
        model.knowledge,
        replace(network, leak=_never(network.leak), mechanism_leak=np.zeros_like(network.mechanism_leak)),
        f"{model.version}, no leaks",
    )


def _without_causes(model: Model) -> Model:
    """Nothing that is present was caused by a condition."""
    network = model.network
    return Model(
        model.knowledge,
        replace(
            network,
            link=_never(network.link),
            mechanism_prior=np.zeros_like(network.mechanism_prior),
        ),
        f"{model.version}, no links",
    )


def _never(by_grade: Floats) -> Floats:
    """The same shape (..., G), with the lowest grade certain."""
    result = np.zeros_like(by_grade)
    result[..., 0] = 1.0
    return result
