"""Batches against the posterior of one case at a time, whatever the rows came from and whatever the threads."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from saphena import Case, Faulty, Model, load_model
from saphena.case import Statement
from saphena.evaluation.cases import CASES, read_cases
from saphena.inference.batch import IMPOSSIBLE, REFUSED, STATUS, BatchPosterior, posterior_batch
from saphena.inference.columns import columns_of, table_columns
from saphena.inference.evidence import Evidence
from saphena.inference.observe import observe
from saphena.inference.prepare import prepare
from saphena.inference.reference import enumerate_all
from saphena.inference.sampling import simulate
from saphena.inference.subset import SubsetProgramme, TooWide
from tests.tiny import case, condition, finding, model_of, state


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model()


@pytest.fixture(scope="module")
def people(model: Model) -> list[Case]:
    rng = np.random.default_rng(11)
    return [one.case for one in simulate(model, 120, "primary_care", rng, recorded=0.05)]


def by_numpy(evidence: Evidence) -> tuple[float, np.ndarray]:
    programme = SubsetProgramme(evidence, "numpy")
    found = programme.marginals(programme.base)
    return float(np.log(found.evidence[0])), found.state[0] / found.evidence[0]


def table_of(model: Model, cases: list[Case]) -> dict[str, np.ndarray]:
    """The cases as the columns of a table: a column for each finding and leg, null where nothing is said."""
    columns: dict[str, list[Any]] = {}

    def put(name: str, row: int, value: Any) -> None:
        columns.setdefault(name, [None] * len(cases))[row] = value

    for row, one in enumerate(cases):
        written = one.model_dump(mode="json", exclude_defaults=True)
        for id_, value in written.pop("findings", {}).items():
            for leg, word in value.items() if isinstance(value, dict) else [("", value)]:
                if word is not None:
                    put(f"{id_}.{leg}" if leg else id_, row, word)
        for id_, answer in written.pop("context", {}).items():
            put(f"context.{id_}", row, answer)
        for name, value in written.items():
            put(name, row, value)
    return {name: np.array(values, dtype=object) for name, values in columns.items()}


def same(a: BatchPosterior, b: BatchPosterior) -> None:
    np.testing.assert_array_equal(a.status, b.status)
    np.testing.assert_array_equal(np.ma.getmaskarray(a.presence), np.ma.getmaskarray(b.presence))
    np.testing.assert_array_equal(a.state.filled(0), b.state.filled(0))
    np.testing.assert_array_equal(a.log_evidence.filled(0), b.log_evidence.filled(0))


def test_a_batch_is_the_posterior_of_each_case(model: Model, people: list[Case]) -> None:
    coded = read_cases(model, CASES).coded
    cases = [*people, *(one.case for one in coded if one.case.age >= 18)]
    found = posterior_batch(model, cases)
    wide = 0
    for row, one in enumerate(cases):
        try:
            log_evidence, state = by_numpy(prepare(model, observe(model, one)))
        except TooWide:  # For NumPy; two of the published cases.
            wide += 1
            continue
        np.testing.assert_allclose(found.log_evidence[row], log_evidence, rtol=1e-12)
        np.testing.assert_allclose(found.state[row], state, rtol=1e-9, atol=1e-12)
    assert wide < 5


def test_small_models_agree_with_enumeration() -> None:
    model = model_of(
        condition("blue", states=[state("mild", 0.2, {"ache": 0.5}), state("bad", 0.05, {"ache": 0.9, "size": {"big": 0.4}})], p=None,
                  mechanisms={}),
        condition("green", 0.3, {"rash": 0.6}, mechanisms={}),
        findings=(finding("ache", 0.1), finding("rash", 0.05), finding("size", {"small": 0.1, "big": 0.05})),
    )  # fmt: skip
    cases = [
        case(findings={"ache": "present", "rash": "absent", "size": {"at_least": "small"}}),
        case(findings={"size": "big"}, known_conditions=["blue.bad"]),
        case(findings={"rash": "present"}, known_conditions=["blue"], excluded_conditions=["green"]),
        case(findings={}),
    ]
    found = posterior_batch(model, cases)
    for row, one in enumerate(cases):
        expected = enumerate_all(prepare(model, observe(model, one)))
        np.testing.assert_allclose(found.state[row], expected.state, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(found.log_evidence[row], expected.log_evidence, rtol=1e-9, atol=1e-12)


def test_a_table_means_what_its_cases_mean(model: Model, people: list[Case]) -> None:
    same(posterior_batch(model, table_of(model, people)), posterior_batch(model, people))


def test_most_rows_of_a_table_are_read_by_column(model: Model, people: list[Case]) -> None:
    rows = table_columns(model, table_of(model, people))
    alone = columns_of(model, people)
    assert len(rows.observations) < len(people)
    for field in ("age", "sex", "setting", "context", "begins"):
        np.testing.assert_array_equal(getattr(rows.people, field), getattr(alone.people, field))
    begins = rows.people.begins
    for start, end in pairwise(begins):  # A person's findings may be listed in another order.
        said = [
            sorted(zip(p.nodes[start:end], p.lowest[start:end], p.highest[start:end], strict=True))
            for p in (rows.people, alone.people)
        ]
        assert said[0] == said[1]


def test_arrow_tables(model: Model, people: list[Case]) -> None:
    arrow = pytest.importorskip("pyarrow")
    columns = {name: arrow.array(list(values)) for name, values in table_of(model, people).items()}
    answer = posterior_batch(model, arrow.table(columns))
    same(answer, posterior_batch(model, people))
    back = arrow.table(answer.columns())
    assert back.num_rows == len(people)
    assert back.column(model.conditions[0]).to_pylist()[0] == pytest.approx(float(answer.presence[0, 0]))


def test_threads_do_not_change_a_bit(model: Model, people: list[Case]) -> None:
    rows = columns_of(model, people)
    same(posterior_batch(model, rows, threads=1), posterior_batch(model, rows, threads=2))


def test_a_row_does_not_depend_on_its_neighbours(model: Model, people: list[Case]) -> None:
    rows = posterior_batch(model, people)
    for row in (0, 7, 50):
        alone = posterior_batch(model, people[row : row + 1])
        np.testing.assert_array_equal(alone.state[0], rows.state[row])


def test_rows_without_an_answer_are_masked_and_say_why() -> None:
    model = model_of(condition("blue", 0.1, {"fever": 0.8}), findings=(finding("fever", 0.01),))
    table = {
        "age": [50, 7, 50, 50, None, 200],
        "sex": ["male", "male", "male", "neither", "male", "male"],
        "setting": ["primary_care"] * 6,
        "fever": ["present", "present", "certainly", "absent", "absent", "absent"],
    }
    answer = posterior_batch(model, table)
    assert [STATUS[s] for s in answer.status] == ["answered", "age", "refused", "refused", "refused", "refused"]
    assert "present or absent" in answer.faults[2]
    assert "sex" in answer.faults[3]
    assert "age" in answer.faults[4]
    assert np.ma.getmaskarray(answer.presence)[1:].all()
    assert not np.ma.getmaskarray(answer.presence)[0].any()
    assert np.isfinite(answer.presence.data).all()


def test_what_nothing_can_cause_is_said() -> None:
    model = model_of(condition("blue", 0.1, {"ache": 0.5}), findings=(finding("ache", 0.1), finding("rash", 0.0)))
    answer = posterior_batch(model, [case(findings={"rash": "present"}), case(findings={"ache": "present"})])
    assert answer.status.tolist() == [IMPOSSIBLE, 0]
    assert answer.columns()["blue"].mask.tolist() == [True, False]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("calf_paint", "Did you mean"),
        ("context.diabetis", "risk factor"),
        ("calf_pain.middle", "no leg"),
        ("fever [C]", "no unit"),
        ("age.right", "no meaning"),
    ],
)
def test_a_column_without_meaning_is_refused(model: Model, name: str, message: str) -> None:
    with pytest.raises(Faulty, match=message):
        posterior_batch(model, {"age": [50], "sex": ["male"], "setting": ["primary_care"], name: ["present"]})


def test_a_table_needs_age_sex_and_setting(model: Model) -> None:
    with pytest.raises(Faulty, match="needed"):
        posterior_batch(model, {"age": [50], "sex": ["male"]})


def test_measured_values_children_and_letters_are_read_as_cases(model: Model) -> None:
    table = {
        "age": [60.0, 60.0, 60.0],
        "sex": ["female"] * 3,
        "setting": ["primary_care"] * 3,
        "leg_swelling.right": ["present"] * 3,
        "pitting_oedema": ["present", None, None],
        "d_dimer [ng/mL FEU]": [np.nan, 900.0, np.nan],
        "recording": [None, None, "narrative"],
    }
    answer = posterior_batch(model, table)
    cases = [
        Case(age=60, sex="female", setting="primary_care", findings={"leg_swelling": {"right": "present"}, "pitting_oedema": "present"}),
        Case(age=60, sex="female", setting="primary_care", findings={"leg_swelling": {"right": "present"}, "d_dimer": "900 ng/mL FEU"}),
        Case(age=60, sex="female", setting="primary_care", recording="narrative", findings={"leg_swelling": {"right": "present"}}),
    ]  # fmt: skip
    same(answer, posterior_batch(model, cases))
    assert answer.presence[2].max() != answer.presence[1].max()


def test_what_is_said_twice_is_left_to_the_case(model: Model) -> None:
    table = {
        "age": [60, 60],
        "sex": ["female"] * 2,
        "setting": ["primary_care"] * 2,
        "calf_pain.both": ["present", "present"],
        "calf_pain.right": ["absent", "present"],
    }
    answer = posterior_batch(model, table)
    assert answer.status.tolist() == [REFUSED, 0]
    assert "at once" in answer.faults[0]


def test_doubtful_statements_are_answered_too(model: Model) -> None:
    sure = Case(age=60, sex="female", setting="primary_care", findings={"fever": "present"})
    unsure = sure.model_copy(update={"findings": {"fever": Statement(value="present", certainty=0.8)}})
    found = posterior_batch(model, [sure, unsure])
    expected = by_numpy(prepare(model, observe(model, unsure)))
    np.testing.assert_allclose(found.state[1], expected[1], rtol=1e-9, atol=1e-12)
    assert abs(found.state[1] - found.state[0]).max() > 1e-3


def test_a_doubtful_row_that_is_too_wide_leaves_the_others_answered(model: Model) -> None:
    present = [f for f in model.knowledge.findings.values() if f.kind == "binary" and f.given is None and not f.sided]
    crowded: dict[str, Any] = {f.id: "present" for f in present[:62]}
    assert len(crowded) > 54  # With eight mechanisms more than there are slots.
    crowded[present[0].id] = Statement(value="present", certainty=0.9)
    wide = Case(age=60, sex="female", setting="primary_care", findings=crowded)
    plain = Case(age=60, sex="female", setting="primary_care", findings={"fever": "present"})
    found = posterior_batch(model, [plain, wide])
    assert [STATUS[s] for s in found.status] == ["answered", "too_wide"]
    assert np.ma.getmaskarray(found.presence)[1].all()
