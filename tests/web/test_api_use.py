"""The API as a program uses it: the same answers as Python gives, a record over two visits, nobody overwritten."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from saphena import Case, Model, assess
from saphena.interfaces.web.api.cases import EXAMPLE, MOST_ENTRIES


@pytest.fixture(scope="module")
def program(app: FastAPI) -> TestClient:
    headers = {"Authorization": f"Bearer {app.state.doors.token}"}
    return TestClient(app, base_url="http://127.0.0.1", headers=headers)


def test_it_assesses_as_python_does(program: TestClient, model: Model) -> None:
    answer = program.post("/api/v1/assess", json=EXAMPLE, params={"ahead": 2, "lang": "ru"})
    assert answer.status_code == 200
    assert answer.json() == assess(model, Case.model_validate(EXAMPLE), "ru", ahead=2).model_dump(mode="json")


def test_what_is_wrong_with_a_case_is_said_with_its_place(program: TestClient) -> None:
    case = EXAMPLE | {"findings": {"leg_heavyness": "present", "leg_swelling": "very"}}
    answer = program.post("/api/v1/assess", json=case)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    faults = {one["path"]: one["remedy"] for one in answer.json()["faults"]}
    assert set(faults) == {"findings.leg_heavyness", "findings.leg_swelling"}
    assert "leg_heaviness" in faults["findings.leg_heavyness"]


def test_a_misspelt_option_is_not_ignored(program: TestClient) -> None:
    answer = program.post("/api/v1/assess", json=EXAMPLE, params={"draw": 10})
    assert answer.status_code == 422
    assert "draws" in answer.json()["detail"]


def test_what_is_too_much_is_refused_before_it_is_looked_at(program: TestClient) -> None:
    many = {f"finding_{n}": "present" for n in range(MOST_ENTRIES + 1)}
    assert "at most" in program.post("/api/v1/assess", json=EXAMPLE | {"findings": many}).text
    long = program.post("/api/v1/assess", json=EXAMPLE | {"other_findings": ["x" * 301]})
    assert (long.status_code, "301" in long.text) == (422, True)


def test_an_interview_by_the_api_ends(program: TestClient) -> None:
    case: dict[str, Any] = {
        "age": 54,
        "sex": "female",
        "setting": "primary_care",
        "findings": {"leg_heaviness": "present"},
    }
    for _ in range(60):
        step = program.post("/api/v1/next-question", json=case).json()
        if step["kind"] == "finished":
            break
        for one in step["ask"]:
            assert one["finding"] not in case["findings"]
            case["findings"][one["finding"]] = one["answers"][0]
    assert step["kind"] == "finished"


def test_a_score_is_the_sum_of_its_published_points(program: TestClient) -> None:
    shown = program.get("/api/v1/vocabulary/instruments/wells_dvt").json()
    points = {item["id"]: item["points"] for item in shown["items"]}
    answers = dict.fromkeys(points, False) | {next(iter(points)): True}
    score = program.post("/api/v1/instruments/wells_dvt/score", json=answers).json()
    assert (score["lowest"], score["highest"], score["missing"]) == (points[next(iter(points))],) * 2 + ([],)
    assert program.post("/api/v1/instruments/none/score", json={}).status_code == 404
    assert program.post("/api/v1/instruments/wells_dvt/score", json={"age": True}).status_code == 422


def test_the_vocabulary_in_parts_is_the_whole(program: TestClient, model: Model) -> None:
    found, offset = [], 0
    while offset is not None:
        part = program.get("/api/v1/vocabulary/findings", params={"limit": 70, "offset": offset}).json()
        found += [one["id"] for one in part["items"]]
        offset = part["next"]
    assert found == list(model.knowledge.findings)
    russian = program.get("/api/v1/vocabulary/findings", params={"q": "тяжесть", "lang": "ru"}).json()["items"]
    assert "leg_heaviness" in [one["id"] for one in russian]


def test_a_record_over_two_visits(program: TestClient) -> None:
    made = program.post("/api/v1/patients", json={"identifier": "API-1", "birth_year": 1961, "sex": "female"})
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    address = made.headers["location"]
    visit = program.post(f"{address}/encounters", json={"date": "2026-03-02", "case": EXAMPLE}).json()
    kept = program.post(f"/api/v1/encounters/{visit['id']}/assessments", params={"ahead": 1})
    assert kept.status_code == 201
    assert kept.json()["assessment"]["triage"] == program.post("/api/v1/assess", json=EXAMPLE).json()["triage"]
    score = {"kind": "heaviness", "value": 6, "leg": "right", "date": "2026-03-02", "encounter": visit["id"]}
    measured = program.post(f"{address}/measurements", json=score)
    assert measured.status_code == 201
    assert program.post(f"{address}/measurements", json=score | {"value": 60}).status_code == 422
    fixed = program.put(
        f"/api/v1/measurements/{measured.json()['id']}",
        headers={"If-Match": measured.headers["etag"]},
        json={"reason": "typed twice", "value": 5},
    )
    assert (fixed.json()["value"], fixed.headers["etag"]) == (5, '"2"')
    course = program.post(f"{address}/treatments", json={"since": "2026-03-02", "words": "walking every day"})
    stopped = program.post(
        f"/api/v1/treatments/{course.json()['id']}/stop",
        headers={"If-Match": '"1"'},
        json={"until": "2026-04-01", "why": "moved house"},
    )
    assert stopped.json()["until"] == "2026-04-01"
    program.put(f"{address}/diary/2026-03-05", json={"right_heaviness": 4, "note": "a long day"})
    following = program.get(f"{address}/next-case", params={"date": "2026-04-01"}).json()
    assert (following["case"]["findings"], following["since"]) == ({}, "2026-03-02")
    timeline = program.get(f"{address}/timeline").json()
    assert [len(timeline[key]) for key in ("encounters", "assessments", "treatments", "diary")] == [1, 1, 1, 1]
    link = program.post("/api/v1/links", json={"purpose": "diary", "patient": made.json()["id"]}).json()
    assert link["token"] not in program.get(f"{address}/links").text
    assert program.post(f"/api/v1/links/{link['link']['id']}/revoke").json()["revoked_at"]
    assert program.get("/api/v1/patients", params={"q": "API-1"}).json()["items"][0]["id"] == made.json()["id"]
    assert program.delete(address).status_code == 200
    assert program.get(address).status_code == 404
    assert program.post("/api/v1/audit/verify").json()["faults"] == []


def test_what_was_entered_in_error_is_taken_back(program: TestClient) -> None:
    patient = program.post("/api/v1/patients", json={"identifier": "API-3"}).headers["location"]
    visit = program.post(f"{patient}/encounters", json={"date": "2026-03-02", "case": EXAMPLE}).headers["location"]
    told = {"date": "2026-03-02", "agreement": "yes", "conditions": ["flat_foot"]}
    assert program.put(f"{visit}/outcome", json=told, headers={"If-Match": '"0"'}).headers["etag"] == '"1"'
    measured = program.post(
        f"{patient}/measurements", json={"kind": "pain", "value": 3, "leg": "left", "date": "2026-03-02"}
    )
    course = program.post(f"{patient}/treatments", json={"since": "2026-03-02", "words": "walking"})
    because = {"reason": "other patient"}
    for address in (
        f"{visit}/outcome",
        f"/api/v1/measurements/{measured.json()['id']}",
        f"/api/v1/treatments/{course.json()['id']}",
        visit,
    ):
        assert program.post(f"{address}/withdraw", json=because).status_code == 428
        gone = program.post(f"{address}/withdraw", json=because, headers={"If-Match": '"1"'})
        assert (gone.status_code, gone.headers["etag"], gone.json()["withdrawn"]) == (200, '"2"', True)
        assert program.post(f"{address}/withdraw", json=because, headers={"If-Match": '"1"'}).status_code == 412
        versions = program.get(f"{address}/history").json()["items"]
        assert [(one["number"], one["withdrawn"], one["reason"]) for one in versions] == [
            (1, False, None),
            (2, True, "other patient"),
        ]
    timeline = program.get(f"{patient}/timeline").json()
    assert not any(timeline[key] for key in ("encounters", "measurements", "treatments", "outcomes"))
    assert [one["number"] for one in program.get(f"{patient}/history").json()["items"]] == [1]


def test_two_clinicians_do_not_overwrite_each_other(program: TestClient) -> None:
    patient = program.post("/api/v1/patients", json={"identifier": "API-2"}).headers["location"]
    visit = program.post(f"{patient}/encounters", json={"date": "2026-03-02", "case": EXAMPLE})
    address = visit.headers["location"]
    first = {"case": EXAMPLE | {"age": 55}, "reason": "age"}
    second = {"case": EXAMPLE | {"sex": "male"}, "reason": "sex"}
    assert program.put(address, json=first).status_code == 428
    assert program.put(address, json=first, headers={"If-Match": visit.headers["etag"]}).headers["etag"] == '"2"'
    late = program.put(address, json=second, headers={"If-Match": visit.headers["etag"]})
    assert late.status_code == 412
    assert (late.json()["current"]["number"], late.json()["current"]["case"]["age"]) == (2, 55)
    assert program.get(address).json()["case"]["sex"] == "female"
    assert [one["number"] for one in program.get(f"{address}/history").json()["items"]] == [1, 2]
    assert program.post("/api/v1/patients", json={"identifier": "API-2"}).status_code == 409


def test_a_correction_changes_what_is_sent_and_takes_away_what_is_null(program: TestClient) -> None:
    made = program.post("/api/v1/patients", json={"identifier": "API-4", "birth_year": 1961, "sex": "female"})
    address = made.headers["location"]

    def corrected(number: int, **change: Any) -> tuple[Any, ...]:
        answer = program.patch(address, json={"reason": "r", **change}, headers={"If-Match": f'"{number}"'}).json()
        return answer["identifier"], answer["birth_year"], answer["sex"]

    assert corrected(1, sex="male") == ("API-4", 1961, "male")
    assert corrected(2, identifier=None, sex=None) == ("API-4", 1961, "male")
    assert corrected(3, birth_year=None) == ("API-4", None, "male")
    other = program.post("/api/v1/patients", json={"identifier": "API-4b"}).json()
    taken = program.patch(address, json={"reason": "r", "identifier": "API-4b"}, headers={"If-Match": '"4"'})
    assert (taken.status_code, taken.json()["current"]["id"]) == (409, other["id"])  # Nobody changed it meanwhile.


def test_outcomes_come_in_parts(program: TestClient) -> None:
    patient = program.post("/api/v1/patients", json={"identifier": "API-5"}).headers["location"]
    for day in ("1900-01-01", "1900-01-02", "1900-01-03"):  # Before any other.
        visit = program.post(f"{patient}/encounters", json={"date": day, "case": EXAMPLE}).headers["location"]
        told = {"date": day, "agreement": "yes", "words": "w"}
        assert program.put(f"{visit}/outcome", json=told, headers={"If-Match": '"0"'}).status_code == 200
    first = program.get("/api/v1/outcomes", params={"limit": 2}).json()
    second = program.get("/api/v1/outcomes", params={"limit": 1, "offset": first["next"]}).json()
    assert [one["date"] for one in first["items"] + second["items"]] == ["1900-01-01", "1900-01-02", "1900-01-03"]


def test_the_page_lists_every_operation(client: TestClient, app: FastAPI) -> None:
    page = client.get("/api").text
    for path, operations in app.openapi()["paths"].items():
        for method, one in operations.items():
            assert f"{method.upper()} {path}" in page
            assert one["summary"]
            assert one["description"]


def test_text_and_paper_are_those_of_the_page(client: TestClient) -> None:
    case = {"age": 54, "sex": "female", "setting": "primary_care", "findings": {"leg_heaviness": "present"}}
    text = client.post("/api/v1/assess/text", json=case)
    assert text.headers["content-type"].startswith("text/plain")
    assert text.text == client.post("/assessment.txt", data={"case": json.dumps(case)}).text
    russian = client.post("/api/v1/assess/text", params={"lang": "ru"}, json=case)
    assert "Срочность" in russian.text
    paper = client.post("/api/v1/assess/paper", json=case)
    assert (paper.status_code, paper.content[:4]) == (200, b"%PDF")


def test_figures_are_those_that_are_recorded(client: TestClient) -> None:
    found = client.get("/api/v1/evaluation").json()
    assert found["model"] == client.get("/api/v1/versions").json()["model"]
    assert {one["name"] for one in found["figures"]} >= {"top 1", "top 3"}
    assert client.get("/api/v1/evaluation/emergencies").json()["emergencies"]
    assert client.get("/api/v1/evaluation/implied").json()["rows"]


def test_medicines_are_part_of_the_vocabulary(client: TestClient) -> None:
    found = client.get("/api/v1/vocabulary/medicines", params={"q": "Ксарелто"}).json()["items"]
    assert [one["id"] for one in found] == ["rivaroxaban"]
    assert client.get("/api/v1/vocabulary/medicines/rivaroxaban").json()["means"] == ["anticoagulant"]
