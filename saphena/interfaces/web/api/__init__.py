"""The HTTP API: everything the pages do, for programs."""

from __future__ import annotations

from fastapi import APIRouter

from saphena.interfaces.web.api import assessing, vocabulary
from saphena.interfaces.web.api.answers import ALWAYS

PREFIX = "/api/v1"

router = APIRouter(prefix=PREFIX, responses=ALWAYS)
for _part in (assessing, vocabulary):
    router.include_router(_part.router)

__all__ = ["PREFIX", "router"]
