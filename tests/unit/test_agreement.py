"""Two codings of one text, counted on paper."""

from __future__ import annotations

from pathlib import Path

import pytest

from saphena import Faulty
from saphena.evaluation.agreement import agreement, read_second
from saphena.evaluation.vignettes import CASES, CodedCase, read_cases
from saphena.model.network import Model
from tests.tiny import case, condition, finding, model_of


def coded(**findings: object) -> CodedCase:
    return CodedCase(id="one", source="a test", case=case(findings=findings))


def test_counts_on_paper() -> None:
    model = model_of(
        condition("blue", 0.1, {"ache": 0.9}),
        condition("green", 0.1, {"rash": 0.9}),
        findings=(finding("ache", 0.01), finding("rash", 0.01), finding("itch", 0.1)),
    )
    first = coded(ache="present", rash="absent", itch="present")
    second = coded(ache="absent", rash="present")
    # Told by either: ache, rash, itch. By both: ache and rash, neither alike, both contradicted.
    found = agreement(model, [(first, second), (first, first)])
    assert [(f.hits, f.of) for f in found.figures] == [(5, 6), (3, 5), (2, 5), (1, 2)]
    assert [(c.id, c.finding) for c in found.contradictions] == [("one", "ache"), ("one", "rash")]
    assert found.other_leader == ("one",)


def test_a_case_that_nobody_coded_first_is_refused(tmp_path: Path) -> None:
    line = "case: {age: 50, sex: male, setting: primary_care}"
    (tmp_path / "x.yaml").write_text(f"id: x\nsource: a test\n{line}\n")
    with pytest.raises(Faulty, match="was not coded first"):
        read_second(tmp_path, [])
    with pytest.raises(Faulty, match="is not a folder"):
        read_second(tmp_path / "nowhere", [])


def test_twenty_cases_were_coded_twice(model: Model) -> None:
    _, first = read_cases(model, CASES)
    pairs = read_second(CASES / "second", first)
    assert len(pairs) == 20
    assert any(a.case != b.case for a, b in pairs)
    assert agreement(model, pairs[:1]).figures[0].of > 0
