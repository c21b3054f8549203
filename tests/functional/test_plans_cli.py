"""``saphena evaluate --plans``, as somebody types it."""

from __future__ import annotations

import json

import pytest

from saphena.evaluation.plan_check import KINDS, PlanCheck, Violation
from saphena.interfaces.cli.plans import show_plans
from tests.functional.program import run

PEOPLE = 12
CASE = {"age": 60, "sex": "male", "setting": "primary_care"}


def test_figures_are_json_and_the_status_says_what_was_found() -> None:
    done = run("evaluate", "--plans", str(PEOPLE), "--json")
    result = json.loads(done.stdout)
    assert result["cases"] + result["refused"] == PEOPLE
    assert set(result["checks"]) <= set(KINDS)
    assert done.returncode == (1 if result["found"] else 0)


def test_a_violation_is_shown_with_its_case(capsys: pytest.CaptureFixture[str]) -> None:
    result = PlanCheck(cases=3, pairs=(("stocking", "cold_foot"), ("stocking", "numb_foot")))
    result.forced["stocking", "cold_foot"] = 70
    result.found["forbidden", "stocking", "cold_foot"] = 2
    result.checks["forbidden"] = 9
    result.violations.append(Violation("forbidden", "stocking", "left", "cold_foot", "It would freeze.", CASE))
    show_plans(result)
    shown = capsys.readouterr().out
    assert "2 of kind forbidden: stocking, cold_foot" in shown
    assert "setting: primary_care" in shown
    assert "1 held in 50 or more cases" in shown
    assert "0 stocking: numb_foot" in shown
