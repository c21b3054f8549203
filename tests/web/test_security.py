"""Every route by every role; what other sites, guessers and slow or greedy clients try; what must never be told."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from saphena import Model
from saphena.interfaces.web.limits import Buckets
from saphena.interfaces.web.listening import impatient
from saphena.interfaces.web.security import HEADERS
from tests.web.clinic import HOST, ROLES, browser, clinic, signed_in
from tests.web.routes import every_route

ROUTES = list(every_route())
NOBODY = "nobody"
PUBLIC = {
    "/enter",
    "/enter/elsewhere",
    "/enter/elsewhere/back",
    "/leave",
    "/leave/everywhere",
    "/password",
    "/about",
    "/country",
    "/health",
}
INTENDED = {
    "": {"patient", "clinician", "administrator"},
    "/accounts": {"administrator"},
    "/audit": {"administrator"},
    "/account": {"patient", "clinician", "administrator"},
    "/api/v1": {"patient", "clinician", "administrator"},
    "/patients": {"clinician"},
    "/intake": {"clinician"},
    "/findings": {"clinician"},
    "/assessment": {"clinician"},
    "/assessment.json": {"clinician"},
    "/assessment.txt": {"clinician"},
    "/assessment.pdf": {"clinician"},
    "/diary": {"link"},
    "/interview/resume": {"link"},
    "/handover": {"clinician"},
    "/reassess": {"clinician"},
    "/api/v1/assess": {"clinician"},
    "/api/v1/compare": {"clinician"},
    "/api/v1/patients": {"clinician"},
    "/api/v1/encounters": {"clinician"},
    "/api/v1/assessments": {"clinician"},
    "/api/v1/measurements": {"clinician"},
    "/api/v1/treatments": {"clinician"},
    "/api/v1/outcomes": {"clinician"},
    "/api/v1/reassess": {"clinician"},
    "/api/v1/links": {"clinician"},
    "/api/v1/handover": {"clinician"},
    "/api/v1/audit": {"administrator"},
    "/api/v1/retention": {"administrator"},
}
"""Who may use what lies under an address, as it is meant; the longest that fits counts. Written by hand."""
MORE = {
    ("GET", "/api/v1/patients"): {"patient"},
    ("GET", "/api/v1/patients/{patient}"): {"patient"},
    ("GET", "/api/v1/patients/{patient}/diary"): {"patient"},
    ("PUT", "/api/v1/patients/{patient}/diary/{date}"): {"patient"},
    ("GET", "/api/v1/patients/{patient}/export"): {"administrator"},
    ("DELETE", "/api/v1/patients/{patient}"): {"administrator"},
}
"""Who may besides."""


def filled(path: str) -> str:
    """The address with something in its places."""
    for name, value in (("{date}", "2026-03-02"), ("{kind}", "findings"), ("{id}", "leg_heaviness")):
        path = path.replace(name, value)
    while "{" in path:
        start, end = path.index("{"), path.index("}")
        path = path[:start] + "0" * 32 + path[end + 1 :]
    return path


def answer_to(client: TestClient, method: str, path: str) -> int:
    sent = {"json": {}} if path.startswith("/api/") and method not in ("GET", "DELETE") else {}
    return client.request(method, filled(path), **sent).status_code  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def people(clinic_app: FastAPI) -> dict[str, TestClient]:
    return {NOBODY: browser(clinic_app)} | {name: signed_in(clinic_app, name) for name in ROLES}


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("method", "path", "roles"), ROUTES)
@pytest.mark.parametrize("who", [NOBODY, *ROLES])
def test_every_route_by_every_role(
    people: dict[str, TestClient], method: str, path: str, roles: tuple[str, ...] | None, who: str
) -> None:
    if path.startswith(("/leave", "/password", "/enter")):
        pytest.skip("open to all, and changes who is signed in: tested with the accounts")
    status = answer_to(people[who], method, path)
    assert status < 500
    if roles is None:
        assert status != 401
    elif roles == ("link",):
        assert status in (403, 404, 410)  # Not even an administrator has the patient's link.
    elif who == NOBODY:
        assert status == (401 if path.startswith("/api/") else 303)
    elif who not in roles:
        assert status == 403
    else:
        assert status not in (401, 403)


@pytest.mark.parametrize(("method", "path", "roles"), ROUTES)
def test_the_roles_of_a_route_are_those_intended(method: str, path: str, roles: tuple[str, ...] | None) -> None:
    if roles is None:
        assert path in PUBLIC, f"{path} is open to everybody"
        return
    fitting = [prefix for prefix in INTENDED if path == prefix or path.startswith(f"{prefix}/")]
    assert set(roles) == INTENDED[max(fitting, key=len, default="")] | MORE.get((method, path), set())


@pytest.mark.parametrize(("method", "path"), [(m, p) for m, p, _ in ROUTES if m not in ("GET", "HEAD")])
def test_no_other_site_can_send_a_form(people: dict[str, TestClient], method: str, path: str) -> None:
    for headers in ({"Origin": "http://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        answer = people["administrator"].request(method, filled(path), headers=headers)
        assert answer.status_code == 403
        assert "another site" in answer.text


@pytest.mark.parametrize(("method", "path"), [(m, p) for m, p, _ in ROUTES if m == "GET"])
def test_headers_of_every_page(people: dict[str, TestClient], method: str, path: str) -> None:
    for client in (people[NOBODY], people["clinician"]):
        answer = client.request(method, filled(path))
        for name, value in HEADERS.items():
            assert answer.headers[name] == value
        assert answer.headers["cache-control"] == "no-store"


def test_headers_of_refusals_too(clinic_app: FastAPI) -> None:
    other_host = TestClient(clinic_app, base_url="http://elsewhere.example").get("/about")
    too_large = browser(clinic_app).post("/api/v1/assess", content=b" " * 1_000_001)
    for answer, status in ((other_host, 400), (too_large, 413)):
        assert answer.status_code == status
        assert HEADERS.items() <= dict(answer.headers).items() or all(
            answer.headers[n] == v for n, v in HEADERS.items()
        )
    assert too_large.headers["content-type"] == "application/problem+json"


# --- guessing --------------------------------------------------------------------------------


def test_a_bucket_empties_and_fills_again() -> None:
    now = 0.0
    buckets = Buckets(3, a_minute=6, clock=lambda: now)
    waits = []
    for _ in range(4):
        waits.append(buckets.wait("a"))
        buckets.take("a")
    assert waits == [0, 0, 0, 10]  # One more every ten seconds.
    assert buckets.wait("b") == 0
    now = 9.0
    assert buckets.wait("a") == 1
    now = 10.0
    assert buckets.wait("a") == 0
    buckets.take("a")
    assert buckets.wait("a") == 10
    now = 10_000.0
    for _ in range(3):
        assert buckets.wait("a") == 0
        buckets.take("a")
    assert buckets.wait("a") == 10


def test_who_guesses_waits_and_who_is_right_does_not(model: Model, tmp_path: Path) -> None:
    with clinic(model, tmp_path, wrong_tries=3) as app:
        for _ in range(4):
            signed_in(app, "clinician")
        guesser = browser(app)
        statuses = [guesser.post("/enter", data={"name": f"name {n}", "password": "x"}).status_code for n in range(4)]
        assert statuses == [403, 403, 403, 429]
        bearer = [guesser.get("/api/v1/me", headers={"Authorization": f"Bearer {n}"}) for n in range(4)]
        assert [one.status_code for one in bearer] == [401, 401, 401, 429]
        assert int(bearer[-1].headers["retry-after"]) >= 1
        assert bearer[-1].json()["status"] == 429
        codes = signed_in_quietly(app)
        assert [codes.post("/api/v1/handover", json={"code": f"{n}"}).status_code for n in range(4)][-1] == 429


def signed_in_quietly(app: FastAPI) -> TestClient:
    """From another address, which has guessed nothing yet."""
    client = TestClient(app, base_url=HOST, follow_redirects=False, client=("192.0.2.7", 5000))
    assert client.post("/enter", data={"name": "clinician", "password": "four words nobody guesses"}).status_code == 303
    return client


# --- what is typed into fields ---------------------------------------------------------------

INJECTIONS = [
    "'; DROP TABLE patients; --",
    '" OR 1=1 --',
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "${7*7}<%= 7*7 %>",
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "%00%0d%0aSet-Cookie: a=b",
    "name\r\nSet-Cookie: a=b",
    "\x00",
    "\u202eright to left",
    "\U0001f9b5" * 50,
    "a" * 5000,
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_what_is_typed_into_a_form_is_only_text(clinic_app: FastAPI, people: dict[str, TestClient], text: str) -> None:
    boss, doctor = people["administrator"], people["clinician"]
    answers = [
        boss.post("/accounts", data={"name": text, "roles": ["clinician"]}),
        boss.post("/accounts", data={"name": "x", "roles": [text]}),
        boss.get("/accounts"),
        boss.post("/audit/verify", data={"number": text, "hash": text}),
        doctor.post("/account/tokens", data={"name": text, "days": text, "roles": ["clinician"]}),
        doctor.post("/account/tokens", data={"name": text, "days": "3", "roles": ["clinician"]}),
        doctor.get("/account"),
        doctor.get("/enter", params={"to": text}),
        browser(clinic_app).post("/enter", data={"name": text, "password": text, "to": text}),
        browser(clinic_app).post("/password", data={"token": text, "new": text * 3, "again": text * 3}),
        browser(clinic_app).get("/enter", params={"to": text, "token": text}),
    ]
    for answer in answers:
        assert answer.status_code < 500
        assert "set-cookie" not in answer.headers or "a=b" not in answer.headers["set-cookie"]
        assert answer.headers.get("location", "/").startswith("/")
        for tag in ("<script>alert", "<img src=x"):
            assert tag not in answer.text
        assert "49{%" not in answer.text
        assert "root:" not in answer.text


@pytest.mark.parametrize("text", INJECTIONS)
def test_what_is_sent_to_the_api_is_only_text(people: dict[str, TestClient], text: str) -> None:
    doctor = people["clinician"]
    case = {"age": 40, "sex": "female", "setting": "primary_care"}
    kept = doctor.post("/api/v1/patients", json={"identifier": text})
    sent = [
        kept,
        doctor.get("/api/v1/patients", params={"q": text}),
        doctor.post("/api/v1/assess", json=case | {"findings": {text: text}}),
        doctor.post("/api/v1/assess", json=case | {"other_findings": [text], "context": {text: "present"}}),
        doctor.post("/api/v1/next-question", json=case | {"sex": text}),
        doctor.post(f"/api/v1/instruments/{'0' * 8}/score", json={text: text}),
        doctor.get("/api/v1/vocabulary/findings", params={"q": text}),
        doctor.post("/api/v1/handover", json={"code": text}),
        doctor.get("/api/v1/versions", params={text: text}),
    ]
    if kept.status_code == 201:
        patient = kept.json()["id"]
        assert doctor.get(f"/api/v1/patients/{patient}").json()["identifier"] == text.strip()
        address = f"/api/v1/patients/{patient}"
        sent += [
            doctor.patch(address, headers={"If-Match": '"1"'}, json={"reason": text, "sex": "female"}),
            doctor.put(f"{address}/diary/2026-03-02", json={"note": text}),
            doctor.post(f"{address}/treatments", json={"since": "2026-03-02", "words": text}),
            doctor.post(
                f"{address}/encounters", json={"date": "2026-03-02", "case": case | {"other_findings": [text]}}
            ),
            doctor.get(f"{address}/timeline"),
            doctor.get(f"{address}/export"),
        ]
    for answer in sent:
        assert answer.status_code < 500, answer.text
        assert answer.headers["content-type"].startswith("application/")  # Never a page, whatever it holds.


class Forms(HTMLParser):
    """The forms of a page: where they go, and what their fields are called and hold."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        if tag == "form" and held.get("method", "").lower() == "post":
            self.found.append((held.get("action", ""), {}))
        elif self.found and tag in ("input", "textarea", "select", "button") and "name" in held:
            self.found[-1][1].setdefault(held["name"], held.get("value", ""))


@pytest.mark.one_in(2)
@pytest.mark.parametrize("text", [INJECTIONS[3], INJECTIONS[10]])
def test_every_field_of_every_form_takes_text_as_text(people: dict[str, TestClient], text: str) -> None:
    """Forms as the pages hold them, one field spoilt at a time (of many alike, the first few)."""
    doctor = people["clinician"]
    doctor.post("/api/v1/patients", json={"identifier": "forms"})
    kept = doctor.get("/api/v1/patients").json()["items"]
    pages = ["/", "/intake", "/patients", "/handover", "/interview", "/reassess", "/account"]
    pages += [
        f"/patients/{one['id']}{end}" for one in kept[:1] for end in ("", "/correct", "/treatments", "/measurements")
    ]
    tried = 0
    for page in pages:
        shown = doctor.get(page)
        if shown.status_code != 200:
            continue
        for action, fields in Forms(shown.text).found:
            if action.startswith(("/leave", "/password")):
                continue
            for name in list(fields)[:6]:
                answer = doctor.post(action or page, data=fields | {name: text})
                assert answer.status_code < 500, (page, action, name)
                assert "<img src=x" not in answer.text, (page, action, name)
                assert "49{%" not in answer.text, (page, action, name)
                tried += 1
    assert tried >= 20


# --- slow and greedy -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(clinic_app: FastAPI) -> Iterator[tuple[str, int]]:
    """A real server that waits a quarter of a second for the head of a request."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(clinic_app, http=impatient(0.25), log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    yield listening.getsockname()
    server.should_exit = True
    thread.join(5)


def test_who_sends_a_byte_at_a_time_is_cut_off(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=5) as slow:
        begun = time.monotonic()
        cut = False
        while not cut and time.monotonic() - begun < 4:
            try:
                slow.sendall(b"G")
                slow.settimeout(0.05)
                cut = slow.recv(100) == b""
            except TimeoutError:
                continue
            except OSError:
                cut = True
        assert cut
        assert time.monotonic() - begun < 3


def test_a_quick_one_is_served(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=5) as quick:
        quick.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert quick.makefile("rb").readline().startswith(b"HTTP/1.1 200")


def test_a_body_that_does_not_come_is_not_waited_for(model: Model, tmp_path: Path) -> None:
    with clinic(model, tmp_path, slowest=0.2) as app:
        listening = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, http=impatient(0.2), log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        with socket.create_connection(listening.getsockname(), timeout=5) as slow:
            slow.sendall(b"POST /enter HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nname=")
            assert slow.makefile("rb").readline().startswith(b"HTTP/1.1 408")
        server.should_exit = True
        thread.join(5)


# --- what is never told ----------------------------------------------------------------------


def test_nothing_of_a_patient_is_logged_or_in_an_address(
    people: dict[str, TestClient], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    doctor, mark = people["clinician"], "Quagmire"
    addresses = []

    def asked(method: str, path: str, **sent: object) -> dict[str, object]:
        answer = doctor.request(method, path, **sent)  # type: ignore[arg-type]
        assert answer.status_code < 300, answer.text
        addresses.extend([str(answer.request.url), answer.headers.get("location", "")])
        held: dict[str, object] = answer.json()
        return held

    case = {"age": 40, "sex": "female", "setting": "primary_care", "other_findings": [mark]}
    patient = asked("POST", "/api/v1/patients", json={"identifier": f"{mark} 1"})["id"]
    visit = asked("POST", f"/api/v1/patients/{patient}/encounters", json={"date": "2026-03-02", "case": case})["id"]
    asked("POST", f"/api/v1/encounters/{visit}/assessments")
    asked("PUT", f"/api/v1/patients/{patient}/diary/2026-03-02", json={"note": mark})
    asked("POST", f"/api/v1/patients/{patient}/treatments", json={"since": "2026-03-02", "words": mark})
    outcome = {"date": "2026-03-03", "agreement": "no", "words": mark, "why_not": mark}
    asked("PUT", f"/api/v1/encounters/{visit}/outcome", headers={"If-Match": '"0"'}, json=outcome)
    asked("GET", f"/api/v1/patients/{patient}/timeline")
    assert mark in str(asked("GET", f"/api/v1/patients/{patient}/export"))
    asked("DELETE", f"/api/v1/patients/{patient}")
    ours = [one.getMessage() for one in caplog.records if not one.name.startswith(("httpx", "httpcore"))]
    assert not [line for line in ours if mark in line]
    assert not [one for one in addresses if mark in one]


def test_a_fault_of_ours_tells_nothing(
    clinic_app: FastAPI, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("Quagmire")

    doctor = signed_in(clinic_app, "clinician")
    monkeypatch.setattr("saphena.interfaces.web.api.patients.patients.find", broken)
    monkeypatch.setattr("saphena.interfaces.web.start.setting_names", broken)
    for path in ("/api/v1/patients", "/"):
        answer = doctor.get(path)
        assert answer.status_code == 500
        assert answer.headers["x-frame-options"] == "DENY"
        assert "Quagmire" not in answer.text + caplog.text
    assert "RuntimeError" in caplog.text
