"""The page that explains the API, made from its own description."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from saphena.interfaces.web.access import Anyone
from saphena.interfaces.web.api.cases import EXAMPLE
from saphena.interfaces.web.rendering import page

router = APIRouter(include_in_schema=False)
OTHERS = {"400", "401", "403", "408", "413", "429", "500", "503"}
"""Statuses that any request can meet: told once in the machine-readable description, not at every operation here."""


@router.get("/api")
def explain(request: Request, reader: Anyone) -> Response:
    """What programs can ask, and how."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, operations in request.app.openapi()["paths"].items():
        for method, one in operations.items():
            groups.setdefault(one["tags"][0], []).append(
                {
                    "method": method.upper(),
                    "path": path,
                    "summary": one["summary"],
                    "description": one.get("description", ""),
                    "parameters": one.get("parameters", []),
                    "statuses": {s: r["description"] for s, r in one["responses"].items() if s not in OTHERS},
                }
            )
    example = json.dumps({key: value for key, value in EXAMPLE.items() if key != "context"})
    address = str(request.base_url).rstrip("/")
    return page(request, "api.html", groups=groups, example=example, address=address)
