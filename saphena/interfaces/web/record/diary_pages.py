"""The patient's diary: opened by a link, two minutes a day, no account."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from saphena.interfaces.web.language import language_of
from saphena.interfaces.web.record.fields import Fields, Sent, today
from saphena.interfaces.web.record.opening import record_of
from saphena.interfaces.web.record.reminder import reminder
from saphena.interfaces.web.rendering import page
from saphena.records import SYSTEM, RecordFault, Refused, Work, diary, links, patients
from saphena.records.diary import LONGEST_NOTE
from saphena.records.shapes import Link, Speaker

router = APIRouter(include_in_schema=False)
AGREED = "diary-1"
"""The text of consent on the page; another number when its words change."""
SHOWN_DAYS = 14
SCALES = ("right_heaviness", "left_heaviness", "right_pain", "left_pain")


def by_link(request: Request, token: str) -> Link | None:
    """The link that somebody holds; none if it is unknown, expired or revoked."""
    try:
        with record_of(request).work(SYSTEM) as work:
            return links.opened(work, token, "diary")
    except Refused:
        return None


by_link.roles = ("link",)  # type: ignore[attr-defined]
Holder = Annotated[Link | None, Depends(by_link)]


@router.get("/diary/{token}")
def diary_page(request: Request, link: Holder, token: str, saved: bool = False) -> Response:
    """Today's entry, empty or as it stands, and the last days."""
    if link is None:
        return _ended(request)
    return _page(request, link, token, None, saved)


@router.post("/diary/{token}")
def write(request: Request, link: Holder, token: str, sent: Sent) -> Response:
    """Today's entry as a whole; a second one of the same day corrects the first."""
    if link is None:
        return _ended(request)
    _ = sent.language.say
    values = {name: sent.whole(name, 0, 10) for name in SCALES}
    swelling = sent.choice("evening_swelling", ("yes", "no"))
    note = sent.words("note", longest=LONGEST_NOTE)
    with record_of(request).work(link.actor()) as work:
        agreed = bool(_agreed(work, link))
    said_by: Speaker | None = None
    if not agreed:
        sent.choice("agree", ("yes",), _("Your entries are kept only if you agree."))
        said_by = sent.choice("said_by", get_args(Speaker), _("Say who fills this in."))  # type: ignore[assignment]
    if not sent.errors and swelling is None and note is None and all(value is None for value in values.values()):
        sent.blame("right_heaviness", _("Nothing was entered yet."))
    if sent.errors or link.patient is None:
        return _page(request, link, token, sent)
    try:
        with record_of(request).work(link.actor(said_by)) as work:
            if said_by:
                links.consent(work, link.id, AGREED, sent.language.code, said_by)
            diary.write(
                work,
                link.patient,
                today(),
                evening_swelling=swelling,  # type: ignore[arg-type]
                note=note,
                link=link.id,
                **values,
            )
    except RecordFault as fault:
        sent.blame_faulty(fault, "note")
        return _page(request, link, token, sent)
    return RedirectResponse(f"/diary/{token}?saved=yes", 303)


@router.get("/diary/{token}/reminder.ics")
def calendar(
    request: Request,
    link: Holder,
    token: str,
    hour: Annotated[int, Query(ge=0, le=23)] = 20,
    with_link: bool = False,
) -> Response:
    """A daily reminder for a calendar. The link opens the diary, so it is in the file only if asked for."""
    if link is None:
        return _ended(request)
    address = str(request.url_for("diary_page", token=token)) if with_link else ""
    made = reminder(link.id, today(), link.expires.date(), hour, language_of(request), address)
    headers = {"Content-Disposition": 'attachment; filename="diary.ics"'}
    return Response(made, media_type="text/calendar; charset=utf-8", headers=headers)


def _ended(request: Request) -> Response:
    return page(request, "record/link_ended.html", 403)


def _agreed(work: Work, link: Link) -> list[Any]:
    return [one for one in links.consents(work, link.id) if one.what == AGREED and one.withdrawn_at is None]


def _page(request: Request, link: Link, token: str, sent: Fields | None, saved: bool = False) -> Response:
    day = today()
    patient = link.patient or ""
    with record_of(request).work(link.actor()) as work:
        held = patients.get(work, patient)
        agreed = bool(_agreed(work, link))
        entry = diary.day(work, patient, day)
        before = diary.of(work, patient, day - datetime.timedelta(SHOWN_DAYS))
    written = {name: getattr(entry, name) for name in (*SCALES, "evening_swelling", "note")} if entry else {}
    values = {name: f"{value:g}" if isinstance(value, float) else value or "" for name, value in written.items()}
    if sent:
        values |= {name: sent[name] for name in (*SCALES, "evening_swelling", "note", "said_by")}
    return page(
        request,
        "record/diary.html",
        422 if sent else 200,
        token=token,
        patient=held,
        day=day,
        entry=entry,
        before=[one for one in before if one.date != day][::-1],
        values=values,
        agreed=agreed,
        sent=sent,
        saved=saved,
        longest=LONGEST_NOTE,
    )
