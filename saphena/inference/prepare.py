"""Model + Observation -> Evidence: priors of this person, and the nodes that were observed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from saphena.inference.evidence import Evidence, Floats
from saphena.inference.observation import Observation
from saphena.model.network import SETTINGS, SEXES, Ints, Model
from saphena.model.priors import (
    band_centres,
    band_weights,
    can_have,
    combinations_left,
    states_given,
)
from saphena.model.schema import Finding


def prepare(model: Model, observation: Observation) -> Evidence:
    """The arrays of one case; worked out once an observation."""
    held = observation.prepared
    if held is None or held[0] is not model:
        observation.prepared = held = (model, _prepare(model, observation))
    return held[1]


def _prepare(model: Model, observation: Observation) -> Evidence:
    network = model.network
    columns = np.array([model.node_index[s.node] for s in observation.seen], dtype=np.int64)
    soft, mechanism_soft = soft_negatives(model, observation)
    return Evidence(
        prior=priors(model, observation),
        condition_of=network.condition_of,
        link=network.link[:, columns],
        leak=leaks(model, observation, columns),
        lowest=np.array([s.lowest for s in observation.seen], dtype=np.int64),
        highest=np.array([s.highest for s in observation.seen], dtype=np.int64),
        doubt=np.array([s.doubt for s in observation.seen], dtype=float),
        mechanism_leak=network.mechanism_leak,
        mechanism_prior=network.mechanism_prior,
        mechanism_link=network.mechanism_link[:, columns],
        soft=soft,
        mechanism_soft=mechanism_soft,
    )


def priors(model: Model, observation: Observation) -> Floats:
    """(S,) P(state) for a person of this age, sex, setting and risk factors.

    Unknown risk factors are integrated out over their prevalence. Known conditions have probability
    1, excluded ones 0; conditions that the model knows in adults only have 0 in a child.
    """
    case = observation.case
    stated = tuple(sorted(observation.context.items()))
    known = tuple(sorted(observation.known.items()))
    return _priors(model, case.setting, case.age, case.sex, stated, known, observation.excluded).copy()


@lru_cache(maxsize=16)
def _priors(
    model: Model,
    setting_name: str,
    age: float,
    sex_name: str,
    stated: tuple[tuple[str, bool], ...],
    known: tuple[tuple[str, str | None], ...],
    excluded: frozenset[str],
) -> Floats:
    """Kept for a while: the person stays the same while one finding after the other is answered."""
    network, known_states = model.network, dict(known)
    setting, sex = SETTINGS.index(setting_name), SEXES.index(sex_name)
    bands = _band_weights(model, age)
    # Interpolated on the log odds; a band in which the condition cannot be stays out.
    by_band = network.intercept[setting, :, sex]
    with np.errstate(invalid="ignore"):
        intercept = np.where(bands[:, None] > 0, bands[:, None] * by_band, 0.0).sum(axis=0)
    result = np.zeros(len(network.states))
    chances = _chances(model, dict(stated), age, sex_name, setting)
    for condition, table in zip(model.knowledge.conditions.values(), model.prior_tables, strict=True):
        if condition.id in excluded:
            continue
        rows, weights = combinations_left(tuple(chances[r] for r in table.factors))
        chance = weights @ states_given(intercept[table.members], table.effects[rows], table.possible[rows])
        if condition.id in known_states:
            chance = _known(chance, [s.id for s in condition.states], known_states[condition.id])
        result[table.members] = chance
    return result


def _chances(model: Model, stated: dict[str, bool], age: float, sex: str, setting: int) -> list[float]:
    """P(present) of each risk factor: as stated, impossible at this age and sex, or its prevalence."""
    return [
        float(stated[f.id]) if f.id in stated else (p if can_have(f, age, sex) else 0.0)
        for f, p in zip(model.knowledge.risk_factors.values(), model.network.prevalence[setting].tolist(), strict=True)
    ]


def _known(chance: Floats, states: list[str], state: str | None) -> Floats:
    """A known condition: its state for certain, or its states in the proportions of their priors."""
    if state is not None:
        return np.array([1.0 if s == state else 0.0 for s in states])
    if chance.sum() <= 0:
        return np.full(len(chance), 1 / len(chance))
    return np.asarray(chance / chance.sum())


def _band_weights(model: Model, age: float) -> Floats:
    return band_weights(age, band_centres(model.knowledge))


def leaks(model: Model, observation: Observation, columns: Ints) -> Floats:
    """(J, G) leaks at this age and sex."""
    sex = SEXES.index(observation.case.sex)
    table = model.network.leak[columns, :, sex]
    weights = _band_weights(model, observation.case.age)
    return np.asarray(np.einsum("a,nag->ng", weights, table))


def soft_negatives(model: Model, observation: Observation) -> tuple[Floats, Floats]:
    """Factors from cardinal findings that a narrative does not mention; ones in an interview."""
    network, settings = model.network, model.knowledge.settings
    soft = np.ones(len(network.states))
    mechanism_soft = np.ones(len(network.mechanism_leak))
    if observation.case.recording != "narrative":
        return soft, mechanism_soft
    for finding, node in narrated(model):
        if finding.id in observation.mentioned or finding.id in observation.case.findings:  # Or is named as unknown.
            continue
        obtained = model.knowledge.obtained_by[finding.id]
        examined = obtained == "examination" and finding.region in observation.case.examined
        kappa = (settings.narrative_kappa_examined if examined else settings.narrative_kappa).value
        soft *= 1 - kappa * (1 - network.link[:, node, 0])
        mechanism_soft *= 1 - kappa * (1 - network.mechanism_link[:, node, 0])
    return soft, mechanism_soft


def narrated(model: Model) -> list[tuple[Finding, int]]:
    """Findings that a narrative would mention if they were there, each with its node whatever the side."""
    result = []
    for finding in model.knowledge.findings.values():
        if (
            finding.cardinal
            and not finding.red_flag
            and finding.given is None
            and finding.scale != "complaint"
            and model.knowledge.obtained_by[finding.id] in ("history", "examination")
        ):
            result.append((finding, model.whole_node[finding.id]))
    return result
