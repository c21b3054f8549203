"""The HTTP API: everything the pages do with cases and records, for programs.

Accounts and tokens are made on pages only: a token that is lost cannot make another.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.security import HTTPBearer

from saphena.interfaces.web.api import (
    administration,
    assessing,
    course,
    figures,
    links,
    patients,
    visits,
    vocabulary,
    written,
)
from saphena.interfaces.web.api.answers import ALWAYS, BUSY

PREFIX = "/api/v1"
TOKEN = HTTPBearer(auto_error=False, description="A token from your account's page; locally the one printed at start")


async def _known_options(request: Request) -> None:
    """A misspelt option would otherwise be as good as none."""
    path = PREFIX + request.scope["route"].path.removeprefix(PREFIX)
    described = request.app.openapi()["paths"][path][request.method.lower()].get("parameters", [])
    known = sorted(one["name"] for one in described if one["in"] == "query")
    for name in request.query_params:
        if name not in known:
            remedy = f"Known here: {', '.join(known)}" if known else "It takes none"
            raise HTTPException(422, f"There is no option {name[:50]}. {remedy}")


router = APIRouter(prefix=PREFIX, responses=ALWAYS, dependencies=[Depends(TOKEN), Depends(_known_options)])
for _part in (assessing, written, vocabulary, figures):
    router.include_router(_part.router)
for _part in (patients, visits, course, links, administration):
    router.include_router(_part.router, responses=BUSY)

__all__ = ["PREFIX", "router"]
