"""Bad input: what is wrong is said, with its place and what to write instead, and nothing is done."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from tests.functional.program import refused

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
EVENING = ROOT / "examples" / "evening_heaviness.yaml"
HEAD = "age: 54\nsex: female\nsetting: primary_care\n"
QUICK = ("--draws", "0", "--next", "0")


UNREADABLE = """age: 54
sex: female
sex: female
setting: !!str primary_care
findings: &a
  calf_pain: present
  calf_pain: absent
"""
MISSHAPEN = """age: 130
sex: f
setting: ward
pregnancy_weeks: true
findings:
  calf_pain: true
  leg_swelling: {right: present, both: absent}
sympoms: {}
"""
IMPOSSIBLE = """age: 54
sex: female
setting: primary_care
context: {diabetis: present}
known_conditions: [gouty]
findings:
  calf_pian: present
  heel_pain: often
  knee_pain: 3
  d_dimer: 0.7
  urate: 6 g/L
  body_temperature: 380 C
  shin_pain: [{value: present}, {value: absent}]
  onset: yesterday
  leg_swelling: absent
  pitting_oedema: present
  smoking: present
  fever: {right: present}
  "a[b]": present
"""


@cache
def said_of(case: str) -> str:
    return refused("assess", "-", given=case)


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (UNREADABLE, "standard input:3: sex: this key stands twice. Keep one of them"),
        (UNREADABLE, "standard input:4: setting: tag tag:yaml.org,2002:str is not allowed. Leave it out"),
        (UNREADABLE, "standard input:5: findings: anchor &a is not allowed. Leave it out"),
        (UNREADABLE, "standard input:7: findings.calf_pain: this key stands twice"),
        (MISSHAPEN, "standard input:1: age: 130 does not fit. It should be less than or equal to 120"),
        (MISSHAPEN, "standard input:2: sex: 'f' is not allowed here. Write one of: 'female', 'male' or 'unknown'"),
        (MISSHAPEN, "standard input:3: setting: 'ward' is not allowed here. Write one of: 'primary_care'"),
        (MISSHAPEN, "standard input:4: pregnancy_weeks: True does not fit. It should be a valid number"),
        (MISSHAPEN, "standard input:6: findings.calf_pain: True does not fit. It should be present, absent"),
        (MISSHAPEN, "standard input:7: findings.leg_swelling: both stands beside right or left. Write either both"),
        (MISSHAPEN, "standard input:8: sympoms: unknown key"),
        (
            IMPOSSIBLE,
            "standard input:4: context.diabetis: there is no risk factor or fact of this name. Did you mean diabetes",
        ),
        (IMPOSSIBLE, "standard input:5: known_conditions[0]: there is no condition gouty. Did you mean gout"),
        (IMPOSSIBLE, "standard input:7: findings.calf_pian: there is no finding of this name. Did you mean calf_pain"),
        (
            IMPOSSIBLE,
            "standard input:8: findings.heel_pain: 'often' is no answer to heel_pain. Write present or absent",
        ),
        (IMPOSSIBLE, "standard input:9: findings.knee_pain: 3.0 is a number, but knee_pain is not measured"),
        (IMPOSSIBLE, "standard input:10: findings.d_dimer: d_dimer 0.7 has no unit. Write the number with its unit"),
        (IMPOSSIBLE, "standard input:11: findings.urate: 'g/L' is no unit of urate. Write it in umol/L"),
        (IMPOSSIBLE, "380 C is not possible for body_temperature. It lies between 30 and 43.5 C"),
        (IMPOSSIBLE, "findings.shin_pain[1]: shin_pain is said to be present and absent at once"),
        (IMPOSSIBLE, "findings.onset: onset has no grade yesterday. Grades: chronic, weeks, days, sudden"),
        (IMPOSSIBLE, "pitting_oedema is present while leg_swelling, which it is part of, is absent"),
        (IMPOSSIBLE, "findings.smoking: smoking is known of the person, not a finding. Write it under context"),
        (IMPOSSIBLE, "findings.fever.right: fever has no side. Write it without a leg"),
        (IMPOSSIBLE, "standard input:19: findings.a[b]: there is no finding of this name"),
    ],
)
def test_every_fault_is_reported_at_its_place_with_a_remedy(case: str, said: str) -> None:
    assert said in said_of(case)


@pytest.mark.parametrize(("case", "count"), [(UNREADABLE, 4), (MISSHAPEN, 7), (IMPOSSIBLE, 14)])
def test_all_faults_are_reported_at_once(case: str, count: int) -> None:
    assert said_of(case).startswith(f"{count} faults; nothing was done.")


def test_one_fault_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file.yaml").write_text(HEAD + "findings:\n  calf_pian: present\n")
    said = refused("assess", tmp_path / "file.yaml")
    assert said.startswith("One fault; nothing was done.")
    assert "file.yaml:5: findings.calf_pian: there is no finding of this name. Did you mean calf_pain" in said


def bomb() -> str:
    rows = [f"b{i}: &b{i} [{', '.join([f'*b{i - 1}'] * 9)}]" for i in range(1, 12)]
    return "\n".join(["b0: &b0 [lol, lol, lol]", *rows])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty. Write a case"),
        (b"# nothing yet\n", "is empty. Write a case"),
        (b"54", "holds 54 instead of keys and values"),
        (b"[1, 2]", "holds a list instead of keys and values"),
        (b"a: [", "is not YAML"),
        (b"age: 54\n---\nage: 55\n", "holds more than one document"),
        (b"? [a]\n: b\n", "a key must be a plain word"),
        (b'other_findings: ["\\e[31mred"]', "other_findings[0]: holds a character that is no text"),
        (b"\xff\xfe\x00", "is not UTF-8 text (byte 0)"),
        (b"%PDF-1.4 \x00", "is not YAML"),
        (bomb().encode(), "is not allowed"),
        (b'{"age": 54, "age": 55}', "age: this key stands twice"),
        (b'{"age": NaN}', "NaN is not a number"),
        (b'{"age": ' + b"9" * 5000 + b"}", "sex is missing"),
        (b"[" * 5000, "is nested deeper than 40 levels"),
        (b"a: 1\n" * 2_000_000, "has more than 1 MB"),
    ],
    ids=["nothing", "comment", "number", "list", "broken", "two", "key", "escape", "utf16", "pdf", "bomb", "twice", "nan", "huge", "deep", "10MB"],
)  # fmt: skip
def test_what_is_no_case_at_all(content: bytes, said: str) -> None:
    assert said in refused("assess", "-", given=content)


def test_a_missing_file(tmp_path: Path) -> None:
    assert "none.yaml: there is no such file" in refused("assess", tmp_path / "none.yaml")


def test_a_directory(tmp_path: Path) -> None:
    assert "is a directory. Name one file in it" in refused("assess", tmp_path)


def test_a_file_of_ten_megabytes(tmp_path: Path) -> None:
    (tmp_path / "large.yaml").write_bytes(b"#" * 10_000_000)
    assert "has 10.0 MB, more than the 1 MB a file may have" in refused("assess", tmp_path / "large.yaml")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    (tmp_path / "closed.yaml").write_text(HEAD)
    (tmp_path / "closed.yaml").chmod(0)
    assert "may not be read" in refused("assess", tmp_path / "closed.yaml")
