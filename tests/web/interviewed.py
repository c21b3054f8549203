"""A person being interviewed: the forms of the pages, filled in."""

from __future__ import annotations

import html
import re
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response

from saphena.interfaces.web.interview.held import Held, Step

BEGUN: dict[str, dict[str, Any]] = {
    "who": {"who": "patient", "agree": "yes"},
    "about": {"age": "55", "sex": "male"},
    "complaint": {"complaint": ["leg_pain", "leg_swelling"]},
    "place": {"place": ["right_calf", "right_knee", "left_calf"], "worst": "right_calf"},
}


def field(page: Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text[:2000]
    return html.unescape(found[1])


def send(client: TestClient, page: Response, to: str = "/interview", **fields: Any) -> Response:
    ask = {"ask": field(page, "ask")} if 'name="ask"' in page.text else {}
    return client.post(to, data={"held": field(page, "held"), **ask, **fields})


def held(*answered: str, **more: dict[str, Any]) -> Held:
    """The answers of a person who got so far."""
    steps = {ask: BEGUN[ask] for ask in answered} | {ask.replace("__", ":"): one for ask, one in more.items()}
    written = {
        ask: {k: tuple(v) if isinstance(v, list) else (v,) for k, v in sent.items()} for ask, sent in steps.items()
    }
    return Held(steps=tuple(Step(ask=ask, answer=sent) for ask, sent in written.items()))


def post(client: TestClient, so_far: Held, to: str = "/interview", **fields: Any) -> Response:
    return client.post(to, data={"held": so_far.model_dump_json(), **fields})
