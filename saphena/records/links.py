"""Links for patients: an unguessable way in, consent, the draft of an interview, and a code for the clinician."""

from __future__ import annotations

import datetime
from typing import Any

from saphena.records.record import Record, Work
from saphena.records.shapes import Actor, Consent, Draft, Link, Purpose, Speaker


def make(
    work: Work, purpose: Purpose, patient: str | None = None, *, language: str = "en", days: int | None = None
) -> tuple[Link, str]:
    """A new link and its token, which is not kept and cannot be shown again."""
    raise NotImplementedError


def opened(work: Work, token: str, purpose: Purpose) -> Link:
    """The link of a token; raises ``Refused`` if it is unknown, expired, revoked or for something else."""
    raise NotImplementedError


def get(work: Work, link: str) -> Link:
    """A link by its id."""
    raise NotImplementedError


def of(work: Work, patient: str) -> list[Link]:
    """The links of a patient, the last first."""
    raise NotImplementedError


def revoke(work: Work, link: str) -> Link:
    """No longer opens."""
    raise NotImplementedError


def consent(work: Work, link: str, what: str, language: str, said_by: Speaker) -> Consent:
    """Agreed to."""
    raise NotImplementedError


def withdraw_consent(work: Work, consent: str) -> Consent:
    """No longer agreed to."""
    raise NotImplementedError


def consents(work: Work, link: str) -> list[Consent]:
    """What was agreed to through a link."""
    raise NotImplementedError


def save_draft(work: Work, link: str, seen: int, answers: dict[str, Any]) -> Draft:
    """Keep the interview so far; ``seen`` is 0 at first. Raises ``Conflict`` with the current draft. Needs consent."""
    raise NotImplementedError


def draft(work: Work, link: str) -> Draft | None:
    """The interview so far."""
    raise NotImplementedError


def make_code(work: Work, link: str) -> tuple[str, datetime.datetime]:
    """A short code that hands the interview over to a clinician, once, and until when; replaces an older one."""
    raise NotImplementedError


def redeem(record: Record, actor: Actor, code: str) -> Link:
    """The interview of a code, which is used up by it. Works in units of its own, since wrong tries are counted.

    Raises ``Refused``, or ``LockedOut`` after too many wrong codes by this actor.
    """
    raise NotImplementedError


def take_over(work: Work, link: str, patient: str, encounter: str | None = None) -> Link:
    """Give the interview (draft, consents and link) to a patient, and name the visit made of it."""
    raise NotImplementedError
