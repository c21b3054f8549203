"""The record room: the list of patients, the page of one, its outcome, and what is never lost."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from saphena import Model
from saphena.inference.observe import observe
from saphena.interfaces.web.app import create_app
from saphena.interfaces.web.record.example import story
from saphena.interfaces.web.settings import Settings
from saphena.records import outcomes, patients
from tests.web.record import DOCTOR, TODAY, saved, text, told


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
        f"treatments/{held.treatments[0].id}/correct",
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
