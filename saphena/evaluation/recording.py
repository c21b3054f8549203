"""How far probabilities are off when findings are recorded because they are there, or when shared
mechanisms are left out: people drawn from the model, answered in several ways."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from saphena.evaluation.cases import Shape
from saphena.evaluation.selfcheck import Calibration, answered, calibration
from saphena.evaluation.variants import flat
from saphena.inference.crowd import Crowd, Recording, crowd
from saphena.inference.evidence import Floats
from saphena.inference.prepare import narrated
from saphena.model.network import Model

ASKED = ("history", "examination")
"""Tests are done by decision, and their results are written whatever they are."""
SELECTIVE = Recording(present=0.85, absent=0.15, obtained_by=ASKED)
EQUAL = Recording(present=0.08, absent=0.08)
TWICE = Recording(present=0.16, absent=0.16)
"""A mechanism shows where several of its findings are recorded."""
FEWEST_PRESENT = 3
KAPPAS = (0.0, 0.3, 0.5, 0.7)


class Answer(Shape):
    """People recorded in one way, answered in one way."""

    recorded: str
    answered: str
    kappa: float | None
    calibration: Calibration


def recordings(model: Model, count: int, setting: str = "primary_care", seed: int = 1) -> tuple[Answer, ...]:
    """Equal recording, and selective recording with the unmentioned ignored or as soft negatives.

    Selective recording writes 85 % of what is present and 15 % of what is absent, and only people with three
    present findings; it makes cases wide, so ``count`` is better kept in the thousands.
    """
    rng = np.random.default_rng(seed)
    equal, chosen = crowd(model, count, setting, rng, EQUAL), selective(model, count, setting, rng)
    result = [
        Answer(
            recorded=f"{EQUAL.present:.0%} of each", answered="unmentioned unknown", kappa=None,
            calibration=calibration(answered(model, equal)),
        )
    ]  # fmt: skip
    for kappa in KAPPAS:
        heard = with_silence(model, chosen, kappa)
        result.append(
            Answer(
                recorded="present ones",
                answered=f"kappa {kappa:g}" if kappa else "unmentioned unknown",
                kappa=kappa,
                calibration=calibration(answered(model, heard)),
            )
        )
    return tuple(result)


def selective(model: Model, count: int, setting: str, rng: np.random.Generator) -> Crowd:
    """People of whom mostly what is present was written, and at least three findings."""
    people = crowd(model, count, setting, rng, SELECTIVE)
    finding = np.array([model.knowledge.findings[f].scale == "finding" for f in people.findings])
    return people.of((people.written & (people.grade > 0) & finding).sum(axis=1) >= FEWEST_PRESENT)


def with_silence(model: Model, people: Crowd, kappa: float) -> Crowd:
    """The same people with the soft negatives of a narrative, none of them examined (``prepare.soft_negatives``)."""
    soft, mechanism_soft = silence(model, people, kappa)
    return replace(people, rows=people.rows._replace(soft=soft, mechanism_soft=mechanism_soft))


def silence(model: Model, people: Crowd, kappa: float) -> tuple[Floats, Floats]:
    """(N, S) and (N, K) factors from cardinal findings of which nothing is written."""
    network, listed = model.network, narrated(model)
    names = np.array(people.findings)
    unsaid = np.stack([~people.written[:, names == f.id].any(axis=1) for f, _ in listed], axis=1).astype(float)
    nodes = [node for _, node in listed]
    of_states, of_mechanisms = (
        np.log1p(-kappa * (1 - link[:, nodes, 0])) for link in (network.link, network.mechanism_link)
    )
    return np.exp(unsaid @ of_states.T), np.exp(unsaid @ of_mechanisms.T)


def mechanism_truth(
    model: Model, count: int, setting: str = "primary_care", seed: int = 2, recording: Recording = TWICE
) -> tuple[Answer, ...]:
    """People in whom mechanisms act, answered with them and by the flat model."""
    people = crowd(model, count, setting, np.random.default_rng(seed), recording)
    of_each = f"{recording.present:.0%} of each"
    without = flat(model)
    bare = replace(
        people,
        rows=people.rows._replace(mechanism_soft=np.ones((1, 0))),
        mechanism=np.zeros((len(people), 0), dtype=np.bool_),
    )
    return (
        Answer(
            recorded=of_each, answered="with mechanisms", kappa=None,
            calibration=calibration(answered(model, people)),
        ),
        Answer(
            recorded=of_each, answered="mechanisms folded", kappa=None,
            calibration=calibration(answered(without, bare)),
        ),
    )  # fmt: skip
