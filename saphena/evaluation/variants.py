"""Models with other numbers than the authored ones: what a diagnostic compares the model with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from saphena.inference.evidence import Floats
from saphena.model.network import Model

LARGEST = 0.95
"""No leak is multiplied beyond this."""


def flat(model: Model) -> Model:
    """The model without mechanisms: what each cause did through them it does directly.

    Every finding alone keeps its probability without a condition and with any one; that findings come together is
    lost.
    """
    network = model.network
    at_most, leak, mechanism = (array.cumsum(axis=-1) for array in (network.link, network.leak, network.mechanism_link))
    for k in range(len(network.mechanism_leak)):
        above, by_leak = 1 - mechanism[k], network.mechanism_leak[k]  # (N, G) and a number
        on = 1 - (1 - by_leak) * (1 - network.mechanism_prior[:, k, None, None])
        # The mechanism is switched on once, by the cause or without: what is without belongs to the leak.
        at_most = at_most * (1 - on * above) / np.maximum(1 - by_leak * above, 1e-12)
        leak = leak * (1 - by_leak * above)[:, None, None]
    knowledge = model.knowledge.model_copy(update={"mechanisms": {}})
    states, nodes, grades = network.link.shape
    return Model(
        knowledge,
        replace(
            network,
            link=_by_grade(at_most),
            leak=_by_grade(leak),
            mechanism_leak=np.zeros(0),
            mechanism_prior=np.zeros((states, 0)),
            mechanism_link=np.zeros((0, nodes, grades)),
        ),
        f"{model.version}, flat",
    )


def _by_grade(at_most: Floats) -> Floats:
    return np.maximum(0.0, np.diff(at_most, axis=-1, prepend=0.0))


def with_kappa(model: Model, kappa: float, examined: float) -> Model:
    """The model with other weights of what a narrative does not mention."""
    settings = model.knowledge.settings
    changed = settings.model_copy(
        update={
            "narrative_kappa": settings.narrative_kappa.model_copy(update={"value": kappa}),
            "narrative_kappa_examined": settings.narrative_kappa_examined.model_copy(update={"value": examined}),
        }
    )
    knowledge = model.knowledge.model_copy(update={"settings": changed})
    return Model(knowledge, model.network, f"{model.version}, kappa {kappa:g} and {examined:g}")


def with_priors(model: Model, factors: Floats) -> Model:
    """The odds of each condition (C,) multiplied, in all its states alike."""
    network = model.network
    moved = network.intercept + np.log(factors)[network.condition_of]
    return Model(model.knowledge, replace(network, intercept=moved), f"{model.version}, other priors")


def with_links(model: Model, shift: Floats) -> Model:
    """The chance that a state causes a finding at all moved on the log odds: (S, findings).

    All ways of observing a finding move together, and its grades keep their proportions.
    """
    network, order = model.network, list(model.knowledge.findings)
    column = np.array([order.index(name.partition("@")[0].partition("+")[0]) for name in network.nodes])
    total = 1 - network.link[:, :, 0]
    certain = (total <= 0) | (total >= 1)
    odds = np.where(certain, 1.0, total) / np.where(certain, 1.0, 1 - total) * np.exp(shift[:, column])
    factor = np.where(certain, 1.0, odds / (1 + odds) / np.where(certain, 1.0, total))
    return Model(
        model.knowledge, replace(network, link=_scaled(network.link, factor)), f"{model.version}, other sensitivities"
    )


def with_leaks(model: Model, factor: float) -> Model:
    """Every leak multiplied, up to ``LARGEST``."""
    network = model.network
    total = 1 - network.leak[..., 0]
    moved = np.where(total > 0, np.minimum(factor * total, np.maximum(total, LARGEST)) / np.maximum(total, 1e-12), 1.0)
    return Model(
        model.knowledge, replace(network, leak=_scaled(network.leak, moved)), f"{model.version}, leaks x {factor:g}"
    )


def _scaled(pmf: Floats, factor: Floats) -> Floats:
    """The same grades above 0, more or less often."""
    scaled = pmf * factor[..., None]
    scaled[..., 0] = np.maximum(0.0, 1 - scaled[..., 1:].sum(axis=-1))
    return scaled
