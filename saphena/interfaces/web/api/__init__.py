"""The HTTP API: everything the pages do with cases and records, for programs.

Accounts and tokens are made on pages only: a token that is lost cannot make another.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.security import HTTPBearer

from saphena.interfaces.web.api import administration, assessing, course, links, patients, visits, vocabulary
from saphena.interfaces.web.api.answers import ALWAYS, BUSY

PREFIX = "/api/v1"
TOKEN = HTTPBearer(auto_error=False, description="A token from your account's page; locally the one printed at start")

router = APIRouter(prefix=PREFIX, responses=ALWAYS, dependencies=[Depends(TOKEN)])
for _part in (assessing, vocabulary):
    router.include_router(_part.router)
for _part in (patients, visits, course, links, administration):
    router.include_router(_part.router, responses=BUSY)

__all__ = ["PREFIX", "router"]
