"""Answers on the server: only after the person agreed, behind a link or a code that nobody can guess and that expires."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from fastapi import Request

from saphena.interfaces.web.interview.held import Held, told_by
from saphena.interfaces.web.language import language_of
from saphena.records import SYSTEM, Actor, Conflict, Record, links
from saphena.records.errors import Refused
from saphena.records.shapes import Draft, Link, Speaker

PATIENT = Actor("patient")
KEEP, HAND_OVER = "keep my answers so that I can come back", "give my answers to my clinician"
"""What is agreed to, as it stands in the record."""


@dataclass(frozen=True)
class Code:
    """A code for the clinician, and until when it can be used."""

    code: str
    until: datetime.datetime


class HandedOver(Exception):
    """The answers were given to the clinician and can no longer be changed here."""


class Changed(Exception):
    """The answers were changed in another window; ``current`` is what the server holds."""

    def __init__(self, current: Held) -> None:
        super().__init__()
        self.current = current


def record_of(request: Request) -> Record | None:
    """The record of this installation; None where there is none, and then nothing can be kept."""
    found: Record | None = getattr(request.app.state, "record", None)
    return found


def speaker(held: Held) -> Speaker:
    """Who said it, as the record calls it."""
    who = told_by(held)
    said: dict[str, Speaker] = {"patient": "patient", "interpreter": "interpreter"}
    return said.get(who, "other_person")


def begin(request: Request, record: Record, held: Held, what: str) -> tuple[Held, str]:
    """Keep the answers from now on, as agreed to; the token of the link that leads back to them."""
    with record.work(SYSTEM) as work:
        link, token = links.make(work, "interview", language=language_of(request).code)
        links.consent(work, link.id, what, language_of(request).code, speaker(held))
        draft = links.save_draft(work, link.id, 0, _written(held))
    return held.model_copy(update={"seen": draft.number}), token


def opened(record: Record, token: str) -> tuple[Link, Held | None] | None:
    """The link of a token and the answers behind it; None if it no longer opens."""
    try:
        with record.work(PATIENT) as work:
            link = links.opened(work, token, "interview")
            draft = links.draft(work, link.id)
    except Refused:
        return None
    return link, Held.of(draft) if draft is not None else None


def save(record: Record, link: Link, held: Held) -> Held:
    """The same on every step. Raises ``Changed`` if another window was faster.

    A step that came twice, because its answer was lost on the way or the button was pressed twice, is kept once.
    """
    with record.work(link.actor(speaker(held))) as work:
        if held.seen == 0:
            links.consent(work, link.id, KEEP, link.language, speaker(held))
        try:
            draft = links.save_draft(work, link.id, held.seen, _written(held))
        except Conflict as conflict:
            current = conflict.current
            if not isinstance(current, Draft):  # Deleted for its age meanwhile; the page still has it all.
                draft = links.save_draft(work, link.id, 0, _written(held))
            elif current.answers == _written(held):
                draft = current
            else:
                raise Changed(Held.of(current)) from None
        except Refused:
            raise HandedOver from None
    return held.model_copy(update={"seen": draft.number})


def code_for(record: Record, link: Link, held: Held) -> Code:
    """A code that opens the answers for a clinician, once."""
    with record.work(link.actor(speaker(held))) as work:
        links.consent(work, link.id, HAND_OVER, link.language, speaker(held))
        code, until = links.make_code(work, link.id)
    return Code(code, until.astimezone())


def _written(held: Held) -> dict[str, object]:
    return held.model_dump(mode="json", exclude={"seen"})
