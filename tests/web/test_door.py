"""The door, the headers of every answer, and what is refused before any page is reached."""

from __future__ import annotations

import socket

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from saphena.faults import Faulty
from saphena.interfaces.web import serve
from saphena.interfaces.web.settings import Settings


def test_nobody_gets_past_the_door(stranger: TestClient) -> None:
    answer = stranger.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/enter?to=/")


def test_the_token_opens_it_once_for_this_browser(app: FastAPI, stranger: TestClient) -> None:
    answer = stranger.get("/enter", params={"token": app.state.doors.token, "to": "/about"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/about")
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert app.state.doors.token not in answer.headers["set-cookie"]
    assert stranger.get("/").status_code == 200


def test_a_wrong_token_is_said_so(stranger: TestClient) -> None:
    answer = stranger.post("/enter", data={"token": "guessed"})
    assert answer.status_code == 403
    assert "not the token" in answer.text
    assert stranger.get("/").status_code == 303


def test_leaving_closes_the_session(client: TestClient) -> None:
    session = client.cookies["session"]
    client.post("/leave")
    client.cookies.set("session", session)
    assert client.get("/").status_code == 303


@pytest.mark.parametrize("to", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "x"])
def test_the_door_leads_inside_only(app: FastAPI, stranger: TestClient, to: str) -> None:
    answer = stranger.get("/enter", params={"token": app.state.doors.token, "to": to})
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("address", ["/", "/about", "/health", "/nowhere", "/static/saphena.css"])
def test_headers_of_every_answer(client: TestClient, address: str) -> None:
    headers = client.get(address).headers
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("headers", [{"Origin": "http://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_form_of_another_site_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/leave", headers=headers).status_code == 403
    assert client.get("/").status_code == 200


def test_what_is_too_large_is_refused(client: TestClient) -> None:
    answer = client.post("/enter", data={"token": "x" * 1_000_001})
    assert answer.status_code == 413


def test_what_a_stranger_can_probe_is_not_compressed(client: TestClient) -> None:
    """Another site can open an address with words of its own in the query, and the page repeats them."""
    assert client.get("/intake").headers["content-encoding"] == "gzip"
    assert client.get("/static/saphena.css").headers["content-encoding"] == "gzip"
    asked = client.get("/intake", params={"setting": "population", "guess": "Quagmire"})
    assert "Quagmire" in asked.text
    assert "content-encoding" not in asked.headers


def test_another_host_name_is_refused(app: FastAPI) -> None:
    assert TestClient(app, base_url="http://elsewhere.example").get("/about").status_code == 400


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_language_is_kept(client: TestClient, language: str) -> None:
    client.get("/about", params={"lang": language})
    assert f'<html lang="{language}">' in client.get("/").text


def test_settings_from_the_environment_are_checked() -> None:
    assert Settings.read({}, {"SAPHENA_PORT": "9000", "SAPHENA_HOSTS": "a.example, b.example"}).hosts == (
        "a.example",
        "b.example",
    )
    with pytest.raises(Faulty, match="SAPHENA_PORT"):
        Settings.read({}, {"SAPHENA_PORT": "a lot"})
    with pytest.raises(Faulty, match="no country"):
        Settings.read({"country": "XX"}, {})


@pytest.mark.parametrize(
    ("country", "language", "expected"),
    [
        ("", "en", "(112, or the emergency number of your country)"),
        ("", "ru", "(112 или номер экстренной помощи вашей страны)"),
        ("GB", "en", "(999)"),
    ],
)
def test_the_emergency_number_is_one_that_works_here(
    client: TestClient, app: FastAPI, country: str, language: str, expected: str
) -> None:
    held = app.state.settings
    app.state.settings = held.model_copy(update={"country": country})
    try:
        assert expected in client.get("/", params={"lang": language}).text
    finally:
        app.state.settings = held


def test_where_no_country_is_set_the_reader_chooses_theirs(client: TestClient) -> None:
    chosen = client.post("/country", data={"country": "NO", "to": "/about"})
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/about")
    assert "<strong>113</strong>" in client.get("/about", params={"lang": "en"}).text
    assert 'value="NO" selected' in client.get("/").text
    away = client.post("/country", data={"country": "nowhere", "to": "//elsewhere.example"})
    assert away.headers["location"] == "/"
    assert "(112, or the emergency number" in client.get("/").text


def test_the_address_can_be_opened_as_soon_as_it_is_shown() -> None:
    """Who is quicker than the server waits, instead of being refused."""
    with serve._listen(Settings(port=0)) as listening, socket.create_connection(listening.getsockname(), timeout=5):
        pass
