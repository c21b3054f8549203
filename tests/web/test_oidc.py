"""Single sign-on against a small provider: who gets in, as whom, and what is not accepted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from saphena import Model
from saphena.faults import Faulty
from saphena.interfaces.web.app import create_app
from saphena.interfaces.web.settings import Settings
from saphena.interfaces.web.sso import Asked
from saphena.records import SYSTEM, accounts
from tests.web.clinic import browser, clinic
from tests.web.provider import IdentityProvider, running


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    with running() as one:
        yield one


@pytest.fixture(scope="module")
def app(model: Model, provider: IdentityProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    settings = {
        "oidc_issuer": provider.issuer,
        "oidc_client": "saphena",
        "oidc_secret": "a secret",
        "oidc_create": True,
        "oidc_roles": ("doctors=clinician", "it=administrator"),
    }
    with clinic(model, tmp_path_factory.mktemp("sso"), **settings) as made:
        yield made


@pytest.fixture(autouse=True)
def somebody(provider: IdentityProvider) -> None:
    provider.person = {"sub": "1", "preferred_username": "dr first", "groups": ["doctors"]}
    provider.spoil, provider.forge = {}, False


def sign_on(client: TestClient, provider: IdentityProvider, to: str = "/about") -> Response:
    """There and back again."""
    asked = client.get("/enter/elsewhere", params={"to": to})
    assert asked.headers["location"].startswith(provider.issuer)
    code, state = provider.consent(asked.headers["location"])
    return client.get("/enter/elsewhere/back", params={"code": code, "state": state})


def me(client: TestClient) -> dict[str, Any]:
    held: dict[str, Any] = client.get("/api/v1/me").json()
    return held


def test_somebody_new_gets_an_account_with_the_roles_of_the_groups(app: FastAPI, provider: IdentityProvider) -> None:
    client = browser(app)
    assert "/enter/elsewhere" in client.get("/enter").text
    answer = sign_on(client, provider)
    assert (answer.status_code, answer.headers["location"]) == (303, "/about")
    assert me(client) == {"name": "dr first", "roles": ["clinician"]}


def test_the_same_subject_is_the_same_account_whatever_its_name(app: FastAPI, provider: IdentityProvider) -> None:
    sign_on(browser(app), provider)
    provider.person |= {"preferred_username": "married name", "groups": ["doctors", "it", "others"]}
    client = browser(app)
    sign_on(client, provider)
    assert me(client) == {"name": "dr first", "roles": ["administrator", "clinician"]}


def test_a_name_is_not_enough_to_take_an_account(app: FastAPI, provider: IdentityProvider) -> None:
    provider.person = {"sub": "2", "preferred_username": "administrator", "groups": ["it"]}
    client = browser(app)
    answer = sign_on(client, provider)
    assert answer.status_code == 403
    assert client.get("/").status_code == 303


@pytest.mark.parametrize("groups", [[], ["others"], "others"])
def test_who_has_no_role_gets_nothing(app: FastAPI, provider: IdentityProvider, groups: object) -> None:
    provider.person = {"sub": "3", "groups": groups}
    assert sign_on(browser(app), provider).status_code == 403


def test_who_is_shut_out_stays_out(app: FastAPI, provider: IdentityProvider) -> None:
    provider.person = {"sub": "4", "preferred_username": "leaver", "groups": "doctors"}
    client = browser(app)
    sign_on(client, provider)
    with app.state.record.work(SYSTEM) as work:
        found = accounts.external(work, provider.issuer, "4")
        assert found is not None
        accounts.set_active(work, found.id, active=False)
    assert client.get("/").status_code == 303
    assert sign_on(browser(app), provider).status_code == 403


@pytest.mark.parametrize(
    "spoil",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another client"},
        {"iss": "http://127.0.0.1:1"},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"sub": None},
    ],
)
def test_a_token_that_was_not_made_for_this_is_refused(
    app: FastAPI, provider: IdentityProvider, spoil: dict[str, Any]
) -> None:
    provider.spoil = spoil
    assert sign_on(browser(app), provider).status_code == 403


def test_a_forged_signature_is_refused(app: FastAPI, provider: IdentityProvider) -> None:
    provider.forge = True
    assert sign_on(browser(app), provider).status_code == 403


def test_an_answer_is_taken_once_and_from_the_browser_that_asked(app: FastAPI, provider: IdentityProvider) -> None:
    victim, attacker = browser(app), browser(app)
    code, state = provider.consent(attacker.get("/enter/elsewhere").headers["location"])
    back = {"code": code, "state": state}
    assert victim.get("/enter/elsewhere/back", params=back).status_code == 403
    assert attacker.get("/enter/elsewhere/back", params=back).status_code == 403  # It was used up by the first.
    client = browser(app)
    code, state = provider.consent(client.get("/enter/elsewhere").headers["location"])
    assert client.get("/enter/elsewhere/back", params={"code": code, "state": "guessed"}).status_code == 403
    assert client.get("/enter/elsewhere/back", params={"code": "guessed", "state": state}).status_code == 403


def test_it_leads_inside_only(app: FastAPI, provider: IdentityProvider) -> None:
    assert sign_on(browser(app), provider, to="//elsewhere.example").headers["location"] == "/"


def test_without_the_setting_there_is_none(clinic_app: FastAPI) -> None:
    assert browser(clinic_app).get("/enter/elsewhere").status_code == 404
    assert "/enter/elsewhere" not in browser(clinic_app).get("/enter").text


@pytest.mark.parametrize(
    "wrong", [{"oidc_issuer": "http://provider.example"}, {"oidc_roles": ("doctors",)}, {"oidc_roles": ("it=king",)}]
)
def test_settings_that_cannot_be_are_said_so(clinic_app: FastAPI, wrong: dict[str, Any]) -> None:
    held = {"mode": "clinic", "oidc_issuer": "https://provider.example", **wrong}
    with pytest.raises(Faulty, match="oidc_"):
        create_app(Settings.model_validate(held), clinic_app.state.model, clinic_app.state.record)


def test_any_letters_in_the_cookie_of_the_browser_are_only_wrong(app: FastAPI) -> None:
    app.state.provider.asked["state"] = Asked("browser", "nonce", "verifier", "/", float("inf"))
    answer = browser(app).get("/enter/elsewhere/back?state=state&code=x", headers={"Cookie": b"sign_on=\xe9"})
    assert answer.status_code == 403
