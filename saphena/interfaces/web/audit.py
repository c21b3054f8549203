"""The audit, for administrators: who read or wrote what and when, and whether the chain is whole."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from saphena.interfaces.web.access import Administrator, record_of
from saphena.interfaces.web.language import language_of
from saphena.interfaces.web.rendering import page
from saphena.records import accounts
from saphena.records.shapes import AuditReport, Head

router = APIRouter(include_in_schema=False)
SHOWN = 100


@router.get("/audit")
def entries(
    request: Request, reader: Administrator, before: Annotated[int | None, Query(ge=1, le=2**53)] = None
) -> Response:
    """The last entries, or those before one of them."""
    return _shown(request, reader, before)


@router.post("/audit/verify")
def verify(
    request: Request,
    reader: Administrator,
    number: Annotated[str, Form(max_length=20)] = "",
    hash: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Recompute the chain; with a head that was kept elsewhere, see that it is still in it."""
    kept = number.strip(), hash.strip().lower()
    if not any(kept):
        return _shown(request, reader, None, record_of(request).verify_audit(None))
    if not (re.fullmatch(r"[0-9]{1,15}", kept[0]) and re.fullmatch(r"[0-9a-f]{64}", kept[1])):
        _ = language_of(request).say
        words = _(
            "An entry is compared by its number and by the 64 digits and letters of its hash: give both, or neither."
        )
        return _shown(request, reader, None, wrong={"number": words}, kept=kept)
    head = Head(number=int(kept[0]), hash=kept[1])
    return _shown(request, reader, None, record_of(request).verify_audit(head), kept=kept)


def _shown(
    request: Request,
    reader: Administrator,
    before: int | None,
    report: AuditReport | None = None,
    wrong: dict[str, str] | None = None,
    kept: tuple[str, str] = ("", ""),
) -> Response:
    record = record_of(request)
    last = record.audit_head().number
    end = min(last, before - 1) if before else last
    found = record.audit_of(after=max(0, end - SHOWN), limit=min(SHOWN, end)) if end else []
    with record.work(reader.actor("administrator")) as work:
        names = {one.id: one.name for one in accounts.all_of(work)}
    return page(
        request,
        "audit.html",
        422 if wrong else 200,
        entries=found[::-1],
        names=names,
        older=found[0].number if found and found[0].number > 1 else None,
        newest=before is None,
        report=report,
        wrong=wrong,
        kept=kept,
    )
