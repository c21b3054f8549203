"""Hits, ranks and intervals over coded cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from saphena import Model, load_model
from saphena.evaluation import metrics
from saphena.evaluation.cases import CASES, SECOND, CaseSet, Reading, read_cases, read_codings, seal
from saphena.evaluation.documentation import PAGE, changed, head, page, stale
from saphena.evaluation.evaluate import evaluate_cases
from saphena.evaluation.levels import LEVELS, withheld
from saphena.evaluation.metrics import wilson
from saphena.evaluation.needed import needed
from saphena.evaluation.record import Run, code_hash, drops, read_runs, record
from saphena.evaluation.urgency import consensus
from saphena.faults import Faulty
from tests.tiny import case, condition, finding, model_of


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        # Newcombe 1998 (Stat Med 17:857), table I, method 3: score interval without continuity correction.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_wilsons(hits: int, of: int, low: float, high: float) -> None:
    figure = wilson("top 1", hits, of)
    assert (round(figure.low, 4), round(figure.high, 4)) == (low, high)
    assert figure.share == pytest.approx(hits / of)


@pytest.fixture(autouse=True)
def _few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here looks at the ends of a bootstrap interval; most of the time would go into them."""
    monkeypatch.setattr(metrics, "RESAMPLES", 10)


def test_no_cases_say_nothing() -> None:
    figure = wilson("top 1", 0, 0)
    assert (figure.low, figure.high) == (0.0, 1.0)


def six() -> Model:
    """Six illnesses that cause the ache the less often the later they come."""
    links = {"a": 0.9, "b": 0.8, "c": 0.7, "d": 0.6, "e": 0.5, "f": 0.4}
    return model_of(*(condition(id_, 0.1, {"ache": p}) for id_, p in links.items()), findings=(finding("ache", 0.01),))


ACHE = {"age": 55, "sex": "female", "setting": "primary_care", "findings": {"ache": "present"}}


def write(folder: Path, gold: dict[str, Any], **cases: Any) -> Path:
    for id_, coded in cases.items():
        (folder / f"{id_}.yaml").write_text(json.dumps({"id": id_, "source": "nowhere", "case": coded}))
    entries = {id_: {"conditions": conditions, "published": "x"} for id_, conditions in gold.items()}
    (folder / "gold.yaml").write_text(json.dumps({"gold": entries}))
    return folder


def test_ranks_are_counted_in_the_top_1_3_and_5(tmp_path: Path) -> None:
    gold = {f"case_{id_}": [id_] for id_ in "abcdef"}
    result = evaluate_cases(six(), write(tmp_path, gold, **dict.fromkeys(gold, ACHE)))
    assert {c.gold: c.rank for c in result.cases} == {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6}
    assert [(f.name, f.hits, f.of) for f in result.figures] == [("top 1", 1, 6), ("top 3", 3, 6), ("top 5", 5, 6)]


def test_any_accepted_diagnosis_is_a_hit(tmp_path: Path) -> None:
    [result] = evaluate_cases(six(), write(tmp_path, {"one": ["f", "b"]}, one=ACHE)).cases
    assert (result.gold, result.rank, result.leader) == ("f", 2, "a")


def test_a_case_outside_the_model_is_counted_apart(tmp_path: Path) -> None:
    result = evaluate_cases(six(), write(tmp_path, {"one": ["a"], "two": []}, one=ACHE, two=ACHE))
    assert (result.in_scope, result.out_of_scope) == (1, 1)
    assert result.figures[0].of == 1


def test_a_known_condition_takes_no_place(tmp_path: Path) -> None:
    # Without the ache all are improbable, f the least so; known conditions are listed before the improbable.
    known = {**ACHE, "findings": {"ache": "absent"}, "known_conditions": ["a"]}
    [result] = evaluate_cases(six(), write(tmp_path, {"one": ["f"]}, one=known)).cases
    assert (result.rank, result.leader) == (1, "f")


def test_a_case_that_cannot_be_assessed_is_a_miss_and_says_why(tmp_path: Path) -> None:
    bad = {**ACHE, "findings": {"unheard_of": "present"}}
    result = evaluate_cases(six(), write(tmp_path, {"one": ["a"]}, one=bad))
    assert result.cases[0].rank is None
    assert "there is no finding of this name" in (result.cases[0].fault or "")
    assert result.figures[0].hits == 0


@pytest.mark.parametrize(
    ("gold", "cases", "message"),
    [
        ({"one": ["g"]}, {"one": ACHE}, "there is no condition g"),
        ({"one": ["a"], "two": ["a"]}, {"one": ACHE}, "stands in gold or in a case, but not in both"),
        ({}, {"one": ACHE}, "stands in gold or in a case, but not in both"),
        ({"one": ["a"]}, {"one": {"age": 55}}, "sex is missing"),
    ],
)
def test_a_faulty_folder_is_refused(tmp_path: Path, gold: Any, cases: Any, message: str) -> None:
    with pytest.raises(Faulty, match=message):
        evaluate_cases(six(), write(tmp_path, gold, **cases))


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(Faulty, match="is not a folder"):
        evaluate_cases(six(), tmp_path / "none")


# --- guards against planted faults -----------------------------------------------------------


def plant(folder: Path, name: str, **change: Any) -> None:
    """Change some of a file."""
    path = folder / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))


def faults_of(folder: Path) -> str:
    with pytest.raises(Faulty) as refused:
        read_cases(six(), folder)
    return str(refused.value)


def test_what_is_sealed_is_read(tmp_path: Path) -> None:
    folder = write(tmp_path, {"one": ["a"]}, one=ACHE)
    (folder / "gold.yaml").write_text("gold:\n  one:\n    published: x\n    conditions: [a]\n")
    before = read_cases(six(), folder)
    found = seal(folder)
    after = read_cases(six(), folder)
    assert (before.sealed, after.sealed) == (False, True)
    assert before.hash == after.hash == found


@pytest.mark.parametrize(
    "planted",
    [
        lambda f: plant(
            f,
            "gold.yaml",
            gold={"one": {"published": "x", "conditions": ["b"]}, "two": {"published": "x", "conditions": ["a"]}},
        ),
        lambda f: plant(f, "one.yaml", case={**ACHE, "age": 56}),
        lambda f: (f / "triage.yaml").write_text("triage: {one: {somebody: {level: routine}}}"),
    ],
    ids=["gold exchanged", "coding changed", "triage added"],
)
def test_what_was_changed_after_sealing_is_refused(tmp_path: Path, planted: Any) -> None:
    folder = write(tmp_path, {"one": ["a"], "two": ["b"]}, one=ACHE, two=ACHE)
    plant(folder, "gold.yaml", sealed=read_cases(six(), folder).hash)
    read_cases(six(), folder)
    planted(folder)
    assert "not those that were sealed" in faults_of(folder)


def test_a_gold_file_of_other_cases_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, {"one": ["a"]}, one=ACHE)
    entries = {"another": {"published": "x", "conditions": ["a"]}}
    plant(folder, "gold.yaml", gold=entries)
    assert "stands in gold or in a case, but not in both" in faults_of(folder)


def test_a_renamed_condition_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path, {"one": ["a"]}, one=ACHE)
    plant(folder, "gold.yaml", gold={"one": {"published": "x", "conditions": ["a"], "also": ["b.late"]}})
    assert "there is no condition b.late" in faults_of(folder)


@pytest.mark.parametrize(
    "where",
    [
        {"case": {**ACHE, "other_findings": ["it looked like red knee at once"]}},
        {"source": "book, chapter on red_knee"},
        {"note": "Red, knee."},
        {"case": {**ACHE, "known_conditions": ["a"]}},
    ],
)
def test_a_coding_that_gives_the_diagnosis_away_is_refused(tmp_path: Path, where: dict[str, Any]) -> None:
    folder = write(tmp_path, {"one": ["a"]}, one=ACHE)
    plant(folder, "gold.yaml", gold={"one": {"published": "Red knee due to a fall", "conditions": ["a"]}})
    assert read_cases(six(), folder).in_scope
    plant(folder, "one.yaml", **where)
    assert "gives the diagnosis away" in faults_of(folder)


def test_the_id_of_a_condition_gives_it_away(tmp_path: Path) -> None:
    model = model_of(condition("grey_ankle", 0.1, {"ache": 0.5}), findings=(finding("ache", 0.01),))
    folder = write(tmp_path, {"one": ["grey_ankle"]}, one={**ACHE, "other_findings": ["ankle grey"]})
    with pytest.raises(Faulty, match="gives the diagnosis away"):
        read_cases(model, folder)


@pytest.mark.parametrize(
    "entry", [{"conditions": [], "relation": "exact"}, {"conditions": ["a"], "relation": "out_of_scope"}]
)
def test_scope_and_relation_must_agree(tmp_path: Path, entry: dict[str, Any]) -> None:
    folder = write(tmp_path, {"one": ["a"]}, one=ACHE)
    plant(folder, "gold.yaml", gold={"one": {"published": "x", **entry}})
    assert "contradict each other" in faults_of(folder)


def test_readings_of_no_case_are_named(tmp_path: Path) -> None:
    folder = write(tmp_path, {"one": ["a"]}, one=ACHE)
    (folder / "triage.yaml").write_text("triage: {other: {somebody: {level: routine}}}")
    assert "there is no case of this name" in faults_of(folder)


def test_one_file_of_a_folder_is_one_case(tmp_path: Path) -> None:
    folder = write(tmp_path, {"one": ["a"], "two": ["b"]}, one=ACHE, two=ACHE)
    assert [c.id for c in evaluate_cases(six(), folder / "two.yaml").cases] == ["two"]


# --- the cases that ship ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def ours() -> CaseSet:
    return read_cases(load_model(), CASES)


def test_our_cases_are_sealed(ours: CaseSet) -> None:
    assert ours.sealed


def test_every_coded_case_has_both_readings(ours: CaseSet) -> None:
    assert {c.id for c in ours.coded} == set(ours.readings)
    assert {frozenset(r) for r in ours.readings.values()} == {frozenset({"first", "second"})}


def test_the_second_coding_is_of_thirty_of_our_cases(ours: CaseSet) -> None:
    second = read_codings(SECOND)
    assert len(second) == 30
    assert set(second) <= {c.id for c in ours.coded}


# --- what is made of the results -------------------------------------------------------------


def test_findings_are_withheld_by_how_they_are_obtained() -> None:
    by = {"ache": "history", "lump": "examination", "clot": "imaging"}
    model = model_of(
        condition("a", 0.1, {"ache": 0.5, "lump": 0.5, "clot": 0.9}),
        findings=(finding("ache", 0.1), finding("lump", 0.1), finding("clot", 0.1)),
        obtained_by=by,
    )
    one = case(findings=dict.fromkeys(by, "present"), recording="narrative", examined=("leg",))
    left = {level: withheld(model, one, level) for level in LEVELS}
    assert {level: set(c.findings) for level, c in left.items()} == {
        "history": {"ache"},
        "examination": {"ache", "lump"},
        "investigations": {"ache", "lump", "clot"},
    }
    assert (left["history"].examined, left["examination"].examined) == ((), ("leg",))


def reading(level: str, *acceptable: str) -> Reading:
    return Reading.model_validate({"level": level, "acceptable": acceptable})


def test_the_consensus_is_that_of_most_and_else_the_more_urgent() -> None:
    assert consensus([reading("routine"), reading("urgent"), reading("routine")]) == "routine"
    assert consensus([reading("routine"), reading("same_day")]) == "same_day"


def test_triage_that_is_less_urgent_is_never_safe(tmp_path: Path) -> None:
    # The model says routine of all: right, too urgent for self-care, too late for an emergency that one would let pass.
    ids = ("right", "hasty", "late", "slow")
    folder = write(tmp_path, {id_: ["a"] for id_ in ids}, **dict.fromkeys(ids, ACHE))
    levels = {
        "right": {"x": {"level": "routine"}, "y": {"level": "routine"}},
        "hasty": {"x": {"level": "self_care"}, "y": {"level": "self_care"}},
        "late": {"x": {"level": "emergency"}, "y": {"level": "urgent", "acceptable": ["routine"]}},
        "slow": {"x": {"level": "urgent"}, "y": {"level": "urgent"}},
    }
    (folder / "triage.yaml").write_text(json.dumps({"triage": levels}))
    result = evaluate_cases(six(), folder)
    assert {c.triage for c in result.cases} == {"routine"}
    found = result.triage
    assert found is not None
    shares = [(f.hits, f.of) for f in (found.exact, found.acceptable, found.safe, found.over, found.over_calm)]
    assert shares == [(1, 4), (2, 4), (2, 4), (1, 4), (1, 2)]
    assert [(m.id, m.consensus, m.acceptable) for m in found.less_urgent] == [
        ("late", "emergency", True),
        ("slow", "urgent", False),
    ]
    assert [(a.same.hits, a.same.of) for a in found.agreement] == [(3, 4)]


def test_a_missed_danger_is_named(tmp_path: Path) -> None:
    rule = {"threshold": 0.3, "triage": "urgent"}
    model = model_of(
        condition("safe", 0.3, {"ache": 0.9}),
        condition("bad", 0.05, {"ache": 0.5, "lump": 0.9}, must_not_miss=rule),
        findings=(finding("ache", 0.01), finding("lump", 0.01)),
    )
    lump = {**ACHE, "findings": {"lump": "present"}}
    folder = write(
        tmp_path, {"seen": ["bad"], "missed": ["bad"], "feared": ["safe"]}, seen=lump, missed=ACHE, feared=lump
    )
    [danger] = evaluate_cases(model, folder).must_not_miss
    assert (danger.sensitivity.hits, danger.sensitivity.of) == (1, 2)
    assert (danger.precision.hits, danger.precision.of) == (1, 2)
    assert danger.missed == danger.missed_by_all == ("missed",)


def test_two_conditions_must_both_be_found(tmp_path: Path) -> None:
    entry = {"published": "x", "conditions": ["a"], "also": ["f"]}
    folder = write(tmp_path, {"one": ["a"], "two": ["a"]}, one=ACHE, two=ACHE)
    plant(folder, "gold.yaml", gold={"one": entry, "two": {**entry, "also": ["b"]}})
    joint = evaluate_cases(six(), folder).joint
    assert joint is not None
    assert (joint.both.hits, joint.both.of) == (1, 2)  # f stands sixth.


def test_a_drop_is_seen_and_a_rise_is_none() -> None:
    def run(top: float, mrr: float, cases: str = "c") -> Run:
        return Run(when="then", model="m", code="k", cases=cases, figures={"top 1": top, "MRR": mrr})

    earlier = [run(0.9, 0.1), run(0.8, 0.8), run(0.99, 0.99, "others")]
    assert [(d.figure, d.before, d.now) for d in drops(run(0.7, 0.9), earlier)] == [("top 1", 0.8, 0.7)]
    assert drops(run(0.1, 0.1, "new"), earlier) == ()


def test_a_run_is_recorded_once(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "runs.jsonl"
    one = Run(when="now", model="m", code="k", cases="c", figures={"top 1": 0.5})
    record(one, path)
    record(one.model_copy(update={"when": "later"}), path)
    record(one.model_copy(update={"model": "n"}), path)
    assert [r.model for r in read_runs(path)] == ["m", "n"]


def test_the_hash_of_the_code_sees_every_change_but_of_what_only_shows(tmp_path: Path) -> None:
    def written(**files: str) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        for name, text in files.items():
            path = folder / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_suffix(".py").write_text(text)
        return code_hash(folder)

    base = written(a="1", interfaces__b="2")
    assert base == written(a="1", interfaces__b="3")
    assert base != written(a="2", interfaces__b="2")
    assert base != written(c="1", interfaces__b="2")


def test_the_reference_page_is_of_this_model_and_these_cases(ours: CaseSet) -> None:
    """If this fails: saphena evaluate --write-docs. The figures themselves are compared by --check-docs."""
    assert stale(PAGE.read_text(encoding="utf-8"), load_model().version, ours.hash) == ()


def test_a_stale_page_says_what_has_changed() -> None:
    assert stale(head("m", "c"), "m", "other") == ("cases",)
    assert stale("# Figures", "m", "c") == ("model", "cases")


def test_a_figure_that_changed_is_seen_in_the_page(tmp_path: Path) -> None:
    result = evaluate_cases(six(), write(tmp_path, {"one": ["a"]}, one=ACHE))
    text = page(result)
    assert changed(text, result) == ()
    [before, now] = changed(text.replace("| top 1 | 1 of 1,", "| top 1 | 0 of 1,"), result)
    assert before.startswith("-| top 1 | 0 of 1")
    assert now.startswith("+| top 1 | 1 of 1")


def test_interviews_that_were_not_held_are_not_compared(tmp_path: Path) -> None:
    result = evaluate_cases(six(), write(tmp_path, {"one": ["a"]}, one=ACHE))
    assert result.interviews is None
    before, heading, after = page(result).partition("## Misses of the first place")
    held = before + "## Interviews\n\n| figure | value |\n|---|---|\n| questions | 3 |\n\n" + heading + after
    assert changed(held, result) == ()


def test_a_missing_package_names_the_extra() -> None:
    with pytest.raises(Faulty, match=r"nothing_of_this_name is not installed.*saphena\[evaluation\]"):
        needed("nothing_of_this_name.inner")
