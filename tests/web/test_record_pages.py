"""The record room: what is asked before it is stored, what is shown, and what is never lost."""

from __future__ import annotations

import datetime
import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_file
from fastapi import FastAPI
from fastapi.testclient import TestClient
from icalendar import Calendar

from saphena import Model
from saphena.assessment import assess
from saphena.case import Case
from saphena.inference.observe import observe
from saphena.interfaces.web.app import create_app
from saphena.interfaces.web.language import Language
from saphena.interfaces.web.record import room as record_room
from saphena.interfaces.web.record.case_lines import differences
from saphena.interfaces.web.record.drawing import axis
from saphena.interfaces.web.record.example import story
from saphena.interfaces.web.record.extracting import Number, keep_numbers
from saphena.interfaces.web.record.naming import Names
from saphena.interfaces.web.record.reminder import reminder
from saphena.interfaces.web.record.trends import smallest_change
from saphena.interfaces.web.settings import Settings
from saphena.records import (
    Actor,
    assessments,
    encounters,
    measurements,
    open_record,
    outcomes,
    patients,
    treatments,
    visits,
)
from saphena.records.shapes import Timeline

DOCTOR = Actor("clinician")
TODAY = datetime.date.today()
CASE: dict[str, Any] = {
    "age": 54,
    "sex": "female",
    "setting": "primary_care",
    "findings": {
        "leg_heaviness": {"both": "present"},
        "onset": "chronic",
        "calf_circumference": {"right": "38.5 cm", "left": "37 cm"},
    },
}


@pytest.fixture
def work(app: FastAPI) -> Any:
    return lambda: app.state.record.work(DOCTOR)


@pytest.fixture
def patient(client: TestClient, request: pytest.FixtureRequest) -> str:
    """A new patient, by the page."""
    answer = client.post(
        "/patients", data={"identifier": f"T-{request.node.name[:90]}", "birth_year": TODAY.year - 54, "sex": "female"}
    )
    assert answer.status_code == 303, text(answer.text)
    return str(answer.headers["location"]).rpartition("/")[2]


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


def saved(client: TestClient, patient: str, case: dict[str, Any] = CASE, **more: Any) -> Any:
    held = {"case": json.dumps(case), "patient": patient, "step": "store", "date": TODAY.isoformat(), **more}
    return client.post("/patients/save", data=held)


def told(app: FastAPI, patient: str) -> Timeline:
    with app.state.record.work(DOCTOR) as work:
        return visits.timeline(work, patient)


# --- the example ------------------------------------------------------------------------------


def test_every_finding_of_the_example_is_known(model: Model) -> None:
    for visit in story().visits:
        assert observe(model, visit.case).left_out == ()
    names = model.knowledge.care.treatments
    assert all(one.treatment in names for one in story().treatments)
    assert len(story().visits) == 5


def test_first_start_has_an_example_removed_with_one_click(model: Model, tmp_path: Any) -> None:
    settings = Settings(database=f"sqlite:///{tmp_path / 'record.sqlite'}")
    app = create_app(settings, model)
    with TestClient(app, base_url="http://127.0.0.1", follow_redirects=False) as client:
        client.get("/enter", params={"token": app.state.doors.token})
        assert "fictional" in client.get("/patients").text
        client.post("/patients/examples/remove")
        assert "No records yet" in client.get("/patients").text
        app.state.record.close()
        again = create_app(settings, model)  # A later start does not bring it back.
        with again.state.record.work(DOCTOR) as work:
            assert patients.find(work) == []
        again.state.record.close()


def test_a_clinic_starts_without_an_example(model: Model, tmp_path: Any) -> None:
    app = create_app(Settings(mode="clinic", database=f"sqlite:///{tmp_path / 'record.sqlite'}"), model)
    with app.state.record.work(DOCTOR) as work:
        assert patients.find(work) == []
    app.state.record.close()


def test_the_page_of_the_example(client: TestClient, app: FastAPI) -> None:
    with app.state.record.work(DOCTOR) as work:
        held = next(one for one in patients.find(work) if one.example)
    page = client.get(f"/patients/{held.id}").text
    assert "A fictional patient" in page
    assert page.count('<tr><th scope="row"><a class="pad" href="/patients/') == 5
    for words in (
        "Heaviness",
        "Ankle–brachial index",
        "Revised venous clinical severity score",
        "Differential over time",
    ):
        assert words in page
    assert "style=" not in page
    assert len(told(app, held.id).assessments) == 5
    heaviness = re.search(r"<h3>Heaviness.*?</table>", page, re.S)
    assert heaviness
    assert (
        heaviness[0].count("<tr>") == 1 + 5 + 28 - 1
    )  # Head, visits, days of the diary; the last visit is on one of them.


# --- patients ---------------------------------------------------------------------------------


def test_a_new_patient_needs_an_identifier_of_its_own(client: TestClient, patient: str) -> None:
    answer = client.post("/patients", data={"identifier": "", "sex": "female"})
    assert (answer.status_code, "Give the identifier" in answer.text) == (422, True)
    held = {"identifier": "t-TEST_a_new_patient_needs_an_identifier_of_its_own", "sex": "male", "birth_year": "1950"}
    answer = client.post("/patients", data=held)
    assert (answer.status_code, "already a patient" in answer.text) == (422, True)
    assert 'value="1950"' in answer.text


@pytest.mark.parametrize("year", ["1850", "year", "3000", "19.5"])
def test_a_birth_year_is_believable(client: TestClient, year: str) -> None:
    answer = client.post("/patients", data={"identifier": "born badly", "sex": "male", "birth_year": year})
    assert answer.status_code == 422
    assert 'id="birth_year-error"' in answer.text


def test_found_by_identifier_and_archived(client: TestClient, patient: str) -> None:
    address = f"/patients/{patient}"

    def found(q: str, **more: str) -> str:
        return client.post("/patients/find", data={"q": q, **more}).text

    assert address in found("found_by_identifier")
    assert "Nobody is called" in found("no such one")
    client.post(f"{address}/archive")
    assert address not in found("found_by")
    assert address in found("found_by", archived="true")
    client.post(f"{address}/archive", data={"archived": "no"})
    assert address in found("found_by")


@pytest.mark.parametrize(
    "form", ["/patients/find", "/patients/save", "/patients/{0}/diary", "/patients/{0}/visits/x/withdraw"]
)
def test_a_form_opened_by_its_address_leads_to_where_it_stands(client: TestClient, patient: str, form: str) -> None:
    assert client.get(form.format(patient), params={"lang": "ru"}).status_code == 303


def test_an_unknown_patient_is_not_found(client: TestClient) -> None:
    for address in ("/patients/nobody", "/patients/nobody/visits/new", "/patients/nobody/treatments"):
        assert client.get(address).status_code == 404


def test_correcting_needs_a_reason_and_keeps_the_old(client: TestClient, patient: str) -> None:
    address = f"/patients/{patient}/correct"
    held = {"identifier": "C-1", "birth_year": "1960", "sex": "male", "seen": "1"}
    assert client.post(address, data=held).status_code == 422
    assert client.post(address, data=held | {"reason": "wrong card"}).status_code == 303
    page = client.get(address).text
    assert "wrong card" in page
    assert "T-test_correcting" in page
    stale = client.post(address, data=held | {"identifier": "C-2", "reason": "late"})
    assert (stale.status_code, 'value="C-2"' in stale.text) == (409, True)
    client.post("/patients", data={"identifier": "C-3", "birth_year": "1931", "sex": "male"})
    taken = client.post(address, data=held | {"seen": "2", "identifier": "C-3", "reason": "card"})
    assert (taken.status_code, 'id="identifier-error"' in taken.text) == (422, True)
    assert "1931" not in taken.text  # What another patient holds is not shown as this one's.
    unknown = held | {"seen": "2", "birth_year": "", "reason": "nobody knows"}
    assert client.post(address, data=unknown).status_code == 303
    assert "born 1960" not in text(client.get(f"/patients/{patient}").text)


def test_deleting_asks_for_the_identifier(client: TestClient, patient: str) -> None:
    address = f"/patients/{patient}/delete"
    assert client.post(address, data={"identifier": "T-"}).status_code == 422
    assert client.get(f"/patients/{patient}").status_code == 200
    answer = client.post(address, data={"identifier": "T-test_deleting_asks_for_the_identifier"})
    assert answer.status_code == 303
    assert client.get(f"/patients/{patient}").status_code == 404


def test_export_is_a_download_of_json(client: TestClient, patient: str) -> None:
    saved(client, patient)
    answer = client.get(f"/patients/{patient}/export")
    assert "attachment" in answer.headers["content-disposition"]
    assert "T-test_export" in json.dumps(answer.json())
    assert "T-test_export" not in answer.headers["content-disposition"]


# --- saving -----------------------------------------------------------------------------------


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


# --- treatments, measurements, outcome ---------------------------------------------------------


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


def test_another_patients_things_are_not_found(client: TestClient, app: FastAPI, patient: str) -> None:
    client.post(f"/patients/{patient}/treatments", data={"treatment": "Rest", "since": "2026-03-02"})
    saved(client, patient)
    held = told(app, patient)
    with app.state.record.work(DOCTOR) as work:
        other = patients.add(work, "somebody else").id
    visit, number = held.encounters[0].id, held.measurements[0].id
    for address in (
        f"visits/{visit}",
        f"visits/{visit}/outcome",
        f"treatments/{held.treatments[0].id}",
        f"measurements/{number}",
    ):
        assert client.get(f"/patients/{patient}/{address}").status_code == 200
        assert client.get(f"/patients/{other}/{address}").status_code == 404


def test_outcome_and_override(client: TestClient, app: FastAPI, patient: str) -> None:
    saved(client, patient)
    visit = told(app, patient).encounters[0].id
    address = f"/patients/{patient}/visits/{visit}/outcome"
    held = {"seen": "0", "date": TODAY.isoformat(), "agreement": "no", "condition-0": "Gonarthrosis of the moon"}
    wrong = client.post(address, data=held)
    assert wrong.status_code == 422
    for field in ("condition-0", "why_not"):
        assert f'id="{field}-error"' in wrong.text
    assert 'value="Gonarthrosis of the moon"' in wrong.text
    right = held | {"condition-0": "flat foot", "why_not": "foot, not veins", "triage": "urgent", "why_triage": "work"}
    assert client.post(address, data=right).status_code == 303
    with app.state.record.work(DOCTOR) as work:
        found = outcomes.get(work, visit)
    assert found
    assert (found.conditions, found.agreement, found.triage, found.why_not) == (
        ("flat_foot",),
        "no",
        "urgent",
        "foot, not veins",
    )
    stale = client.post(address, data=right | {"words": "mine"})  # As if nothing had been recorded yet.
    assert (stale.status_code, 'value="mine"' in stale.text) == (409, True)
    assert client.post(address, data=right | {"seen": "1"}).status_code == 422  # A change needs a reason.
    assert client.post(address, data=right | {"seen": "1", "reason": "x-ray", "words": "and a spur"}).status_code == 303
    page = text(client.get(f"/patients/{patient}").text)
    assert "and a spur" in page
    assert "did not agree" in page


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


# --- diary ------------------------------------------------------------------------------------


@pytest.fixture
def diary(client: TestClient, patient: str) -> str:
    page = client.post(f"/patients/{patient}/diary", data={"days": "14", "language": "en"}).text
    found = re.search(r'value="http://127\.0\.0\.1(/diary/[^"?]+)', page)
    assert found
    return found[1]


ENTRY = {"right_heaviness": "6", "left_heaviness": "2", "evening_swelling": "yes", "note": "long day"}
AGREED = {"agree": "yes", "said_by": "patient"}


def test_the_diary_needs_no_account_and_no_script(
    stranger: TestClient, app: FastAPI, client: TestClient, patient: str, diary: str
) -> None:
    client.cookies.clear()
    assert "<script" not in stranger.get(diary).text
    assert stranger.post(diary, data=ENTRY).status_code == 422  # Consent comes first.
    assert told(app, patient).diary == ()
    assert stranger.post(diary, data=ENTRY | AGREED).status_code == 303
    assert (
        stranger.post(diary, data=ENTRY | {"right_heaviness": "4"}).status_code == 303
    )  # Corrected, consent is remembered.
    held = told(app, patient)
    assert [(one.number, one.right_heaviness, one.left_heaviness) for one in held.diary] == [(2, 4, 2)]
    assert ("heaviness", "right", 4) in [(one.kind, one.leg, one.value) for one in held.measurements]
    assert "long day" in stranger.get(diary).text
    assert stranger.get(f"/patients/{patient}").status_code == 303


@pytest.mark.parametrize(
    "bad", [{"right_pain": "11"}, {"left_pain": "x"}, {"note": "a" * 501}, {"evening_swelling": "perhaps"}]
)
def test_a_bad_entry_is_said_and_kept(stranger: TestClient, diary: str, bad: dict[str, str]) -> None:
    answer = stranger.post(diary, data=ENTRY | AGREED | bad)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert "long day" in answer.text or "note" in bad


def test_a_revoked_or_wrong_link_opens_nothing(client: TestClient, patient: str, diary: str) -> None:
    page = client.get(f"/patients/{patient}").text
    revoke = re.search(rf"/patients/{patient}/diary/[^/]+/revoke", page)
    assert revoke
    client.post(revoke[0])
    for address in (diary, "/diary/guessed", "/diary/guessed/reminder.ics"):
        answer = client.get(address)
        assert (answer.status_code, "no longer opens" in answer.text) == (403, True)
    assert client.post(diary, data=ENTRY | AGREED).status_code == 403


def test_the_reminder_has_the_link_only_if_asked(client: TestClient, diary: str) -> None:
    plain = client.get(f"{diary}/reminder.ics?hour=19")
    token = diary.rpartition("/")[2]
    assert plain.headers["content-type"].startswith("text/calendar")
    assert token not in plain.text
    assert token in client.get(f"{diary}/reminder.ics?with_link=true").text.replace("\r\n ", "")
    event = Calendar.from_ical(plain.text).walk("VEVENT")[0]
    assert event["DTSTART"].dt.hour == 19
    assert event["RRULE"]["FREQ"] == ["DAILY"]


def test_long_lines_of_a_calendar_are_folded() -> None:
    made = reminder("x", TODAY, TODAY + datetime.timedelta(14), 20, Language("ru"), "http://a.example/" + "я" * 80)
    assert all(len(line) <= 75 for line in made.split(b"\r\n"))
    assert str(Calendar.from_ical(made).walk("VEVENT")[0]["URL"]).endswith("я" * 80)


# --- small parts ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "first", "expected"),
    [
        ("2 points, or 30 percent", 7, 2),
        ("5 percent of the volume (from memory)", 7600, 380),
        ("0.15 (from memory; 0.10 together with a change of complaints)", 1, 0.15),
        ("More than 1 point: two scores by the same observer differed", 8, 1),
        ("Not firm; studies use 3 to 5 points (from memory).", 8, None),
        ("3 to 5 points, or 30 percent of the first score (from memory)", 8, None),
        (None, 8, None),
    ],
)
def test_smallest_change_as_a_number(words: str | None, first: float, expected: float | None) -> None:
    assert smallest_change(words, first) == expected


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ([23.5, 25.8], (22, 26)),
        ([1.04, 1.08], (1.04, 1.08)),
        ([0, 10], (0, 10)),
        ([7180, 7620], (7000, 8000)),
        ([4], (4, 5)),
    ],
)
def test_axes_have_round_ends(values: list[float], ends: tuple[float, float]) -> None:
    low, high = axis(values)
    assert low <= min(values)
    assert high >= max(values)
    if len(values) > 1:
        assert (low, high) == pytest.approx(ends)


def test_differences_name_both_sides(model: Model) -> None:
    before = Case.model_validate(CASE)
    after = Case.model_validate(CASE | {"age": 55, "findings": {"leg_heaviness": {"right": "absent"}}})
    found = {str(one.what): (one.before, one.after) for one in differences(before, after, Names(model, Language("en")))}
    assert found["Age"] == ("54", "55")
    assert found["Leg heaviness, both legs"] == ("present", "")
    assert found["Leg heaviness, right"] == ("", "absent")
    assert "Sex" not in found


def test_treatments_of_the_timeline_are_numbered_by_day(app: FastAPI, client: TestClient, patient: str) -> None:
    with app.state.record.work(DOCTOR) as work:
        for words in ("one", "two"):
            treatments.start(work, patient, TODAY, words=words)
    page = client.get(f"/patients/{patient}").text
    assert page.count('class="mark"') == 1


def test_every_sentence_of_the_room_is_in_russian() -> None:
    folder = Path(record_room.__file__).parent
    wanted: set[str] = set()
    for path in folder.glob("*.py"):
        found = extract_from_file("python", str(path), keywords={"_": None, "say": None})
        wanted |= {message if isinstance(message, str) else message[0] for _, message, _, _ in found}
    for path in (folder.parent / "templates" / "record").glob("*.html"):
        found = extract_from_file("jinja2.ext:babel_extract", str(path), options={"silent": "false"})
        wanted |= {message if isinstance(message, str) else message[0] for _, message, _, _ in found}
    assert len(wanted) > 300
    same_in_both = {"JSON"}
    russian = Language("ru")
    assert sorted(one for one in wanted if russian.say(one) == one and one not in same_in_both) == []


@pytest.mark.parametrize("address", ["", "/visits/new", "/treatments", "/measurements", "/correct", "/delete"])
def test_pages_of_a_new_patient(client: TestClient, patient: str, address: str) -> None:
    page = client.get(f"/patients/{patient}{address}")
    assert page.status_code == 200
    assert "style=" not in page.text


@pytest.mark.parametrize(
    "words", ["<script>alert(1)</script>", "'; drop table patients; --", "{{ 7 * 7 }}", "%s%d", "\u202e\x00"]
)
def test_words_stay_words(client: TestClient, app: FastAPI, patient: str, words: str) -> None:
    answer = client.post(f"/patients/{patient}/treatments", data={"treatment": words, "since": "2026-03-02"})
    assert answer.status_code in (303, 422)
    page = client.get(f"/patients/{patient}").text
    assert "<script>alert" not in page
    assert ">49<" not in page
