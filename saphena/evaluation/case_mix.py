"""For a complaint in a setting, the model's mix of conditions beside mixes measured in patients; and stated
priors beside the mean prior of the people they were stated for.

The model is asked about people with the complaint: ages and sexes of attenders (or of the study, where it
says them), each weighted by the chance of having the complaint, risk factors unknown. Two limits of the
comparison: studies name one cause where the model gives presence, which matters for a background condition
more than for an acute one; and "suspected" rests on more than the words stated.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from saphena.case import Case
from saphena.evaluation.cases import CASES, Shape
from saphena.model.network import SETTINGS, Model
from saphena.model.reader import read_file
from saphena.model.states import states_of
from saphena.model.validate import validate

MIXES = CASES / "mix" / "complaints.yaml"
FACTOR = 2.0
GIVEN_BACK_WITHIN = 0.1


class Complaint(Shape):
    """What brings people, where, and who they are."""

    name: str
    setting: str
    findings: dict[str, Any]
    either: tuple[dict[str, Any], dict[str, Any]] | None = None
    """One of these two besides the findings, or both."""
    ages: dict[float, float] = Field(default_factory=dict)
    """Age and share; attenders where empty."""
    women: float | None = None
    context: dict[str, str] = Field(default_factory=dict)
    without: tuple[str, ...] = ()
    """Conditions that the study had excluded."""

    def presentations(self) -> list[tuple[int, dict[str, Any]]]:
        """Findings to state and the sign to add them with: of two findings, the first + the second - both."""
        if self.either is None:
            return [(1, self.findings)]
        one, other = self.either
        return [(sign, {**self.findings, **more}) for sign, more in ((1, one), (1, other), (-1, {**one, **other}))]


class Row(Shape):
    """One published share of a complaint."""

    complaint: str
    conditions: tuple[str, ...]
    """Condition, or states that exclude each other."""
    share: float
    n: int | None = None
    words: str
    source: str
    misses: str | None = None
    """Why the model is known to lie outside; None where it must not."""


class Mixes(Shape):
    """The whole file."""

    ages: dict[float, float]
    """Of adults who bring a leg complaint."""
    women: float
    complaints: dict[str, Complaint]
    rows: tuple[Row, ...]

    def people(self, complaint: Complaint) -> list[tuple[float, str, float]]:
        """Age, sex and share of those who may have the complaint."""
        women = self.women if complaint.women is None else complaint.women
        return [
            (age, sex, of_age * of_sex)
            for age, of_age in (complaint.ages or self.ages).items()
            for sex, of_sex in (("female", women), ("male", 1 - women))
        ]


class MixResult(Shape):
    """One row, and what the model says."""

    complaint: str
    conditions: tuple[str, ...]
    published: float
    n: int | None
    model: float
    agrees: bool
    known_miss: str | None


class PriorBack(Shape):
    """A mean prior that is not the stated one, to within a tenth."""

    setting: str
    condition: str
    stated: float
    mean: float
    floored: bool
    """Stated below the floor under dangerous conditions."""


class PriorsBack(Shape):
    """Mean over people of each setting, risk factors known."""

    people: int
    compared: int
    off: tuple[PriorBack, ...]


def read_mixes(path: Path = MIXES) -> Mixes:
    """The measured mixes; raises ``Faulty``."""
    return validate(read_file(path, path.name), Mixes)


def mix_results(model: Model, mixes: Mixes) -> tuple[MixResult, ...]:
    """Every row beside the model; complaints with a condition that is not in the model are left out."""
    of = {name: mix(model, mixes, complaint) for name, complaint in mixes.complaints.items()}
    result = []
    for row in mixes.rows:
        found = sum(of[row.complaint][name] for name in row.conditions)
        result.append(
            MixResult(
                complaint=mixes.complaints[row.complaint].name, conditions=row.conditions, published=row.share,
                n=row.n, model=found, agrees=agree(row.share, found), known_miss=row.misses,
            )
        )  # fmt: skip
    return tuple(result)


def mix(model: Model, mixes: Mixes, complaint: Complaint) -> dict[str, float]:
    """P(condition | complaint) and P(state | complaint) among those people."""
    # Compiled code, which takes long to load, and is not needed to read what was worked out before.
    from saphena.inference.batch import posterior_batch

    cases, weights = [], []
    for age, sex, share in mixes.people(complaint):
        for sign, findings in complaint.presentations():
            cases.append(
                Case.model_validate(
                    {
                        "age": age,
                        "sex": sex,
                        "setting": complaint.setting,
                        "index_leg": "right",
                        "context": complaint.context,
                        "excluded_conditions": complaint.without,
                        "findings": findings,
                    }
                )
            )
            weights.append(sign * share)
    found = posterior_batch(model, cases)
    each = np.array(weights) * np.exp(found.log_evidence.filled(-np.inf))
    names = (*found.conditions, *found.states)
    shares = each @ np.concatenate([found.presence.filled(0.0), found.state.filled(0.0)], axis=1) / each.sum()
    return dict(zip(names, shares.tolist(), strict=True))


def agree(published: float, found: float) -> bool:
    """Within a factor of two; for a share above one half, so must be the remainder."""

    def near(a: float, b: float) -> bool:
        return a / FACTOR <= b <= a * FACTOR

    return near(published, found) and (published <= 0.5 or near(1 - published, 1 - found))


def priors_back(model: Model, count: int, seed: int = 7) -> PriorsBack:
    """People of every setting with their risk factors, and nothing else, answered."""
    # Compiled code, which takes long to load, and is not needed to read what was worked out before.
    from saphena.inference.batch import posterior_batch
    from saphena.inference.crowd import Recording, crowd

    rng = np.random.default_rng(seed)
    names, off = list(model.conditions), []
    floor = model.knowledge.settings.dangerous_floor
    for setting in SETTINGS:
        people = crowd(model, count, setting, rng, Recording(present=0.0, absent=0.0))
        mean = posterior_batch(model, people.rows).presence.mean(axis=0)
        stated = np.zeros(len(names))
        for state in states_of(model.knowledge):
            stated[names.index(state.condition.id)] += state.prior(setting)
        for c, id_ in enumerate(names):
            if abs(mean[c] - stated[c]) > GIVEN_BACK_WITHIN * stated[c]:
                dangerous = model.knowledge.conditions[id_].must_not_miss is not None
                off.append(
                    PriorBack(
                        setting=setting, condition=id_, stated=float(stated[c]), mean=float(mean[c]),
                        floored=dangerous and stated[c] < floor.at(setting),
                    )
                )  # fmt: skip
    return PriorsBack(people=count, compared=len(SETTINGS) * len(names), off=tuple(off))
