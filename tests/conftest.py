"""Shared: Hypothesis profiles, the compiled model, and the small invented knowledge for tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from saphena import Model, load_model
from saphena.model.compile import compile_model
from saphena.model.load import load

ROOT = Path(__file__).parent.parent
BASE = ROOT / "tests" / "bad_knowledge" / "base"

# No test starts a process that outlives it.
os.environ["SAPHENA_COMPILE"] = "never"

quiet = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile("ci", max_examples=75, deadline=None, suppress_health_check=quiet)
settings.register_profile("long", max_examples=20_000, deadline=None, suppress_health_check=quiet)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "one_in(n): every n-th of these is run, all with SAPHENA_TESTS=all")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of a long list of like tests of the whole knowledge, an even part; ``just test-long`` runs all."""
    if os.environ.get("SAPHENA_TESTS") == "all":
        return
    seen: dict[str, int] = {}
    kept, left = [], []
    for item in items:
        marker = item.get_closest_marker("one_in")
        if marker is None:
            kept.append(item)
            continue
        name = item.nodeid.partition("[")[0]
        (left if seen.get(name, 0) % marker.args[0] else kept).append(item)
        seen[name] = seen.get(name, 0) + 1
    config.hook.pytest_deselected(items=left)
    items[:] = kept


@pytest.fixture(scope="session")
def model() -> Model:
    return load_model()


@pytest.fixture(scope="session")
def small() -> Model:
    """Two invented illnesses: one plain, one with stages."""
    return compile_model(load(BASE).knowledge)
