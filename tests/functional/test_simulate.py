"""``saphena simulate``: people as JSON lines, and the truth apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from saphena import Case, Model, assess
from tests.functional.program import run
from tests.functional.test_cli import EVENING, ROOT, in_one_line, refused


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_people_are_printed_with_the_truth_and_can_be_assessed(model: Model) -> None:
    done = run("simulate", "3", "--setting", "vascular_clinic", "--seed", "5")
    assert done.returncode == 0
    people = lines(done.stdout)
    assert [p["id"] for p in people] == [0, 1, 2]
    for person in people:
        assert set(person) == {"id", "case", "truth", "model", "seed"}
        assert (person["model"], person["seed"]) == (model.version, 5)
        case = Case.model_validate(person["case"])
        assert case.setting == "vascular_clinic"
        assert case.findings
        assert set(person["truth"]) == {"conditions", "mechanisms", "findings"}
        assert {c.partition(".")[0] for c in person["truth"]["conditions"]} <= set(model.conditions)
        assert assess(model, case).differential


def test_the_seed_decides_who_comes() -> None:
    one, same, other = (run("simulate", "2", "--seed", seed).stdout for seed in ("1", "1", "2"))
    assert one == same
    assert one != other


def test_a_folder_keeps_the_truth_apart(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "people"
    done = run("simulate", "300", "--out", folder)
    assert (done.returncode, done.stdout) == (0, "")
    assert sorted(p.name for p in folder.iterdir()) == ["cases.jsonl", "truth.jsonl"]
    cases, truths = (lines((folder / name).read_text()) for name in ("cases.jsonl", "truth.jsonl"))
    assert [c["id"] for c in cases] == [t["id"] for t in truths] == list(range(300))
    assert {key for c in cases for key in c} == {"id", "case"}
    together = lines(run("simulate", "300").stdout)
    assert [p["case"] for p in together] == [c["case"] for c in cases]
    assert [p["truth"] for p in together] == [t["truth"] for t in truths]


def test_an_unknown_setting_is_refused() -> None:
    assert "there is no setting moon. Known: primary_care," in refused("simulate", "1", "--setting", "moon")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be used" in refused("simulate", "1", "--out", tmp_path / "file" / "below")


def test_nobody_is_refused() -> None:
    assert run("simulate", "0").returncode == 2


def test_assess_prints_sets_and_the_chance_of_any_danger() -> None:
    shown = in_one_line(
        run("assess", ROOT / "examples" / "red_swollen_shin.yaml", "--draws", "0", "--next", "0").stdout
    )
    assert "Most probable together" in shown
    assert "At least one that must not be missed: " in shown
    wide = run("assess", EVENING, "--draws", "0").stdout.splitlines()
    assert max(len(line.rstrip()) for line in wide) <= 80


def test_people_of_one_age_and_sex() -> None:
    done = run("simulate", "20", "--age", "71", "--sex", "female")
    people = [json.loads(line)["case"] for line in done.stdout.splitlines()]
    assert {(p["age"], p["sex"]) for p in people} == {(71.0, "female")}
    assert "is not drawn" in run("simulate", "1", "--sex", "unknown").stderr
