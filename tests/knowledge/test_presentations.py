"""Classical and everyday presentations, written from published descriptions by somebody who had not read the
conditions, and frozen before the first run: who must lead, and how urgent it may be called."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from saphena import Case, Model
from saphena.evaluation.cases import CASES
from saphena.inference.observe import observe
from saphena.inference.posterior import posterior
from saphena.pathway.differential import differential
from saphena.pathway.triage import LEVELS, triage

FOLDER = CASES / "presentations"
KNOWN = {
    "everyday_first_run": "self-care needs every plausible red flag answered absent; a short letter leaves some open",
}


def presentations(name: str) -> list[Any]:
    cases = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))["cases"]
    return [
        pytest.param(
            one,
            id=one["id"],
            marks=[pytest.mark.xfail(strict=True, reason=KNOWN[one["id"]])] if one["id"] in KNOWN else [],
        )
        for one in cases
    ]


def test_there_are_forty_of_each() -> None:
    assert [len(presentations(name)) for name in ("classical", "everyday")] == [40, 40]


@pytest.mark.parametrize("one", [*presentations("classical"), *presentations("everyday")])
def test_the_expected_condition_leads_and_triage_is_not_alarmist(model: Model, one: dict[str, Any]) -> None:
    observation = observe(model, Case.model_validate(one["case"]))
    inferred = posterior(model, observation, reasons=False)
    urgency = triage(model, observation, inferred)
    entries = differential(model, observation, inferred, urgency)
    found = [(e.posterior.id, round(e.posterior.probability, 3)) for e in entries[:4]]
    assert found[0][0] in one["expect"]["leader"], found
    at_most = one["expect"].get("at_most")
    if at_most is not None:
        assert LEVELS.index(urgency.level) >= LEVELS.index(at_most), urgency
