"""Every route of the application, as its route table has it."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi.routing import iter_route_contexts

from saphena.interfaces.web.app import ROOMS


def every_route() -> Iterator[tuple[str, str, tuple[str, ...] | None]]:
    """Method, path, and the roles that may use it; None where nobody has to be signed in."""
    for room in ROOMS:
        for route in iter_route_contexts(room.routes):
            checks = [roles for one in route.dependant.dependencies if (roles := getattr(one.call, "roles", None))]
            assert len(checks) <= 1, route.path
            for method in sorted(route.methods or ()):
                yield method, route.path, checks[0] if checks else None
