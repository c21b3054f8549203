"""Links: unguessable, expiring, revocable; consent before the first answer; a code that opens once."""

from __future__ import annotations

import re

import pytest

from saphena.faults import Faulty
from saphena.records import (
    SYSTEM,
    Actor,
    Conflict,
    LockedOut,
    NotFound,
    Record,
    Refused,
    diary,
    encounters,
    links,
    patients,
    tokens,
)
from saphena.records.shapes import Link, Patient
from tests.records.conftest import BOSS, DOCTOR, TODAY, Clock, case, everything


@pytest.fixture
def interview(record: Record) -> tuple[Link, str]:
    with record.work(DOCTOR) as work:
        return links.make(work, "interview", language="ru")


def consented(record: Record, link: Link) -> Actor:
    actor = link.actor("other_person")
    with record.work(actor) as work:
        links.consent(work, link.id, "interview 1", "ru", "other_person")
        links.save_draft(work, link.id, 0, {"answers": [["onset", "days"]]})
    return actor


def test_a_link_opens_until_it_expires(record: Record, interview: tuple[Link, str], clock: Clock) -> None:
    link, token = interview
    assert len(token) >= 43  # 256 bits in base 64.
    with record.work(SYSTEM) as work:
        assert links.opened(work, token, "interview") == link
        for wrong, purpose in (
            (token, "diary"),
            (token[:-1], "interview"),
            ("", "interview"),
            ("\ud800\0", "interview"),
        ):
            with pytest.raises(Refused, match="does not open"):
                links.opened(work, wrong, purpose)  # type: ignore[arg-type]
    clock.on(days=13, hours=23)
    with record.work(SYSTEM) as work:
        links.opened(work, token, "interview")
    clock.on(hours=2)
    with record.work(SYSTEM) as work, pytest.raises(Refused):
        links.opened(work, token, "interview")


def test_a_revoked_link_opens_no_more(record: Record, interview: tuple[Link, str]) -> None:
    link, token = interview
    with record.work(DOCTOR) as work:
        assert links.revoke(work, link.id).revoked_at is not None
        with pytest.raises(Refused):
            links.opened(work, token, "interview")


def test_a_draft_needs_consent_and_the_number_seen(record: Record, interview: tuple[Link, str]) -> None:
    link, _ = interview
    with record.work(link.actor()) as work:
        with pytest.raises(Refused, match="consent: is missing"):
            links.save_draft(work, link.id, 0, {})
        given = links.consent(work, link.id, "interview 1", "ru", "patient")
        assert links.draft(work, link.id) is None
        first = links.save_draft(work, link.id, 0, {"b": 1, "a": [None, "ё"]})
        assert (first.number, list(first.answers)) == (1, ["b", "a"])
        second = links.save_draft(work, link.id, 1, {"b": 2})
        with pytest.raises(Conflict) as stale:
            links.save_draft(work, link.id, 1, {"b": 3})
        assert stale.value.current == second == links.draft(work, link.id)
        with pytest.raises(Faulty, match="hold a number that is none"):
            links.save_draft(work, link.id, 2, {"b": float("inf")})
        with pytest.raises(Faulty, match="Keep them to"):
            links.save_draft(work, link.id, 2, {"b": "x" * 300_000})
        assert links.withdraw_consent(work, given.id).withdrawn_at is not None
        with pytest.raises(Refused, match="consent: is missing"):
            links.save_draft(work, link.id, 2, {})


def test_a_code_hands_the_interview_over_once(record: Record, interview: tuple[Link, str], person: Patient) -> None:
    link, _ = interview
    mine = consented(record, link)
    with record.work(mine) as work:
        code, _ = links.make_code(work, link.id)
    assert re.fullmatch("[2-9B-DF-HJ-NP-TV-XZ]{4}-[2-9B-DF-HJ-NP-TV-XZ]{4}", code)
    found = links.redeem(record, DOCTOR, f" {code.replace('-', ' ').lower()} ")
    assert found.id == link.id
    with pytest.raises(Refused, match="code: does not open"):
        links.redeem(record, DOCTOR, code)
    with record.work(DOCTOR) as work:
        draft = links.draft(work, link.id)
        assert draft is not None
        assert draft.answers == {"answers": [["onset", "days"]]}
        visit = encounters.add(work, person.id, TODAY, case(), origin="other_person")
        taken = links.take_over(work, link.id, person.id, visit.id)
        assert (taken.patient, taken.encounter) == (person.id, visit.id)
        assert links.of(work, person.id) == [taken]
        assert [one.patient for one in links.consents(work, link.id)] == [person.id]
        other = patients.add(work, "other")
        with pytest.raises(Faulty, match="is of another patient"):
            links.take_over(work, link.id, other.id)
    with record.work(mine) as work, pytest.raises(Refused):
        links.save_draft(work, link.id, 1, {"later": 1})


def test_a_code_runs_out_and_a_new_one_replaces_the_old(
    record: Record, interview: tuple[Link, str], clock: Clock
) -> None:
    link, _ = interview
    with record.work(link.actor()) as work:
        old, _ = links.make_code(work, link.id)
        new, until = links.make_code(work, link.id, typed=False)
    with pytest.raises(Refused):
        links.redeem(record, DOCTOR, old)
    clock.at = until
    with pytest.raises(Refused):
        links.redeem(record, DOCTOR, new)
    with record.work(link.actor()) as work:
        again, _ = links.make_code(work, link.id, typed=False)
    assert links.redeem(record, DOCTOR, again).id == link.id


def test_codes_cannot_be_tried_out(record: Record, interview: tuple[Link, str], clock: Clock) -> None:
    link, _ = interview
    with record.work(link.actor()) as work:
        code, _ = links.make_code(work, link.id)
    for _ in range(10):
        with pytest.raises(Refused) as refused:
            links.redeem(record, DOCTOR, "2222-2222")
        assert not isinstance(refused.value, LockedOut)
    with pytest.raises(LockedOut) as locked:
        links.redeem(record, DOCTOR, code)  # Even the right one is not looked at.
    assert 29 < (locked.value.until - clock.at).total_seconds() <= 30
    other = Actor("clinician", "e" * 32)
    clock.on(seconds=31)
    with pytest.raises(Refused):
        links.redeem(record, DOCTOR, "2222-2222")
    with pytest.raises(LockedOut) as longer:
        links.redeem(record, DOCTOR, code)
    assert 59 < (longer.value.until - clock.at).total_seconds() <= 60
    assert links.redeem(record, other, code).id == link.id  # Others are not held up.
    with pytest.raises(Refused, match="does not allow this"):
        links.redeem(record, BOSS, code)


def test_a_link_reaches_its_own_patient_only(record: Record, person: Patient, interview: tuple[Link, str]) -> None:
    with record.work(DOCTOR) as work:
        other = patients.add(work, "other")
        mine, token = links.make(work, "diary", person.id)
        with pytest.raises(Faulty, match="a link for a diary is of one patient"):
            links.make(work, "diary")
    with record.work(SYSTEM) as work:
        actor = links.opened(work, token, "diary").actor("patient")
    with record.work(actor) as work:
        diary.write(work, person.id, TODAY, left_heaviness=3, link=mine.id)
        assert links.get(work, mine.id) == mine
        for look in (
            lambda: diary.of(work, other.id),
            lambda: links.get(work, interview[0].id),
            lambda: links.make_code(work, interview[0].id),
            lambda: links.draft(work, interview[0].id),
        ):
            with pytest.raises(NotFound):
                look()
        with pytest.raises(Refused):
            links.make(work, "diary", person.id)


def test_no_token_or_code_is_kept_in_clear(record: Record, interview: tuple[Link, str]) -> None:
    link, token = interview
    with record.work(link.actor()) as work:
        code, _ = links.make_code(work, link.id)
    held = "".join(everything(record).values())
    assert token not in held
    assert code not in held
    assert code.replace("-", "") not in held
    assert tokens.hashed(token) in held
    assert tokens.hashed(code) in held
