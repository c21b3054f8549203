"""A clinic for the tests: one account of each role, and somebody signed in with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient

from saphena import Model
from saphena.interfaces.web.app import create_app
from saphena.interfaces.web.settings import Settings
from saphena.records import SYSTEM, accounts, open_record, passwords
from saphena.records.shapes import Role

HOST = "http://127.0.0.1"
PASSWORD = "four words nobody guesses"
ROLES: dict[str, tuple[Role, ...]] = {
    "patient": ("patient",),
    "clinician": ("clinician",),
    "administrator": ("administrator",),
}


@contextmanager
def clinic(model: Model, folder: Path, **settings: object) -> Iterator[FastAPI]:
    """An application in clinic mode, with an account named like each role."""
    real, passwords.HASHER = passwords.HASHER, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    record = open_record(f"sqlite:///{folder / 'record.db'}")
    held = {"mode": "clinic", "wrong_tries": 100_000, **settings}
    app = create_app(Settings.model_validate(held), model, record)
    for name, roles in ROLES.items():
        with record.work(SYSTEM) as work:
            _, token = accounts.add(work, name, roles)
        accounts.set_password(record, token, PASSWORD)
    yield app
    record.close()
    passwords.HASHER = real


def browser(app: FastAPI) -> TestClient:
    """A browser that nobody has signed in with."""
    return TestClient(app, base_url=HOST, follow_redirects=False)


def signed_in(app: FastAPI, name: str, password: str = PASSWORD) -> TestClient:
    """A browser of somebody who has signed in."""
    client = browser(app)
    answer = client.post("/enter", data={"name": name, "password": password})
    assert answer.status_code == 303, answer.text
    return client
