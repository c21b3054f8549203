"""``saphena influence`` and what an assessment says of the draws, as somebody types it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.functional.program import run
from tests.functional.test_cli import EVENING, HEAD, REFUSED, ROOT

SHIN = ROOT / "examples" / "red_swollen_shin.yaml"


def test_numbers_are_shown_with_their_kind_and_their_effect() -> None:
    shown = run("influence", SHIN, "--top", "4").stdout
    assert "stays first in" in shown
    assert "triage is the same in" in shown
    rows = re.findall(r"^\S.* (derived|assumption|seen|recalled) +\d+ % +[\d.]+ % to [\d.]+ %", shown, re.MULTILINE)
    assert len(rows) >= 4
    assert max(len(line) for line in shown.splitlines()) <= 80


def test_another_condition_and_json() -> None:
    answer = json.loads(run("influence", SHIN, "--condition", "deep_vein_thrombosis", "--json").stdout)
    assert answer["condition"] == "deep_vein_thrombosis"
    assert 0 < answer["stability"]["leader_first"] <= 1
    assert list(answer["at_least"]) == ["emergency", "same_day", "urgent"]
    for number in answer["numbers"]:
        # Of a number near the background most draws vanish in it, and both ends may lie a hair to one side.
        assert number["low"] <= answer["probability"] + 1e-3
        assert answer["probability"] <= number["high"] + 1e-9
    strengths = [abs(n["correlation"]) for n in answer["numbers"][:12]]
    assert strengths == sorted(strengths, reverse=True)


@pytest.mark.parametrize(
    ("case", "options", "fault"),
    [
        (HEAD, ("--condition", "dragon_pox"), "there is no condition dragon_pox"),
        (HEAD.replace("54", "0"), (), "this age has no differential"),
        (HEAD + "findings: {calf_pian: present}", (), "there is no finding of this name"),
        ("age: x", (), "age"),
    ],
)
def test_what_cannot_be_shown_is_refused(case: str, options: tuple[str, ...], fault: str) -> None:
    done = run("influence", "-", *options, given=case)
    assert done.returncode == REFUSED
    assert fault in " ".join(done.stderr.split())


def test_without_findings_there_is_still_an_answer() -> None:
    assert "triage is the same in all" in run("influence", "-", given=HEAD).stdout


def test_an_assessment_names_batches_and_stability_only_if_asked() -> None:
    answer = json.loads(run("assess", SHIN, "--json", "--draws", "200").stdout)
    assert answer["stability"].keys() == {"leader_first", "triage_same"}
    kinds = [b["obtained_by"] for b in answer["next_together"]]
    assert len(kinds) == len(set(kinds)) > 1
    assert all(len(b["findings"]) == len(b["single_information"]) >= 2 for b in answer["next_together"])
    bare = json.loads(run("assess", SHIN, "--json", "--draws", "0", "--next", "0").stdout)
    assert bare["stability"] is None
    assert bare["next_together"] == []


def test_the_terminal_says_how_stable_and_what_together(tmp_path: Path) -> None:
    words = " ".join(run("assess", SHIN).stdout.split())
    assert re.search(r"stays first in \d+ % of draws of the model's numbers; triage is the same in (all|\d+ %)", words)
    assert re.search(r"Together: (ask|examine|order|image) [^()]+ and [^()]+ \(\d\.\d\d bits\)", words)


def test_plug_in_and_average_are_named_exactly_where_they_lie_apart() -> None:
    for file in (SHIN, EVENING):
        answer = json.loads(run("assess", file, "--json", "--next", "0").stdout)
        words = " ".join(run("assess", file, "--next", "0").stdout.split())
        for one in answer["differential"]:
            if one["group"] == "other":
                continue
            apart = abs(one["interval"]["average"] - one["probability"]) > 0.02
            assert bool(re.search(re.escape(one["name"]) + r" [\d.]+ % plug-in, ", words)) == apart


def test_the_readme_lists_every_command() -> None:
    commands = re.findall(r"^  ([a-z]+)  ", run("--help").stdout.partition("Commands:")[2], re.MULTILINE)
    assert "influence" in commands
    readme = (ROOT / "README.md").read_text()
    assert [c for c in commands if f"`saphena {c}" not in readme] == []


def test_new_settings_have_a_parent_each() -> None:
    settings = yaml.safe_load((ROOT / "saphena" / "knowledge" / "settings.yaml").read_text())
    assert settings["cost_of_each_further"].keys() == settings["cost_of_asking"].keys()
    for number in settings["cost_of_each_further"].values():
        low, high = number["range"]
        assert low <= number["value"] <= high
        assert number["assumption"]
