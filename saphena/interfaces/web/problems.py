"""What went wrong, said to a program (RFC 9457) or in plain words."""

from __future__ import annotations

import json
import math
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, PlainTextResponse, Response

from saphena.faults import Fault, Faulty
from saphena.records import Busy, Conflict, LockedOut, NotFound, Refused
from saphena.records.record import now

MEDIA_TYPE = "application/problem+json"


class FaultShown(BaseModel):
    """One thing that is wrong in what was sent."""

    path: str = Field(description="Where, such as findings.calf_pain")
    message: str = Field(description="What is wrong")
    remedy: str = Field("", description="What to send instead")


class Problem(BaseModel):
    """Why a request was refused (RFC 9457)."""

    type: str = Field("about:blank", description="The status says what kind of problem it is")
    title: str
    status: int
    detail: str = ""
    faults: list[FaultShown] = Field([], description="Everything that is wrong, not only the first")
    current: dict[str, Any] | None = Field(None, description="Of a conflict: the present version")


class _ProblemResponse(JSONResponse):
    media_type = MEDIA_TYPE

    def render(self, content: Any) -> bytes:
        """What was sent may be quoted, half of a surrogate pair included."""
        return json.dumps(content, ensure_ascii=False, allow_nan=False).encode("utf-8", "backslashreplace")


def problem(
    status: int, title: str, detail: str = "", headers: dict[str, str] | None = None, **more: object
) -> Response:
    """A problem for a program."""
    held = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return _ProblemResponse(held, status, headers)


def is_api(path: str) -> bool:
    """Asked by a program, not by a person."""
    return path.startswith("/api/")


def refusal(path: str, status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    """Refused before any page is reached."""
    if is_api(path):
        return problem(status, sentence.partition(".")[0], sentence, headers)
    return PlainTextResponse(sentence, status, headers)


REFUSED = {
    403: "Not let in",
    404: "There is no such thing, or not for you",
    409: "Somebody else changed this in the meantime, or has taken it",
    412: "Somebody else changed this in the meantime",
    429: "Too many wrong tries",
    503: "Somebody else is writing",
}
"""What the record says no with."""


class Unknown(Faulty):
    """Nothing in the knowledge is called that."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__([Fault("request", None, "", message, remedy)])


def status_of(error: Faulty) -> tuple[int, dict[str, str]]:
    """The status and headers for what the record or the vocabulary refuses."""
    if isinstance(error, LockedOut):
        return 429, {"Retry-After": str(max(1, math.ceil((error.until - now()).total_seconds())))}
    for kind, status in ((Refused, 403), (NotFound, 404), (Unknown, 404), (Conflict, 409)):
        if isinstance(error, kind):
            return status, {}
    return (503, {"Retry-After": "2"}) if isinstance(error, Busy) else (422, {})


BRANCHES = {"WORD", "NUMBER", "LEGS", "STATEMENT", "LIST", "[key]"}
"""Pydantic names the ways of writing a finding in its paths; they are no places in what was sent."""
MOST_FAULTS = 100


def faults_of(error: RequestValidationError) -> list[dict[str, str]]:
    """Everything that does not have the form that is asked for."""
    found = []
    for one in error.errors()[:MOST_FAULTS]:
        place = [str(part) for part in one["loc"] if part not in BRANCHES]
        message, _, remedy = str(one["msg"]).removeprefix("Value error, ").partition("; ")
        found.append({"path": ".".join(place[1:] or place), "message": message, "remedy": remedy})
    return found
