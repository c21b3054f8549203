"""Links for patients: an unguessable way in, consent, the draft of an interview, and a code for the clinician."""

from __future__ import annotations

import datetime
from typing import Any, get_args

import sqlalchemy as sa

from saphena.records import tables, tokens
from saphena.records.connection import plain
from saphena.records.encounters import ENCOUNTERS
from saphena.records.errors import Conflict, NotFound, RecordFault, Refused
from saphena.records.record import Record, Work, is_id, new_id
from saphena.records.shapes import Actor, Consent, Draft, Link, Purpose, Speaker
from saphena.records.written import one_of, within, words

LINK = [column for column in tables.links.c if column.name in Link.model_fields]
LARGEST_DRAFT = 256_000
"""Letters of JSON; an interview with every question answered has a tenth."""


def make(
    work: Work, purpose: Purpose, patient: str | None = None, *, language: str = "en", days: int | None = None
) -> tuple[Link, str]:
    """A new link and its token, which is not kept and cannot be shown again."""
    work.staff("clinician", "administrator")
    one_of("purpose", purpose, get_args(Purpose))
    if patient is not None:
        work.patient(patient)
    elif purpose != "interview":
        raise RecordFault("patient", f"a link for a {purpose} is of one patient", "Choose the patient first")
    length = within("days", work.settings.link_days if days is None else days, 1, 366)
    token, id_, moment = tokens.new_token(), new_id(), work.now()
    work.connection.execute(
        sa.insert(tables.links).values(
            id=id_,
            patient=patient,
            purpose=purpose,
            language=words("language", language, 10),
            token_hash=tokens.hashed(token),
            created=moment,
            expires=moment + datetime.timedelta(days=length),
        )
    )
    work.note("add", "link", patient or "", id_)
    return _link(work, id_), token


def opened(work: Work, token: str, purpose: Purpose) -> Link:
    """The link of a token; raises ``Refused`` if it is unknown, expired, revoked or for something else."""
    table = tables.links.c
    query = sa.select(table.id).where(table.token_hash == tokens.hashed(token), table.purpose == purpose)
    id_ = work.connection.scalar(query)
    link = None if id_ is None else _read(work, id_)
    if link is None or not _open(work, link):
        raise _closed()
    work.note("open", "link", link.patient or "", link.id)
    return link


def get(work: Work, link: str) -> Link:
    """A link by its id."""
    found = _link(work, link)
    work.note("read", "link", found.patient or "", found.id)
    return found


def of(work: Work, patient: str) -> list[Link]:
    """The links of a patient, the last first."""
    work.patient(patient)
    work.note("read", "link", patient)
    query = sa.select(*LINK).where(tables.links.c.patient == patient).order_by(tables.links.c.created.desc())
    return [Link.model_validate(dict(row)) for row in work.connection.execute(query).mappings()]


def revoke(work: Work, link: str) -> Link:
    """No longer opens."""
    found = _link(work, link)
    _change(work, link, revoked_at=work.now(), code_hash=None, code_expires=None)
    work.note("revoke", "link", found.patient or "", link)
    return _link(work, link)


def consent(work: Work, link: str, what: str, language: str, said_by: Speaker) -> Consent:
    """Agreed to."""
    found = _link(work, link)
    row = {
        "id": new_id(),
        "patient": found.patient,
        "link": link,
        "what": words("consent", what, 100),
        "language": words("language", language, 10),
        "at": work.now(),
        "said_by": one_of("said by", said_by, get_args(Speaker)),
        "withdrawn_at": None,
    }
    work.connection.execute(sa.insert(tables.consents).values(row))
    work.note("consent", "link", found.patient or "", link)
    return Consent.model_validate(row)


def withdraw_consent(work: Work, consent: str) -> Consent:
    """No longer agreed to."""
    table = tables.consents
    row = work.connection.execute(sa.select(table).where(table.c.id == consent)).mappings().one_or_none()
    if row is None or row["link"] is None:
        raise NotFound("consent", "there is no such consent", "Look it up with the link")
    found = _link(work, row["link"])
    moment = row["withdrawn_at"] or work.now()
    work.connection.execute(sa.update(table).where(table.c.id == consent).values(withdrawn_at=moment))
    work.note("withdraw consent", "link", found.patient or "", found.id)
    return Consent.model_validate({**row, "withdrawn_at": moment})


def consents(work: Work, link: str) -> list[Consent]:
    """What was agreed to through a link."""
    found = _link(work, link)
    work.note("read", "consent", found.patient or "", link)
    query = sa.select(tables.consents).where(tables.consents.c.link == link).order_by(tables.consents.c.at)
    return [Consent.model_validate(dict(row)) for row in work.connection.execute(query).mappings()]


def save_draft(work: Work, link: str, seen: int, answers: dict[str, Any]) -> Draft:
    """Keep the interview so far; ``seen`` is 0 at first. Raises ``Conflict`` with the current draft. Needs consent."""
    found = _link(work, link)
    if not _open(work, found) or found.handed_over_at is not None:
        raise _closed()
    if all(one.withdrawn_at is not None for one in consents(work, link)):
        raise Refused("consent", "is missing", "Ask for consent before the first answer is kept")
    try:
        size = len(plain(answers))
    except ValueError:
        raise RecordFault("answers", "hold a number that is none", "Write numbers with digits") from None
    if size > LARGEST_DRAFT:
        raise RecordFault("answers", f"are {size} letters long", f"Keep them to {LARGEST_DRAFT}")
    present = _draft(work, link)
    number = present.number if present else 0
    if number != seen:
        message = f"was saved elsewhere meanwhile: you have seen version {seen}, it is now {number}"
        raise Conflict("interview", message, "Go on from what was saved last", present)
    row = {"link": link, "patient": found.patient, "number": number + 1, "at": work.now(), "answers": answers}
    work.connection.execute(sa.delete(tables.drafts).where(tables.drafts.c.link == link))
    work.connection.execute(sa.insert(tables.drafts).values(row))
    work.note("save", "draft", found.patient or "", link, number + 1)
    return Draft.model_validate({key: row[key] for key in Draft.model_fields})


def draft(work: Work, link: str) -> Draft | None:
    """The interview so far."""
    patient = _link(work, link).patient or ""
    found = _draft(work, link)
    work.note("read", "draft", patient, link, found.number if found else 0)
    return found


def make_code(work: Work, link: str, *, typed: bool = True) -> tuple[str, datetime.datetime]:
    """Hands the interview over to a clinician, once, and until when; replaces an older one.

    A short code to be typed, or with ``typed=False`` a long token that goes into an address.
    """
    found = _link(work, link)
    if not _open(work, found) or found.handed_over_at is not None:
        raise _closed()
    code = tokens.new_code() if typed else tokens.new_token()
    until = work.now() + datetime.timedelta(hours=work.settings.code_hours)
    _change(work, link, code_hash=tokens.hashed(code), code_expires=until)
    work.note("make code", "link", found.patient or "", link)
    return code, until


def redeem(record: Record, actor: Actor, code: str) -> Link:
    """The interview of a code, which is used up by it. Works in a unit of its own, since wrong tries are counted.

    Raises ``Refused``, or ``LockedOut`` after too many wrong codes by this actor.
    """
    key = f"code {actor.id}"
    found: Link | None = None
    with record.work(actor) as work:
        work.staff("clinician")
        waiting = tokens.counted(work, key, work.settings.code_tries)
        if waiting is None:
            table, moment = tables.links.c, work.now()
            query = sa.select(table.id).where(
                table.code_hash == tokens.hashed(tokens.plain_code(code)), table.code_expires > moment
            )
            id_ = work.connection.scalar(query)
            if id_ is not None:
                tokens.forgiven(work, key)
                _change(work, id_, code_hash=None, code_expires=None, handed_over_at=moment)
                found = _link(work, id_)
        patient = found.patient if found else None
        work.note("hand over" if found else "refuse code", "link", patient or "", found.id if found else "")
    if waiting is not None:
        raise waiting
    if found is None:
        raise Refused("code", "does not open: it is unknown, used or too old", "Ask the patient to make a new one")
    return found


def take_over(work: Work, link: str, patient: str, encounter: str | None = None) -> Link:
    """Give the interview (draft, consents and link) to a patient, and name the visit made of it."""
    work.staff("clinician", "administrator")
    found = _link(work, link)
    work.patient(patient)
    if found.patient not in (None, patient):
        raise RecordFault("link", "is of another patient", "Open that patient, or make a new link")
    if encounter is not None:
        ENCOUNTERS.belongs(work, encounter, patient)
    for table, column in ((tables.drafts, tables.drafts.c.link), (tables.consents, tables.consents.c.link)):
        work.connection.execute(sa.update(table).where(column == link).values(patient=patient))
    _change(work, link, patient=patient, encounter=encounter, handed_over_at=found.handed_over_at or work.now())
    work.note("take over", "link", patient, link)
    return _link(work, link)


def _link(work: Work, id_: str) -> Link:
    found = _read(work, id_) if is_id(id_) else None
    only = work.actor.only
    # Whoever came in by a link has its id as their own, even while it has no patient.
    if found is None or (only is not None and found.id != work.actor.id and found.patient not in only):
        raise NotFound("link", "there is no such link", "Look it up with the patient")
    return found


def _read(work: Work, id_: str) -> Link | None:
    row = work.connection.execute(sa.select(*LINK).where(tables.links.c.id == id_)).mappings().one_or_none()
    return None if row is None else Link.model_validate(dict(row))


def _closed() -> Refused:
    """The same for every reason, so that nobody learns which links there are."""
    return Refused(
        "link", "does not open: it is unknown, used up, withdrawn or too old", "Ask the clinic for a new one"
    )


def _open(work: Work, link: Link) -> bool:
    return link.revoked_at is None and link.expires > work.now()


def _change(work: Work, id_: str, **values: Any) -> None:
    work.connection.execute(sa.update(tables.links).where(tables.links.c.id == id_).values(**values))


def _draft(work: Work, link: str) -> Draft | None:
    columns = [column for column in tables.drafts.c if column.name in Draft.model_fields]
    row = work.connection.execute(sa.select(*columns).where(tables.drafts.c.link == link)).mappings().one_or_none()
    return None if row is None else Draft.model_validate(dict(row))
