"""Plan, leaflet, scores and rules as somebody types them."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.functional.program import Done, run

ROOT = Path(__file__).parent.parent.parent
SMOKER = ROOT / "examples" / "walking_pain_in_a_smoker.yaml"
EVENING = ROOT / "examples" / "evening_heaviness.yaml"
QUICK = ("--draws", "0", "--next", "0")
REFUSED = 2


@cache
def plan_of(path: Path) -> Done:
    return run("assess", path, "--plan", *QUICK)


@pytest.mark.one_in(2)
@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_example_has_a_plan(path: Path) -> None:
    done = plan_of(path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Not certified as a medical device" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 80


def test_a_plan_names_stage_next_step_and_sources() -> None:
    said = " ".join(plan_of(SMOKER).stdout.split())
    assert "Ankle-brachial index at rest, right leg: 0.62: Arterial disease" in said
    assert "Fontaine stage of peripheral arterial disease, right leg: at least Stage IIa" in said
    assert "Next, by published sequences" in said
    assert re.search(r"Supervised walking programme", said)


def assess_json(case: dict[str, Any]) -> Any:
    done = run("assess", "-", "--json", *QUICK, given=yaml.safe_dump(case))
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def venous(**findings: Any) -> dict[str, Any]:
    told = {"varicose_veins_visible": {"both": "present"}, "leg_heaviness": {"both": "present"}, **findings}
    return {
        "age": 60,
        "sex": "male",
        "setting": "primary_care",
        "known_conditions": ["chronic_venous_disease.varicose_veins_c2"],
        "findings": told,
    }


def status(answer: Any, treatment: str) -> dict[str | None, str]:
    return {o["leg"]: o["status"] for o in answer["plan"]["options"] if o["id"] == treatment}


def test_compression_follows_the_index_of_each_leg() -> None:
    free = {
        "diabetes": "absent", "chronic_kidney_disease": "absent", "bypass_graft_in_leg": "absent",
        "decompensated_heart_failure": "absent", "compression_material_allergy": "absent",
    }  # fmt: skip
    case = venous(ankle_brachial_index={"right": 0.55, "left": 0.95}) | {"context": free}
    case["findings"] |= {"pinprick_reduced_stocking": "absent", "whole_leg_swelling": {"both": "absent"}}
    case["findings"] |= {"ankle_arteries_incompressible": {"both": "absent"}}
    found = status(assess_json(case), "compression_stockings")
    assert (found["right"], found["left"] != "struck") == ("struck", True)


def test_what_was_asked_for_nothing_is_struck_out() -> None:
    answer = assess_json(venous())
    assert answer["format"] == 2
    assert len(answer["care"]) == 12
    assert all(o["status"] != "struck" for o in answer["plan"]["options"])
    assert all(
        use["ground"]["source"] or use["ground"]["judged"] for o in answer["plan"]["options"] for use in o["uses"]
    )


@pytest.mark.parametrize(("language", "words"), [("en", "What to do now"), ("ru", "Что делать сейчас")])
def test_a_leaflet_in_both_languages(language: str, words: str) -> None:
    done = run("assess", EVENING, "--leaflet", "--lang", language, *QUICK)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(words)
    if language == "ru":
        lines = [line for line in done.stdout.splitlines() if line]
        assert [line for line in lines if re.search(r"[a-z]{3}", line)] == []


def test_a_leaflet_speaks_of_no_number_of_milligrams() -> None:
    assert not re.search(r"\d ?(mg|g|µg|ml)\b", run("assess", EVENING, "--leaflet", *QUICK).stdout)


def test_an_unknown_language_is_refused() -> None:
    done = run("assess", EVENING, "--leaflet", "--lang", "fr", *QUICK)
    assert done.returncode == REFUSED
    assert "Known: en, ru" in " ".join(done.stderr.split())


def test_a_score_from_answers_and_from_a_case() -> None:
    done = run("score", "ankle_brachial_index", "dorsalis_pedis=80", "posterior_tibial=110", "right_arm=140", "--json")
    assert json.loads(done.stdout)[0]["points"] == [0.79, 0.79]
    done = run("score", "ankle_brachial_index", "--case", SMOKER, "--json")
    assert [(r["leg"], r["points"]) for r in json.loads(done.stdout)] == [
        ("right", [0.62, 0.62]),
        ("left", [0.95, 0.95]),
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("score", "wels_dvt"), "there is no wels_dvt. Did you mean wells_dvt"),
        (("score", "wells_dvt", "active_cancer"), "active_cancer: is no answer. Write item=answer"),
        (("score", "wells_dvt", "cancer=yes"), "there is no item cancer"),
        (("score", "ankle_brachial_index", "right_arm=9000"), "does not fit. Write a number from"),
        (("score", "civiq_20", "x=1"), "is not shipped"),
    ],
)
def test_a_wrong_score_is_refused_with_a_remedy(words: tuple[str, ...], expected: str) -> None:
    done = run(*words)
    assert done.returncode == REFUSED
    assert expected in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_scores_and_items_are_listed() -> None:
    assert "villalta" in run("score").stdout
    said = run("score", "villalta").stdout
    assert "heaviness" in said.lower()
