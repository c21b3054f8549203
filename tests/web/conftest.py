"""The application in local mode, and a browser's side of it without a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from saphena import Model
from saphena.interfaces.web.app import create_app
from saphena.interfaces.web.settings import Settings
from tests.web.clinic import clinic
from tests.web.record import TODAY, text

HOST = "http://127.0.0.1"


@pytest.fixture(scope="session")
def app(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """With a record of its own, in which there is the example patient."""
    path = tmp_path_factory.mktemp("record") / "record.sqlite"
    made = create_app(Settings(database=f"sqlite:///{path}", wrong_tries=100_000), model)
    yield made
    made.state.record.close()


@pytest.fixture
def stranger(app: FastAPI) -> Iterator[TestClient]:
    """Nobody: has not come through the door."""
    with TestClient(app, base_url=HOST, follow_redirects=False) as client:
        yield client


@pytest.fixture
def client(app: FastAPI, stranger: TestClient) -> TestClient:
    """The person of this computer."""
    stranger.get("/enter", params={"token": app.state.doors.token})
    return stranger


@pytest.fixture(scope="session")
def clinic_app(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """A clinic with an account of each role; tests that change accounts make their own."""
    with clinic(model, tmp_path_factory.mktemp("clinic")) as app:
        yield app


@pytest.fixture
def patient(client: TestClient, request: pytest.FixtureRequest) -> str:
    """A new patient, by the page."""
    answer = client.post(
        "/patients", data={"identifier": f"T-{request.node.name[:90]}", "birth_year": TODAY.year - 54, "sex": "female"}
    )
    assert answer.status_code == 303, text(answer.text)
    return str(answer.headers["location"]).rpartition("/")[2]
