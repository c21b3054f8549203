"""Stages and scores that a case answers, leg by leg."""

from __future__ import annotations

from collections.abc import Sequence

from saphena.pathway.scoring import ScoreResult, score_case
from saphena.pathway.targets import Target
from saphena.pathway.truth import LEGS, Rules


def staging(rules: Rules, planned: Sequence[Target]) -> tuple[ScoreResult, ...]:
    """Results of every instrument that applies here or stages a condition planned for, as far as something is answered."""
    conditions = {target.condition for target in planned}
    found = []
    for instrument in rules.model.knowledge.instruments.values():
        if not instrument.licence.shipped:
            continue
        asked = instrument.applies is not None and rules.holds(instrument.applies) is True
        if not asked and instrument.about not in conditions:
            continue
        if instrument.applies is not None and rules.holds(instrument.applies) is False:
            continue
        for leg in LEGS if instrument.per_leg else ("",):
            result = score_case(rules, instrument, leg)
            if result.answered and result.points is not None:
                found.append(result)
    return tuple(found)
