"""The API as its own description says it is: no fault of ours, no answer that is not described."""

from __future__ import annotations

import os

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from saphena.interfaces.web import api
from tests.web.routes import every_route

EXAMPLES = int(os.environ.get("SAPHENA_API_EXAMPLES", "4"))
"""Requests for each operation, good and bad ones each; more with the variable."""
OPERATIONS = [(method, path) for method, path, _ in every_route() if path.startswith(api.PREFIX)]


@pytest.fixture(scope="session")
def description(app: FastAPI) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, headers={"Host": "localhost"})


@pytest.mark.one_in(3)
@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_answer_is_described(
    app: FastAPI, description: schemathesis.BaseSchema, method: str, path: str, mode: GenerationMode
) -> None:
    operation = description[path][method]

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(st.data())
    def run(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode))
        headers = case.meta.components.get(ParameterLocation.HEADER) if case.meta else None
        spoilt = headers is not None and headers.mode.is_negative
        # A body of the right form may still name what the vocabulary does not have: 422, which is described.
        case.call_and_validate(
            headers={} if spoilt else {"Authorization": f"Bearer {app.state.doors.token}"},
            base_url="http://127.0.0.1",
            excluded_checks=[positive_data_acceptance],
            timeout=100,
        )

    try:
        run()
    except Unsatisfiable:
        pytest.skip("it takes nothing that could be wrong")
