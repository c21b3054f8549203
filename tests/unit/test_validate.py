"""Values that do not fit a shape: every fault at its line and place, with what to write instead."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, model_validator

from saphena.case import Case
from saphena.faults import Fault, Faulty
from saphena.model.reader import read_bytes
from saphena.model.validate import validate

SOUND = "age: 54\nsex: female\nsetting: primary_care\n"


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    colour: Literal["red", "blue"] = "red"
    share: float | None = Field(None, ge=0, le=1)

    @model_validator(mode="after")
    def _no_half(self) -> Inner:
        if self.share == 0.5:
            raise ValueError("a half is neither; write 0 or 1")
        return self


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    inner: Inner | None = None
    many: dict[str, Inner] = {}
    row: tuple[Inner, ...] = ()


def faults(text: str, shape: type[BaseModel] = Outer) -> list[Fault]:
    with pytest.raises(Faulty) as refused:
        validate(read_bytes(text.encode(), "file.yaml"), shape)
    return refused.value.faults


def only_fault(text: str, shape: type[BaseModel] = Outer) -> Fault:
    [fault] = faults(text, shape)
    return fault


def test_what_fits_is_returned() -> None:
    assert validate(read_bytes(b"name: x\nrow: [{colour: blue}]\n", "x"), Outer).row == (Inner(colour="blue"),)


@pytest.mark.parametrize("text", ["", "# nothing\n", "null\n"])
def test_an_empty_file(text: str) -> None:
    fault = only_fault(text, Case)
    assert fault.message == "is empty"
    assert fault.remedy.startswith("Write a case")


@pytest.mark.parametrize(("text", "what"), [("[1]", "a list"), ("54", "54"), ("word", "'word'")])
def test_something_else_than_keys_and_values(text: str, what: str) -> None:
    assert only_fault(text).message == f"holds {what} instead of keys and values"


def test_an_unknown_key_names_its_line_and_the_nearest_known_one() -> None:
    fault = only_fault("name: x\ninner:\n  color: red\n")
    assert (fault.line, fault.path, fault.message) == (3, "inner.color", "unknown key")
    assert fault.remedy == "Did you mean colour? Known keys: colour, share"


@pytest.mark.parametrize("holder", ["many: {a: {hue: red}}", "row: [{hue: red}]"])
def test_known_keys_are_found_inside_lists_and_free_keys(holder: str) -> None:
    assert "Known keys: colour, share" in only_fault(f"name: x\n{holder}\n").remedy


def test_a_missing_key_is_placed_where_it_belongs() -> None:
    fault = only_fault("inner: {colour: red}\n")
    assert (fault.path, fault.message, fault.remedy) == ("", "name is missing", "Add name:")


def test_a_word_outside_the_list() -> None:
    fault = only_fault("name: x\nrow:\n  - colour: red\n  - colour: green\n")
    assert (fault.line, fault.path, fault.message) == (4, "row[1].colour", "'green' is not allowed here")
    assert fault.remedy == "Write one of: 'red' or 'blue'"


def test_a_number_out_of_bounds() -> None:
    fault = only_fault("name: x\ninner: {share: 7}\n")
    assert (fault.path, fault.message) == ("inner.share", "7 does not fit")
    assert fault.remedy == "It should be less than or equal to 1"


def test_our_own_rules_bring_their_own_remedy() -> None:
    fault = only_fault("name: x\ninner: {share: 0.5}\n")
    assert (fault.path, fault.message, fault.remedy) == ("inner", "a half is neither", "Write 0 or 1")


@pytest.mark.parametrize(
    ("written", "named"), [("[1]", "a list"), ("{a: 1}", "a mapping"), ("", "nothing"), ("3", "3")]
)
def test_what_stands_there_is_named(written: str, named: str) -> None:
    assert only_fault(f"name: {written}\n").message == f"{named} does not fit"


def test_a_long_value_is_cut() -> None:
    assert len(only_fault(f"name: [x]\ninner: {'x' * 500}\n".replace("name: [x]", "name: x")).message) < 90


def test_all_faults_at_once_in_the_order_of_the_file() -> None:
    assert [f.line for f in faults("nane: x\ninner: {share: 7}\nrow:\n  - {colour: green}\n")] == [1, 1, 2, 4]


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("age: old", "age"),
        ("age: true", "age"),
        ("age: nan", "age"),
        ("age: -1", "age"),
        ("age: 121", "age"),
        ("age: [54]", "age"),
        ("sex: woman", "sex"),
        ("setting: ward", "setting"),
        ("recording: letter", "recording"),
        ("index_leg: both", "index_leg"),
        ("pregnancy_weeks: 46", "pregnancy_weeks"),
        ("pregnancy_weeks: true", "pregnancy_weeks"),
        ("context: [diabetes]", "context"),
        ("context: {diabetes: yes}", "context.diabetes"),
        ("examined: [arm]", "examined[0]"),
        ("findings: {calf_pain: true}", "findings.calf_pain"),
        ("findings: {calf_pain: }", "findings.calf_pain"),
        ("findings: {calf_pain: {right: [1]}}", "findings.calf_pain.right"),
        ("findings: {ankle_brachial_index: {right: true}}", "findings.ankle_brachial_index.right"),
        ("findings: {ankle_brachial_index: {value: true}}", "findings.ankle_brachial_index.value"),
        ("findings: {calf_pain: {value: present, leg: centre}}", "findings.calf_pain.leg"),
        ("findings: {calf_pain: {value: present, date: soon}}", "findings.calf_pain.date"),
        ("findings: {calf_pain: [{value: present}, {side: left}]}", "findings.calf_pain[1].side"),
        ("clinician_says: {x: perhaps}", "clinician_says.x"),
        ("weight: 70", "weight"),
    ],
)
def test_a_case_of_a_wrong_form_is_refused_at_its_place(line: str, path: str) -> None:
    key = line.partition(":")[0]
    text = "".join(one + "\n" for one in SOUND.splitlines() if not one.startswith(f"{key}:")) + line + "\n"
    assert path in [f.path for f in faults(text, Case)]


def test_union_branches_are_no_places() -> None:
    assert {f.path for f in faults(SOUND + "findings: {calf_pain: {right: [1]}}", Case)} == {"findings.calf_pain.right"}


@pytest.mark.parametrize("missing", ["age", "sex", "setting"])
def test_what_a_case_must_say(missing: str) -> None:
    text = "".join(line + "\n" for line in SOUND.splitlines() if not line.startswith(missing))
    assert only_fault(text, Case).message == f"{missing} is missing"
