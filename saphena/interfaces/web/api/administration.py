"""Who I am; and for administrators the audit and how long things are kept."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from saphena.interfaces.web.access import Administrator, Anyone, record_of
from saphena.interfaces.web.api.answers import Limit, Page
from saphena.interfaces.web.api.versions import work
from saphena.records import retention
from saphena.records.shapes import AuditEntry, AuditReport, Head, RetentionPolicy, RetentionReport, Role

router = APIRouter(tags=["Administration"])


class Me(BaseModel):
    """Whose token it is."""

    name: str
    roles: list[Role] = Field(description="What it may do")


@router.get("/me", summary="Whose token it is")
def me(reader: Anyone) -> Me:
    """The account, and the roles that the token has of it."""
    return Me(name=reader.name, roles=sorted(reader.roles))


@router.get("/audit", summary="The audit")
def audit(
    request: Request,
    reader: Administrator,
    after: Annotated[int, Query(ge=0, le=2**53, description="Entries behind this number")] = 0,
    limit: Limit = 50,
) -> Page[AuditEntry]:
    """Who read or wrote what and when; no clinical content. `next` is the `after` of the next part."""
    found = record_of(request).audit_of(after=after, limit=limit + 1)
    return Page(items=found[:limit], next=found[limit - 1].number if len(found) > limit else None)


@router.post("/audit/verify", summary="Verify the audit")
def verify(request: Request, reader: Administrator, expected: Head | None = None) -> AuditReport:
    """Recomputes the chain of hashes. Keep `head` elsewhere and send it later: a rebuilt chain has not that entry."""
    return record_of(request).verify_audit(expected)


@router.get("/retention", summary="How long things are kept")
def policy(request: Request, reader: Administrator) -> RetentionPolicy:
    """Days; 0 keeps them."""
    with work(request, reader, "administrator") as w:
        return retention.policy(w)


@router.put("/retention", summary="Keep things longer or shorter")
def set_policy(request: Request, reader: Administrator, wanted: RetentionPolicy) -> RetentionPolicy:
    """Nothing is deleted by this."""
    with work(request, reader, "administrator") as w:
        retention.set_policy(w, wanted)
        return retention.policy(w)


@router.post("/retention/apply", summary="Delete what is over its time")
def apply(
    request: Request,
    reader: Administrator,
    dry_run: Annotated[bool, Query(description="Only say what that would be")] = True,
) -> RetentionReport:
    """It cannot be undone."""
    with work(request, reader, "administrator") as w:
        return retention.apply(w, dry_run=dry_run)
