"""A case, and a record in which it is saved, for the tests of the record room."""

from __future__ import annotations

import datetime
import json
import re
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from saphena.records import Actor, visits
from saphena.records.shapes import Timeline

DOCTOR = Actor("clinician")
TODAY = datetime.date.today()
CASE: dict[str, Any] = {
    "age": 54,
    "sex": "female",
    "setting": "primary_care",
    "findings": {
        "leg_heaviness": {"both": "present"},
        "onset": "chronic",
        "calf_circumference": {"right": "38.5 cm", "left": "37 cm"},
    },
}


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


def saved(client: TestClient, patient: str, case: dict[str, Any] = CASE, **more: Any) -> Any:
    held = {"case": json.dumps(case), "patient": patient, "step": "store", "date": TODAY.isoformat(), **more}
    return client.post("/patients/save", data=held)


def told(app: FastAPI, patient: str) -> Timeline:
    with app.state.record.work(DOCTOR) as work:
        return visits.timeline(work, patient)
