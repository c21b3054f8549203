"""Files as people really hand them over: small, sound ones are read, anything else is refused with one clear fault."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from saphena.faults import Fault, Faulty
from saphena.model.reader import Document, dotted, read_bytes, read_file, undotted


def read(text: str) -> Document:
    return read_bytes(text.encode(), "case.yaml")


def value(text: str) -> object:
    return read(text).value


def faults(text: str | bytes) -> list[Fault]:
    with pytest.raises(Faulty) as refused:
        read_bytes(text.encode() if isinstance(text, str) else text, "case.yaml")
    return refused.value.faults


def only_fault(text: str | bytes) -> Fault:
    [fault] = faults(text)
    return fault


def file_fault(path: Path) -> Fault:
    with pytest.raises(Faulty) as refused:
        read_file(path)
    [fault] = refused.value.faults
    assert fault.file == str(path)
    return fault


# --- YAML: what is read ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "word", ["no", "yes", "on", "off", "No", "ON", "True", "NULL", "0x1F", "1_000", "12:30", ".inf"]
)
def test_words_that_older_yaml_changes_stay_words(word: str) -> None:
    assert value(f"a: {word}") == {"a": word}


@pytest.mark.parametrize(
    ("written", "meant"),
    [("54", 54), ("-3", -3), ("012", 12), ("0.6", 0.6), (".5", 0.5), ("1.", 1.0), ("6e2", 600.0), ("1.5e-3", 0.0015)],
)
def test_numbers(written: str, meant: float) -> None:
    assert value(f"a: {written}") == {"a": meant}


@pytest.mark.parametrize(
    ("written", "meant"), [("true", True), ("false", False), ("null", None), ("~", None), ("", None)]
)
def test_words_with_a_meaning(written: str, meant: object) -> None:
    assert value(f"a: {written}") == {"a": meant}


@pytest.mark.parametrize("written", ['"54"', "'54'", "|-\n  54"])
def test_a_quoted_number_is_a_word(written: str) -> None:
    assert value(f"a: {written}") == {"a": "54"}


def test_a_number_of_a_thousand_digits_is_no_long_calculation() -> None:
    assert value(f"a: {'9' * 1000}") == {"a": float("inf")}


def test_keys_are_words_even_where_they_look_like_numbers() -> None:
    assert value("{1: a, true: b}") == {"1": "a", "true": "b"}


def test_lists_and_mappings_in_each_other() -> None:
    assert value("a:\n  - b: [1, x]\n    c: {d: []}\n  - e\n") == {"a": [{"b": [1, "x"], "c": {"d": []}}, "e"]}


def test_an_umlaut_and_a_byte_order_mark() -> None:
    assert read_bytes(b"\xef\xbb\xbfa: \xc3\xbc", "x").value == {"a": "ü"}


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n"])
def test_an_empty_file_holds_nothing(text: str) -> None:
    assert value(text) is None


def test_every_value_knows_its_line() -> None:
    document = read("a: 1\nb:\n  - x\n  - c: 2\n\nd: 3\n")
    assert [document.line(p) for p in (("a",), ("b", 0), ("b", 1, "c"), ("d",))] == [1, 3, 4, 6]


def test_a_place_without_a_line_has_that_of_what_holds_it() -> None:
    assert read("a:\n  b: 1\n").line(("a", "b", "missing")) == 2


# --- YAML: what is refused -------------------------------------------------------------------


def test_alias() -> None:
    assert [f.message for f in faults("a: &x 1\nb: *x\n")] == [
        "anchor &x is not allowed",
        "alias *x is not allowed",
    ]


def test_anchor_at_its_line() -> None:
    fault = only_fault("a: 1\nb: &here [2]\n")
    assert (fault.line, fault.path, fault.message) == (2, "b", "anchor &here is not allowed")


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system", "!!str", "!mine", "!!binary"])
def test_tag(tag: str) -> None:
    assert "tag" in only_fault(f"a: {tag} x\n").message


def test_duplicate_key_at_its_place() -> None:
    fault = only_fault("a:\n  b: 1\n  c: 2\n  b: 3\n")
    assert (fault.line, fault.path, fault.message) == (4, "a.b", "this key stands twice")


def test_two_duplicate_keys_are_two_faults() -> None:
    assert [f.path for f in faults("a: 1\na: 2\nb: 1\nb: 2\n")] == ["a", "b"]


def test_a_key_that_is_a_list() -> None:
    assert only_fault("? [a, b]\n: 1\n").message == "a key must be a plain word"


def test_a_bomb_of_aliases_is_refused_at_once() -> None:
    levels = "\n".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10))
    assert "not allowed" in faults(f"a0: &a0 [lol]\n{levels}\n")[0].message


def test_two_documents() -> None:
    fault = only_fault("a: 1\n---\na: 2\n")
    assert (fault.line, fault.message) == (2, "holds more than one document")


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_deeper_than_forty_levels(opening: str) -> None:
    closing = {"[": "]", "{a: ": "}", "- ": ""}[opening]
    assert only_fault(opening * 41 + "1" + closing * 41).message == "is nested deeper than 40 levels"


def test_forty_levels_are_read() -> None:
    inner: object = read("[" * 40 + "1" + "]" * 40).value
    for _ in range(40):
        assert isinstance(inner, list)
        [inner] = inner
    assert inner == 1


@pytest.mark.parametrize(
    "text", ["a: [1, 2\n", "a: 'open\n", "a: b: c\n", "a:\n\t- 1\n", "a: 1\n b: 2\n", "@x", "a: \x00"]
)
def test_not_yaml(text: str) -> None:
    assert only_fault(text).message.startswith("is not YAML (")


def test_not_yaml_names_the_line() -> None:
    assert only_fault("a: 1\nb: [1, 2\nc: 3\n").line == 3


@pytest.mark.parametrize("data", [b"a: \xff", "a: ü".encode("latin-1"), "a: 1".encode("utf-16"), b"PK\x03\x04\x9c\x00"])
def test_not_utf_8(data: bytes) -> None:
    assert only_fault(data).message.startswith("is not UTF-8 text (byte ")


@pytest.mark.parametrize(
    "text", ['a: "\\e[31mred"\n', '"\\0": 1\n', '{"a": ["\\u001b"]}', '{"\\ud800": 1}', '{"a": "\\udc00"}']
)
def test_control_characters_and_half_characters_reach_no_terminal(text: str) -> None:
    assert only_fault(text).message == "holds a character that is no text"


def test_line_breaks_and_tabs_are_text() -> None:
    assert value('a: "1\\n\\t2"\n') == {"a": "1\n\t2"}


# --- JSON ------------------------------------------------------------------------------------


def test_json() -> None:
    assert value('{"a": [1, 0.5, "x", null, true]}') == {"a": [1, 0.5, "x", None, True]}


def test_json_keeps_words_of_its_own() -> None:
    assert value('{"a": "no", "b": "54"}') == {"a": "no", "b": "54"}


def test_what_only_looks_like_json_is_read_as_yaml() -> None:
    assert value("{a: no, b: [x]}") == {"a": "no", "b": ["x"]}


def test_json_with_a_duplicate_key() -> None:
    fault = only_fault('{"a": 1, "b": {"c": 1, "c": 2}}')
    assert (fault.path, fault.message) == ("c", "this key stands twice")


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_json_numbers_that_are_none(word: str) -> None:
    assert only_fault(f'{{"a": {word}}}').message == f"{word} is not a number"


@pytest.mark.parametrize("depth", [41, 1000, 100_000])
def test_json_that_is_nested_too_deeply(depth: int) -> None:
    assert (
        only_fault('{"a": ' + "[" * (depth - 1) + "]" * (depth - 1) + "}").message == "is nested deeper than 40 levels"
    )


def test_json_of_forty_levels_is_read() -> None:
    assert value("[" * 40 + "]" * 40) is not None


def test_a_json_number_of_five_thousand_digits_is_no_crash() -> None:
    assert value(f'{{"a": {"9" * 5000}}}') == {"a": float("inf")}


# --- files -----------------------------------------------------------------------------------


def test_a_file_is_read_under_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: 1\n")
    assert read_file(tmp_path / "a.yaml").name == str(tmp_path / "a.yaml")


def test_a_missing_file(tmp_path: Path) -> None:
    assert file_fault(tmp_path / "none.yaml").message == "there is no such file"


def test_a_directory(tmp_path: Path) -> None:
    assert file_fault(tmp_path).message == "is a directory"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: 1\n")
    path.chmod(0)
    assert file_fault(path).message == "may not be read"


def test_a_name_that_no_file_system_takes(tmp_path: Path) -> None:
    assert file_fault(tmp_path / ("x" * 5000)).message.startswith("cannot be read")


def test_a_file_of_ten_megabytes_is_not_even_opened(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(10_000_000)
    assert file_fault(path).message == "has 10.0 MB, more than the 1 MB a file may have"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device here")
def test_a_stream_without_end() -> None:
    assert "more than 1 MB" in file_fault(Path("/dev/zero")).message


def test_just_over_a_megabyte_of_text() -> None:
    assert "more than 1 MB" in only_fault(b"#" * 1_000_001).message


def test_a_megabyte_of_text_is_read() -> None:
    assert read_bytes(b"#" * 1_000_000, "x").value is None


# --- places ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "text"),
    [(("findings", "calf_pain", 0, "leg"), "findings.calf_pain[0].leg"), ((), ""), (("a", 1, 2), "a[1][2]")],
)
def test_a_place_in_words_and_back(path: tuple[str | int, ...], text: str) -> None:
    assert dotted(path) == text
    assert undotted(text) == path


@pytest.mark.parametrize("text", ["findings.a[b]", "findings.[", "a..b", "findings.x]"])
def test_a_place_with_a_strange_key_is_no_crash(text: str) -> None:
    assert undotted(text)[0] in ("findings", "a")
