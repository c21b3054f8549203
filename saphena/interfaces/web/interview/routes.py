"""The addresses of the interview: begun freely, or gone on with by a link."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from saphena.case import Setting
from saphena.interfaces.web.access import Anyone
from saphena.interfaces.web.interview import keeping
from saphena.interfaces.web.interview.held import Held
from saphena.interfaces.web.interview.sitting import Sitting
from saphena.interfaces.web.rendering import page
from saphena.records.shapes import Link

router = APIRouter(include_in_schema=False)


async def sent_form(request: Request) -> FormData:
    """The fields as sent; which there are depends on the page."""
    return await request.form(max_fields=400, max_files=0)


Sent = Annotated[FormData, Depends(sent_form)]


def by_link(request: Request, token: str) -> tuple[Link, Held | None] | None:
    """Whoever has the link may go on with its interview, and with no other."""
    record = keeping.record_of(request)
    if record is None:
        raise HTTPException(404)
    return keeping.opened(record, token)


by_link.roles = ("link",)  # type: ignore[attr-defined]
ByLink = Annotated[tuple[Link, Held | None] | None, Depends(by_link)]


@router.get("/interview")
def begin(request: Request, reader: Anyone, setting: Setting = "primary_care") -> Response:
    """The first page: what this is, and who answers."""
    return Sitting(request).proceed(Held(setting=setting))


@router.post("/interview")
def step(request: Request, reader: Anyone, form: Sent) -> Response:
    """One answer, or one step elsewhere."""
    return Sitting(request).act(form)


@router.get("/interview/resume/{token}")
def resume(request: Request, token: str, opened: ByLink) -> Response:
    """Where it was left."""
    if opened is None:
        return page(request, "interview/ended.html", 410, given=False)
    link, held = opened
    return Sitting(request, token, link).proceed(held or Held())


@router.post("/interview/resume/{token}")
def step_by_link(request: Request, token: str, opened: ByLink, form: Sent) -> Response:
    """The same as a step, kept on the server."""
    if opened is None:
        return page(
            request,
            "interview/ended.html",
            410,
            given=False,
            rest=[(k, v) for k, v in form.multi_items() if isinstance(v, str)],
        )
    sitting = Sitting(request, token, opened[0])
    try:
        return sitting.act(form)
    except keeping.HandedOver:
        return page(request, "interview/ended.html", 410, given=True)
    except keeping.Changed as changed:
        return page(
            request, "interview/changed.html", 409, action=sitting.action, held=changed.current.model_dump_json()
        )


def unreadable(request: Request, _: Exception) -> Response:
    """For what no page of the interview would have sent, or no version of today has kept."""
    return page(request, "interview/unreadable.html", 422)
