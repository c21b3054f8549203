"""A small invented vocabulary, and what tests ask of a case written in it."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from saphena import Model
from saphena.faults import Fault, Faulty
from saphena.inference.observation import Observation
from saphena.inference.observe import observe
from tests.tiny import case, condition, factor, finding, measurement, model_of, state


@cache
def tiny_model() -> Model:
    """One illness; findings with and without sides, graded, with a child, and three measurements."""
    return model_of(
        condition(
            "blue",
            None,
            {"ache": 0.5, "lump": 0.5, "swelling": 0.5, "pitting": 0.5, "size": {"small": 0.2, "large": 0.2}},
            two_sided=0.4,
            states=[state("mild", 0.1), state("bad", 0.05)],
        ),
        condition("green", 0.1, {"ache": 0.5}),
        findings=(
            finding("ache", 0.1, synonyms=["soreness"]),
            finding("lump", 0.1, sided=True),
            finding("swelling", 0.1, sided=True),
            finding("pitting", 0.3, given="swelling"),
            finding("size", {"small": 0.1, "large": 0.1}),
            finding("girth", {"one": 0.1, "three": 0.1}),
            finding("pressure", {"low": 0.1, "lowest": 0.1}, sided=True),
            finding("stiff_vessel", 0.1, sided=True),
            finding("onset", {"weeks": 0.0, "sudden": 0.0}, scale="complaint"),
        ),
        factors=(factor("diabetes", 0.1), factor("heavy", 0.1), factor("pregnancy", 0.1, only_sex="female", only_ages=(12, 50))),
        measurements=(
            measurement("calf", "cm", [{"finding": "girth", "difference": True, "cutoffs": [
                {"grade": "three", "at_least": 3}, {"grade": "one", "at_least": 1}]}],
                units={"mm": 0.1, "in": 2.54}, sided=True, plausible=(15, 80)),
            measurement("ratio", "1", [
                {"finding": "pressure", "unknown_if": "stiff_vessel", "cutoffs": [
                    {"grade": "lowest", "below": 0.4}, {"grade": "low", "at_most": 0.9}]},
                {"finding": "stiff_vessel", "cutoffs": [{"grade": "present", "above": 1.4}]}],
                sided=True, plausible=(0, 3)),
            measurement("weight", "kg", [], context="heavy", context_at_least=100),
        ),
    )  # fmt: skip


def faults(model: Model, **said: Any) -> list[Fault]:
    with pytest.raises(Faulty) as refused:
        observe(model, case(**said))
    return refused.value.faults


def only_fault(model: Model, **said: Any) -> Fault:
    [fault] = faults(model, **said)
    return fault


def seen(model: Model, **findings: Any) -> dict[str, tuple[int, int]]:
    """Node -> grades, of what enters inference."""
    return nodes(observe(model, case(findings=findings)))


def nodes(observation: Observation) -> dict[str, tuple[int, int]]:
    assert len({s.node for s in observation.seen}) == len(observation.seen)
    return {s.node: (s.lowest, s.highest) for s in observation.seen}
