"""``saphena interview`` as somebody types it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from saphena import Model
from saphena.interfaces.cli.interview import Interview
from tests.functional.program import run


QUICK = ("--draws", "0", "--next", "0")
"""The assessment at the end, without what takes time."""


def talk(answers: list[str], *options: str, refused: bool = False) -> str:
    """What is printed; of a refusal, what it says."""
    done = run("interview", *options, *QUICK, given="".join(f"{answer}\n" for answer in answers))
    assert done.returncode == (2 if refused else 0), done.stderr
    return done.stderr if refused else done.stdout


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


def test_an_infant_gets_red_flags_and_no_differential() -> None:
    shown = talk(["0", "male", "1", "left", "days", *["n"] * 20])
    assert "nobody below one year of age" in shown


def test_answers_that_make_no_sense_are_asked_again() -> None:
    shown = talk(["old", "-3", "55", "woman", "female", "77", "8", "middle", "left", "yesterday", "days", "q"])
    assert "A number from 0 to 120" in shown
    assert "female, male or unknown, please" in shown
    assert "Numbers from 1 to" in shown


@pytest.mark.parametrize("answers", [[], ["55"], ["q"], ["55", "q"]])
def test_where_nothing_was_entered_nothing_is_assessed(answers: list[str]) -> None:
    shown = talk(answers)
    assert "nothing to assess" in shown
    assert "Model " not in shown


@pytest.mark.one_in(2)
@pytest.mark.parametrize("length", range(2, 8))
def test_wherever_the_input_ends_an_assessment_follows(length: int) -> None:
    assert "Model " in talk([*START, "n", "n"][:length])


def test_a_skipped_question_can_be_taken_back_and_is_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "kept.yaml"
    talk([*START, "n", "n", "n", "q"], "--file", str(file))
    before = yaml.safe_load(file.read_text())
    shown = talk(["s", "q"], "--file", str(file))
    assert yaml.safe_load(file.read_text()) == before
    question = shown.split("stop and assess\n")[1].split(">")[0].strip()
    assert question.endswith("?") or "]" in question
    again = talk(["s", "u", "q"], "--file", str(file))
    assert again.count(question) == 2  # Asked, taken back, and asked again.
    assert talk(["s", "q"], "--file", str(file)).count(question) == 1


def test_resuming_after_undo_asks_the_same_again(tmp_path: Path) -> None:
    file = tmp_path / "kept.yaml"
    talk([*START, "n", "n", "n", "d", "q"], "--file", str(file))
    kept = list(yaml.safe_load(file.read_text())["findings"])
    talk(["u", "q"], "--file", str(file))
    left = list(yaml.safe_load(file.read_text())["findings"])
    assert left == kept[:-1]
    talk(["d", "q"], "--file", str(file))
    assert list(yaml.safe_load(file.read_text())["findings"]) == kept


def test_a_checklist_can_be_skipped(tmp_path: Path) -> None:
    file = tmp_path / "kept.yaml"
    shown = talk([*START, "s", "q"], "--file", str(file))
    assert "(2 of at most 3)" in shown
    assert "saddle_numbness" not in yaml.safe_load(file.read_text())["findings"]


def test_questions_can_be_limited() -> None:
    shown = talk([*START, "n", "n", "n", "d", "d", "d"], "--max-questions", "2")
    assert "Enough asked (2)" in shown
    assert "Model " in shown


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "age: 55\nsex: female\nsetting: primary_care\nfindings:\n  calf_pian: present\n",
            ":5: findings.calf_pian: there is no finding",
        ),
        ("age: 155\nsex: female\nsetting: primary_care\n", ":1: age"),
        ("hello", "instead of keys and values"),
        ("", "is empty"),
    ],
)
def test_a_file_that_is_no_case_is_refused_and_left_as_it_is(tmp_path: Path, text: str, fault: str) -> None:
    file = tmp_path / "kept.yaml"
    file.write_text(text)
    said = talk(["n", "q"], "--file", str(file), refused=True)
    assert fault in " ".join(said.split())
    assert file.read_text() == text


def test_a_place_that_cannot_be_written_is_said_before_the_questions() -> None:
    said = talk(["55", "female", "3", "right", "days", "n"], "--file", "/nonexistent/kept.yaml", refused=True)
    assert "cannot be used" in said


def test_an_unknown_setting_is_refused_before_the_questions() -> None:
    assert "there is no setting moon" in talk([], "--setting", "moon", refused=True)


class Script:
    """Answers typed one after the other."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.said: list[str] = []

    def ask(self, question: str) -> str:
        self.said.append(question)
        if not self.answers:
            raise EOFError
        return self.answers.pop(0)


def test_an_answer_that_contradicts_another_is_left_out(model: Model) -> None:
    """The parent of a child that is present cannot be absent."""
    script = Script()
    found = {"leg_heaviness": "present", "swelling_better_by_morning": "present"}
    head = {"age": 55.0, "sex": "female", "setting": "primary_care"}
    interview = Interview(model, script.ask, script.said.append, head, dict(found))
    interview._record({"leg_swelling": "absent"})
    assert interview.findings == found
    assert any("the answer is left out" in line for line in script.said)
    interview.run()  # And the case can still be assessed.


def test_undoing_everything_starts_with_the_complaint_again(model: Model) -> None:
    script = Script("1", "", "s", "u", "u", "2", "")
    head = {"age": 55.0, "sex": "female", "setting": "primary_care"}
    case = Interview(model, script.ask, script.said.append, head).run()
    assert list(case.findings) == [model.knowledge.settings.chief_complaints[1]]
    assert sum("main complaint" in line for line in script.said) == 2
