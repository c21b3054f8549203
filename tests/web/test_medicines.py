"""Medicines on the findings page, in the answer and at the next visit."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from saphena import Model
from saphena.case import Case
from saphena.interfaces.web.clinician.form import fields_of, read
from saphena.interfaces.web.language import Language
from tests.web.record import text

PERSON = {"age": "62", "sex": "female", "setting": "primary_care"}
ENGLISH = Language("en")


@pytest.mark.parametrize(
    "written", ["amlodipine 2,5 mg, warfarin", "amlodipine 2,5 mg\nwarfarin\n", "amlodipine 2,5 mg; warfarin;"]
)
def test_a_list_is_read_however_it_is_written(model: Model, written: str) -> None:
    case = read(model, ENGLISH, {**PERSON, "medicines": written}).case
    assert case is not None
    assert case.medicines == ("amlodipine 2,5 mg", "warfarin")
    again = read(model, ENGLISH, fields_of(model, case)).case
    assert again == case


def test_beside_the_list_stands_what_follows_from_it(client: TestClient) -> None:
    page = text(client.post("/intake/live", data={**PERSON, "medicines": "Norvasc, warfarine, alendronate"}).text)
    assert "Amlodipine : Calcium channel blocker" in page
    assert "warfarine: not known here ; did you mean" in page
    assert "Ask because of them:" in page
    assert "Osteoporosis" in page
    russian = text(client.post("/intake/live?lang=ru", data={**PERSON, "medicines": "Норваск"}).text)
    assert "Амлодипин" in russian


def test_what_they_ask_is_marked_and_stays_until_it_is_answered(client: TestClient) -> None:
    asked = client.post("/intake", data={**PERSON, "medicines": "allopurinol", "show": "next"}).text
    assert 'id="c.previous_gout" class="ask"' in asked
    answered = client.post(
        "/intake/live", data={**PERSON, "medicines": "allopurinol", "c.previous_gout": "absent"}
    ).text
    assert 'href="#c.previous_gout"' not in answered


def test_a_contradiction_stands_at_the_row(client: TestClient) -> None:
    page = text(client.post("/assessment", data={**PERSON, "medicines": "insulin", "c.diabetes": "absent"}).text)
    assert "Diabetes is said to be absent, but Insulin is taken" in page


def test_too_many_or_too_long_is_said_at_the_field(client: TestClient) -> None:
    for written in (",".join(f"m{i}" for i in range(61)), "x" * 101):
        refused = client.post("/assessment", data={**PERSON, "medicines": written})
        assert refused.status_code == 422
        assert 'id="medicines-e"' in refused.text


def test_an_answer_names_them(client: TestClient) -> None:
    case = Case.model_validate(
        {"age": 62, "sex": "female", "setting": "primary_care", "medicines": ["warfarin", "xyzzy"]}
    )
    plain = client.post("/assessment.txt", data={"case": case.model_dump_json()}).text
    assert "Medicines: Warfarin" in plain
    page = text(client.post("/assessment?lang=ru", data={"case": case.model_dump_json()}).text)
    assert "xyzzy: такого лекарства Saphena не знает" in page


def test_the_api_takes_them(client: TestClient, app: object) -> None:
    body = {"age": 62, "sex": "female", "setting": "primary_care", "medicines": ["Xarelto 20 mg"]}
    got = client.post("/api/v1/assess", json=body)
    assert got.status_code == 200, got.text
    assert "Medicines: Rivaroxaban" in got.json()["used"]
