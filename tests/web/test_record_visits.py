"""Visits: what is asked before one is stored, how it is corrected, and what the next one begins with."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from saphena import Model
from saphena.assessment import assess
from saphena.case import Case
from saphena.interfaces.web.app import create_app
from saphena.interfaces.web.record.extracting import Number, keep_numbers
from saphena.interfaces.web.settings import Settings
from saphena.records import assessments, encounters, measurements, open_record, patients
from tests.web.record import CASE, DOCTOR, TODAY, saved, text, told


def test_nothing_is_stored_before_save(client: TestClient, app: FastAPI, patient: str) -> None:
    page = client.post("/patients/save", data={"case": json.dumps(CASE), "patient": patient})
    assert page.status_code == 200
    assert told(app, patient).encounters == ()


def test_a_visit_with_its_numbers_and_answer(client: TestClient, app: FastAPI, patient: str) -> None:
    answer = saved(client, patient, **{"heaviness-right": "6", "heaviness-left": "2,5", "leg_volume-right": ""})
    assert answer.status_code == 303
    held = told(app, patient)
    numbers = {(one.kind, one.leg): one.value for one in held.measurements if one.kind != "instrument"}
    assert numbers == {
        ("heaviness", "right"): 6,
        ("heaviness", "left"): 2.5,
        ("calf_circumference", "right"): 38.5,
        ("calf_circumference", "left"): 37,
    }
    assert [one.encounter for one in held.assessments] == [held.encounters[0].id]
    assert held.encounters[0].case == Case.model_validate(CASE)


def test_a_new_patient_made_while_saving(client: TestClient, app: FastAPI) -> None:
    first = client.post("/patients/save", data={"case": json.dumps(CASE)})
    assert f'value="{TODAY.year - 54}"' in first.text
    held = {"case": json.dumps(CASE), "step": "store", "date": TODAY.isoformat(), "identifier": "made while saving"}
    wrong = client.post("/patients/save", data=held | {"sex": "female", "heaviness-right": "11"})
    assert wrong.status_code == 422
    assert "made while saving" in wrong.text
    assert "made while saving" not in client.get("/patients").text
    answer = client.post("/patients/save", data=held | {"sex": "female", "birth_year": "1970"})
    assert answer.status_code == 303
    assert len(told(app, answer.headers["location"].rpartition("/")[2]).encounters) == 1


def test_a_case_of_somebody_else_is_asked_about(client: TestClient, app: FastAPI, patient: str) -> None:
    other = CASE | {"sex": "male"}
    answer = saved(client, patient, other)
    assert (answer.status_code, told(app, patient).encounters) == (422, ())
    assert "do not fit this patient" in answer.text
    assert saved(client, patient, other, surely="yes").status_code == 303


@pytest.mark.parametrize(
    "case",
    [
        "",
        "{",
        "[]",
        '{"age": 54}',
        '{"age":54,"sex":"female","setting":"primary_care","findings":{"nonsense":"present"}}',
    ],
)
def test_what_is_no_case_is_refused_with_words(client: TestClient, patient: str, case: str) -> None:
    answer = client.post("/patients/save", data={"case": case, "patient": patient, "step": "store"})
    assert answer.status_code == 422
    assert "Traceback" not in answer.text


def test_two_people_correct_one_visit(client: TestClient, app: FastAPI, patient: str) -> None:
    saved(client, patient)
    visit = told(app, patient).encounters[0]
    same = {"encounter": visit.id, "seen": "1", "base": "1"}
    mine = CASE | {"findings": CASE["findings"] | {"leg_swelling": {"right": "present"}}}
    theirs = CASE | {"findings": CASE["findings"] | {"varicose_veins_visible": {"left": "present"}}}
    assert saved(client, patient, theirs, **same).status_code == 422  # A correction needs a reason.
    assert saved(client, patient, theirs, **same, reason="veins forgotten").status_code == 303
    conflict = saved(client, patient, mine, **same, reason="swelling forgotten")
    assert conflict.status_code == 409
    page = text(conflict.text)
    assert "Leg swelling, right" in page  # Mine.
    assert "Visible varicose veins, left" in page  # Theirs.
    assert 'name="seen" value="2"' in conflict.text
    assert saved(client, patient, mine, **same | {"seen": "2"}, reason="swelling forgotten").status_code == 303
    with app.state.record.work(DOCTOR) as work:
        versions = encounters.history(work, visit.id)
    assert [one.reason for one in versions] == [None, "veins forgotten", "swelling forgotten"]
    page = client.get(f"/patients/{patient}/visits/{visit.id}?version=2").text
    assert "This is an older version" in page


def test_a_correction_corrects_its_numbers_and_keeps_the_others(
    client: TestClient, app: FastAPI, model: Model, patient: str
) -> None:
    saved(client, patient, **{"heaviness-right": "6"})
    visit = told(app, patient).encounters[0]
    begun = client.post("/patients/save", data={"case": json.dumps(CASE), "patient": patient, "encounter": visit.id})
    assert 'name="heaviness-right" value="6"' in begun.text
    other = CASE | {"findings": CASE["findings"] | {"calf_circumference": {"right": "39.5 cm"}}}
    saved(client, patient, other, encounter=visit.id, seen="1", reason="tape", **{"heaviness-right": "6"})
    numbers = {
        (one.kind, one.leg): one
        for one in told(app, patient).measurements
        if not one.withdrawn and one.kind != "instrument"
    }
    assert {key: one.value for key, one in numbers.items()} == {
        ("heaviness", "right"): 6,
        ("calf_circumference", "right"): 39.5,
    }
    assert numbers["calf_circumference", "right"].number == 2
    assert numbers["heaviness", "right"].number == 1


def test_a_score_entered_by_hand_survives_a_correction(
    app: FastAPI, client: TestClient, model: Model, patient: str
) -> None:
    saved(client, patient)
    visit = told(app, patient).encounters[0]
    with app.state.record.work(DOCTOR) as work:
        measurements.add(work, patient, "instrument", 8, "right", TODAY, instrument="rvcss", encounter=visit.id)
    with app.state.record.work(DOCTOR) as work:
        keep_numbers(work, model, visit, [Number("heaviness", None, "right", 3)], "again")
    kept = [(one.kind, one.instrument) for one in told(app, patient).measurements if not one.withdrawn]
    assert ("instrument", "rvcss") in kept


def test_the_next_visit_shows_the_last_and_copies_nothing(client: TestClient, patient: str) -> None:
    case = CASE | {"context": {"family_history_of_varicose_veins": "present", "smoking": "present"}}
    saved(client, patient, case, **{"heaviness-right": "6"})
    page = client.get(f"/patients/{patient}/visits/new").text
    carried = re.search(r'name="case" value="([^"]*)"', page)
    assert carried
    begun = json.loads(carried[1].replace("&#34;", '"'))
    assert "findings" not in begun or begun["findings"] == {}
    assert begun["context"] == {"family_history_of_varicose_veins": "present"}
    assert "Leg heaviness, both legs" in text(page)
    assert "6 of 10" in text(page)
    assert 'value="6"' not in page
    hidden = {
        name: unescape(value) for name, value in re.findall(r'name="(case|patient|last|earlier)" value="([^"]*)"', page)
    }
    assert set(hidden) == {"case", "patient", "last", "earlier"}
    findings = client.post("/intake", data=hidden).text
    assert "last time: present" in text(findings)
    assert f'name="patient" value="{patient}"' in findings
    assert len(json.dumps(hidden)) < 200_000  # It travels with every step until the visit is saved.


def test_an_outcome_recorded_by_mistake(client: TestClient, app: FastAPI, patient: str) -> None:
    saved(client, patient)
    visit = told(app, patient).encounters[0].id
    address = f"/patients/{patient}/visits/{visit}/outcome"
    assert "Entered in error?" not in client.get(address).text
    held = {"date": TODAY.isoformat(), "agreement": "yes", "condition-0": "flat foot"}
    client.post(address, data=held | {"seen": "0"})
    mistaken = {"step": "withdraw", "seen": "1", "why": "of the next patient"}
    empty = client.post(address, data=mistaken | {"why": ""})
    assert (empty.status_code, 'id="why-error"' in empty.text) == (422, True)
    assert 'value="flat_foot" checked' in empty.text  # What is recorded stands there as before.
    assert client.post(address, data=mistaken).status_code == 303
    assert "Flat foot" not in text(client.get(f"/patients/{patient}").text)
    page = client.get(address).text
    assert "The outcome was withdrawn" in text(page)
    assert "of the next patient" in text(page)
    assert " checked" not in page
    assert client.post(address, data=mistaken).status_code == 409
    assert client.post(address, data=held | {"seen": "2"}).status_code == 422  # It is a third version: why?
    assert client.post(address, data=held | {"seen": "2", "reason": "the right one"}).status_code == 303
    assert [one.conditions for one in told(app, patient).outcomes] == [("flat_foot",)]


def test_a_visit_entered_in_error_counts_for_nothing(client: TestClient, app: FastAPI, patient: str) -> None:
    saved(client, patient)
    visit = told(app, patient).encounters[0].id
    address = f"/patients/{patient}/visits/{visit}"
    assert client.post(f"{address}/withdraw", data={"seen": "1"}).status_code == 422
    assert client.post(f"{address}/withdraw", data={"seen": "1", "reason": "other patient"}).status_code == 303
    assert "withdrawn" in client.get(address).text
    line = told(app, patient)
    assert (line.encounters, line.measurements) == ((), ())


def test_whose_answer_moved(model: Model, tmp_path: Any) -> None:
    record = open_record(f"sqlite:///{tmp_path / 'record.sqlite'}")
    app = create_app(Settings(), model, record)
    case = Case.model_validate(CASE)
    answer = assess(model, case)
    older = answer.model_copy(
        update={"model": "older", "triage": answer.triage.model_copy(update={"level": "same_day"})}
    )
    with record.work(DOCTOR) as work:
        held = patients.add(work, "moved", TODAY.year - 54, "female")
        visit = encounters.add(work, held.id, TODAY, case)
        assessments.store(work, visit.id, visit.number, older)
    with TestClient(app, base_url="http://127.0.0.1", follow_redirects=False) as client:
        client.get("/enter", params={"token": app.state.doors.token})
        assert "The model has changed" in client.get(f"/patients/{held.id}").text
        page = text(client.post("/reassess").text)
        assert "1 answer moved" in page
        assert "Same day → Routine" in page
        assert len(told(app, held.id).assessments) == 1
        assert told(app, held.id).assessments[0].model == "older"  # Nothing is stored unless asked.
        assert "1 new answer was stored" in text(client.post("/reassess", data={"store": "yes"}).text)
        assert told(app, held.id).assessments[0].model == model.version
        assert "The model has changed" not in client.get(f"/patients/{held.id}").text
        assert "0 answers moved" in text(client.post("/reassess").text)
    record.close()
