"""The reference page says where every published case stands; of every sixth case it is looked up again.

All figures are compared by ``saphena evaluate --check-docs``, which takes minutes.
"""

from __future__ import annotations

import re

import pytest

from saphena import Model, assess
from saphena.evaluation.cases import CASES, CaseSet, read_cases
from saphena.evaluation.documentation import PAGE
from saphena.evaluation.results import place, ranking

IDS = sorted(
    re.findall(r"^id: (\S+)$", "\n".join(p.read_text(encoding="utf-8") for p in CASES.glob("*.yaml")), re.MULTILINE)
)


@pytest.fixture(scope="module")
def ours(model: Model) -> CaseSet:
    return read_cases(model, CASES)


@pytest.fixture(scope="module")
def missed() -> dict[str, int]:
    """Case -> documented place, of those that are not first."""
    text = PAGE.read_text(encoding="utf-8").partition("## Misses of the first place")[2].partition("\n## ")[0]
    return {id_: int(at) for id_, at in re.findall(r"^- (\S+): \S+ at place (\d+) ", text, re.MULTILINE)}


@pytest.mark.one_in(6)
@pytest.mark.parametrize("id_", IDS)
def test_a_case_stands_where_the_page_says(model: Model, ours: CaseSet, missed: dict[str, int], id_: str) -> None:
    accepted = ours.gold[id_].accepted
    if not accepted:
        pytest.skip("its diagnosis is not in the model")
    case = next(one.case for one in ours.coded if one.id == id_)
    assert place(ranking(assess(model, case)), accepted) == missed.get(id_, 1)
