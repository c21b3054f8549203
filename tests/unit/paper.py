"""An invented network so small that its answers are worked out on paper, and what tests ask of it."""

from __future__ import annotations

from math import log10
from typing import Any

from saphena import Model
from saphena.inference.observe import observe
from saphena.inference.posterior import ConditionPosterior, Posterior, posterior
from tests.tiny import case, condition, finding, model_of


def two_causes() -> Model:
    """Links 0.5 (blue, prior 0.1) and 0.25 (green, prior 0.2), leak 0.2 (see test_compile)."""
    return model_of(
        condition("blue", 0.1, {"ache": 0.62}),
        condition("green", 0.2, {"ache": 0.43}),
        findings=(finding("ache", 0.2),),
    )


def inferred(model: Model, **said: Any) -> Posterior:
    return posterior(model, observe(model, case(**said)))


def probabilities(model: Model, **said: Any) -> dict[str, float]:
    return {c.id: c.probability for c in inferred(model, **said).conditions}


def one(found: Posterior, id_: str = "blue") -> ConditionPosterior:
    return next(c for c in found.conditions if c.id == id_)


def decibans(p: float) -> float:
    return 10 * log10(p / (1 - p))


def lone(leak: float, p: float = 0.1, link: float = 0.5, **more: Any) -> Model:
    """One illness and one finding, with a link chosen outright."""
    sensitivity = 1 - (1 - link) * (1 - leak)
    return model_of(condition("blue", p, {"ache": sensitivity}), findings=(finding("ache", leak, **more),))


SEVERAL = {
    "ache": "present",
    "glow": "present",
    "glow_at_night": "absent",
    "itch": "absent",
    "redness": "present",
    "warmth": "present",
    "lump": {"right": "present", "left": "absent"},
    "size": "large",
}
