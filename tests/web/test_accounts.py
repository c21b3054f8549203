"""Accounts of a clinic as people use them: signing in and out, passwords, roles, tokens, the audit."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from saphena.records import SYSTEM, accounts
from tests.web.clinic import PASSWORD, browser, signed_in

OTHER = "quite another four words"
names = (f"person {n}" for n in range(1000))


def once(page: str) -> str:
    """The secret that a page shows this once."""
    found = re.search(r'<code class="wide-text">([^<]+)</code>', page)
    assert found
    return found[1]


def newcomer(app: FastAPI, *roles: str) -> tuple[str, str, str]:
    """Name, id and one-time token of an account that the administrator makes on the page."""
    name = next(names)
    boss = signed_in(app, "administrator")
    page = boss.post("/accounts", data={"name": name, "roles": list(roles)}).text
    address = re.search(r"/accounts/([0-9a-f]{32})/roles", page)
    assert address
    return name, address[1], once(page)


def test_nobody_gets_in_without_an_account(clinic_app: FastAPI) -> None:
    nobody = browser(clinic_app)
    assert nobody.get("/").headers["location"] == "/enter?to=/"
    for name, password in (("clinician", "wrong"), ("no such person", PASSWORD), ("", "")):
        answer = nobody.post("/enter", data={"name": name, "password": password})
        assert answer.status_code == 403
        assert "Name or password is wrong" in answer.text
    with clinic_app.state.record.work(SYSTEM) as work:
        accounts.unlock(work, next(one.id for one in accounts.all_of(work) if one.name == "clinician"))


def test_the_local_token_opens_no_clinic(clinic_app: FastAPI) -> None:
    token = clinic_app.state.doors.token
    nobody = browser(clinic_app)
    nobody.get("/enter", params={"token": token})
    assert nobody.get("/").status_code == 303
    assert nobody.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_session_planted_before_is_worth_nothing(clinic_app: FastAPI) -> None:
    victim = browser(clinic_app)
    planted = {"Cookie": "session=chosen-by-somebody-else"}
    answer = victim.post("/enter", data={"name": "clinician", "password": PASSWORD}, headers=planted)
    assert answer.headers["set-cookie"].startswith("session=")
    assert "chosen-by-somebody-else" not in answer.headers["set-cookie"]
    thief = browser(clinic_app)
    thief.cookies.set("session", "chosen-by-somebody-else")
    assert thief.get("/").status_code == 303


def test_signing_in_again_ends_the_session_of_before(clinic_app: FastAPI) -> None:
    client = signed_in(clinic_app, "clinician")
    first = client.cookies["session"]
    client.post("/enter", data={"name": "clinician", "password": PASSWORD})
    assert client.cookies["session"] != first
    old = browser(clinic_app)
    old.cookies.set("session", first)
    assert old.get("/").status_code == 303


def test_the_cookie_is_kept_from_scripts_and_other_sites(clinic_app: FastAPI) -> None:
    said = browser(clinic_app).post("/enter", data={"name": "clinician", "password": PASSWORD}).headers["set-cookie"]
    assert "httponly" in said.lower()
    assert "samesite=lax" in said.lower()


def test_first_password_then_sign_in_then_sign_out(clinic_app: FastAPI) -> None:
    name, _, token = newcomer(clinic_app, "clinician")
    client = browser(clinic_app)
    short = client.post("/password", data={"token": token, "new": "short", "again": "short"})
    assert short.status_code == 422
    assert "12" in short.text
    differ = client.post("/password", data={"token": token, "new": PASSWORD, "again": OTHER})
    assert "not the same" in differ.text
    assert client.post("/password", data={"token": token, "new": PASSWORD, "again": PASSWORD}).status_code == 303
    assert name in client.get("/account").text
    again = browser(clinic_app).post("/password", data={"token": token, "new": OTHER, "again": OTHER})
    assert again.status_code == 403  # The token opens once.
    session = client.cookies["session"]
    client.post("/leave")
    client.cookies.set("session", session)
    assert client.get("/").status_code == 303
    assert signed_in(clinic_app, name).get("/").status_code == 200


def test_a_changed_password_ends_every_other_session(clinic_app: FastAPI) -> None:
    name, _, token = newcomer(clinic_app, "clinician")
    here = browser(clinic_app)
    here.post("/password", data={"token": token, "new": PASSWORD, "again": PASSWORD})
    there = signed_in(clinic_app, name)
    wrong = here.post("/password", data={"old": "not it at all", "new": OTHER, "again": OTHER})
    assert wrong.status_code == 403
    assert here.post("/password", data={"old": PASSWORD, "new": OTHER, "again": OTHER}).status_code == 303
    assert here.get("/").status_code == 200
    assert there.get("/").status_code == 303
    assert signed_in(clinic_app, name, OTHER).get("/").status_code == 200


def test_sign_out_everywhere(clinic_app: FastAPI) -> None:
    here, there = signed_in(clinic_app, "clinician"), signed_in(clinic_app, "clinician")
    here.post("/leave/everywhere")
    assert (here.get("/").status_code, there.get("/").status_code) == (303, 303)


def test_wrong_passwords_lock_for_a_while_and_the_right_one_too(clinic_app: FastAPI) -> None:
    name, id_, token = newcomer(clinic_app, "clinician")
    browser(clinic_app).post("/password", data={"token": token, "new": PASSWORD, "again": PASSWORD})
    guesser = browser(clinic_app)
    answers = [guesser.post("/enter", data={"name": name, "password": f"guess {n}"}) for n in range(6)]
    assert [one.status_code for one in answers] == [403] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert guesser.post("/enter", data={"name": name, "password": PASSWORD}).status_code == 429
    signed_in(clinic_app, "administrator").post(f"/accounts/{id_}/unlock")
    assert signed_in(clinic_app, name).get("/").status_code == 200


def test_whoever_is_shut_out_is_out_at_once(clinic_app: FastAPI) -> None:
    name, id_, token = newcomer(clinic_app, "clinician")
    client = browser(clinic_app)
    client.post("/password", data={"token": token, "new": PASSWORD, "again": PASSWORD})
    program = once(client.post("/account/tokens", data={"name": "export", "days": 7, "roles": ["clinician"]}).text)
    bearer = {"Authorization": f"Bearer {program}"}
    assert browser(clinic_app).get("/api/v1/me", headers=bearer).json() == {"name": name, "roles": ["clinician"]}
    boss = signed_in(clinic_app, "administrator")
    boss.post(f"/accounts/{id_}/shut-out")
    assert client.get("/").status_code == 303
    assert browser(clinic_app).get("/api/v1/me", headers=bearer).status_code == 401
    assert browser(clinic_app).post("/enter", data={"name": name, "password": PASSWORD}).status_code == 403
    boss.post(f"/accounts/{id_}/let-in")
    assert signed_in(clinic_app, name).get("/").status_code == 200
    assert browser(clinic_app).get("/api/v1/me", headers=bearer).status_code == 401  # Tokens stay revoked.


def test_a_reset_takes_the_password_away(clinic_app: FastAPI) -> None:
    name, id_, token = newcomer(clinic_app, "clinician")
    client = browser(clinic_app)
    client.post("/password", data={"token": token, "new": PASSWORD, "again": PASSWORD})
    fresh = once(signed_in(clinic_app, "administrator").post(f"/accounts/{id_}/reset").text)
    assert client.get("/").status_code == 303
    assert browser(clinic_app).post("/enter", data={"name": name, "password": PASSWORD}).status_code == 403
    assert client.post("/password", data={"token": fresh, "new": OTHER, "again": OTHER}).status_code == 303


def test_a_token_can_do_no_more_than_it_was_given(clinic_app: FastAPI) -> None:
    _, id_, token = newcomer(clinic_app, "clinician", "administrator")
    client = browser(clinic_app)
    client.post("/password", data={"token": token, "new": PASSWORD, "again": PASSWORD})
    more = client.post("/account/tokens", data={"name": "x", "days": 7, "roles": ["patient"]})
    assert more.status_code == 422
    page = client.post("/account/tokens", data={"name": "reports", "days": 7, "roles": ["clinician"]}).text
    program, bearer = browser(clinic_app), {"Authorization": f"Bearer {once(page)}"}
    assert program.get("/api/v1/patients", headers=bearer).status_code == 200
    assert program.get("/api/v1/audit", headers=bearer).status_code == 403
    assert program.get("/accounts", headers=bearer).status_code == 303  # No page opens to a program.
    assert once(page) not in client.get("/account").text
    revoke = re.search(r"/account/tokens/[0-9a-f]{32}/revoke", page)
    assert revoke
    client.post(revoke[0])
    assert program.get("/api/v1/patients", headers=bearer).status_code == 401
    signed_in(clinic_app, "administrator").post(f"/accounts/{id_}/shut-out")


def test_roles_are_changed_and_the_last_administrator_stays(clinic_app: FastAPI) -> None:
    name, id_, token = newcomer(clinic_app, "clinician")
    client = browser(clinic_app)
    client.post("/password", data={"token": token, "new": PASSWORD, "again": PASSWORD})
    boss = signed_in(clinic_app, "administrator")
    assert boss.post(f"/accounts/{id_}/roles", data={"roles": ["patient", "clinician"]}).status_code == 422
    assert boss.post(f"/accounts/{id_}/roles", data={"roles": ["administrator"]}).status_code == 303
    assert client.get("/").status_code == 303
    client = signed_in(clinic_app, name)
    assert (client.get("/audit").status_code, client.get("/api/v1/patients").status_code) == (200, 403)
    boss.post(f"/accounts/{id_}/roles", data={"roles": ["clinician"]})
    refused = boss.post(f"/accounts/{own_id(boss, 'administrator')}/roles", data={"roles": ["clinician"]})
    assert (refused.status_code, "last administrator" in refused.text) == (422, True)


def own_id(boss: TestClient, name: str) -> str:
    found = re.search(rf'/accounts/([0-9a-f]{{32}})">{name}<', boss.get("/accounts").text)
    assert found
    return found[1]


@pytest.mark.parametrize("roles", [[], ["patient", "clinician"], ["king"]])
def test_no_account_without_roles_that_go_together(clinic_app: FastAPI, roles: list[str]) -> None:
    assert (
        signed_in(clinic_app, "administrator").post("/accounts", data={"name": "x", "roles": roles}).status_code == 422
    )


def test_names_differ_also_in_capitals(clinic_app: FastAPI) -> None:
    boss = signed_in(clinic_app, "administrator")
    answer = boss.post("/accounts", data={"name": "CLINICIAN", "roles": ["clinician"]})
    assert answer.status_code == 409
    assert "taken" in answer.text


def test_a_patient_sees_own_patients_only(clinic_app: FastAPI) -> None:
    doctor = signed_in(clinic_app, "clinician")
    own, other = (
        doctor.post("/api/v1/patients", json={"identifier": identifier}).json()["id"] for identifier in ("own", "other")
    )
    _, id_, token = newcomer(clinic_app, "patient")
    boss = signed_in(clinic_app, "administrator")
    assert boss.post(f"/accounts/{id_}/patients", data={"identifier": "nobody"}).status_code == 404
    assert boss.post(f"/accounts/{id_}/patients", data={"identifier": "own"}).status_code == 303
    client = browser(clinic_app)
    client.post("/password", data={"token": token, "new": PASSWORD, "again": PASSWORD})
    assert [one["id"] for one in client.get("/api/v1/patients").json()["items"]] == [own]
    assert client.get(f"/api/v1/patients/{own}").status_code == 200
    assert client.get(f"/api/v1/patients/{other}").status_code == 404
    assert client.put(f"/api/v1/patients/{own}/diary/2026-03-02", json={"right_pain": 3}).status_code == 200
    assert client.put(f"/api/v1/patients/{other}/diary/2026-03-02", json={"right_pain": 3}).status_code == 404
    boss.post(f"/accounts/{id_}/patients", data={"identifier": "own", "allowed": "false"})
    assert client.get(f"/api/v1/patients/{own}").status_code == 404


def test_the_audit_is_shown_and_verified(clinic_app: FastAPI) -> None:
    boss = signed_in(clinic_app, "administrator")
    page = boss.get("/audit").text
    assert "sign in account" in page
    whole = boss.post("/audit/verify").text
    assert "The chain is whole" in whole
    head = clinic_app.state.record.audit_head()
    assert head.hash in whole
    other = boss.post("/audit/verify", data={"number": str(head.number), "hash": "0" * 64}).text
    assert "The chain is broken" in other
    for half in ({"number": str(head.number)}, {"hash": head.hash}, {"number": "first", "hash": head.hash}):
        answer = boss.post("/audit/verify", data=half)
        assert (answer.status_code, "The chain is" in answer.text) == (422, False)
    assert boss.get("/audit", params={"before": 3}).text.count("<tr>") == 3  # The head of the table, and 2 and 1.


def test_the_pages_are_in_russian_too(clinic_app: FastAPI) -> None:
    boss, nobody = signed_in(clinic_app, "administrator"), browser(clinic_app)
    for client, path, words in (
        (nobody, "/enter", "Войти"),
        (nobody, "/password", "Одноразовый код"),
        (boss, "/accounts", "Учётные записи"),
        (boss, "/account", "Токены программ"),
        (boss, "/audit", "Журнал доступа"),
        (boss, "/api", "Для программ"),
    ):
        page = client.get(path, params={"lang": "ru"}).text
        assert '<html lang="ru">' in page
        assert words in page
