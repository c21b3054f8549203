"""Treatments and measurements: entered, stopped, corrected, and never lost."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from saphena.records import treatments
from tests.web.record import DOCTOR, TODAY, text, told


def test_a_treatment_starts_and_stops(client: TestClient, app: FastAPI, patient: str) -> None:
    address = f"/patients/{patient}/treatments"
    held = {"treatment": "medical compression stockings or wraps", "leg": "right", "since": "2026-03-02"}
    assert client.post(address, data=held | {"since": "2026-02-30"}).status_code == 422
    assert client.post(address, data=held | {"until": "2026-01-01", "why": "x"}).status_code == 422
    assert client.post(address, data=held).status_code == 303
    course = told(app, patient).treatments[0]
    assert course.treatment == "compression_stockings"
    stop = f"{address}/{course.id}"
    assert client.post(stop, data={"seen": "1", "until": "2026-04-02", "why": ""}).status_code == 422
    assert client.post(stop, data={"seen": "1", "until": "2026-04-02", "why": "itching"}).status_code == 303
    assert client.post(stop, data={"seen": "1", "until": "2026-04-03", "why": "late"}).status_code == 409
    page = text(client.get(f"/patients/{patient}").text)
    assert "2 April 2026" in page
    assert "itching" in page


def test_a_treatment_in_words(client: TestClient, app: FastAPI, patient: str) -> None:
    client.post(f"/patients/{patient}/treatments", data={"treatment": "Cold water", "since": "2026-03-02"})
    course = told(app, patient).treatments[0]
    assert (course.treatment, course.words) == (None, "Cold water")


def test_treatments_of_the_timeline_are_numbered_by_day(app: FastAPI, client: TestClient, patient: str) -> None:
    with app.state.record.work(DOCTOR) as work:
        for words in ("one", "two"):
            treatments.start(work, patient, TODAY, words=words)
    page = client.get(f"/patients/{patient}").text
    assert page.count('class="mark"') == 1


def test_numbers_typed_directly(client: TestClient, app: FastAPI, patient: str) -> None:
    address = f"/patients/{patient}/measurements"
    held = {"date": "2026-03-02", "ankle_circumference-right": "25,8", "instrument": "rvcss", "score-left": "4"}
    wrong = client.post(address, data=held | {"ankle_brachial_index-left": "9"})
    assert (wrong.status_code, 'value="25,8"' in wrong.text) == (422, True)
    assert client.post(address, data={"date": "2026-03-02"}).status_code == 422
    assert client.post(address, data=held).status_code == 303
    numbers = {(one.instrument or one.kind, one.leg): one for one in told(app, patient).measurements}
    assert {key: one.value for key, one in numbers.items()} == {
        ("ankle_circumference", "right"): 25.8,
        ("rvcss", "left"): 4,
    }
    one = numbers["ankle_circumference", "right"]
    change = f"{address}/{one.id}"
    assert client.post(change, data={"seen": "1", "value": "24.8"}).status_code == 422
    assert client.post(change, data={"seen": "1", "value": "24.8", "reason": "misread"}).status_code == 303
    assert client.post(change, data={"seen": "1", "value": "23", "reason": "late"}).status_code == 409
    assert "misread" in client.get(change).text
    assert client.post(change, data={"seen": "2", "step": "withdraw", "reason": "other leg"}).status_code == 303
    assert "25.8" not in client.get(address).text


def test_a_treatment_is_corrected_and_nothing_is_erased(client: TestClient, app: FastAPI, patient: str) -> None:
    address = f"/patients/{patient}/treatments"
    held = {
        "treatment": "Tablets, 15 mg",
        "leg": "left",
        "since": "2026-03-02",
        "until": "2026-04-02",
        "why": "itching",
    }
    client.post(address, data=held)
    begun = told(app, patient).treatments[0]
    correct = f"{address}/{begun.id}/correct"
    page = client.get(correct).text
    for value in ("Tablets, 15 mg", "2026-03-02", "2026-04-02", "itching"):
        assert f'value="{value}"' in page
    right = held | {"seen": str(begun.number), "treatment": "Tablets, 20 mg", "since": "2026-02-20", "leg": ""}
    assert client.post(correct, data=right).status_code == 422  # A correction needs a reason.
    assert client.post(correct, data=right | {"reason": "x", "until": "2026-02-01"}).status_code == 422
    assert client.post(correct, data=right | {"reason": "x", "until": ""}).status_code == 422  # Stopped, but when?
    assert client.post(correct, data=right | {"reason": "letter of the clinic"}).status_code == 303
    stale = client.post(correct, data=right | {"treatment": "Tablets, 30 mg", "reason": "late"})
    assert (stale.status_code, 'value="Tablets, 30 mg"' in stale.text) == (409, True)
    [course] = told(app, patient).treatments
    assert (course.words, course.leg, course.since.isoformat()) == ("Tablets, 20 mg", None, "2026-02-20")
    versions = text(client.get(f"{address}/{course.id}").text)
    for words in ("Tablets, 15 mg, left: 2 March 2026 – 2 April 2026", "letter of the clinic"):
        assert words in versions
    goes_on = right | {"seen": str(course.number), "until": "", "why": "", "reason": "never stopped"}
    assert client.post(correct, data=goes_on | {"treatment": "calf_muscle_exercise"}).status_code == 303
    [course] = told(app, patient).treatments
    assert (course.treatment, course.words, course.until) == ("calf_muscle_exercise", None, None)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"score-left": "4"}, "instrument"),
        ({"instrument": "nothing like it", "score-left": "4"}, "instrument"),
        ({"instrument": "rvcss", "score-whole": "4"}, "score-whole"),
        ({"instrument": "rvcss"}, "score-right"),
        ({"instrument": "acr_eular_gout_2015", "score-left": "4"}, "score-left"),
    ],
)
def test_a_score_in_the_wrong_place_is_said_and_nothing_is_kept(
    client: TestClient, app: FastAPI, patient: str, wrong: dict[str, str], field: str
) -> None:
    answer = client.post(
        f"/patients/{patient}/measurements", data={"date": "2026-03-02", "pain-right": "3", "instrument": "", **wrong}
    )
    assert (answer.status_code, f'id="{field}-error"' in answer.text) == (422, True)
    assert told(app, patient).measurements == ()
