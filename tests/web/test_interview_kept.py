"""Answers that are kept: only after consent, under a link, until they are handed over; a session that ends loses none."""

from __future__ import annotations

import datetime
import html
import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import func, select

from saphena.case import Case
from saphena.interfaces.web.interview.held import Held
from saphena.records import SYSTEM, links, tables
from tests.web.clinic import PASSWORD, browser
from tests.web.interviewed import BEGUN, field, held, post, send


def links_kept(app: FastAPI) -> int:
    with app.state.record.engine.connect() as connection:
        return int(connection.scalar(select(func.count()).select_from(tables.links)))


def keep(client: TestClient, so_far: Held) -> str:
    page = post(client, so_far, go="keep")
    found = re.search(r"http://127.0.0.1(/interview/resume/[\w-]+)", page.text)
    assert found
    return found[1]


def test_nothing_is_kept_before_consent(client: TestClient, app: FastAPI) -> None:
    before = links_kept(app)
    page = client.get("/interview")
    for sent in BEGUN.values():
        page = send(client, page, **sent)
    assert links_kept(app) == before
    keep(client, Held.read(field(page, "held")))
    assert links_kept(app) == before + 1


def test_consent_at_the_start_keeps_every_step(client: TestClient) -> None:
    page = send(client, client.get("/interview"), **BEGUN["who"], keep="yes")
    way = re.search(r"http://127.0.0.1(/interview/resume/[\w-]+)", page.text)
    assert way
    page = send(client, page, to=way[1], go="more")
    send(client, page, to=way[1], **BEGUN["about"])
    assert field(client.get(way[1]), "ask") == "complaint"


def test_whoever_has_the_link_goes_on_where_it_was_left(client: TestClient, stranger: TestClient) -> None:
    way = keep(client, held("who", "about"))
    stranger.cookies.clear()
    page = stranger.get(way)
    assert field(page, "ask") == "complaint"
    page = send(stranger, page, to=way, **BEGUN["complaint"])
    assert field(page, "ask") == "place"
    assert field(stranger.get(way), "ask") == "place"  # A lost connection: the server has it, too.
    assert stranger.get("/interview").status_code == 303  # The link opens nothing else.


def test_an_expired_link_says_so_and_loses_nothing(
    client: TestClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = keep(client, held("who", "about"))
    page = client.get(way)
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=400)
    monkeypatch.setattr(app.state.record, "clock", lambda: later)
    assert client.get(way).status_code == 410
    late = send(client, page, to=way, **BEGUN["complaint"])
    assert late.status_code == 410
    assert "no longer opens" in late.text
    fields = {k: html.unescape(v) for k, v in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', late.text)}
    assert fields["ask"] == "complaint"
    assert field(client.post("/interview", data=fields), "ask") == "place"


@pytest.mark.parametrize("token", ["x", "x" * 3000, "%00"])
def test_a_wrong_link_says_so(client: TestClient, token: str) -> None:
    assert client.get(f"/interview/resume/{token}").status_code in (404, 410)


def test_two_windows_do_not_overwrite_each_other(client: TestClient) -> None:
    way = keep(client, held("who", "about"))
    one = client.get(way)
    assert send(client, one, to=way, complaint="leg_pain").status_code == 200
    other = send(client, one, to=way, complaint="leg_swelling")
    assert other.status_code == 409
    assert Held.read(field(other, "held")).answer_to("complaint") == {"complaint": ("leg_pain",)}


def test_a_step_that_comes_twice_is_kept_once(client: TestClient) -> None:
    """Its answer was lost on the way, or the button was pressed twice."""
    way = keep(client, held("who", "about"))
    at = client.get(way)
    one, two = (send(client, at, to=way, **BEGUN["complaint"]) for _ in range(2))
    assert field(one, "ask") == field(two, "ask") == "place"
    assert field(one, "held") == field(two, "held")


def test_what_was_deleted_for_its_age_is_kept_again_from_the_page(client: TestClient, app: FastAPI) -> None:
    way = keep(client, held("who", "about"))
    at = client.get(way)
    with app.state.record.engine.begin() as connection:
        connection.execute(tables.drafts.delete())
    assert field(send(client, at, to=way, **BEGUN["complaint"]), "ask") == "place"
    assert field(client.get(way), "ask") == "place"


def test_answers_that_another_version_kept_are_refused_in_words(client: TestClient, app: FastAPI) -> None:
    page = post(client, held("who", "about"), go="handover")
    way = re.search(r' action="(/interview/resume/[^"]+)"', page.text)
    code = re.search(r'class="code">.*</span>([^<]+)</p>', page.text)
    assert way
    assert code
    with app.state.record.engine.begin() as connection:
        connection.execute(tables.drafts.update().values(answers={"pages": []}))
    for answer in (client.get(way[1]), client.post("/handover", data={"code": code[1]})):
        assert answer.status_code == 422
        assert "version of Saphena" in answer.text


def test_a_link_from_the_clinic_says_that_it_keeps_the_answers(client: TestClient, app: FastAPI) -> None:
    with app.state.record.work(SYSTEM) as work:
        _, token = links.make(work, "interview")
    page = client.get(f"/interview/resume/{token}")
    assert "every answer is stored on this server" in page.text
    assert "Nothing is kept unless you ask" not in page.text


def test_a_code_opens_the_answers_for_a_clinician_once(client: TestClient, app: FastAPI, stranger: TestClient) -> None:
    so_far = held("who", "about", "complaint", "place")
    page = post(client, so_far, go="handover")
    code = re.search(r'class="code">.*</span>([^<]+)</p>', page.text)
    assert code
    kept = re.search(r' action="(/interview/resume/[^"]+)"', page.text)
    assert kept
    assert code[1] in client.get("/handover", params={"code": code[1]}).text  # Shown, and not used up.
    opened = client.post("/handover", data={"code": code[1].lower()})
    assert 'action="/intake"' in opened.text
    case = Case.model_validate_json(field(opened, "case"))
    assert {s.origin for _, _, s in case.statements()} == {"patient"}
    assert {id_ for id_, _, _ in case.statements()} == {"leg_pain", "leg_swelling", "calf_pain", "knee_pain"}
    again = client.post("/handover", data={"code": code[1]})
    assert again.status_code == 422
    assert "does not open" in again.text
    changed = send(client, page, to=kept[1], ask="question:onset", value="unknown")
    assert changed.status_code == 410
    assert "Your clinician has your answers" in changed.text
    stranger.cookies.clear()
    assert stranger.post("/handover", data={"code": code[1]}).status_code == 303


def hidden(page: Response) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text):
        fields.setdefault(name, []).append(html.unescape(value))
    return fields


@pytest.mark.parametrize("mode", ["local", "clinic"])
def test_a_session_that_ends_in_the_middle_loses_no_answer(
    app: FastAPI, clinic_app: FastAPI, stranger: TestClient, mode: str
) -> None:
    reader = stranger if mode == "local" else browser(clinic_app)
    sent = {"held": held("who", "about", "complaint").model_dump_json(), "ask": "place", **BEGUN["place"], "go": "next"}
    late = reader.post("/interview", data=sent)
    assert late.status_code == 401
    assert "your answers are still on this page" in late.text
    assert reader.post("/interview", data=hidden(late)).text == late.text  # Gone on with before entering.
    if mode == "local":
        reader.get("/enter", params={"token": app.state.doors.token})
    else:
        reader.post("/enter", data={"name": "patient", "password": PASSWORD})
    page = reader.post("/interview", data=hidden(late))
    assert field(page, "ask") == "question:onset"
    assert Held.read(field(page, "held")).answer_to("place") == {
        "place": tuple(BEGUN["place"]["place"]),
        "worst": (BEGUN["place"]["worst"],),
    }
