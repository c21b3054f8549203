"""How long things are kept."""

from __future__ import annotations

import datetime
from typing import Any

import sqlalchemy as sa

from saphena.records import patients, tables
from saphena.records.record import Work
from saphena.records.shapes import RetentionPolicy, RetentionReport

NAME = "retention"


def policy(work: Work) -> RetentionPolicy:
    """The policy in force."""
    kept = work.connection.scalar(sa.select(tables.settings.c.value).where(tables.settings.c.name == NAME))
    return RetentionPolicy() if kept is None else RetentionPolicy.model_validate(kept)


def set_policy(work: Work, policy: RetentionPolicy) -> None:
    """Another policy; administrators only."""
    work.staff("administrator")
    work.connection.execute(sa.delete(tables.settings).where(tables.settings.c.name == NAME))
    work.connection.execute(sa.insert(tables.settings).values(name=NAME, value=policy.model_dump()))
    work.note("set", "retention", **policy.model_dump())


def apply(work: Work, *, dry_run: bool = True) -> RetentionReport:
    """Delete what is over its time, or only say what that would be."""
    work.staff("administrator")
    days, moment = policy(work), work.now()
    links, drafts, versions = tables.links.c, tables.drafts.c, tables.diary_versions.c

    def over(kept: int, id_: sa.Column[str], since: sa.ColumnElement[Any]) -> list[str]:
        if not kept:
            return []
        limit = moment - datetime.timedelta(days=kept)
        query = sa.select(id_).distinct().where(since < (limit.date() if isinstance(since.type, sa.Date) else limit))
        return list(work.connection.scalars(query))

    old_patients = over(days.archived, tables.patients.c.patient, tables.patients.c.archived_at)
    old_days = over(days.diary, versions.id, versions.date)
    old_drafts = over(days.drafts, drafts.link, drafts.at)
    old_links = over(days.links, links.id, sa.func.coalesce(links.revoked_at, links.expires))
    if not dry_run:
        for patient in old_patients:
            patients.delete(work, patient)
        _delete(work, tables.diary_versions, versions.id, old_days)
        _delete(work, tables.entries, tables.entries.c.id, old_days)
        _delete(work, tables.drafts, drafts.link, [*old_drafts, *old_links])
        _forget_links(work, old_links)
        work.note(
            "apply",
            "retention",
            drafts=len(old_drafts),
            links=len(old_links),
            diary=len(old_days),
            patients=old_patients,
        )
    return RetentionReport(
        dry_run=dry_run,
        drafts=len(old_drafts),
        links=len(old_links),
        diary=len(old_days),
        patients=tuple(old_patients),
    )


def _forget_links(work: Work, ids: list[str]) -> None:
    """Consent of a patient who is still here outlives the link through which it was given."""
    consents = tables.consents
    for id_ in ids:
        mine = consents.c.link == id_
        work.connection.execute(sa.delete(consents).where(mine, consents.c.patient.is_(None)))
        work.connection.execute(sa.update(consents).where(mine).values(link=None))
    _delete(work, tables.links, tables.links.c.id, ids)


def _delete(work: Work, table: sa.Table, column: sa.Column[str], ids: list[str]) -> None:
    for id_ in ids:
        work.connection.execute(sa.delete(table).where(column == id_))
