"""The diary: opened by a link, without an account, a script or a lost entry."""

from __future__ import annotations

import datetime
import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from icalendar import Calendar

from saphena.interfaces.web.language import Language
from saphena.interfaces.web.record.reminder import reminder
from tests.web.record import TODAY, told

ENTRY = {"right_heaviness": "6", "left_heaviness": "2", "evening_swelling": "yes", "note": "long day"}
AGREED = {"agree": "yes", "said_by": "patient"}


@pytest.fixture
def diary(client: TestClient, patient: str) -> str:
    page = client.post(f"/patients/{patient}/diary", data={"days": "14", "language": "en"}).text
    found = re.search(r'value="http://127\.0\.0\.1(/diary/[^"?]+)', page)
    assert found
    return found[1]


def test_the_diary_needs_no_account_and_no_script(
    stranger: TestClient, app: FastAPI, client: TestClient, patient: str, diary: str
) -> None:
    client.cookies.clear()
    assert "<script" not in stranger.get(diary).text
    assert stranger.post(diary, data=ENTRY).status_code == 422  # Consent comes first.
    assert told(app, patient).diary == ()
    assert stranger.post(diary, data=ENTRY | AGREED).status_code == 303
    assert (
        stranger.post(diary, data=ENTRY | {"right_heaviness": "4"}).status_code == 303
    )  # Corrected, consent is remembered.
    held = told(app, patient)
    assert [(one.number, one.right_heaviness, one.left_heaviness) for one in held.diary] == [(2, 4, 2)]
    assert ("heaviness", "right", 4) in [(one.kind, one.leg, one.value) for one in held.measurements]
    assert "long day" in stranger.get(diary).text
    assert stranger.get(f"/patients/{patient}").status_code == 303


@pytest.mark.parametrize(
    "bad", [{"right_pain": "11"}, {"left_pain": "x"}, {"note": "a" * 501}, {"evening_swelling": "perhaps"}]
)
def test_a_bad_entry_is_said_and_kept(stranger: TestClient, diary: str, bad: dict[str, str]) -> None:
    answer = stranger.post(diary, data=ENTRY | AGREED | bad)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert "long day" in answer.text or "note" in bad


def test_a_revoked_or_wrong_link_opens_nothing(client: TestClient, patient: str, diary: str) -> None:
    page = client.get(f"/patients/{patient}").text
    revoke = re.search(rf"/patients/{patient}/diary/[^/]+/revoke", page)
    assert revoke
    client.post(revoke[0])
    for address in (diary, "/diary/guessed", "/diary/guessed/reminder.ics"):
        answer = client.get(address)
        assert (answer.status_code, "no longer opens" in answer.text) == (403, True)
    assert client.post(diary, data=ENTRY | AGREED).status_code == 403


def test_the_reminder_has_the_link_only_if_asked(client: TestClient, diary: str) -> None:
    plain = client.get(f"{diary}/reminder.ics?hour=19")
    token = diary.rpartition("/")[2]
    assert plain.headers["content-type"].startswith("text/calendar")
    assert token not in plain.text
    assert token in client.get(f"{diary}/reminder.ics?with_link=true").text.replace("\r\n ", "")
    event = Calendar.from_ical(plain.text).walk("VEVENT")[0]
    assert event["DTSTART"].dt.hour == 19
    assert event["RRULE"]["FREQ"] == ["DAILY"]


def test_long_lines_of_a_calendar_are_folded() -> None:
    made = reminder("x", TODAY, TODAY + datetime.timedelta(14), 20, Language("ru"), "http://a.example/" + "я" * 80)
    assert all(len(line) <= 75 for line in made.split(b"\r\n"))
    assert str(Calendar.from_ical(made).walk("VEVENT")[0]["URL"]).endswith("я" * 80)
