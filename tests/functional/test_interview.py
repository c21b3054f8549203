"""``saphena interview`` as somebody types it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml


def talk(answers: list[str], *options: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "saphena", "interview", *options],
        input="\n".join(answers) + "\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


START = ["55", "female", "3,8", "right", "days"]


def test_red_flags_are_asked_before_anything_else() -> None:
    shown = talk([*START, "q"])
    assert "Is any of these so? (1 of at most 3)" in shown
    assert "saddle" in shown


def test_an_answer_to_a_red_flag_sets_the_triage() -> None:
    shown = talk([*START, "1", "q"])
    assert "EMERGENCY" in shown


def test_none_of_these_is_absent_and_dont_know_is_unknown(tmp_path: Path) -> None:
    file = tmp_path / "kept.yaml"
    talk([*START, "n", "d", "q"], "--file", str(file))
    kept = yaml.safe_load(file.read_text())["findings"]
    assert kept["saddle_numbness"] == "absent"
    assert "unknown" in kept.values()


def test_undo_takes_the_last_answer_back(tmp_path: Path) -> None:
    file = tmp_path / "kept.yaml"
    shown = talk([*START, "n", "u", "q"], "--file", str(file))
    assert "Undone." in shown
    assert "saddle_numbness" not in yaml.safe_load(file.read_text())["findings"]


def test_why_names_the_conditions_an_answer_would_move() -> None:
    shown = talk([*START, "n", "n", "n", "?", "q"])
    assert "now" in shown
    assert "then" in shown


def test_resuming_goes_on_where_it_stopped(tmp_path: Path) -> None:
    file = tmp_path / "kept.yaml"
    talk([*START, "n", "q"], "--file", str(file))
    shown = talk(["q"], "--file", str(file))
    assert "Age in years" not in shown
    assert "saddle" not in shown.split("Not answered yet")[0]


def test_it_ends_by_itself_with_an_assessment() -> None:
    shown = talk([*START, "n", "n", "n", *["n", "none", "absent", "d"] * 40])
    assert "Nothing left that would change much" in shown
    assert "Model " in shown


def test_a_child_gets_red_flags_and_no_differential() -> None:
    shown = talk(["7", "male", "1", "left", "days", *["n"] * 10])
    assert "adults only" in shown


def test_answers_that_make_no_sense_are_asked_again() -> None:
    shown = talk(["old", "-3", "55", "woman", "female", "77", "8", "middle", "left", "yesterday", "days", "q"])
    assert "A number from 0 to 120" in shown
    assert "female, male or unknown, please" in shown
    assert "Numbers from 1 to" in shown
