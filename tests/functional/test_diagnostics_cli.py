"""``saphena evaluate --diagnostics`` and ``--influence``, as somebody types them."""

from __future__ import annotations

from pathlib import Path

import pytest

from saphena.evaluation.diagnostics import Diagnostics
from saphena.evaluation.spread import OverallInfluence
from saphena.interfaces.cli.diagnostics import show_diagnostics
from tests.functional.program import run

CASE = (
    "id: {id}\nsource: invented\ncase: {{age: 70, sex: male, setting: primary_care, recording: narrative, findings: "
    "{{exertional_leg_pain: {{right: present}}, relieved_by_standing_still: present, pedal_pulses_absent: "
    "{{right: present}}}}}}\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One case in each half of the ids."""
    gold = "gold:\n"
    for id_ in ("x", "y", "z"):
        (tmp_path / f"{id_}.yaml").write_text(CASE.format(id=id_))
        gold += f"  {id_}: {{published: claudication, conditions: [peripheral_arterial_disease]}}\n"
    (tmp_path / "gold.yaml").write_text(gold)
    return tmp_path


def test_diagnostics_are_json_and_are_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = run("evaluate", "--cases", folder, "--diagnostics", "--people", "100", "--json")
    result = Diagnostics.model_validate_json(done.stdout)
    assert result.self_consistency.consistent
    assert result.people == 100
    assert result.coded_cases == 3
    assert [(one.answered, one.cases, one.first) for one in result.mechanism_cases] == [
        ("with mechanisms", 3, 3),
        ("mechanisms folded", 3, 3),
    ]
    said = {one.cases_of: one.said for one in result.fits}
    assert said["decoys: not modelled"].get("explained", 0) == 0
    assert said["decoys: outside population"] == {"outside": 4}
    assert said["decoys: impossible mixture"].keys() <= {"improbable", "poor"}
    assert "poor" not in said["classical presentations"]
    assert (
        said["everyday presentations"].get("poor", 0) <= 1
    )  # Tired legs of a child with flat feet, just over the limit.
    show_diagnostics(result)
    shown = capsys.readouterr().out
    assert "self-consistency, tier T0" in shown
    for part in (
        "Recording and mechanisms",
        "coded cases",
        "Does it say when it does not know?",
        "left out",
        "Other numbers",
        "Monotonicity",
        "Complaints",
        "Priors",
        "kappa",
    ):
        assert part in shown
    assert f"{result.self_consistency.calibration.brier:.4f}" in shown


def test_influence_is_shown_and_is_json(folder: Path) -> None:
    asked = ("evaluate", "--cases", folder, "--influence")
    shown = run(*asked).stdout
    assert "Where reading another paper pays" in shown
    result = OverallInfluence.model_validate_json(run(*asked, "--json").stdout)
    assert (result.cases, result.draws) == (3, 1000)
    # Three times the same case.
    assert all(n.cases in (0, 3) for n in result.numbers)


def test_a_faulty_folder_is_refused(tmp_path: Path) -> None:
    for option in ("--diagnostics", "--influence"):
        refused = run("evaluate", "--cases", tmp_path, option)
        assert refused.returncode == 2
        assert "gold.yaml" in refused.stderr
