"""How well a case fits the model: is what is present explained, and is the model about this case at all?"""

from __future__ import annotations

from typing import Literal

from saphena.assessment.shapes import Fit
from saphena.assessment.words import leg_words
from saphena.inference.observation import Observation
from saphena.inference.posterior import Posterior
from saphena.model.network import Model

FIT_PARTLY, FIT_POOR = 0.15, 0.35
"""Poor fit from which findings are named as unexplained, and from which nothing fits well."""
UNCOMMON, AT_ONCE = 0.01, 2
"""Prior below which a condition is uncommon, and how many of these, each needed by a finding, are too much of a coincidence."""


def fit_of(model: Model, inferred: Posterior | None, observation: Observation, language: str = "en") -> Fit:
    """The answer; without probabilities, why there are none."""
    sentences = model.knowledge.texts[language].sentences
    others = observation.case.other_findings
    if inferred is None:
        known = model.knows_age(observation.case.age)
        return _no_fit(
            "no_findings" if known else "outside",
            sentences["no_probabilities" if known else unknown_age(model)],
            others,
        )
    if inferred.poor_fit_with_others is None:
        asked = any(model.knowledge.findings[s.finding].scale == "finding" for s in observation.seen)
        if asked:
            return _no_fit("nothing_found", sentences["fit_nothing_found"], others)
        return _no_fit("no_findings", sentences["nothing_known"], others)
    # What the vocabulary lacks may be incidental: it can say "not all is explained", never by itself
    # that nothing fits.
    known_share, poor = inferred.poor_fit or 0.0, inferred.poor_fit_with_others
    named = [_label_name(model, label) for label, share in inferred.unexplained.items() if share > 0.5]
    named += others
    uncommon = _uncommon(model, inferred)
    level: Literal["explained", "partly", "improbable", "poor", "outside"] = (
        "outside"
        if not _of_legs(model, observation)
        else "poor"
        if known_share > FIT_POOR
        else "improbable"
        if len(uncommon) >= AT_ONCE
        else "partly"
        if poor >= FIT_PARTLY
        else "explained"
    )
    sentence = sentences["fit_" + level]
    if level == "partly":
        sentence += f": {', '.join(named)}." if named else "."
    if level == "improbable":
        sentence = sentence.format(conditions=", ".join(uncommon))
    return Fit(
        level=level,
        sentence=sentence,
        poor_fit=inferred.poor_fit,
        poor_fit_with_others=poor,
        unexplained=tuple(named),
        uncommon=uncommon,
        nothing_explains=inferred.nothing_explains,
    )


def _uncommon(model: Model, inferred: Posterior) -> tuple[str, ...]:
    """Names of the uncommon conditions without which a finding would probably not be there."""
    return tuple(
        model.knowledge.conditions[c.id].name
        for c in inferred.conditions
        if 0 < c.prior < UNCOMMON and max(c.explains.values(), default=0.0) >= 0.5
    )


def _no_fit(level: Literal["outside", "nothing_found", "no_findings"], sentence: str, others: tuple[str, ...]) -> Fit:
    """The answer where nothing is there to be explained."""
    return Fit(
        level=level,
        sentence=sentence,
        poor_fit=None,
        poor_fit_with_others=None,
        unexplained=others,
        nothing_explains=None,
    )


def unknown_age(model: Model) -> str:
    """The sentence for an age without a differential."""
    return "infant" if model.knows_children else "adults_only"


def _of_legs(model: Model, observation: Observation) -> bool:
    """Does anything present lie in a leg, a joint, the back or the nerves?"""
    present = [model.knowledge.findings[s.finding] for s in observation.seen if s.lowest > 0]
    return any(f.region != "general" and f.scale == "finding" for f in present)


def _label_name(model: Model, label: str) -> str:
    finding, _, leg = label.partition("@")
    name = model.knowledge.findings[finding].name
    return name + leg_words(leg)
